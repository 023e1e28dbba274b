// SPDX-License-Identifier: Apache-2.0
import type { AnyValue } from '@otel-ts/otlp'
import type { Condition } from '../store.ts'

/**
 * One comparison, made ready. `!=`, `notContains` and `missing` are exactly what their opposites are not, so a span
 * without the attribute matches them: `negated` turns the verdict at the very end.
 */
export interface ValueTest {
  readonly negated: boolean
  /** Verdicts before negation. */
  text(text: string): boolean
  number(value: number | bigint): boolean
  boolean(value: boolean): boolean
  /** True for `exists`: any value will do, also bytes, maps and the empty value. */
  readonly anyValue: boolean
}

const integer = /^[+-]?\d{1,400}$/
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/

/** Number that a text stands for: integers exactly, others as doubles; undefined when it is no number. */
export function textNumber(text: string): number | bigint | undefined {
  if (text.length > 400) return undefined
  if (integer.test(text)) return BigInt(text.startsWith('+') ? text.slice(1) : text)
  if (decimal.test(text)) return Number(text)
  return undefined
}

export function valueTest(condition: Condition): ValueTest {
  const { op, value } = condition
  switch (op) {
    case 'exists':
    case 'missing':
      return {
        negated: op === 'missing',
        anyValue: true,
        text: () => true,
        number: () => true,
        boolean: () => true,
      }
    case 'contains':
    case 'notContains': {
      const part = String(value).toLowerCase()
      return {
        negated: op === 'notContains',
        anyValue: false,
        text: (text) => text.toLowerCase().includes(part),
        number: (number) => String(number).toLowerCase().includes(part),
        boolean: (boolean) => String(boolean).includes(part),
      }
    }
    default:
      return comparison(op, value)
  }
}

function comparison(op: '=' | '!=' | '>' | '>=' | '<' | '<=', value: Condition['value']): ValueTest {
  const asText = typeof value === 'string' ? value : undefined
  const asNumber = asText !== undefined ? textNumber(asText) : typeof value === 'boolean' ? undefined : value
  const asBoolean =
    typeof value === 'boolean' ? value : asText === 'true' ? true : asText === 'false' ? false : undefined
  const isEquality = op === '=' || op === '!='
  return {
    negated: op === '!=',
    anyValue: false,
    text(text) {
      if (isEquality) return text === asText
      // Texts that are numbers on both sides compare as such: "1000" is more than "500".
      if (asNumber !== undefined) {
        const number = textNumber(text)
        if (number !== undefined) return ordered(op, number, asNumber)
      }
      return asText !== undefined && ordered(op, text, asText)
    },
    number(number) {
      if (asNumber === undefined) return false
      // Loose equality compares an int64 with a double by value, exactly.
      // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1 is wanted
      return isEquality ? number == asNumber : ordered(op, number, asNumber)
    },
    boolean: (boolean) => isEquality && boolean === asBoolean,
  }
}

function ordered(op: string, left: number | bigint | string, right: number | bigint | string): boolean {
  switch (op) {
    case '>':
      return left > right
    case '>=':
      return left >= right
    case '<':
      return left < right
    default:
      return left <= right
  }
}

/** Verdict before negation on a value in memory; an array holds when one of its elements does. */
export function testValue(test: ValueTest, value: AnyValue): boolean {
  if (test.anyValue) return true
  switch (typeof value) {
    case 'string':
      return test.text(value)
    case 'number':
    case 'bigint':
      return test.number(value)
    case 'boolean':
      return test.boolean(value)
    case 'undefined':
      return false
  }
  if (value instanceof Uint8Array || !('list' in value)) return false
  for (const element of value.list) {
    const isScalar = typeof element !== 'object' && element !== undefined
    if (isScalar && testValue(test, element)) return true
  }
  return false
}
