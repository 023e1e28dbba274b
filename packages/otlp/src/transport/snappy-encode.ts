// SPDX-License-Identifier: Apache-2.0

/** Blocks are compressed on their own, so that offsets fit 16 bits; also what one chunk of the framing format holds. */
export const snappyBlockBytes: number = 65_536

// Positions within a block by the hash of the four bytes there. Shared: encoding a block does not yield.
const maxTableBits = 14
const table = new Uint16Array(1 << maxTableBits)

/** Most bytes that `byteCount` bytes can become, the length in front included. */
export function maxSnappyBytes(byteCount: number): number {
  return 32 + byteCount + Math.ceil(byteCount / 6)
}

/** Writes the uncompressed length that comes before a block; returns the position behind it. */
export function writeSnappyPreamble(output: Uint8Array, at: number, byteCount: number): number {
  let rest = byteCount
  while (rest >= 128) {
    output[at++] = (rest & 127) | 128
    rest = Math.floor(rest / 128)
  }
  output[at++] = rest
  return at
}

/**
 * Compresses `input` from `start` to `end`, at most {@link snappyBlockBytes}, into elements at `outAt` of `output`, which
 * must have room for {@link maxSnappyBytes}; returns the position behind them.
 */
export function encodeSnappyBlock(
  input: Uint8Array,
  inputView: DataView,
  start: number,
  end: number,
  output: Uint8Array,
  outAt: number,
): number {
  let out = outAt
  let literal = start
  // A match must be worth finding, and reading four bytes must stay inside.
  const limit = end - 15
  if (start < limit) {
    let tableBits = 8
    while (tableBits < maxTableBits && 1 << tableBits < end - start) tableBits++
    table.fill(0, 0, 1 << tableBits)
    const shift = 32 - tableBits
    let at = start + 1
    let word = inputView.getInt32(at, true)
    let hash = Math.imul(word, 0x1e35a7bd) >>> shift
    search: for (;;) {
      // After 32 bytes without a match every second is looked at, then every third: noise passes quickly.
      let skip = 32
      let next = at
      let candidate: number
      for (;;) {
        at = next
        next += skip++ >>> 5
        if (next > limit) break search
        candidate = start + table[hash]!
        table[hash] = at - start
        if (inputView.getInt32(candidate, true) === word) break
        word = inputView.getInt32(next, true)
        hash = Math.imul(word, 0x1e35a7bd) >>> shift
      }
      out = writeLiteral(input, literal, at, output, out)
      for (;;) {
        const base = at
        at += 4
        let from = candidate + 4
        while (at < end - 4 && inputView.getInt32(at, true) === inputView.getInt32(from, true)) {
          at += 4
          from += 4
        }
        while (at < end && input[at] === input[from]) {
          at++
          from++
        }
        out = writeCopy(output, out, base - candidate, at - base)
        literal = at
        if (at >= limit) break search
        // The position before the end of a match often begins the next one.
        const before = Math.imul(inputView.getInt32(at - 1, true), 0x1e35a7bd) >>> shift
        table[before] = at - 1 - start
        word = inputView.getInt32(at, true)
        hash = Math.imul(word, 0x1e35a7bd) >>> shift
        candidate = start + table[hash]!
        table[hash] = at - start
        if (inputView.getInt32(candidate, true) !== word) break
      }
      at++
      word = inputView.getInt32(at, true)
      hash = Math.imul(word, 0x1e35a7bd) >>> shift
    }
  }
  return writeLiteral(input, literal, end, output, out)
}

function writeLiteral(input: Uint8Array, start: number, end: number, output: Uint8Array, outAt: number): number {
  const length = end - start
  if (length === 0) return outAt
  let out = outAt
  const n = length - 1
  if (n < 60) {
    output[out++] = n << 2
  } else if (n < 256) {
    output[out++] = 60 << 2
    output[out++] = n
  } else {
    output[out++] = 61 << 2
    output[out++] = n & 255
    output[out++] = n >>> 8
  }
  if (length > 64) {
    output.set(input.subarray(start, end), out)
    return out + length
  }
  for (let at = start; at < end; at++) output[out++] = input[at]!
  return out
}

function writeCopy(output: Uint8Array, outAt: number, offset: number, length: number): number {
  let out = outAt
  let rest = length
  // Never leaves fewer than four bytes for the last copy: shorter ones have no short form.
  while (rest >= 68) {
    output[out++] = (63 << 2) | 2
    output[out++] = offset & 255
    output[out++] = offset >>> 8
    rest -= 64
  }
  if (rest > 64) {
    output[out++] = (59 << 2) | 2
    output[out++] = offset & 255
    output[out++] = offset >>> 8
    rest -= 60
  }
  if (rest >= 12 || offset >= 2048) {
    output[out++] = ((rest - 1) << 2) | 2
    output[out++] = offset & 255
    output[out++] = offset >>> 8
  } else {
    output[out++] = ((offset >>> 8) << 5) | ((rest - 4) << 2) | 1
    output[out++] = offset & 255
  }
  return out
}
