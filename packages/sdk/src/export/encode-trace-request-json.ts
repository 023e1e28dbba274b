// SPDX-License-Identifier: Apache-2.0
import type { Link, SpanContext } from '@otel-ts/api'
import { sdkEvents } from '../events.ts'
import type { Resource } from '../resource/resource.ts'
import { type AttributeRecord, invalidValue, keepValue } from '../trace/attributes.ts'
import type { InstrumentationScope, ReadableSpan, TimedEvent } from '../trace/readable-span.ts'
import { groupSpans } from './span-groups.ts'

// Text is put together directly: a tree of objects for JSON.stringify would cost twice as much.

const textEncoder = new TextEncoder()
// What JSON must escape, and surrogates, which must not stand alone in UTF-8.
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/
const loneSurrogate = /\p{Surrogate}/gu

function quote(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`
  return JSON.stringify(text.replace(loneSurrogate, '\ufffd'))
}

// `{"key":"…","value":` of keys that repeat.
const maxKeyCount = 4096
const keyHeads = new Map<string, string>()

function keyHead(key: string): string {
  const known = keyHeads.get(key)
  if (known !== undefined) return known
  const made = `{"key":${quote(key)},"value":`
  if (keyHeads.size < maxKeyCount) keyHeads.set(key, made)
  return made
}

/**
 * Encodes spans as one ExportTraceServiceRequest in OTLP's JSON; yields after every `sliceSpanCount` spans, so that a
 * long batch leaves the event loop room in between.
 */
export function* encodeTraceRequestJson(
  spans: readonly ReadableSpan[],
  sliceSpanCount: number,
): Generator<void, Uint8Array, void> {
  let left = sliceSpanCount
  let text = '{"resourceSpans":['
  let resourceSeparator = ''
  for (const { resource, scopes } of groupSpans(spans)) {
    text += `${resourceSeparator}{"resource":${resourceText(resource)},"scopeSpans":[`
    resourceSeparator = ','
    let scopeSeparator = ''
    for (const { scope, spans: scopeSpans } of scopes) {
      text += `${scopeSeparator}{"scope":${scopeText(scope)},"spans":[`
      scopeSeparator = ','
      for (let i = 0; i < scopeSpans.length; i++) {
        if (left-- === 0) {
          yield
          left = sliceSpanCount - 1
        }
        text += i === 0 ? spanText(scopeSpans[i]!) : `,${spanText(scopeSpans[i]!)}`
      }
      text += scope.schemaUrl ? `],"schemaUrl":${quote(scope.schemaUrl)}}` : ']}'
    }
    text += resource.schemaUrl ? `],"schemaUrl":${quote(resource.schemaUrl)}}` : ']}'
  }
  return textEncoder.encode(`${text}]}`)
}

function resourceText(resource: Resource): string {
  return `{"attributes":[${attributesText(resource.attributes, 'the resource')}]}`
}

function scopeText(scope: InstrumentationScope): string {
  let text = `{"name":${quote(scope.name ?? '')}`
  if (scope.version) text += `,"version":${quote(scope.version)}`
  if (scope.attributes !== undefined) {
    text += `,"attributes":[${attributesText(scope.attributes, 'an instrumentation scope')}]`
  }
  return `${text}}`
}

function spanText(span: ReadableSpan): string {
  const { traceId, spanId, traceState, traceFlags } = span.spanContext()
  const parent = span.parentSpanContext
  const { name } = span
  let text = `{"traceId":"${traceId}","spanId":"${spanId}"`
  const state = traceState?.serialize()
  if (state) text += `,"traceState":${quote(state)}`
  if (parent) text += `,"parentSpanId":"${parent.spanId}"`
  text += `,"name":${quote(String(name))},"kind":${(span.kind & 7) + 1},"startTimeUnixNano":"${nanosText(span.startTime)}","endTimeUnixNano":"${nanosText(span.endTime)}"`
  const attributes = attributesText(span.attributes, 'a span')
  if (attributes !== '') text += `,"attributes":[${attributes}]`
  if (span.droppedAttributesCount > 0) text += `,"droppedAttributesCount":${span.droppedAttributesCount}`
  const { events, links, status } = span
  if (events.length > 0) text += `,"events":[${eventsText(events)}]`
  if (span.droppedEventsCount > 0) text += `,"droppedEventsCount":${span.droppedEventsCount}`
  if (links.length > 0) text += `,"links":[${linksText(links)}]`
  if (span.droppedLinksCount > 0) text += `,"droppedLinksCount":${span.droppedLinksCount}`
  if (status.code !== 0 || status.message) {
    text += status.message
      ? `,"status":{"message":${quote(status.message)},"code":${status.code}}`
      : `,"status":{"code":${status.code}}`
  }
  return `${text},"flags":${(traceFlags & 0xff) | 0x100 | (parent?.isRemote === true ? 0x200 : 0)}}`
}

// uint64 is text in JSON; seconds and nanoseconds only need to stand side by side.
function nanosText(time: readonly [number, number]): string {
  const [seconds, nanos] = time
  if (seconds < 0) return '0'
  return seconds === 0 ? String(nanos) : `${seconds}${String(1_000_000_000 + nanos).slice(1)}`
}

function eventsText(events: readonly TimedEvent[]): string {
  let text = ''
  for (const event of events) {
    text += `${text === '' ? '' : ','}{"timeUnixNano":"${nanosText(event.time)}","name":${quote(String(event.name))}`
    const attributes = attributesText(event.attributes, 'an event')
    if (attributes !== '') text += `,"attributes":[${attributes}]`
    if (event.droppedAttributesCount) text += `,"droppedAttributesCount":${event.droppedAttributesCount}`
    text += '}'
  }
  return text
}

function linksText(links: readonly Link[]): string {
  let text = ''
  for (const link of links) {
    const context: SpanContext = link.context
    text += `${text === '' ? '' : ','}{"traceId":${quote(String(context.traceId))},"spanId":${quote(String(context.spanId))}`
    const state = context.traceState?.serialize()
    if (state) text += `,"traceState":${quote(state)}`
    const attributes = attributesText(link.attributes, 'a link')
    if (attributes !== '') text += `,"attributes":[${attributes}]`
    if (link.droppedAttributesCount) text += `,"droppedAttributesCount":${link.droppedAttributesCount}`
    text += `,"flags":${(context.traceFlags & 0xff) | 0x100 | (context.isRemote === true ? 0x200 : 0)}}`
  }
  return text
}

function attributesText(attributes: unknown, where: string): string {
  if (typeof attributes !== 'object' || attributes === null) return ''
  let text = ''
  for (const key of Object.keys(attributes)) {
    let value = (attributes as AttributeRecord)[key]
    if (value === undefined) continue
    if (typeof value !== 'string' && typeof value !== 'number') {
      value = keepValue(value, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    }
    if (key === '' || value === invalidValue) {
      sdkEvents.invalidAttribute(where, key)
      continue
    }
    text += text === '' ? `${keyHead(key)}${valueText(value)}}` : `,${keyHead(key)}${valueText(value)}}`
  }
  return text
}

function valueText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `{"stringValue":${quote(value)}}`
    case 'number':
      if (Number.isSafeInteger(value)) return `{"intValue":"${value}"}`
      return Number.isFinite(value) ? `{"doubleValue":${value}}` : `{"doubleValue":"${value}"}`
    case 'boolean':
      return value ? '{"boolValue":true}' : '{"boolValue":false}'
    case 'bigint':
      return `{"intValue":"${value}"}`
    case 'object':
      return value === null ? '{}' : objectText(value)
    default:
      return '{}'
  }
}

function objectText(value: object): string {
  if (value instanceof Uint8Array) return `{"bytesValue":"${base64(value)}"}`
  if (Array.isArray(value)) return `{"arrayValue":{"values":[${value.map(valueText).join(',')}]}}`
  const pairs = Object.keys(value).map((key) => `${keyHead(key)}${valueText((value as AttributeRecord)[key])}}`)
  return `{"kvlistValue":{"values":[${pairs.join(',')}]}}`
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
