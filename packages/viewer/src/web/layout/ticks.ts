// SPDX-License-Identifier: Apache-2.0

/** A step of 1, 2 or 5 times a power of ten such that at most `maxCount` steps fit into `length`. */
export function niceStep(length: number, maxCount: number): number {
  if (!(length > 0) || maxCount < 1) return 1
  const raw = length / maxCount
  const power = 10 ** Math.floor(Math.log10(raw))
  for (const factor of [1, 2, 5, 10]) {
    // The tolerance keeps 0.1 + 0.2 noise from skipping a step that fits exactly.
    if (factor * power >= raw * (1 - 1e-9)) return factor * power
  }
  return 10 * power
}

/** Multiples of `step` within [from, to]. */
export function ticksBetween(from: number, to: number, step: number): number[] {
  const ticks: number[] = []
  const first = Math.ceil(from / step - 1e-9)
  const last = Math.floor(to / step + 1e-9)
  // Adding 0 turns the -0 of a first tick just below zero into 0.
  for (let i = first; i <= last && ticks.length < 1000; i++) ticks.push(i * step + 0)
  return ticks
}

const clockSteps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3,
  7200e3, 10_800e3, 21_600e3, 43_200e3, 86_400e3,
]

/** A step in milliseconds that people read on clocks: seconds and minutes by 15 and 30, hours by 3, 6 and 12. */
export function clockStep(lengthMillis: number, maxCount: number): number {
  const raw = lengthMillis / Math.max(1, maxCount)
  for (const step of clockSteps) if (step >= raw) return step
  return Math.ceil(raw / 86_400e3) * 86_400e3
}
