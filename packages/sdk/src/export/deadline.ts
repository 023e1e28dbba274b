// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@otel-ts/otlp/clock'

/**
 * Runs all `tasks` at once and resolves when all are through; rejects if any failed, or when `timeoutMillis` is over
 * (0: never). The promise is marked as handled: who does not await a flush must not lose the process over it, who
 * awaits it still sees the rejection.
 */
export function settleWithin(
  what: string,
  tasks: readonly (() => Promise<void>)[],
  timeoutMillis: number,
): Promise<void> {
  const settled = run(what, tasks, timeoutMillis)
  settled.catch(() => {})
  return settled
}

// What waits for the next try of a request does not keep the process alive. Who flushes means to wait: without this a
// process that has nothing else to do would end before the last try, and before anybody is told what was lost.
const keptAliveMillis = 30_000
declare function setTimeout(run: () => void, delayMillis: number): unknown
declare function clearTimeout(timer: unknown): void

async function run(what: string, tasks: readonly (() => Promise<void>)[], timeoutMillis: number): Promise<void> {
  const alive = setTimeout(() => {}, keptAliveMillis)
  const all = Promise.allSettled(tasks.map(async (task) => task()))
  const results = await (timeoutMillis > 0 ? withinMillis(what, all, timeoutMillis) : all).finally(() =>
    clearTimeout(alive),
  )
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1)
    throw new AggregateError(errors, `${what}: ${errors.length} of ${tasks.length} processors failed`)
}

function withinMillis<T>(what: string, promise: Promise<T>, timeoutMillis: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = systemClock.after(timeoutMillis, () =>
      reject(new Error(`${what}: not done after ${timeoutMillis} ms; it goes on, but nobody waits for it any more`)),
    )
    promise.then(
      (value) => {
        timer.cancel()
        resolve(value)
      },
      (error: unknown) => {
        timer.cancel()
        reject(error)
      },
    )
  })
}
