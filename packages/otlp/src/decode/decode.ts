// SPDX-License-Identifier: Apache-2.0
import type { RecordsBySignal } from '../batch/batch.ts'
import { checkRequest } from '../batch/check.ts'
import { noEntryLimits } from '../batch/entry-limits.ts'
import type { ResourceLogs } from '../model/logs.ts'
import type { ResourceMetrics } from '../model/metrics.ts'
import type { Signal } from '../model/resource.ts'
import type { ResourceSpans } from '../model/traces.ts'
import { Decoder } from './decoder.ts'
import { readLogs } from './logs.ts'
import { readMetrics } from './metrics.ts'
import { readTraces } from './traces.ts'

/** Appends the records of a checked request to `out`. */
export function readRecords<S extends Signal>(signal: S, checked: Uint8Array, out: RecordsBySignal[S]): void {
  const decoder = new Decoder(checked)
  if (signal === 'traces') readTraces(decoder, out as ResourceSpans[])
  else if (signal === 'metrics') readMetrics(decoder, out as ResourceMetrics[])
  else readLogs(decoder, out as ResourceLogs[])
}

function decode<S extends Signal>(signal: S, bytes: Uint8Array): RecordsBySignal[S] {
  const out: RecordsBySignal[S] = [] as RecordsBySignal[S]
  readRecords(signal, checkRequest(signal, bytes, noEntryLimits).bytes, out)
  return out
}

/**
 * Decodes an `ExportTraceServiceRequest` or `TracesData` into plain objects. Unknown fields are dropped, invalid UTF-8
 * shows as U+FFFD. Throws an `OtlpError` that names message, field and offset when the structure is wrong; groups
 * (wire types 3 and 4) are refused.
 *
 * @example
 * ```ts
 * import { decodeTraces } from '@otel-ts/otlp'
 * console.log(decodeTraces(Uint8Array.of(10, 3, 26, 1, 117))) // [ { resource: undefined, scopeSpans: [], schemaUrl: 'u' } ]
 * ```
 */
export function decodeTraces(bytes: Uint8Array): ResourceSpans[] {
  return decode('traces', bytes)
}

/**
 * Decodes an `ExportMetricsServiceRequest` or `MetricsData`, as {@link decodeTraces} does spans.
 *
 * @example
 * ```ts
 * import { decodeMetrics } from '@otel-ts/otlp'
 * console.log(decodeMetrics(new Uint8Array(0))) // []
 * ```
 */
export function decodeMetrics(bytes: Uint8Array): ResourceMetrics[] {
  return decode('metrics', bytes)
}

/**
 * Decodes an `ExportLogsServiceRequest` or `LogsData`, as {@link decodeTraces} does spans.
 *
 * @example
 * ```ts
 * import { decodeLogs } from '@otel-ts/otlp'
 * console.log(decodeLogs(new Uint8Array(0))) // []
 * ```
 */
export function decodeLogs(bytes: Uint8Array): ResourceLogs[] {
  return decode('logs', bytes)
}
