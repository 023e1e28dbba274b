// SPDX-License-Identifier: Apache-2.0
import { isHex, notHex } from '../proto/hex.ts'

const special = /["\\\u0000-\u001f\ud800-\udfff]/
const surrogate = /\p{Surrogate}/gu

/** A string as JSON. Surrogates without a partner become U+FFFD, as in protobuf. */
export function quote(text: string): string {
  const n = text.length
  if (n > 40) return special.test(text) ? quoteSpecial(text) : `"${text}"`
  for (let i = 0; i < n; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 32 || unit === 34 || unit === 92 || (unit >= 0xd800 && unit < 0xe000)) return quoteSpecial(text)
  }
  return `"${text}"`
}

function quoteSpecial(text: string): string {
  return JSON.stringify(text.replace(surrogate, '\ufffd'))
}

// Keys repeat: their quoted form is kept, for the first 4,096.
const keys = new Map<string, string>()

/** Start of a KeyValue: `{"key":"…","value":`. */
export function keyText(key: string): string {
  const known = keys.get(key)
  if (known !== undefined) return known
  const made = `{"key":${quote(key)},"value":`
  if (keys.size < 4096 && key.length <= 128) keys.set(key, made)
  return made
}

/** An id as JSON; throws OTLP_VALUE when it is not hexadecimal. */
export function hexText(hex: string): string {
  if (!isHex(hex)) throw notHex(hex)
  return `"${hex}"`
}

/** A double as JSON: the values that JSON numbers lack are strings, and -0 keeps its sign. */
export function doubleText(value: number): string {
  if (Number.isFinite(value)) return value === 0 && Object.is(value, -0) ? '-0.0' : `${value}`
  return `"${value}"`
}

/** An unsigned 64-bit integer as JSON: a string. */
export function uint64Text(value: bigint): string {
  return `"${value < 0n ? BigInt.asUintN(64, value) : value}"`
}
