// SPDX-License-Identifier: Apache-2.0
// What the page and its server say to each other: JSON over HTTP on the viewer's port. 64-bit values travel as decimal
// strings; the page turns nanoseconds into BigInt or into doubles relative to the trace's start.

/**
 * `q` is a filter as `parseFilter` of the store reads it; durations are `250ms` or digits (nanoseconds), times digits
 * (nanoseconds since 1970).
 *
 * `GET /api/traces?q=…&service=…&name=…&minDuration=…&maxDuration=…&errors=1&from=…&to=…&limit=…&after=…`
 */
export interface TraceListResponse {
  traces: TraceRow[]
  next: string | null
  matchCount: number
  scannedSpanCount: number
  elapsedMillis: number
  stats: StatsResponse
}

export interface TraceRow {
  traceId: string
  rootName: string
  rootService: string
  hasRoot: boolean
  startUnixNano: string
  durationNano: string
  spanCount: number
  errorCount: number
  services: { name: string; spanCount: number; errorCount: number }[]
  httpStatusCode: number | null
}

/** `GET /api/traces/{id}`; 404 with {@link ErrorResponse}, whose `code` tells evicted from never seen. */
export interface TraceResponse {
  traceId: string
  /** Start of the earliest span. Offsets below count from here. */
  startUnixNano: string
  durationNano: string
  services: string[]
  resources: ResourceJson[]
  scopes: { name: string; version: string; schemaUrl: string; attributes: AttributeJson[] }[]
  /** In order of start. */
  spans: SpanJson[]
}

export interface ResourceJson {
  service: string
  schemaUrl: string
  attributes: AttributeJson[]
}

/** Short keys would save little after gzip; these are plain. Attributes are left out here and fetched with the span. */
export interface SpanJson {
  spanId: string
  parentSpanId: string
  name: string
  kind: number
  /** Index into `resources`, and so to the service. */
  resource: number
  scope: number
  /** Nanoseconds after the trace's start; safe as a double. */
  startOffsetNano: number
  durationNano: number
  statusCode: number
  eventOffsetsNano: number[]
  linkCount: number
  logCount: number
  /** HTTP status code, where the span has one, for the badge in the row. */
  httpStatusCode: number | null
}

/** `GET /api/traces/{id}/spans/{spanId}` */
export interface SpanDetailResponse {
  spanId: string
  parentSpanId: string
  traceId: string
  name: string
  kind: number
  service: string
  startUnixNano: string
  durationNano: string
  statusCode: number
  statusMessage: string
  traceState: string
  flags: number
  attributes: AttributeJson[]
  droppedAttributesCount: number
  events: {
    name: string
    timeUnixNano: string
    offsetNano: number
    attributes: AttributeJson[]
    droppedAttributesCount: number
  }[]
  droppedEventsCount: number
  links: {
    traceId: string
    spanId: string
    traceState: string
    attributes: AttributeJson[]
    droppedAttributesCount: number
  }[]
  droppedLinksCount: number
  resource: ResourceJson
  scope: { name: string; version: string; schemaUrl: string; attributes: AttributeJson[] }
  logs: LogJson[]
}

export interface LogJson {
  timeUnixNano: string
  severityNumber: number
  severityText: string
  body: string
  eventName: string
  service: string
  spanId: string
  attributes: AttributeJson[]
}

/** `type` is the kind of the OTLP value; `value` its text (arrays and maps as JSON, bytes as base64). */
export interface AttributeJson {
  key: string
  type: 'empty' | 'string' | 'bool' | 'int' | 'double' | 'bytes' | 'array' | 'map'
  value: string
}

/** `GET /api/traces/{id}/logs`: up to 10,000 log records of a trace, newest first. */
export interface TraceLogsResponse {
  logs: LogJson[]
}

/** `GET /api/operations?service=`: names and kinds of a service's spans, most frequent first. */
export interface OperationsResponse {
  operations: { name: string; kind: number; spanCount: number }[]
}

/** `GET /api/services` */
export interface ServicesResponse {
  services: { name: string; spanCount: number; errorCount: number }[]
}

/**
 * `GET /api/fields?prefix=` and `GET /api/values?field=&prefix=`: completion in the filter box. Fields are `service`,
 * `name` and the other plain ones first, then `attribute.<key>` and `resource.<key>`; each may be written in a filter
 * as it stands. Both take `limit`, default 50, at most 1000.
 */
export interface FieldsResponse {
  fields: { field: string; count: number }[]
}
export interface ValuesResponse {
  values: { value: string; count: number }[]
}

/** `GET /api/stats` */
export interface StatsResponse {
  spanCount: number
  logCount: number
  metricPointCount: number
  traceCount: number
  byteCount: number
  maxByteCount: number
  evictedSpanCount: number
  evictedLogCount: number
  evictedMetricPointCount: number
  duplicateSpanCount: number
  oldestUnixNano: string | null
  /** Where applications send their data, for the empty state's copy-and-paste lines. */
  otlpHttpEndpoint: string | null
  otlpGrpcEndpoint: string | null
  version: string
}

/**
 * One event of `GET /api/live` (server-sent events, `id` = sequence; resumes with Last-Event-ID). When events since
 * that id are no longer held, or the server was restarted, an event named `reset` with the same fields comes first: the
 * page asks again for what it shows. Slow readers get several changes as one event.
 */
export interface LiveEvent {
  sequence: number
  traceIds: string[]
  spanCount: number
  logCount: number
  metricPointCount: number
}

/**
 * Body of every 4xx and 5xx. `position` and `length` mark the failing part of `q`, in UTF-16 units from 0, where the
 * filter itself could not be read.
 */
export interface ErrorResponse {
  code: string
  message: string
  position?: number
  length?: number
}
