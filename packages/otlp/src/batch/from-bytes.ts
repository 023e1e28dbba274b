// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '../model/resource.ts'
import type { Batch } from './batch.ts'
import { Chunk } from './chunk.ts'
import { entryLimits } from './entry-limits.ts'
import { StoredBatch } from './stored-batch.ts'

/**
 * A batch of one OTLP protobuf request (`Export…ServiceRequest` or `…Data`). The structure is checked, all of it, but
 * the index is built when somebody asks for it: throws an `OtlpError` (OTLP_TRUNCATED, OTLP_WIRE_TYPE, OTLP_VARINT, OTLP_NESTING, OTLP_TOO_LARGE above
 * 128 MiB) that names message, field, offset, claimed and remaining bytes. A request that holds more nodes, attributes or
 * elements of values than 65,536 and one for every 8 bytes, or more than 131,072 of them in one item, is refused with
 * OTLP_TOO_MANY, so that few bytes cannot ask for much memory. Text is not checked: invalid UTF-8 is
 * forwarded as it is and shows as U+FFFD in strings. The bytes must not be changed afterwards; they are kept, except
 * that singular messages sent in several parts are joined.
 *
 * @example
 * ```ts
 * import { batchFromBytes, encodeLogs } from '@otel-ts/otlp'
 * const batch = batchFromBytes('logs', encodeLogs([]))
 * console.log(batch.signal, batch.itemCount) // logs 0
 * ```
 */
export function batchFromBytes<S extends Signal>(signal: S, bytes: Uint8Array): Batch<S> {
  return new StoredBatch(signal, [Chunk.checked(signal, bytes, entryLimits(bytes.length))])
}
