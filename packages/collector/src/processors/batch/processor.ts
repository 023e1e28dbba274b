// SPDX-License-Identifier: Apache-2.0
import {
  type Batch,
  type Consume,
  type ConsumeContext,
  type ConsumeError,
  type Consumer,
  consumeError,
  mergeBatches,
  type Signal,
  splitBySource,
} from '@otel-ts/otlp'
import type { ComponentSettings, Lifecycle, ProcessorComponent } from '../../component.ts'
import { asConsumeError } from '../../pipeline/fan-out.ts'
import { type MetadataPartition, metadataPartition } from '../../pipeline/metadata-partition.ts'
import { Accumulator, type Emission } from '../../sending/accumulator.ts'
import { failuresOfParts, mayBeOneSource, partFailure } from '../../sending/part-failure.ts'
import { type BatchConfig, batchConfig } from './config.ts'

/** Merges requests into larger ones, so that exporters send less often. */
export const batchProcessor: ProcessorComponent<BatchConfig> = {
  kind: 'processor',
  type: 'batch',
  aliases: [],
  description: 'Merges requests into larger ones before they go on.',
  stability: { traces: 'beta', metrics: 'beta', logs: 'beta' },
  config: batchConfig,
  create: (config, settings, signal, next) => new BatchProcessor(config, settings, signal, next),
}

class BatchProcessor implements Lifecycle, Consumer {
  readonly #config: BatchConfig
  readonly #settings: ComponentSettings
  readonly #signal: Signal
  readonly #next: Consume
  /** One shard per combination of metadata values that has something waiting or under way. */
  readonly #shards = new Map<string, Shard>()
  readonly #giveUp = new AbortController()
  #stopped = false

  constructor(config: BatchConfig, settings: ComponentSettings, signal: Signal, next: Consume) {
    this.#config = config
    this.#settings = settings
    this.#signal = signal
    this.#next = next
  }

  consume: Consume = async (batch, context) => {
    if (batch.itemCount === 0) return
    if (this.#stopped) throw shuttingDown()
    const partition = metadataPartition(context.metadata, this.#config.metadata_keys)
    let shard = this.#shard(partition)
    while (shard.isFull) {
      await shard.room(context.signal)
      // Meanwhile the shard may have been drained for good, or dropped because it was idle.
      if (this.#stopped) throw shuttingDown()
      shard = this.#shard(partition)
    }
    const sent = shard.add(batch)
    if (this.#config.wait_for_result) await sent
  }

  async shutdown(deadline: AbortSignal): Promise<void> {
    this.#stopped = true
    const giveUp = (): void => this.#giveUp.abort()
    if (deadline.aborted) giveUp()
    deadline.addEventListener('abort', giveUp, { once: true })
    await Promise.all([...this.#shards.values()].map((shard) => shard.drain()))
    deadline.removeEventListener('abort', giveUp)
  }

  #shard(partition: MetadataPartition): Shard {
    const { metadata_cardinality_limit: limit } = this.#config
    let shard = this.#shards.get(partition.key)
    if (shard !== undefined) return shard
    if (limit > 0 && this.#shards.size >= limit) {
      const message = `too many batcher metadata-value combinations: ${limit} are waiting, which is metadata_cardinality_limit`
      throw consumeError('BATCH_CARDINALITY', message, { retryable: false })
    }
    const context: ConsumeContext = { metadata: partition.metadata, signal: this.#giveUp.signal }
    shard = new Shard(this.#config, this.#settings, this.#signal, this.#next, context, () =>
      this.#shards.delete(partition.key),
    )
    this.#shards.set(partition.key, shard)
    return shard
  }
}

function shuttingDown(): ConsumeError {
  return consumeError('COLLECTOR_SHUTDOWN', 'batch is shutting down; send the data again later', { retryable: true })
}

/**
 * Requests with equal metadata. One merged batch is under way at a time, so that order is kept and the next owner sets
 * the pace: while it is busy, up to one further batch gathers, and then senders wait.
 */
class Shard {
  readonly #config: BatchConfig
  readonly #settings: ComponentSettings
  readonly #signal: Signal
  readonly #next: Consume
  readonly #context: ConsumeContext
  readonly #onIdle: () => void
  readonly #accumulator: Accumulator
  readonly #ready: Emission[] = []
  readonly #waiting: (() => void)[] = []
  #sending = false
  #drained: (() => void) | undefined

  constructor(
    config: BatchConfig,
    settings: ComponentSettings,
    signal: Signal,
    next: Consume,
    context: ConsumeContext,
    onIdle: () => void,
  ) {
    this.#config = config
    this.#settings = settings
    this.#signal = signal
    this.#next = next
    this.#context = context
    this.#onIdle = onIdle
    this.#accumulator = new Accumulator({
      minSize: config.send_batch_size,
      maxSize: config.send_batch_max_size,
      flushMillis: config.timeout,
      sizeOf: (batch) => batch.itemCount,
      clock: settings.clock,
      emit: (emission) => {
        this.#ready.push(emission)
        if (!this.#sending) void this.#send()
      },
    })
  }

  /** Whether a further batch already waits behind the one under way. */
  get isFull(): boolean {
    return this.#sending && this.#ready.length > 0
  }

  /** Resolves when it is worth looking again. Rejects when the sender goes away before. */
  async room(abort: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      if (abort.aborted) return resolve()
      const end = (): void => {
        abort.removeEventListener('abort', end)
        resolve()
      }
      this.#waiting.push(end)
      abort.addEventListener('abort', end, { once: true })
    })
    if (!abort.aborted) return
    const message = 'the sender went away while it waited for the batch before'
    throw consumeError('BATCH_ABORTED', message, { retryable: true })
  }

  /** Takes a request. The promise settles when its data has reached the next owner. */
  add(batch: Batch): Promise<void> {
    this.#settings.memory.hold(batch)
    return new Promise((resolve, reject) => {
      this.#accumulator.add(batch, (error) => {
        this.#settings.memory.release(batch)
        if (error !== undefined && this.#config.wait_for_result) reject(error)
        else resolve()
      })
    })
  }

  async drain(): Promise<void> {
    this.#accumulator.flush('shutdown')
    this.#admit()
    if (this.#sending) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    }
  }

  async #send(): Promise<void> {
    this.#sending = true
    for (let emission = this.#ready.shift(); emission !== undefined; emission = this.#ready.shift()) {
      if (this.#ready.length === 0) this.#admit()
      await this.#emit(emission)
    }
    this.#sending = false
    this.#admit()
    this.#drained?.()
    if (this.#accumulator.size === 0 && this.#waiting.length === 0) this.#onIdle()
  }

  async #emit({ parts, trigger }: Emission): Promise<void> {
    const merged = parts.length === 1 ? parts[0]!.batch : mergeBatches(parts.map(({ batch }) => batch))
    this.#settings.events.batchSent({ signal: this.#signal, itemCount: merged.itemCount, trigger })
    const failure = await this.#handOn(merged)
    if (failure === undefined) {
      for (const part of parts) part.settle()
      return
    }
    const isWhole = failure.rejected === undefined && merged.chunks().length > 1
    if (failure.retryable || !isWhole || !mayBeOneSource(failure)) {
      this.#lose(failure.rejected ?? merged, failure)
      const failures = failuresOfParts(
        parts.map(({ batch }) => batch),
        failure,
      )
      for (const [index, part] of parts.entries()) part.settle(failures[index])
      return
    }
    // Refused for good as a whole: only the request that is at fault shall be lost.
    for (const part of parts) part.settle(await this.#handOnBySource(part.batch))
  }

  /** Hands on request by request; the failure names what was not taken. */
  async #handOnBySource(batch: Batch): Promise<ConsumeError | undefined> {
    let told: ConsumeError | undefined
    const left: Batch[] = []
    for (const source of splitBySource(batch)) {
      const failure = await this.#handOn(source)
      if (failure === undefined) continue
      const rejected = failure.rejected ?? source
      this.#lose(rejected, failure)
      left.push(rejected)
      // What can still be sent again decides over the whole.
      if (told === undefined || (failure.retryable && !told.retryable)) told = failure
    }
    return told === undefined ? undefined : partFailure(told, mergeBatches(left))
  }

  async #handOn(batch: Batch): Promise<ConsumeError | undefined> {
    try {
      await this.#next(batch, this.#context)
      return undefined
    } catch (error) {
      return asConsumeError(error)
    }
  }

  // With wait_for_result the sender still has the data and learns of the failure: nothing is lost here.
  #lose(batch: Batch, error: ConsumeError): void {
    if (this.#config.wait_for_result) return
    this.#settings.events.lost({ signal: this.#signal, itemCount: batch.itemCount, error })
  }

  #admit(): void {
    for (const waiting of this.#waiting.splice(0)) waiting()
  }
}
