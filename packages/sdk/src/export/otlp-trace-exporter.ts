// SPDX-License-Identifier: Apache-2.0
import type { OtlpEncoding } from '@otel-ts/otlp'
import { createOtlpHttpClient, defaultRetryPolicy, type OtlpClient } from '@otel-ts/otlp/client'
import type { ReadableSpan } from '../trace/readable-span.ts'
import type { SpanExporter } from '../trace/span-processor.ts'
import { traceRequestEncoder } from './encode-trace-request.ts'
import { traceJsonEncoder } from './encode-trace-request-json.ts'
import {
  type OtlpHttpExporterOptions,
  type ResolvedOtlpHttpOptions,
  resolveOtlpHttpOptions,
} from './otlp-http-options.ts'
import { type ExportedSignal, type OtlpExporterParts, SignalExporter } from './signal-exporter.ts'

/** What {@link createOtlpTraceExporter} needs, everything explicit. */
export type OtlpTraceExporterParts = OtlpExporterParts

/** A span exporter over any OTLP client: reads no environment, has no defaults. */
export function createOtlpTraceExporter(parts: OtlpTraceExporterParts): SpanExporter {
  return new OtlpTraceExporter(parts)
}

/** The client that options describe. */
export function createTraceClient(options: ResolvedOtlpHttpOptions, encoding: OtlpEncoding): OtlpClient {
  const { url, headers, compression, timeoutMillis, userAgentProduct } = options
  return createOtlpHttpClient({
    url,
    headers,
    encoding,
    compression,
    timeoutMillis,
    retry: defaultRetryPolicy,
    ...(userAgentProduct === undefined ? {} : { userAgentProduct }),
  })
}

/** Exporter parts from a user's options and the environment. */
export function traceExporterParts(
  options: OtlpHttpExporterOptions | undefined,
  encoding: OtlpEncoding,
): OtlpTraceExporterParts {
  const resolved = resolveOtlpHttpOptions(options ?? {})
  return {
    client: createTraceClient(resolved, encoding),
    encoding,
    destination: displayUrl(resolved.url),
    concurrencyLimit: resolved.concurrencyLimit,
  }
}

// URLs may hold credentials and tokens: they have no place in a log.
function displayUrl(url: string): string {
  if (!URL.canParse(url)) return url
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
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
