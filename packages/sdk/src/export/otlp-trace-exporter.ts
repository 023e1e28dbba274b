// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from '../trace/readable-span.ts'
import type { SpanExporter } from '../trace/span-processor.ts'
import { traceRequestEncoder } from './encode-trace-request.ts'
import { traceJsonEncoder } from './encode-trace-request-json.ts'
import { type ExportedSignal, type OtlpExporterParts, SignalExporter } from './signal-exporter.ts'

/** What {@link createOtlpTraceExporter} needs, everything explicit. */
export type OtlpTraceExporterParts = OtlpExporterParts

/** A span exporter over any OTLP client: reads no environment, has no defaults. */
export function createOtlpTraceExporter(parts: OtlpTraceExporterParts): SpanExporter {
  return new OtlpTraceExporter(parts)
}

const traces: ExportedSignal<readonly ReadableSpan[]> = {
  signal: 'traces',
  items: 'spans',
  countItems: (spans) => spans.length,
  encoder: (spans, encoding) => (encoding === 'json' ? traceJsonEncoder(spans) : traceRequestEncoder(spans)),
}

/** Encodes spans and sends them through an OTLP client. Base of the upstream-named classes. */
export class OtlpTraceExporter extends SignalExporter<readonly ReadableSpan[]> implements SpanExporter {
  constructor(parts: OtlpTraceExporterParts) {
    super(parts, traces)
  }
}
