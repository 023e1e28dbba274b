// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@otel-ts/otlp'

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves time on, running what falls due in order, and lets promises settle after each timer. */
  advance(millis: number): Promise<void>
  /** Timers that wait. */
  readonly pendingCount: number
}

/** Makes a {@link FakeClock} that starts at 0. */
export function fakeClock(): FakeClock {
  let now = 0
  let sequence = 0
  const timers = new Map<number, { dueMillis: number; run: () => void }>()

  function nextDue(limitMillis: number): number | undefined {
    let found: number | undefined
    let due = Number.POSITIVE_INFINITY
    for (const [id, timer] of timers) {
      if (timer.dueMillis <= limitMillis && timer.dueMillis < due) {
        found = id
        due = timer.dueMillis
      }
    }
    return found
  }

  return {
    nowMillis: () => now,
    after(delayMillis, run) {
      const id = sequence++
      timers.set(id, { dueMillis: now + Math.max(0, delayMillis), run })
      return { cancel: () => timers.delete(id) }
    },
    async advance(millis) {
      const target = now + millis
      await settlePromises()
      for (let id = nextDue(target); id !== undefined; id = nextDue(target)) {
        const timer = timers.get(id)!
        timers.delete(id)
        now = timer.dueMillis
        timer.run()
        await settlePromises()
      }
      now = target
      await settlePromises()
    },
    get pendingCount() {
      return timers.size
    },
  }
}

// One macrotask lets any finite chain of already resolved promises run to its end.
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
