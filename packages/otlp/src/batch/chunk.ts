// SPDX-License-Identifier: Apache-2.0
import type { Signal } from '../model/resource.ts'
import type { IndexTables } from './build-index.ts'
import { checkRequest, indexByteCount, tablesOf } from './check.ts'
import { ChunkIndex } from './chunk-index.ts'
import type { EntryLimits } from './entry-limits.ts'
import { type PlainCounts, walkPlain } from './plain-walk.ts'

/** One request's bytes with what is known of them; shared by all batches that hold it. */
export class Chunk {
  readonly signal: Signal
  readonly bytes: Uint8Array
  readonly itemCount: number
  #counts: PlainCounts | undefined
  #tables: IndexTables | undefined
  #index: ChunkIndex | undefined

  /** Bytes whose structure is known to be right: written here, or checked. */
  constructor(signal: Signal, bytes: Uint8Array, itemCount: number, found?: PlainCounts | IndexTables) {
    this.signal = signal
    this.bytes = bytes
    this.itemCount = itemCount
    if (found !== undefined) {
      if ('nodes' in found) this.#tables = found
      else this.#counts = found
    }
  }

  /** Checks bytes that were written elsewhere; throws an OtlpError. */
  static checked(signal: Signal, bytes: Uint8Array, limits: EntryLimits): Chunk {
    const request = checkRequest(signal, bytes, limits)
    return new Chunk(signal, request.bytes, request.found.itemCount, request.found)
  }

  get tables(): IndexTables {
    return (this.#tables ??= tablesOf(this.signal, this.bytes, this.#counts))
  }

  get index(): ChunkIndex {
    return (this.#index ??= new ChunkIndex(this.signal, this.bytes, this.tables))
  }

  /** Unknown fields in it; found without building the index. */
  get unknownFieldCount(): number {
    const known = this.#tables ?? this.#counts ?? walkPlain(this.signal, this.bytes)
    return (known ?? this.tables).unknownFieldCount
  }

  /** Bytes kept alive with the index; for bytes that were checked also before it is built, so that it has its room. */
  get byteCount(): number {
    const found = this.#tables ?? this.#counts
    return found === undefined ? this.bytes.length : this.bytes.length + indexByteCount(found)
  }
}
