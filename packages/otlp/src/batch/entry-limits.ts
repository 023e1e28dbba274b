// SPDX-License-Identifier: Apache-2.0

/**
 * How many things a request from outside may hold, so that few bytes cannot ask for much memory: an empty span is two
 * bytes on the wire and forty in the index. What this library wrote itself is not limited.
 */
export interface EntryLimits {
  /** Nodes, attributes and elements of values: so many of each. */
  readonly maxEntries: number
  /** Entries of what is decoded in one go: one span, log record or data point, or the attributes of one resource or scope. */
  readonly maxUnitEntries: number
  /**
   * Bytes of a resource, scope or metric beside the scopes, records or points in it: each piece of a split batch repeats
   * them, and each reader of a piece decodes them again.
   */
  readonly maxEnvelopeBytes: number
}

/** Entries that every request may have, however short it is. */
export const baseEntries = 65_536
// The shortest entries that mean something are an attribute of one letter with a digit (9 bytes), a log record with
// nothing but its time (11) and a data point with time and value (20).
const bytesPerEntry = 8
// 131,072 values are decoded and stored in some 40 ms; the largest spans and log records of real senders have thousands.
const maxUnitEntries = 131_072
// Resources of real senders have some kilobytes.
const maxEnvelopeBytes = 1024 * 1024

// In JSON an attribute of one letter with a digit has 36 bytes and two objects; `"events":[],` has 12.
const jsonBytesPerEntry = 12

/** Objects and arrays, together, that JSON text of so many bytes may have. */
export function maxJsonEntries(byteCount: number): number {
  return baseEntries + Math.floor(byteCount / jsonBytesPerEntry)
}

/** The limits of a request that came in so many bytes. */
export function entryLimits(byteCount: number): EntryLimits {
  return { maxEntries: baseEntries + Math.floor(byteCount / bytesPerEntry), maxUnitEntries, maxEnvelopeBytes }
}

/** For bytes that this library wrote, or that the caller vouches for. */
export const noEntryLimits: EntryLimits = {
  maxEntries: Number.POSITIVE_INFINITY,
  maxUnitEntries: Number.POSITIVE_INFINITY,
  maxEnvelopeBytes: Number.POSITIVE_INFINITY,
}
