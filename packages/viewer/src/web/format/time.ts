// SPDX-License-Identifier: Apache-2.0

/** Milliseconds since the Unix epoch of a decimal string of nanoseconds; the part below a microsecond is lost. */
export function nanoToMillis(unixNano: string): number {
  if (unixNano.length <= 6) return 0
  return Number(unixNano.slice(0, -6)) + Number(unixNano.slice(-6)) / 1e6
}

/** How long ago: `now`, `12 s ago`, `4m 05s ago`, `24 min ago`, `3 h ago`, `2 d ago`; a moment ahead of the clock is `in 5 s`. */
export function formatRelative(nowMillis: number, millis: number): string {
  const seconds = Math.round((nowMillis - millis) / 1000)
  if (seconds < 0) return seconds > -2 ? 'now' : `in ${amount(-seconds)}`
  return seconds < 1 ? 'now' : `${amount(seconds)} ago`
}

function amount(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  // Rows of one busy minute must not all read the same.
  if (seconds < 600) return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** Date, time of day with milliseconds and the offset from UTC. `timeZone` defaults to the reader's own. */
export function formatAbsolute(millis: number, timeZone?: string): string {
  const parts = partsOf(millis, timeZone)
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second}.${parts.fraction} ${parts.zone}`
}

/** Time of day with milliseconds. */
export function formatClock(millis: number, timeZone?: string): string {
  const parts = partsOf(millis, timeZone)
  return `${parts.hour}:${parts.minute}:${parts.second}.${parts.fraction}`
}

/** Time of day for an axis whose ticks stand `stepMillis` apart: no finer than the step needs. */
export function formatAxisTime(millis: number, stepMillis: number, timeZone?: string): string {
  const parts = partsOf(millis, timeZone)
  if (stepMillis < 1000) return `${parts.hour}:${parts.minute}:${parts.second}.${parts.fraction}`
  if (stepMillis < 60_000) return `${parts.hour}:${parts.minute}:${parts.second}`
  if (stepMillis < 86_400_000) return `${parts.hour}:${parts.minute}`
  return `${parts.month}-${parts.day}`
}

interface TimeParts {
  year: string
  month: string
  day: string
  hour: string
  minute: string
  second: string
  fraction: string
  zone: string
}

// Building an Intl.DateTimeFormat costs ~50 µs; the list formats a hundred times a second.
const formats = new Map<string, Intl.DateTimeFormat>()

function partsOf(millis: number, timeZone: string | undefined): TimeParts {
  if (!Number.isFinite(millis) || Math.abs(millis) > 8.64e15) {
    return { year: '–', month: '–', day: '–', hour: '–', minute: '–', second: '–', fraction: '–', zone: '' }
  }
  const key = timeZone ?? ''
  let format = formats.get(key)
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      ...(timeZone === undefined ? {} : { timeZone }),
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
      hourCycle: 'h23',
      timeZoneName: 'shortOffset',
    })
    formats.set(key, format)
  }
  const found: Record<string, string> = {}
  for (const part of format.formatToParts(millis)) found[part.type] = part.value
  return {
    year: found['year'] ?? '',
    month: found['month'] ?? '',
    day: found['day'] ?? '',
    hour: found['hour'] ?? '',
    minute: found['minute'] ?? '',
    second: found['second'] ?? '',
    fraction: found['fractionalSecond'] ?? '',
    zone: (found['timeZoneName'] ?? '').replace('GMT', 'UTC').replace(/^UTC[+-]0$/, 'UTC'),
  }
}
