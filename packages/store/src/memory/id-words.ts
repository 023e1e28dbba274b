// SPDX-License-Identifier: Apache-2.0
// Ids stand in columns as 32-bit words; only ids of the wrong length are kept as text.

const hexOf: string[] = []
for (let i = 0; i < 256; i++) hexOf.push(i.toString(16).padStart(2, '0'))

// Value of a character code as a lower-case hex digit; 16 for every other character.
const digitOf = new Uint8Array(128).fill(16)
for (let i = 0; i < 16; i++) digitOf['0123456789abcdef'.charCodeAt(i)] = i

/**
 * Eight hex digits of `id` from `from` as an unsigned number; -1 when they are not lower-case hex. By hand: slice and
 * parseInt, with a pattern to check, made up a sixth of the time of an ingest.
 */
export function word(id: string, from: number): number {
  let high = 0
  let low = 0
  let seen = 0
  for (let i = 0; i < 4; i++) {
    const a = id.charCodeAt(from + i)
    const b = id.charCodeAt(from + 4 + i)
    // Codes past the table read as undefined, which the bits turn into 0; `seen` finds them.
    seen |= a | b
    const digitA = digitOf[a]!
    const digitB = digitOf[b]!
    if ((digitA | digitB) > 15) return -1
    high = (high << 4) | digitA
    low = (low << 4) | digitB
  }
  return seen > 127 ? -1 : high * 65536 + low
}

export function wordHex(value: number): string {
  return hexOf[value >>> 24]! + hexOf[(value >>> 16) & 255]! + hexOf[(value >>> 8) & 255]! + hexOf[value & 255]!
}

/** Lower-case hex of any bytes. */
export function bytesHex(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += hexOf[bytes[i]!]!
  return text
}

/** Bytes of lower-case hex text; undefined when it is not hex. */
export function hexBytes(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16)
  return bytes
}
