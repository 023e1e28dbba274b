// SPDX-License-Identifier: Apache-2.0
import type { AnyValue, KeyValue } from '@otel-ts/otlp'

// How Go prints things: what people compare with, and what scripts over the debug exporter's output expect.

/** `%f`: six decimals. */
export function fixed(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  // Beyond 1e21 toFixed turns to exponents; Go writes all digits, which such doubles have as integers.
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`
}

/** `%v` of a double: shortest form, exponents from 1e21 and below 1e-4, with at least two digits. */
export function shortest(value: number): string {
  if (!Number.isFinite(value)) return fixed(value)
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 21) return power < 0 ? plainSmall(mantissa, power) : String(value)
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

function plainSmall(mantissa: string, power: number): string {
  const negative = mantissa.startsWith('-')
  const digits = mantissa.replace('-', '').replace('.', '')
  return `${negative ? '-' : ''}0.${'0'.repeat(-power - 1)}${digits}`
}

/** Time as Go prints one: `2020-02-11 20:26:13.000000789 +0000 UTC`, fractions without their trailing zeros. */
export function timeText(unixNano: bigint): string {
  const seconds = unixNano / 1_000_000_000n
  const nanos = unixNano % 1_000_000_000n
  const fraction = nanos === 0n ? '' : `.${nanos.toString().padStart(9, '0').replace(/0+$/, '')}`
  return `${yearToSecond(seconds)}${fraction} +0000 UTC`
}

function yearToSecond(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ')
}

/** A value as text, as upstream's `AsString`: strings as they are, compound values as JSON. */
export function valueText(value: AnyValue): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return jsonNumber(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return jsonText(value)
}

/** Type and text: `Str(x)`, `Int(1)`. */
export function typedText(value: AnyValue): string {
  return `${typeName(value)}(${valueText(value)})`
}

function typeName(value: AnyValue): string {
  if (value === undefined) return 'Empty'
  if (typeof value === 'string') return 'Str'
  if (typeof value === 'boolean') return 'Bool'
  if (typeof value === 'bigint') return 'Int'
  if (typeof value === 'number') return 'Double'
  if (value instanceof Uint8Array) return 'Bytes'
  return 'list' in value ? 'Slice' : 'Map'
}

// Go's JSON orders keys and, of two equal ones, keeps the later.
function jsonText(value: AnyValue): string {
  if (value === undefined) return 'null'
  if (typeof value === 'number') return jsonNumber(value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  if ('list' in value) return `[${value.list.map(jsonText).join(',')}]`
  const members = new Map(value.kvlist.map((pair: KeyValue) => [pair.key, pair.value]))
  const keys = [...members.keys()].toSorted()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${jsonText(members.get(key))}`).join(',')}}`
}

// Go's JSON form of doubles: exponents from 1e21 and below 1e-6.
function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  return String(value)
}

/** Spec names of enum numbers; unknown ones print as nothing, as upstream. */
export const kindNames = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'] as const
export const statusNames = ['Unset', 'Ok', 'Error'] as const
export const temporalityNames = ['Unspecified', 'Delta', 'Cumulative'] as const

/** `Info`, `Info2` … for 1 to 24. */
export function severityName(severity: number): string {
  if (severity === 0) return 'Unspecified'
  const name = ['Trace', 'Debug', 'Info', 'Warn', 'Error', 'Fatal'][Math.floor((severity - 1) / 4)]
  if (name === undefined) return ''
  const step = (severity - 1) % 4
  return step === 0 ? name : `${name}${step + 1}`
}
