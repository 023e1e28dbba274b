// SPDX-License-Identifier: Apache-2.0
import type { Span as ApiSpan, Attributes, HrTime, Link, SpanContext, SpanKind, SpanStatus } from '@otel-ts/api'
import type { Resource } from '../resource/resource.ts'

/** Name and version of what a tracer, meter or logger was made for. */
export interface InstrumentationScope {
  readonly name: string
  readonly version?: string
  readonly schemaUrl?: string
  readonly attributes?: Attributes
  /** Attributes that were over the limit. */
  readonly droppedAttributesCount?: number
}

/** An event of a span. */
export interface TimedEvent {
  /** Seconds and nanoseconds since the epoch. */
  time: HrTime
  name: string
  attributes?: Attributes
  /** Attributes that were over the limit. */
  droppedAttributesCount?: number
}

/**
 * A span as processors and exporters see it; the shape is that of opentelemetry-js, so their exporters take our spans
 * and ours take theirs.
 */
export interface ReadableSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly spanContext: () => SpanContext
  /** The whole context of the parent; undefined for a root span. */
  readonly parentSpanContext?: SpanContext
  /** Seconds and nanoseconds since the epoch. */
  readonly startTime: HrTime
  /** Seconds and nanoseconds since the epoch; `[0, 0]` while the span runs. */
  readonly endTime: HrTime
  readonly status: SpanStatus
  /** A plain object. Once read it is the truth: what a processor changes in it is exported. */
  readonly attributes: Attributes
  readonly links: Link[]
  readonly events: TimedEvent[]
  /** Seconds and nanoseconds from start to end; `[-1, -1]` while the span runs. */
  readonly duration: HrTime
  readonly ended: boolean
  readonly resource: Resource
  readonly instrumentationScope: InstrumentationScope
  /** Attributes that were over the limit. */
  readonly droppedAttributesCount: number
  /** Events that were over the limit. */
  readonly droppedEventsCount: number
  /** Links that were over the limit. */
  readonly droppedLinksCount: number
}

/** A span that records: what a processor gets at its start. */
export type Span = ApiSpan & ReadableSpan
