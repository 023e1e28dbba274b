// SPDX-License-Identifier: Apache-2.0

/**
 * The same bytes as a Uint8Array that is no Buffer: `slice` of a Buffer does not copy, and loops that see both kinds run
 * slower.
 */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
