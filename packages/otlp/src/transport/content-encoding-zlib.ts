// SPDX-License-Identifier: Apache-2.0
import type { Transform } from 'node:stream'
import type { Zlib } from 'node:zlib'
import type { OtlpError } from '../errors.ts'
import { nodeZlib } from './builtin.ts'
import type { ByteAccount, DecodedContent, EncodedContent } from './content-encoding.ts'
import { decompressError, noRoomError, reasonOf, tooLargeError, trailingDataError } from './content-encoding-errors.ts'

// Bodies up to this size are (de)compressed on the calling thread: the way through the thread pool costs 5.7 times
// the CPU for a usual request.
const maxSyncInputBytes = 256 * 1024
// What one synchronous call may produce. A small bomb holds the event loop for some 3 ms at most (a dozen of them
// can come in one turn of it); anything larger goes to the thread pool.
const maxSyncOutputBytes = 1024 * 1024
// Deflate cannot shrink further than this, so a gzip trailer that claims more is lying.
const maxDeflateRatio = 1032

const decoders = {
  gzip: { sync: 'gunzipSync', stream: 'createGunzip' },
  zlib: { sync: 'inflateSync', stream: 'createInflate' },
  zstd: { sync: 'zstdDecompressSync', stream: 'createZstdDecompress' },
} as const
type ZlibCoding = keyof typeof decoders

// zstd is missing from the types, and from Node before 22.15. So is `info`, which adds the engine to the result of a
// synchronous call; it knows how much it read.
interface ZlibOptions {
  readonly chunkSize?: number
  readonly maxOutputLength?: number
  readonly info?: true
  readonly params?: Readonly<Record<number, number>>
  readonly pledgedSrcSize?: number
}
type Decoders = Readonly<
  Record<(typeof decoders)[ZlibCoding]['sync'], (body: Uint8Array, options: ZlibOptions) => unknown> &
    Record<(typeof decoders)[ZlibCoding]['stream'], (options: ZlibOptions) => Transform & Pick<Zlib, 'bytesWritten'>>
>
interface ZstdEncoders {
  zstdCompressSync?(bytes: Uint8Array, options: ZlibOptions): Buffer
  createZstdCompress?(options: ZlibOptions): Transform
}

/** Whether this Node has zstd. */
export function hasNodeZstd(): boolean {
  return (nodeZlib() as ZstdEncoders).createZstdCompress !== undefined
}

/**
 * {@link decodeContent} of the codings that node:zlib has. Of zstd it reads one frame and nothing else reliably (Node 22 and 24
 * pass over a second one, and 22 over a missing end): others must not come here. `hintBytes` is what may come out of it.
 */
export function decodeWithZlib(
  coding: ZlibCoding,
  body: Uint8Array,
  hintBytes: number,
  limitBytes: number,
  account: ByteAccount,
  done: DecodedContent,
): void {
  const hint = coding === 'gzip' ? uncompressedSizeHint(body) : hintBytes
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

// Undefined: more than `limitBytes` would come out.
function decodeNow(
  coding: ZlibCoding,
  body: Uint8Array,
  hint: number,
  limitBytes: number,
): Uint8Array | OtlpError | undefined {
  // One output buffer of the right size saves zlib's pieces and their concatenation; one byte more than needed tells
  // zlib that it is finished without a second buffer.
  const chunkSize = Math.max(16 * 1024, hint + 1)
  try {
    const zlib = nodeZlib() as unknown as Decoders
    const options = { chunkSize, maxOutputLength: limitBytes, info: true } as const
    const result = zlib[decoders[coding].sync](body, options) as { buffer: Buffer; engine: Zlib }
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
  coding: ZlibCoding,
  body: Uint8Array,
  limitBytes: number,
  account: ByteAccount,
  done: DecodedContent,
): void {
  const zlib = nodeZlib() as unknown as Decoders
  const stream = zlib[decoders[coding].stream]({ chunkSize: 64 * 1024 })
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

// ZSTD_c_compressionLevel of zstd.h.
const zstdCompressionLevel = 100

/** {@link encodeContent} of the codings that node:zlib has. */
export function encodeWithZlib(
  coding: ZlibCoding,
  level: number | undefined,
  chunks: readonly Uint8Array[],
  byteCount: number,
  done: EncodedContent,
): void {
  const zlib = nodeZlib()
  if (byteCount <= maxSyncInputBytes) {
    const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, byteCount)
    done(undefined, [encodeNow(zlib, coding, level, whole)])
    return
  }
  const stream = encoderStream(zlib, coding, level, byteCount)
  const output: Uint8Array[] = []
  stream.on('data', (chunk: Buffer) => output.push(chunk))
  stream.on('error', (error) => done(error, output))
  stream.on('end', () => done(undefined, output))
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
}

type Zlibs = ReturnType<typeof nodeZlib>

// A third of the CPU of level 6 for about 15 % more bytes.
const deflateLevel = 1
// The default of zstd itself; level 1 was no faster on requests of 29 kB (Node 24).
const zstdLevel = 3

function encodeNow(zlib: Zlibs, coding: ZlibCoding, level: number | undefined, whole: Uint8Array): Buffer {
  if (coding === 'gzip') return zlib.gzipSync(whole, { level: level ?? deflateLevel })
  if (coding === 'zlib') return zlib.deflateSync(whole, { level: level ?? deflateLevel })
  return (zlib as ZstdEncoders).zstdCompressSync!(whole, zstdOptions(level, whole.byteLength))
}

function encoderStream(zlib: Zlibs, coding: ZlibCoding, level: number | undefined, byteCount: number): Transform {
  const chunkSize = 64 * 1024
  if (coding === 'gzip') return zlib.createGzip({ level: level ?? deflateLevel, chunkSize })
  if (coding === 'zlib') return zlib.createDeflate({ level: level ?? deflateLevel, chunkSize })
  return (zlib as ZstdEncoders).createZstdCompress!({ ...zstdOptions(level, byteCount), chunkSize })
}

function zstdOptions(level: number | undefined, byteCount: number): ZlibOptions {
  // With the size in front the receiver makes room once, or refuses before it reads on.
  return { params: { [zstdCompressionLevel]: level ?? zstdLevel }, pledgedSrcSize: byteCount }
}
