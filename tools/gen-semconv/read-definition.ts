// SPDX-License-Identifier: Apache-2.0
import type { Located } from './located-yaml.ts'
import type { Problem } from './problems.ts'
import { type Definition, type Deprecation, stabilities } from './registry.ts'

// Names become constants and file names, so nothing else is let through.
const namePattern = /^[a-z][a-z0-9]*(?:[._][a-z0-9]+)*$/
const reasons = ['renamed', 'obsoleted', 'uncategorized', 'unspecified'] as const

/** Reads what all definitions have; `nameKey` is the key that holds the name in this kind of definition. */
export function readDefinition(
  item: Located,
  what: string,
  nameKey: string,
  problems: Problem[],
): Definition | undefined {
  const name = readScalar(item, nameKey, what, problems)
  if (name === undefined) return undefined
  const place = item.fields?.get(nameKey)?.place ?? item.place
  if (!namePattern.test(name)) {
    problems.push({
      place,
      message: `${what} name ${JSON.stringify(name)} is not valid; expected lower-case words joined by dots and underscores`,
    })
    return undefined
  }
  return readStage(item, name, `${what} ${name}`, place, problems)
}

/** Reads stage, deprecation and the wish to be left out. */
export function readStage(
  item: Located,
  name: string,
  what: string,
  place: Definition['place'],
  problems: Problem[],
): Definition | undefined {
  const stage = readScalar(item, 'stability', what, problems)
  const stability = stabilities.find((known) => known === stage)
  if (stage !== undefined && stability === undefined) {
    const stagePlace = item.fields?.get('stability')?.place ?? place
    problems.push({
      place: stagePlace,
      message: `${what}: stability "${stage}" is not known; allowed: ${stabilities.join(', ')}`,
    })
  }
  const deprecated = readDeprecation(item.fields?.get('deprecated'), what, problems)
  const excluded = item.fields?.get('annotations')?.fields?.get('code_generation')?.fields?.get('exclude')?.scalar
  if (stability === undefined) return undefined
  return { name, place, stability, deprecated, excluded: excluded === true }
}

function readDeprecation(value: Located | undefined, what: string, problems: Problem[]): Deprecation | undefined {
  if (value === undefined) return undefined
  // Registries before 1.31 have a sentence here instead of a mapping.
  if (typeof value.scalar === 'string') return { reason: 'unspecified', seeAlso: namesIn(value.scalar) }
  const reason = readScalar(value, 'reason', `${what}: deprecated`, problems)
  const known = reasons.find((candidate) => candidate === reason)
  if (reason === undefined) return undefined
  if (known === undefined) {
    const place = value.fields?.get('reason')?.place ?? value.place
    problems.push({
      place,
      message: `${what}: reason "${reason}" of deprecation is not known; allowed: ${reasons.join(', ')}`,
    })
    return undefined
  }
  if (known === 'renamed') {
    const renamedTo = readScalar(value, 'renamed_to', `${what}: deprecated`, problems)
    return renamedTo === undefined ? undefined : { reason: 'renamed', renamedTo }
  }
  const note = value.fields?.get('note')?.scalar
  return { reason: known, seeAlso: typeof note === 'string' ? namesIn(note) : [] }
}

/** The names and addresses a note points to: those are facts, its sentences are somebody's text. */
function namesIn(note: string): readonly string[] {
  const names = [...note.matchAll(/`([a-z][a-z0-9_]*(?:\.[a-z0-9_-]+)+)`/g)].map((match) => match[1] ?? '')
  if (names.length > 0) return [...new Set(names)]
  return [...new Set([...note.matchAll(/\((https:\/\/[^\s)]+)\)/g)].map((match) => match[1] ?? ''))]
}

/** Reads a text that must be there. */
export function readScalar(holder: Located, key: string, what: string, problems: Problem[]): string | undefined {
  if (holder.fields === undefined) {
    problems.push({ place: holder.place, message: `${what} is not a mapping` })
    return undefined
  }
  const value = holder.fields.get(key)
  if (value === undefined) {
    problems.push({ place: holder.place, message: `${what} has no ${key}` })
    return undefined
  }
  if (value.scalar === undefined) {
    problems.push({ place: value.place, message: `${what}: ${key} is not a single value` })
    return undefined
  }
  return String(value.scalar)
}
