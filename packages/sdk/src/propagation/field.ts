// SPDX-License-Identifier: Apache-2.0
import type { TextMapGetter } from '@otel-ts/api'

/** A list header as one text: several header lines mean the same as one with commas. Undefined when absent or empty. */
export function joinedField(carrier: unknown, getter: TextMapGetter, name: string): string | undefined {
  const value = getter.getAll === undefined ? getter.get(carrier, name) : getter.getAll(carrier, name)
  if (typeof value === 'string') return value === '' ? undefined : value
  // Absent is the rule for what is read this way.
  if (!Array.isArray(value) || value.length === 0) return undefined
  const texts = value.filter((text) => typeof text === 'string' && text !== '')
  return texts.length === 0 ? undefined : texts.join(',')
}
