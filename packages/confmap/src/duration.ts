// SPDX-License-Identifier: Apache-2.0

const unitNanos: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])
const part = /([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)/y
const maxNanos = 2n ** 63n - 1n

/**
 * Reads a duration as Go writes it (`300ms`, `1h15m30.5s`, `-1.5h`, `0`), exactly. Undefined when the text is not one or
 * does not fit 64 bits.
 *
 * @example
 * ```ts
 * import { parseDuration } from '@otel-ts/confmap'
 * console.log(parseDuration('1m0.5s'), parseDuration('5 s')) // 60500000000n undefined
 * ```
 */
export function parseDuration(text: string): bigint | undefined {
  const negative = text.startsWith('-')
  const body = text.replace(/^[-+]/, '')
  if (body === '0') return 0n
  let total = 0n
  let position = 0
  while (position < body.length) {
    part.lastIndex = position
    const match = part.exec(body)
    if (match === null) return undefined
    const [whole, integerDigits = '', fraction = '', unit = ''] = match
    if (integerDigits === '' && fraction === '') return undefined
    const nanos = unitNanos.get(unit)!
    // Go drops what is below a nanosecond.
    total += BigInt(integerDigits || '0') * nanos + (BigInt(fraction || '0') * nanos) / 10n ** BigInt(fraction.length)
    position += whole.length
  }
  if (position === 0 || total > maxNanos) return undefined
  return negative ? -total : total
}

/**
 * Writes nanoseconds as Go does: `1h0m0s`, `1.5s`, `200ms`, `0s`.
 *
 * @example
 * ```ts
 * import { formatDuration } from '@otel-ts/confmap'
 * console.log(formatDuration(90_500_000_000n)) // 1m30.5s
 * ```
 */
export function formatDuration(nanos: bigint): string {
  if (nanos < 0n) return `-${formatDuration(-nanos)}`
  if (nanos === 0n) return '0s'
  if (nanos < 1_000n) return `${nanos}ns`
  if (nanos < 1_000_000n) return `${decimal(nanos, 3)}µs`
  if (nanos < 1_000_000_000n) return `${decimal(nanos, 6)}ms`
  const minutes = nanos / 60_000_000_000n
  const seconds = `${decimal(nanos % 60_000_000_000n, 9)}s`
  if (minutes === 0n) return seconds
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`
}

function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`)
}
