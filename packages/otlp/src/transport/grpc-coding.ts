// SPDX-License-Identifier: Apache-2.0
import { type ContentCoding, contentCoding } from './content-encoding.ts'

// gRPC's names (grpc/doc/compression.md) and HTTP's names for the same. `deflate` is zlib's format on both, and `snappy`
// the framing format, as the compressors of Go's gRPC ecosystem write it.
const httpNames: Readonly<Record<string, string>> = {
  gzip: 'gzip',
  deflate: 'deflate',
  zstd: 'zstd',
  snappy: 'x-snappy-framed',
}

/** Coding that a `grpc-encoding` names; undefined when it is not supported. */
export function grpcCoding(name: string): ContentCoding | 'identity' | undefined {
  if (name === 'gzip') return 'gzip'
  if (name === 'identity') return 'identity'
  return Object.hasOwn(httpNames, name) ? contentCoding(httpNames[name]) : undefined
}

/** Encodings understood, as `grpc-accept-encoding` has them. Some depend on what the program has added. */
export function supportedGrpcEncodings(): string {
  return ['identity', ...Object.keys(httpNames)].filter((name) => grpcCoding(name) !== undefined).join(',')
}
