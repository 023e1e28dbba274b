// SPDX-License-Identifier: Apache-2.0
import type { Link, SpanContext, TraceState } from '@otel-ts/api'
import { hexOfWords } from '../trace/ids.ts'
import type { ReadableSpan, TimedEvent } from '../trace/readable-span.ts'
import { RecordingSpan } from '../trace/span.ts'
import { JsonItemSlices, JsonRequestEncoder } from './encode-envelope-json.ts'
import { attributesJson } from './encode-json-values.ts'
import { escaped, idText, quote, timeDigits } from './json-text.ts'
import { encodeWhole, type RequestEncoder } from './request-encoder.ts'
import { groupByScope } from './scope-groups.ts'

const levels = { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' }

/** Encodes spans as one ExportTraceServiceRequest in OTLP's JSON, a slice at a time. */
export function traceJsonEncoder(spans: readonly ReadableSpan[]): RequestEncoder {
  return new JsonRequestEncoder(levels, groupByScope(spans), (items) => new JsonItemSlices(items, spanJson))
}

/** Encodes spans as one ExportTraceServiceRequest in OTLP's JSON, in pieces that belong one after the other. */
export function encodeTraceRequestJson(spans: readonly ReadableSpan[]): Uint8Array[] {
  return encodeWhole(traceJsonEncoder(spans))
}

const kindHeads = [1, 2, 3, 4, 5, 6, 7, 8].map((kind) => `","kind":${kind},"startTimeUnixNano":"`)

function spanJson(span: ReadableSpan): string {
  let text: string
  let flags: number
  let isRemote: boolean
  if (span instanceof RecordingSpan) {
    text =
      '{"traceId":"' +
      hexOfWords(span.traceId0, span.traceId1) +
      hexOfWords(span.traceId2, span.traceId3) +
      '","spanId":"' +
      hexOfWords(span.spanId0, span.spanId1)
    if (span.hasParent) text = `${text}","parentSpanId":"${hexOfWords(span.parentId0, span.parentId1)}`
    flags = span.flags & 0xff
    isRemote = span.isParentRemote
  } else {
    const { traceId, spanId, traceFlags } = span.spanContext()
    const parent = span.parentSpanContext
    text = `{"traceId":"${idText(traceId)}","spanId":"${idText(spanId)}`
    if (parent) text += `","parentSpanId":"${idText(parent.spanId)}`
    flags = traceFlags & 0xff
    isRemote = parent?.isRemote === true
  }
  text =
    text +
    '","name":"' +
    escaped(String(span.name)) +
    kindHeads[span.kind & 7]! +
    timeDigits(span.startTime) +
    '","endTimeUnixNano":"' +
    timeDigits(span.endTime)
  return `${text}"${restJson(span)},"flags":${flags | 0x100 | (isRemote ? 0x200 : 0)}}`
}

function restJson(span: ReadableSpan): string {
  const isOwn = span instanceof RecordingSpan
  let text = stateJson(isOwn ? span.traceState : span.spanContext().traceState)
  // Attributes given at the start and not changed since need no checked copy: they are checked while they are written.
  const isAsGiven =
    isOwn && span.tail === undefined && span.owner.limits.attributeValueLengthLimit === Number.POSITIVE_INFINITY
  text += attributesJson(isAsGiven ? span.record : span.attributes, 'a span')
  if (span.droppedAttributesCount > 0) text += `,"droppedAttributesCount":${span.droppedAttributesCount}`
  const events = isOwn ? span.eventList : span.events
  if (events !== undefined && events.length > 0) text += eventsJson(events)
  if (span.droppedEventsCount > 0) text += `,"droppedEventsCount":${span.droppedEventsCount}`
  const links = isOwn ? span.linkList : span.links
  if (links !== undefined && links.length > 0) text += linksJson(links)
  if (span.droppedLinksCount > 0) text += `,"droppedLinksCount":${span.droppedLinksCount}`
  const { code, message } = span.status
  if (message) text += `,"status":{"message":${quote(message)},"code":${code}}`
  else if (code !== 0) text += `,"status":{"code":${code}}`
  return text
}

function stateJson(traceState: TraceState | undefined): string {
  const text = traceState?.serialize()
  return text ? `,"traceState":${quote(text)}` : ''
}

function eventsJson(events: readonly TimedEvent[]): string {
  let text = ',"events":['
  events.forEach((event, i) => {
    text += `${i === 0 ? '' : ','}{"timeUnixNano":"${timeDigits(event.time)}","name":${quote(String(event.name))}`
    text += attributesJson(event.attributes, 'an event')
    if (event.droppedAttributesCount) text += `,"droppedAttributesCount":${event.droppedAttributesCount}`
    text += '}'
  })
  return `${text}]`
}

function linksJson(links: readonly Link[]): string {
  let text = ',"links":['
  links.forEach((link, i) => {
    const context: SpanContext = link.context
    text += `${i === 0 ? '' : ','}{"traceId":"${idText(context.traceId)}","spanId":"${idText(context.spanId)}"`
    text += stateJson(context.traceState)
    text += attributesJson(link.attributes, 'a link')
    if (link.droppedAttributesCount) text += `,"droppedAttributesCount":${link.droppedAttributesCount}`
    text += `,"flags":${(context.traceFlags & 0xff) | 0x100 | (context.isRemote === true ? 0x200 : 0)}}`
  })
  return `${text}]`
}
