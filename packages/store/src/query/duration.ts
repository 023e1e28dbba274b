// SPDX-License-Identifier: Apache-2.0

const units: readonly { readonly text: string; readonly nanos: bigint }[] = [
  { text: 'h', nanos: 3_600_000_000_000n },
  { text: 'm', nanos: 60_000_000_000n },
  { text: 's', nanos: 1_000_000_000n },
  { text: 'ms', nanos: 1_000_000n },
  { text: 'us', nanos: 1_000n },
  { text: 'ns', nanos: 1n },
]

const nanosOf = new Map(units.map((unit) => [unit.text, unit.nanos]))
nanosOf.set('µs', 1_000n)
nanosOf.set('μs', 1_000n)

const part = /(\d{1,18})(?:\.(\d{1,18}))?(h|ms|m|s|us|µs|μs|ns)/y

/**
 * Reads a duration such as `250ms`, `1.5s` or `1m30s` as nanoseconds; undefined when it is none. Units are those of Go:
 * h, m, s, ms, us (µs), ns. Digits below one nanosecond are cut off.
 *
 * @example
 * ```ts
 * import { formatDuration, parseDuration } from '@otel-ts/store'
 * console.log(parseDuration('1m30s')) // 90000000000n
 * console.log(parseDuration('250')) // undefined
 * console.log(formatDuration(90_000_000_000n)) // 1m30s
 * ```
 */
export function parseDuration(text: string): bigint | undefined {
  if (text === '' || text.length > 100) return undefined
  if (text === '0') return 0n
  let total = 0n
  part.lastIndex = 0
  while (part.lastIndex < text.length) {
    const match = part.exec(text)
    if (match === null) return undefined
    const unit = nanosOf.get(match[3]!)!
    total += BigInt(match[1]!) * unit
    const fraction = match[2]
    if (fraction !== undefined) total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length)
  }
  return total
}

/** Writes nanoseconds so that {@link parseDuration} reads the same back: `1m30s`, `250ms`, `0s`. */
export function formatDuration(nanos: bigint): string {
  if (nanos <= 0n) return '0s'
  let text = ''
  let left = nanos
  for (const unit of units) {
    const count = left / unit.nanos
    if (count > 0n) text += `${count}${unit.text}`
    left -= count * unit.nanos
  }
  return text
}
