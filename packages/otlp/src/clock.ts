// SPDX-License-Identifier: Apache-2.0

/** A timer that can be called off. */
export interface Timer {
  cancel(): void
}

/**
 * Time as code that waits sees it: given in from outside so that tests move it by hand (`fakeClock` of the testkit).
 * Monotonic: for durations and time-outs, not for time stamps.
 */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  nowMillis(): number
  /** Calls `run` once after `delayMillis`. The wait alone does not keep the process alive. */
  after(delayMillis: number, run: () => void): Timer
}

interface HostTimer {
  unref?(): void
}
declare const performance: { now(): number }
declare function setTimeout(run: () => void, delayMillis: number): HostTimer
declare function clearTimeout(timer: HostTimer): void

/** The clock of this process. */
export const systemClock: Clock = {
  nowMillis: () => performance.now(),
  after(delayMillis, run) {
    const timer = setTimeout(run, delayMillis)
    timer.unref?.()
    return { cancel: () => clearTimeout(timer) }
  },
}
