// SPDX-License-Identifier: Apache-2.0
import { plainBytes } from '../proto/plain-bytes.ts'
import { crc32c } from './crc32c.ts'
import { readSnappyPreamble, SnappyBlockDecoder } from './snappy-decode.ts'
import { encodeSnappyBlock, maxSnappyBytes, snappyBlockBytes, writeSnappyPreamble } from './snappy-encode.ts'

// Chunk types of the framing format description.
const compressedChunk = 0x00
const uncompressedChunk = 0x01
const streamIdentifierChunk = 0xff
const firstSkippableChunk = 0x80

const streamIdentifier = Uint8Array.of(0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59)
const headerBytes = 4
const checksumBytes = 4

/** CRC-32C as the framing format stores it: rotated and shifted, so that checksums of checksums stay useful. */
function maskedChecksum(view: DataView, start: number, end: number): number {
  const crc = crc32c(view, start, end)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/**
 * Goes through the chunk headers of a whole stream of the framing format and adds up what its chunks will become; what is
 * wrong with them as text. Nothing is decoded, so that a stream over the limit costs nothing.
 */
export function measureSnappyFramed(input: Uint8Array): number | string {
  let byteCount = 0
  let chunkCount = 0
  // Senders fill chunks of 64 KiB; millions that hold nothing would keep whoever only looks at their headers busy.
  const maxChunkCount = 65_536 + input.length / 64
  let at = 0
  while (at < input.length) {
    if (++chunkCount > maxChunkCount) return 'it holds more chunks than its size allows'
    if (input.length - at < headerBytes) return `the chunk header at offset ${at} is cut off`
    const type = input[at]!
    const start = at + headerBytes
    const end = start + (input[at + 1]! | (input[at + 2]! << 8) | (input[at + 3]! << 16))
    if (end > input.length) return `the chunk at offset ${at} is cut off`
    if (at === 0 && type !== streamIdentifierChunk) return 'it does not begin with the stream identifier'
    if (type === compressedChunk || type === uncompressedChunk) {
      if (end - start < checksumBytes) return `the chunk at offset ${at} has no room for its checksum`
      let length = end - start - checksumBytes
      if (type === compressedChunk) {
        const preamble = readSnappyPreamble(input, start + checksumBytes, end)
        if (typeof preamble === 'string') return `chunk at offset ${at}: ${preamble}`
        length = preamble.byteCount
      }
      if (length > snappyBlockBytes) {
        return `the chunk at offset ${at} holds ${length} bytes, more than the ${snappyBlockBytes} allowed`
      }
      byteCount += length
    } else if (type === streamIdentifierChunk) {
      if (end - start !== 6 || !equals(input, at)) return `the stream identifier at offset ${at} is not "sNaPpY"`
    } else if (type < firstSkippableChunk) {
      return `the chunk at offset ${at} has the reserved type ${type}`
    }
    at = end
  }
  return byteCount
}

function equals(input: Uint8Array, at: number): boolean {
  for (let i = 0; i < streamIdentifier.length; i++) if (input[at + i] !== streamIdentifier[i]) return false
  return true
}

/** Decodes a stream that {@link measureSnappyFramed} has measured into a buffer of that size, some chunks at a time. */
export class SnappyFramedDecoder {
  readonly #input: Uint8Array
  readonly #inputView: DataView
  readonly #output: Uint8Array
  readonly #outputView: DataView
  #at = 0
  #outAt = 0

  constructor(input: Uint8Array, output: Uint8Array) {
    this.#input = plainBytes(input)
    this.#inputView = new DataView(input.buffer, input.byteOffset, input.byteLength)
    this.#output = output
    this.#outputView = new DataView(output.buffer, output.byteOffset, output.byteLength)
  }

  /** As {@link SnappyBlockDecoder.step}. */
  step(byteCount: number): boolean | string {
    const input = this.#input
    const stop = this.#outAt + byteCount
    // Chunks that hold nothing count for their headers: a stream of empty ones must not take one turn.
    let spent = this.#outAt
    while (this.#at < input.length) {
      if (spent >= stop) return false
      const at = this.#at
      const type = input[at]!
      const start = at + headerBytes
      const end = start + (input[at + 1]! | (input[at + 2]! << 8) | (input[at + 3]! << 16))
      if (type === compressedChunk || type === uncompressedChunk) {
        const problem = this.#decodeChunk(type, start, end)
        if (problem !== undefined) return `chunk at offset ${at}: ${problem}`
      }
      this.#at = end
      spent = Math.max(spent + chunkCost, this.#outAt)
    }
    return true
  }

  #decodeChunk(type: number, start: number, end: number): string | undefined {
    const data = start + checksumBytes
    const outStart = this.#outAt
    let outEnd: number
    if (type === uncompressedChunk) {
      outEnd = outStart + end - data
      this.#output.set(this.#input.subarray(data, end), outStart)
    } else {
      const preamble = readSnappyPreamble(this.#input, data, end)
      if (typeof preamble === 'string') return preamble
      outEnd = outStart + preamble.byteCount
      const block = new SnappyBlockDecoder(this.#input, preamble.start, end, this.#output, outStart, outEnd)
      const done = block.step(preamble.byteCount)
      if (typeof done === 'string') return done
    }
    if (maskedChecksum(this.#outputView, outStart, outEnd) !== this.#inputView.getUint32(start, true)) {
      return 'its checksum does not match what came out'
    }
    this.#outAt = outEnd
    return undefined
  }
}

// What an empty chunk costs, in bytes that could be decoded meanwhile.
const chunkCost = 256

/** Most bytes that `byteCount` bytes can become in the framing format. */
export function maxSnappyFramedBytes(byteCount: number): number {
  const chunkCount = Math.ceil(byteCount / snappyBlockBytes)
  return (
    streamIdentifier.length + byteCount + chunkCount * (headerBytes + checksumBytes) + maxSnappyBytes(snappyBlockBytes)
  )
}

/** Starts a stream of the framing format; returns the position behind it. */
export function writeSnappyIdentifier(output: Uint8Array): number {
  output.set(streamIdentifier)
  return streamIdentifier.length
}

/** Writes one chunk with the bytes from `start` to `end`, at most 65536; returns the position behind it. */
export function encodeSnappyChunk(
  input: Uint8Array,
  inputView: DataView,
  start: number,
  end: number,
  output: Uint8Array,
  outAt: number,
): number {
  const data = outAt + headerBytes + checksumBytes
  let out = writeSnappyPreamble(output, data, end - start)
  out = encodeSnappyBlock(input, inputView, start, end, output, out)
  let type: number = compressedChunk
  // What saves less than an eighth is not worth the reader's time; other implementations draw the line there too.
  if (out - data >= end - start - ((end - start) >>> 3)) {
    type = uncompressedChunk
    output.set(input.subarray(start, end), data)
    out = data + end - start
  }
  const length = out - outAt - headerBytes
  const checksum = maskedChecksum(inputView, start, end)
  output[outAt] = type
  output[outAt + 1] = length & 255
  output[outAt + 2] = (length >>> 8) & 255
  output[outAt + 3] = length >>> 16
  output[outAt + 4] = checksum & 255
  output[outAt + 5] = (checksum >>> 8) & 255
  output[outAt + 6] = (checksum >>> 16) & 255
  output[outAt + 7] = checksum >>> 24
  return out
}
