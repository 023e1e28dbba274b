// SPDX-License-Identifier: Apache-2.0
import type { ResourceLogs } from '../model/logs.ts'
import type { ResourceMetrics } from '../model/metrics.ts'
import type { Signal } from '../model/resource.ts'
import type { ResourceSpans } from '../model/traces.ts'
import type { BatchIndex } from './batch-index.ts'
import type { BatchEditor } from './edit.ts'

/** What {@link Batch.records} returns for each signal. */
export interface RecordsBySignal {
  traces: ResourceSpans[]
  metrics: ResourceMetrics[]
  logs: ResourceLogs[]
}

/**
 * Telemetry of one signal on its way through a process: an immutable value. OTLP bytes are kept as they came, and
 * each reader climbs only as high as it must: bytes (forward, count, merge, split), index (read or change single
 * fields), records (plain objects). Sharing a batch between consumers therefore needs no copy.
 *
 * Built by `batchFromBytes`, `batchFromJson` and `batchFromRecords`; the last two encode at once.
 */
export interface Batch<S extends Signal = Signal> {
  readonly signal: S
  /** Spans, log records, or metric data points: what queues and limits count. */
  readonly itemCount: number
  /**
   * Bytes this batch keeps alive: chunk bytes, and the index; that of requests that came as protobuf has its room counted
   * before it is built too. What memory limits account.
   */
  readonly byteCount: number
  /**
   * OTLP protobuf, one entry per source request. Concatenated they are one valid `Export…ServiceRequest`
   * (repeated fields concatenate), so merging is joining lists. Borders are kept so that a merged batch that a
   * peer refuses for good can be sent again request by request.
   */
  chunks(): readonly Uint8Array[]
  /** Offsets of every field and attribute; built when first asked for, and kept. Throws nothing: structure was checked at the door. */
  index(): BatchIndex
  /** Fresh plain objects that belong to the caller. Costs about ten times the index; see `batchCounters`. */
  records(): RecordsBySignal[S]
  /** A new batch with the changes that `change` makes through the editor; this one stays as it is. */
  edit(change: (editor: BatchEditor) => void): Batch<S>
}

/** What this process did with batches so far. Shows that a pipeline forwards bytes it need not open. */
export interface BatchCounters {
  /** Records (spans, log records, data points) made into objects by `records()`. */
  decodedRecordCount: number
  /** Records turned from objects into bytes. */
  encodedRecordCount: number
  /** Unknown protobuf fields and JSON keys met while making objects; bytes and index keep them, records do not. */
  unknownFieldCount: number
}
