// SPDX-License-Identifier: Apache-2.0
import { createTraceState, diag } from '@otel-ts/api'
import { afterEach, describe, expect, test } from 'vitest'
import { parseOtelTraceState, withThreshold } from './ot-trace-state.ts'

const rv = '7479cfb506891d'
const stateOf = (ot: string) => createTraceState(`ot=${ot}`)

describe('the member ot', () => {
  test.each([
    ['th:0', '0', undefined, ''],
    ['th:e666', 'e666', undefined, ''],
    ['th:ffffffffffffff', 'ffffffffffffff', undefined, ''],
    [`rv:${rv}`, undefined, rv, `rv:${rv}`],
    [`th:8;rv:${rv};k1:13`, '8', rv, `rv:${rv};k1:13`],
    [`k1:13;th:8`, '8', undefined, 'k1:13'],
    ['k1:', undefined, undefined, 'k1:'],
    // Malformed thresholds: none, 15 digits, upper case, no hex.
    ['th:', undefined, undefined, ''],
    ['th:fffffffffffffff', undefined, undefined, ''],
    ['th:E666', undefined, undefined, ''],
    ['th:xyz', undefined, undefined, ''],
    ['th:0x8', undefined, undefined, ''],
    ['th:-1', undefined, undefined, ''],
    // Malformed randomness decides nothing, and stays as it is: 13 digits, 15, upper case, no hex.
    ['rv:7479cfb506891', undefined, undefined, 'rv:7479cfb506891'],
    ['rv:7479cfb506891d0', undefined, undefined, 'rv:7479cfb506891d0'],
    ['rv:7479CFB506891D', undefined, undefined, 'rv:7479CFB506891D'],
    ['rv:7479cfb506891z', undefined, undefined, 'rv:7479cfb506891z'],
    // Malformed members.
    ['th', undefined, undefined, ''],
    ['th8;k1:13', undefined, undefined, 'k1:13'],
    ['TH:8', undefined, undefined, ''],
    [' th:8', undefined, undefined, ''],
    ['k1:13; th:8', undefined, undefined, 'k1:13'],
    [':8', undefined, undefined, ''],
    ['1k:8', undefined, undefined, ''],
    ['k1:a b', undefined, undefined, ''],
    ['k1:a:b', undefined, undefined, ''],
    [';;th:8;', '8', undefined, ''],
    // Of two with one name the first counts, even if it is malformed.
    ['th:8;th:c', '8', undefined, ''],
    ['th:x;th:c', undefined, undefined, ''],
    ['k1:1;k1:2', undefined, undefined, 'k1:1'],
  ])('%j has threshold %s, randomness %s and %j', (ot, threshold, randomness, others) => {
    expect(parseOtelTraceState(stateOf(ot))).toEqual({ threshold, randomness, others })
  })

  test('is none without a trace state and beyond 256 characters', () => {
    const nothing = { threshold: undefined, randomness: undefined, others: '' }
    expect(parseOtelTraceState(undefined)).toEqual(nothing)
    expect(parseOtelTraceState(createTraceState('a=1'))).toEqual(nothing)
    const foreign = (length: number) => ({
      get: () => `th:8;k:${'x'.repeat(length - 7)}`,
      set: () => foreign(length),
      unset: () => foreign(length),
      serialize: () => '',
    })
    expect(parseOtelTraceState(foreign(256)).threshold).toBe('8')
    expect(parseOtelTraceState(foreign(257))).toEqual(nothing)
  })
})

describe('a threshold', () => {
  afterEach(() => diag.disable())

  test.each([
    [undefined, 'e666', 'ot=th:e666'],
    ['a=1', 'e666', 'ot=th:e666,a=1'],
    ['ot=th:8,a=1', 'e666', 'ot=th:e666,a=1'],
    ['a=1,ot=k1:13;th:8;rv:7479cfb506891d', 'e666', 'ot=th:e666;k1:13;rv:7479cfb506891d,a=1'],
    ['a=1,ot=th:8;k1:13', undefined, 'ot=k1:13,a=1'],
    ['a=1,ot=th:8', undefined, 'a=1'],
    ['ot=th:8', undefined, ''],
    ['ot=broken', undefined, ''],
    ['a=1', undefined, 'a=1'],
    [undefined, undefined, undefined],
  ])('is set in %j to %s, which gives %j', (header, threshold, expected) => {
    const before = header === undefined ? undefined : createTraceState(header)
    expect(withThreshold(before, threshold)?.serialize()).toBe(expected)
    expect(before?.serialize()).toBe(header)
  })

  test('that is there already changes nothing, also not the order', () => {
    const before = createTraceState('a=1,ot=th:8;k1:13')
    expect(withThreshold(before, '8')).toBe(before)
  })

  test('fits up to 256 characters; beyond, the old one is taken out and a warning says so', () => {
    const lines: string[] = []
    diag.setLogger({ ...console, verbose() {}, warn: (line: string) => void lines.push(line) })
    const full = (length: number) => `k:${'x'.repeat(length - 2)}`
    const after = (length: number) => withThreshold(stateOf(full(length)), '8')?.get('ot')
    expect(after(251)).toBe(`th:8;${full(251)}`)
    expect(lines).toEqual([])
    expect(after(252)).toBe(full(252))
    expect(withThreshold(stateOf(`th:0;${full(250)}`), 'e666')?.get('ot')).toBe(full(250))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('257 characters')
  })
})
