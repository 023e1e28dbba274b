// SPDX-License-Identifier: Apache-2.0
import {
  type Batch,
  type ConsumeContext,
  type ConsumeError,
  consumeError,
  mergeBatches,
  type Signal,
} from '@otel-ts/otlp'
import type { ComponentSettings } from '../component.ts'
import { asConsumeError } from '../pipeline/fan-out.ts'
import { metadataPartition } from '../pipeline/metadata-partition.ts'
import { Accumulator, type Part } from './accumulator.ts'
import { batchUnitOf, type QueueConfig, unitOf } from './config.ts'
import { failuresOfParts } from './part-failure.ts'

type Deliver = (batch: Batch, context: ConsumeContext) => Promise<void>

interface Job {
  readonly parts: readonly Part[]
  readonly context: ConsumeContext
}

const sizers = {
  requests: (): number => 1,
  items: (batch: Batch): number => batch.itemCount,
  bytes: (batch: Batch): number => batch.byteCount,
}

/**
 * The queue of one signal: what is accepted waits here, is merged if `batch` says so, and is delivered by at most
 * `num_consumers` at a time. Full in its unit or in bytes, it refuses or lets the sender wait. A request takes room until
 * it is delivered, so that what is under way is bounded too.
 */
export class Lane {
  readonly #signal: Signal
  readonly #queue: QueueConfig
  readonly #settings: ComponentSettings
  readonly #giveUp: AbortSignal
  readonly #deliver: Deliver
  readonly #sizeOf: (batch: Batch) => number
  readonly #accumulators = new Map<string, Accumulator>()
  readonly #jobs: Job[] = []
  /** Senders that wait for room, oldest first. */
  readonly #waiting: (() => void)[] = []
  readonly #removeGauges: (() => void)[]
  #size = 0
  #byteCount = 0
  #active = 0
  #draining = false
  #idle: (() => void) | undefined

  constructor(signal: Signal, queue: QueueConfig, settings: ComponentSettings, giveUp: AbortSignal, deliver: Deliver) {
    this.#signal = signal
    this.#queue = queue
    this.#settings = settings
    this.#giveUp = giveUp
    this.#deliver = deliver
    this.#sizeOf = sizers[unitOf(queue)]
    const attributes = { exporter: settings.id, data_type: signal }
    const { counters } = settings
    this.#removeGauges = [
      counters.gauge('exporter_queue_size', attributes, () => this.#size),
      counters.gauge('exporter_queue_capacity', attributes, () => queue.queue_size),
      counters.gauge('exporter_queue_bytes', attributes, () => this.#byteCount),
    ]
  }

  /** Takes a batch. Resolves when it is in the queue or, with `wait_for_result`, when it is sent. */
  async put(batch: Batch, context: ConsumeContext): Promise<void> {
    const size = this.#sizeOf(batch)
    // Taken once: building the index later makes a batch larger, and what is added must be what is taken off.
    const { byteCount } = batch
    const { queue_size, queue_bytes, block_on_overflow, wait_for_result } = this.#queue
    if (size > queue_size || byteCount > queue_bytes) {
      const message = `sending queue: one request of ${this.#measure(size, byteCount)} is larger than the whole queue (${this.#measure(queue_size, queue_bytes)}); raise sending_queue::queue_size or queue_bytes`
      throw this.#refuse(batch, consumeError('QUEUE_TOO_LARGE', message, { retryable: false }))
    }
    while (!this.#fits(size, byteCount)) {
      if (!block_on_overflow || this.#draining) {
        const message = `sending queue is full: ${this.#measure(this.#size, this.#byteCount)} of ${this.#measure(queue_size, queue_bytes)}; send the data again later`
        throw this.#refuse(batch, consumeError('QUEUE_FULL', message, { retryable: true }))
      }
      await this.#room(context.signal)
      if (context.signal.aborted) {
        const message = 'the sender went away while it waited for room in the sending queue'
        throw this.#refuse(batch, consumeError('BATCH_ABORTED', message, { retryable: true }))
      }
    }
    this.#size += size
    this.#byteCount += byteCount
    this.#settings.memory.hold(batch)
    const delivered = new Promise<void>((resolve, reject) => {
      this.#accept(batch, this.#detached(context), (error) => {
        this.#size -= size
        this.#byteCount -= byteCount
        this.#settings.memory.release(batch)
        this.#offerRoom()
        if (error === undefined) resolve()
        else if (wait_for_result) reject(error)
        else resolve()
      })
    })
    if (wait_for_result) await delivered
  }

  /** Delivers what waits. Resolves when nothing is left; after `giveUp` has aborted, everything fails fast. */
  async drain(): Promise<void> {
    this.#draining = true
    for (const waiting of this.#waiting.splice(0)) waiting()
    for (const accumulator of this.#accumulators.values()) accumulator.flush('shutdown')
    if (this.#active > 0 || this.#jobs.length > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    }
    for (const remove of this.#removeGauges) remove()
  }

  #accept(batch: Batch, context: ConsumeContext, settle: (error?: ConsumeError) => void): void {
    const { batch: batching } = this.#queue
    if (batching === undefined) {
      this.#jobs.push({ parts: [{ batch, settle }], context })
      this.#work()
      return
    }
    const partition = metadataPartition(context.metadata, batching.partition.metadata_keys)
    let accumulator = this.#accumulators.get(partition.key)
    if (accumulator === undefined) {
      // Parts of several requests travel together: of their contexts only the partition is common.
      const common: ConsumeContext = { metadata: partition.metadata, signal: this.#giveUp }
      accumulator = new Accumulator({
        minSize: batching.min_size,
        maxSize: batching.max_size,
        flushMillis: batching.flush_timeout,
        sizeOf: sizers[batchUnitOf(this.#queue)],
        clock: this.#settings.clock,
        emit: ({ parts }) => {
          this.#jobs.push({ parts, context: common })
          this.#work()
          if (accumulator!.size === 0) this.#accumulators.delete(partition.key)
        },
      })
      this.#accumulators.set(partition.key, accumulator)
    }
    accumulator.add(batch, settle)
    if (this.#draining) accumulator.flush('shutdown')
  }

  #work(): void {
    while (this.#active < this.#queue.num_consumers && this.#jobs.length > 0) {
      const job = this.#jobs.shift()!
      this.#active++
      void this.#run(job).then(() => {
        this.#active--
        this.#work()
        if (this.#active === 0 && this.#jobs.length === 0) this.#idle?.()
      })
    }
  }

  async #run({ parts, context }: Job): Promise<void> {
    const batch = parts.length === 1 ? parts[0]!.batch : mergeBatches(parts.map((part) => part.batch))
    let failure: ConsumeError | undefined
    try {
      await this.#deliver(batch, context)
    } catch (error) {
      failure = asConsumeError(error)
      this.#settings.events.sendFailed({
        signal: this.#signal,
        itemCount: (failure.rejected ?? batch).itemCount,
        error: failure,
        returned: this.#queue.wait_for_result,
      })
    }
    if (failure === undefined) {
      for (const part of parts) part.settle()
      return
    }
    const failures = failuresOfParts(
      parts.map((part) => part.batch),
      failure,
    )
    for (const [index, part] of parts.entries()) part.settle(failures[index])
  }

  // The sender may go: the batch is ours, and only the shutdown deadline ends our trying. A context that is kept may hold
  // a whole HTTP exchange behind its signal, so that what is needed is copied out.
  #detached({ metadata, auth, spanContext }: ConsumeContext): ConsumeContext {
    return {
      metadata,
      ...(auth === undefined ? {} : { auth }),
      ...(spanContext === undefined ? {} : { spanContext }),
      signal: this.#giveUp,
    }
  }

  #fits(size: number, byteCount: number): boolean {
    return this.#size + size <= this.#queue.queue_size && this.#byteCount + byteCount <= this.#queue.queue_bytes
  }

  #room(abort: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (abort.aborted) return resolve()
      const end = (): void => {
        abort.removeEventListener('abort', end)
        const position = this.#waiting.indexOf(end)
        if (position >= 0) this.#waiting.splice(position, 1)
        resolve()
      }
      this.#waiting.push(end)
      abort.addEventListener('abort', end, { once: true })
    })
  }

  // Everybody who waits looks again; who finds no room waits again, in order.
  #offerRoom(): void {
    for (const waiting of this.#waiting.splice(0)) waiting()
  }

  #refuse(batch: Batch, error: ConsumeError): ConsumeError {
    this.#settings.events.enqueueFailed({ signal: batch.signal, itemCount: batch.itemCount, error })
    return error
  }

  #measure(size: number, byteCount: number): string {
    const unit = unitOf(this.#queue)
    return unit === 'bytes' ? `${size} bytes` : `${size} ${unit}, ${byteCount} bytes`
  }
}
