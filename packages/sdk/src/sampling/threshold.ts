// SPDX-License-Identifier: Apache-2.0

// Thresholds and randomness are 56 bits, too many for a double. As text they compare without BigInt: randomness always
// has 14 digits, so it is at least a threshold exactly if it is not less as text, with trailing zeros or without them.

const digitCount = 14
const scale = 2n ** 56n

/** Hex digits of a threshold that count unless configured: trace/tracestate-probability-sampling.md. */
export const defaultPrecision = 4

/**
 * The rejection threshold for a probability, as the `th` sub-key has it: 1 to 14 hex digits without trailing zeros.
 * Undefined below 2^-56, where nothing is sampled. Leading digits f (and 0) do not count towards the precision: what
 * they leave is what the probability is told by.
 */
export function thresholdOf(probability: number, precision: number = defaultPrecision): string | undefined {
  if (!(probability >= 2 ** -56)) return undefined
  if (probability >= 1) return '0'
  const leading = Math.max(leadingDigits(probability), leadingDigits(1 - probability))
  const kept = Math.min(digitCount, precision + leading)
  let threshold = scale - BigInt(Math.round(probability * 2 ** 56))
  const shift = 4n * BigInt(digitCount - kept)
  if (shift > 0n) threshold = ((threshold + (1n << (shift - 1n))) >> shift) << shift
  return textOfThreshold(threshold)
}

// Whole hex digits 0 after the point: of the probability these are digits f of the threshold.
function leadingDigits(fraction: number): number {
  return Math.floor(Math.max(0, -Math.floor(Math.log2(fraction)) - 1) / 4)
}

/** A threshold from 0 to 2^56 - 1 as text; undefined beyond, where nothing is sampled. */
export function textOfThreshold(threshold: bigint): string | undefined {
  if (threshold < 0n || threshold >= scale) return undefined
  const digits = threshold.toString(16).padStart(digitCount, '0').replace(/0+$/, '')
  return digits === '' ? '0' : digits
}

/** A threshold's upper 24 and lower 32 bits, for a comparison with the words of a trace id. */
export function wordsOfThreshold(threshold: string | undefined): { readonly high: number; readonly low: number } {
  // More than any randomness has.
  if (threshold === undefined) return { high: 2 ** 24, low: 0 }
  const digits = threshold.padEnd(digitCount, '0')
  return { high: Number.parseInt(digits.slice(0, 6), 16), low: Number.parseInt(digits.slice(6), 16) }
}

/** Randomness of a trace id: its last 14 digits (W3C Trace Context Level 2, "Randomness of trace-id"). */
export function randomnessOfTraceId(traceId: string): string {
  return traceId.slice(-digitCount)
}
