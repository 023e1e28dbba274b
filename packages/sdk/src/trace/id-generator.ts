// SPDX-License-Identifier: Apache-2.0
import { hexOfWords, randomWord } from './ids.ts'

/**
 * Makes the ids of new traces and spans. Without one of your own the SDK draws ids from the host's CSPRNG, faster
 * than any generator of strings can.
 */
export interface IdGenerator {
  /** A trace id: 32 lower-case hex digits, not all zero. */
  generateTraceId(): string
  /** A span id: 16 lower-case hex digits, not all zero. */
  generateSpanId(): string
  /**
   * Whether the last 7 bytes of trace ids are uniformly random. Only then do root spans get the W3C Level 2 random
   * flag. Default false.
   */
  readonly isRandom?: boolean
}

/**
 * Random ids from the host's CSPRNG: what the SDK uses by default.
 *
 * @example
 * ```ts
 * import { RandomIdGenerator } from '@otel-ts/sdk'
 * const ids = new RandomIdGenerator()
 * console.log(ids.generateTraceId().length, ids.generateSpanId().length) // 32 16
 * ```
 */
export class RandomIdGenerator implements IdGenerator {
  readonly isRandom = true as const

  generateTraceId(): string {
    let a = randomWord()
    const b = randomWord()
    const c = randomWord()
    const d = randomWord()
    if ((a | b | c | d) === 0) a = 1
    return hexOfWords(a, b) + hexOfWords(c, d)
  }

  generateSpanId(): string {
    const a = randomWord()
    const b = randomWord()
    return hexOfWords(a, (a | b) === 0 ? 1 : b)
  }
}
