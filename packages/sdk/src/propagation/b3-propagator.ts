// SPDX-License-Identifier: Apache-2.0
import type { Context, Span, TextMapGetter, TextMapPropagator, TextMapSetter } from '@otel-ts/api'
import { spanKey, suppressTracingKey } from '../context/keys.ts'
import { ownContext } from '../context/own-context.ts'
import { isValidSpanContext } from '../context/span-of.ts'
import { sdkEvents } from '../events.ts'
import { hexParse, parseWord } from '../trace/ids.ts'
import { NonRecordingSpan } from '../trace/non-recording-span.ts'
import { RecordingSpan } from '../trace/span.ts'
import { firstField } from './field.ts'

/** Name of the single header. */
export const B3_CONTEXT_HEADER = 'b3' as const
/** Name of the header with the trace id. */
export const X_B3_TRACE_ID = 'x-b3-traceid' as const
/** Name of the header with the span id. */
export const X_B3_SPAN_ID = 'x-b3-spanid' as const
/** Name of the header that says whether the trace is sampled. */
export const X_B3_SAMPLED = 'x-b3-sampled' as const
/** Name of the header with the id of the span above; it is neither read nor written. */
export const X_B3_PARENT_SPAN_ID = 'x-b3-parentspanid' as const
/** Name of the header of a debug trace. */
export const X_B3_FLAGS = 'x-b3-flags' as const

/** How a {@link B3Propagator} writes. It reads both. */
export const B3InjectEncoding: { readonly SINGLE_HEADER: 0; readonly MULTI_HEADER: 1 } = {
  SINGLE_HEADER: 0,
  MULTI_HEADER: 1,
}
/** A member of {@link B3InjectEncoding}. */
export type B3InjectEncoding = (typeof B3InjectEncoding)[keyof typeof B3InjectEncoding]

/** Options of a {@link B3Propagator}. */
export interface B3PropagatorConfig {
  /** One header or several. Default one. */
  injectEncoding?: B3InjectEncoding
}

// "1" for a debug trace; npm's propagator, whose key this is, has "d" there when it came from a single header.
const debugKey = Symbol.for('OpenTelemetry Context Key B3 Debug Flag')

const dash = 45
const sampledFlag = 1

/**
 * Carries the trace context as Zipkin's B3: in the header `b3`, or in several that start with `x-b3-`. Reads the single
 * header first and then the others, whichever it writes. A debug trace is a sampled one and stays a debug trace.
 * Specification: context/api-propagators.md#b3-requirements.
 *
 * Ids of 64 bits are filled up with zeros in front. Headers without a sampling decision count as not sampled.
 *
 * @example
 * ```ts
 * import { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT } from '@otel-ts/api'
 * import { B3InjectEncoding, B3Propagator } from '@otel-ts/sdk'
 * const single = { b3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1' }
 * const context = new B3Propagator().extract(ROOT_CONTEXT, single, defaultTextMapGetter)
 * const headers: Record<string, string> = {}
 * const multi = new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })
 * multi.inject(context, headers, defaultTextMapSetter)
 * console.log(headers['x-b3-spanid'], headers['x-b3-sampled']) // e457b5a2e4d86bd1 1
 * ```
 */
export class B3Propagator implements TextMapPropagator {
  readonly #isMulti: boolean

  constructor(config: B3PropagatorConfig = {}) {
    this.#isMulti = config.injectEncoding === B3InjectEncoding.MULTI_HEADER
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const span = context.getValue(spanKey) as Span | undefined
    if (span === undefined || span === null || context.getValue(suppressTracingKey) === true) return
    try {
      const spanContext = span.spanContext()
      // Ids of our own spans are well-formed by construction.
      if (!(span instanceof RecordingSpan) && !isValidSpanContext(spanContext)) return
      const { traceId, spanId, traceFlags } = spanContext
      const debug = context.getValue(debugKey)
      const isDebug = debug === '1' || debug === 'd'
      const sampled = (traceFlags & sampledFlag) === 0 ? '0' : '1'
      if (!this.#isMulti) {
        setter.set(carrier, B3_CONTEXT_HEADER, `${traceId}-${spanId}-${isDebug ? 'd' : sampled}`)
        return
      }
      setter.set(carrier, X_B3_TRACE_ID, traceId)
      setter.set(carrier, X_B3_SPAN_ID, spanId)
      // Debug says that it is sampled: B3 wants no second word on it.
      if (isDebug) setter.set(carrier, X_B3_FLAGS, '1')
      else setter.set(carrier, X_B3_SAMPLED, sampled)
    } catch (error) {
      sdkEvents.callbackThrew('a setter given to inject', error)
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      const single = firstField(carrier, getter, B3_CONTEXT_HEADER)
      if (single !== undefined) {
        const text = single.trim()
        const span = parseSingle(text)
        // The state stands after both ids: the only "d" of the header that follows a dash and ends a part.
        if (span !== undefined) return withSpan(context, span, isDebugState(text))
      }
      const traceId = firstField(carrier, getter, X_B3_TRACE_ID)?.trim()
      const spanId = firstField(carrier, getter, X_B3_SPAN_ID)?.trim()
      if (traceId === undefined || spanId?.length !== 16) return context
      const isDebug = firstField(carrier, getter, X_B3_FLAGS)?.trim() === '1'
      const flags = isDebug ? sampledFlag : flagsOf(firstField(carrier, getter, X_B3_SAMPLED)?.trim())
      if (flags === undefined) return context
      const span = spanOf(traceId, traceId.length, spanId, 0, flags)
      return span === undefined ? context : withSpan(context, span, isDebug)
    } catch (error) {
      sdkEvents.callbackThrew('a getter given to extract', error)
      return context
    }
  }

  fields(): string[] {
    return this.#isMulti ? [X_B3_TRACE_ID, X_B3_SPAN_ID, X_B3_FLAGS, X_B3_SAMPLED] : [B3_CONTEXT_HEADER]
  }
}

function withSpan(context: Context, span: NonRecordingSpan, isDebug: boolean): Context {
  const extracted = ownContext(context).setValue(spanKey, span)
  if (isDebug) return extracted.setValue(debugKey, '1')
  // The debug flag of another caller is not this one's.
  return extracted.getValue(debugKey) === undefined ? extracted : extracted.deleteValue(debugKey)
}

// trace-id(16 or 32)-span-id(16), then perhaps -state(1), then perhaps -parent-span-id(16).
function parseSingle(text: string): NonRecordingSpan | undefined {
  const traceLength = text.charCodeAt(16) === dash ? 16 : 32
  const idsEnd = traceLength + 17
  const length = text.length
  if (length < idsEnd || text.charCodeAt(traceLength) !== dash) return undefined
  let flags = 0
  let end = idsEnd
  if (length === idsEnd + 2 || text.charCodeAt(idsEnd + 2) === dash) {
    const state = stateAt(text, idsEnd)
    if (state === -1) return undefined
    flags = state
    end = idsEnd + 2
  }
  if (end !== length && !isParent(text, end)) return undefined
  return spanOf(text, traceLength, text, traceLength + 1, flags)
}

/** The flags that a dash and a sampling state at `offset` mean; -1 when they are none. */
function stateAt(text: string, offset: number): number {
  if (text.charCodeAt(offset) !== dash) return -1
  const state = text[offset + 1]
  if (state === '0') return 0
  return state === '1' || state === 'd' ? sampledFlag : -1
}

function isDebugState(text: string): boolean {
  const idsEnd = (text.charCodeAt(16) === dash ? 16 : 32) + 17
  return text[idsEnd + 1] === 'd' && (text.length === idsEnd + 2 || text.charCodeAt(idsEnd + 2) === dash)
}

function isParent(text: string, offset: number): boolean {
  if (text.length !== offset + 17 || text.charCodeAt(offset) !== dash) return false
  hexParse.failed = false
  parseWord(text, offset + 1)
  parseWord(text, offset + 9)
  return !hexParse.failed
}

function flagsOf(sampled: string | undefined): number | undefined {
  if (sampled === undefined) return 0
  switch (sampled) {
    case '1':
    case 'true':
    case 'True':
      return sampledFlag
    case '0':
    case 'false':
    case 'False':
      return 0
    default:
      return undefined
  }
}

function spanOf(
  traceText: string,
  traceLength: number,
  spanText: string,
  spanAt: number,
  flags: number,
): NonRecordingSpan | undefined {
  if (traceLength !== 32 && traceLength !== 16) return undefined
  hexParse.failed = false
  const isLong = traceLength === 32
  const traceId0 = isLong ? parseWord(traceText, 0) : 0
  const traceId1 = isLong ? parseWord(traceText, 8) : 0
  const traceId2 = parseWord(traceText, traceLength - 16)
  const traceId3 = parseWord(traceText, traceLength - 8)
  const spanId0 = parseWord(spanText, spanAt)
  const spanId1 = parseWord(spanText, spanAt + 8)
  if (hexParse.failed || (traceId0 | traceId1 | traceId2 | traceId3) === 0 || (spanId0 | spanId1) === 0) {
    return undefined
  }
  return new NonRecordingSpan(traceId0, traceId1, traceId2, traceId3, spanId0, spanId1, flags, undefined, true)
}
