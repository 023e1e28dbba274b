// SPDX-License-Identifier: Apache-2.0
import type { ResourceSpans, ScopeSpans, Span, SpanEvent, SpanLink, SpanStatus } from '../model/traces.ts'
import { formatHex } from '../proto/hex.ts'
import type { Decoder } from './decoder.ts'

export function readTraces(d: Decoder, out: ResourceSpans[]): void {
  let p = 0
  while (p < d.bytes.length) {
    p = d.field(p)
    if (d.tag === 0x0a) out.push(readResourceSpans(d, d.start, p))
  }
}

function readResourceSpans(d: Decoder, p: number, end: number): ResourceSpans {
  const entry: ResourceSpans = { resource: undefined, scopeSpans: [], schemaUrl: '' }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) entry.resource = d.resource(d.start, p)
    else if (d.tag === 0x12) entry.scopeSpans.push(readScopeSpans(d, d.start, p))
    else if (d.tag === 0x1a) entry.schemaUrl = d.text.read(d.start, p)
  }
  return entry
}

function readScopeSpans(d: Decoder, p: number, end: number): ScopeSpans {
  const entry: ScopeSpans = { scope: undefined, spans: [], schemaUrl: '' }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) entry.scope = d.scope(d.start, p)
    else if (d.tag === 0x12) entry.spans.push(readSpan(d, d.start, p))
    else if (d.tag === 0x1a) entry.schemaUrl = d.text.read(d.start, p)
  }
  return entry
}

function readSpan(d: Decoder, p: number, end: number): Span {
  const span: Span = {
    traceId: '',
    spanId: '',
    traceState: '',
    parentSpanId: '',
    flags: 0,
    name: '',
    kind: 0,
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: undefined,
  }
  const b = d.bytes
  while (p < end) {
    p = d.field(p)
    const start = d.start
    switch (d.tag) {
      case 0x0a:
        span.traceId = formatHex(b, start, p - start)
        break
      case 0x12:
        span.spanId = formatHex(b, start, p - start)
        break
      case 0x1a:
        span.traceState = d.text.read(start, p)
        break
      case 0x22:
        span.parentSpanId = formatHex(b, start, p - start)
        break
      case 0x2a:
        span.name = d.text.read(start, p)
        break
      case 0x30:
        span.kind = d.value | 0
        break
      case 0x39:
        span.startTimeUnixNano = d.data.getBigUint64(start, true)
        break
      case 0x41:
        span.endTimeUnixNano = d.data.getBigUint64(start, true)
        break
      case 0x4a:
        span.attributes.push(d.attribute(start, p))
        break
      case 0x50:
        span.droppedAttributesCount = d.value
        break
      case 0x5a:
        span.events.push(readEvent(d, start, p))
        break
      case 0x60:
        span.droppedEventsCount = d.value
        break
      case 0x6a:
        span.links.push(readLink(d, start, p))
        break
      case 0x70:
        span.droppedLinksCount = d.value
        break
      case 0x7a:
        span.status = readStatus(d, start, p)
        break
      case 0x85:
        span.flags = d.data.getUint32(start, true)
    }
  }
  return span
}

function readEvent(d: Decoder, p: number, end: number): SpanEvent {
  const event: SpanEvent = { timeUnixNano: 0n, name: '', attributes: [], droppedAttributesCount: 0 }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x09) event.timeUnixNano = d.data.getBigUint64(d.start, true)
    else if (d.tag === 0x12) event.name = d.text.read(d.start, p)
    else if (d.tag === 0x1a) event.attributes.push(d.attribute(d.start, p))
    else if (d.tag === 0x20) event.droppedAttributesCount = d.value
  }
  return event
}

function readLink(d: Decoder, p: number, end: number): SpanLink {
  const link: SpanLink = {
    traceId: '',
    spanId: '',
    traceState: '',
    attributes: [],
    droppedAttributesCount: 0,
    flags: 0,
  }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) link.traceId = formatHex(d.bytes, d.start, p - d.start)
    else if (d.tag === 0x12) link.spanId = formatHex(d.bytes, d.start, p - d.start)
    else if (d.tag === 0x1a) link.traceState = d.text.read(d.start, p)
    else if (d.tag === 0x22) link.attributes.push(d.attribute(d.start, p))
    else if (d.tag === 0x28) link.droppedAttributesCount = d.value
    else if (d.tag === 0x35) link.flags = d.data.getUint32(d.start, true)
  }
  return link
}

function readStatus(d: Decoder, p: number, end: number): SpanStatus {
  const status: SpanStatus = { message: '', code: 0 }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x12) status.message = d.text.read(d.start, p)
    else if (d.tag === 0x18) status.code = d.value | 0
  }
  return status
}
