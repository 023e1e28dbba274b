// SPDX-License-Identifier: Apache-2.0
import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { rowHeight } from '../canvas/waterfall.ts'
import { panWindow, type TimeWindow, zoomWindow } from '../layout/window.ts'
import { bindKeys } from '../state/keys.ts'
import type { TraceView } from '../state/location.ts'
import { goBackToList } from '../state/router.ts'
import { copyText } from '../ui/clipboard.ts'
import { adjustTrace, foldAll, goToError, goToMatch, selectSpan, showWindow, toggleFold } from './actions.ts'
import type { TraceModel } from './model.ts'
import type { DerivedView } from './view-model.ts'

interface Now {
  trace: TraceModel
  derived: DerivedView
  view: TraceView
  window: TimeWindow
  selected: number
}

/** The trace page's shortcuts. Bound once; they act on what is shown when the key is pressed. */
export function useTraceKeys(
  trace: TraceModel,
  derived: DerivedView,
  view: TraceView,
  window: TimeWindow,
  selected: number,
  findInput: RefObject<HTMLInputElement | null>,
): void {
  const now = useRef<Now>({ trace, derived, view, window, selected })
  now.current = { trace, derived, view, window, selected }
  // In force as soon as the page can be seen: an effect would come a frame later, and lose a key pressed at once.
  useLayoutEffect(() => bindKeys({ title: 'Trace', bindings: bindings(now, findInput) }), [findInput])
}

function bindings(
  now: { current: Now },
  findInput: RefObject<HTMLInputElement | null>,
): Parameters<typeof bindKeys>[0]['bindings'] {
  const move = (by: number): void => {
    const { trace, derived, selected } = now.current
    const count = derived.rows.length
    if (count === 0) return
    const row = selected < 0 ? -1 : derived.rowOf[selected]!
    const next = row < 0 ? (by > 0 ? 0 : count - 1) : Math.max(0, Math.min(count - 1, row + by))
    selectSpan(trace, derived.rows[next]!)
  }
  const goTo = (row: number): void => {
    const { trace, derived } = now.current
    if (derived.rows[row] !== undefined) selectSpan(trace, derived.rows[row])
  }
  const left = (): void => {
    const { trace, derived, selected } = now.current
    if (selected < 0) return
    if (trace.layout.childCount[selected]! > 0 && !derived.isFolded(selected)) toggleFold(trace, selected, true)
    else if (trace.layout.parent[selected]! >= 0) selectSpan(trace, trace.layout.parent[selected]!)
  }
  const right = (): void => {
    const { trace, derived, selected } = now.current
    if (selected < 0) move(1)
    else if (trace.layout.childCount[selected]! === 0) return
    else if (derived.isFolded(selected)) toggleFold(trace, selected, false)
    else selectSpan(trace, trace.layout.firstChild[selected]!)
  }
  const zoom = (factor: number): void => {
    const { trace, window, selected } = now.current
    const span = selected >= 0 ? trace.spans[selected]! : undefined
    const middle = (window.from + window.to) / 2
    const spanMiddle = span ? span.startOffsetNano + span.durationNano / 2 : middle
    const anchor = spanMiddle >= window.from && spanMiddle <= window.to ? spanMiddle : middle
    showWindow(trace, zoomWindow(window, factor, anchor, trace.durationNano))
  }
  const pan = (share: number): void => {
    const { trace, window } = now.current
    showWindow(trace, panWindow(window, share, trace.durationNano))
  }
  const scroll = (direction: 1 | -1): void => {
    document.querySelector('.waterfall-scroll')?.scrollBy({ top: direction * 8 * rowHeight })
  }
  const zoomToSpan = (): void => {
    const { trace, selected } = now.current
    if (selected < 0) return
    const { startOffsetNano, durationNano } = trace.spans[selected]!
    const margin = Math.max(50, durationNano * 0.05)
    showWindow(trace, { from: startOffsetNano - margin, to: startOffsetNano + durationNano + margin })
  }
  return [
    { keys: ['j', 'ArrowDown'], does: 'Next span', run: () => move(1) },
    { keys: ['k', 'ArrowUp'], does: 'Previous span', run: () => move(-1) },
    { keys: ['ArrowRight'], does: 'Expand, or first child', run: right },
    { keys: ['ArrowLeft'], does: 'Collapse, or parent', run: left },
    { keys: ['PageDown', 'f'], does: 'Fifteen rows down', run: () => move(15) },
    { keys: ['PageUp', 'b'], does: 'Fifteen rows up', run: () => move(-15) },
    { keys: ['Home', 'g'], does: 'First span', run: () => goTo(0) },
    { keys: ['End', 'G'], does: 'Last span', run: () => goTo(now.current.derived.rows.length - 1) },
    { keys: ['['], does: 'Expand all', run: () => foldAll(false) },
    { keys: [']'], does: 'Collapse all', run: () => foldAll(true) },
    { keys: ['e'], does: 'Next error', run: () => goToError(now.current.trace, now.current.selected, 1) },
    { keys: ['E'], does: 'Previous error', run: () => goToError(now.current.trace, now.current.selected, -1) },
    { keys: ['/', 'Ctrl+k'], does: 'Search in this trace', run: () => findInput.current?.focus() },
    {
      keys: ['n'],
      does: 'Next match',
      run: () => goToMatch(now.current.trace, now.current.derived, now.current.selected, 1),
    },
    {
      keys: ['N'],
      does: 'Previous match',
      run: () => goToMatch(now.current.trace, now.current.derived, now.current.selected, -1),
    },
    { keys: ['c'], does: 'Critical path', run: () => adjustTrace({ criticalPath: !now.current.view.criticalPath }) },
    { keys: ['+', '='], does: 'Zoom in', run: () => zoom(0.5) },
    { keys: ['-', '_'], does: 'Zoom out', run: () => zoom(2) },
    { keys: ['w'], does: 'Scroll up', run: () => scroll(-1) },
    { keys: ['s'], does: 'Scroll down', run: () => scroll(1) },
    { keys: ['a'], does: 'Pan left', run: () => pan(-0.25) },
    { keys: ['d'], does: 'Pan right', run: () => pan(0.25) },
    { keys: ['z'], does: 'Zoom to the selected span', run: zoomToSpan },
    { keys: ['0'], does: 'Whole trace', run: () => adjustTrace({ window: undefined }) },
    { keys: ['y'], does: 'Copy link', run: () => void copyText(globalThis.location.href, 'Link') },
    {
      keys: ['Escape'],
      does: 'Close details, then back to the list',
      run: () => {
        if (now.current.view.spanId !== '') adjustTrace({ spanId: '' })
        else if (now.current.view.window) adjustTrace({ window: undefined })
        else goBackToList()
      },
    },
  ]
}
