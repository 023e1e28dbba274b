// SPDX-License-Identifier: Apache-2.0
import type { RecordsBySignal } from '../batch/batch.ts'
import type { ResourceLogs } from '../model/logs.ts'
import type { ResourceMetrics } from '../model/metrics.ts'
import type { Signal } from '../model/resource.ts'
import type { ResourceSpans } from '../model/traces.ts'
import { ProtoWriter } from '../proto/writer.ts'
import { writeLogs } from './logs.ts'
import { writeMetrics } from './metrics.ts'
import { writeTraces } from './traces.ts'

// One buffer for all: encoding is synchronous, so nothing can enter between reset and take. A buffer that one huge
// batch has blown up is let go.
const keptCapacity = 4 << 20
let writer = new ProtoWriter(64 << 10)

/** Bytes and the count of spans, log records or data points in them. */
export interface EncodedRecords {
  readonly bytes: Uint8Array
  readonly itemCount: number
}

/** Encodes records of any signal and counts them. */
export function encodeRecords<S extends Signal>(signal: S, records: RecordsBySignal[S]): EncodedRecords {
  writer.reset()
  let itemCount: number
  if (signal === 'traces') itemCount = writeTraces(writer, records as ResourceSpans[])
  else if (signal === 'metrics') itemCount = writeMetrics(writer, records as ResourceMetrics[])
  else itemCount = writeLogs(writer, records as ResourceLogs[])
  const bytes = writer.take()
  if (writer.buf.length > keptCapacity) writer = new ProtoWriter(64 << 10)
  return { bytes, itemCount }
}

/**
 * Encodes spans as `ExportTraceServiceRequest` (the same bytes as `TracesData`): canonical protobuf, fields in order,
 * defaults left out, lengths minimal. `KeyValue.value` is always written, also when empty. Integers outside 64 bits
 * wrap. Throws OTLP_VALUE for an id that is not hexadecimal and OTLP_NESTING for values deeper than 100.
 *
 * @example
 * ```ts
 * import { encodeTraces } from '@otel-ts/otlp'
 * console.log(encodeTraces([{ resource: undefined, scopeSpans: [], schemaUrl: 'u' }])) // Uint8Array(5) [ 10, 3, 26, 1, 117 ]
 * ```
 */
export function encodeTraces(resourceSpans: ResourceSpans[]): Uint8Array {
  return encodeRecords('traces', resourceSpans).bytes
}

/**
 * Encodes metrics as `ExportMetricsServiceRequest`, as {@link encodeTraces} does spans.
 *
 * @example
 * ```ts
 * import { encodeMetrics } from '@otel-ts/otlp'
 * console.log(encodeMetrics([]).length) // 0
 * ```
 */
export function encodeMetrics(resourceMetrics: ResourceMetrics[]): Uint8Array {
  return encodeRecords('metrics', resourceMetrics).bytes
}

/**
 * Encodes log records as `ExportLogsServiceRequest`, as {@link encodeTraces} does spans. A `body` of undefined is
 * left out.
 *
 * @example
 * ```ts
 * import { encodeLogs } from '@otel-ts/otlp'
 * console.log(encodeLogs([]).length) // 0
 * ```
 */
export function encodeLogs(resourceLogs: ResourceLogs[]): Uint8Array {
  return encodeRecords('logs', resourceLogs).bytes
}
