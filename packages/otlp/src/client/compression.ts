// SPDX-License-Identifier: Apache-2.0
import { canEncodeContent } from '../transport/content-encoding.ts'
import type { OtlpClientObserver } from './client.ts'

/** The compression that a client uses, and its level. */
export interface UsableCompression<Name extends string> {
  readonly compression: Name | 'gzip'
  readonly level: number | undefined
}

/**
 * The compression asked for, or gzip where this Node cannot write it (zstd before 22.15): every receiver takes gzip, and
 * uncompressed data would cost the network more than was bargained for. The observer is told once, when the client is made.
 */
export function usableCompression<Name extends string>(
  wanted: Name,
  level: number | undefined,
  observer: OtlpClientObserver | undefined,
  canEncode: typeof canEncodeContent = canEncodeContent,
): UsableCompression<Name> {
  if (wanted !== 'zstd' || canEncode('zstd')) return { compression: wanted, level }
  observer?.compressionReplaced?.({
    wanted,
    used: 'gzip',
    message: `compression "${wanted}": this version of Node cannot write it; expected is Node 22.15, 24 or newer, or gzip; gzip is used instead, nothing is lost`,
  })
  return { compression: 'gzip', level: undefined }
}
