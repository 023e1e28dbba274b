// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope, KeyValue } from '@otel-ts/otlp'
import type { StoredLog, StoredSpan, TraceSummary } from '@otel-ts/store'
import type { LogJson, ResourceJson, SpanDetailResponse, SpanJson, TraceResponse, TraceRow } from '../api.ts'
import { attributesJson } from './attribute-json.ts'

type ScopeJson = TraceResponse['scopes'][number]

/** One row of the trace list. */
export function traceRow(summary: TraceSummary): TraceRow {
  return {
    traceId: summary.traceId,
    rootName: summary.rootName,
    rootService: summary.rootService,
    hasRoot: summary.hasRoot,
    startUnixNano: String(summary.startTimeUnixNano),
    durationNano: String(summary.durationNano),
    spanCount: summary.spanCount,
    errorCount: summary.errorCount,
    services: summary.services,
    httpStatusCode: summary.httpStatusCode ?? null,
  }
}

/** A whole trace without attributes: what the waterfall draws. Spans are in order of start. */
export function traceResponse(
  traceId: string,
  spans: readonly StoredSpan[],
  logs: readonly StoredLog[],
): TraceResponse {
  const start = traceStart(spans)
  let end = start
  const resources = new Pool<StoredSpan, ResourceJson>(resourceOf)
  const scopes = new Pool<StoredSpan, ScopeJson>((stored) => scopeJson(stored.scope, stored.scopeSchemaUrl))
  const logCounts = countLogs(logs)
  const services = new Map<string, number>()
  const rows: SpanJson[] = []
  for (const stored of spans) {
    const { span } = stored
    const spanEnd = span.endTimeUnixNano
    if (spanEnd > end) end = spanEnd
    services.set(stored.service, (services.get(stored.service) ?? 0) + 1)
    rows.push({
      spanId: span.spanId,
      parentSpanId: parentOf(span.parentSpanId),
      name: span.name,
      kind: span.kind,
      resource: resources.idOf(stored, stored.resource),
      scope: scopes.idOf(stored, stored.scope),
      startOffsetNano: offset(span.startTimeUnixNano, start),
      durationNano: Number(durationOf(stored)),
      statusCode: span.status?.code ?? 0,
      eventOffsetsNano: span.events.map((event) => offset(event.timeUnixNano, start)),
      linkCount: span.links.length,
      logCount: logCounts.get(span.spanId) ?? 0,
      httpStatusCode: httpStatusCode(span.attributes),
    })
  }
  return {
    traceId,
    startUnixNano: String(start),
    durationNano: String(start === 0n ? 0n : end - start),
    services: [...services].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name),
    resources: resources.items,
    scopes: scopes.items,
    spans: rows,
  }
}

/** Everything about one span. */
export function spanDetail(stored: StoredSpan, logs: readonly StoredLog[]): SpanDetailResponse {
  const { span } = stored
  return {
    spanId: span.spanId,
    parentSpanId: parentOf(span.parentSpanId),
    traceId: span.traceId,
    name: span.name,
    kind: span.kind,
    service: stored.service,
    startUnixNano: String(span.startTimeUnixNano),
    durationNano: String(durationOf(stored)),
    statusCode: span.status?.code ?? 0,
    statusMessage: span.status?.message ?? '',
    traceState: span.traceState,
    flags: span.flags,
    attributes: attributesJson(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map((event) => ({
      name: event.name,
      timeUnixNano: String(event.timeUnixNano),
      offsetNano: offset(event.timeUnixNano, span.startTimeUnixNano),
      attributes: attributesJson(event.attributes),
      droppedAttributesCount: event.droppedAttributesCount,
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      traceState: link.traceState,
      attributes: attributesJson(link.attributes),
      droppedAttributesCount: link.droppedAttributesCount,
    })),
    droppedLinksCount: span.droppedLinksCount,
    resource: resourceOf(stored),
    scope: scopeJson(stored.scope, stored.scopeSchemaUrl),
    logs: logs.map(logJson),
  }
}

export function logJson({ log, service }: StoredLog): LogJson {
  const time = log.timeUnixNano === 0n ? log.observedTimeUnixNano : log.timeUnixNano
  const [body] = attributesJson([{ key: '', value: log.body }])
  return {
    timeUnixNano: String(time),
    severityNumber: log.severityNumber,
    severityText: log.severityText,
    body: body!.value,
    eventName: log.eventName,
    service,
    spanId: log.spanId,
    attributes: attributesJson(log.attributes),
  }
}

/** The earliest known start; an unknown one is 0 on the wire. */
function traceStart(spans: readonly StoredSpan[]): bigint {
  for (const { span } of spans) if (span.startTimeUnixNano !== 0n) return span.startTimeUnixNano
  return 0n
}

function offset(time: bigint, start: bigint): number {
  return time === 0n ? 0 : Number(time - start)
}

function durationOf({ span }: StoredSpan): bigint {
  const { startTimeUnixNano: start, endTimeUnixNano: end } = span
  return start !== 0n && end > start ? end - start : 0n
}

/** A parent id of zeros names no span. */
function parentOf(parentSpanId: string): string {
  return /^0*$/.test(parentSpanId) ? '' : parentSpanId
}

function resourceOf(stored: StoredSpan): ResourceJson {
  return {
    service: stored.service,
    schemaUrl: stored.resourceSchemaUrl,
    attributes: attributesJson(stored.resource.attributes),
  }
}

function scopeJson(scope: InstrumentationScope, schemaUrl: string): ScopeJson {
  return { name: scope.name, version: scope.version, schemaUrl, attributes: attributesJson(scope.attributes) }
}

function countLogs(logs: readonly StoredLog[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { log } of logs) counts.set(log.spanId, (counts.get(log.spanId) ?? 0) + 1)
  return counts
}

function httpStatusCode(attributes: readonly KeyValue[]): number | null {
  for (const name of ['http.response.status_code', 'http.status_code']) {
    const value = attributes.find(({ key }) => key === name)?.value
    if (typeof value === 'bigint') return Number(value)
  }
  return null
}

/** Equal things once, numbered in order of appearance. The store shares objects, so most are found by identity. */
class Pool<Source, Item> {
  readonly items: Item[] = []
  readonly #make: (source: Source) => Item
  readonly #byIdentity = new Map<object, number>()
  readonly #byText = new Map<string, number>()

  constructor(make: (source: Source) => Item) {
    this.#make = make
  }

  idOf(source: Source, identity: object): number {
    const known = this.#byIdentity.get(identity)
    if (known !== undefined) return known
    const item = this.#make(source)
    const text = JSON.stringify(item)
    let id = this.#byText.get(text)
    if (id === undefined) {
      id = this.items.length
      this.items.push(item)
      this.#byText.set(text, id)
    }
    this.#byIdentity.set(identity, id)
    return id
  }
}
