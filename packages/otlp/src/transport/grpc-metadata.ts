// SPDX-License-Identifier: Apache-2.0
import { decodeStatus } from '../decode/response.ts'
import { encodeStatus } from '../encode/response.ts'
import { formatBase64, parseBase64 } from '../json/base64.ts'
import type { RpcStatus } from '../model/response.ts'

// Values of gRPC's own headers and trailers: grpc/doc/PROTOCOL-HTTP2.md, "Requests" and "Responses".

const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder()
const hexDigits = '0123456789ABCDEF'

// Of printable ASCII only the percent sign must be escaped.
const needsEscape = /[^ -$&-~]/

/** Text as the trailer `grpc-message` carries it: its UTF-8 bytes, all but printable ASCII percent-encoded. */
export function encodeGrpcMessage(text: string): string {
  if (!needsEscape.test(text)) return text
  let encoded = ''
  for (const byte of textEncoder.encode(text)) encoded += byteText(byte)
  return encoded
}

/**
 * Like {@link encodeGrpcMessage}, cut with an ellipsis so that the result has at most `maxLength` characters, and never
 * inside an escaped character. Peers refuse answers whose headers are large: grpc-java by default above 8 KiB.
 */
export function encodeBoundedGrpcMessage(text: string, maxLength: number): string {
  // No escape is shorter than what it stands for, so most of an endless text need not be encoded.
  const encoded = encodeGrpcMessage(text.length <= maxLength ? text : text.slice(0, maxLength + 1))
  if (encoded.length <= maxLength) return encoded
  let end = Math.max(0, maxLength - ellipsis.length)
  // An escape starts with '%', and the first byte of a character is no continuation byte (%80 to %BF).
  while (end > 0 && isInsideCharacter(encoded, end)) end--
  return (encoded.slice(0, end) + ellipsis).slice(0, maxLength)
}

const ellipsis = '...'

function isInsideCharacter(encoded: string, at: number): boolean {
  if (encoded[at - 1] === '%' || encoded[at - 2] === '%') return true
  return encoded[at] === '%' && '89AB'.includes(encoded[at + 1] ?? ' ')
}

function byteText(byte: number): string {
  if (byte >= 0x20 && byte <= 0x7e && byte !== 0x25) return String.fromCharCode(byte)
  return `%${hexDigits[byte >> 4]}${hexDigits[byte & 15]}`
}

/**
 * Text that a `grpc-message` stands for. Never fails: an escape that is none stays as it is, and bytes that are no
 * UTF-8 become U+FFFD, as the protocol asks.
 */
export function decodeGrpcMessage(text: string): string {
  if (!text.includes('%') && isAscii(text)) return text
  const bytes: number[] = []
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    const escaped = unit === 0x25 ? hexByte(text, at + 1) : -1
    if (escaped !== -1) {
      bytes.push(escaped)
      at += 2
    } else if (unit <= 0xff) {
      // HTTP/2 hands header values over byte by byte, so a peer that forgot to escape is still understood.
      bytes.push(unit)
    } else {
      bytes.push(...textEncoder.encode(text[at]))
    }
  }
  return textDecoder.decode(Uint8Array.from(bytes))
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false
  return true
}

function hexByte(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at))
  const low = hexDigit(text.charCodeAt(at + 1))
  return high === -1 || low === -1 ? -1 : (high << 4) | low
}

// NaN, beyond the end, is no digit either.
function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30
  const lower = unit | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

const millisOfUnit: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
}

/** Milliseconds that a `grpc-timeout` stands for, fractions included; undefined when it is malformed. */
export function parseGrpcTimeout(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text)
  return match === null ? undefined : Number(match[1]) * millisOfUnit[match[2]!]!
}

const largestTimeoutValue = 99_999_999
const nanosecondsPerMillisecond = 1e6

/**
 * A time as `grpc-timeout` carries it: at most 8 digits and a unit, the finest of milliseconds and coarser that fits,
 * rounded up; below a millisecond in nanoseconds. None left is `0n`; a time without end, the longest there is.
 */
export function formatGrpcTimeout(millis: number): string {
  if (millis <= 0) return '0n'
  if (millis < 1) return `${Math.ceil(millis * nanosecondsPerMillisecond)}n`
  for (const unit of ['m', 'S', 'M', 'H'] as const) {
    const value = Math.ceil(millis / millisOfUnit[unit]!)
    if (value <= largestTimeoutValue) return `${value}${unit}`
  }
  return `${largestTimeoutValue}H`
}

/** The trailer `grpc-status-details-bin`: base64 of a `google.rpc.Status`, without padding as the protocol asks. */
export function encodeStatusDetailsBin(status: RpcStatus): string {
  const text = formatBase64(encodeStatus(status, 'protobuf'))
  const padding = text.indexOf('=')
  return padding === -1 ? text : text.slice(0, padding)
}

/**
 * Reads `grpc-status-details-bin`, padded or not; undefined when it is no `google.rpc.Status`. Of several values that a
 * proxy joined with commas the first counts.
 */
export function decodeStatusDetailsBin(text: string): RpcStatus | undefined {
  const comma = text.indexOf(',')
  const bytes = parseBase64((comma === -1 ? text : text.slice(0, comma)).trim())
  if (bytes === undefined) return undefined
  try {
    return decodeStatus(bytes, 'protobuf')
  } catch {
    return undefined
  }
}
