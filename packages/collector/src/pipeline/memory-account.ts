// SPDX-License-Identifier: Apache-2.0
import type { Batch } from '@otel-ts/otlp'

/**
 * Bytes of telemetry that a collector holds. Owners of batches (requests under way, `batch`, queues) state what they take
 * and what they let go. Bytes are counted by chunk: merging and fan-out share chunks, and what is shared counts once.
 */
export class MemoryAccount {
  readonly #holders = new Map<Uint8Array, number>()
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
    for (const chunk of batch.chunks()) {
      const holders = this.#holders.get(chunk)
      if (holders === undefined) this.#heldBytes += chunk.byteLength
      this.#holders.set(chunk, (holders ?? 0) + 1)
    }
  }

  /** Gives back what {@link hold} took with the same batch. */
  release(batch: Batch): void {
    if (!this.#watched) return
    for (const chunk of batch.chunks()) {
      const holders = this.#holders.get(chunk)
      if (holders === undefined) continue
      if (holders > 1) {
        this.#holders.set(chunk, holders - 1)
      } else {
        this.#holders.delete(chunk)
        this.#heldBytes -= chunk.byteLength
      }
    }
  }
}
