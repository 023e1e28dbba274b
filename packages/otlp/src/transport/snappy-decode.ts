// SPDX-License-Identifier: Apache-2.0
import { plainBytes } from '../proto/plain-bytes.ts'

// The cheapest bytes of a block are copies of 64 bytes in 3: no honest length is further from the input's than this.
const maxSnappyRatio = 22

// Longer runs are moved by the engine's own memory copy: calling it costs some 40 ns.
const minNativeCopyBytes = 96

/** A length announced in front of a block, and where the block's elements begin. */
export interface SnappyPreamble {
  readonly byteCount: number
  readonly start: number
}

/**
 * Reads the uncompressed length in front of a block; what is wrong with it as text. A length that no block of this size
 * can have is refused here, before anybody makes room for it.
 */
export function readSnappyPreamble(input: Uint8Array, start: number, end: number): SnappyPreamble | string {
  let byteCount = 0
  let scale = 1
  for (let at = start; at < start + 5; at++) {
    if (at >= end) return 'the uncompressed length is cut off'
    const byte = input[at]!
    byteCount += (byte & 127) * scale
    if (byte < 128) {
      if (byteCount > 0xffffffff) break
      if (byteCount > (end - at - 1) * maxSnappyRatio) {
        return `an uncompressed length of ${byteCount} bytes is announced, which ${end - at - 1} bytes cannot hold`
      }
      return { byteCount, start: at + 1 }
    }
    scale *= 128
  }
  return 'the uncompressed length is longer than 32 bits'
}

/**
 * Decodes the elements of one block (snappy format description, "The compressed stream itself") into a given range of a
 * buffer, a part at a time, so that a large block need not hold the event loop.
 */
export class SnappyBlockDecoder {
  readonly #input: Uint8Array
  readonly #inputView: DataView
  readonly #inputEnd: number
  readonly #output: Uint8Array
  readonly #outputView: DataView
  readonly #outputStart: number
  readonly #outputEnd: number
  #at: number
  #outAt: number

  constructor(
    input: Uint8Array,
    inputStart: number,
    inputEnd: number,
    output: Uint8Array,
    outputStart: number,
    outputEnd: number,
  ) {
    this.#input = plainBytes(input)
    this.#inputView = new DataView(input.buffer, input.byteOffset, input.byteLength)
    this.#inputEnd = inputEnd
    this.#output = output
    this.#outputView = new DataView(output.buffer, output.byteOffset, output.byteLength)
    this.#outputStart = outputStart
    this.#outputEnd = outputEnd
    this.#at = inputStart
    this.#outAt = outputStart
  }

  /**
   * Decodes at least `byteCount` bytes more, if there are as many: true when the block is finished, false when more is
   * left, text when it is broken. Nothing is read or written outside of the ranges given.
   */
  step(byteCount: number): boolean | string {
    const input = this.#input
    const inputView = this.#inputView
    const inputEnd = this.#inputEnd
    const output = this.#output
    const outputView = this.#outputView
    const outputStart = this.#outputStart
    const outputEnd = this.#outputEnd
    const stop = Math.min(this.#outAt + byteCount, outputEnd)
    let at = this.#at
    let out = this.#outAt
    while (at < inputEnd && (out < stop || out === outputEnd)) {
      const tag = input[at++]!
      const kind = tag & 3
      let length: number
      let offset: number
      if (kind === 0) {
        length = (tag >>> 2) + 1
        if (length > 60) {
          const size = length - 60
          if (inputEnd - at < size) return truncated
          length = input[at]!
          if (size > 1) length |= input[at + 1]! << 8
          if (size > 2) length |= input[at + 2]! << 16
          if (size > 3) length += input[at + 3]! * 0x1000000
          length++
          at += size
        }
        if (length > inputEnd - at) return truncated
        if (length > outputEnd - out) return tooLong
        if (length > minNativeCopyBytes) {
          output.set(input.subarray(at, at + length), out)
          at += length
          out += length
        } else {
          // Four bytes a time: the views are checked by the engine, the lengths above keep them inside the ranges.
          const whole = out + (length & ~3)
          while (out < whole) {
            outputView.setInt32(out, inputView.getInt32(at, true), true)
            out += 4
            at += 4
          }
          const last = at + (length & 3)
          while (at < last) output[out++] = input[at++]!
        }
        continue
      }
      if (kind === 1) {
        if (at >= inputEnd) return truncated
        length = ((tag >>> 2) & 7) + 4
        offset = ((tag & 0xe0) << 3) | input[at++]!
      } else if (kind === 2) {
        if (inputEnd - at < 2) return truncated
        length = (tag >>> 2) + 1
        offset = input[at]! | (input[at + 1]! << 8)
        at += 2
      } else {
        if (inputEnd - at < 4) return truncated
        length = (tag >>> 2) + 1
        offset = inputView.getUint32(at, true)
        at += 4
      }
      if (offset === 0 || offset > out - outputStart)
        return `a copy reaches ${offset} bytes back at ${out - outputStart}`
      if (length > outputEnd - out) return tooLong
      let from = out - offset
      const end = out + length
      // Overlapping copies repeat what they write; four bytes a time do the same when the distance is four or more.
      if (offset >= 4) {
        const whole = out + (length & ~3)
        while (out < whole) {
          outputView.setInt32(out, outputView.getInt32(from, true), true)
          out += 4
          from += 4
        }
      }
      while (out < end) output[out++] = output[from++]!
    }
    this.#at = at
    this.#outAt = out
    if (at < inputEnd) return false
    return out === outputEnd || `${out - outputStart} bytes come out where ${outputEnd - outputStart} are announced`
  }
}

const truncated = 'it is cut off'
const tooLong = 'more comes out than is announced'
