// SPDX-License-Identifier: Apache-2.0
import { sdkEvents } from '../events.ts'
import {
  type BooleanName,
  type EnumName,
  environment,
  type ListName,
  type NumberName,
  type VariableName,
} from './table.ts'

// Rules of configuration/common.md: empty is unset; what cannot be used is reported and ignored.

/** The variable's text without surrounding white space; undefined when unset or empty. */
export function readString(name: VariableName): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  const text = process?.env?.[name]?.trim()
  return text === undefined || text === '' ? undefined : text
}

/** A whole number of at least the table's minimum; undefined when unset or unusable. */
export function readNumber(name: NumberName): number | undefined {
  const text = readString(name)
  if (text === undefined) return undefined
  const { minimum, default: fallback } = environment[name]
  const value = Number(text)
  if (/^\+?\d+$/.test(text) && Number.isSafeInteger(value) && value >= minimum) return value
  sdkEvents.invalidSetting(name, text, `a whole number from ${minimum}`, `it is ignored, ${fallback} is used`)
  return undefined
}

/** True only for the word "true" in any case; everything else but "false" is reported. Undefined when unset. */
export function readBoolean(name: BooleanName): boolean | undefined {
  const text = readString(name)?.toLowerCase()
  if (text === undefined) return undefined
  if (text === 'false') return false
  if (text === 'true') return true
  sdkEvents.invalidSetting(name, text, '"true" or "false"', 'it counts as false')
  return false
}

/** One of the table's words, in lower case; undefined when unset or another. */
export function readEnum(name: EnumName): string | undefined {
  const text = readString(name)?.toLowerCase()
  if (text === undefined) return undefined
  const { values, default: fallback } = environment[name]
  if (values.includes(text)) return text
  sdkEvents.invalidSetting(name, text, values.join(', '), `it is ignored, ${fallback} is used`)
  return undefined
}

/** Words of a comma-separated list, in lower case and each once; unknown ones are reported and left out. */
export function readList(name: ListName): string[] | undefined {
  const text = readString(name)
  if (text === undefined) return undefined
  const { values } = environment[name]
  const words: string[] = []
  for (const part of text.split(',')) {
    const word = part.trim().toLowerCase()
    if (word === '' || words.includes(word)) continue
    if (values.includes(word)) words.push(word)
    else sdkEvents.invalidSetting(name, part.trim(), values.join(', '), 'it is left out')
  }
  // Nothing left: the setting is ignored and the default holds, as for any unknown value.
  return words.length === 0 ? undefined : words
}
