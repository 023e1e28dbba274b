// SPDX-License-Identifier: Apache-2.0
import type { ScalarValue } from '../node.ts'

const words: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ['', null],
  ['~', null],
  ['null', null],
  ['Null', null],
  ['NULL', null],
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
  ['.nan', Number.NaN],
  ['.NaN', Number.NaN],
  ['.NAN', Number.NaN],
  ['.inf', Number.POSITIVE_INFINITY],
  ['.Inf', Number.POSITIVE_INFINITY],
  ['.INF', Number.POSITIVE_INFINITY],
  ['+.inf', Number.POSITIVE_INFINITY],
  ['+.Inf', Number.POSITIVE_INFINITY],
  ['+.INF', Number.POSITIVE_INFINITY],
  ['-.inf', Number.NEGATIVE_INFINITY],
  ['-.Inf', Number.NEGATIVE_INFINITY],
  ['-.INF', Number.NEGATIVE_INFINITY],
])

const integerForms: readonly [form: RegExp, prefix: string][] = [
  [/^[-+]?0[xX][0-9a-fA-F]+$/, '0x'],
  [/^[-+]?0[bB][01]+$/, '0b'],
  [/^[-+]?0[oO]?[0-7]+$/, '0o'],
  [/^[-+]?(0|[1-9][0-9]*)$/, ''],
]
const floatForm = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/
const maxUint64 = 2n ** 64n - 1n
const minInt64 = -(2n ** 63n)

/**
 * Types a plain (unquoted) scalar as the Collector's YAML reader (go-yaml v3) does: `0123` is octal 83, `1_000` is a
 * number, `yes` and `on` are strings, integers beyond 64 bits become floats.
 *
 * @example
 * ```ts
 * import { resolvePlainScalar } from '@otel-ts/confmap'
 * console.log(resolvePlainScalar('0123'), resolvePlainScalar('yes')) // 83 yes
 * ```
 */
export function resolvePlainScalar(text: string): ScalarValue {
  const word = words.get(text)
  if (word !== undefined) return word
  // Only a digit, a sign or a dot can begin a number; underscores separate digits.
  if (!/^[-+.0-9]/.test(text)) return text
  const digits = text.replaceAll('_', '')
  const integer = parseInteger(digits)
  if (integer !== undefined) return integer
  return floatForm.test(digits) ? Number(digits) : text
}

function parseInteger(digits: string): number | bigint | undefined {
  for (const [form, prefix] of integerForms) {
    if (!form.test(digits)) continue
    const negative = digits.startsWith('-')
    const unsigned = digits.replace(/^[-+]/, '')
    const body = prefix === '' ? unsigned : prefix + unsigned.replace(/^0[xXbBoO]?(?=.)/, '')
    const value = negative ? -BigInt(body) : BigInt(body)
    if (value > maxUint64 || value < minInt64) return undefined
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }
  return undefined
}
