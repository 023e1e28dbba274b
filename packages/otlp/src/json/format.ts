// SPDX-License-Identifier: Apache-2.0
import type { RecordsBySignal } from '../batch/batch.ts'
import type { LogRecord, ResourceLogs } from '../model/logs.ts'
import type { ResourceMetrics } from '../model/metrics.ts'
import type { InstrumentationScope, Resource, Signal } from '../model/resource.ts'
import type { ResourceSpans, Span, SpanEvent, SpanLink } from '../model/traces.ts'
import { metricText } from './format-metrics.ts'
import {
  attributesField,
  droppedField,
  list,
  resourceText,
  schemaUrlField,
  scopeText,
  valueText,
} from './format-values.ts'
import { hexText, quote, uint64Text } from './text.ts'

/**
 * Records as one line of OTLP JSON (`TracesData`, `MetricsData`, `LogsData`, and the requests of the same fields): ids
 * hexadecimal, other bytes base64, enums integers, 64-bit integers and NaN and infinities strings, keys lowerCamelCase.
 * Throws OTLP_VALUE for an id that is not hexadecimal and OTLP_NESTING for values deeper than 100.
 *
 * @example
 * ```ts
 * import { formatJson } from '@otel-ts/otlp'
 * console.log(formatJson('logs', [{ resource: undefined, scopeLogs: [], schemaUrl: 'u' }])) // {"resourceLogs":[{"scopeLogs":[],"schemaUrl":"u"}]}
 * ```
 */
export function formatJson<S extends Signal>(signal: S, records: RecordsBySignal[S]): string {
  let out = ''
  if (signal === 'traces') {
    for (const entry of records as ResourceSpans[]) {
      let scopes = ''
      for (const scope of entry.scopeSpans) {
        scopes += `${comma(scopes)}${scopeStart(scope.scope)}"spans":[${list(scope.spans, spanText)}]${schemaUrlField(scope.schemaUrl)}}`
      }
      out += `${comma(out)}${resourceStart(entry.resource)}"scopeSpans":[${scopes}]${schemaUrlField(entry.schemaUrl)}}`
    }
    return `{"resourceSpans":[${out}]}`
  }
  if (signal === 'metrics') {
    for (const entry of records as ResourceMetrics[]) {
      let scopes = ''
      for (const scope of entry.scopeMetrics) {
        scopes += `${comma(scopes)}${scopeStart(scope.scope)}"metrics":[${list(scope.metrics, metricText)}]${schemaUrlField(scope.schemaUrl)}}`
      }
      out += `${comma(out)}${resourceStart(entry.resource)}"scopeMetrics":[${scopes}]${schemaUrlField(entry.schemaUrl)}}`
    }
    return `{"resourceMetrics":[${out}]}`
  }
  for (const entry of records as ResourceLogs[]) {
    let scopes = ''
    for (const scope of entry.scopeLogs) {
      scopes += `${comma(scopes)}${scopeStart(scope.scope)}"logRecords":[${list(scope.logRecords, logRecordText)}]${schemaUrlField(scope.schemaUrl)}}`
    }
    out += `${comma(out)}${resourceStart(entry.resource)}"scopeLogs":[${scopes}]${schemaUrlField(entry.schemaUrl)}}`
  }
  return `{"resourceLogs":[${out}]}`
}

function comma(before: string): string {
  return before === '' ? '' : ','
}

function resourceStart(resource: Resource | undefined): string {
  return resource === undefined ? '{' : `{"resource":${resourceText(resource)},`
}

function scopeStart(scope: InstrumentationScope | undefined): string {
  return scope === undefined ? '{' : `{"scope":${scopeText(scope)},`
}

function spanText(span: Span): string {
  let out = `{"traceId":${hexText(span.traceId)},"spanId":${hexText(span.spanId)}`
  if (span.traceState !== '') out += `,"traceState":${quote(span.traceState)}`
  if (span.parentSpanId !== '') out += `,"parentSpanId":${hexText(span.parentSpanId)}`
  if (span.flags !== 0) out += `,"flags":${span.flags}`
  out += `,"name":${quote(span.name)},"kind":${span.kind},"startTimeUnixNano":${uint64Text(span.startTimeUnixNano)},"endTimeUnixNano":${uint64Text(span.endTimeUnixNano)}`
  out += attributesField(span.attributes) + droppedField(span.droppedAttributesCount)
  if (span.events.length > 0) out += `,"events":[${list(span.events, eventText)}]`
  if (span.droppedEventsCount !== 0) out += `,"droppedEventsCount":${span.droppedEventsCount}`
  if (span.links.length > 0) out += `,"links":[${list(span.links, linkText)}]`
  if (span.droppedLinksCount !== 0) out += `,"droppedLinksCount":${span.droppedLinksCount}`
  const status = span.status
  if (status !== undefined) {
    out +=
      status.message === ''
        ? `,"status":{"code":${status.code}}`
        : `,"status":{"message":${quote(status.message)},"code":${status.code}}`
  }
  return `${out}}`
}

function eventText(event: SpanEvent): string {
  return `{"timeUnixNano":${uint64Text(event.timeUnixNano)},"name":${quote(event.name)}${attributesField(event.attributes)}${droppedField(event.droppedAttributesCount)}}`
}

function linkText(link: SpanLink): string {
  let out = `{"traceId":${hexText(link.traceId)},"spanId":${hexText(link.spanId)}`
  if (link.traceState !== '') out += `,"traceState":${quote(link.traceState)}`
  out += attributesField(link.attributes) + droppedField(link.droppedAttributesCount)
  if (link.flags !== 0) out += `,"flags":${link.flags}`
  return `${out}}`
}

function logRecordText(record: LogRecord): string {
  let out = `{"timeUnixNano":${uint64Text(record.timeUnixNano)}`
  if (record.observedTimeUnixNano !== 0n) out += `,"observedTimeUnixNano":${uint64Text(record.observedTimeUnixNano)}`
  if (record.severityNumber !== 0) out += `,"severityNumber":${record.severityNumber}`
  if (record.severityText !== '') out += `,"severityText":${quote(record.severityText)}`
  if (record.body !== undefined) out += `,"body":${valueText(record.body)}`
  out += attributesField(record.attributes) + droppedField(record.droppedAttributesCount)
  if (record.flags !== 0) out += `,"flags":${record.flags}`
  if (record.traceId !== '') out += `,"traceId":${hexText(record.traceId)}`
  if (record.spanId !== '') out += `,"spanId":${hexText(record.spanId)}`
  if (record.eventName !== '') out += `,"eventName":${quote(record.eventName)}`
  return `${out}}`
}
