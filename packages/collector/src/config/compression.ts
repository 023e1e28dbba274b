// SPDX-License-Identifier: Apache-2.0

import zlib from 'node:zlib'
import type { ObjectCheck } from '@otel-ts/confmap'

// Since Node 22.15; missing from the types of older ones.
const hasZstd = 'createZstdCompress' in zlib

/** What is used for a compression: gzip instead of zstd where this Node cannot write it, otherwise itself. */
export function usableCompression<C extends string>(compression: C, canZstd: boolean = hasZstd): C | 'gzip' {
  return compression === 'zstd' && !canZstd ? 'gzip' : compression
}

/** Warns of a compression that is replaced by another. */
export const checkCompression: ObjectCheck<{ readonly compression: string }> = (value, scope, locate) => {
  const used = usableCompression(value.compression)
  if (used === value.compression) return
  const message = `this Node cannot write ${value.compression} (22.15, 24 and newer can); ${used} is used instead`
  scope.at('compression').warn('CONFIG_SUSPICIOUS', locate('compression'), message)
}
