// SPDX-License-Identifier: Apache-2.0
import { keyField } from '@otel-ts/otlp/proto'

/** An attribute key, ready to be written. */
export interface KeyEntry {
  /** `KeyValue.key` as protobuf, tag and length included. */
  readonly field: Uint8Array
  /** Which span last wrote this key: finds a key that a span has twice, without a set per span. */
  stamp: number
}

// Keys that repeat fit; a flood of random ones empties the cache now and then instead of growing it.
const maxKeyCount = 4096
const entries = new Map<string, KeyEntry>()
let stamp = 0

// Keys of the attributes before, by position: those of one kind come in rows, and comparing two pointers is a tenth of a
// Map look-up.
const maxRecentCount = 32
const recentKeys: string[] = []
const recentEntries: KeyEntry[] = []

function empty(): void {
  entries.clear()
  // Entries kept here would no longer be those that get the stamps.
  recentKeys.length = 0
  recentEntries.length = 0
}

/** Empties a cache that has grown too large. Call before each list of attributes: entries stay in the cache until the next call. */
export function boundKeyCache(): void {
  if (entries.size > maxKeyCount) empty()
}

/** A stamp that no entry has. */
export function nextStamp(): number {
  // Stamps are small integers; starting over needs a cache without old ones.
  if (stamp === 0x3fffffff) {
    empty()
    stamp = 0
  }
  return ++stamp
}

/** The entry of a key. */
export function keyEntry(key: string): KeyEntry {
  const known = entries.get(key)
  if (known !== undefined) return known
  const made: KeyEntry = { field: keyField(key), stamp: 0 }
  entries.set(key, made)
  return made
}

/** The entry of the key of the attribute at this position of its list. */
export function keyEntryAt(key: string, position: number): KeyEntry {
  if (recentKeys[position] === key) return recentEntries[position]!
  const entry = keyEntry(key)
  if (position < maxRecentCount) {
    recentKeys[position] = key
    recentEntries[position] = entry
  }
  return entry
}
