// SPDX-License-Identifier: Apache-2.0

// What JSON must escape, and surrogates, which must not stand alone in UTF-8.
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/
const loneSurrogate = /\p{Surrogate}/gu

/** What stands between the quotes of a text in JSON; lone surrogates become U+FFFD. */
export function escaped(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text.replace(loneSurrogate, '\ufffd')).slice(1, -1) : text
}

/** A text as JSON, quotes included. */
export function quote(text: string): string {
  return `"${escaped(text)}"`
}

/** An id between its quotes: it should be hex, but whatever it is, it must not end the string that it stands in. */
export function idText(id: unknown): string {
  return escaped(String(id))
}

/** A double; NaN and the infinities are text in protobuf's JSON. */
export function doubleJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  return Object.is(value, -0) ? '-0' : `${value}`
}

/** A count: uint64 is text in protobuf's JSON. What no count can be is 0. */
export function countJson(value: number): string {
  if ((value | 0) === value && value >= 0) return `"${value}"`
  return Number.isInteger(value) && value > 0 ? `"${BigInt(value)}"` : '"0"'
}

const maxUint64 = 2n ** 64n - 1n

/**
 * Epoch time in nanoseconds without its quotes: uint64 is text in JSON, and seconds and nanoseconds only need to stand side
 * by side. Times before 1970 and what is no time are 0.
 */
export function timeDigits(time: readonly [number, number]): string {
  const [seconds, nanos] = time
  if (
    seconds > 0 &&
    seconds < 1e10 &&
    nanos >= 0 &&
    nanos < 1e9 &&
    (nanos | 0) === nanos &&
    Number.isInteger(seconds)
  ) {
    return `${seconds}${String(nanos).padStart(9, '0')}`
  }
  if (!(seconds >= 0 && Number.isFinite(seconds) && Number.isFinite(nanos))) return '0'
  const exact = BigInt(Math.round(seconds * 1000)) * 1_000_000n + BigInt(Math.round(nanos))
  return String(exact < 0n ? 0n : exact > maxUint64 ? maxUint64 : exact)
}
