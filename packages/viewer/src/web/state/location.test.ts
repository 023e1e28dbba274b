// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { asTraceId, emptyList, formatView, isFiltered, parseView, rangeMillis } from './location.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parse = (path: string): ReturnType<typeof parseView> => parseView(new URL(path, 'http://localhost:4319'))

describe('the view in the URL', () => {
  test.each([
    '/traces',
    '/traces?q=service%3Dcart+duration%3E100ms',
    '/traces?service=cart&errors=1&min=100ms&range=15m',
    '/traces?from=1772714096078&to=1772714099000',
    `/traces/${traceId}`,
    `/traces/${traceId}?span=b7ad6b7169203331&from=1000&to=2000&find=select&fold=aa.bb&critical=1`,
    `/traces/${traceId}?fold=*aa`.replace('*', '*'),
  ])('%s comes back as it went in', (path) => {
    expect(decodeURIComponent(formatView(parse(path)))).toBe(decodeURIComponent(path))
  })

  test('the root is the whole list, and defaults leave no trace', () => {
    expect(parse('/')).toEqual(emptyList)
    expect(formatView(emptyList)).toBe('/traces')
  })

  test('what is not understood falls back to the default', () => {
    expect(parse('/traces?from=yesterday&to=-1&errors=maybe')).toEqual(emptyList)
    expect(parse(`/traces/${traceId}?from=2000&to=1000`)).toMatchObject({ window: undefined })
  })

  test('ids are read in any case', () => {
    expect(parse(`/traces/${traceId.toUpperCase()}?span=ABCDEF`)).toMatchObject({ traceId, spanId: 'abcdef' })
  })

  test('other paths are unknown, also with broken percent signs', () => {
    expect(parse('/nope').page).toBe('unknown')
    expect(parse('/traces/%zz')).toMatchObject({ page: 'trace', traceId: '%zz' })
  })
})

test('a list is filtered by any one of its parts', () => {
  expect(isFiltered(emptyList)).toBe(false)
  expect(isFiltered({ ...emptyList, query: '  ' })).toBe(false)
  for (const part of [
    { query: 'error' },
    { service: 'x' },
    { errorsOnly: true },
    { minDuration: '1ms' },
    { range: '5m' },
    { fromMillis: 0 },
    { toMillis: 0 },
  ]) {
    expect(isFiltered({ ...emptyList, ...part })).toBe(true)
  }
})

test.each([
  ['15m', 900_000],
  ['1h', 3_600_000],
  ['1d', 86_400_000],
  ['30s', 30_000],
  ['', undefined],
  ['5 m', undefined],
  ['m', undefined],
  ['5y', undefined],
])('range %j is %j ms', (range, expected) => {
  expect(rangeMillis(range)).toBe(expected)
})

test('32 hex digits are a trace id, 31 and 33 are text', () => {
  expect(asTraceId(` ${traceId.toUpperCase()} `)).toBe(traceId)
  expect(asTraceId(traceId.slice(1))).toBeUndefined()
  expect(asTraceId(`${traceId}0`)).toBeUndefined()
})
