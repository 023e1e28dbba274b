// SPDX-License-Identifier: Apache-2.0
import type { OtlpError } from '../errors.ts'
import { otlpError } from '../errors.ts'
import { decompressError } from './content-encoding-errors.ts'
import { decodeSnappy, decodeZstd, encodeSnappy } from './content-encoding-steps.ts'
import { decodeWithZlib, encodeWithZlib, hasNodeZstd } from './content-encoding-zlib.ts'

/**
 * Content codings that bodies may have. `zlib` is what HTTP calls deflate, `snappy` one block, `snappy-framed` the
 * framing format (HTTP's `x-snappy-framed`, gRPC's `snappy`).
 */
export type ContentCoding = 'gzip' | 'zlib' | 'zstd' | 'snappy' | 'snappy-framed'

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
    case 'zstd':
      return 'zstd'
    case 'snappy':
      return 'snappy'
    case 'x-snappy-framed':
      return 'snappy-framed'
    default:
      return undefined
  }
}

/** The values of Content-Encoding that a server takes. */
export interface ContentEncodings {
  /** For messages and for Accept-Encoding. */
  readonly text: string
  /** As {@link contentCoding}; undefined too for what is not taken here. */
  codingOf(contentEncoding: string | undefined): ContentCoding | 'identity' | undefined
}

const contentEncodingNames = ['gzip', 'deflate', 'zlib', 'zstd', 'snappy', 'x-snappy-framed', 'identity']

/**
 * Everything that can be decoded, or what of it is named; '' and 'identity' mean bodies that are not compressed. Returns
 * the error for a name that is not known.
 */
export function contentEncodings(names?: readonly string[]): ContentEncodings | OtlpError {
  if (names === undefined) return { text: contentEncodingNames.join(', '), codingOf: contentCoding }
  const taken = new Set<string>()
  for (const name of names) {
    const known = name === '' ? 'identity' : name.toLowerCase()
    if (!contentEncodingNames.includes(known)) {
      return otlpError(
        'OTLP_OPTION',
        `content encoding ${JSON.stringify(name)}: not supported; allowed are ${contentEncodingNames.join(', ')}; the server was not started`,
      )
    }
    taken.add(known)
  }
  return {
    text: [...taken].join(', '),
    codingOf(contentEncoding) {
      const name = contentEncoding?.trim().toLowerCase() ?? ''
      const known = name === '' ? 'identity' : name === 'x-gzip' ? 'gzip' : name
      return taken.has(known) ? contentCoding(known) : undefined
    },
  }
}

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
 *
 * `zlib` means RFC 1950, as RFC 9110 defines deflate; deflate without that wrapper is refused: it has no checksum, and no
 * sender of OTLP makes it.
 */
export function decodeContent(
  coding: ContentCoding,
  body: Uint8Array,
  limitBytes: number,
  account: ByteAccount,
  done: DecodedContent,
): void {
  if (body.byteLength === 0) {
    // Snappy's framing is written by others without its identifier when there is nothing to frame: gRPC's empty messages.
    if (coding === 'snappy-framed') done(undefined, body)
    // gunzip of nothing is nothing in Node, but no gzip stream has length 0: the sender's body got lost.
    else done(decompressError(coding, 0, 'the body is empty'), undefined)
    return
  }
  switch (coding) {
    case 'gzip':
    case 'zlib':
      decodeWithZlib(coding, body, 0, limitBytes, account, done)
      break
    case 'zstd':
      decodeZstd(body, limitBytes, account, done)
      break
    case 'snappy':
    case 'snappy-framed':
      decodeSnappy(coding, body, limitBytes, account, done)
      break
  }
}

/** Whether bodies can be compressed so here: zstd needs a Node that has it (22.15, 24 and newer). */
export function canEncodeContent(coding: ContentCoding): boolean {
  return coding !== 'zstd' || hasNodeZstd()
}

const levels: Readonly<Record<ContentCoding, readonly [min: number, max: number] | undefined>> = {
  gzip: [-1, 9],
  zlib: [-1, 9],
  zstd: [1, 22],
  snappy: undefined,
  'snappy-framed': undefined,
}

/** What is wrong with a compression level, or undefined: whole numbers from -1 (zlib's own default) to 9, of zstd from 1 to 22. */
export function checkCompressionLevel(coding: ContentCoding, level: number): OtlpError | undefined {
  const range = levels[coding]
  if (range !== undefined && Number.isInteger(level) && level >= range[0] && level <= range[1]) return undefined
  const allowed =
    range === undefined ? 'none: this coding has no levels' : `whole numbers from ${range[0]} to ${range[1]}`
  return otlpError(
    'OTLP_OPTION',
    `compression level ${level} of ${coding}: not possible; allowed are ${allowed}; nothing is sent`,
  )
}

/** What {@link encodeContent} calls once, at once or later; the pieces are to be written one after the other. */
export type EncodedContent = (error: unknown, pieces: readonly Uint8Array[]) => void

/**
 * Compresses the chunks of a body. `level` is the coding's own ({@link checkCompressionLevel}); undefined is 1 for gzip and
 * zlib, 3 for zstd. Small bodies are done at once, large ones in the thread pool or, for snappy, a step at a time.
 */
export function encodeContent(
  coding: ContentCoding,
  level: number | undefined,
  chunks: readonly Uint8Array[],
  byteCount: number,
  done: EncodedContent,
): void {
  const error = level === undefined ? undefined : checkCompressionLevel(coding, level)
  if (error !== undefined) {
    done(error, [])
  } else if (coding === 'snappy' || coding === 'snappy-framed') {
    encodeSnappy(coding, chunks, byteCount, done)
  } else if (canEncodeContent(coding)) {
    encodeWithZlib(coding, level, chunks, byteCount, done)
  } else {
    done(noEncoderError(coding), [])
  }
}

function noEncoderError(coding: ContentCoding): OtlpError {
  return otlpError(
    'OTLP_OPTION',
    `compression "${coding}": this version of Node cannot compress with it; expected is gzip, deflate, snappy, or Node 22.15 or newer; nothing is sent`,
  )
}
