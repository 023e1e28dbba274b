// SPDX-License-Identifier: Apache-2.0
import type { Context, Span, SpanOptions, Tracer } from '@otel-ts/api'
import type { NodeTracerProvider, ReadableSpan, SpanProcessor, TracerProviderOptions } from '@otel-ts/sdk'
import type { Implementation } from './implementation.ts'

/** A provider whose spans end up in an array. */
export interface Tracing {
  readonly provider: NodeTracerProvider
  readonly tracer: Tracer
  /** Spans that have ended, in that order. */
  readonly spans: () => readonly ReadableSpan[]
  /** Starts a span, lets `change` work on it, ends it and returns what was exported. */
  readonly exported: (change?: (span: Span) => void, options?: SpanOptions, context?: Context) => ReadableSpan
}

/** Makes a provider of the implementation with an exporter in memory after the given processors. */
export function startTracing(
  { sdk, api }: Implementation,
  { spanProcessors = [], ...options }: TracerProviderOptions = {},
): Tracing {
  const exporter = new sdk.InMemorySpanExporter()
  const provider = new sdk.NodeTracerProvider({
    sampler: new sdk.AlwaysOnSampler(),
    ...options,
    spanProcessors: [...spanProcessors, new sdk.SimpleSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('conformance')
  const spans = () => exporter.getFinishedSpans()
  return {
    provider,
    tracer,
    spans,
    exported(change, spanOptions = {}, context = api.ROOT_CONTEXT) {
      const span = tracer.startSpan('exported', spanOptions, context)
      change?.(span)
      span.end()
      const last = spans().at(-1)
      if (last === undefined) throw new Error('no span was exported')
      return last
    },
  }
}

/** A processor made of the given parts. */
export function processor(parts: Partial<SpanProcessor>): SpanProcessor {
  return {
    onStart() {},
    onEnd() {},
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    ...parts,
  }
}

/** Span context of a caller in another process. */
export const remoteParent = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  isRemote: true,
}

/** Collects what is logged at warn and error from here on. */
export function collectLog(api: Implementation['api']): readonly string[] {
  const lines: string[] = []
  const note = (...parts: unknown[]) => void lines.push(parts.map(String).join(' '))
  const silent = () => {}
  api.diag.setLogger(
    { error: note, warn: note, info: silent, debug: silent, verbose: silent },
    { suppressOverrideMessage: true },
  )
  return lines
}
