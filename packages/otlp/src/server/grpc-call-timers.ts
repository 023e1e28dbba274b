// SPDX-License-Identifier: Apache-2.0

/** A call that may have to wait. */
export interface TimedCall {
  readonly isAnswered: boolean
  /** Starts what must happen when the call takes long. Called at most once. */
  startTimers(): void
}

/**
 * Starts the timers of calls that are not answered within the turn of the event loop in which they began. Most are: for
 * them a deadline costs no timer.
 */
export class CallTimers {
  #fresh: TimedCall[] = []
  readonly #lookAtFresh = (): void => {
    const calls = this.#fresh
    this.#fresh = []
    for (const call of calls) if (!call.isAnswered) call.startTimers()
  }

  add(call: TimedCall): void {
    if (this.#fresh.push(call) === 1) setImmediate(this.#lookAtFresh)
  }
}
