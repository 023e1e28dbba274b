// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import type { TraceRow } from '../../api.ts'
import { compareNano, mergeHead, updateInPlace } from './merge.ts'

function row(traceId: string, startUnixNano: string, spanCount = 1): TraceRow {
  return {
    traceId,
    rootName: 'GET /',
    rootService: 'web',
    hasRoot: true,
    startUnixNano,
    durationNano: '1',
    spanCount,
    errorCount: 0,
    services: [],
    httpStatusCode: null,
  }
}
const ids = (rows: readonly TraceRow[]): string => rows.map((each) => each.traceId + each.spanCount).join(' ')

describe('bringing the list up to date', () => {
  test('new traces go in by their start, known ones take new figures', () => {
    const merged = mergeHead([row('b', '20'), row('a', '10')], [row('c', '30'), row('b', '20', 5)], false)
    expect(ids(merged.rows)).toBe('c1 b5 a1')
    expect(merged).toMatchObject({ newIds: ['c'], replaced: false })
  })

  test('a trace that started earlier but came later goes to its place', () => {
    expect(ids(mergeHead([row('b', '20'), row('a', '10')], [row('b', '20'), row('late', '15')], false).rows)).toBe(
      'b1 late1 a1',
    )
  })

  test('when the newest page shares nothing with the list, the list starts over', () => {
    const merged = mergeHead([row('a', '10')], [row('z', '99'), row('y', '98')], false)
    expect(ids(merged.rows)).toBe('z1 y1')
    expect(merged.replaced).toBe(true)
  })

  test('when the page is all there is, traces that were let go leave the list', () => {
    expect(ids(mergeHead([row('b', '20'), row('gone', '10')], [row('b', '20')], true).rows)).toBe('b1')
  })

  test('in place, nothing is added and nothing moves', () => {
    expect(ids(updateInPlace([row('b', '20'), row('a', '10')], [row('c', '30'), row('a', '10', 9)]))).toBe('b1 a9')
  })

  test('times of different length compare as numbers', () => {
    expect(compareNano('999', '1000')).toBeLessThan(0)
    expect(compareNano('1001', '1000')).toBeGreaterThan(0)
    expect(compareNano('1000', '1000')).toBe(0)
  })
})
