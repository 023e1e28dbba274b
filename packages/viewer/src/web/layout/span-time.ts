// SPDX-License-Identifier: Apache-2.0
import type { LayoutSpan, TraceLayout } from './trace-layout.ts'

/**
 * Stretches of time, several a span, in one pair of arrays: those of span `i` are at `offset[i]` up to `offset[i + 1]`.
 */
export interface Stretches {
  readonly offset: Int32Array
  readonly from: Float64Array
  readonly to: Float64Array
}

/** When each span was at work itself: its own time less the time that any child covers. */
export function selfTimes(spans: readonly LayoutSpan[], layout: TraceLayout): Stretches {
  const count = layout.count
  const offset = new Int32Array(count + 1)
  // A span with k children has at most k + 1 stretches; over all spans that is below 2 * count.
  const from = new Float64Array(2 * count)
  const to = new Float64Array(2 * count)
  let used = 0
  for (let i = 0; i < count; i++) {
    offset[i] = used
    const span = spans[i]!
    const end = span.startOffsetNano + span.durationNano
    let cursor = span.startOffsetNano
    for (let c = layout.firstChild[i]!; c >= 0 && cursor < end; c = layout.nextSibling[c]!) {
      const child = spans[c]!
      if (child.startOffsetNano > cursor) {
        from[used] = cursor
        to[used++] = Math.min(child.startOffsetNano, end)
      }
      cursor = Math.max(cursor, child.startOffsetNano + child.durationNano)
    }
    if (cursor < end) {
      from[used] = cursor
      to[used++] = end
    }
  }
  offset[count] = used
  return { offset, from: from.subarray(0, used), to: to.subarray(0, used) }
}

/** Sum of the stretches of one span, nanoseconds. */
export function stretchTotal(stretches: Stretches, span: number): number {
  let total = 0
  for (let i = stretches.offset[span]!; i < stretches.offset[span + 1]!; i++) {
    total += stretches.to[i]! - stretches.from[i]!
  }
  return total
}

/**
 * The critical path below one span: walking back from its end, at each moment the child that finished last. Making any
 * stretch of it shorter makes the whole shorter. Children that outlive their parent count up to the parent's end.
 */
export function criticalPath(spans: readonly LayoutSpan[], layout: TraceLayout, root: number): Stretches {
  const found: { span: number; from: number; to: number }[] = []
  const work: { span: number; until: number }[] = []
  if (root >= 0) work.push({ span: root, until: Number.POSITIVE_INFINITY })
  while (work.length > 0) {
    const { span, until } = work.pop()!
    const start = spans[span]!.startOffsetNano
    const end = Math.min(until, endOf(spans[span]!))
    let cursor = end
    for (const child of childrenByEnd(spans, layout, span, end)) {
      const childStart = Math.max(start, spans[child]!.startOffsetNano)
      const childEnd = Math.min(end, endOf(spans[child]!))
      // Nobody waited for a child that was still running when the next one on the path began.
      if (childEnd > cursor || childStart >= childEnd) continue
      if (childEnd < cursor) found.push({ span, from: childEnd, to: cursor })
      work.push({ span: child, until: childEnd })
      cursor = childStart
    }
    if (cursor > start) found.push({ span, from: start, to: cursor })
  }
  return pack(found, layout.count)
}

function endOf(span: LayoutSpan): number {
  return span.startOffsetNano + span.durationNano
}

function childrenByEnd(spans: readonly LayoutSpan[], layout: TraceLayout, span: number, limit: number): number[] {
  const children: number[] = []
  for (let c = layout.firstChild[span]!; c >= 0; c = layout.nextSibling[c]!) children.push(c)
  return children.sort((a, b) => Math.min(limit, endOf(spans[b]!)) - Math.min(limit, endOf(spans[a]!)) || a - b)
}

function pack(found: { span: number; from: number; to: number }[], count: number): Stretches {
  found.sort((a, b) => a.span - b.span || a.from - b.from)
  const offset = new Int32Array(count + 1)
  for (const stretch of found) offset[stretch.span + 1] = offset[stretch.span + 1]! + 1
  for (let i = 0; i < count; i++) offset[i + 1] = offset[i + 1]! + offset[i]!
  return {
    offset,
    from: Float64Array.from(found, (stretch) => stretch.from),
    to: Float64Array.from(found, (stretch) => stretch.to),
  }
}
