// SPDX-License-Identifier: Apache-2.0
import { type Clock, systemClock } from '@otel-ts/otlp/clock'
import { settleWithin } from '../export/deadline.ts'
import type { ReadableSpan } from './readable-span.ts'
import { isSampled } from './span.ts'
import { SpanExportQueue } from './span-export-queue.ts'
import type { SpanExporter, SpanProcessor } from './span-processor.ts'

/** Options of a {@link SimpleSpanProcessor}. */
export interface SimpleSpanProcessorOptions {
  exporter: SpanExporter
  /** For tests. Default: the clock of the process. */
  clock?: Clock
}

// Spans that end while an export runs wait for it, since exports must not overlap.
const maxWaitingCount = 2048
const maxWaitingBytes = 64 * 1024 * 1024
const exportTimeoutMillis = 30_000

/**
 * Exports each sampled span as soon as it ends, one at a time: for tests and for exporters that only write somewhere
 * near. Use {@link BatchSpanProcessor} for a network. An exporter that calls back at once has the span before `end()`
 * returns; up to 2048 spans wait for a slower one.
 *
 * @example
 * ```ts
 * import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@otel-ts/sdk'
 * const exporter = new InMemorySpanExporter()
 * const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
 * provider.getTracer('example').startSpan('work').end()
 * console.log(exporter.getFinishedSpans()[0]?.name) // work
 * ```
 */
export class SimpleSpanProcessor implements SpanProcessor {
  readonly #spans: SpanExportQueue

  constructor(options: SimpleSpanProcessorOptions | SpanExporter) {
    const exporter = 'exporter' in options ? options.exporter : options
    this.#spans = new SpanExportQueue(exporter, {
      maxQueueSize: maxWaitingCount,
      maxQueueBytes: maxWaitingBytes,
      maxExportBatchSize: 1,
      scheduledDelayMillis: 0,
      exportTimeoutMillis,
      isDeferred: false,
      clock: ('exporter' in options ? options.clock : undefined) ?? systemClock,
    })
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (isSampled(span)) this.#spans.queue.add(span)
  }

  forceFlush(): Promise<void> {
    return settleWithin('SimpleSpanProcessor.forceFlush', [() => this.#spans.flush()], 0)
  }

  shutdown(): Promise<void> {
    return settleWithin('SimpleSpanProcessor.shutdown', [() => this.#spans.shutdown()], 0)
  }

  /** Spans that the exporter took. */
  get exportedSpanCount(): number {
    return this.#spans.queue.exportedCount
  }
  /** Spans whose export failed. */
  get failedSpanCount(): number {
    return this.#spans.queue.failedCount
  }
  /** Spans that found no room or came after shutdown. */
  get droppedSpanCount(): number {
    return this.#spans.queue.droppedCount
  }
}
