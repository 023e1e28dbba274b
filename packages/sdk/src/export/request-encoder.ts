// SPDX-License-Identifier: Apache-2.0

/**
 * Encodes one export request a slice at a time, so that a long batch leaves the event loop room in between:
 * `while (!encoder.next(256)) await …`.
 */
export interface RequestEncoder {
  /** Encodes at most `count` more items (spans, data points, log records); true when all are encoded. */
  next(count: number): boolean
  /** The request in pieces that belong one after the other. Call when `next` has returned true. */
  finish(): Uint8Array[]
}

/** Encodes all at once. */
export function encodeWhole(encoder: RequestEncoder): Uint8Array[] {
  encoder.next(Number.POSITIVE_INFINITY)
  return encoder.finish()
}
