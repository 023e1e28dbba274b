// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '../model/resource.ts'
import { buildIndex, type IndexTables } from './build-index.ts'
import { checkRequest } from './check.ts'
import { ChunkIndex } from './chunk-index.ts'
import { type EntryLimits, noEntryLimits } from './entry-limits.ts'

/** One request's bytes with what is known of them; shared by all batches that hold it. */
export class Chunk {
  readonly signal: Signal
  readonly bytes: Uint8Array
  readonly itemCount: number
  #tables: IndexTables | undefined
  #index: ChunkIndex | undefined

  /** Bytes whose structure is known to be right: written here, or checked. */
  constructor(signal: Signal, bytes: Uint8Array, itemCount: number, tables?: IndexTables) {
    this.signal = signal
    this.bytes = bytes
    this.itemCount = itemCount
    this.#tables = tables
  }

  /** Checks bytes that were written elsewhere; throws an OtlpError. */
  static checked(signal: Signal, bytes: Uint8Array, limits: EntryLimits): Chunk {
    const request = checkRequest(signal, bytes, limits)
    return new Chunk(signal, request.bytes, request.tables.itemCount, request.tables)
  }

  get tables(): IndexTables {
    return (this.#tables ??= buildIndex(this.signal, this.bytes, noEntryLimits))
  }

  get index(): ChunkIndex {
    return (this.#index ??= new ChunkIndex(this.signal, this.bytes, this.tables))
  }

  /** Bytes kept alive, the index included once it is built. */
  get byteCount(): number {
    const tables = this.#tables
    if (tables === undefined) return this.bytes.length
    return this.bytes.length + tables.nodes.byteLength + tables.attributes.byteLength
  }
}
