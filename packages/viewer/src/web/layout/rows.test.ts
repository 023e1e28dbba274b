// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { ancestorIds, formatFold, isFolded, parseFold, setFolded, unfolded, visibleRows } from './rows.ts'
import { layoutTrace } from './trace-layout.ts'

const spans = ['a:', 'b:a', 'c:b', 'd:a', 'e:d'].map((text, i) => {
  const [spanId, parentSpanId] = text.split(':') as [string, string]
  return { spanId, parentSpanId, startOffsetNano: i, durationNano: 10, statusCode: 0 }
})
const layout = layoutTrace(spans)
const shown = (folded: string[]): string =>
  [...visibleRows(layout, (i) => folded.includes(spans[i]!.spanId))].map((i) => spans[i]!.spanId).join('')

describe('rows in view', () => {
  test.each([
    [[], 'abcde'],
    [['b'], 'abde'],
    [['a'], 'a'],
    [['b', 'd'], 'abd'],
    [['c'], 'abcde'],
  ])('with %j collapsed', (folded, expected) => {
    expect(shown(folded)).toBe(expected)
  })

  test('the ancestors of a span, nearest first', () => {
    expect(ancestorIds(layout, spans, 2)).toEqual(['b', 'a'])
  })
})

describe('which spans are collapsed', () => {
  test('collapsing and expanding again leaves nothing behind', () => {
    const once = setFolded(unfolded, ['aa'], true)
    expect(isFolded(once, 'aa')).toBe(true)
    expect(setFolded(once, ['aa'], false).exceptions.size).toBe(0)
  })

  test('with all collapsed, the exceptions are the open ones', () => {
    const fold = setFolded({ base: 'folded', exceptions: new Set() }, ['aa'], false)
    expect([isFolded(fold, 'aa'), isFolded(fold, 'bb')]).toEqual([false, true])
    expect(formatFold(fold)).toBe('*aa')
  })

  test.each(['', 'aa', 'aa.bb', '*', '*aa.bb'])('%j comes back from the URL as it went in', (text) => {
    expect(formatFold(parseFold(text))).toBe(text)
  })

  test('60 ids fit into the URL, 61 do not and only the base is kept', () => {
    const ids = Array.from({ length: 61 }, (_, i) => i.toString(16).padStart(4, '0'))
    expect(formatFold({ base: 'open', exceptions: new Set(ids.slice(0, 60)) }).split('.')).toHaveLength(60)
    expect(formatFold({ base: 'open', exceptions: new Set(ids) })).toBe('')
    expect(formatFold({ base: 'folded', exceptions: new Set(ids) })).toBe('*')
  })

  test('what is no id in the URL is left out', () => {
    expect([...parseFold('aa.<b>..XY.0f').exceptions]).toEqual(['aa', '0f'])
  })
})
