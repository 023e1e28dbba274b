// SPDX-License-Identifier: Apache-2.0
import { type Context, ROOT_CONTEXT } from '@otel-ts/api'
import type { Clock } from '@otel-ts/otlp'
import { runInContext } from '../context/active.ts'
import { suppressTracing } from '../context/suppress-tracing.ts'
import { sdkEvents } from '../events.ts'
import { BatchQueue } from '../export/batch-queue.ts'
import type { Resource } from '../resource/resource.ts'
import { watchExit } from './exit-flush.ts'
import type { ReadableSpan } from './readable-span.ts'
import type { ExportResult, SpanExporter } from './span-processor.ts'
import { estimateSpanBytes } from './span-size.ts'

/** Numbers of a {@link SpanExportQueue}; see `BatchQueueOptions`. */
export interface SpanExportQueueOptions {
  readonly maxQueueSize: number
  readonly maxQueueBytes: number
  readonly maxExportBatchSize: number
  readonly scheduledDelayMillis: number
  readonly exportTimeoutMillis: number
  readonly isDeferred: boolean
  readonly clock: Clock
}

interface ExportTask {
  readonly spans: ReadableSpan[]
  readonly done: (error: unknown) => void
}

/** The batch queue with a span exporter at its end: what simple and batch span processors have in common. */
export class SpanExportQueue {
  readonly queue: BatchQueue<ReadableSpan>
  readonly #exporter: SpanExporter
  readonly #exportTimeoutMillis: number
  // Exports start from nothing: the trace of the request that happened to fill the batch is not theirs.
  readonly #context: Context = suppressTracing(ROOT_CONTEXT)
  readonly #unwatchExit: () => void
  #shutdown: Promise<void> | undefined

  constructor(exporter: SpanExporter, options: SpanExportQueueOptions) {
    this.#exporter = exporter
    this.#exportTimeoutMillis = options.exportTimeoutMillis
    const destination = exporter.destination ?? exporter.constructor?.name ?? 'exporter'
    this.queue = new BatchQueue({
      ...options,
      estimateBytes: estimateSpanBytes,
      maxConcurrentExports: exporter.maxConcurrentExports ?? 1,
      export: (spans, done) => runInContext(this.#context, this.#export, { spans, done }),
      onLoss: (count, reason, error, sinceSuccessMillis) => {
        const event = { count, maxQueueSize: options.maxQueueSize, destination, sinceSuccessMillis }
        if (reason === 'queue_full') sdkEvents.queueFull(event)
        else if (reason === 'queue_bytes_full') sdkEvents.queueBytesFull(event, options.maxQueueBytes)
        else if (reason === 'export_failed') sdkEvents.exportFailed(event, error)
        else if (reason === 'after_shutdown') sdkEvents.droppedAtShutdown(count, 'they ended after shutdown')
        else sdkEvents.droppedAtShutdown(count, 'they were still queued when the time for shutdown was over')
      },
    })
    this.#unwatchExit = watchExit(this)
  }

  /** Spans that wait or are being exported. */
  get unfinishedCount(): number {
    return this.queue.unfinishedCount
  }

  readonly #export = (task: ExportTask): void => {
    const pending = pendingResource(task.spans)
    if (pending === undefined) this.#send(task)
    else pending.then(() => runInContext(this.#context, this.#sendOrFail, task), task.done)
  }

  readonly #sendOrFail = (task: ExportTask): void => {
    try {
      this.#send(task)
    } catch (error) {
      task.done(error ?? new Error('the exporter threw nothing'))
    }
  }

  #send(task: ExportTask): void {
    this.#exporter.export(task.spans, (result: ExportResult) => {
      task.done(result?.code === 0 ? undefined : (result?.error ?? new Error('the exporter gave no reason')))
    })
  }

  /** Resolves when every span added before is exported; rejects when that or the exporter's own flush fails. */
  async flush(): Promise<void> {
    await this.queue.flush(this.#exportTimeoutMillis)
    await runInContext(this.#context, async () => this.#exporter.forceFlush?.(), undefined)
  }

  /** Flushes, then shuts the exporter down, also when the flush fails. Later calls give the same promise. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#stop()
    return this.#shutdown
  }

  async #stop(): Promise<void> {
    try {
      await this.queue.shutdown(this.#exportTimeoutMillis)
    } finally {
      this.#unwatchExit()
      await runInContext(this.#context, async () => this.#exporter.shutdown(), undefined)
    }
  }
}

// Spans of one batch nearly always share one resource: each distinct one is looked at once.
function pendingResource(spans: readonly ReadableSpan[]): Promise<unknown> | undefined {
  let last: Resource | undefined
  let waits: Promise<void>[] | undefined
  for (const span of spans) {
    const resource = span.resource
    if (resource === last) continue
    last = resource
    if (resource?.asyncAttributesPending === true && resource.waitForAsyncAttributes !== undefined) {
      waits ??= []
      waits.push(resource.waitForAsyncAttributes())
    }
  }
  return waits === undefined ? undefined : Promise.allSettled(waits)
}
