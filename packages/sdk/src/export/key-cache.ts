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

/** Counts how often the cache was emptied: entries kept elsewhere are out of date when it changes. */
export let keyCacheGeneration = 0

function empty(): void {
  entries.clear()
  keyCacheGeneration++
}

/** Empties a cache that has grown too large. Call before a span: entries stay in the cache until the next call. */
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
