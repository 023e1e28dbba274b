// SPDX-License-Identifier: Apache-2.0
import { otlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import type { Batch } from './batch.ts'
import type { AttributeKey } from './batch-index.ts'
import { partsOf, StoredBatch } from './stored-batch.ts'

/**
 * One batch of all the requests, in order; joins lists, copies nothing. The batches must be of one signal, at least
 * one.
 *
 * @example
 * ```ts
 * import { batchFromRecords, mergeBatches, splitBySource } from '@otel-ts/otlp'
 * const entry = { resource: undefined, scopeLogs: [], schemaUrl: '' }
 * const merged = mergeBatches([batchFromRecords('logs', [entry]), batchFromRecords('logs', [entry])])
 * console.log(merged.chunks().length, splitBySource(merged).length) // 2 2
 * ```
 */
export function mergeBatches<S extends Signal>(batches: readonly Batch<S>[]): Batch<S> {
  const first = batches[0]
  const other = batches.find((batch) => batch.signal !== first?.signal)
  if (first === undefined || other !== undefined) {
    throw otlpError(
      'OTLP_VALUE',
      `mergeBatches: found ${other === undefined ? 'no batch' : `${first!.signal} and ${other.signal}`}; allowed are one or more batches of one signal; nothing merged`,
    )
  }
  return batches.length === 1 ? first : new StoredBatch(first.signal, batches.flatMap(partsOf))
}

/**
 * One batch a source request: what a merged batch that was refused for good is sent again as.
 *
 * @example
 * ```ts
 * import { batchFromRecords, splitBySource } from '@otel-ts/otlp'
 * console.log(splitBySource(batchFromRecords('logs', [])).length) // 1
 * ```
 */
export function splitBySource<S extends Signal>(batch: Batch<S>): Batch<S>[] {
  const parts = partsOf(batch)
  return parts.length === 1 ? [batch] : parts.map((part) => new StoredBatch(batch.signal, [part]))
}

const textEncoder = new TextEncoder()

/**
 * Makes an attribute key ready for searching; do it once, not for each record.
 *
 * @example
 * ```ts
 * import { attributeKey } from '@otel-ts/otlp'
 * console.log(attributeKey('id').utf8) // Uint8Array(2) [ 105, 100 ]
 * ```
 */
export function attributeKey(text: string): AttributeKey {
  return { text, utf8: textEncoder.encode(text) }
}
