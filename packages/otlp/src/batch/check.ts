// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '../model/resource.ts'
import { buildIndex, type IndexTables } from './build-index.ts'
import { baseEntries, type EntryLimits, noEntryLimits } from './entry-limits.ts'
import { normalise } from './normalise.ts'
import { type PlainCounts, walkPlain } from './plain-walk.ts'
import { attributeStride, nodeStride } from './tables.ts'

/** A request whose structure is right and in which nothing occurs in parts. */
export interface CheckedRequest {
  readonly bytes: Uint8Array
  /** What was counted, or offsets too where checking had to note them. */
  readonly found: PlainCounts | IndexTables
}

/**
 * Checks a request; throws an OtlpError when it is malformed or beyond the limits. Bytes are kept as they are unless
 * parts had to be joined. Offsets are not noted while it looks like nearly all requests: most batches are handed on
 * without being read, and the tables would be a third of what they make the collector of garbage pick up.
 */
export function checkRequest(signal: Signal, bytes: Uint8Array, limits: EntryLimits): CheckedRequest {
  // Plain requests stay below the usual limits by themselves.
  if (
    limits.maxEntries >= baseEntries &&
    limits.maxUnitEntries >= baseEntries &&
    limits.maxEnvelopeBytes >= bytes.length
  ) {
    const counts = walkPlain(signal, bytes)
    if (counts !== undefined) return { bytes, found: counts }
  }
  const tables = buildIndex(signal, bytes, limits)
  if (!tables.split) return { bytes, found: tables }
  const joined = normalise(signal, bytes)
  return { bytes: joined, found: buildIndex(signal, joined, limits) }
}

/** Offsets of everything in a request that is known to be right. */
export function tablesOf(signal: Signal, bytes: Uint8Array, known?: PlainCounts): IndexTables {
  const counts = known ?? walkPlain(signal, bytes)
  if (counts === undefined) return buildIndex(signal, bytes, noEntryLimits)
  const nodes = new Int32Array(counts.nodeCount * nodeStride)
  const attributes = new Int32Array(counts.attributeCount * attributeStride)
  const { itemCount, unknownFieldCount } = counts
  walkPlain(signal, bytes, { nodes, attributes })
  return { nodes, attributes, itemCount, unknownFieldCount, split: false }
}

/** Bytes that the index of a request takes. */
export function indexByteCount(found: PlainCounts | IndexTables): number {
  if ('nodes' in found) return found.nodes.byteLength + found.attributes.byteLength
  return 4 * (found.nodeCount * nodeStride + found.attributeCount * attributeStride)
}
