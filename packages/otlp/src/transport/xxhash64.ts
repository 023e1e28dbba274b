// SPDX-License-Identifier: Apache-2.0

// XXH64 with 64-bit values as two 32-bit halves: BigInt makes an object for every step.
// Primes of the xxHash specification, low and high halves.
const p1l = 0x85ebca87 | 0
const p1h = 0x9e3779b1 | 0
const p2l = 0x27d4eb4f | 0
const p2h = 0xc2b2ae3d | 0
const p3l = 0x9e3779f9 | 0
const p3h = 0x165667b1 | 0
const p4l = 0xc2b2ae63 | 0
const p4h = 0x85ebca77 | 0
const p5l = 0x165667c5 | 0
const p5h = 0x27d4eb2f | 0

// High half of the product of two unsigned 32-bit numbers, from products of their halves: integers all the way.
function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const b0 = b & 0xffff
  const b1 = b >>> 16
  const p = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0
  const q = (Math.imul(a0, b1) + (p & 0xffff)) | 0
  return (Math.imul(a1, b1) + (p >>> 16) + (q >>> 16)) | 0
}

function carry(sum: number, part: number): number {
  return sum >>> 0 < part >>> 0 ? 1 : 0
}

// One value in two halves, for the few steps at the end.
class Word {
  l = 0
  h = 0

  set(l: number, h: number): this {
    this.l = l | 0
    this.h = h | 0
    return this
  }
  multiply(l: number, h: number): this {
    this.h = (mulHigh(this.l, l) + Math.imul(this.l, h) + Math.imul(this.h, l)) | 0
    this.l = Math.imul(this.l, l)
    return this
  }
  add(l: number, h: number): this {
    const sum = (this.l + l) | 0
    this.h = (this.h + h + carry(sum, l)) | 0
    this.l = sum
    return this
  }
  xor(l: number, h: number): this {
    this.l ^= l
    this.h ^= h
    return this
  }
  /** Rotates left by 1 to 31. */
  rotate(bits: number): this {
    const { l, h } = this
    this.l = (l << bits) | (h >>> (32 - bits))
    this.h = (h << bits) | (l >>> (32 - bits))
    return this
  }
  shiftXor(bits: number): this {
    if (bits >= 32) return this.xor(this.h >>> (bits - 32), 0)
    return this.xor((this.l >>> bits) | (this.h << (32 - bits)), this.h >>> bits)
  }
}

const sum = new Word()
const lane = new Word()
const stripeBytes = 32
const laneRotations = [1, 7, 12, 18]

function mixLane(l: number, h: number): Word {
  return lane.set(l, h).multiply(p2l, p2h).rotate(31).multiply(p1l, p1h)
}

/** XXH64 (seed 0) of bytes that come one range after the other in one buffer. */
export class XxHash64 {
  // Four lanes, low and high half of each.
  readonly #lanes: Int32Array = new Int32Array(8)
  #start = 0
  #at = 0

  /** Begins with the bytes at `start`. */
  reset(start: number): void {
    this.#start = start
    this.#at = start
    sum.set(p1l, p1h).add(p2l, p2h)
    this.#lanes.set([sum.l, sum.h, p2l, p2h, 0, 0, -p1l, ~p1h])
  }

  /** Takes what has come up to `end`, as far as it makes whole stripes of 32 bytes. */
  update(view: DataView, end: number): void {
    const start = this.#at
    const stop = start + Math.floor((end - start) / stripeBytes) * stripeBytes
    // Lane after lane, so that each has its halves in registers.
    for (let n = 0; n < 4; n++) {
      let low = this.#lanes[2 * n]!
      let high = this.#lanes[2 * n + 1]!
      for (let at = start + 8 * n; at < stop; at += stripeBytes) {
        const l = view.getInt32(at, true)
        const h = view.getInt32(at + 4, true)
        const productLow = Math.imul(l, p2l)
        const productHigh = (mulHigh(l, p2l) + Math.imul(l, p2h) + Math.imul(h, p2l)) | 0
        const sumLow = (low + productLow) | 0
        const sumHigh = (high + productHigh + carry(sumLow, productLow)) | 0
        const rotatedLow = (sumLow << 31) | (sumHigh >>> 1)
        const rotatedHigh = (sumHigh << 31) | (sumLow >>> 1)
        low = Math.imul(rotatedLow, p1l)
        high = (mulHigh(rotatedLow, p1l) + Math.imul(rotatedLow, p1h) + Math.imul(rotatedHigh, p1l)) | 0
      }
      this.#lanes[2 * n] = low
      this.#lanes[2 * n + 1] = high
    }
    this.#at = stop
  }

  /** Takes the rest up to `end`; the low half of the hash, unsigned, which is what zstd frames end with. */
  finish(view: DataView, end: number): number {
    this.update(view, end)
    let at = this.#at
    const lanes = this.#lanes
    if (end - this.#start >= stripeBytes) {
      sum.set(0, 0)
      for (let n = 0; n < 4; n++) {
        lane.set(lanes[2 * n]!, lanes[2 * n + 1]!).rotate(laneRotations[n]!)
        sum.add(lane.l, lane.h)
      }
      for (let n = 0; n < 4; n++) {
        mixLane(lanes[2 * n]!, lanes[2 * n + 1]!)
        sum.xor(lane.l, lane.h).multiply(p1l, p1h).add(p4l, p4h)
      }
    } else {
      sum.set(p5l, p5h)
    }
    sum.add((end - this.#start) | 0, 0)
    for (; end - at >= 8; at += 8) {
      mixLane(view.getInt32(at, true), view.getInt32(at + 4, true))
      sum.xor(lane.l, lane.h).rotate(27).multiply(p1l, p1h).add(p4l, p4h)
    }
    if (end - at >= 4) {
      lane.set(view.getInt32(at, true), 0).multiply(p1l, p1h)
      sum.xor(lane.l, lane.h).rotate(23).multiply(p2l, p2h).add(p3l, p3h)
      at += 4
    }
    for (; at < end; at++) {
      lane.set(view.getUint8(at), 0).multiply(p5l, p5h)
      sum.xor(lane.l, lane.h).rotate(11).multiply(p1l, p1h)
    }
    sum.shiftXor(33).multiply(p2l, p2h).shiftXor(29).multiply(p3l, p3h).shiftXor(32)
    return sum.l >>> 0
  }
}
