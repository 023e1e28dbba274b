// SPDX-License-Identifier: Apache-2.0

// grpc/doc/connection-backoff.md.
const initialMillis = 1000
const multiplier = 1.6
const jitter = 0.2
const maxMillis = 120_000

/** Growing waits between tries to connect. */
export class ConnectionBackoff {
  readonly #random: () => number
  #plainMillis = 0

  /** `random` gives numbers from 0 to 1. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** Wait from the start of one try to that of the next, in milliseconds: 1 s, 1.6 s and so on, 20 % jitter. */
  next(): number {
    this.#plainMillis = this.#plainMillis === 0 ? initialMillis : Math.min(this.#plainMillis * multiplier, maxMillis)
    return this.#plainMillis * (1 - jitter + 2 * jitter * this.#random())
  }

  reset(): void {
    this.#plainMillis = 0
  }
}
