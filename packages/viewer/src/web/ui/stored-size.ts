// SPDX-License-Identifier: Apache-2.0
import { type Signal, signal } from '@preact/signals'

/** Width of a pane, remembered by the browser: it belongs to the reader's screen, not to the view in the URL. */
export function storedSize(key: string, fallback: number): Signal<number> {
  let initial = fallback
  try {
    const stored = Number(localStorage.getItem(`otel-ts.${key}`))
    if (Number.isFinite(stored) && stored > 0) initial = stored
  } catch {
    // Storage may be forbidden.
  }
  const size = signal(initial)
  let first = true
  size.subscribe((value) => {
    if (first) {
      first = false
      return
    }
    try {
      localStorage.setItem(`otel-ts.${key}`, String(value))
    } catch {
      // As above.
    }
  })
  return size
}
