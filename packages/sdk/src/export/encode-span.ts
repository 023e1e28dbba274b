// SPDX-License-Identifier: Apache-2.0
import type { Link, SpanContext, TraceState } from '@otel-ts/api'
import type { ProtoWriter } from '@otel-ts/otlp/proto'
import type { ReadableSpan, TimedEvent } from '../trace/readable-span.ts'
import { parentFlag, RecordingSpan } from '../trace/span.ts'
import { writeForeignAttributes, writeSpanAttributes } from './encode-attributes.ts'
import { putWord, writeCount, writeId, writeTime } from './encode-fields.ts'

// Span of opentelemetry/proto/trace/v1/trace.proto: tags are (field << 3) | wire type.
const spanTag = 0x12
const traceIdTag = 0x0a
const spanIdTag = 0x12
const traceStateTag = 0x1a
const parentSpanIdTag = 0x22
const nameTag = 0x2a
const kindTag = 0x30
const startTimeTag = 0x39
const endTimeTag = 0x41
const attributesTag = 0x4a
const droppedAttributesTag = 0x50
const eventsTag = 0x5a
const droppedEventsTag = 0x60
const linksTag = 0x6a
const droppedLinksTag = 0x70
const statusTag = 0x7a
const flagsTag = 0x85 // and 0x01: field 16

const hasIsRemote = 0x100
const isRemoteFlag = 0x200

/** Writes a span as element of `ScopeSpans.spans`, of our own class straight from its words, any other through its interface. */
export function writeSpan(writer: ProtoWriter, span: ReadableSpan): void {
  if (span instanceof RecordingSpan) writeOwnSpan(writer, span)
  else writeForeignSpan(writer, span)
}

function writeOwnSpan(writer: ProtoWriter, span: RecordingSpan): void {
  // Most spans take 128 to 16383 bytes: two bytes of length.
  const message = writer.begin(spanTag, 2)
  writer.ensure(64)
  const b = writer.buf
  let p = writer.pos
  b[p++] = traceIdTag
  b[p++] = 16
  p = putWord(b, p, span.traceId0)
  p = putWord(b, p, span.traceId1)
  p = putWord(b, p, span.traceId2)
  p = putWord(b, p, span.traceId3)
  b[p++] = spanIdTag
  b[p++] = 8
  p = putWord(b, p, span.spanId0)
  p = putWord(b, p, span.spanId1)
  const flags = span.flags
  if ((flags & parentFlag.exists) !== 0) {
    b[p++] = parentSpanIdTag
    b[p++] = 8
    p = putWord(b, p, span.parentId0)
    p = putWord(b, p, span.parentId1)
  }
  writer.pos = p
  if (span.traceState !== undefined) writeTraceState(writer, span.traceState)
  writer.string(nameTag, span.name)
  writer.ensure(20)
  writer.buf[writer.pos++] = kindTag
  writer.buf[writer.pos++] = (span.kind & 7) + 1
  const { anchor } = span
  writeTime(writer, startTimeTag, anchor.seconds + span.startSeconds, anchor.nanos + span.startNanos)
  writeTime(writer, endTimeTag, anchor.seconds + span.endSeconds, anchor.nanos + span.endNanos)
  if (span.record !== undefined || span.tail !== undefined) {
    const lengthLimit = span.owner.limits.attributeValueLengthLimit
    writeSpanAttributes(writer, attributesTag, span.record, span.tail, lengthLimit, span.name)
  }
  if (span.droppedAttributesCount !== 0) writeCount(writer, droppedAttributesTag, span.droppedAttributesCount)
  if (span.eventList !== undefined) writeEvents(writer, span.eventList, span.name)
  if (span.droppedEventsCount !== 0) writeCount(writer, droppedEventsTag, span.droppedEventsCount)
  if (span.linkList !== undefined) writeLinks(writer, span.linkList, span.name)
  if (span.droppedLinksCount !== 0) writeCount(writer, droppedLinksTag, span.droppedLinksCount)
  if (span.statusCode !== 0) writeStatus(writer, span.statusCode, span.statusMessage)
  writeFlags(writer, flags & 0xff, (flags & parentFlag.isRemote) !== 0)
  writer.end(message)
}

function writeForeignSpan(writer: ProtoWriter, span: ReadableSpan): void {
  const context = span.spanContext()
  const parent = span.parentSpanContext
  const message = writer.begin(spanTag, 2)
  writeId(writer, traceIdTag, context.traceId, 32)
  writeId(writer, spanIdTag, context.spanId, 16)
  if (parent !== undefined && parent !== null) writeId(writer, parentSpanIdTag, parent.spanId, 16)
  if (context.traceState !== undefined) writeTraceState(writer, context.traceState)
  writer.string(nameTag, String(span.name))
  writeCount(writer, kindTag, (span.kind & 7) + 1)
  writeTime(writer, startTimeTag, span.startTime[0], span.startTime[1])
  writeTime(writer, endTimeTag, span.endTime[0], span.endTime[1])
  writeForeignAttributes(writer, attributesTag, span.attributes, `span "${span.name}"`)
  if (span.droppedAttributesCount > 0) writeCount(writer, droppedAttributesTag, span.droppedAttributesCount)
  writeEvents(writer, span.events, span.name)
  if (span.droppedEventsCount > 0) writeCount(writer, droppedEventsTag, span.droppedEventsCount)
  writeLinks(writer, span.links, span.name)
  if (span.droppedLinksCount > 0) writeCount(writer, droppedLinksTag, span.droppedLinksCount)
  const { code, message: statusMessage } = span.status
  if (code !== 0 || statusMessage) writeStatus(writer, code, statusMessage)
  writeFlags(writer, context.traceFlags & 0xff, parent?.isRemote === true)
  writer.end(message)
}

function writeTraceState(writer: ProtoWriter, traceState: TraceState): void {
  const text = traceState.serialize()
  if (text !== '') writer.string(traceStateTag, text)
}

function writeEvents(writer: ProtoWriter, events: readonly TimedEvent[], spanName: string): void {
  for (const event of events) {
    const message = writer.begin(eventsTag, 1)
    writeTime(writer, 0x09, event.time[0], event.time[1])
    writer.string(0x12, String(event.name))
    if (event.attributes !== undefined) {
      writeForeignAttributes(writer, 0x1a, event.attributes, `an event of span "${spanName}"`)
    }
    if (event.droppedAttributesCount) writeCount(writer, 0x20, event.droppedAttributesCount)
    writer.end(message)
  }
}

function writeLinks(writer: ProtoWriter, links: readonly Link[], spanName: string): void {
  for (const link of links) {
    const context: SpanContext = link.context
    const message = writer.begin(linksTag, 1)
    writeId(writer, 0x0a, context.traceId, 32)
    writeId(writer, 0x12, context.spanId, 16)
    if (context.traceState !== undefined) writeTraceState(writer, context.traceState)
    if (link.attributes !== undefined) {
      writeForeignAttributes(writer, 0x22, link.attributes, `a link of span "${spanName}"`)
    }
    if (link.droppedAttributesCount) writeCount(writer, 0x28, link.droppedAttributesCount)
    writer.tag(0x35)
    writer.fixed32((context.traceFlags & 0xff) | hasIsRemote | (context.isRemote === true ? isRemoteFlag : 0))
    writer.end(message)
  }
}

function writeStatus(writer: ProtoWriter, code: number, text: string | undefined): void {
  const message = writer.begin(statusTag, 1)
  if (text) writer.string(0x12, text)
  if (code !== 0) writeCount(writer, 0x18, code)
  writer.end(message)
}

function writeFlags(writer: ProtoWriter, traceFlags: number, isRemote: boolean): void {
  writer.ensure(6)
  const b = writer.buf
  const p = writer.pos
  b[p] = flagsTag
  b[p + 1] = 0x01
  b[p + 2] = traceFlags
  b[p + 3] = (hasIsRemote | (isRemote ? isRemoteFlag : 0)) >>> 8
  b[p + 4] = 0
  b[p + 5] = 0
  writer.pos = p + 6
}
