// SPDX-License-Identifier: Apache-2.0
import type { KeyValue } from './any-value.ts'
import type { InstrumentationScope, Resource } from './resource.ts'

/** OTLP `ResourceSpans`: the spans of one resource. `resource` is undefined when the message has none. */
export interface ResourceSpans {
  resource: Resource | undefined
  scopeSpans: ScopeSpans[]
  schemaUrl: string
}

/** OTLP `ScopeSpans`. */
export interface ScopeSpans {
  scope: InstrumentationScope | undefined
  spans: Span[]
  schemaUrl: string
}

/**
 * OTLP `Span`. Ids are lower-case hex of whatever length was sent (`''` = none), times are nanoseconds since the Unix
 * epoch, `flags` holds the W3C trace flags in bits 0-7 and has-is-remote / is-remote in bits 8 and 9.
 */
export interface Span {
  traceId: string
  spanId: string
  traceState: string
  parentSpanId: string
  flags: number
  name: string
  kind: number
  startTimeUnixNano: bigint
  endTimeUnixNano: bigint
  attributes: KeyValue[]
  droppedAttributesCount: number
  events: SpanEvent[]
  droppedEventsCount: number
  links: SpanLink[]
  droppedLinksCount: number
  status: SpanStatus | undefined
}

/** OTLP `Span.Event`. */
export interface SpanEvent {
  timeUnixNano: bigint
  name: string
  attributes: KeyValue[]
  droppedAttributesCount: number
}

/** OTLP `Span.Link`. */
export interface SpanLink {
  traceId: string
  spanId: string
  traceState: string
  attributes: KeyValue[]
  droppedAttributesCount: number
  flags: number
}

/** OTLP `Status`: `code` 0 = Unset, 1 = Ok, 2 = Error. */
export interface SpanStatus {
  message: string
  code: number
}
