// SPDX-License-Identifier: Apache-2.0
import type { BatchCounters } from './batch.ts'

const key: unique symbol = Symbol.for('otel-ts.batch-counters') as never
const shared = globalThis as { [key]?: BatchCounters }

/**
 * What this process did with batches so far, counted over all copies of the package. Set the fields to 0 to start
 * over.
 *
 * @example
 * ```ts
 * import { batchCounters, batchFromRecords } from '@otel-ts/otlp'
 * batchFromRecords('logs', []).records()
 * console.log(batchCounters.decodedRecordCount) // 0
 * ```
 */
export const batchCounters: BatchCounters = (shared[key] ??= {
  decodedRecordCount: 0,
  encodedRecordCount: 0,
  unknownFieldCount: 0,
})
