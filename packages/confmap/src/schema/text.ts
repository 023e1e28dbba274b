// SPDX-License-Identifier: Apache-2.0
import type { ConfigNode } from '../node.ts'
import { suggestion } from '../suggest.ts'
import { type Invalid, invalid, type JsonSchema, type Schema, type Scope } from './schema.ts'

/** Bounds on text. */
export interface TextOptions {
  /** Whether `''` is refused. Default false. */
  readonly nonEmpty?: boolean
  /** Form the whole text must have, and how to say so. */
  readonly pattern?: { readonly form: RegExp; readonly meaning: string }
}

/**
 * A string. A number or boolean is refused, as upstream, unless it came from `${}`: then the original text counts, so
 * `${env:ID}` with `0123` is the string `0123`.
 *
 * @example
 * ```ts
 * import { string, parseYaml, readConfig } from '@otel-ts/confmap'
 * console.log(readConfig(string(), parseYaml('abc', 'x').node).value) // abc
 * console.log(readConfig(string(), parseYaml('12', 'x').node).problems[0]?.message) // expected a string, got a number; put it in quotes
 * ```
 */
export function string(options: TextOptions = {}): Schema<string> {
  return {
    typeName: 'string',
    readsEmptyText: true,
    read: (node, scope) => readText(node, scope, options, (text) => JSON.stringify(text)),
    jsonSchema: () => textJsonSchema(options),
    format: (value) => (value === '' ? '`""`' : `\`${value}\``),
  }
}

/** Text that must not be seen: passwords, tokens. Prints as `[REDACTED]` however it is printed. */
export interface Opaque {
  /** The text itself. */
  reveal(): string
  toString(): string
  toJSON(): string
}

const redacted = '[REDACTED]'

/**
 * Hides a text; see {@link Opaque}.
 *
 * @example
 * ```ts
 * import { opaque } from '@otel-ts/confmap'
 * const token = opaque('s3cret')
 * console.log(`${token} ${token.reveal()}`) // [REDACTED] s3cret
 * ```
 */
export function opaque(text: string): Opaque {
  const hidden: Opaque = { reveal: () => text, toString: () => redacted, toJSON: () => redacted }
  return Object.defineProperty(hidden, Symbol.for('nodejs.util.inspect.custom'), { value: () => redacted })
}

/**
 * A string that is never printed: not by `print-config`, not in a message about it.
 *
 * @example
 * ```ts
 * import { opaqueString, parseYaml, readConfig } from '@otel-ts/confmap'
 * const { value } = readConfig(opaqueString(), parseYaml('s3cret', 'x').node)
 * console.log(JSON.stringify({ value })) // {"value":"[REDACTED]"}
 * ```
 */
export function opaqueString(options: TextOptions = {}): Schema<Opaque> {
  return {
    typeName: 'opaque string',
    readsEmptyText: true,
    read(node, scope) {
      const text = readText(node, scope, options, () => redacted)
      return text === invalid ? invalid : opaque(text)
    },
    jsonSchema: () => ({ ...textJsonSchema(options), writeOnly: true }),
    format: () => redacted,
  }
}

function readText(
  node: ConfigNode,
  scope: Scope,
  options: TextOptions,
  show: (text: string) => string,
): string | Invalid {
  const text = textOf(node)
  if (text === undefined) {
    if (node.kind !== 'scalar') return scope.expected('a string', node)
    // The value itself stays out of the message: this also reads secrets.
    const met = node.value === null ? 'null' : `a ${typeof node.value === 'boolean' ? 'boolean' : 'number'}`
    return scope.problem('CONFIG_TYPE', node.location, `expected a string, got ${met}; put it in quotes`)
  }
  if (options.nonEmpty && text === '') return scope.problem('CONFIG_VALUE', node.location, 'must not be empty')
  if (options.pattern !== undefined && !options.pattern.form.test(text)) {
    return scope.problem('CONFIG_VALUE', node.location, `expected ${options.pattern.meaning}, got ${show(text)}`)
  }
  return text
}

function textOf(node: ConfigNode): string | undefined {
  if (node.expanded !== undefined) return node.expanded.original
  return node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
}

function textJsonSchema(options: TextOptions): JsonSchema {
  return {
    type: 'string',
    ...(options.nonEmpty ? { minLength: 1 } : {}),
    ...(options.pattern === undefined ? {} : { pattern: `${options.pattern.form.source}|${expansionPattern}` }),
  }
}

/** A text with a reference in it: allowed for every value, since its type shows only after expansion. */
export const expansionPattern = '\\$\\{[^}]+\\}'

/** JSON Schema of a value that may also be written as `${…}`. */
export function orExpansion(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'string', pattern: expansionPattern }] }
}

/**
 * One of several words. Misspelling is answered with the nearest.
 *
 * @example
 * ```ts
 * import { oneOf, parseYaml, readConfig } from '@otel-ts/confmap'
 * const { problems } = readConfig(oneOf(['gzip', 'none']), parseYaml('gzp', 'x').node)
 * console.log(problems[0]?.message) // "gzp" is not allowed; did you mean "gzip"? allowed: gzip, none
 * ```
 */
export function oneOf<const W extends string>(
  words: readonly W[],
  options: { readonly ignoreCase?: boolean } = {},
): Schema<W> {
  const list = words.map((word) => JSON.stringify(word)).join(' | ')
  return {
    typeName: list,
    read(node, scope) {
      const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
      if (text === undefined) return scope.expected(`one of ${list}`, node)
      const found = words.find(
        (word) => word === text || (options.ignoreCase && word.toLowerCase() === text.toLowerCase()),
      )
      if (found !== undefined) return found
      const message = `${JSON.stringify(text)} is not allowed${suggestion(text, words, 'allowed')}`
      return scope.problem('CONFIG_VALUE', node.location, message)
    },
    jsonSchema: () => (options.ignoreCase ? { type: 'string' } : orExpansion({ enum: [...words] })),
    format: (value) => `\`${value}\``,
  }
}
