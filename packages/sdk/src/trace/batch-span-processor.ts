// SPDX-License-Identifier: Apache-2.0
import { type Clock, systemClock } from '@otel-ts/otlp/clock'
import { readNumber } from '../env/read.ts'
import { sdkEvents } from '../events.ts'
import { settleWithin } from '../export/deadline.ts'
import type { ReadableSpan } from './readable-span.ts'
import { isSampled } from './span.ts'
import { SpanExportQueue } from './span-export-queue.ts'
import type { SpanExporter, SpanProcessor } from './span-processor.ts'

/** Numbers of a {@link BatchSpanProcessor}. What is left out comes from `OTEL_BSP_*`. */
export interface BatchSpanProcessorSettings {
  /** Spans in one export at most; no more than `maxQueueSize`. Default 512. */
  maxExportBatchSize?: number
  /** Longest wait of a span for its export, in milliseconds. Default 5000. */
  scheduledDelayMillis?: number
  /** Time for one export, in milliseconds; after it the batch counts as lost. 0: no limit. Default 30000. */
  exportTimeoutMillis?: number
  /** Spans that may wait; more are dropped, and that is counted and logged. Default 2048. */
  maxQueueSize?: number
  /**
   * Bytes that spans which wait or are being exported may keep alive, by an estimate of their texts and byte arrays; a
   * span that would be over is dropped, and that is counted and logged. 0: no limit. Default 64 MiB.
   */
  maxQueueBytes?: number
  /** For tests. Default: the clock of the process. */
  clock?: Clock
}

/** 2,048 spans, the default queue, of 32 KiB each. */
const defaultMaxQueueBytes = 64 * 1024 * 1024

/** Options of a {@link BatchSpanProcessor}. */
export interface BatchSpanProcessorOptions extends BatchSpanProcessorSettings {
  exporter: SpanExporter
}

/**
 * Collects sampled spans and exports them in batches, off the application's path: `end()` only queues. When the queue
 * is full, by spans or by bytes, new spans are dropped, counted and reported; nothing ever blocks.
 *
 * Exports are serial unless the exporter allows more (`maxConcurrentExports`). The exporter owns retry. When the process
 * runs out of work, what waits is exported first, within five seconds; before `process.exit` and on signals the
 * application has to await `shutdown()`.
 *
 * @example
 * ```ts
 * import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider } from '@otel-ts/sdk'
 * const exporter = new InMemorySpanExporter()
 * const processor = new BatchSpanProcessor({ exporter, maxExportBatchSize: 100 })
 * const provider = new TracerProvider({ spanProcessors: [processor] })
 * provider.getTracer('example').startSpan('work').end()
 * await provider.forceFlush()
 * console.log(exporter.getFinishedSpans().length, processor.exportedSpanCount) // 1 1
 * await provider.shutdown()
 * ```
 */
export class BatchSpanProcessor implements SpanProcessor {
  readonly #spans: SpanExportQueue

  constructor(options: BatchSpanProcessorOptions)
  /** The form of opentelemetry-js 2.x. */
  constructor(exporter: SpanExporter, settings?: BatchSpanProcessorSettings)
  constructor(first: BatchSpanProcessorOptions | SpanExporter, settings?: BatchSpanProcessorSettings) {
    const options: BatchSpanProcessorOptions = 'exporter' in first ? first : { ...settings, exporter: first }
    const maxQueueSize =
      atLeast(1, options.maxQueueSize, 'maxQueueSize') ?? readNumber('OTEL_BSP_MAX_QUEUE_SIZE') ?? 2048
    let maxExportBatchSize =
      atLeast(1, options.maxExportBatchSize, 'maxExportBatchSize') ??
      readNumber('OTEL_BSP_MAX_EXPORT_BATCH_SIZE') ??
      512
    if (maxExportBatchSize > maxQueueSize) {
      sdkEvents.invalidSetting(
        'maxExportBatchSize',
        String(maxExportBatchSize),
        `at most maxQueueSize=${maxQueueSize}`,
        `${maxQueueSize} is used`,
      )
      maxExportBatchSize = maxQueueSize
    }
    const maxQueueBytes = atLeast(0, options.maxQueueBytes, 'maxQueueBytes') ?? defaultMaxQueueBytes
    this.#spans = new SpanExportQueue(options.exporter, {
      maxQueueSize,
      maxQueueBytes: maxQueueBytes === 0 ? Number.POSITIVE_INFINITY : maxQueueBytes,
      maxExportBatchSize,
      scheduledDelayMillis:
        atLeast(0, options.scheduledDelayMillis, 'scheduledDelayMillis') ??
        readNumber('OTEL_BSP_SCHEDULE_DELAY') ??
        5000,
      exportTimeoutMillis:
        atLeast(0, options.exportTimeoutMillis, 'exportTimeoutMillis') ??
        readNumber('OTEL_BSP_EXPORT_TIMEOUT') ??
        30_000,
      isDeferred: true,
      clock: options.clock ?? systemClock,
    })
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (isSampled(span)) this.#spans.queue.add(span)
  }

  forceFlush(): Promise<void> {
    return settleWithin('BatchSpanProcessor.forceFlush', [() => this.#spans.flush()], 0)
  }

  shutdown(): Promise<void> {
    return settleWithin('BatchSpanProcessor.shutdown', [() => this.#spans.shutdown()], 0)
  }

  /** Spans that the exporter took. */
  get exportedSpanCount(): number {
    return this.#spans.queue.exportedCount
  }
  /** Spans whose export failed. */
  get failedSpanCount(): number {
    return this.#spans.queue.failedCount
  }
  /** Spans that found the queue full or came after shutdown. */
  get droppedSpanCount(): number {
    return this.#spans.queue.droppedCount
  }
}

function atLeast(minimum: number, value: number | undefined, name: string): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && value >= minimum) return value
  sdkEvents.invalidSetting(name, String(value), `a number from ${minimum}`, 'it counts as not given')
  return undefined
}
