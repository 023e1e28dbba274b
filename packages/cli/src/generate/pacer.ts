// SPDX-License-Identifier: Apache-2.0

// After a pause what is due is sent at up to this many times the rate,
const catchUpFactor = 2
// and no more of it at once than falls due in this time: a burst would measure the burst, not the endpoint.
const burstMillis = 25

/**
 * An open schedule: request n is due n / rate after the start, whatever became of those before it. So neither a slow
 * endpoint nor a pause of this process changes how much is sent, and what waited shows in its latency.
 */
export class Pacer {
  readonly #startMillis: number
  readonly #perMillis: number
  readonly #capacity: number
  #tokens: number
  #refilledMillis: number
  #takenCount = 0

  /** `requestsPerSecond` 0 = everything is due at once. */
  constructor(startMillis: number, requestsPerSecond: number) {
    this.#startMillis = startMillis
    this.#perMillis = requestsPerSecond / 1000
    this.#capacity = Math.max(1, this.#perMillis * burstMillis * catchUpFactor)
    this.#tokens = this.#capacity
    this.#refilledMillis = startMillis
  }

  /** Time until the next request may go; 0 = now. */
  waitMillis(nowMillis: number): number {
    if (this.#perMillis === 0) return 0
    const refill = this.#perMillis * catchUpFactor
    this.#tokens = Math.min(this.#capacity, this.#tokens + (nowMillis - this.#refilledMillis) * refill)
    this.#refilledMillis = nowMillis
    const toDue = this.#due(this.#takenCount) - nowMillis
    const toToken = this.#tokens >= 1 ? 0 : (1 - this.#tokens) / refill
    return Math.max(0, toDue, toToken)
  }

  /** Takes the next request, which may go now, and tells when it was due. */
  take(nowMillis: number): number {
    if (this.#perMillis === 0) return nowMillis
    this.#tokens--
    return this.#due(this.#takenCount++)
  }

  /** Requests that were due before `nowMillis` and have not been taken. */
  missedCount(nowMillis: number): number {
    if (this.#perMillis === 0) return 0
    const dueCount = Math.ceil((nowMillis - this.#startMillis) * this.#perMillis - 1e-9)
    return Math.max(0, dueCount - this.#takenCount)
  }

  // From the start, not from the one before: rounding must not add up.
  #due(number: number): number {
    return this.#startMillis + number / this.#perMillis
  }
}
