// SPDX-License-Identifier: Apache-2.0
import { otlpError } from '../errors.ts'
import type { ProtoWriter } from './writer.ts'

const digits = new Uint8Array(16)
const nibbles = new Uint8Array(128).fill(255)
for (let i = 0; i < 16; i++) {
  const digit = i.toString(16)
  digits[i] = digit.charCodeAt(0)
  nibbles[digit.charCodeAt(0)] = i
  nibbles[digit.toUpperCase().charCodeAt(0)] = i
}

/** Writes an id given as hex as a bytes field; nothing when it is ''. */
export function writeHex(w: ProtoWriter, tag: number, hex: string): void {
  const n = hex.length
  if (n === 0) return
  w.ensure(n + 16)
  w.tag(tag)
  w.varint32(n >>> 1)
  const b = w.buf
  let p = w.pos
  let seen = n & 1
  for (let i = 0; i + 1 < n; i += 2) {
    const high = hex.charCodeAt(i)
    const low = hex.charCodeAt(i + 1)
    // Anything above ASCII reads past the table; | 256 marks it without a branch in the common case.
    const h = high < 128 ? nibbles[high]! : 255
    const l = low < 128 ? nibbles[low]! : 255
    seen |= (h | l) & 240
    b[p++] = (h << 4) | l
  }
  if (seen !== 0) throw notHex(hex)
  w.pos = p
}

export function notHex(hex: string): Error {
  return otlpError(
    'OTLP_VALUE',
    `id ${JSON.stringify(hex.slice(0, 40))}: not hexadecimal bytes; allowed are pairs of 0-9, a-f, A-F; batch not encoded`,
  )
}

/** Whether the text is pairs of hexadecimal digits; '' is. */
export function isHex(text: string): boolean {
  if ((text.length & 1) !== 0) return false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127 || nibbles[unit] === 255) return false
  }
  return true
}

/** Bytes as lower-case hex. One call of fromCharCode makes a flat string: 28 ns for 8 bytes, Buffer.toString 87. */
export function formatHex(b: Uint8Array, p: number, n: number): string {
  const d = digits
  if (n === 8) {
    return String.fromCharCode(
      d[b[p]! >> 4]!,
      d[b[p]! & 15]!,
      d[b[p + 1]! >> 4]!,
      d[b[p + 1]! & 15]!,
      d[b[p + 2]! >> 4]!,
      d[b[p + 2]! & 15]!,
      d[b[p + 3]! >> 4]!,
      d[b[p + 3]! & 15]!,
      d[b[p + 4]! >> 4]!,
      d[b[p + 4]! & 15]!,
      d[b[p + 5]! >> 4]!,
      d[b[p + 5]! & 15]!,
      d[b[p + 6]! >> 4]!,
      d[b[p + 6]! & 15]!,
      d[b[p + 7]! >> 4]!,
      d[b[p + 7]! & 15]!,
    )
  }
  if (n === 16) {
    return String.fromCharCode(
      d[b[p]! >> 4]!,
      d[b[p]! & 15]!,
      d[b[p + 1]! >> 4]!,
      d[b[p + 1]! & 15]!,
      d[b[p + 2]! >> 4]!,
      d[b[p + 2]! & 15]!,
      d[b[p + 3]! >> 4]!,
      d[b[p + 3]! & 15]!,
      d[b[p + 4]! >> 4]!,
      d[b[p + 4]! & 15]!,
      d[b[p + 5]! >> 4]!,
      d[b[p + 5]! & 15]!,
      d[b[p + 6]! >> 4]!,
      d[b[p + 6]! & 15]!,
      d[b[p + 7]! >> 4]!,
      d[b[p + 7]! & 15]!,
      d[b[p + 8]! >> 4]!,
      d[b[p + 8]! & 15]!,
      d[b[p + 9]! >> 4]!,
      d[b[p + 9]! & 15]!,
      d[b[p + 10]! >> 4]!,
      d[b[p + 10]! & 15]!,
      d[b[p + 11]! >> 4]!,
      d[b[p + 11]! & 15]!,
      d[b[p + 12]! >> 4]!,
      d[b[p + 12]! & 15]!,
      d[b[p + 13]! >> 4]!,
      d[b[p + 13]! & 15]!,
      d[b[p + 14]! >> 4]!,
      d[b[p + 14]! & 15]!,
      d[b[p + 15]! >> 4]!,
      d[b[p + 15]! & 15]!,
    )
  }
  let text = ''
  for (let i = p; i < p + n; i++) text += String.fromCharCode(d[b[i]! >> 4]!, d[b[i]! & 15]!)
  return text
}
