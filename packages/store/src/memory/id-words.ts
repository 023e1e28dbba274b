// SPDX-License-Identifier: Apache-2.0
// Ids stand in columns as 32-bit words; only ids of the wrong length are kept as text.

const hexOf: string[] = []
for (let i = 0; i < 256; i++) hexOf.push(i.toString(16).padStart(2, '0'))

const hex16 = /^[0-9a-f]{16}$/
const hex32 = /^[0-9a-f]{32}$/

export function isSpanIdText(id: string): boolean {
  return hex16.test(id)
}

export function isTraceIdText(id: string): boolean {
  return hex32.test(id)
}

/** Eight hex digits of `id` from `from` as an unsigned number. */
export function word(id: string, from: number): number {
  return Number.parseInt(id.slice(from, from + 8), 16)
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
