// SPDX-License-Identifier: Apache-2.0

const units: readonly { size: number; name: string }[] = [
  { size: 1e9, name: 's' },
  { size: 1e6, name: 'ms' },
  { size: 1e3, name: 'µs' },
  { size: 1, name: 'ns' },
]

/** Three significant digits and a unit: `812 ms`, `1.24 s`, `340 µs`; from a minute on `2m 05s`, `3h 20m`. */
export function formatDuration(nano: number): string {
  if (!Number.isFinite(nano)) return '–'
  if (nano < 0) return `-${formatDuration(-nano)}`
  if (nano === 0) return '0 ns'
  // 59.95 s would print as "60.0 s": leave for the minute form as soon as rounding reaches it.
  if (nano >= 59.95e9) {
    const seconds = Math.round(nano / 1e9)
    if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`
    const minutes = Math.round(seconds / 60)
    if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`
    return `${Math.floor(minutes / 1440)}d ${pad(Math.floor(minutes / 60) % 24)}h`
  }
  for (const unit of units) {
    // 999.6 µs rounds to 1000: the next larger unit writes it as 1.00 ms.
    if (nano >= unit.size * 0.9995 || unit.size === 1) return `${threeDigits(nano / unit.size)} ${unit.name}`
  }
  return `${nano} ns`
}

/** The text of a ruler's tick. All ticks of one axis share the unit that suits `stepNano`. */
export function formatTick(nano: number, stepNano: number, endNano: number): string {
  if (nano === 0) return '0'
  const unit = units.find((u) => endNano >= u.size) ?? units[3]!
  const digits = Math.max(0, Math.ceil(-Math.log10(stepNano / unit.size) - 1e-9))
  return `${(nano / unit.size).toFixed(Math.min(digits, 6))} ${unit.name}`
}

/** Nanoseconds of `250ms`, `1.5 s`, `2m`, or of a bare number in milliseconds; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ns|us|µs|μs|ms|s|m|h)?\s*$/.exec(text)
  if (!match) return undefined
  const scale = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }[match[2] ?? 'ms'] ?? 1e6
  return Math.round(Number(match[1]) * scale)
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0)
  if (value >= 9.995) return trimZero(value.toFixed(1))
  return Number.isInteger(value) ? value.toFixed(0) : value.toFixed(2)
}

function trimZero(text: string): string {
  return text.endsWith('.0') ? text.slice(0, -2) : text
}

function pad(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
