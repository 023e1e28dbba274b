// SPDX-License-Identifier: Apache-2.0
import type { Batch, InstrumentationScope, KeyValue, LogRecord, Resource, Span } from '@otel-ts/otlp'

/**
 * One condition on spans. `field` is `service`, `name`, `kind`, `status`, `duration` (nanoseconds), `trace.id`,
 * `span.id`, `scope.name`, or an attribute: `attribute.<key>` (the span's), `resource.<key>`, or `any.<key>` (the span's,
 * and where it has none the resource's). Values compare as their own type; a number written as text also matches int
 * and double attributes of that value. Of a key that stands twice the first counts; an array holds when one of its
 * elements does. Kinds and status codes may be given by name (`server`, `error`), durations as text (`250ms`).
 */
export interface Condition {
  field: string
  /**
   * `exists` and `missing` take no value; `contains` is a case-insensitive substring. `!=`, `notContains` and `missing`
   * hold exactly where `=`, `contains` and `exists` do not, so also on spans without the attribute.
   */
  op: '=' | '!=' | '>' | '>=' | '<' | '<=' | 'contains' | 'notContains' | 'exists' | 'missing'
  value?: string | number | bigint | boolean
}

/** Asks for traces that hold at least one span matching every condition. Newest first. */
export interface TraceQuery {
  /** All must hold on one and the same span. */
  conditions: readonly Condition[]
  /** Only traces whose first span starts in [from, to), nanoseconds since the Unix epoch. */
  fromUnixNano?: bigint
  toUnixNano?: bigint
  /** Bounds on the duration of the whole trace, nanoseconds. */
  minDurationNano?: bigint
  maxDurationNano?: bigint
  /** Only traces with an error span. */
  errorsOnly?: boolean
  /** Traces to return; default 50, at most 1000. */
  limit?: number
  /** Cursor of an earlier page: continue after it. */
  after?: string
}

/** One row of the trace list. A trace of which the older part was let go counts what is left. */
export interface TraceSummary {
  traceId: string
  /** Name and service of the root span; of the earliest span when the root has not arrived. */
  rootName: string
  rootService: string
  hasRoot: boolean
  startTimeUnixNano: bigint
  durationNano: bigint
  spanCount: number
  errorCount: number
  /** Services by number of spans, most first. */
  services: { name: string; spanCount: number; errorCount: number }[]
  /** HTTP status code of the root span, where it has one. */
  httpStatusCode: number | undefined
}

export interface TracePage {
  traces: TraceSummary[]
  /** Cursor for the next page; undefined when this was the last. */
  next: string | undefined
  /** Traces that match in all, counted up to a bound of 10,000. */
  matchCount: number
  /** Spans looked at, for the reader who asks why it took long. */
  scannedSpanCount: number
}

/** A stored span with what stood around it in OTLP. */
export interface StoredSpan {
  span: Span
  resource: Resource
  resourceSchemaUrl: string
  scope: InstrumentationScope
  scopeSchemaUrl: string
  service: string
}

export interface StoredLog {
  log: LogRecord
  resource: Resource
  resourceSchemaUrl: string
  scope: InstrumentationScope
  scopeSchemaUrl: string
  service: string
}

/** Asks for log records, newest first. */
export interface LogQuery {
  traceId?: string
  spanId?: string
  service?: string
  minSeverityNumber?: number
  /** Case-insensitive substring of the body. */
  bodyContains?: string
  /** Only records with a time in [from, to). The time of observation stands in for an unknown one. */
  fromUnixNano?: bigint
  toUnixNano?: bigint
  /** Records to return; default 100, at most 10,000. */
  limit?: number
}

/** Asks for metric points of one name. */
export interface MetricQuery {
  name: string
  service?: string
  /** Only points with a time in [from, to). */
  fromUnixNano?: bigint
  toUnixNano?: bigint
  /** Series to return; default 100, at most 1000. */
  limit?: number
}

/** One series with its points, oldest first. `value` is the point as in OTLP records. */
export interface MetricSeries {
  name: string
  description: string
  unit: string
  type: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary'
  aggregationTemporality: number
  isMonotonic: boolean
  service: string
  attributes: KeyValue[]
  points: unknown[]
}

export interface MetricName {
  name: string
  unit: string
  type: MetricSeries['type']
  description: string
  seriesCount: number
}

/** How full the store is, and what it has let go. Every drop is counted here. */
export interface StoreStats {
  spanCount: number
  logCount: number
  metricPointCount: number
  traceCount: number
  byteCount: number
  maxByteCount: number
  evictedSpanCount: number
  evictedLogCount: number
  evictedMetricPointCount: number
  /** Spans that came a second time and were not stored again. */
  duplicateSpanCount: number
  /** Start of the oldest record still held; undefined when empty. */
  oldestUnixNano: bigint | undefined
}

/** Tells a listener what came in since the last call; at most ten calls a second. */
export interface StoreChange {
  /** Rises by one with every ingested batch. */
  sequence: number
  /** Traces that got spans or logs; at most 1,000, the rest of a larger change is not named. */
  traceIds: readonly string[]
  spanCount: number
  logCount: number
  metricPointCount: number
}

/** An engine that holds telemetry and answers questions. Engines agree on every query; tests compare them. */
export interface Store {
  /** Resolves when the batch is visible to queries. */
  ingest(batch: Batch): Promise<void>
  traces(query: TraceQuery): Promise<TracePage>
  /** Spans of one trace in order of start; undefined when unknown, `evicted` when it was held and let go. */
  trace(traceId: string): Promise<{ spans: StoredSpan[] } | 'evicted' | undefined>
  /** One span of a trace, without reading the others; the first, when several share the id. */
  span(traceId: string, spanId: string): Promise<StoredSpan | 'evicted' | undefined>
  logs(query: LogQuery): Promise<StoredLog[]>
  metricNames(service?: string): Promise<MetricName[]>
  metrics(query: MetricQuery): Promise<MetricSeries[]>
  services(): Promise<{ name: string; spanCount: number; errorCount: number }[]>
  operations(service: string): Promise<{ name: string; kind: number; spanCount: number }[]>
  /** Attribute keys seen on spans and resources, most frequent first, for completion in the filter box. */
  attributeKeys(prefix: string, limit: number): Promise<{ field: string; count: number }[]>
  /** Values seen for one field (as in {@link Condition}), most frequent first. */
  fieldValues(field: string, prefix: string, limit: number): Promise<{ value: string; count: number }[]>
  stats(): Promise<StoreStats>
  /** Calls `listener` after changes; returns the way to stop. */
  watch(listener: (change: StoreChange) => void): () => void
  clear(): Promise<void>
  close(): Promise<void>
}
