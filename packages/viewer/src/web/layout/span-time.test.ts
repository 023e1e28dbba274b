// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { criticalPath, type Stretches, selfTimes, stretchTotal } from './span-time.ts'
import { type LayoutSpan, layoutTrace } from './trace-layout.ts'

/** `a -0..100`, `b a 10..30`: id, parent (`-` = none), start, end. */
function trace(...lines: string[]): LayoutSpan[] {
  return lines.map((line) => {
    const [spanId, parent, from, to] = line.split(/ |\.\./) as [string, string, string, string]
    const startOffsetNano = Number(from)
    return {
      spanId,
      parentSpanId: parent === '-' ? '' : parent,
      startOffsetNano,
      durationNano: Number(to) - startOffsetNano,
      statusCode: 0,
    }
  })
}

function show(spans: readonly LayoutSpan[], stretches: Stretches): string[] {
  return spans.map((span, i) => {
    const parts: string[] = []
    for (let k = stretches.offset[i]!; k < stretches.offset[i + 1]!; k++)
      parts.push(`${stretches.from[k]}..${stretches.to[k]}`)
    return `${span.spanId} ${parts.join(' ')}`.trim()
  })
}

describe('self time', () => {
  test.each([
    ['no children: all of it', ['a - 0..100'], ['a 0..100']],
    ['a child in the middle', ['a - 0..100', 'b a 20..60'], ['a 0..20 60..100', 'b 20..60']],
    [
      'overlapping children count once',
      ['a - 0..100', 'b a 20..60', 'c a 40..80'],
      ['a 0..20 80..100', 'b 20..60', 'c 40..80'],
    ],
    [
      'a child inside a sibling adds nothing',
      ['a - 0..100', 'b a 20..80', 'c a 30..40'],
      ['a 0..20 80..100', 'b 20..80', 'c 30..40'],
    ],
    ['a child that covers the parent leaves none', ['a - 10..20', 'b a 0..50'], ['a', 'b 0..50']],
    ['a child that outlives the parent', ['a - 0..100', 'b a 90..150'], ['a 0..90', 'b 90..150']],
    ['a child after the parent takes nothing', ['a - 0..100', 'b a 120..150'], ['a 0..100', 'b 120..150']],
    ['a span without length', ['a - 5..5'], ['a']],
  ])('%s', (_, lines, expected) => {
    const spans = trace(...lines)
    expect(show(spans, selfTimes(spans, layoutTrace(spans)))).toEqual(expected)
  })

  test('the total is the sum of the stretches', () => {
    const spans = trace('a - 0..100', 'b a 20..60')
    expect(stretchTotal(selfTimes(spans, layoutTrace(spans)), 0)).toBe(60)
  })
})

describe('critical path', () => {
  test.each([
    ['one span is its own path', ['a - 0..100'], ['a 0..100']],
    ['goes through the only child', ['a - 0..100', 'b a 20..60'], ['a 0..20 60..100', 'b 20..60']],
    [
      'one after the other: both',
      ['a - 0..100', 'b a 10..40', 'c a 50..90'],
      ['a 0..10 40..50 90..100', 'b 10..40', 'c 50..90'],
    ],
    [
      'side by side: the one that ends last',
      ['a - 0..100', 'b a 10..60', 'c a 20..90'],
      ['a 0..20 90..100', 'b', 'c 20..90'],
    ],
    [
      'through grandchildren',
      ['a - 0..100', 'b a 10..90', 'c b 30..50'],
      ['a 0..10 90..100', 'b 10..30 50..90', 'c 30..50'],
    ],
    ['a child that outlives its parent counts up to its end', ['a - 0..100', 'b a 40..160'], ['a 0..40', 'b 40..100']],
    ['a child wholly after its parent is not waited for', ['a - 0..100', 'b a 120..160'], ['a 0..100', 'b']],
    [
      'a child that starts before its parent is on the path whole',
      ['a - 10..100', 'b a 0..50'],
      ['a 50..100', 'b 0..50'],
    ],
  ])('%s', (_, lines, expected) => {
    const spans = trace(...lines)
    const layout = layoutTrace(spans)
    expect(show(spans, criticalPath(spans, layout, layout.mainRoot))).toEqual(expected)
  })

  test('nothing is on the path of an empty trace', () => {
    expect(criticalPath([], layoutTrace([]), -1).from).toHaveLength(0)
  })
})
