// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '@otel-ts/otlp'

/** Why items of a queue were lost. */
export type LossReason = 'queue_full' | 'queue_bytes_full' | 'export_failed' | 'after_shutdown' | 'shutdown_timeout'

/** Options of a {@link BatchQueue}. */
export interface BatchQueueOptions<T> {
  /** Items that may wait. One more is dropped: the newest. */
  readonly maxQueueSize: number
  /** Bytes that waiting and running items may keep alive together. An item that would be over is dropped. Default: no limit. */
  readonly maxQueueBytes?: number
  /** About the bytes that an item keeps alive. Called once for each item that finds room by count. */
  readonly estimateBytes?: (item: T) => number
  /** Items in one batch at most. */
  readonly maxExportBatchSize: number
  /** Longest wait of an item before its batch is exported though it is not full. */
  readonly scheduledDelayMillis: number
  /** Time for one export; after it the batch counts as lost and its slot is free. 0: no limit. */
  readonly exportTimeoutMillis: number
  /** Exports that may run at once. */
  readonly maxConcurrentExports: number
  /** Whether a full batch is exported in a later turn of the event loop: `add` stays quick for its caller. */
  readonly isDeferred: boolean
  readonly clock: Clock
  /** Exports a batch and calls `done` once. What it throws counts as failure. */
  readonly export: (batch: T[], done: (error: unknown) => void) => void
  /** Told of lost items: drops are collected for a second, so that a burst is one call. */
  readonly onLoss: (count: number, reason: LossReason, error: unknown, sinceSuccessMillis: number | undefined) => void
}

interface RunningExport {
  /** Sequence number of the batch's first item. */
  readonly first: number
  readonly count: number
  readonly bytes: number
  timer: Timer | undefined
}

interface Waiter {
  /** Sequence number of the first item that does not matter. */
  readonly end: number
  readonly resolve: () => void
}

const dropReportDelayMillis = 1000

/**
 * Items on their way from many producers to one exporter. Bounded in items and bytes, never blocks, loses only with a count:
 * every item added ends up in exactly one of `exportedCount`, `failedCount` and `droppedCount`. Simple and batch
 * processors are this queue with different numbers.
 */
export class BatchQueue<T> {
  readonly #options: BatchQueueOptions<T>
  // Batches are cut while they fill: taking one is a shift of a short list, not a splice of thousands of items.
  readonly #full: T[][] = []
  #filling: T[] = []
  readonly #fullBytes: number[] = []
  #fillingBytes = 0
  #heldBytes = 0
  #waitingCount = 0
  readonly #running = new Set<RunningExport>()
  #runningCount = 0
  #takenCount = 0
  // Items below this sequence number are exported without waiting for a full batch.
  #urgentEnd = 0
  #timer: Timer | undefined
  #dropTimer: Timer | undefined
  readonly #unreportedDrops = new Map<LossReason, number>()
  #waiters: Waiter[] = []
  #isClosed = false
  #isStarting = false
  #lastSuccessMillis: number | undefined
  #exportedCount = 0
  #failedCount = 0
  #droppedCount = 0

  constructor(options: BatchQueueOptions<T>) {
    this.#options = options
  }

  /** Items that wait, those in running exports not counted. */
  get waitingCount(): number {
    return this.#waitingCount
  }
  /** Items that wait or are being exported. */
  get unfinishedCount(): number {
    let count = this.#waitingCount
    for (const running of this.#running) count += running.count
    return count
  }
  /** About the bytes that these keep alive; 0 without `estimateBytes`. */
  get heldBytes(): number {
    return this.#heldBytes
  }
  /** Items whose export succeeded. */
  get exportedCount(): number {
    return this.#exportedCount
  }
  /** Items whose export failed or ran out of time. */
  get failedCount(): number {
    return this.#failedCount
  }
  /** Items that found no room, came after shutdown, or were left at its deadline. */
  get droppedCount(): number {
    return this.#droppedCount
  }

  /** Takes an item, or drops it and counts that. */
  add(item: T): void {
    const { maxQueueSize, maxExportBatchSize, estimateBytes } = this.#options
    if (this.#isClosed) {
      this.#drop('after_shutdown')
      return
    }
    if (this.#waitingCount >= maxQueueSize) {
      this.#drop('queue_full')
      return
    }
    if (estimateBytes !== undefined) {
      const bytes = estimateBytes(item)
      if (this.#heldBytes + bytes > (this.#options.maxQueueBytes ?? Number.POSITIVE_INFINITY)) {
        this.#drop('queue_bytes_full')
        return
      }
      this.#heldBytes += bytes
      this.#fillingBytes += bytes
    }
    this.#waitingCount++
    const filling = this.#filling
    filling.push(item)
    if (filling.length >= maxExportBatchSize) {
      this.#full.push(filling)
      this.#fullBytes.push(this.#fillingBytes)
      this.#filling = []
      this.#fillingBytes = 0
      this.#start(this.#options.isDeferred)
    } else if (this.#timer === undefined) this.#arm()
  }

  /** Resolves when every item added before has been exported or lost; rejects when that takes too long. 0: no limit. */
  flush(timeoutMillis: number): Promise<void> {
    const end = this.#takenCount + this.#waitingCount
    return new Promise((resolve, reject) => {
      if (this.#firstUnsettled() >= end) {
        resolve()
        return
      }
      let timer: Timer | undefined
      const waiter: Waiter = {
        end,
        resolve: () => {
          timer?.cancel()
          resolve()
        },
      }
      this.#waiters.push(waiter)
      if (timeoutMillis > 0) {
        timer = this.#options.clock.after(timeoutMillis, () => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter)
          reject(
            new Error(
              `flush: ${this.#waitingCount} items wait and ${this.#runningCount} exports run after ${timeoutMillis} ms; allowed is none; they stay queued`,
            ),
          )
        })
      }
      if (end > this.#urgentEnd) this.#urgentEnd = end
      this.#start(false)
    })
  }

  /** Takes no more items, and flushes; what is left when the time is over is dropped and counted. */
  async shutdown(timeoutMillis: number): Promise<void> {
    this.#isClosed = true
    try {
      await this.flush(timeoutMillis)
    } catch (error) {
      const left = this.#waitingCount
      this.#full.length = 0
      this.#filling = []
      for (const bytes of this.#fullBytes) this.#heldBytes -= bytes
      this.#heldBytes -= this.#fillingBytes
      this.#fullBytes.length = 0
      this.#fillingBytes = 0
      this.#waitingCount = 0
      this.#takenCount += left
      this.#droppedCount += left
      if (left > 0) this.#lose(left, 'shutdown_timeout', error)
      throw error
    } finally {
      this.#disarm()
      this.#reportDrops()
    }
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(this.#options.scheduledDelayMillis, () => {
      this.#timer = undefined
      this.#urgentEnd = this.#takenCount + this.#waitingCount
      this.#start(false)
    })
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  // Starts exports while there is room and work. An exporter may call back, and its owner add items, before this
  // returns: the loop sees both, and a nested call leaves the work to it.
  #start(isDeferred: boolean): void {
    if (this.#isStarting) return
    this.#isStarting = true
    while (this.#runningCount < this.#options.maxConcurrentExports) {
      let batch = this.#full.shift()
      let bytes = 0
      if (batch !== undefined) bytes = this.#fullBytes.shift()!
      else {
        if (this.#filling.length === 0 || this.#urgentEnd <= this.#takenCount) break
        batch = this.#filling
        bytes = this.#fillingBytes
        this.#filling = []
        this.#fillingBytes = 0
      }
      this.#run(batch, bytes, isDeferred)
    }
    this.#isStarting = false
    if (this.#waitingCount === 0) this.#disarm()
    else if (this.#timer === undefined) this.#arm()
  }

  #run(batch: T[], bytes: number, isDeferred: boolean): void {
    const count = batch.length
    const running: RunningExport = { first: this.#takenCount, count, bytes, timer: undefined }
    this.#takenCount += count
    this.#waitingCount -= count
    this.#runningCount++
    this.#running.add(running)
    if (isDeferred) setImmediate(() => this.#call(batch, running))
    else this.#call(batch, running)
  }

  #call(batch: T[], running: RunningExport): void {
    try {
      this.#options.export(batch, (error) => this.#settle(running, error))
    } catch (error) {
      this.#settle(running, error ?? new Error('the exporter threw nothing'))
    }
    const { exportTimeoutMillis, clock } = this.#options
    if (exportTimeoutMillis > 0 && this.#running.has(running)) {
      running.timer = clock.after(exportTimeoutMillis, () =>
        this.#settle(running, new Error(`no answer within ${exportTimeoutMillis} ms`)),
      )
    }
  }

  #settle(running: RunningExport, error: unknown): void {
    // An exporter that calls back twice, or after its time, changes nothing.
    if (!this.#running.delete(running)) return
    this.#runningCount--
    this.#heldBytes -= running.bytes
    running.timer?.cancel()
    if (error === undefined) {
      this.#exportedCount += running.count
      this.#lastSuccessMillis = this.#options.clock.nowMillis()
    } else {
      this.#failedCount += running.count
      this.#lose(running.count, 'export_failed', error)
    }
    if (this.#waiters.length > 0) this.#wake()
    this.#start(false)
  }

  #wake(): void {
    const settled = this.#firstUnsettled()
    const waiting: Waiter[] = []
    for (const waiter of this.#waiters) {
      if (waiter.end <= settled) waiter.resolve()
      else waiting.push(waiter)
    }
    this.#waiters = waiting
  }

  #firstUnsettled(): number {
    let first = this.#takenCount
    for (const running of this.#running) if (running.first < first) first = running.first
    return first
  }

  #drop(reason: LossReason): void {
    this.#droppedCount++
    this.#unreportedDrops.set(reason, (this.#unreportedDrops.get(reason) ?? 0) + 1)
    this.#dropTimer ??= this.#options.clock.after(dropReportDelayMillis, () => this.#reportDrops())
  }

  #reportDrops(): void {
    this.#dropTimer?.cancel()
    this.#dropTimer = undefined
    const drops = [...this.#unreportedDrops]
    this.#unreportedDrops.clear()
    for (const [reason, count] of drops) this.#lose(count, reason, undefined)
  }

  #lose(count: number, reason: LossReason, error: unknown): void {
    const last = this.#lastSuccessMillis
    this.#options.onLoss(count, reason, error, last === undefined ? undefined : this.#options.clock.nowMillis() - last)
  }
}
