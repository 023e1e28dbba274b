// SPDX-License-Identifier: Apache-2.0
import type { TextMapGetter } from '@otel-ts/api'

/** The first value of a header, as `Get` of the specification has it. Undefined when absent. */
export function firstField(carrier: unknown, getter: TextMapGetter, name: string): string | undefined {
  const value = getter.get(carrier, name)
  if (typeof value === 'string') return value
  return Array.isArray(value) && typeof value[0] === 'string' ? value[0] : undefined
}

/**
 * A list header as one text: several header lines mean the same as one with commas. Undefined when absent or empty.
 * Lines are joined until the text is longer than `maxLength`: what a peer sends must not decide how much is copied.
 */
export function joinedField(
  carrier: unknown,
  getter: TextMapGetter,
  name: string,
  maxLength: number,
): string | undefined {
  const value = getter.getAll === undefined ? getter.get(carrier, name) : getter.getAll(carrier, name)
  if (typeof value === 'string') return value === '' ? undefined : value
  // Absent is the rule for what is read this way.
  if (!Array.isArray(value) || value.length === 0) return undefined
  let joined: string | undefined
  for (let i = 0; i < value.length; i++) {
    const text: unknown = value[i]
    if (typeof text !== 'string' || text === '') continue
    joined = joined === undefined ? text : `${joined},${text}`
    if (joined.length > maxLength) break
  }
  return joined
}
