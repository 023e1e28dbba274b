// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from './readable-span.ts'
import { type ExportResult, ExportResultCode, type SpanExporter } from './span-processor.ts'

/**
 * Keeps exported spans in an array: for tests.
 *
 * @example
 * ```ts
 * import { InMemorySpanExporter } from '@otel-ts/sdk'
 * console.log(new InMemorySpanExporter().getFinishedSpans()) // []
 * ```
 */
export class InMemorySpanExporter implements SpanExporter {
  #spans: ReadableSpan[] = []
  #isShutDown = false

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    if (this.#isShutDown) {
      resultCallback({
        code: ExportResultCode.FAILED,
        error: new Error(`InMemorySpanExporter: ${spans.length} spans came after shutdown; they are not kept`),
      })
      return
    }
    for (const span of spans) this.#spans.push(span)
    resultCallback({ code: ExportResultCode.SUCCESS })
  }

  /** The spans, in the order in which they came. */
  getFinishedSpans(): ReadableSpan[] {
    return this.#spans
  }

  /** Forgets all spans. */
  reset(): void {
    this.#spans = []
  }

  /** Forgets all spans; later ones are refused. */
  shutdown(): Promise<void> {
    this.#isShutDown = true
    this.#spans = []
    return Promise.resolve()
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }
}
