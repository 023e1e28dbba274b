// SPDX-License-Identifier: Apache-2.0
// Jaeger's UI model (`/api/traces`): JSON names and kinds of values as its query service writes them, OTLP fields as its
// OTLP translation turns them into tags.
import type { AnyValue, KeyValue, SpanEvent } from '@otel-ts/otlp'
import { type StoredSpan, valueText } from '@otel-ts/store'

export interface JaegerTag {
  key: string
  type: 'string' | 'bool' | 'int64' | 'float64' | 'binary'
  value: string | number | boolean
}

export interface JaegerReference {
  refType: 'CHILD_OF' | 'FOLLOWS_FROM'
  traceID: string
  spanID: string
}

export interface JaegerSpan {
  traceID: string
  spanID: string
  flags?: number
  operationName: string
  references: JaegerReference[]
  /** Microseconds since 1970. */
  startTime: number
  /** Microseconds. */
  duration: number
  tags: JaegerTag[]
  logs: { timestamp: number; fields: JaegerTag[] }[]
  processID: string
  warnings: string[] | null
}

export interface JaegerTrace {
  traceID: string
  spans: JaegerSpan[]
  processes: Record<string, { serviceName: string; tags: JaegerTag[] }>
  warnings: string[] | null
}

const spanKinds = ['', 'internal', 'server', 'client', 'producer', 'consumer']

/** One trace in Jaeger's JSON; spans are in order of start. */
export function jaegerTrace(traceId: string, spans: readonly StoredSpan[]): JaegerTrace {
  const processes: JaegerTrace['processes'] = {}
  const idByObject = new Map<object, string>()
  const idByText = new Map<string, string>()
  const processOf = (stored: StoredSpan): string => {
    let id = idByObject.get(stored.resource)
    if (id !== undefined) return id
    const process = { serviceName: stored.service, tags: processTags(stored.resource.attributes) }
    const text = JSON.stringify(process)
    id = idByText.get(text)
    if (id === undefined) {
      id = `p${idByText.size + 1}`
      idByText.set(text, id)
      processes[id] = process
    }
    idByObject.set(stored.resource, id)
    return id
  }
  return {
    traceID: traceId,
    spans: spans.map((stored) => jaegerSpan(stored, processOf(stored))),
    processes,
    warnings: null,
  }
}

function jaegerSpan(stored: StoredSpan, processID: string): JaegerSpan {
  const { span } = stored
  const { startTimeUnixNano: start, endTimeUnixNano: end } = span
  const flags = span.flags & 0xff
  return {
    traceID: span.traceId,
    spanID: span.spanId,
    ...(flags === 0 ? undefined : { flags }),
    operationName: span.name,
    references: references(stored),
    startTime: micros(start),
    duration: end > start && start !== 0n ? micros(end - start) : 0,
    tags: spanTags(stored),
    logs: span.events.map(jaegerLog),
    processID,
    warnings: end < start ? ['span ends before it starts; its duration is shown as 0'] : null,
  }
}

/** The parent first: readers take the first CHILD_OF for it. */
function references({ span }: StoredSpan): JaegerReference[] {
  const list: JaegerReference[] = []
  if (!/^0*$/.test(span.parentSpanId)) {
    list.push({ refType: 'CHILD_OF', traceID: span.traceId, spanID: span.parentSpanId })
  }
  for (const link of span.links) {
    list.push({ refType: 'FOLLOWS_FROM', traceID: link.traceId, spanID: link.spanId })
  }
  return list
}

function spanTags({ span, scope }: StoredSpan): JaegerTag[] {
  const tags: JaegerTag[] = []
  if (scope.name !== '') tags.push(textTag('otel.scope.name', scope.name))
  if (scope.version !== '') tags.push(textTag('otel.scope.version', scope.version))
  for (const attribute of span.attributes) tags.push(attributeTag(attribute))
  const kind = spanKinds[span.kind]
  if (kind !== undefined && kind !== '') tags.push(textTag('span.kind', kind))
  if (span.status?.code === 2) {
    tags.push(textTag('otel.status_code', 'ERROR'), { key: 'error', type: 'bool', value: true })
  } else if (span.status?.code === 1) {
    tags.push(textTag('otel.status_code', 'OK'))
  }
  if (span.status !== undefined && span.status.message !== '') {
    tags.push(textTag('otel.status_description', span.status.message))
  }
  if (span.traceState !== '') tags.push(textTag('w3c.tracestate', span.traceState))
  return tags
}

function processTags(attributes: readonly KeyValue[]): JaegerTag[] {
  const tags: JaegerTag[] = []
  for (const attribute of attributes) if (attribute.key !== 'service.name') tags.push(attributeTag(attribute))
  return tags
}

function jaegerLog(event: SpanEvent): { timestamp: number; fields: JaegerTag[] } {
  const fields: JaegerTag[] = []
  if (event.name !== '') fields.push(textTag('event', event.name))
  for (const attribute of event.attributes) fields.push(attributeTag(attribute))
  return { timestamp: micros(event.timeUnixNano), fields }
}

function attributeTag({ key, value }: KeyValue): JaegerTag {
  switch (typeof value) {
    case 'string':
      return textTag(key, value)
    case 'boolean':
      return { key, type: 'bool', value }
    case 'bigint': {
      // As Jaeger does: a number where JavaScript holds it exactly, otherwise its digits.
      const number = Number(value)
      return { key, type: 'int64', value: Number.isSafeInteger(number) ? number : String(value) }
    }
    case 'number':
      return { key, type: 'float64', value: Number.isFinite(value) ? value : String(value) }
  }
  if (value instanceof Uint8Array) return { key, type: 'binary', value: valueText(value) }
  return textTag(key, valueText(value as AnyValue))
}

function textTag(key: string, value: string): JaegerTag {
  return { key, type: 'string', value }
}

function micros(nanos: bigint): number {
  return Number(nanos / 1000n)
}
