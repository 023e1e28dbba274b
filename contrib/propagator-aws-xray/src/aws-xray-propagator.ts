// SPDX-License-Identifier: Apache-2.0
import {
  type Context,
  diag,
  isSpanContextValid,
  isValidSpanId,
  isValidTraceId,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from '@otel-ts/api'

/** Name of the header. */
export const AWSXRAY_TRACE_ID_HEADER = 'x-amzn-trace-id' as const

// The key under which the SDK keeps that tracing is suppressed; the string is part of the interface.
const suppressTracingKey = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

// Root, Parent and Sampled are less than 120 characters; load balancers put Self and Lineage beside them.
const maxHeaderLength = 2048

/**
 * Carries the trace context in `x-amzn-trace-id`, as AWS X-Ray and Amazon's load balancers do. Parts of the header besides
 * Root, Parent and Sampled are not read and not sent on. A decision left to the receiver, `Sampled=?` or none, counts as
 * not sampled.
 *
 * @example
 * ```ts
 * import { defaultTextMapGetter, ROOT_CONTEXT, trace } from '@otel-ts/api'
 * import { AWSXRayPropagator } from '@otel-ts/propagator-aws-xray'
 * const headers = { 'X-Amzn-Trace-Id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1' }
 * const context = new AWSXRayPropagator().extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
 * console.log(trace.getSpanContext(context)?.traceId) // 5759e988bd862e3fe1be46a994272793
 * ```
 */
export class AWSXRayPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    if (context.getValue(suppressTracingKey) === true) return
    try {
      const spanContext = trace.getSpanContext(context)
      if (spanContext === undefined || !isSpanContextValid(spanContext)) return
      const { traceId, spanId, traceFlags } = spanContext
      setter.set(
        carrier,
        AWSXRAY_TRACE_ID_HEADER,
        `Root=1-${traceId.slice(0, 8)}-${traceId.slice(8)};Parent=${spanId};Sampled=${traceFlags & 1}`,
      )
    } catch (error) {
      diag.error('AWSXRayPropagator: the setter given to inject threw; it must not; nothing is sent', error)
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      const value = getter.get(carrier, AWSXRAY_TRACE_ID_HEADER)
      const header: unknown = Array.isArray(value) ? value[0] : value
      const spanContext = typeof header === 'string' ? parse(header) : undefined
      return spanContext === undefined ? context : trace.setSpanContext(context, spanContext)
    } catch (error) {
      diag.error('AWSXRayPropagator: the getter given to extract threw; it must not; nothing is read', error)
      return context
    }
  }

  fields(): string[] {
    return [AWSXRAY_TRACE_ID_HEADER]
  }
}

// Key=value pairs in any order, joined by semicolons; of equal keys the first one counts.
function parse(header: string): SpanContext | undefined {
  if (header.length > maxHeaderLength) return undefined
  let traceId: string | undefined
  let spanId: string | undefined
  let sampled: string | undefined
  for (const part of header.split(';')) {
    const equals = part.indexOf('=')
    const key = part.slice(0, Math.max(equals, 0)).trim()
    const value = part.slice(equals + 1).trim()
    if (key === 'Root') traceId ??= parseRoot(value)
    else if (key === 'Parent') spanId ??= value.toLowerCase()
    else if (key === 'Sampled') sampled ??= value
  }
  if (traceId === undefined || spanId === undefined || !isValidTraceId(traceId) || !isValidSpanId(spanId)) {
    return undefined
  }
  if (sampled !== undefined && sampled !== '0' && sampled !== '1' && sampled !== '?') return undefined
  return { traceId, spanId, traceFlags: sampled === '1' ? 1 : 0, isRemote: true }
}

// Version 1, eight digits of time, twenty-four others. Empty when it is none.
function parseRoot(root: string): string {
  if (root.length !== 35 || !root.startsWith('1-') || root[10] !== '-') return ''
  return (root.slice(2, 10) + root.slice(11)).toLowerCase()
}
