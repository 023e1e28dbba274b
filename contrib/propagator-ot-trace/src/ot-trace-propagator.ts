// SPDX-License-Identifier: Apache-2.0
import {
  type Context,
  diag,
  INVALID_SPANID,
  isSpanContextValid,
  isValidSpanId,
  isValidTraceId,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from '@otel-ts/api'
import { BaggageHeaders } from './baggage-headers.ts'

/** Name of the header with the trace id. */
export const OT_TRACE_ID_HEADER = 'ot-tracer-traceid' as const
/** Name of the header with the span id. */
export const OT_SPAN_ID_HEADER = 'ot-tracer-spanid' as const
/** Name of the header that says whether the trace is sampled. */
export const OT_SAMPLED_HEADER = 'ot-tracer-sampled' as const
/** What the names of headers with baggage start with. */
export const OT_BAGGAGE_PREFIX = 'ot-baggage-' as const

// The key under which the SDK keeps that tracing is suppressed; the string is part of the interface.
const suppressTracingKey = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/**
 * Carries the trace context in the headers `ot-tracer-*` of OpenTracing's basic tracers, and baggage in `ot-baggage-<name>`.
 * They hold 64 bits of a trace id: the lower half is sent, and what is received is filled up with zeros in front.
 * Deprecated by the specification, which wants services moved to W3C Trace Context.
 *
 * @example
 * ```ts
 * import { defaultTextMapSetter, ROOT_CONTEXT, trace } from '@otel-ts/api'
 * import { OTTracePropagator } from '@otel-ts/propagator-ot-trace'
 * const spanContext = { traceId: '80f198ee56343ba864fe8b2a57d3eff7', spanId: 'e457b5a2e4d86bd1', traceFlags: 1 }
 * const headers: Record<string, string> = {}
 * new OTTracePropagator().inject(trace.setSpanContext(ROOT_CONTEXT, spanContext), headers, defaultTextMapSetter)
 * console.log(headers['ot-tracer-traceid'], headers['ot-tracer-sampled']) // 64fe8b2a57d3eff7 true
 * ```
 */
export class OTTracePropagator implements TextMapPropagator {
  readonly #baggage: BaggageHeaders = new BaggageHeaders(OT_BAGGAGE_PREFIX)

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    if (context.getValue(suppressTracingKey) === true) return
    try {
      const spanContext = trace.getSpanContext(context)
      if (spanContext !== undefined && isSpanContextValid(spanContext)) injectSpan(spanContext, carrier, setter)
      this.#baggage.inject(context, carrier, setter)
    } catch (error) {
      diag.error('OTTracePropagator: the setter given to inject threw; it must not; what was left is not sent', error)
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      const spanContext = extractSpan(carrier, getter)
      const extracted = spanContext === undefined ? context : trace.setSpanContext(context, spanContext)
      return this.#baggage.extract(extracted, carrier, getter)
    } catch (error) {
      diag.error('OTTracePropagator: the getter given to extract threw; it must not; nothing is read', error)
      return context
    }
  }

  fields(): string[] {
    return [OT_TRACE_ID_HEADER, OT_SPAN_ID_HEADER, OT_SAMPLED_HEADER]
  }
}

function injectSpan({ traceId, spanId, traceFlags }: SpanContext, carrier: unknown, setter: TextMapSetter): void {
  const lowerHalf = traceId.slice(16)
  // No receiver would take it for an id.
  if (lowerHalf === INVALID_SPANID) return
  setter.set(carrier, OT_TRACE_ID_HEADER, lowerHalf)
  setter.set(carrier, OT_SPAN_ID_HEADER, spanId)
  setter.set(carrier, OT_SAMPLED_HEADER, (traceFlags & 1) === 0 ? 'false' : 'true')
}

function extractSpan(carrier: unknown, getter: TextMapGetter): SpanContext | undefined {
  const trace = field(carrier, getter, OT_TRACE_ID_HEADER)
  const span = field(carrier, getter, OT_SPAN_ID_HEADER)
  // Longer than any id: not worth filling up.
  if (trace === '' || span === '' || trace.length > 32 || span.length > 16) return undefined
  const traceId = trace.padStart(32, '0').toLowerCase()
  const spanId = span.padStart(16, '0').toLowerCase()
  if (!isValidTraceId(traceId) || !isValidSpanId(spanId)) return undefined
  const sampled = field(carrier, getter, OT_SAMPLED_HEADER)
  const traceFlags = sampled === '1' || sampled.toLowerCase() === 'true' ? 1 : 0
  return { traceId, spanId, traceFlags, isRemote: true }
}

function field(carrier: unknown, getter: TextMapGetter, name: string): string {
  const value = getter.get(carrier, name)
  const text: unknown = Array.isArray(value) ? value[0] : value
  return typeof text === 'string' ? text.trim() : ''
}
