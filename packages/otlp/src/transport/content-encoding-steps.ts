// SPDX-License-Identifier: Apache-2.0
import { otlpError } from '../errors.ts'
import type { ByteAccount, ContentCoding, DecodedContent, EncodedContent } from './content-encoding.ts'
import { decompressError, noRoomError, tooLargeError } from './content-encoding-errors.ts'
import { decodeWithZlib, hasNodeZstd } from './content-encoding-zlib.ts'
import { readSnappyPreamble, SnappyBlockDecoder } from './snappy-decode.ts'
import { encodeSnappyBlock, maxSnappyBytes, snappyBlockBytes, writeSnappyPreamble } from './snappy-encode.ts'
import {
  encodeSnappyChunk,
  maxSnappyFramedBytes,
  measureSnappyFramed,
  SnappyFramedDecoder,
  writeSnappyIdentifier,
} from './snappy-framed.ts'
import { ZstdDecoder } from './zstd-decode.ts'
import { measureZstd } from './zstd-frames.ts'

// The codecs written here work on the event loop, and return to it after so many bytes: usual ones take 0.3 ms, the
// slowest that were found (copies of one byte each) 3 ms.
const stepBytes = 512 * 1024

/**
 * A decoder that is given time in pieces: true when it is done, false when more is left, text when the body is broken,
 * undefined when there is no room for what comes out.
 */
interface StepDecoder {
  step(byteCount: number): boolean | string | undefined
}

type SnappyCoding = Extract<ContentCoding, 'snappy' | 'snappy-framed'>

/** {@link decodeContent} of both forms of snappy. */
export function decodeSnappy(
  coding: SnappyCoding,
  body: Uint8Array,
  limitBytes: number,
  account: ByteAccount,
  done: DecodedContent,
): void {
  const measured = coding === 'snappy' ? readSnappyPreamble(body, 0, body.byteLength) : measureSnappyFramed(body)
  if (typeof measured === 'string') {
    done(decompressError(coding, body.byteLength, measured), undefined)
    return
  }
  const byteCount = typeof measured === 'number' ? measured : measured.byteCount
  if (byteCount > limitBytes) {
    done(tooLargeError(coding, body.byteLength, limitBytes), undefined)
    return
  }
  if (!account.take(byteCount)) {
    done(noRoomError(byteCount), undefined)
    return
  }
  const output = new Uint8Array(byteCount)
  const decoder =
    typeof measured === 'number'
      ? new SnappyFramedDecoder(body, output)
      : new SnappyBlockDecoder(body, measured.start, body.byteLength, output, 0, byteCount)
  runSteps(decoder, (problem) => {
    if (problem === undefined) done(undefined, output)
    else done(decompressError(coding, body.byteLength, String(problem)), undefined)
  })
}

/** {@link decodeContent} of zstd. */
export function decodeZstd(body: Uint8Array, limitBytes: number, account: ByteAccount, done: DecodedContent): void {
  const measured = measureZstd(body)
  if (typeof measured === 'string') {
    done(decompressError('zstd', body.byteLength, measured), undefined)
    return
  }
  if (measured.minBytes > limitBytes) {
    done(tooLargeError('zstd', body.byteLength, limitBytes), undefined)
    return
  }
  // The native decoder is three to six times as fast, but holds a window beside its output: RFC 9659 gives senders 8 MiB.
  const windowBytes = measured.onlyWindowBytes
  if (windowBytes !== undefined && windowBytes <= maxNativeWindowBytes && hasNodeZstd()) {
    decodeWithZlib('zstd', body, measured.maxBytes, limitBytes, account, done)
    return
  }
  // Senders that do not know the size in advance leave room for it to be guessed: it is made as it is needed.
  const maxBytes = Math.min(measured.maxBytes, limitBytes)
  let roomBytes = measured.minBytes === measured.maxBytes ? maxBytes : Math.min(maxBytes, firstRoomBytes)
  if (!account.take(roomBytes)) {
    done(noRoomError(roomBytes), undefined)
    return
  }
  let refusedBytes = 0
  const grow = (output: Uint8Array, minBytes: number): Uint8Array | undefined => {
    const wanted = Math.min(maxBytes, Math.max(2 * output.length, minBytes))
    if (wanted <= output.length) return output
    if (!account.take(wanted - roomBytes)) {
      refusedBytes = wanted
      return undefined
    }
    roomBytes = wanted
    const larger = new Uint8Array(wanted)
    larger.set(output)
    return larger
  }
  const decoder = new ZstdDecoder(body, new Uint8Array(roomBytes), grow)
  runSteps(decoder, (problem) => {
    if (problem === undefined) {
      const { result } = decoder
      done(undefined, result.byteLength * 2 < roomBytes ? result.slice() : result)
    } else if (problem === noRoom) {
      const error = refusedBytes > 0 ? noRoomError(refusedBytes) : tooLargeError('zstd', body.byteLength, limitBytes)
      done(error, undefined)
    } else {
      done(decompressError('zstd', body.byteLength, problem), undefined)
    }
  })
}

const maxNativeWindowBytes = 8 * 1024 * 1024
const firstRoomBytes = 256 * 1024
const noRoom = Symbol('no room')

/** Runs a decoder to its end, returning to the event loop between steps; `done` gets what is wrong. */
function runSteps(decoder: StepDecoder, done: (problem: string | typeof noRoom | undefined) => void): void {
  const result = decoder.step(stepBytes)
  if (result === false) setImmediate(runSteps, decoder, done)
  else done(result === true ? undefined : (result ?? noRoom))
}

/** {@link encodeContent} of both forms of snappy, which have no levels. */
export function encodeSnappy(
  coding: SnappyCoding,
  chunks: readonly Uint8Array[],
  byteCount: number,
  done: EncodedContent,
): void {
  if (byteCount > 0xffffffff) {
    done(
      otlpError('OTLP_TOO_LARGE', `snappy: request of ${byteCount} bytes; allowed are 4294967295; nothing is sent`),
      [],
    )
    return
  }
  new SnappyEncoding(coding === 'snappy-framed', join(chunks, byteCount), done).run()
}

function join(chunks: readonly Uint8Array[], byteCount: number): Uint8Array {
  const only = chunks[0]
  if (chunks.length === 1 && only !== undefined && only.constructor === Uint8Array) return only
  // One kind of array in the loops, and one that is contiguous.
  const whole = new Uint8Array(byteCount)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

class SnappyEncoding {
  readonly #framed: boolean
  readonly #input: Uint8Array
  readonly #view: DataView
  readonly #done: EncodedContent
  readonly #pieces: Uint8Array[] = []
  #at = 0

  constructor(framed: boolean, input: Uint8Array, done: EncodedContent) {
    this.#framed = framed
    this.#input = input
    this.#view = new DataView(input.buffer, input.byteOffset, input.byteLength)
    this.#done = done
  }

  // One piece of output a step.
  readonly run = (): void => {
    const input = this.#input
    const start = this.#at
    const stop = Math.min(start + stepBytes, input.length)
    const room = this.#framed ? maxSnappyFramedBytes(stop - start) : maxSnappyBytes(stop - start)
    const output = new Uint8Array(room)
    let out = 0
    if (start === 0) out = this.#framed ? writeSnappyIdentifier(output) : writeSnappyPreamble(output, 0, input.length)
    for (let at = start; at < stop; at += snappyBlockBytes) {
      const end = Math.min(at + snappyBlockBytes, stop)
      out = this.#framed
        ? encodeSnappyChunk(input, this.#view, at, end, output, out)
        : encodeSnappyBlock(input, this.#view, at, end, output, out)
    }
    this.#at = stop
    // The rest of the room is freed; a copy of what is kept costs little beside compressing it.
    this.#pieces.push(out * 2 < room ? output.slice(0, out) : output.subarray(0, out))
    if (stop < input.length) setImmediate(this.run)
    else this.#done(undefined, this.#pieces)
  }
}
