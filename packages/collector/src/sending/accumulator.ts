// SPDX-License-Identifier: Apache-2.0
import { type Batch, type Clock, type ConsumeError, mergeBatches, splitBatch, type Timer } from '@otel-ts/otlp'
import { partFailure } from './part-failure.ts'

/** A piece of what one caller gave, on its way. */
export interface Part {
  readonly batch: Batch
  /** To be called once, with the failure of this piece (`rejected` absent = of all of it) or without. */
  settle(error?: ConsumeError): void
}

/** Why a batch went out. */
export type Trigger = 'size' | 'timeout' | 'shutdown'

/** Parts that are to be sent together. */
export interface Emission {
  readonly parts: readonly Part[]
  readonly trigger: Trigger
}

/** Limits of an {@link Accumulator}, in the unit of `sizeOf`. */
export interface AccumulatorOptions {
  /** Size from which on a batch goes out. 0 = at once. */
  readonly minSize: number
  /** Size that no batch exceeds, unless a single item does; 0 = no limit. */
  readonly maxSize: number
  /** Longest wait of a part, in milliseconds. 0 = none. */
  readonly flushMillis: number
  readonly sizeOf: (batch: Batch) => number
  readonly clock: Clock
  readonly emit: (emission: Emission) => void
}

/** Gathers batches of one signal until they are large or old enough. */
export class Accumulator {
  readonly #options: AccumulatorOptions
  #parts: Part[] = []
  #size = 0
  #timer: Timer | undefined

  constructor(options: AccumulatorOptions) {
    this.#options = options
  }

  /** Size of what waits. */
  get size(): number {
    return this.#size
  }

  /** Takes a batch; `done` is called once, when all of it has been sent or a piece of it failed for good. */
  add(batch: Batch, done: (error?: ConsumeError) => void): void {
    this.#push({ batch, settle: done })
    const { minSize, flushMillis } = this.#options
    if (flushMillis === 0) {
      this.flush('size')
      return
    }
    while (this.#parts.length > 0 && this.#size >= minSize) this.#emit('size')
    this.#arm()
  }

  /** Sends all that waits. */
  flush(trigger: Trigger): void {
    while (this.#parts.length > 0) this.#emit(trigger)
    this.#arm()
  }

  #push(part: Part): void {
    this.#parts.push(part)
    this.#size += this.#options.sizeOf(part.batch)
  }

  #arm(): void {
    if (this.#parts.length === 0) {
      this.#timer?.cancel()
      this.#timer = undefined
      return
    }
    this.#timer ??= this.#options.clock.after(this.#options.flushMillis, () => {
      this.#timer = undefined
      this.flush('timeout')
    })
  }

  #emit(trigger: Trigger): void {
    const { maxSize, sizeOf } = this.#options
    const waiting = this.#parts
    // What stays behind starts its own wait.
    this.#timer?.cancel()
    this.#timer = undefined
    this.#parts = []
    this.#size = 0
    if (maxSize === 0) {
      this.#options.emit({ parts: waiting, trigger })
      return
    }
    const parts: Part[] = []
    let size = 0
    let index = 0
    for (; index < waiting.length; index++) {
      const part = waiting[index]!
      const partSize = sizeOf(part.batch)
      if (size + partSize > maxSize) break
      parts.push(part)
      size += partSize
    }
    if (index < waiting.length) {
      const pieces = splitPart(waiting[index]!, maxSize - size, maxSize, sizeOf)
      const head = pieces[0]!
      // A single item larger than the limit goes out alone: it cannot be made smaller.
      if (size === 0 || size + sizeOf(head.batch) <= maxSize) parts.push(pieces.shift()!)
      for (const part of pieces) this.#push(part)
      for (const part of waiting.slice(index + 1)) this.#push(part)
    }
    this.#options.emit({ parts, trigger })
  }
}

/** Splits a part into pieces of at most `room` (or `maxSize`, when there is no room); together they settle the part. */
function splitPart(part: Part, room: number, maxSize: number, sizeOf: (batch: Batch) => number): Part[] {
  const { batch } = part
  if (batch.itemCount <= 1) return [part]
  const perItem = sizeOf(batch) / batch.itemCount
  const wanted = Math.max(1, Math.floor((room > 0 ? room : maxSize) / perItem))
  const pieces = splitBatch(batch, wanted).flatMap((piece) => splitUntilFits(piece, maxSize, sizeOf))
  let open = pieces.length
  let failure: ConsumeError | undefined
  const left: (Batch | undefined)[] = pieces.map(() => undefined)
  return pieces.map((piece, index) => ({
    batch: piece,
    settle(error) {
      if (error !== undefined) {
        left[index] = error.rejected ?? piece
        // What can still be sent again decides over the whole.
        if (failure === undefined || (error.retryable && !failure.retryable)) failure = error
      }
      if (--open > 0) return
      part.settle(failure === undefined ? undefined : failureOfPieces(failure, batch, left))
    },
  }))
}

/** Names as rejected what is left of all the pieces: the sender of a part knows nothing of where it was cut. */
function failureOfPieces(failure: ConsumeError, whole: Batch, left: readonly (Batch | undefined)[]): ConsumeError {
  const rejected = left.filter((batch) => batch !== undefined)
  const itemCount = rejected.reduce((sum, batch) => sum + batch.itemCount, 0)
  return partFailure(failure, itemCount === whole.itemCount ? undefined : mergeBatches(rejected))
}

// Bytes do not divide evenly over items, and each piece repeats what encloses it (resource, scope).
function splitUntilFits(batch: Batch, maxSize: number, sizeOf: (batch: Batch) => number): Batch[] {
  if (batch.itemCount <= 1 || sizeOf(batch) <= maxSize) return [batch]
  return splitBatch(batch, Math.ceil(batch.itemCount / 2)).flatMap((half) => splitUntilFits(half, maxSize, sizeOf))
}
