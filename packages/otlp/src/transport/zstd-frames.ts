// SPDX-License-Identifier: Apache-2.0

// RFC 8878, section 3.1.1; little-endian.
const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a50
/** Most bytes that one block can hold: RFC 8878, section 3.1.1.2.4. */
export const maxZstdBlockBytes: number = 131_072
// Blocks and frames that a body of so many bytes may have: senders fill blocks of up to 128 KiB, and millions that hold
// nothing would keep whoever only looks at their headers busy.
function maxPartCount(byteCount: number): number {
  return 65_536 + byteCount / 64
}

/** What the headers of a whole zstd body say of it. */
export interface ZstdMeasure {
  /** Bytes that come out at least, or the body is broken. */
  readonly minBytes: number
  /** Bytes that can come out at most. */
  readonly maxBytes: number
  /** Window of the one frame that is all of the body; undefined when there are more, or skippable ones. */
  readonly onlyWindowBytes: number | undefined
}

/** The header of one frame. */
export interface ZstdFrameHeader {
  /** Where the blocks begin. */
  readonly start: number
  readonly windowBytes: number
  /** Undefined when the header does not tell. */
  readonly contentBytes: number | undefined
  readonly hasChecksum: boolean
}

/** Reads the header of the frame at `at`, whose magic number has been seen; what is wrong with it as text. */
export function readZstdFrameHeader(input: Uint8Array, view: DataView, at: number): ZstdFrameHeader | string {
  if (at + 5 > input.length) return cutOff
  const descriptor = input[at + 4]!
  const singleSegment = (descriptor & 0x20) !== 0
  const contentFlag = descriptor >>> 6
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
  const contentSizeBytes = contentFlag === 0 ? (singleSegment ? 1 : 0) : 1 << contentFlag
  let next = at + 5
  const start = next + (singleSegment ? 0 : 1) + dictionaryBytes + contentSizeBytes
  if (start > input.length) return cutOff
  if ((descriptor & 0x08) !== 0) return 'a reserved bit of the frame header is set'
  let windowBytes = 0
  if (!singleSegment) {
    const base = 2 ** (10 + (input[next]! >>> 3))
    windowBytes = base + (base / 8) * (input[next]! & 7)
    next++
  }
  for (let i = 0; i < dictionaryBytes; i++) {
    if (input[next++] !== 0) return 'it needs a dictionary'
  }
  let contentBytes: number | undefined
  if (contentSizeBytes === 1) contentBytes = input[next]!
  else if (contentSizeBytes === 2) contentBytes = view.getUint16(next, true) + 256
  else if (contentSizeBytes === 4) contentBytes = view.getUint32(next, true)
  else if (contentSizeBytes === 8) contentBytes = view.getUint32(next, true) + view.getUint32(next + 4, true) * 2 ** 32
  if (singleSegment) windowBytes = contentBytes!
  return { start, windowBytes, contentBytes, hasChecksum: (descriptor & 0x04) !== 0 }
}

/** Whether a frame begins at `at`; the length of what is to be passed over when it is a skippable one. */
export function zstdFrameAt(input: Uint8Array, view: DataView, at: number): 'frame' | number | string {
  if (input.length - at < 4) return cutOff
  const magic = view.getUint32(at, true)
  if (magic === frameMagic) return 'frame'
  if ((magic & 0xfffffff0) >>> 0 !== skippableMagic) {
    return at === 0 ? 'it does not begin with a frame' : `${input.length - at} bytes follow the last frame`
  }
  if (input.length - at < 8) return cutOff
  const length = 8 + view.getUint32(at + 4, true)
  return length > input.length - at ? cutOff : length
}

/**
 * Goes through the frame and block headers of a whole body: what will come out of it at
 * least and at most; what is wrong with it as text. Nothing is decoded, so that most bombs and every cut body cost nothing.
 */
export function measureZstd(input: Uint8Array): ZstdMeasure | string {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  let minBytes = 0
  let maxBytes = 0
  let frameCount = 0
  let windowBytes = 0
  let skippedBytes = 0
  let partCount = 0
  const maxParts = maxPartCount(input.length)
  let at = 0
  while (at < input.length) {
    const kind = zstdFrameAt(input, view, at)
    if (++partCount > maxParts) return tooManyParts
    if (typeof kind === 'number') {
      at += kind
      skippedBytes += kind
      continue
    }
    if (kind !== 'frame') return kind
    const header = readZstdFrameHeader(input, view, at)
    if (typeof header === 'string') return header
    frameCount++
    windowBytes = header.windowBytes
    at = header.start
    let frameMinBytes = 0
    let frameMaxBytes = 0
    for (;;) {
      if (input.length - at < 3) return cutOff
      if (++partCount > maxParts) return tooManyParts
      const block = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16)
      const type = (block >>> 1) & 3
      const size = block >>> 3
      if (type === 3) return `the block at offset ${at} has the reserved type`
      if (size > maxZstdBlockBytes) return `the block at offset ${at} is larger than the ${maxZstdBlockBytes} allowed`
      if (type !== 2) frameMinBytes += size
      frameMaxBytes += type === 2 ? maxZstdBlockBytes : size
      at += 3 + (type === 1 ? 1 : size)
      if ((block & 1) === 1) break
    }
    if (header.hasChecksum) at += 4
    if (at > input.length) return cutOff
    const { contentBytes } = header
    if (contentBytes === undefined) {
      minBytes += frameMinBytes
      maxBytes += frameMaxBytes
    } else if (contentBytes > frameMaxBytes || contentBytes < frameMinBytes) {
      return `${contentBytes} bytes are announced, which its blocks cannot make`
    } else {
      minBytes += contentBytes
      maxBytes += contentBytes
    }
  }
  if (frameCount === 0) return 'it holds no frame'
  return { minBytes, maxBytes, onlyWindowBytes: frameCount === 1 && skippedBytes === 0 ? windowBytes : undefined }
}

const cutOff = 'it is cut off'
const tooManyParts = 'it holds more blocks and frames than its size allows'
