// SPDX-License-Identifier: Apache-2.0
import { parseJsonCounting } from '../json/parse.ts'
import type { Signal } from '../model/resource.ts'
import type { Batch } from './batch.ts'
import { batchCounters } from './counters.ts'
import { batchFromRecords } from './from-records.ts'

// A byte order mark in front is skipped.
const textDecoder = new TextDecoder()

/**
 * A batch of one OTLP JSON request, UTF-8; invalid sequences show as U+FFFD. Unknown keys are ignored and counted in
 * `batchCounters`. Throws OTLP_JSON or OTLP_NESTING as `parseJson` does.
 *
 * @example
 * ```ts
 * import { batchFromJson } from '@otel-ts/otlp'
 * const text = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hi"}}]}]}]}'
 * console.log(batchFromJson('logs', new TextEncoder().encode(text)).itemCount) // 1
 * ```
 */
export function batchFromJson<S extends Signal>(signal: S, bytes: Uint8Array): Batch<S> {
  const { records, unknownKeyCount } = parseJsonCounting(signal, textDecoder.decode(bytes))
  batchCounters.unknownFieldCount += unknownKeyCount
  return batchFromRecords(signal, records)
}
