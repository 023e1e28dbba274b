// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '../model/resource.ts'
import { buildIndex, type IndexTables } from './build-index.ts'
import type { EntryLimits } from './entry-limits.ts'
import { normalise } from './normalise.ts'

/** A request whose structure is right and in which nothing occurs in parts, with its offsets. */
export interface CheckedRequest {
  readonly bytes: Uint8Array
  readonly tables: IndexTables
}

/** Checks a request; throws an OtlpError when it is malformed or beyond the limits. Bytes are kept as they are unless parts had to be joined. */
export function checkRequest(signal: Signal, bytes: Uint8Array, limits: EntryLimits): CheckedRequest {
  const tables = buildIndex(signal, bytes, limits)
  if (!tables.split) return { bytes, tables }
  const joined = normalise(signal, bytes)
  return { bytes: joined, tables: buildIndex(signal, joined, limits) }
}
