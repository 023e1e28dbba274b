// SPDX-License-Identifier: Apache-2.0
import { messageOf } from '../events.ts'
import type { ReadableSpan } from './readable-span.ts'
import { type ExportResult, ExportResultCode, type SpanExporter } from './span-processor.ts'

/** Prints spans with `console.dir`: for a first look, not for production. */
export class ConsoleSpanExporter implements SpanExporter {
  #isShutDown = false

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    if (this.#isShutDown) {
      resultCallback({
        code: ExportResultCode.FAILED,
        error: new Error(`ConsoleSpanExporter: ${spans.length} spans came after shutdown; they are not printed`),
      })
      return
    }
    try {
      for (const span of spans) console.dir(describeSpan(span), { depth: 3 })
      resultCallback({ code: ExportResultCode.SUCCESS })
    } catch (error) {
      resultCallback({ code: ExportResultCode.FAILED, error: new Error(messageOf(error)) })
    }
  }

  shutdown(): Promise<void> {
    this.#isShutDown = true
    return Promise.resolve()
  }

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }
}

function describeSpan(span: ReadableSpan): object {
  const { traceId, spanId, traceState } = span.spanContext()
  return {
    resource: { attributes: span.resource.attributes },
    instrumentationScope: span.instrumentationScope,
    traceId,
    parentSpanContext: span.parentSpanContext,
    traceState: traceState?.serialize(),
    name: span.name,
    id: spanId,
    kind: span.kind,
    timestamp: micros(span.startTime),
    duration: micros(span.duration),
    attributes: span.attributes,
    status: span.status,
    events: span.events,
    links: span.links,
  }
}

function micros(time: readonly [number, number]): number {
  return Math.round(time[0] * 1e6 + time[1] / 1e3)
}
