// SPDX-License-Identifier: Apache-2.0
import { plainBytes } from '../proto/plain-bytes.ts'
import { XxHash64 } from './xxhash64.ts'
import {
  buildFseTable,
  buildRleTable,
  decodeHuffman,
  type FseTable,
  fseTable,
  type HuffmanTable,
  huffmanTable,
  lastBit,
  readFseTable,
  readHuffmanTable,
  ZstdProblem,
} from './zstd-entropy.ts'
import { maxZstdBlockBytes, readZstdFrameHeader, zstdFrameAt } from './zstd-frames.ts'

// Blocks are read where bit streams may be read a little beyond both of their ends. Shared: a block is decoded in one go.
const margin = 16
const block = new Uint8Array(margin + maxZstdBlockBytes + margin)
const blockView = new DataView(block.buffer)
const literals = new Uint8Array(maxZstdBlockBytes + margin)
const literalsView = new DataView(literals.buffer)

// RFC 8878, section 3.1.1.3.2.1.1: how many bits follow a code, and the value they are added to.
const literalLengthBits = Uint8Array.of(
  ...new Array<number>(16).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
)
const matchLengthBits = Uint8Array.of(
  ...new Array<number>(32).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
)
const literalLengthBases = basesOf(literalLengthBits, 0)
const matchLengthBases = basesOf(matchLengthBits, 3)
const maxOffsetCode = 31

function basesOf(bits: Uint8Array, first: number): Int32Array {
  const bases = new Int32Array(bits.length)
  let base = first
  for (let code = 0; code < bits.length; code++) {
    bases[code] = base
    base += 1 << bits[code]!
  }
  return bases
}

// RFC 8878, section 3.1.1.3.2.2: tables that need not be sent.
const defaultLiteralLengths = defaultTable(
  6,
  [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
)
const defaultMatchLengths = defaultTable(
  6,
  [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
  ],
)
const defaultOffsets = defaultTable(
  5,
  [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
)

function defaultTable(log: number, counts: readonly number[]): FseTable {
  const table = fseTable(log)
  buildFseTable(table, counts, counts.length, log)
  return table
}

/** What one frame carries from block to block. */
class FrameTables {
  readonly huffman: HuffmanTable = huffmanTable()
  readonly ownLiteralLengths: FseTable = fseTable(9)
  readonly ownMatchLengths: FseTable = fseTable(9)
  readonly ownOffsets: FseTable = fseTable(8)
  // The tables in use; undefined until the first block with sequences.
  literalLengths: FseTable | undefined
  matchLengths: FseTable | undefined
  offsets: FseTable | undefined
  readonly recent: Int32Array = new Int32Array(3)
  readonly hash: XxHash64 = new XxHash64()

  reset(): void {
    this.huffman.log = 0
    this.literalLengths = undefined
    this.matchLengths = undefined
    this.offsets = undefined
    this.recent[0] = 1
    this.recent[1] = 4
    this.recent[2] = 8
  }
}

// Block types: RFC 8878, section 3.1.1.2.2.
const rawBlock = 0
const rleBlock = 1
const compressedBlock = 2

// What headers and tables alone cost, in bytes that could be decoded meanwhile: thousands of blocks that hold nothing must
// not take one turn of the event loop all together.
const headerCost = 256
const tablesCost = 8192

// Making tables anew costs more than a small body; usually one body at a time is being read.
let spareTables: FrameTables | undefined

/**
 * Gives the decoder a buffer of at least `minBytes` with what is in the one before, or the largest that may be; undefined
 * when there is no room.
 */
export type GrowOutput = (output: Uint8Array, minBytes: number) => Uint8Array | undefined

/**
 * Decodes a whole zstd body that {@link measureZstd} has gone through (RFC 8878), some blocks at a time. The output is its
 * own window. Every length is checked before it is used, so neither time nor memory can exceed what comes out, which `grow`
 * bounds. (The decoder of npm that was looked at checks none within a block: 4 kB hold it for 0.3 s, 128 kB for ten.)
 */
export class ZstdDecoder {
  readonly #input: Uint8Array
  readonly #inputView: DataView
  readonly #grow: GrowOutput
  readonly #tables: FrameTables
  #output: Uint8Array
  #outputView: DataView
  #at = 0
  #out = 0
  #frameStart = -1
  #hasChecksum = false
  #contentBytes: number | undefined

  constructor(input: Uint8Array, output: Uint8Array, grow: GrowOutput) {
    this.#input = plainBytes(input)
    this.#inputView = new DataView(input.buffer, input.byteOffset, input.byteLength)
    this.#grow = grow
    this.#output = output
    this.#outputView = new DataView(output.buffer, output.byteOffset, output.byteLength)
    this.#tables = spareTables ?? new FrameTables()
    spareTables = undefined
  }

  /** What has come out. */
  get result(): Uint8Array {
    return this.#output.subarray(0, this.#out)
  }

  /**
   * Decodes until `byteCount` bytes more have come out: true when the body is finished, false when more is left, text when
   * it is broken, undefined when more would come out than `grow` has room for.
   */
  step(byteCount: number): boolean | string | undefined {
    try {
      const done = this.#step(byteCount)
      if (done !== false) spareTables = this.#tables
      return done
    } catch (error) {
      spareTables = this.#tables
      if (error instanceof ZstdProblem) return error.message
      throw error
    }
  }

  #step(byteCount: number): boolean | undefined {
    let budget = byteCount
    while (budget > 0) {
      if (this.#frameStart < 0) {
        if (this.#at === this.#input.length) return true
        this.#beginFrame()
        budget -= headerCost
        continue
      }
      const before = this.#out
      const type = this.#decodeBlock()
      if (type === undefined) return undefined
      budget -= this.#out - before + (type === compressedBlock ? tablesCost : headerCost)
    }
    return this.#frameStart < 0 && this.#at === this.#input.length
  }

  #beginFrame(): void {
    const kind = zstdFrameAt(this.#input, this.#inputView, this.#at)
    if (typeof kind === 'number') {
      this.#at += kind
      return
    }
    const header = readZstdFrameHeader(this.#input, this.#inputView, this.#at)
    if (kind !== 'frame' || typeof header === 'string') throw new ZstdProblem('the frame is malformed')
    this.#at = header.start
    this.#frameStart = this.#out
    this.#hasChecksum = header.hasChecksum
    this.#contentBytes = header.contentBytes
    this.#tables.reset()
    this.#tables.hash.reset(this.#out)
  }

  #endFrame(): void {
    const byteCount = this.#out - this.#frameStart
    if (this.#contentBytes !== undefined && this.#contentBytes !== byteCount) {
      throw new ZstdProblem(`${byteCount} bytes come out where ${this.#contentBytes} are announced`)
    }
    if (this.#hasChecksum) {
      const expected = this.#inputView.getUint32(this.#at, true)
      if (this.#tables.hash.finish(this.#outputView, this.#out) !== expected) {
        throw new ZstdProblem('the checksum does not match what came out')
      }
      this.#at += 4
    }
    this.#frameStart = -1
  }

  // The block's type; undefined when there is no room.
  #decodeBlock(): number | undefined {
    const input = this.#input
    const header = input[this.#at]! | (input[this.#at + 1]! << 8) | (input[this.#at + 2]! << 16)
    const start = this.#at + 3
    const type = (header >>> 1) & 3
    const size = header >>> 3
    const end = start + (type === rleBlock ? 1 : size)
    if (type === compressedBlock) {
      block.set(input.subarray(start, end), margin)
      if (!this.#decodeCompressed(size)) return undefined
    } else {
      if (this.#makeRoom(size) < size) return undefined
      if (type === rawBlock) this.#output.set(input.subarray(start, end), this.#out)
      else this.#output.fill(input[start]!, this.#out, this.#out + size)
      this.#out += size
    }
    this.#at = end
    if (this.#hasChecksum) this.#tables.hash.update(this.#outputView, this.#out)
    if ((header & 1) === 1) this.#endFrame()
    return type
  }

  // Room there is: less than asked for at the end of what may come out, -1 when memory is short.
  #makeRoom(byteCount: number): number {
    if (this.#output.length - this.#out < byteCount) {
      const larger = this.#grow(this.#output, this.#out + byteCount)
      if (larger === undefined) return -1
      this.#output = larger
      this.#outputView = new DataView(larger.buffer, larger.byteOffset, larger.byteLength)
    }
    return this.#output.length - this.#out
  }

  // Literals first, then the sequences that mix them with copies: RFC 8878, section 3.1.1.3.
  #decodeCompressed(size: number): boolean {
    const end = margin + size
    if (size < 2) throw new ZstdProblem(malformed)
    const type = block[margin]! & 3
    const format = (block[margin]! >>> 2) & 3
    let at: number
    let count: number
    let source = literals
    let sourceView = literalsView
    let sourceAt = 0
    if (type < 2) {
      const word = blockView.getUint32(margin, true)
      const headerBytes = format === 1 ? 2 : format === 3 ? 3 : 1
      count = format === 1 ? (word >>> 4) & 0xfff : format === 3 ? (word >>> 4) & 0xfffff : (word >>> 3) & 0x1f
      at = margin + headerBytes
      if (count > maxZstdBlockBytes || at + (type === 0 ? count : 1) > end) throw new ZstdProblem(malformed)
      if (type === 0) {
        source = block
        sourceView = blockView
        sourceAt = at
        at += count
      } else {
        literals.fill(block[at]!, 0, count)
        at++
      }
    } else {
      const bits = format === 3 ? 18 : format === 2 ? 14 : 10
      const low = blockView.getUint32(margin, true)
      count = (low >>> 4) & ((1 << bits) - 1)
      const compressed =
        bits === 18 ? ((low >>> 22) | (block[margin + 4]! << 10)) & 0x3ffff : (low >>> (4 + bits)) & ((1 << bits) - 1)
      at = margin + (format === 3 ? 5 : format === 2 ? 4 : 3)
      if (count > maxZstdBlockBytes || at + compressed > end) throw new ZstdProblem(malformed)
      this.#decodeLiterals(type === 2, format !== 0, at, at + compressed, count)
      at += compressed
    }
    return this.#decodeSequences(at, end, source, sourceView, sourceAt, sourceAt + count)
  }

  #decodeLiterals(hasTable: boolean, fourStreams: boolean, start: number, end: number, count: number): void {
    const { huffman } = this.#tables
    let at = start
    if (hasTable) at = readHuffmanTable(huffman, blockView, start, end)
    else if (huffman.log === 0) throw new ZstdProblem('a block uses a table that no block before it has sent')
    if (!fourStreams) {
      decodeHuffman(huffman, blockView, at, end, literals, 0, count)
      return
    }
    const part = (count + 3) >>> 2
    const first = at + 6
    if (first > end || 3 * part > count) throw new ZstdProblem(malformed)
    const second = first + blockView.getUint16(at, true)
    const third = second + blockView.getUint16(at + 2, true)
    const fourth = third + blockView.getUint16(at + 4, true)
    if (fourth > end) throw new ZstdProblem(malformed)
    decodeHuffman(huffman, blockView, first, second, literals, 0, part)
    decodeHuffman(huffman, blockView, second, third, literals, part, 2 * part)
    decodeHuffman(huffman, blockView, third, fourth, literals, 2 * part, 3 * part)
    decodeHuffman(huffman, blockView, fourth, end, literals, 3 * part, count)
  }

  // Offset behind the description of the tables, which are then in place.
  #readTables(at: number, end: number): number {
    if (at >= end) throw new ZstdProblem(malformed)
    const tables = this.#tables
    const modes = block[at]!
    if ((modes & 3) !== 0) throw new ZstdProblem(malformed)
    let next = at + 1
    const read = (
      mode: number,
      before: FseTable | undefined,
      standard: FseTable,
      own: FseTable,
      maxSymbol: number,
      maxLog: number,
    ): FseTable => {
      if (mode === 0) return standard
      if (mode === 1) {
        if (next >= end || block[next]! > maxSymbol) throw new ZstdProblem(malformed)
        buildRleTable(own, block[next++]!)
        return own
      }
      if (mode === 2) {
        next = readFseTable(own, blockView, next, end, maxSymbol, maxLog)
        return own
      }
      if (before === undefined) throw new ZstdProblem('a block uses a table that no block before it has sent')
      return before
    }
    tables.literalLengths = read(
      modes >>> 6,
      tables.literalLengths,
      defaultLiteralLengths,
      tables.ownLiteralLengths,
      literalLengthBits.length - 1,
      9,
    )
    tables.offsets = read((modes >>> 4) & 3, tables.offsets, defaultOffsets, tables.ownOffsets, maxOffsetCode, 8)
    tables.matchLengths = read(
      (modes >>> 2) & 3,
      tables.matchLengths,
      defaultMatchLengths,
      tables.ownMatchLengths,
      matchLengthBits.length - 1,
      9,
    )
    return next
  }

  #decodeSequences(
    start: number,
    end: number,
    source: Uint8Array,
    sourceView: DataView,
    sourceStart: number,
    sourceEnd: number,
  ): boolean {
    if (start >= end) throw new ZstdProblem(malformed)
    let at = start + 1
    let count = block[start]!
    if (count === 255) {
      count = block[at]! + (block[at + 1]! << 8) + 0x7f00
      at += 2
    } else if (count > 127) {
      count = ((count - 128) << 8) | block[at]!
      at++
    }
    if (count === 0) {
      if (at !== end) throw new ZstdProblem(malformed)
      return this.#copyLiterals(source, sourceStart, sourceEnd)
    }
    at = this.#readTables(at, end)
    // Most blocks come out whole; the room for the largest is not made when the content is known to be smaller.
    const known = this.#contentBytes === undefined ? Number.POSITIVE_INFINITY : this.#frameStart + this.#contentBytes
    if (this.#makeRoom(Math.min(maxZstdBlockBytes, Math.max(0, known - this.#out))) < 0) return false
    const { literalLengths, matchLengths, offsets, recent } = this.#tables
    const lengthEntries = literalLengths!.entries
    const matchEntries = matchLengths!.entries
    const offsetEntries = offsets!.entries
    const output = this.#output
    const outputView = this.#outputView
    const frameStart = this.#frameStart
    const outEnd = Math.min(output.length, this.#out + maxZstdBlockBytes)
    const startBit = at * 8
    const view = blockView
    let bit = lastBit(view, at, end)
    bit -= literalLengths!.log
    let lengthState = (view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << literalLengths!.log) - 1)
    bit -= offsets!.log
    let offsetState = (view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << offsets!.log) - 1)
    bit -= matchLengths!.log
    let matchState = (view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << matchLengths!.log) - 1)
    let recent0 = recent[0]!
    let recent1 = recent[1]!
    let recent2 = recent[2]!
    let out = this.#out
    let from = sourceStart
    for (let n = count; ; ) {
      const offsetEntry = offsetEntries[offsetState]!
      const matchEntry = matchEntries[matchState]!
      const lengthEntry = lengthEntries[lengthState]!
      const offsetCode = offsetEntry & 255
      let value: number
      if (offsetCode > 24) {
        bit -= offsetCode - 16
        value =
          2 ** offsetCode + ((view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << (offsetCode - 16)) - 1)) * 65_536
        bit -= 16
        value += (view.getUint32(bit >>> 3, true) >>> (bit & 7)) & 0xffff
      } else {
        bit -= offsetCode
        value = (1 << offsetCode) + ((view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << offsetCode) - 1))
      }
      const matchBits = matchLengthBits[matchEntry & 255]!
      bit -= matchBits
      const matchLength =
        matchLengthBases[matchEntry & 255]! + ((view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << matchBits) - 1))
      const lengthBits = literalLengthBits[lengthEntry & 255]!
      bit -= lengthBits
      const literalLength =
        literalLengthBases[lengthEntry & 255]! +
        ((view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << lengthBits) - 1))
      let offset: number
      if (value > 3) {
        offset = value - 3
        recent2 = recent1
        recent1 = recent0
        recent0 = offset
      } else {
        const index = literalLength === 0 ? value : value - 1
        if (index === 0) {
          offset = recent0
        } else {
          offset = index === 1 ? recent1 : index === 2 ? recent2 : recent0 - 1
          if (index > 1) recent2 = recent1
          recent1 = recent0
          recent0 = offset
        }
      }
      if (bit < startBit) throw new ZstdProblem(malformed)
      if (literalLength > sourceEnd - from) throw new ZstdProblem('a block uses more literals than it holds')
      if (literalLength + matchLength > outEnd - out) return this.#overrun(outEnd)
      // Four bytes a time, and not beyond: what lies behind belongs to what comes next.
      const literalWords = out + (literalLength & ~3)
      while (out < literalWords) {
        outputView.setInt32(out, sourceView.getInt32(from, true), true)
        out += 4
        from += 4
      }
      const literalLast = literalWords + (literalLength & 3)
      while (out < literalLast) output[out++] = source[from++]!
      if (offset <= 0 || offset > out - frameStart) {
        throw new ZstdProblem(`a copy reaches ${offset} bytes back at ${out - frameStart}`)
      }
      let copy = out - offset
      const copyEnd = out + matchLength
      if (offset >= 4) {
        const copyWords = out + (matchLength & ~3)
        while (out < copyWords) {
          outputView.setInt32(out, outputView.getInt32(copy, true), true)
          out += 4
          copy += 4
        }
      }
      while (out < copyEnd) output[out++] = output[copy++]!
      if (--n === 0) break
      const lengthNext = (lengthEntry >>> 8) & 255
      bit -= lengthNext
      lengthState = (lengthEntry >>> 16) + ((view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << lengthNext) - 1))
      const matchNext = (matchEntry >>> 8) & 255
      bit -= matchNext
      matchState = (matchEntry >>> 16) + ((view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << matchNext) - 1))
      const offsetNext = (offsetEntry >>> 8) & 255
      bit -= offsetNext
      offsetState = (offsetEntry >>> 16) + ((view.getUint32(bit >>> 3, true) >>> (bit & 7)) & ((1 << offsetNext) - 1))
    }
    if (bit !== startBit) throw new ZstdProblem(malformed)
    recent[0] = recent0
    recent[1] = recent1
    recent[2] = recent2
    if (sourceEnd - from > outEnd - out) return this.#overrun(outEnd)
    this.#out = out
    return this.#copyLiterals(source, from, sourceEnd)
  }

  #copyLiterals(source: Uint8Array, start: number, end: number): boolean {
    if (this.#makeRoom(end - start) < end - start) return false
    this.#output.set(source.subarray(start, end), this.#out)
    this.#out += end - start
    return true
  }

  // A block went past its end: that of the largest block or of the content announced, or of what may come out at all.
  #overrun(outEnd: number): boolean {
    if (outEnd - this.#out === maxZstdBlockBytes || this.#contentBytes !== undefined) {
      throw new ZstdProblem('more comes out of a block than it may hold')
    }
    return false
  }
}

const malformed = 'a compressed block is malformed'
