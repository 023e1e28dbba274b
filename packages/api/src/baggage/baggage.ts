// SPDX-License-Identifier: Apache-2.0
import { diag } from '../diag/diag-api.ts'

/**
 * Opaque metadata of a baggage entry: one string, kept and sent on as it is. Made by
 * {@link baggageEntryMetadataFromString}.
 */
export type BaggageEntryMetadata = { toString(): string } & {
  // npm's types make this a unique symbol of each copy; only `any` is assignable to and from all of them.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly __TYPE__: any
}

/**
 * Value of one name in a {@link Baggage}.
 *
 * @example
 * ```ts
 * import { propagation, type BaggageEntry } from '@otel-ts/api'
 * const entry: BaggageEntry = { value: 'acme' }
 * console.log(propagation.createBaggage({ tenant: entry }).getEntry('tenant')?.value) // acme
 * ```
 */
export interface BaggageEntry {
  /** Any string; propagators encode it, the API returns it as it was set. */
  value: string
  metadata?: BaggageEntryMetadata
}

/**
 * Names and values that travel with a request. Immutable: changes return a new one. Names are case-sensitive and not
 * validated here; propagators skip what they cannot send. Specification: baggage/api.md.
 *
 * @example
 * ```ts
 * import { propagation, type Baggage } from '@otel-ts/api'
 * const empty: Baggage = propagation.createBaggage()
 * const baggage = empty.setEntry('tenant', { value: 'B% 💼' })
 * console.log(baggage.getEntry('tenant')?.value, empty.getAllEntries().length) // B% 💼 0
 * ```
 */
export interface Baggage {
  getEntry(key: string): BaggageEntry | undefined
  /** All entries; their order has no meaning. */
  getAllEntries(): [string, BaggageEntry][]
  /** The last write of a name wins, over remote entries too. */
  setEntry(key: string, entry: BaggageEntry): Baggage
  removeEntry(key: string): Baggage
  removeEntries(...keys: string[]): Baggage
  clear(): Baggage
}

class MapBaggage implements Baggage {
  readonly #entries: ReadonlyMap<string, BaggageEntry>

  constructor(entries: ReadonlyMap<string, BaggageEntry>) {
    this.#entries = entries
  }

  getEntry(key: string): BaggageEntry | undefined {
    const entry = this.#entries.get(key)
    return entry === undefined ? undefined : { ...entry }
  }

  getAllEntries(): [string, BaggageEntry][] {
    return Array.from(this.#entries, ([key, entry]): [string, BaggageEntry] => [key, { ...entry }])
  }

  setEntry(key: string, entry: BaggageEntry): Baggage {
    // Copied on the way in and out: neither the caller's object nor ours can change an existing baggage.
    return new MapBaggage(new Map(this.#entries).set(key, { ...entry }))
  }

  removeEntry(key: string): Baggage {
    return this.removeEntries(key)
  }

  removeEntries(...keys: string[]): Baggage {
    const entries = new Map(this.#entries)
    for (const key of keys) entries.delete(key)
    return new MapBaggage(entries)
  }

  clear(): Baggage {
    return emptyBaggage
  }
}

const emptyBaggage: Baggage = new MapBaggage(new Map())

/** A baggage with `entries` (default: none); `propagation.createBaggage`. */
export function createBaggage(entries: Record<string, BaggageEntry> = {}): Baggage {
  const copies = new Map<string, BaggageEntry>()
  for (const [key, entry] of Object.entries(entries)) copies.set(key, { ...entry })
  return new MapBaggage(copies)
}

const metadataType: unique symbol = Symbol.for('otel-ts.baggage-entry-metadata') as never

/**
 * Metadata of a baggage entry from its text, which is kept as it is. Of anything but a string, with a diagnostic error,
 * the empty metadata.
 *
 * @example
 * ```ts
 * import { baggageEntryMetadataFromString, propagation } from '@otel-ts/api'
 * const metadata = baggageEntryMetadataFromString('ttl=30;private')
 * const baggage = propagation.createBaggage({ user: { value: '7', metadata } })
 * console.log(baggage.getEntry('user')?.metadata?.toString()) // ttl=30;private
 * ```
 */
export function baggageEntryMetadataFromString(text: string): BaggageEntryMetadata {
  if (typeof text !== 'string') {
    diag.error(
      `API_BAGGAGE_METADATA: baggageEntryMetadataFromString: got ${text === null ? 'null' : typeof text}; ` +
        'expected a string; the entry has empty metadata',
    )
    text = ''
  }
  const kept = text
  return { __TYPE__: metadataType, toString: () => kept }
}
