// SPDX-License-Identifier: Apache-2.0
import type { Batch } from '@otel-ts/otlp'

/**
 * Bytes of telemetry that a collector holds. Owners of batches (requests under way, `batch`, queues) state what they take
 * and what they let go. Bytes are counted by chunk, each with its share of the batch's index: merging and fan-out share
 * chunks, and what is shared counts once.
 *
 * @example
 * ```ts
 * import { MemoryAccount } from '@otel-ts/collector'
 * import { batchFromBytes } from '@otel-ts/otlp'
 * const memory = new MemoryAccount()
 * memory.watch()
 * const batch = batchFromBytes('logs', Uint8Array.of(0x0a, 0x00))
 * memory.hold(batch)
 * console.log(memory.heldBytes === batch.byteCount) // true
 * memory.release(batch)
 * console.log(memory.heldBytes) // 0
 * ```
 */
export class MemoryAccount {
  readonly #chunks = new Map<Uint8Array, { holders: number; readonly byteCount: number }>()
  #heldBytes = 0
  #watched = false

  /** Turns counting on. Nobody pays for it unless somebody reads it; called while the graph is built. */
  watch(): void {
    this.#watched = true
  }

  /** Bytes held now; 0 while nobody watches. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  hold(batch: Batch): void {
    if (!this.#watched) return
    const chunks = batch.chunks()
    let plain = 0
    for (const chunk of chunks) plain += chunk.byteLength
    const factor = plain === 0 ? 0 : batch.byteCount / plain
    for (const chunk of chunks) {
      const entry = this.#chunks.get(chunk)
      if (entry !== undefined) {
        entry.holders++
        continue
      }
      // Kept, since the batch grows when its index is built: what was added must be what is taken off.
      const byteCount = Math.round(chunk.byteLength * factor)
      this.#chunks.set(chunk, { holders: 1, byteCount })
      this.#heldBytes += byteCount
    }
  }

  /** Gives back what {@link hold} took with the same batch. */
  release(batch: Batch): void {
    if (!this.#watched) return
    for (const chunk of batch.chunks()) {
      const entry = this.#chunks.get(chunk)
      if (entry === undefined || --entry.holders > 0) continue
      this.#chunks.delete(chunk)
      this.#heldBytes -= entry.byteCount
    }
  }
}
