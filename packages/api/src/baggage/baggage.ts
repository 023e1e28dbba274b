// SPDX-License-Identifier: Apache-2.0

/** Opaque metadata of a baggage entry: one string, kept and sent on as it is. */
export type BaggageEntryMetadata = { toString(): string } & {
  // npm's types make this a unique symbol of each copy; only `any` is assignable to and from all of them.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly __TYPE__: any
}

/** Value of one name in a {@link Baggage}. */
export interface BaggageEntry {
  /** Any string; propagators encode it, the API returns it as it was set. */
  value: string
  metadata?: BaggageEntryMetadata
}

/** Names and values that travel with a request. Immutable: changes return a new one. Specification: baggage/api.md. */
export interface Baggage {
  getEntry(key: string): BaggageEntry | undefined
  /** All entries; their order has no meaning. */
  getAllEntries(): [string, BaggageEntry][]
  setEntry(key: string, entry: BaggageEntry): Baggage
  removeEntry(key: string): Baggage
  removeEntries(...keys: string[]): Baggage
  clear(): Baggage
}
