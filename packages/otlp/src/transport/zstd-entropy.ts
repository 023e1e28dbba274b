// SPDX-License-Identifier: Apache-2.0

// The entropy stage of zstd: RFC 8878, section 4. A table that cannot be built is reported by throwing ZstdProblem,
// which the decoder of blocks catches: once a body, not once a value.

/** What is wrong with a compressed block. */
export class ZstdProblem extends Error {}

/** Finite state entropy table: symbol in bits 0-7, bits to read in 8-15, base of the next state in 16-31. */
export interface FseTable {
  /** States are numbers of this many bits. */
  log: number
  readonly entries: Int32Array
}

/** A table of states of up to `maxLog` bits, to be filled. */
export function fseTable(maxLog: number): FseTable {
  return { log: 0, entries: new Int32Array(1 << maxLog) }
}

const counts = new Int16Array(256)
const nextStates = new Uint16Array(256)

/** Fills a table from the counts of its symbols, of which -1 means less than one. */
export function buildFseTable(table: FseTable, norm: ArrayLike<number>, symbolCount: number, log: number): void {
  const size = 1 << log
  const { entries } = table
  table.log = log
  let high = size - 1
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    const count = norm[symbol]!
    nextStates[symbol] = count === -1 ? 1 : count
    if (count === -1) entries[high--] = symbol
  }
  const step = (size >>> 1) + (size >>> 3) + 3
  let at = 0
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    for (let n = norm[symbol]!; n > 0; n--) {
      entries[at] = symbol
      do {
        at = (at + step) & (size - 1)
      } while (at > high)
    }
  }
  for (let state = 0; state < size; state++) {
    const symbol = entries[state]!
    const next = nextStates[symbol]!++
    const bits = log - (31 - Math.clz32(next))
    entries[state] = symbol | (bits << 8) | (((next << bits) - size) << 16)
  }
}

/** A table that always gives one symbol. */
export function buildRleTable(table: FseTable, symbol: number): void {
  table.log = 0
  table.entries[0] = symbol
}

/**
 * Reads a table description between two offsets of `view`, behind which at least 4 bytes can be read; returns the offset
 * behind it.
 */
export function readFseTable(
  table: FseTable,
  view: DataView,
  start: number,
  end: number,
  maxSymbol: number,
  maxLog: number,
): number {
  if (start >= end) throw new ZstdProblem(cutOff)
  const log = (view.getUint8(start) & 15) + 5
  if (log > maxLog) throw new ZstdProblem('an entropy table is larger than allowed')
  let bit = start * 8 + 4
  const endBit = end * 8
  let remaining = (1 << log) + 1
  let threshold = 1 << log
  let bits = log + 1
  let symbol = 0
  while (remaining > 1) {
    if (symbol > maxSymbol || bit > endBit) throw new ZstdProblem(wrongTable)
    const word = view.getUint32(bit >>> 3, true) >>> (bit & 7)
    const max = 2 * threshold - 1 - remaining
    let count = word & (threshold - 1)
    if (count < max) {
      bit += bits - 1
    } else {
      count = word & (2 * threshold - 1)
      if (count >= threshold) count -= max
      bit += bits
    }
    count--
    remaining -= count < 0 ? -count : count
    counts[symbol++] = count
    while (remaining < threshold) {
      bits--
      threshold >>>= 1
    }
    if (count !== 0) continue
    for (let repeat = 3; repeat === 3; ) {
      if (bit > endBit) throw new ZstdProblem(cutOff)
      repeat = (view.getUint32(bit >>> 3, true) >>> (bit & 7)) & 3
      bit += 2
      if (symbol + repeat > maxSymbol + 1) throw new ZstdProblem(wrongTable)
      for (let n = 0; n < repeat; n++) counts[symbol++] = 0
    }
  }
  const next = (bit + 7) >>> 3
  if (remaining !== 1 || symbol > maxSymbol + 1 || next > end) throw new ZstdProblem(wrongTable)
  buildFseTable(table, counts, symbol, log)
  return next
}

/** Huffman table: the next `log` bits give symbol (bits 4-11) and length (bits 0-3) of a code. */
export interface HuffmanTable {
  /** 0 = there is no table yet. */
  log: number
  readonly entries: Uint16Array
}

const maxHuffmanLog = 11

/** A table to be filled. */
export function huffmanTable(): HuffmanTable {
  return { log: 0, entries: new Uint16Array(1 << maxHuffmanLog) }
}

const weights = new Uint8Array(256)
const weightTable = fseTable(6)

/** Reads a Huffman table description; returns the offset behind it. */
export function readHuffmanTable(table: HuffmanTable, view: DataView, start: number, end: number): number {
  if (start >= end) throw new ZstdProblem(cutOff)
  const header = view.getUint8(start)
  let next = start + 1
  let count: number
  if (header < 128) {
    next += header
    if (next > end) throw new ZstdProblem(cutOff)
    count = readWeights(view, start + 1, next)
  } else {
    count = header - 127
    if (next + ((count + 1) >>> 1) > end) throw new ZstdProblem(cutOff)
    for (let n = 0; n < count; n += 2) {
      const pair = view.getUint8(next++)
      weights[n] = pair >>> 4
      weights[n + 1] = pair & 15
    }
  }
  buildHuffmanTable(table, count)
  return next
}

// Two states take turns, and the stream ends when one of them cannot go on.
function readWeights(view: DataView, start: number, end: number): number {
  const first = readFseTable(weightTable, view, start, end, 255, 6)
  const { log, entries } = weightTable
  const startBit = first * 8
  let bit = lastBit(view, first, end) - 2 * log
  if (bit < startBit) throw new ZstdProblem(cutOff)
  let one = bitsAt(view, bit + log, log)
  let two = bitsAt(view, bit, log)
  let count = 0
  for (;;) {
    if (count > 253) throw new ZstdProblem(wrongTable)
    const entry = entries[one]!
    weights[count++] = entry & 255
    const bits = (entry >>> 8) & 255
    bit -= bits
    if (bit < startBit) {
      weights[count++] = entries[two]! & 255
      return count
    }
    one = two
    two = (entry >>> 16) + bitsAt(view, bit, bits)
  }
}

function buildHuffmanTable(table: HuffmanTable, count: number): void {
  let sum = 0
  for (let n = 0; n < count; n++) {
    const weight = weights[n]!
    if (weight > maxHuffmanLog) throw new ZstdProblem(wrongTable)
    if (weight > 0) sum += 1 << (weight - 1)
  }
  if (sum === 0) throw new ZstdProblem(wrongTable)
  const log = 32 - Math.clz32(sum)
  const rest = (1 << log) - sum
  if (log > maxHuffmanLog || (rest & (rest - 1)) !== 0) throw new ZstdProblem(wrongTable)
  // The last weight is not told: it fills the table up.
  weights[count] = 32 - Math.clz32(rest)
  const { entries } = table
  table.log = log
  let at = 0
  for (let weight = 1; weight <= log; weight++) {
    const length = 1 << (weight - 1)
    for (let symbol = 0; symbol <= count; symbol++) {
      if (weights[symbol] !== weight) continue
      entries.fill((symbol << 4) | (log + 1 - weight), at, at + length)
      at += length
    }
  }
  if (at !== 1 << log) throw new ZstdProblem(wrongTable)
}

/** Position of the highest set bit of a stream that is read backwards; what follows it is padding. */
export function lastBit(view: DataView, start: number, end: number): number {
  const last = end > start ? view.getUint8(end - 1) : 0
  if (last === 0) throw new ZstdProblem('a bit stream has no end mark')
  return (end - 1) * 8 + 31 - Math.clz32(last)
}

/** `count` bits (at most 25) from a bit position on. */
export function bitsAt(view: DataView, bit: number, count: number): number {
  return (view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << count) - 1)
}

/** Decodes one Huffman stream into `output` from `outStart` to `outEnd`. */
export function decodeHuffman(
  table: HuffmanTable,
  view: DataView,
  start: number,
  end: number,
  output: Uint8Array,
  outStart: number,
  outEnd: number,
): void {
  const { log, entries } = table
  const mask = (1 << log) - 1
  const startBit = start * 8
  let bit = lastBit(view, start, end)
  let out = outStart
  // One load serves two codes of 11 bits. Reading below the start meets bytes that are there and whose bits no whole
  // code uses; a stream that is too short shows at the next check.
  while (out < outEnd - 1) {
    if (bit < startBit) throw new ZstdProblem(wrongLiterals)
    const base = bit - 22
    const word = view.getUint32(base >>> 3, true) >>> (base & 7)
    const one = entries[(word >>> (22 - log)) & mask]!
    const two = entries[(word >>> (22 - log - (one & 15))) & mask]!
    output[out] = one >>> 4
    output[out + 1] = two >>> 4
    out += 2
    bit -= (one & 15) + (two & 15)
  }
  if (out < outEnd) {
    const base = bit - 22
    const one = entries[((view.getUint32(base >>> 3, true) >>> (base & 7)) >>> (22 - log)) & mask]!
    output[out] = one >>> 4
    bit -= one & 15
  }
  if (bit !== startBit) throw new ZstdProblem(wrongLiterals)
}

const cutOff = 'a compressed block is cut off'
const wrongTable = 'an entropy table is malformed'
const wrongLiterals = 'the literals of a block are malformed'
