// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '../model/resource.ts'
import type { Batch } from './batch.ts'
import { Chunk } from './chunk.ts'
import { partsOf, StoredBatch } from './stored-batch.ts'

/**
 * One checked request as plain data: its bytes and the finished tables of its index. What travels between threads, with
 * the buffers handed over, so that the receiving thread neither checks nor indexes again.
 */
export interface BatchPart {
  readonly bytes: Uint8Array
  readonly itemCount: number
  /** Rows of the index; their layout belongs to one version of this package. */
  readonly nodes: Int32Array
  readonly attributes: Int32Array
  readonly unknownFieldCount: number
}

/**
 * Takes a batch apart, one part a source request, building the index where it is not built yet. The buffers are the
 * batch's own: when they are handed over to another thread, the batch is used up.
 *
 * @example
 * ```ts
 * import { batchFromParts, batchFromRecords, batchToParts } from '@otel-ts/otlp'
 * const batch = batchFromRecords('logs', [{ resource: undefined, scopeLogs: [], schemaUrl: '' }])
 * console.log(batchFromParts('logs', batchToParts(batch)).chunks()[0]) // Uint8Array(2) [ 10, 0 ]
 * ```
 */
export function batchToParts(batch: Batch): BatchPart[] {
  return partsOf(batch).map(({ bytes, itemCount, tables }) => ({
    bytes,
    itemCount,
    nodes: tables.nodes,
    attributes: tables.attributes,
    unknownFieldCount: tables.unknownFieldCount,
  }))
}

/**
 * The batch of which {@link batchToParts} made these parts, in the same version of this package. Nothing is checked
 * again: parts from anywhere else break whoever reads the batch.
 *
 * @example
 * ```ts
 * import { batchFromParts } from '@otel-ts/otlp'
 * console.log(batchFromParts('traces', []).itemCount) // 0
 * ```
 */
export function batchFromParts<S extends Signal>(signal: S, parts: readonly BatchPart[]): Batch<S> {
  const chunks = parts.map(
    ({ bytes, itemCount, nodes, attributes, unknownFieldCount }) =>
      new Chunk(signal, bytes, itemCount, { nodes, attributes, itemCount, unknownFieldCount, split: false }),
  )
  return new StoredBatch(signal, chunks)
}
