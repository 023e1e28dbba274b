// SPDX-License-Identifier: Apache-2.0
import { type Batch, type ConsumeError, mergeBatches, splitBatch, splitBatchStepwise } from '@otel-ts/otlp'
import type { Part } from './accumulator.ts'
import { partFailure } from './part-failure.ts'

/** Size of a batch in the unit of a limit. */
export type SizeOf = (batch: Batch) => number

/**
 * A part that is too large for one emission. Each piece is cut when it is asked for; when the last of them has been
 * settled, so is the part.
 */
export class CutPart {
  readonly #part: Part
  readonly #maxSize: number
  readonly #sizeOf: SizeOf
  readonly #perItem: number
  readonly #cuts: Generator<Batch, void, undefined>
  /** Cut, but not asked for yet. */
  readonly #ready: Batch[] = []
  /** Items that have not been cut off yet. */
  #restItemCount: number
  #openCount = 0
  #failure: ConsumeError | undefined
  /** What is left of each piece that failed, by its place. */
  readonly #left: (Batch | undefined)[] = []

  /** The first piece is cut for `room`, if that is above 0; the others for `maxSize`. */
  constructor(part: Part, room: number, maxSize: number, sizeOf: SizeOf) {
    const { batch } = part
    this.#part = part
    this.#maxSize = maxSize
    this.#sizeOf = sizeOf
    this.#perItem = sizeOf(batch) / batch.itemCount
    this.#restItemCount = batch.itemCount
    const itemsIn = (size: number): number => Math.max(1, Math.floor(size / this.#perItem))
    const most = itemsIn(maxSize)
    this.#cuts = splitBatchStepwise(batch, most, Number.POSITIVE_INFINITY, room > 0 ? itemsIn(room) : most)
  }

  /** Whether there is no further piece. */
  get isCut(): boolean {
    return this.#restItemCount === 0 && this.#ready.length === 0
  }

  /** Size of the pieces to come. */
  get size(): number {
    let size = this.#restItemCount * this.#perItem
    for (const batch of this.#ready) size += this.#sizeOf(batch)
    return size
  }

  /** The next piece; undefined when it is larger than `room`, or there is none. */
  next(room: number = Number.POSITIVE_INFINITY): Part | undefined {
    if (this.#ready.length === 0) {
      const { value } = this.#cuts.next()
      if (value === undefined) return undefined
      this.#restItemCount -= value.itemCount
      this.#ready.push(...splitUntilFits(value, this.#maxSize, this.#sizeOf))
    }
    const batch = this.#ready[0]!
    if (this.#sizeOf(batch) > room) return undefined
    this.#ready.shift()
    this.#openCount++
    const place = this.#left.push(undefined) - 1
    return { batch, settle: (error) => this.#settle(batch, place, error) }
  }

  #settle(batch: Batch, place: number, error: ConsumeError | undefined): void {
    if (error !== undefined) {
      this.#left[place] = error.rejected ?? batch
      // What can still be sent again decides over the whole.
      if (this.#failure === undefined || (error.retryable && !this.#failure.retryable)) this.#failure = error
    }
    if (--this.#openCount > 0 || !this.isCut) return
    this.#part.settle(this.#failure === undefined ? undefined : this.#failureOfPieces(this.#failure))
  }

  /** Names as rejected what is left of all the pieces: the sender of a part knows nothing of where it was cut. */
  #failureOfPieces(failure: ConsumeError): ConsumeError {
    const rejected = this.#left.filter((batch) => batch !== undefined)
    const itemCount = rejected.reduce((sum, batch) => sum + batch.itemCount, 0)
    return partFailure(failure, itemCount === this.#part.batch.itemCount ? undefined : mergeBatches(rejected))
  }
}

// Bytes do not divide evenly over items, and each piece repeats what encloses it (resource, scope).
function splitUntilFits(batch: Batch, maxSize: number, sizeOf: SizeOf): Batch[] {
  if (batch.itemCount <= 1 || sizeOf(batch) <= maxSize) return [batch]
  return splitBatch(batch, Math.ceil(batch.itemCount / 2)).flatMap((half) => splitUntilFits(half, maxSize, sizeOf))
}
