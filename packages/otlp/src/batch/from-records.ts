// SPDX-License-Identifier: Apache-2.0
import { encodeRecords } from '../encode/encode.ts'
import type { Signal } from '../model/resource.ts'
import type { Batch, RecordsBySignal } from './batch.ts'
import { Chunk } from './chunk.ts'
import { batchCounters } from './counters.ts'
import { StoredBatch } from './stored-batch.ts'

/**
 * A batch of records. They are encoded at once, so that errors show here and the caller may use the objects again:
 * throws OTLP_VALUE for an id that is not hexadecimal, OTLP_NESTING for values deeper than 100.
 *
 * @example
 * ```ts
 * import { batchFromRecords } from '@otel-ts/otlp'
 * const batch = batchFromRecords('traces', [{ resource: undefined, scopeSpans: [], schemaUrl: '' }])
 * console.log(batch.chunks()[0]) // Uint8Array(2) [ 10, 0 ]
 * ```
 */
export function batchFromRecords<S extends Signal>(signal: S, records: RecordsBySignal[S]): Batch<S> {
  const { bytes, itemCount } = encodeRecords(signal, records)
  batchCounters.encodedRecordCount += itemCount
  return new StoredBatch(signal, [new Chunk(signal, bytes, itemCount)])
}
