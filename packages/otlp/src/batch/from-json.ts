// SPDX-License-Identifier: Apache-2.0
import { encodeRecords } from '../encode/encode.ts'
import { checkJsonEntries } from '../json/count-entries.ts'
import { parseJsonCounting } from '../json/parse.ts'
import type { Signal } from '../model/resource.ts'
import type { Batch } from './batch.ts'
import { buildIndex } from './build-index.ts'
import { Chunk } from './chunk.ts'
import { batchCounters } from './counters.ts'
import { entryLimits } from './entry-limits.ts'
import { StoredBatch } from './stored-batch.ts'

// A byte order mark in front is skipped.
const textDecoder = new TextDecoder()

// Shorter text cannot hold more in one item than is allowed there: a number and its comma take two bytes.
const maxUncheckedBytes = 2 * entryLimits(0).maxUnitEntries

/**
 * A batch of one OTLP JSON request, UTF-8; invalid sequences show as U+FFFD. Unknown keys are ignored and counted in
 * `batchCounters`. Throws OTLP_JSON or OTLP_NESTING as `parseJson` does, and OTLP_TOO_MANY when it has more objects and
 * arrays than 65,536 and one for every 12 bytes, or one item holds more than 131,072 values.
 *
 * @example
 * ```ts
 * import { batchFromJson } from '@otel-ts/otlp'
 * const text = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hi"}}]}]}]}'
 * console.log(batchFromJson('logs', new TextEncoder().encode(text)).itemCount) // 1
 * ```
 */
export function batchFromJson<S extends Signal>(signal: S, bytes: Uint8Array): Batch<S> {
  checkJsonEntries(signal, bytes)
  const { records, unknownKeyCount } = parseJsonCounting(signal, textDecoder.decode(bytes))
  batchCounters.unknownFieldCount += unknownKeyCount
  const encoded = encodeRecords(signal, records)
  batchCounters.encodedRecordCount += encoded.itemCount
  const tables =
    bytes.length > maxUncheckedBytes ? buildIndex(signal, encoded.bytes, entryLimits(bytes.length)) : undefined
  return new StoredBatch(signal, [new Chunk(signal, encoded.bytes, encoded.itemCount, tables)])
}
