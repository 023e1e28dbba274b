// SPDX-License-Identifier: Apache-2.0
import { isFolded, visibleRows } from '../layout/rows.ts'
import { searchSpans } from '../layout/search.ts'
import type { Stretches } from '../layout/span-time.ts'
import type { TraceView } from '../state/location.ts'
import { criticalPathOf, type TraceModel } from './model.ts'

/** What follows from a trace and how it is looked at. */
export interface DerivedView {
  rows: Int32Array
  /** Place of a span in `rows`; -1 when it is inside a collapsed one. */
  rowOf: Int32Array
  isFolded: (span: number) => boolean
  marks: Uint8Array | undefined
  markCount: number
  critical: Stretches | undefined
}

export function deriveView(trace: TraceModel, view: Pick<TraceView, 'fold' | 'find' | 'criticalPath'>): DerivedView {
  const folded = (span: number): boolean => isFolded(view.fold, trace.spans[span]!.spanId)
  const rows = visibleRows(trace.layout, folded)
  const rowOf = new Int32Array(trace.layout.count).fill(-1)
  for (let row = 0; row < rows.length; row++) rowOf[rows[row]!] = row
  const marks = searchSpans(trace.spans, (resource) => trace.serviceByResource[resource] ?? '', view.find)
  let markCount = 0
  if (marks) for (const mark of marks) markCount += mark
  return {
    rows,
    rowOf,
    isFolded: folded,
    marks,
    markCount,
    critical: view.criticalPath ? criticalPathOf(trace) : undefined,
  }
}
