// SPDX-License-Identifier: Apache-2.0
import type { Batch, Clock, ConsumeError, Timer } from '@otel-ts/otlp'
import { CutPart, type SizeOf } from './cut-part.ts'

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
  readonly sizeOf: SizeOf
  readonly clock: Clock
  readonly emit: (emission: Emission) => void
}

// Cutting a batch of 20 MiB takes some 100 ms; whoever else wants to be served waits no longer than this.
const turnMillis = 5

/**
 * Gathers batches of one signal until they are large or old enough. Batches larger than `maxSize` are cut piece by piece,
 * with pauses for the event loop; what comes meanwhile waits behind them, so that order is kept.
 */
export class Accumulator {
  readonly #options: AccumulatorOptions
  #parts: (Part | CutPart)[] = []
  #size = 0
  #timer: Timer | undefined
  /** Set while emitting pauses. */
  #turn: Timer | undefined

  constructor(options: AccumulatorOptions) {
    this.#options = options
  }

  /** Size of what waits. */
  get size(): number {
    return this.#size
  }

  /** Takes a batch; `done` is called once, when all of it has been sent or a piece of it failed for good. */
  add(batch: Batch, done: (error?: ConsumeError) => void): void {
    this.#parts.push({ batch, settle: done })
    this.#size += this.#options.sizeOf(batch)
    // While emitting pauses, it goes on in its turn.
    if (this.#turn === undefined) this.#emitFor('size')
  }

  /** Sends all that waits: with `shutdown` before this returns, otherwise with pauses. */
  flush(trigger: Trigger): void {
    this.#turn?.cancel()
    this.#turn = undefined
    this.#emitFor(trigger)
  }

  #emitFor(trigger: Trigger): void {
    const { minSize, flushMillis, clock } = this.#options
    const beganMillis = clock.nowMillis()
    const isForAll = trigger !== 'size' || flushMillis === 0
    while (this.#parts.length > 0 && (isForAll || this.#size >= minSize)) {
      this.#emit(trigger)
      if (trigger === 'shutdown' || !(this.#parts[0] instanceof CutPart)) continue
      if (clock.nowMillis() - beganMillis < turnMillis) continue
      this.#turn = clock.after(0, () => {
        this.#turn = undefined
        this.#emitFor(trigger)
      })
      return
    }
    this.#arm()
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
    // What stays behind starts its own wait.
    this.#timer?.cancel()
    this.#timer = undefined
    const parts: Part[] = []
    let size = 0
    let taken = 0
    let rest: CutPart | undefined
    for (const waiting of this.#parts) {
      // Only the first can be one: what comes after it waits until it has been cut.
      if (waiting instanceof CutPart) {
        const piece = waiting.next()!
        parts.push(piece)
        size = sizeOf(piece.batch)
        if (!waiting.isCut) {
          rest = waiting
          break
        }
        taken++
        continue
      }
      const partSize = sizeOf(waiting.batch)
      if (maxSize === 0 || size + partSize <= maxSize) {
        parts.push(waiting)
        size += partSize
        taken++
        continue
      }
      // A single item larger than the limit goes out alone: it cannot be made smaller.
      if (waiting.batch.itemCount <= 1) {
        if (size === 0) {
          parts.push(waiting)
          taken++
        }
        break
      }
      rest = new CutPart(waiting, maxSize - size, maxSize, sizeOf)
      const piece = rest.next(size === 0 ? undefined : maxSize - size)
      if (piece !== undefined) parts.push(piece)
      if (rest.isCut) {
        rest = undefined
        taken++
      }
      break
    }
    this.#parts.splice(0, rest === undefined ? taken : taken + 1)
    if (rest !== undefined) this.#parts.unshift(rest)
    this.#size = 0
    for (const part of this.#parts) this.#size += part instanceof CutPart ? part.size : sizeOf(part.batch)
    this.#options.emit({ parts, trigger })
  }
}
