// SPDX-License-Identifier: Apache-2.0
import type { ProtoWriter } from '@otel-ts/otlp/proto'

/** Puts 32 bits of an id, big endian, and returns the position behind them. There must be room. */
export function putWord(b: Uint8Array, p: number, word: number): number {
  b[p] = word >>> 24
  b[p + 1] = word >>> 16
  b[p + 2] = word >>> 8
  b[p + 3] = word
  return p + 4
}

// Values of hex digits in both cases; 0 for anything else.
const hexValues = new Uint8Array(128)
for (let i = 0; i < 16; i++) {
  hexValues['0123456789abcdef'.charCodeAt(i)] = i
  hexValues['0123456789ABCDEF'.charCodeAt(i)] = i
}

/** Writes an id as bytes; nothing when it is no text of `digitCount` digits. */
export function writeId(writer: ProtoWriter, tag: number, hex: string, digitCount: number): void {
  if (typeof hex !== 'string' || hex.length !== digitCount) return
  writer.ensure(18)
  const b = writer.buf
  let p = writer.pos
  b[p++] = tag
  b[p++] = digitCount >> 1
  for (let i = 0; i < digitCount; i += 2) {
    b[p++] = (hexValues[hex.charCodeAt(i) & 127]! << 4) | hexValues[hex.charCodeAt(i + 1) & 127]!
  }
  writer.pos = p
}

/** Writes a uint32 field that is not 0; larger counts stop at its end. */
export function writeCount(writer: ProtoWriter, tag: number, count: number): void {
  writer.tag(tag)
  writer.varint32(Math.min(count, 0xffffffff))
}

/**
 * Writes epoch time as fixed64 nanoseconds with a one-byte tag; `nanos` may carry into the seconds. 10^9 is
 * 2^9 * 1953125, so the product stays exact in doubles until the year 2116. Times before 1970 become 0.
 */
export function writeTime(writer: ProtoWriter, tag: number, seconds: number, nanos: number): void {
  writer.ensure(9)
  writer.buf[writer.pos++] = tag
  if (seconds < 0) {
    writer.fixed64Halves(0, 0)
    return
  }
  if (seconds > 4_600_000_000 || !Number.isInteger(seconds) || nanos < 0) {
    const exact = BigInt(Math.round(seconds * 1e3)) * 1_000_000n + BigInt(Math.round(nanos))
    writer.fixed64(exact < 0n ? 0n : exact > 0xffffffffffffffffn ? 0xffffffffffffffffn : exact)
    return
  }
  const scaled = seconds * 1953125
  const scaledHigh = Math.floor(scaled / 8388608)
  const low = (scaled - scaledHigh * 8388608) * 512 + nanos
  const carry = low >= 4294967296 ? 1 : 0
  writer.fixed64Halves(low - carry * 4294967296, scaledHigh + carry)
}
