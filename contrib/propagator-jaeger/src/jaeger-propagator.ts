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
import { BaggageHeaders } from './baggage-headers.ts'

/** Name of the header with ids and flags. */
export const UBER_TRACE_ID_HEADER = 'uber-trace-id' as const
/** What the names of headers with baggage start with, before a dash. */
export const UBER_BAGGAGE_HEADER_PREFIX = 'uberctx' as const

/** Options of a {@link JaegerPropagator}. */
export interface JaegerPropagatorConfig {
  /** Name of the header with ids and flags. Default `uber-trace-id`. */
  customTraceHeader?: string
  /** Start of the names of headers with baggage, without the dash. Default `uberctx`. */
  customBaggageHeaderPrefix?: string
}

// The key under which the SDK keeps that tracing is suppressed; the string is part of the interface.
const suppressTracingKey = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
const debugKey = Symbol.for('otel-ts.propagator-jaeger debug')

const sampledFlag = 1
const debugFlag = 2

/**
 * Carries the trace context as Jaeger's own clients do, in `uber-trace-id`, and baggage in headers `uberctx-<name>`. A
 * debug trace is a sampled one and stays a debug trace. Ids with fewer digits are filled up with zeros in front.
 * Deprecated by the specification, which wants services moved to W3C Trace Context.
 *
 * @example
 * ```ts
 * import { defaultTextMapGetter, propagation, ROOT_CONTEXT, trace } from '@otel-ts/api'
 * import { JaegerPropagator } from '@otel-ts/propagator-jaeger'
 * const headers = { 'uber-trace-id': '80f198ee56343ba864fe8b2a57d3eff7:e457b5a2e4d86bd1:0:1', 'uberctx-user': 'Ada%20L' }
 * const context = new JaegerPropagator().extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
 * console.log(trace.getSpanContext(context)?.spanId) // e457b5a2e4d86bd1
 * console.log(propagation.getBaggage(context)?.getEntry('user')?.value) // Ada L
 * ```
 */
export class JaegerPropagator implements TextMapPropagator {
  readonly #traceHeader: string
  readonly #baggage: BaggageHeaders

  /** `config`: options, or the name of the header with ids and flags. */
  constructor(config: JaegerPropagatorConfig | string = {}) {
    const options = typeof config === 'string' ? { customTraceHeader: config } : config
    this.#traceHeader = options.customTraceHeader || UBER_TRACE_ID_HEADER
    this.#baggage = new BaggageHeaders(
      `${options.customBaggageHeaderPrefix || UBER_BAGGAGE_HEADER_PREFIX}-`.toLowerCase(),
    )
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    if (context.getValue(suppressTracingKey) === true) return
    try {
      const spanContext = trace.getSpanContext(context)
      if (spanContext !== undefined && isSpanContextValid(spanContext)) {
        const { traceId, spanId, traceFlags } = spanContext
        const flags = context.getValue(debugKey) === true ? sampledFlag | debugFlag : traceFlags & sampledFlag
        setter.set(carrier, this.#traceHeader, `${traceId}:${spanId}:0:0${flags}`)
      }
      this.#baggage.inject(context, carrier, setter)
    } catch (error) {
      diag.error('JaegerPropagator: the setter given to inject threw; it must not; what was left is not sent', error)
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      const value = getter.get(carrier, this.#traceHeader)
      const header: unknown = Array.isArray(value) ? value[0] : value
      const parsed = typeof header === 'string' ? parse(header) : undefined
      let extracted = context
      if (parsed !== undefined) {
        extracted = trace.setSpanContext(extracted, parsed.spanContext)
        if (parsed.isDebug) extracted = extracted.setValue(debugKey, true)
        // The debug flag of another caller is not this one's.
        else if (extracted.getValue(debugKey) !== undefined) extracted = extracted.deleteValue(debugKey)
      }
      return this.#baggage.extract(extracted, carrier, getter)
    } catch (error) {
      diag.error('JaegerPropagator: the getter given to extract threw; it must not; nothing is read', error)
      return context
    }
  }

  fields(): string[] {
    return [this.#traceHeader]
  }
}

interface Parsed {
  readonly spanContext: SpanContext
  readonly isDebug: boolean
}

// trace-id:span-id:parent-span-id:flags, the colons perhaps percent-encoded; the parent is of no use any more.
function parse(header: string): Parsed | undefined {
  // Three ids, a byte and percent-encoded colons are less than that: nothing longer is worth taking apart.
  if (header.length > 256) return undefined
  const parts = header.trim().replace(/%3a/gi, ':').toLowerCase().split(':')
  if (parts.length !== 4) return undefined
  const [trace = '', span = '', , flagsText = ''] = parts
  if (trace === '' || span === '' || !/^[0-9a-f]{1,2}$/.test(flagsText)) return undefined
  const traceId = trace.padStart(32, '0')
  const spanId = span.padStart(16, '0')
  if (!isValidTraceId(traceId) || !isValidSpanId(spanId)) return undefined
  const flags = Number.parseInt(flagsText, 16)
  const isDebug = (flags & debugFlag) !== 0
  return {
    spanContext: { traceId, spanId, traceFlags: isDebug ? sampledFlag : flags & sampledFlag, isRemote: true },
    isDebug,
  }
}
