// SPDX-License-Identifier: Apache-2.0
import {
  type Context,
  createTraceState,
  type Span,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  type TraceState,
} from '@otel-ts/api'
import { spanKey, suppressTracingKey } from '../context/keys.ts'
import { ownContext } from '../context/own-context.ts'
import { isValidSpanContext } from '../context/span-of.ts'
import { sdkEvents } from '../events.ts'
import { hexParse, parseWord } from '../trace/ids.ts'
import { NonRecordingSpan } from '../trace/non-recording-span.ts'
import { RecordingSpan } from '../trace/span.ts'
import { joinedField } from './field.ts'

/** Name of the header with ids and flags. */
export const TRACE_PARENT_HEADER = 'traceparent' as const
/** Name of the header with the trace state. */
export const TRACE_STATE_HEADER = 'tracestate' as const

// Level 2 defines "sampled" and "random"; senders must write the other bits as 0.
const knownFlags = 0x03
const flagDigits = ['00', '01', '02', '03'] as const
const dash = 45

// 32 members of 256 + 1 + 256 characters and their commas are 16447; twice that leaves room for optional white space.
// Without a bound a caller decides how much every span of its trace keeps alive.
const maxTraceStateLength = 32_768

/**
 * Carries the trace context in `traceparent` and `tracestate`: W3C Trace Context Level 2.
 *
 * @example
 * ```ts
 * import { defaultTextMapGetter, ROOT_CONTEXT, trace } from '@otel-ts/api'
 * import { W3CTraceContextPropagator } from '@otel-ts/sdk'
 * const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
 * const context = new W3CTraceContextPropagator().extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
 * console.log(trace.getSpanContext(context)?.spanId) // b7ad6b7169203331
 * ```
 */
export class W3CTraceContextPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const span = context.getValue(spanKey) as Span | undefined
    if (span === undefined || span === null || context.getValue(suppressTracingKey) === true) return
    try {
      const spanContext = span.spanContext()
      // Ids of our own spans are well-formed by construction.
      if (!(span instanceof RecordingSpan) && !isValidSpanContext(spanContext)) return
      const { traceId, spanId, traceFlags, traceState } = spanContext
      setter.set(carrier, TRACE_PARENT_HEADER, `00-${traceId}-${spanId}-${flagDigits[traceFlags & knownFlags]}`)
      if (traceState !== undefined) {
        const text = traceState.serialize()
        if (text !== '') setter.set(carrier, TRACE_STATE_HEADER, text)
      }
    } catch (error) {
      sdkEvents.callbackThrew('a setter given to inject', error)
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      const header = getter.get(carrier, TRACE_PARENT_HEADER)
      const text = typeof header === 'string' ? header : singleOf(header)
      if (text === undefined) return context
      const span = parse(text.length === 55 ? text : text.trim(), carrier, getter)
      return span === undefined ? context : ownContext(context).setValue(spanKey, span)
    } catch (error) {
      sdkEvents.callbackThrew('a getter given to extract', error)
      return context
    }
  }

  fields(): string[] {
    return [TRACE_PARENT_HEADER, TRACE_STATE_HEADER]
  }
}

// Two traceparents contradict each other: neither is used.
function singleOf(header: string[] | undefined): string | undefined {
  return Array.isArray(header) && header.length === 1 && typeof header[0] === 'string' ? header[0] : undefined
}

function parse(text: string, carrier: unknown, getter: TextMapGetter): NonRecordingSpan | undefined {
  // version(2)-trace-id(32)-parent-id(16)-flags(2); a later version may go on after another dash.
  const length = text.length
  if (length < 55 || text.charCodeAt(2) !== dash || text.charCodeAt(35) !== dash || text.charCodeAt(52) !== dash) {
    return undefined
  }
  const version = parseByte(text, 0)
  if (version < 0 || version === 0xff) return undefined
  if (length > 55 && (version === 0 || text.charCodeAt(55) !== dash)) return undefined
  hexParse.failed = false
  const traceId0 = parseWord(text, 3)
  const traceId1 = parseWord(text, 11)
  const traceId2 = parseWord(text, 19)
  const traceId3 = parseWord(text, 27)
  const spanId0 = parseWord(text, 36)
  const spanId1 = parseWord(text, 44)
  const flags = parseByte(text, 53)
  if (hexParse.failed || flags < 0 || (traceId0 | traceId1 | traceId2 | traceId3) === 0 || (spanId0 | spanId1) === 0) {
    return undefined
  }
  return new NonRecordingSpan(
    traceId0,
    traceId1,
    traceId2,
    traceId3,
    spanId0,
    spanId1,
    version === 0 ? flags : flags & knownFlags,
    extractTraceState(carrier, getter),
    true,
  )
}

// A trace state that cannot be read is left out; the ids stay valid without it.
function extractTraceState(carrier: unknown, getter: TextMapGetter): TraceState | undefined {
  try {
    const text = joinedField(carrier, getter, TRACE_STATE_HEADER, maxTraceStateLength)
    return text === undefined || text.length > maxTraceStateLength ? undefined : createTraceState(text)
  } catch (error) {
    sdkEvents.callbackThrew('a getter given to extract', error)
    return undefined
  }
}

function parseByte(text: string, offset: number): number {
  const high = digit(text.charCodeAt(offset))
  const low = digit(text.charCodeAt(offset + 1))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function digit(unit: number): number {
  if (unit >= 48 && unit <= 57) return unit - 48
  return unit >= 97 && unit <= 102 ? unit - 87 : -1
}
