// SPDX-License-Identifier: Apache-2.0
import type { AnyValue, KeyValue } from './any-value.ts'
import type { InstrumentationScope, Resource } from './resource.ts'

/** OTLP `ResourceLogs`. */
export interface ResourceLogs {
  resource: Resource | undefined
  scopeLogs: ScopeLogs[]
  schemaUrl: string
}

/** OTLP `ScopeLogs`. */
export interface ScopeLogs {
  scope: InstrumentationScope | undefined
  logRecords: LogRecord[]
  schemaUrl: string
}

/** OTLP `LogRecord`. Times are nanoseconds since the Unix epoch, 0 = unknown; `severityNumber` 0 = unspecified. */
export interface LogRecord {
  timeUnixNano: bigint
  observedTimeUnixNano: bigint
  severityNumber: number
  severityText: string
  body: AnyValue
  attributes: KeyValue[]
  droppedAttributesCount: number
  flags: number
  traceId: string
  spanId: string
  eventName: string
}
