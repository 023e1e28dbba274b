// SPDX-License-Identifier: Apache-2.0
import type { Link, SpanContext } from '@otel-ts/api'
import type { ReadableSpan, TimedEvent } from '../trace/readable-span.ts'
import { RecordingSpan } from '../trace/span.ts'
import { JsonItemSlices, JsonRequestEncoder, jsonWriter as writer } from './encode-envelope-json.ts'
import { bareText, writeJsonTime } from './encode-json-fields.ts'
import { writeJsonAttributes } from './encode-json-values.ts'
import { jsonBytes, quote } from './json-writer.ts'
import { encodeWhole, type RequestEncoder } from './request-encoder.ts'
import { groupByScope } from './scope-groups.ts'

const levels = { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' }

/** Encodes spans as one ExportTraceServiceRequest in OTLP's JSON, a slice at a time. */
export function traceJsonEncoder(spans: readonly ReadableSpan[]): RequestEncoder {
  return new JsonRequestEncoder(levels, groupByScope(spans), (items) => new JsonItemSlices(items, writeSpan))
}

/** Encodes spans as one ExportTraceServiceRequest in OTLP's JSON. */
export function encodeTraceRequestJson(spans: readonly ReadableSpan[]): Uint8Array {
  return encodeWhole(traceJsonEncoder(spans))[0]!
}

const firstSpanHead = jsonBytes('{"traceId":"')
const laterSpanHead = jsonBytes(',{"traceId":"')
const spanIdHead = jsonBytes('","spanId":"')
const parentIdHead = jsonBytes('","parentSpanId":"')
const nameHead = jsonBytes('","name":')
const kindHeads = [1, 2, 3, 4, 5, 6, 7, 8].map((kind) => jsonBytes(`,"kind":${kind},"startTimeUnixNano":"`))
const endTimeHead = jsonBytes('","endTimeUnixNano":"')
const flagsHead = jsonBytes(',"flags":')
const closingBrace = 125
const timeEnd = jsonBytes('"')

function writeSpan(span: ReadableSpan, isFirst: boolean): void {
  writer.raw(isFirst ? firstSpanHead : laterSpanHead)
  let flags: number
  let isRemote: boolean
  if (span instanceof RecordingSpan) {
    writer.hexWord(span.traceId0)
    writer.hexWord(span.traceId1)
    writer.hexWord(span.traceId2)
    writer.hexWord(span.traceId3)
    writer.raw(spanIdHead)
    writer.hexWord(span.spanId0)
    writer.hexWord(span.spanId1)
    if (span.hasParent) {
      writer.raw(parentIdHead)
      writer.hexWord(span.parentId0)
      writer.hexWord(span.parentId1)
    }
    flags = span.flags & 0xff
    isRemote = span.isParentRemote
    writer.raw(nameHead)
    writer.string(span.name)
  } else {
    const { traceId, spanId, traceFlags } = span.spanContext()
    const parent = span.parentSpanContext
    writer.text(bareText(traceId))
    writer.raw(spanIdHead)
    writer.text(bareText(spanId))
    if (parent) {
      writer.raw(parentIdHead)
      writer.text(bareText(parent.spanId))
    }
    flags = traceFlags & 0xff
    isRemote = parent?.isRemote === true
    writer.raw(nameHead)
    writer.string(String(span.name))
  }
  writer.raw(kindHeads[span.kind & 7]!)
  writeJsonTime(writer, span.startTime)
  writer.raw(endTimeHead)
  writeJsonTime(writer, span.endTime)
  writer.raw(timeEnd)
  writeRest(span)
  writer.raw(flagsHead)
  writer.digits(flags | 0x100 | (isRemote ? 0x200 : 0), 1)
  writer.byte(closingBrace)
}

function writeRest(span: ReadableSpan): void {
  const isOwn = span instanceof RecordingSpan
  const traceState = (isOwn ? span.traceState : span.spanContext().traceState)?.serialize()
  if (traceState) writer.text(`,"traceState":${quote(traceState)}`)
  // Attributes given at the start and not changed since need no checked copy: they are checked while they are written.
  const isAsGiven =
    isOwn && span.tail === undefined && span.owner.limits.attributeValueLengthLimit === Number.POSITIVE_INFINITY
  writeJsonAttributes(writer, isAsGiven ? span.record : span.attributes, 'a span', false)
  if (span.droppedAttributesCount > 0) writer.text(`,"droppedAttributesCount":${span.droppedAttributesCount}`)
  const events = isOwn ? span.eventList : span.events
  if (events !== undefined && events.length > 0) writeEvents(events)
  if (span.droppedEventsCount > 0) writer.text(`,"droppedEventsCount":${span.droppedEventsCount}`)
  const links = isOwn ? span.linkList : span.links
  if (links !== undefined && links.length > 0) writeLinks(links)
  if (span.droppedLinksCount > 0) writer.text(`,"droppedLinksCount":${span.droppedLinksCount}`)
  const { code, message } = span.status
  if (message) writer.text(`,"status":{"message":${quote(message)},"code":${code}}`)
  else if (code !== 0) writer.text(`,"status":{"code":${code}}`)
}

function writeEvents(events: readonly TimedEvent[]): void {
  writer.text(',"events":[')
  events.forEach((event, i) => {
    writer.text(i === 0 ? '{"timeUnixNano":"' : ',{"timeUnixNano":"')
    writeJsonTime(writer, event.time)
    writer.text(`","name":${quote(String(event.name))}`)
    writeJsonAttributes(writer, event.attributes, 'an event', false)
    if (event.droppedAttributesCount) writer.text(`,"droppedAttributesCount":${event.droppedAttributesCount}`)
    writer.text('}')
  })
  writer.text(']')
}

function writeLinks(links: readonly Link[]): void {
  writer.text(',"links":[')
  links.forEach((link, i) => {
    const context: SpanContext = link.context
    writer.text(`${i === 0 ? '' : ','}{"traceId":"${bareText(context.traceId)}","spanId":"${bareText(context.spanId)}"`)
    const state = context.traceState?.serialize()
    if (state) writer.text(`,"traceState":${quote(state)}`)
    writeJsonAttributes(writer, link.attributes, 'a link', false)
    if (link.droppedAttributesCount) writer.text(`,"droppedAttributesCount":${link.droppedAttributesCount}`)
    writer.text(`,"flags":${(context.traceFlags & 0xff) | 0x100 | (context.isRemote === true ? 0x200 : 0)}}`)
  })
  writer.text(']')
}
