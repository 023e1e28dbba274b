// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { type LayoutSpan, layoutTrace, SpanOddity } from './trace-layout.ts'

function span(
  spanId: string,
  parentSpanId: string,
  startOffsetNano: number,
  durationNano: number,
  statusCode = 0,
): LayoutSpan {
  return { spanId, parentSpanId, startOffsetNano, durationNano, statusCode }
}

function rows(spans: readonly LayoutSpan[]): string[] {
  const layout = layoutTrace(spans)
  return [...layout.order].map((i) => `${'  '.repeat(layout.depth[i]!)}${spans[i]!.spanId}`)
}

function oddities(spans: readonly LayoutSpan[]): Record<string, number> {
  const layout = layoutTrace(spans)
  const found: Record<string, number> = {}
  for (let i = 0; i < spans.length; i++)
    if (layout.oddities[i] !== 0) found[`${i}:${spans[i]!.spanId}`] = layout.oddities[i]!
  return found
}

describe('order of rows', () => {
  test('puts children below their parent in order of start, whatever the order of arrival', () => {
    expect(
      rows([span('c', 'a', 50, 10), span('a', '', 0, 100), span('d', 'b', 20, 5), span('b', 'a', 10, 30)]),
    ).toEqual(['a', '  b', '    d', '  c'])
  })

  test('puts the longer of two siblings first when they start together, then the earlier arrival', () => {
    expect(
      rows([span('a', '', 0, 9), span('short', 'a', 1, 2), span('long', 'a', 1, 5), span('same', 'a', 1, 2)]),
    ).toEqual(['a', '  long', '  short', '  same'])
  })

  test('has no rows and no main root for an empty trace', () => {
    const layout = layoutTrace([])
    expect(layout.count).toBe(0)
    expect(layout.mainRoot).toBe(-1)
  })

  test('counts descendants and errors below, without the span itself', () => {
    const layout = layoutTrace([
      span('a', '', 0, 9, 2),
      span('b', 'a', 1, 5, 2),
      span('c', 'b', 2, 1, 2),
      span('d', 'b', 3, 1),
    ])
    expect([...layout.descendantCount]).toEqual([3, 2, 0, 0])
    expect([...layout.errorsBelow]).toEqual([2, 1, 0, 0])
    expect([...layout.childCount]).toEqual([1, 2, 0, 0])
  })

  test('a chain 50,000 deep is laid out without recursion', () => {
    const spans = Array.from({ length: 50_000 }, (_, i) => span(`s${i}`, i === 0 ? '' : `s${i - 1}`, i, 1))
    const layout = layoutTrace(spans)
    expect(layout.maxDepth).toBe(49_999)
    expect(layout.descendantCount[0]).toBe(49_999)
  })
})

describe('traces that are not one tree', () => {
  test('a span whose parent is missing becomes a root and is marked', () => {
    const spans = [span('a', '', 0, 9), span('b', 'gone', 2, 3), span('c', 'b', 2, 1)]
    expect(rows(spans)).toEqual(['a', 'b', '  c'])
    expect(oddities(spans)).toEqual({ '1:b': SpanOddity.orphan })
  })

  test('a span that is its own parent becomes a root and is marked', () => {
    const spans = [span('a', 'a', 0, 9)]
    expect(rows(spans)).toEqual(['a'])
    expect(oddities(spans)).toEqual({ '0:a': SpanOddity.cycle })
  })

  test('a circle of three is cut above its earliest span, and what hangs on it keeps its place', () => {
    const spans = [span('a', 'c', 0, 9), span('b', 'a', 1, 5), span('c', 'b', 2, 2), span('leaf', 'c', 3, 1)]
    expect(rows(spans)).toEqual(['a', '  b', '    c', '      leaf'])
    expect(oddities(spans)).toEqual({ '0:a': SpanOddity.cycle })
  })

  test('a chain that leads into a circle does not cut the circle twice', () => {
    const spans = [span('x', 'b', 0, 1), span('a', 'b', 1, 5), span('b', 'a', 2, 2)]
    const layout = layoutTrace(spans)
    expect([...layout.roots]).toEqual([1])
    expect(layout.order).toHaveLength(3)
  })

  test('of two spans with one id the later is marked and children go to the first', () => {
    const spans = [span('a', '', 0, 9), span('b', 'a', 1, 3), span('b', 'a', 2, 3), span('c', 'b', 3, 1)]
    expect(rows(spans)).toEqual(['a', '  b', '    c', '  b'])
    expect(oddities(spans)).toEqual({ '2:b': SpanOddity.duplicateId })
  })

  test('a span that starts before its parent is marked; one that starts with it is not', () => {
    const spans = [span('early', 'a', 0, 2), span('a', '', 1, 9), span('same', 'a', 1, 2)]
    expect(oddities(spans)).toEqual({ '0:early': SpanOddity.startsBeforeParent })
  })

  test('the main root is the longest span without a parent, not an orphan that is longer', () => {
    const layout = layoutTrace([span('orphan', 'gone', 0, 100), span('short', '', 1, 5), span('long', '', 2, 50)])
    expect(layout.mainRoot).toBe(2)
  })

  test('without a true root the first row stands for the trace', () => {
    expect(layoutTrace([span('b', 'gone', 3, 1), span('a', 'gone', 1, 1)]).mainRoot).toBe(1)
  })
})
