// SPDX-License-Identifier: Apache-2.0
import type { Span, SpanEvent, SpanLink, SpanStatus } from '../model/traces.ts'
import type { JsonReader } from './json-reader.ts'

export function parseSpan(r: JsonReader, item: unknown): Span {
  const entry: Span = {
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
  const object = r.object('spans', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'traceId':
        entry.traceId = r.hex('Span.traceId', value)
        break
      case 'spanId':
        entry.spanId = r.hex('Span.spanId', value)
        break
      case 'traceState':
        entry.traceState = r.string('Span.traceState', value)
        break
      case 'parentSpanId':
        entry.parentSpanId = r.hex('Span.parentSpanId', value)
        break
      case 'flags':
        entry.flags = r.uint32('Span.flags', value)
        break
      case 'name':
        entry.name = r.string('Span.name', value)
        break
      case 'kind':
        entry.kind = r.enum('Span.kind', value)
        break
      case 'startTimeUnixNano':
        entry.startTimeUnixNano = r.uint64('Span.startTimeUnixNano', value)
        break
      case 'endTimeUnixNano':
        entry.endTimeUnixNano = r.uint64('Span.endTimeUnixNano', value)
        break
      case 'attributes':
        entry.attributes = r.attributes('Span.attributes', value)
        break
      case 'droppedAttributesCount':
        entry.droppedAttributesCount = r.uint32('Span.droppedAttributesCount', value)
        break
      case 'events':
        entry.events = r.array('Span.events', value).map((inner) => parseEvent(r, inner))
        break
      case 'droppedEventsCount':
        entry.droppedEventsCount = r.uint32('Span.droppedEventsCount', value)
        break
      case 'links':
        entry.links = r.array('Span.links', value).map((inner) => parseLink(r, inner))
        break
      case 'droppedLinksCount':
        entry.droppedLinksCount = r.uint32('Span.droppedLinksCount', value)
        break
      case 'status':
        entry.status = parseStatus(r, value)
        break
      default:
        r.unknown(`Span.${key}`, value)
    }
  }
  return entry
}

function parseEvent(r: JsonReader, item: unknown): SpanEvent {
  const entry: SpanEvent = { timeUnixNano: 0n, name: '', attributes: [], droppedAttributesCount: 0 }
  const object = r.object('events', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'timeUnixNano':
        entry.timeUnixNano = r.uint64('SpanEvent.timeUnixNano', value)
        break
      case 'name':
        entry.name = r.string('SpanEvent.name', value)
        break
      case 'attributes':
        entry.attributes = r.attributes('SpanEvent.attributes', value)
        break
      case 'droppedAttributesCount':
        entry.droppedAttributesCount = r.uint32('SpanEvent.droppedAttributesCount', value)
        break
      default:
        r.unknown(`SpanEvent.${key}`, value)
    }
  }
  return entry
}

function parseLink(r: JsonReader, item: unknown): SpanLink {
  const entry: SpanLink = {
    traceId: '',
    spanId: '',
    traceState: '',
    attributes: [],
    droppedAttributesCount: 0,
    flags: 0,
  }
  const object = r.object('links', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'traceId':
        entry.traceId = r.hex('SpanLink.traceId', value)
        break
      case 'spanId':
        entry.spanId = r.hex('SpanLink.spanId', value)
        break
      case 'traceState':
        entry.traceState = r.string('SpanLink.traceState', value)
        break
      case 'attributes':
        entry.attributes = r.attributes('SpanLink.attributes', value)
        break
      case 'droppedAttributesCount':
        entry.droppedAttributesCount = r.uint32('SpanLink.droppedAttributesCount', value)
        break
      case 'flags':
        entry.flags = r.uint32('SpanLink.flags', value)
        break
      default:
        r.unknown(`SpanLink.${key}`, value)
    }
  }
  return entry
}

function parseStatus(r: JsonReader, item: unknown): SpanStatus {
  const entry: SpanStatus = { message: '', code: 0 }
  const object = r.object('status', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'message':
        entry.message = r.string('SpanStatus.message', value)
        break
      case 'code':
        entry.code = r.enum('SpanStatus.code', value)
        break
      default:
        r.unknown(`SpanStatus.${key}`, value)
    }
  }
  return entry
}
