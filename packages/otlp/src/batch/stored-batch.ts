// SPDX-License-Identifier: Apache-2.0
import { readRecords } from '../decode/decode.ts'
import type { Signal } from '../model/resource.ts'
import type { Batch, RecordsBySignal } from './batch.ts'
import type { BatchIndex } from './batch-index.ts'
import { Chunk } from './chunk.ts'
import { ChunkEditor } from './chunk-editor.ts'
import { batchCounters } from './counters.ts'
import type { BatchEditor } from './edit.ts'
import { noEntryLimits } from './entry-limits.ts'
import { MergedEditor } from './merged-editor.ts'
import { MergedIndex } from './merged-index.ts'
import { attributeStride } from './tables.ts'

/** The one kind of batch: a list of checked requests. */
export class StoredBatch<S extends Signal = Signal> implements Batch<S> {
  readonly signal: S
  readonly itemCount: number
  readonly parts: readonly Chunk[]
  #chunks: readonly Uint8Array[] | undefined
  #index: BatchIndex | undefined

  constructor(signal: S, parts: readonly Chunk[]) {
    this.signal = signal
    this.parts = parts
    let itemCount = 0
    for (const part of parts) itemCount += part.itemCount
    this.itemCount = itemCount
  }

  get byteCount(): number {
    let count = 0
    for (const part of this.parts) count += part.byteCount
    return count
  }

  chunks(): readonly Uint8Array[] {
    return (this.#chunks ??= this.parts.map((part) => part.bytes))
  }

  index(): BatchIndex {
    return (this.#index ??=
      this.parts.length === 1
        ? this.parts[0]!.index
        : new MergedIndex(
            this.signal,
            this.parts.map((part) => part.index),
            this.parts.map(attributeCount),
          ))
  }

  records(): RecordsBySignal[S] {
    const records = [] as RecordsBySignal[S]
    for (const part of this.parts) {
      readRecords(this.signal, part.bytes, records)
      batchCounters.unknownFieldCount += part.unknownFieldCount
    }
    batchCounters.decodedRecordCount += this.itemCount
    return records
  }

  edit(change: (editor: BatchEditor) => void): Batch<S> {
    const editors = this.parts.map((part) => new ChunkEditor(part.index))
    change(editors.length === 1 ? editors[0]! : new MergedEditor(this.signal, editors, this.parts.map(attributeCount)))
    const parts: Chunk[] = []
    let changed = false
    for (const [i, editor] of editors.entries()) {
      const result = editor.finish()
      if (result === undefined) {
        parts.push(this.parts[i]!)
        continue
      }
      changed = true
      if (result.bytes.length > 0) parts.push(new Chunk(this.signal, result.bytes, result.itemCount))
    }
    return changed ? new StoredBatch(this.signal, parts) : this
  }
}

function attributeCount(part: Chunk): number {
  return part.tables.attributes.length / attributeStride
}

/** The requests of a batch of any make. */
export function partsOf<S extends Signal>(batch: Batch<S>): readonly Chunk[] {
  if (batch instanceof StoredBatch) return batch.parts
  // A batch of another copy of this package: its bytes are checked, but only that copy knows.
  return batch.chunks().map((bytes) => Chunk.checked(batch.signal, bytes, noEntryLimits))
}
