// SPDX-License-Identifier: Apache-2.0
import { ancestorIds, setFolded, unfolded } from '../layout/rows.ts'
import { nextMarked } from '../layout/search.ts'
import { clampWindow, isWholeTrace, type TimeWindow } from '../layout/window.ts'
import type { TraceView } from '../state/location.ts'
import { adjust, view as currentView } from '../state/router.ts'
import { say } from '../ui/announce.ts'
import { errorStatus, type TraceModel } from './model.ts'
import type { DerivedView } from './view-model.ts'

/** Changes the present trace view. Reads it anew: two changes within one frame must not undo each other. */
export function adjustTrace(change: Partial<TraceView>): void {
  const view = currentView.peek()
  if (view.page === 'trace') adjust({ ...view, ...change })
}

export function showWindow(trace: TraceModel, window: TimeWindow): void {
  const clamped = clampWindow(window, trace.durationNano)
  adjustTrace({ window: isWholeTrace(clamped, trace.durationNano) ? undefined : clamped })
}

/** Selects a span and opens what is collapsed above it. */
export function selectSpan(trace: TraceModel, span: number): void {
  const view = currentView.peek()
  if (view.page !== 'trace') return
  if (span < 0) {
    adjustTrace({ spanId: '' })
    return
  }
  const folded = ancestorIds(trace.layout, trace.spans, span).filter(
    (id) => (view.fold.base === 'folded') !== view.fold.exceptions.has(id),
  )
  adjustTrace({
    spanId: trace.spans[span]!.spanId,
    ...(folded.length > 0 ? { fold: setFolded(view.fold, folded, false) } : {}),
  })
}

export function toggleFold(trace: TraceModel, span: number, folded: boolean): void {
  const view = currentView.peek()
  if (view.page === 'trace') adjustTrace({ fold: setFolded(view.fold, [trace.spans[span]!.spanId], folded) })
}

export function foldAll(folded: boolean): void {
  adjustTrace({ fold: folded ? { base: 'folded', exceptions: new Set() } : unfolded })
}

export function goToError(trace: TraceModel, selected: number, direction: 1 | -1): void {
  if (trace.errorCount === 0) {
    say('This trace has no errors')
    return
  }
  const isError = (span: number): boolean => trace.spans[span]!.statusCode === errorStatus
  selectSpan(trace, nextMarked(trace.layout.order, trace.layout.position, isError, selected, direction))
}

export function goToMatch(trace: TraceModel, derived: DerivedView, selected: number, direction: 1 | -1): void {
  const { marks } = derived
  if (!marks || derived.markCount === 0) {
    say(marks ? 'Nothing found in this trace' : 'Search first: /')
    return
  }
  const isMatch = (span: number): boolean => marks[span] === 1
  selectSpan(trace, nextMarked(trace.layout.order, trace.layout.position, isMatch, selected, direction))
}
