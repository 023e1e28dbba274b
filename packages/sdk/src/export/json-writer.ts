// SPDX-License-Identifier: Apache-2.0
import { ProtoWriter } from '@otel-ts/otlp/proto'
import { putBytes } from './put-bytes.ts'
import { writeUtf8 } from './utf8.ts'

// What JSON must escape, and surrogates, which must not stand alone in UTF-8.
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/
const loneSurrogate = /\p{Surrogate}/gu

// Below this many characters one loop that copies and checks beats a regular expression and a native copy.
const loopLimit = 28

// 1 for ASCII that must not stand in JSON as it is: the loop collects these instead of leaving at the first.
const notPlain = new Uint8Array(128)
for (let i = 0; i < 128; i++) notPlain[i] = i < 32 || i > 126 || i === 34 || i === 92 ? 1 : 0

const hexDigits = new Uint8Array(16)
for (let i = 0; i < 16; i++) hexDigits[i] = '0123456789abcdef'.charCodeAt(i)

const powersOfTen = Array.from({ length: 11 }, (_, i) => 10 ** i)

// '00' to '99'.
const digitPairs = new Uint8Array(200)
for (let i = 0; i < 200; i++) digitPairs[i] = 48 + (i % 2 === 0 ? Math.floor(i / 20) : (i >> 1) % 10)

const textEncoder = new TextEncoder()

/** Bytes of a piece of JSON that is written often. */
export function jsonBytes(text: string): Uint8Array {
  return textEncoder.encode(text)
}

/** A text as JSON, quotes included; lone surrogates become U+FFFD. */
export function quote(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text.replace(loneSurrogate, '\ufffd')) : `"${text}"`
}

/**
 * Writes JSON as bytes into the growing buffer of the protobuf writer. Putting a string together instead costs twice as
 * much: flattening and encoding it is half of the time.
 */
export class JsonWriter {
  readonly #bytes = new ProtoWriter(1 << 16)

  reset(): void {
    this.#bytes.reset()
  }

  take(): Uint8Array {
    return this.#bytes.take()
  }

  raw(bytes: Uint8Array): void {
    const w = this.#bytes
    w.ensure(bytes.length)
    w.pos = putBytes(w.buf, w.pos, bytes)
  }

  /** One ASCII character. */
  byte(unit: number): void {
    const w = this.#bytes
    w.ensure(1)
    w.buf[w.pos++] = unit
  }

  /** Text that is JSON already. */
  text(text: string): void {
    const w = this.#bytes
    w.ensure(text.length * 3)
    w.pos += writeUtf8(w.buf, text, w.pos)
  }

  /** A string with its quotes. */
  string(text: string): void {
    const w = this.#bytes
    const n = text.length
    w.ensure(n * 3 + 2)
    const b = w.buf
    let p = w.pos
    b[p++] = 34
    if (n < loopLimit) {
      let seen = 0
      for (let i = 0; i < n; i++) {
        const unit = text.charCodeAt(i)
        seen |= notPlain[unit & 127]! | (unit & ~127)
        b[p++] = unit
      }
      if (seen !== 0) {
        this.text(quote(text))
        return
      }
    } else {
      if (needsEscape.test(text)) {
        this.text(quote(text))
        return
      }
      p += writeUtf8(b, text, p)
    }
    b[p++] = 34
    w.pos = p
  }

  /** A short text without quotes, such as an id: what cannot stand in JSON as it is gets escaped. */
  bare(text: string): void {
    const w = this.#bytes
    const n = text.length
    w.ensure(n)
    const b = w.buf
    const start = w.pos
    let seen = 0
    for (let i = 0; i < n; i++) {
      const unit = text.charCodeAt(i)
      seen |= notPlain[unit & 127]! | (unit & ~127)
      b[start + i] = unit
    }
    if (seen === 0) w.pos = start + n
    else this.text(quote(text).slice(1, -1))
  }

  /** A whole number from 0 to 2^31 - 1 in decimal digits, at least `width` of them. */
  digits(value: number, width: number): void {
    const w = this.#bytes
    w.ensure(12)
    const b = w.buf
    let count = width
    for (let limit = powersOfTen[width]!; value >= limit && count < 10; limit *= 10) count++
    let rest = value
    let p = w.pos + count
    // Two digits a division.
    while (p - w.pos > 1) {
      const next = (rest / 100) | 0
      const pair = (rest - next * 100) * 2
      b[--p] = digitPairs[pair + 1]!
      b[--p] = digitPairs[pair]!
      rest = next
    }
    if (p > w.pos) b[w.pos] = 48 + rest
    w.pos += count
  }

  /** A whole number that is not negative, as text in quotes: what uint64 is in protobuf's JSON. */
  quotedCount(value: number): void {
    this.byte(34)
    if ((value | 0) === value && value >= 0) this.digits(value, 1)
    else this.text(Number.isInteger(value) && value > 0 ? BigInt(value).toString() : '0')
    this.byte(34)
  }

  /** A double; NaN and the infinities are text in protobuf's JSON. */
  double(value: number): void {
    if ((value | 0) === value && value > 0) this.digits(value, 1)
    else if (!Number.isFinite(value)) this.text(`"${value}"`)
    else this.text(Object.is(value, -0) ? '-0' : String(value))
  }

  /** Eight hex digits of an int32. */
  hexWord(word: number): void {
    const w = this.#bytes
    w.ensure(8)
    const b = w.buf
    let p = w.pos
    for (let shift = 28; shift >= 0; shift -= 4) b[p++] = hexDigits[(word >>> shift) & 15]!
    w.pos = p
  }
}
