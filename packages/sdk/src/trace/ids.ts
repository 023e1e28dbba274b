// SPDX-License-Identifier: Apache-2.0

// Ids live as int32 words: a child copies two to four machine words from its parent, and the encoder writes them
// without parsing. Hex is made only when somebody asks for it (8 bytes to hex: 28 ns by char codes, 87 by Buffer).

interface CryptoLike {
  getRandomValues<T extends Int32Array>(array: T): T
}

// 8 KiB from the CSPRNG at a time: a span's 16 bytes cost 10 ns this way, one call a span would cost 300.
const poolWordCount = 2048
/** Random words; those from {@link reserveWords} on are the caller's. */
export const randomPool: Int32Array = new Int32Array(poolWordCount)
let next = poolWordCount

function refill(): void {
  const { crypto } = globalThis as unknown as { crypto: CryptoLike }
  crypto.getRandomValues(randomPool)
  next = 0
}

/** 32 random bits as an int32, from the host's CSPRNG. */
export function randomWord(): number {
  if (next === poolWordCount) refill()
  return randomPool[next++]!
}

/** Where in {@link randomPool} `count` fresh words stand: one check for a span instead of one for each word. */
export function reserveWords(count: number): number {
  if (next + count > poolWordCount) refill()
  const at = next
  next = at + count
  return at
}

const hexDigits = new Uint8Array(16)
for (let i = 0; i < 16; i++) hexDigits[i] = '0123456789abcdef'.charCodeAt(i)

/** Two words as 16 lower-case hex digits. */
export function hexOfWords(a: number, b: number): string {
  const d = hexDigits
  return String.fromCharCode(
    d[a >>> 28]!,
    d[(a >>> 24) & 15]!,
    d[(a >>> 20) & 15]!,
    d[(a >>> 16) & 15]!,
    d[(a >>> 12) & 15]!,
    d[(a >>> 8) & 15]!,
    d[(a >>> 4) & 15]!,
    d[a & 15]!,
    d[b >>> 28]!,
    d[(b >>> 24) & 15]!,
    d[(b >>> 20) & 15]!,
    d[(b >>> 16) & 15]!,
    d[(b >>> 12) & 15]!,
    d[(b >>> 8) & 15]!,
    d[(b >>> 4) & 15]!,
    d[b & 15]!,
  )
}

// Values of '0'-'9' and 'a'-'f'; 16 marks anything else, upper case included, as W3C wants it.
const digitValues = new Uint8Array(128).fill(16)
for (let i = 0; i < 16; i++) digitValues[hexDigits[i]!] = i

/** Set by {@link parseWord} when it met something that is not a lower-case hex digit. Clear it before parsing. */
export const hexParse: { failed: boolean } = { failed: false }

/** Eight lower-case hex digits at `offset` as an int32; sets `hexParse.failed` on anything else. */
export function parseWord(text: string, offset: number): number {
  let word = 0
  let seen = 0
  for (let i = offset; i < offset + 8; i++) {
    const unit = text.charCodeAt(i)
    const digit = unit < 128 ? digitValues[unit]! : 16
    seen |= digit
    word = (word << 4) | (digit & 15)
  }
  if (seen > 15) hexParse.failed = true
  return word
}
