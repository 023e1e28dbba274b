// SPDX-License-Identifier: Apache-2.0

// Length-Prefixed-Message of grpc/doc/PROTOCOL-HTTP2.md: a flag byte (1 = compressed), the length in four bytes, big
// endian, and the message. Message borders and those of DATA frames have nothing to do with each other.

/** Bytes before each message. */
export const grpcPrefixBytes = 5

/** The five bytes before a message of `byteCount` bytes (after compression). */
export function grpcMessagePrefix(byteCount: number, compressed: boolean): Uint8Array {
  const prefix = new Uint8Array(grpcPrefixBytes)
  writeGrpcMessagePrefix(prefix, byteCount, compressed)
  return prefix
}

/** Like {@link grpcMessagePrefix}, into the first five bytes of `target`. */
export function writeGrpcMessagePrefix(target: Uint8Array, byteCount: number, compressed: boolean): void {
  target[0] = compressed ? 1 : 0
  target[1] = byteCount >>> 24
  target[2] = byteCount >>> 16
  target[3] = byteCount >>> 8
  target[4] = byteCount
}

/** Why a byte stream is not exactly one message. */
export type GrpcReadProblem =
  | {
      /** The first byte of the prefix is neither 0 nor 1. */
      readonly kind: 'flag'
      readonly flag: number
    }
  | {
      /** The prefix announces more than the limit. Nothing of the message was kept. */
      readonly kind: 'tooLarge'
      readonly byteCount: number
    }
  | {
      /** The stream ended inside prefix or message; both counts are without what was whole before. */
      readonly kind: 'truncated'
      readonly part: 'prefix' | 'message'
      readonly receivedBytes: number
      readonly expectedBytes: number
    }
  | {
      /** The stream ended before its first byte. */
      readonly kind: 'none'
    }
  | {
      /** Bytes follow the message, where a unary call has only one. */
      readonly kind: 'several'
    }

/** One message, still compressed when it says so. */
export interface GrpcMessage {
  readonly compressed: boolean
  readonly bytes: Uint8Array
}

// Smaller chunks are gathered in blocks: a peer that sends byte by byte would otherwise make us hold an object of some
// 100 bytes for each of them.
const smallChunkBytes = 1024
const blockBytes = 16 * 1024
const noBytes = new Uint8Array(0)

/**
 * Reads the one message of a unary call from chunks of any size. A message that lies in one chunk is not copied (unless
 * it would keep a far larger buffer alive), others once. Memory grows with the bytes received, never with the length
 * announced. After a problem everything further is ignored and answered with the same problem.
 */
export class GrpcMessageReader {
  readonly #maxMessageBytes: number
  #prefixBytes = 0
  #flag = 0
  #length = 0
  #received = 0
  #pieces: Uint8Array[] = []
  #block: Uint8Array | undefined
  #blockFrom = 0
  #blockTo = 0
  #message: GrpcMessage | undefined
  #problem: GrpcReadProblem | undefined

  /** `maxMessageBytes` bounds the announced length, before decompression. */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** The message, once it is whole. */
  get message(): GrpcMessage | undefined {
    return this.#message
  }

  push(chunk: Uint8Array): GrpcReadProblem | undefined {
    if (this.#problem !== undefined || chunk.byteLength === 0) return this.#problem
    if (this.#message !== undefined) return this.#fail({ kind: 'several' })
    let at = 0
    while (this.#prefixBytes < grpcPrefixBytes) {
      if (at === chunk.byteLength) return undefined
      const byte = chunk[at++]!
      if (this.#prefixBytes++ === 0) {
        if (byte > 1) return this.#fail({ kind: 'flag', flag: byte })
        this.#flag = byte
      } else {
        this.#length = this.#length * 256 + byte
      }
      if (this.#prefixBytes === grpcPrefixBytes && this.#length > this.#maxMessageBytes) {
        return this.#fail({ kind: 'tooLarge', byteCount: this.#length })
      }
    }
    const available = chunk.byteLength - at
    const wanted = this.#length - this.#received
    const taken = Math.min(available, wanted)
    if (this.#received === 0 && taken === wanted) {
      this.#message = { compressed: this.#flag === 1, bytes: viewOrCopy(chunk, at, at + taken) }
    } else {
      this.#keep(chunk.subarray(at, at + taken))
      this.#received += taken
      if (taken === wanted) {
        this.#flushBlock()
        this.#message = { compressed: this.#flag === 1, bytes: joined(this.#pieces, this.#length) }
        this.#dropPieces()
      }
    }
    return available > wanted ? this.#fail({ kind: 'several' }) : undefined
  }

  /** Says that nothing follows. */
  end(): GrpcReadProblem | undefined {
    if (this.#problem !== undefined || this.#message !== undefined) return this.#problem
    if (this.#prefixBytes === 0) return this.#fail({ kind: 'none' })
    if (this.#prefixBytes < grpcPrefixBytes) {
      return this.#fail({
        kind: 'truncated',
        part: 'prefix',
        receivedBytes: this.#prefixBytes,
        expectedBytes: grpcPrefixBytes,
      })
    }
    return this.#fail({
      kind: 'truncated',
      part: 'message',
      receivedBytes: this.#received,
      expectedBytes: this.#length,
    })
  }

  #keep(piece: Uint8Array): void {
    if (piece.byteLength >= smallChunkBytes) {
      this.#flushBlock()
      this.#pieces.push(piece)
      return
    }
    if (this.#block === undefined || this.#blockTo + piece.byteLength > this.#block.byteLength) {
      this.#flushBlock()
      this.#block = new Uint8Array(Math.min(blockBytes, this.#length - this.#received))
      this.#blockFrom = 0
      this.#blockTo = 0
    }
    this.#block.set(piece, this.#blockTo)
    this.#blockTo += piece.byteLength
  }

  // What is left of the block stays in use: alternating small and large chunks must not cost a block each.
  #flushBlock(): void {
    if (this.#block === undefined || this.#blockTo === this.#blockFrom) return
    this.#pieces.push(this.#block.subarray(this.#blockFrom, this.#blockTo))
    this.#blockFrom = this.#blockTo
  }

  #dropPieces(): void {
    this.#pieces = []
    this.#block = undefined
  }

  #fail(problem: GrpcReadProblem): GrpcReadProblem {
    this.#problem = problem
    this.#message = undefined
    this.#dropPieces()
    return problem
  }
}

// A view of a far larger buffer would keep all of that alive as long as the message lives.
function viewOrCopy(chunk: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return noBytes
  const isWasteful = chunk.buffer.byteLength > 2 * (to - from) + 4096
  const view = chunk.subarray(from, to)
  return isWasteful ? new Uint8Array(view) : view
}

function joined(pieces: readonly Uint8Array[], byteCount: number): Uint8Array {
  const whole = new Uint8Array(byteCount)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.byteLength
  }
  return whole
}
