// SPDX-License-Identifier: Apache-2.0
import type { Zlib } from 'node:zlib'
import type { OtlpError } from '../errors.ts'
import { otlpError } from '../errors.ts'
import { nodeZlib } from './builtin.ts'

/** Content codings that bodies may have. A coding more is one row in {@link decoders} and its names here. */
export type ContentCoding = 'gzip' | 'zlib'

/** Content-Encoding values understood, for messages and for Accept-Encoding. `zlib` is what other senders call deflate. */
export const supportedContentEncodings = 'gzip, deflate, zlib, identity'

/** Coding that a Content-Encoding names: 'identity' for none, undefined when it is not supported. */
export function contentCoding(contentEncoding: string | undefined): ContentCoding | 'identity' | undefined {
  if (contentEncoding === undefined) return 'identity'
  if (contentEncoding === 'gzip') return 'gzip'
  switch (contentEncoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return 'identity'
    case 'gzip':
    case 'x-gzip':
      return 'gzip'
    case 'deflate':
    case 'zlib':
      return 'zlib'
    default:
      return undefined
  }
}

// Bodies up to this size are (de)compressed on the calling thread: the way through the thread pool costs 5.7 times
// the CPU for a usual request.
const maxSyncInputBytes = 256 * 1024
// What one synchronous call may produce. A small bomb holds the event loop for some 3 ms at most (a dozen of them
// can come in one turn of it); anything larger goes to the thread pool.
const maxSyncOutputBytes = 1024 * 1024
// Deflate cannot shrink further than this, so a gzip trailer that claims more is lying.
const maxDeflateRatio = 1032

/** Where the bytes of a body being inflated are accounted. */
export interface ByteAccount {
  /** Reserves bytes; returns false, reserving nothing, when there is no room. */
  take(byteCount: number): boolean
}

/** What {@link decodeContent} calls once, at once or later. */
export type DecodedContent = (error: OtlpError | undefined, body: Uint8Array | undefined) => void

/**
 * Decompresses a whole body into at most `limitBytes`; more is refused with OTLP_TOO_LARGE before it is inflated.
 * Bytes produced are taken from `account` as they come. Trailing data after the compressed stream is an error.
 */
export function decodeContent(
  coding: ContentCoding,
  body: Uint8Array,
  limitBytes: number,
  account: ByteAccount,
  done: DecodedContent,
): void {
  if (body.byteLength === 0) {
    // gunzip of nothing is nothing in Node, but no gzip stream has length 0: the sender's body got lost.
    done(decompressError(coding, 0, 'the body is empty'), undefined)
    return
  }
  const hint = coding === 'gzip' ? uncompressedSizeHint(body) : 0
  const syncLimit = Math.min(limitBytes, maxSyncOutputBytes)
  if (body.byteLength <= maxSyncInputBytes && hint <= syncLimit) {
    const result = decodeNow(coding, body, hint, syncLimit)
    if (result === undefined) {
      if (syncLimit === limitBytes) {
        done(tooLargeError(coding, body.byteLength, limitBytes), undefined)
        return
      }
    } else if (result instanceof Uint8Array) {
      if (account.take(result.byteLength)) done(undefined, result)
      else done(noRoomError(result.byteLength), undefined)
      return
    } else {
      done(result, undefined)
      return
    }
  }
  decodeLater(coding, body, limitBytes, account, done)
}

const decoders = {
  gzip: { sync: 'gunzipSync', stream: 'createGunzip' },
  zlib: { sync: 'inflateSync', stream: 'createInflate' },
} as const

// Undefined: more than `limitBytes` would come out.
function decodeNow(
  coding: ContentCoding,
  body: Uint8Array,
  hint: number,
  limitBytes: number,
): Uint8Array | OtlpError | undefined {
  // One output buffer of the right size saves zlib's pieces and their concatenation; one byte more than needed tells
  // zlib that it is finished without a second buffer.
  const chunkSize = Math.max(16 * 1024, hint + 1)
  try {
    // `info` is missing from the types of zlib's synchronous functions; it adds the engine, which knows how much it read.
    const options = { chunkSize, maxOutputLength: limitBytes, info: true }
    const result = nodeZlib()[decoders[coding].sync](body, options) as unknown as { buffer: Buffer; engine: Zlib }
    if (result.engine.bytesWritten < body.byteLength && !isZeroPadding(body, result.engine.bytesWritten)) {
      return trailingDataError(coding, result.engine.bytesWritten, body.byteLength)
    }
    const output = result.buffer
    // A view of a far larger buffer would keep all of that alive as long as the batch lives.
    return output.buffer.byteLength > 2 * output.byteLength + 4096 ? new Uint8Array(output) : output
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined
    return decompressError(coding, body.byteLength, reasonOf(error))
  }
}

function decodeLater(
  coding: ContentCoding,
  body: Uint8Array,
  limitBytes: number,
  account: ByteAccount,
  done: DecodedContent,
): void {
  const stream = nodeZlib()[decoders[coding].stream]({ chunkSize: 64 * 1024 })
  const output: Buffer[] = []
  let size = 0
  let settled = false
  function settle(error: OtlpError | undefined, result: Uint8Array | undefined): void {
    if (settled) return
    settled = true
    stream.destroy()
    done(error, result)
  }
  stream.on('data', (chunk: Buffer) => {
    if (settled) return
    size += chunk.byteLength
    if (size > limitBytes) settle(tooLargeError(coding, body.byteLength, limitBytes), undefined)
    else if (!account.take(chunk.byteLength)) settle(noRoomError(size), undefined)
    else output.push(chunk)
  })
  stream.on('error', (error) => settle(decompressError(coding, body.byteLength, reasonOf(error)), undefined))
  stream.on('end', () => {
    if (stream.bytesWritten < body.byteLength && !isZeroPadding(body, stream.bytesWritten)) {
      settle(trailingDataError(coding, stream.bytesWritten, body.byteLength), undefined)
    } else {
      settle(undefined, output.length === 1 ? output[0] : Buffer.concat(output, size))
    }
  })
  stream.end(body)
}

// The last four bytes of a gzip stream are its uncompressed size modulo 2^32: right for honest senders, and only ever
// used to choose a buffer size and a thread.
function uncompressedSizeHint(body: Uint8Array): number {
  const end = body.byteLength
  if (end < 18) return 0
  const size = (body[end - 4]! | (body[end - 3]! << 8) | (body[end - 2]! << 16) | (body[end - 1]! << 24)) >>> 0
  return size > end * maxDeflateRatio ? 0 : size
}

// gzip files are often padded with zeros, which gzip itself and zlib accept.
function isZeroPadding(body: Uint8Array, from: number): boolean {
  for (let at = from; at < body.byteLength; at++) if (body[at] !== 0) return false
  return true
}

function codingName(coding: ContentCoding): string {
  return coding === 'gzip' ? 'gzip' : 'deflate (zlib)'
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function decompressError(coding: ContentCoding, byteCount: number, reason: string): OtlpError {
  return otlpError(
    'OTLP_DECOMPRESS',
    `${codingName(coding)} body of ${byteCount} bytes: ${reason}; expected one whole ${codingName(coding)} stream as Content-Encoding says; nothing of it is used`,
  )
}

function trailingDataError(coding: ContentCoding, usedBytes: number, byteCount: number): OtlpError {
  return decompressError(coding, byteCount, `${byteCount - usedBytes} bytes follow the end of the stream`)
}

function tooLargeError(coding: ContentCoding, byteCount: number, limitBytes: number): OtlpError {
  return otlpError(
    'OTLP_TOO_LARGE',
    `${codingName(coding)} body of ${byteCount} bytes: inflates to more than the limit of ${limitBytes} bytes; inflating stopped there and nothing of it is used`,
  )
}

function noRoomError(byteCount: number): OtlpError {
  return otlpError(
    'OTLP_OVERLOADED',
    `compressed body: no room for ${byteCount} inflated bytes beside the requests being read; allowed again when those are done; send it again later`,
  )
}

/**
 * Compresses with gzip at level 1 (a third of the CPU of level 6 for about 15 % more bytes). Small bodies are done at
 * once, large ones in the thread pool; `done` gets the pieces to write.
 */
export function gzipContent(
  chunks: readonly Uint8Array[],
  byteCount: number,
  done: (error: unknown, compressed: readonly Uint8Array[]) => void,
): void {
  if (byteCount <= maxSyncInputBytes) {
    const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, byteCount)
    done(undefined, [nodeZlib().gzipSync(whole, { level: 1 })])
    return
  }
  const stream = nodeZlib().createGzip({ level: 1, chunkSize: 64 * 1024 })
  const output: Uint8Array[] = []
  stream.on('data', (chunk: Buffer) => output.push(chunk))
  stream.on('error', (error) => done(error, output))
  stream.on('end', () => done(undefined, output))
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
}
