// SPDX-License-Identifier: Apache-2.0

/** The stretch of the trace that is shown, nanoseconds after its start. */
export interface TimeWindow {
  readonly from: number
  readonly to: number
}

// Below a hundred nanoseconds ticks repeat and bars are single spans' rounding.
const minLengthNano = 100

/** The window moved and cut to lie within [0, total], at least 100 ns long. */
export function clampWindow(window: TimeWindow, totalNano: number): TimeWindow {
  const total = Math.max(totalNano, minLengthNano)
  const length = Math.min(total, Math.max(minLengthNano, window.to - window.from))
  const from = Math.min(Math.max(0, window.from), total - length)
  return { from, to: from + length }
}

/** Makes the window `factor` times as long and keeps `anchor` where it is on the screen. */
export function zoomWindow(window: TimeWindow, factor: number, anchor: number, totalNano: number): TimeWindow {
  const from = anchor - (anchor - window.from) * factor
  return clampWindow({ from, to: from + (window.to - window.from) * factor }, totalNano)
}

/** Moves the window by a share of its length. */
export function panWindow(window: TimeWindow, share: number, totalNano: number): TimeWindow {
  const by = (window.to - window.from) * share
  return clampWindow({ from: window.from + by, to: window.to + by }, totalNano)
}

export function isWholeTrace(window: TimeWindow, totalNano: number): boolean {
  return window.from <= 0 && window.to >= totalNano
}
