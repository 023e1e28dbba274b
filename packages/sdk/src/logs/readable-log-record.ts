// SPDX-License-Identifier: Apache-2.0
import type { Attributes, HrTime, SpanContext } from '@otel-ts/api'
import type { Resource } from '../resource/resource.ts'
import type { InstrumentationScope } from '../trace/readable-span.ts'

/**
 * A log record as processors and exporters see it; the shape is that of opentelemetry-js (`@opentelemetry/sdk-logs` 0.2xx
 * and 3.x), so that our exporters take its records.
 */
export interface ReadableLogRecord {
  /** When it happened, in seconds and nanoseconds since the epoch. `[0, 0]`: unknown. */
  readonly hrTime: HrTime
  /** When it was seen. */
  readonly hrTimeObserved: HrTime
  /** The span that was active. */
  readonly spanContext?: SpanContext
  readonly severityText?: string
  /** 1 (TRACE) to 24 (FATAL4). */
  readonly severityNumber?: number
  /** Text, or any value that an attribute can have. */
  readonly body?: unknown
  readonly eventName?: string
  readonly resource: Resource
  readonly instrumentationScope: InstrumentationScope
  readonly attributes: Attributes
  /** Attributes that were over the limit. */
  readonly droppedAttributesCount: number
}
