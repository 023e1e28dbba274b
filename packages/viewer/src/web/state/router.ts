// SPDX-License-Identifier: Apache-2.0
import { type ReadonlySignal, signal } from '@preact/signals'
import { emptyList, formatView, parseView, type View } from './location.ts'

const current = signal<View>(parseView(new URL(window.location.href)))

/** The view that the address bar names. */
export const view: ReadonlySignal<View> = current

window.addEventListener('popstate', () => {
  window.clearTimeout(replaceTimer)
  replaceTimer = undefined
  current.value = parseView(new URL(window.location.href))
})

/** Goes somewhere else: Back returns from it. */
export function navigate(next: View): void {
  if (formatView(next) === formatView(current.value)) return
  // The entry left behind keeps its latest adjustments, and the new one knows what Back leads to.
  flushReplace()
  const state: EntryState = { cameFrom: current.peek().page }
  window.history.pushState(state, '', formatView(next))
  current.value = next
}

interface EntryState {
  cameFrom: View['page']
}

/** To the list as it was left (filter, rows, place) when Back leads there; else to the whole list. */
export function goBackToList(): void {
  const state = window.history.state as Partial<EntryState> | null
  if (state?.cameFrom === 'list') window.history.back()
  else navigate(emptyList)
}

/** Changes how the same place is looked at: Back leaves the place as a whole. */
export function adjust(next: View): void {
  current.value = next
  scheduleReplace()
}

// Browsers refuse more than about a hundred history calls in ten seconds; brushing makes sixty a second.
let replaceTimer: number | undefined
function scheduleReplace(): void {
  replaceTimer ??= window.setTimeout(flushReplace, 120)
}

function flushReplace(): void {
  if (replaceTimer === undefined) return
  window.clearTimeout(replaceTimer)
  replaceTimer = undefined
  const path = formatView(current.peek())
  if (path !== window.location.pathname + window.location.search) {
    window.history.replaceState(window.history.state, '', path)
  }
}

/** For `<a href>`: a plain click stays in the page, any other (new tab, new window) is the browser's. */
export function followLink(event: MouseEvent, next: View): void {
  if (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  ) {
    return
  }
  event.preventDefault()
  navigate(next)
}
