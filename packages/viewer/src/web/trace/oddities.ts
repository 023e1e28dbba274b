// SPDX-License-Identifier: Apache-2.0
import { formatDuration } from '../format/duration.ts'
import { SpanOddity } from '../layout/trace-layout.ts'
import type { TraceModel } from './model.ts'

/** What is odd about a span's place in the trace, in words. */
export function oddityTexts(trace: TraceModel, span: number): string[] {
  const bits = trace.layout.oddities[span]!
  const texts: string[] = []
  if (bits & SpanOddity.orphan) texts.push('Its parent is not in this trace (yet).')
  if (bits & SpanOddity.cycle) texts.push('Its parents lead back to itself; the circle is cut here.')
  if (bits & SpanOddity.duplicateId) texts.push('Another span has the same id.')
  if (bits & SpanOddity.startsBeforeParent) {
    const parent = trace.layout.parent[span]!
    const by = trace.spans[parent]!.startOffsetNano - trace.spans[span]!.startOffsetNano
    texts.push(`Starts ${formatDuration(by)} before its parent: clocks differ.`)
  }
  return texts
}
