// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.ts'

/** How often a client may ping. */
export interface PingLimits {
  /** Shortest time between two pings while calls run, or at any time with `permitWithoutStream`. */
  readonly minTimeMillis: number
  readonly permitWithoutStream: boolean
}

// As gRPC's own servers do: two pings too early are forgiven, and a connection without calls may be asked every two hours.
const forgivenPings = 2
const minTimeWithoutStreamMillis = 2 * 60 * 60 * 1000

/**
 * Says when a client pings too often: grpc proposal A8, "Server Enforcement". Whenever something was sent to the client
 * the count starts anew.
 */
export class PingPolicy {
  readonly #limits: PingLimits
  readonly #clock: Clock
  #lastMillis = Number.NEGATIVE_INFINITY
  #strikeCount = 0
  #isReset = false

  constructor(limits: PingLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** Something was sent to the client. */
  reset(): void {
    this.#isReset = true
  }

  /** Counts a ping; false when the connection shall be closed for it. */
  isAllowed(hasCalls: boolean): boolean {
    const now = this.#clock.nowMillis()
    const last = this.#lastMillis
    this.#lastMillis = now
    if (this.#isReset) {
      this.#isReset = false
      this.#strikeCount = 0
      return true
    }
    const { minTimeMillis, permitWithoutStream } = this.#limits
    const minTime = hasCalls || permitWithoutStream ? minTimeMillis : minTimeWithoutStreamMillis
    if (now - last < minTime) this.#strikeCount++
    return this.#strikeCount <= forgivenPings
  }
}
