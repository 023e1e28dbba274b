// SPDX-License-Identifier: Apache-2.0
import { sdkEvents } from '../events.ts'

/** A queue whose spans must not be lost only because the process has nothing else to do. */
export interface ExitWatched {
  /** Spans that wait or are being exported. */
  readonly unfinishedCount: number
  flush(): Promise<void>
}

interface HostProcess {
  on?(event: 'beforeExit' | 'exit', listener: () => void): unknown
}

declare function setTimeout(run: () => void, delayMillis: number): unknown
declare function clearTimeout(timer: unknown): void

// What an endpoint that does not answer may hold up a process that is otherwise through.
const exitFlushMillis = 5000

// Weak: a provider that is let go of without shutdown is not kept by this. A queue in which spans wait has a timer,
// which keeps it.
const watched = new Set<WeakRef<ExitWatched>>()
let isListening = false
let isTimeOver = false
let prunedSize = 64

/**
 * Flushes a queue when the process runs out of work, and says at its end what was not exported. Signals and
 * `process.exit` leave no time to export: there the application has to shut its provider down first.
 */
export function watchExit(queue: ExitWatched): () => void {
  if (!isListening) {
    isListening = true
    // One listener of each kind for all queues: Node warns above ten.
    const host = (globalThis as { process?: HostProcess }).process
    host?.on?.('beforeExit', flushAll)
    host?.on?.('exit', reportAll)
  }
  const reference = new WeakRef(queue)
  watched.add(reference)
  if (watched.size > prunedSize) {
    for (const other of watched) if (other.deref() === undefined) watched.delete(other)
    prunedSize = Math.max(64, watched.size * 2)
  }
  return () => void watched.delete(reference)
}

function flushAll(): void {
  // Once the time is over the event comes again, since the timer below has run.
  if (isTimeOver) return
  const flushes: Promise<void>[] = []
  for (const reference of watched) {
    const queue = reference.deref()
    if (queue !== undefined && queue.unfinishedCount > 0) flushes.push(queue.flush())
  }
  if (flushes.length === 0) return
  const alive = setTimeout(() => {
    isTimeOver = true
  }, exitFlushMillis)
  // Failed exports are said and counted where they fail.
  void Promise.allSettled(flushes).then(() => clearTimeout(alive))
}

function reportAll(): void {
  let count = 0
  for (const reference of watched) count += reference.deref()?.unfinishedCount ?? 0
  if (count > 0) sdkEvents.droppedAtShutdown(count, 'the process ended before they were exported')
}
