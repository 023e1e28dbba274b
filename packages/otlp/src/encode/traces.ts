// SPDX-License-Identifier: Apache-2.0
import type { ResourceSpans, ScopeSpans, Span, SpanEvent, SpanLink } from '../model/traces.ts'
import { writeHex } from '../proto/hex.ts'
import type { ProtoWriter } from '../proto/writer.ts'
import { writeAttributes } from './any-value.ts'
import {
  writeEnum,
  writeFixed32,
  writeFixed64,
  writeResource,
  writeScope,
  writeString,
  writeUint32,
} from './resource.ts'

export function writeTraces(w: ProtoWriter, resourceSpans: readonly ResourceSpans[]): number {
  let count = 0
  for (const entry of resourceSpans) {
    const mark = w.begin(0x0a, 3)
    if (entry.resource !== undefined) writeResource(w, 0x0a, entry.resource)
    for (const scopeSpans of entry.scopeSpans) count += writeScopeSpans(w, scopeSpans)
    writeString(w, 0x1a, entry.schemaUrl)
    w.end(mark)
  }
  return count
}

function writeScopeSpans(w: ProtoWriter, entry: ScopeSpans): number {
  const mark = w.begin(0x12, 3)
  if (entry.scope !== undefined) writeScope(w, 0x0a, entry.scope)
  const spans = entry.spans
  for (let i = 0; i < spans.length; i++) writeSpan(w, spans[i]!)
  writeString(w, 0x1a, entry.schemaUrl)
  w.end(mark)
  return spans.length
}

function writeSpan(w: ProtoWriter, span: Span): void {
  const mark = w.begin(0x12, 2)
  writeHex(w, 0x0a, span.traceId)
  writeHex(w, 0x12, span.spanId)
  writeString(w, 0x1a, span.traceState)
  writeHex(w, 0x22, span.parentSpanId)
  writeString(w, 0x2a, span.name)
  writeEnum(w, 0x30, span.kind)
  writeFixed64(w, 0x39, span.startTimeUnixNano)
  writeFixed64(w, 0x41, span.endTimeUnixNano)
  writeAttributes(w, 0x4a, span.attributes)
  writeUint32(w, 0x50, span.droppedAttributesCount)
  const events = span.events
  for (let i = 0; i < events.length; i++) writeEvent(w, events[i]!)
  writeUint32(w, 0x60, span.droppedEventsCount)
  const links = span.links
  for (let i = 0; i < links.length; i++) writeLink(w, links[i]!)
  writeUint32(w, 0x70, span.droppedLinksCount)
  const status = span.status
  if (status !== undefined) {
    const statusMark = w.begin(0x7a, 1)
    writeString(w, 0x12, status.message)
    writeEnum(w, 0x18, status.code)
    w.end(statusMark)
  }
  writeFixed32(w, 0x85, span.flags)
  w.end(mark)
}

function writeEvent(w: ProtoWriter, event: SpanEvent): void {
  const mark = w.begin(0x5a, 1)
  writeFixed64(w, 0x09, event.timeUnixNano)
  writeString(w, 0x12, event.name)
  writeAttributes(w, 0x1a, event.attributes)
  writeUint32(w, 0x20, event.droppedAttributesCount)
  w.end(mark)
}

function writeLink(w: ProtoWriter, link: SpanLink): void {
  const mark = w.begin(0x6a, 1)
  writeHex(w, 0x0a, link.traceId)
  writeHex(w, 0x12, link.spanId)
  writeString(w, 0x1a, link.traceState)
  writeAttributes(w, 0x22, link.attributes)
  writeUint32(w, 0x28, link.droppedAttributesCount)
  writeFixed32(w, 0x35, link.flags)
  w.end(mark)
}
