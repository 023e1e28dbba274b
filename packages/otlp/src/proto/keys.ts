// SPDX-License-Identifier: Apache-2.0

// Attribute keys repeat: their encoded form is kept. A full cache keeps what it has, so a flood of random keys can
// neither grow it nor empty it.
const maxKeyCount = 4096
const maxKeyLength = 128
const cache = new Map<string, Uint8Array>()
const textEncoder = new TextEncoder()

/**
 * `KeyValue.key` as protobuf, tag and length included: what the first field of every attribute consists of. Cached for
 * the first 4,096 keys of at most 128 characters; do not change the bytes.
 *
 * @example
 * ```ts
 * import { keyField } from '@otel-ts/otlp/proto'
 * console.log(keyField('id')) // Uint8Array(4) [ 10, 2, 105, 100 ]
 * ```
 */
export function keyField(key: string): Uint8Array {
  const known = cache.get(key)
  return known === undefined ? encodeKey(key) : known
}

function encodeKey(key: string): Uint8Array {
  const utf8 = textEncoder.encode(key)
  const bytes: number[] = [0x0a]
  let length = utf8.length
  while (length > 127) {
    bytes.push((length & 127) | 128)
    length >>>= 7
  }
  bytes.push(length)
  const field = new Uint8Array(bytes.length + utf8.length)
  field.set(bytes)
  field.set(utf8, bytes.length)
  if (cache.size < maxKeyCount && key.length <= maxKeyLength) cache.set(key, field)
  return field
}
