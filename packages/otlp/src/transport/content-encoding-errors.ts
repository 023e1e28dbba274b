// SPDX-License-Identifier: Apache-2.0
import type { OtlpError } from '../errors.ts'
import { otlpError } from '../errors.ts'
import type { ContentCoding } from './content-encoding.ts'

const codingNames: Readonly<Record<ContentCoding, string>> = {
  gzip: 'gzip',
  zlib: 'deflate (zlib)',
  zstd: 'zstd',
  snappy: 'snappy',
  'snappy-framed': 'x-snappy-framed',
}

/** A body that is not what its Content-Encoding says. */
export function decompressError(coding: ContentCoding, byteCount: number, reason: string): OtlpError {
  const name = codingNames[coding]
  return otlpError(
    'OTLP_DECOMPRESS',
    `${name} body of ${byteCount} bytes: ${reason}; expected one whole ${name} stream as Content-Encoding says; nothing of it is used`,
  )
}

/** Data behind the end of the compressed stream. */
export function trailingDataError(coding: ContentCoding, usedBytes: number, byteCount: number): OtlpError {
  return decompressError(coding, byteCount, `${byteCount - usedBytes} bytes follow the end of the stream`)
}

/** A body that becomes larger than the limit. */
export function tooLargeError(coding: ContentCoding, byteCount: number, limitBytes: number): OtlpError {
  return otlpError(
    'OTLP_TOO_LARGE',
    `${codingNames[coding]} body of ${byteCount} bytes: inflates to more than the limit of ${limitBytes} bytes; inflating stopped there and nothing of it is used`,
  )
}

/** No room among the requests being read. */
export function noRoomError(byteCount: number): OtlpError {
  return otlpError(
    'OTLP_OVERLOADED',
    `compressed body: no room for ${byteCount} inflated bytes beside the requests being read; allowed again when those are done; send it again later`,
  )
}

/** What a codec threw, as text. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
