// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@otel-ts/otlp'
import type { StoreChange } from '../store.ts'

const minGapMillis = 100
const maxTraceIds = 1000

/** Gathers what came in and tells the listeners at most ten times a second, never from within an ingest. */
export class ChangeWatch {
  readonly #clock: Clock
  readonly #listeners = new Set<{ listener: (change: StoreChange) => void }>()
  #sequence = 0
  #traceIds = new Set<string>()
  #spanCount = 0
  #logCount = 0
  #metricPointCount = 0
  #timer: { cancel(): void } | undefined
  #lastTold = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(listener: (change: StoreChange) => void): () => void {
    // Wrapped, so that a function that watches twice is told twice and stops once at a time.
    const entry = { listener }
    this.#listeners.add(entry)
    return () => {
      this.#listeners.delete(entry)
    }
  }

  /** A trace got spans or logs in the running ingest. */
  touch(traceId: string): void {
    if (this.#traceIds.size < maxTraceIds) this.#traceIds.add(traceId)
  }

  /** Ends one ingest. */
  ingested(spanCount: number, logCount: number, metricPointCount: number): void {
    this.#sequence++
    this.#spanCount += spanCount
    this.#logCount += logCount
    this.#metricPointCount += metricPointCount
    if (this.#listeners.size === 0) {
      this.#reset()
      return
    }
    if (this.#timer !== undefined) return
    const wait = Math.max(0, this.#lastTold + minGapMillis - this.#clock.nowMillis())
    this.#timer = this.#clock.after(wait, () => this.#tell())
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#listeners.clear()
  }

  #tell(): void {
    this.#timer = undefined
    this.#lastTold = this.#clock.nowMillis()
    const change: StoreChange = {
      sequence: this.#sequence,
      traceIds: [...this.#traceIds],
      spanCount: this.#spanCount,
      logCount: this.#logCount,
      metricPointCount: this.#metricPointCount,
    }
    this.#reset()
    let failure: { error: unknown } | undefined
    for (const { listener } of [...this.#listeners]) {
      try {
        listener(change)
      } catch (error) {
        failure ??= { error }
      }
    }
    // Every listener has been told by now; the fault belongs to the host's handler of uncaught errors.
    if (failure !== undefined) throw failure.error
  }

  #reset(): void {
    this.#traceIds = new Set()
    this.#spanCount = 0
    this.#logCount = 0
    this.#metricPointCount = 0
  }
}
