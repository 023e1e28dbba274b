// SPDX-License-Identifier: Apache-2.0
import type { AnyValue, InstrumentationScope, KeyValue, Resource, ResourceSpans, Span } from '@otel-ts/otlp'
import type { StoredSpan } from '@otel-ts/store'

/** Spans grouped as in an export request: by resource, then by scope, in order of appearance. */
export function groupSpans(spans: readonly StoredSpan[]): ResourceSpans[] {
  const groups: ResourceSpans[] = []
  const byResource = new Map<Resource, Map<string, ResourceSpans>>()
  for (const stored of spans) {
    let bySchema = byResource.get(stored.resource)
    if (bySchema === undefined) byResource.set(stored.resource, (bySchema = new Map()))
    let group = bySchema.get(stored.resourceSchemaUrl)
    if (group === undefined) {
      group = { resource: stored.resource, scopeSpans: [], schemaUrl: stored.resourceSchemaUrl }
      bySchema.set(stored.resourceSchemaUrl, group)
      groups.push(group)
    }
    let scopeSpans = group.scopeSpans.find(
      ({ scope, schemaUrl }) => scope === stored.scope && schemaUrl === stored.scopeSchemaUrl,
    )
    if (scopeSpans === undefined) {
      scopeSpans = { scope: stored.scope, spans: [], schemaUrl: stored.scopeSchemaUrl }
      group.scopeSpans.push(scopeSpans)
    }
    scopeSpans.spans.push(stored.span)
  }
  return groups
}

/**
 * Spans as one OTLP/JSON `TracesData`, as OTLP receivers and the `file` exporter's readers take it: hex ids, 64-bit
 * integers as decimal strings, enums as numbers, fields at their default left out.
 */
export function otlpTraceJson(spans: readonly StoredSpan[]): string {
  const resourceSpans = groupSpans(spans).map((group) => ({
    resource: group.resource === undefined ? undefined : resourceJson(group.resource),
    scopeSpans: group.scopeSpans.map((scopeSpans) => ({
      scope: scopeSpans.scope === undefined ? undefined : scopeJson(scopeSpans.scope),
      spans: scopeSpans.spans.map(spanJson),
      schemaUrl: orAbsent(scopeSpans.schemaUrl),
    })),
    schemaUrl: orAbsent(group.schemaUrl),
  }))
  return JSON.stringify({ resourceSpans })
}

function resourceJson(resource: Resource): unknown {
  return {
    attributes: attributesJson(resource.attributes),
    droppedAttributesCount: orAbsent(resource.droppedAttributesCount),
    entityRefs: resource.entityRefs.length === 0 ? undefined : resource.entityRefs,
  }
}

function scopeJson(scope: InstrumentationScope): unknown {
  return {
    name: orAbsent(scope.name),
    version: orAbsent(scope.version),
    attributes: attributesJson(scope.attributes),
    droppedAttributesCount: orAbsent(scope.droppedAttributesCount),
  }
}

function spanJson(span: Span): unknown {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    traceState: orAbsent(span.traceState),
    parentSpanId: orAbsent(span.parentSpanId),
    flags: orAbsent(span.flags),
    name: span.name,
    kind: orAbsent(span.kind),
    startTimeUnixNano: String(span.startTimeUnixNano),
    endTimeUnixNano: String(span.endTimeUnixNano),
    attributes: attributesJson(span.attributes),
    droppedAttributesCount: orAbsent(span.droppedAttributesCount),
    events: absentIfEmpty(
      span.events.map((event) => ({
        timeUnixNano: String(event.timeUnixNano),
        name: orAbsent(event.name),
        attributes: attributesJson(event.attributes),
        droppedAttributesCount: orAbsent(event.droppedAttributesCount),
      })),
    ),
    droppedEventsCount: orAbsent(span.droppedEventsCount),
    links: absentIfEmpty(
      span.links.map((link) => ({
        traceId: link.traceId,
        spanId: link.spanId,
        traceState: orAbsent(link.traceState),
        attributes: attributesJson(link.attributes),
        droppedAttributesCount: orAbsent(link.droppedAttributesCount),
        flags: orAbsent(link.flags),
      })),
    ),
    droppedLinksCount: orAbsent(span.droppedLinksCount),
    status:
      span.status === undefined
        ? undefined
        : { message: orAbsent(span.status.message), code: orAbsent(span.status.code) },
  }
}

function attributesJson(attributes: readonly KeyValue[]): unknown {
  return absentIfEmpty(attributes.map(({ key, value }) => ({ key, value: valueJson(value) })))
}

function valueJson(value: AnyValue): unknown {
  switch (typeof value) {
    case 'undefined':
      return {}
    case 'string':
      return { stringValue: value }
    case 'boolean':
      return { boolValue: value }
    case 'bigint':
      return { intValue: String(value) }
    case 'number':
      // JSON has no words for the three values that are no finite numbers; ProtoJSON writes them as strings.
      return { doubleValue: Number.isFinite(value) ? value : String(value) }
  }
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
  if ('list' in value) return { arrayValue: { values: value.list.map(valueJson) } }
  return { kvlistValue: { values: value.kvlist.map((pair) => ({ key: pair.key, value: valueJson(pair.value) })) } }
}

function orAbsent<T extends string | number>(value: T): T | undefined {
  return value === '' || value === 0 ? undefined : value
}

function absentIfEmpty<T>(list: T[]): T[] | undefined {
  return list.length === 0 ? undefined : list
}
