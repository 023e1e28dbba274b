// SPDX-License-Identifier: Apache-2.0
import type { ConfigNode, MapNode } from '../node.ts'
import { isNull } from '../node.ts'
import { type PlainValue, toPlain } from '../plain.ts'
import { suggestion } from '../suggest.ts'
import { type FieldInfo, type Invalid, invalid, type JsonSchema, type Schema, type Scope } from './schema.ts'

/** One key of an {@link object}. Made by {@link field}, {@link required}, {@link section}, {@link optionalSection}, {@link refused}. */
export interface Field<T> extends FieldInfo {
  readonly schema: Schema<never> | undefined
  /** Reads the key's value; `node` is undefined when the key is absent. */
  read(node: ConfigNode | undefined, parent: MapNode, scope: Scope): T | Invalid
}

/** Keys of an {@link object} in the order in which documentation shows them. */
export type Fields = Readonly<Record<string, Field<unknown>>>

/** Marks keys that are refused: they are no part of the value. */
export interface RefusedField extends Field<never> {
  readonly refused: string
}

/** The value of an {@link object}: its keys as in YAML, refused ones left out. */
export type ObjectValue<F extends Fields> = {
  readonly [K in keyof F as F[K] extends RefusedField ? never : K]: F[K] extends Field<infer T> ? T : never
}

/** A check over several keys. Report with `scope.at(key)`, and `locate(key)` for the place. */
export type ObjectCheck<T> = (value: T, scope: Scope, locate: (...path: string[]) => MapNode['location']) => void

/** An object schema; `fields` shows its keys. */
export interface ObjectSchema<T> extends Schema<T> {
  readonly fields: Readonly<Record<string, FieldInfo>>
}

/** A key that may be left out: then `default`, or undefined. Null counts as left out, as upstream. */
export function field<T>(
  schema: Schema<T>,
  about: { readonly default: NoInfer<T>; readonly description: string },
): Field<T>
export function field<T>(schema: Schema<T>, about: { readonly description: string }): Field<T | undefined>
export function field<T>(
  schema: Schema<T>,
  about: { readonly default?: T; readonly description: string },
): Field<T | undefined> {
  return {
    schema: schema as Schema<never>,
    description: about.description,
    required: false,
    defaultText: about.default === undefined ? undefined : schema.format(about.default),
    read(node, _parent, scope) {
      if (node === undefined || (isNull(node) && !takesNull(schema, node))) return about.default
      return schema.read(node, scope)
    },
  }
}

/** A key that must be there. */
export function required<T>(schema: Schema<T>, description: string): Field<T> {
  return {
    schema: schema as Schema<never>,
    description,
    required: true,
    defaultText: undefined,
    read(node, parent, scope) {
      if (node !== undefined && (!isNull(node) || takesNull(schema, node))) return schema.read(node, scope)
      const state = node === undefined ? 'is missing' : 'is empty'
      return scope.problem('CONFIG_REQUIRED', (node ?? parent).location, `${state}; expected ${schema.typeName}`)
    },
  }
}

/** A group of keys that is always there: absent, null and `{}` all mean its defaults. */
export function section<T>(schema: ObjectSchema<T>, description: string): Field<T> {
  return {
    schema: schema as Schema<never>,
    description,
    required: false,
    defaultText: undefined,
    read: (node, parent, scope) =>
      schema.read(node === undefined || isNull(node) ? emptyMap((node ?? parent).location) : node, scope),
  }
}

/**
 * A group of keys whose presence says something: absent is undefined, `{}` is its defaults. What a bare `key:` means
 * differs upstream from group to group: `'present'` (`protocols: {http:}` serves HTTP) or `'absent'` (`tls:`).
 */
export function optionalSection<T>(
  schema: ObjectSchema<T>,
  about: { readonly description: string; readonly whenNull: 'present' | 'absent' },
): Field<T | undefined> {
  return {
    schema: schema as Schema<never>,
    description: about.description,
    required: false,
    defaultText: undefined,
    read(node, _parent, scope) {
      if (node === undefined) return undefined
      if (!isNull(node)) return schema.read(node, scope)
      return about.whenNull === 'absent' ? undefined : schema.read(emptyMap(node.location), scope)
    },
  }
}

/**
 * A key that upstream knows and we do not act on. It is refused by name, never ignored; only values that change nothing
 * may stand: null, an empty list or map, and those in `harmless` (upstream's own default, say).
 */
export function refused(why: string, harmless: readonly PlainValue[] = []): RefusedField {
  const allowed = ['null', '[]', '{}', ...harmless.map(plainText)]
  return {
    schema: undefined,
    description: why,
    required: false,
    defaultText: undefined,
    refused: why,
    read(node, _parent, scope) {
      if (node === undefined || allowed.includes(plainText(toPlain(node)))) return invalid
      return scope.problem('CONFIG_NOT_SUPPORTED', node.location, `is not supported: ${why}`)
    },
  }
}

function plainText(value: PlainValue): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part))
}

/**
 * A map with known keys. Unknown keys are refused with the nearest known one; every key is checked, so that all problems
 * show at once; `check` runs only when each key alone is right.
 *
 * @example
 * ```ts
 * import { field, integer, object, optionalSection, parseYaml, readConfig, refused, required, string } from '@otel-ts/confmap'
 * const schema = object({
 *   endpoint: required(string(), 'Where to.'),
 *   size: field(integer(), { default: 10, description: 'How many.' }),
 *   tls: optionalSection(object({}), { description: 'TLS.', whenNull: 'absent' }),
 *   auth: refused('there are no authenticators'),
 * })
 * const read = (text: string) => readConfig(schema, parseYaml(text, 'x').node)
 * console.log(read('endpoint: h').value) // { endpoint: 'h', size: 10, tls: undefined }
 * console.log(read('{endpoint: h, auth: a}').problems[0]?.message) // is not supported: there are no authenticators
 * ```
 */
export function object<F extends Fields>(fields: F, check?: ObjectCheck<ObjectValue<F>>): ObjectSchema<ObjectValue<F>> {
  const keys = Object.keys(fields)
  return {
    typeName: 'map',
    fields,
    read(node, scope) {
      if (node.kind !== 'map') return scope.expected('a map', node)
      const problemCount = scope.problems.length
      const value: Record<string, unknown> = {}
      for (const key of keys) {
        const one = fields[key]!
        const result = one.read(node.entries.get(key)?.value, node, scope.at(key))
        if (result !== invalid) value[key] = result
      }
      for (const [key, entry] of node.entries) {
        if (Object.hasOwn(fields, key)) continue
        const offered = keys.filter((name) => fields[name]!.refused === undefined)
        const known = suggestion(key, offered, 'known')
        scope.problem('CONFIG_UNKNOWN_KEY', entry.keyLocation, `unknown key ${JSON.stringify(key)}${known}`)
      }
      if (scope.problems.length > problemCount) return invalid
      const result = value as ObjectValue<F>
      check?.(result, scope, (...path) => locate(node, path))
      return scope.problems.length > problemCount ? invalid : result
    },
    jsonSchema: () => objectJsonSchema(fields),
    format: () => '`{}`',
  }
}

/** Place of the value at `path` below `node`, or of the nearest map above it. */
export function locate(node: ConfigNode, path: readonly string[]): ConfigNode['location'] {
  let current = node
  for (const key of path) {
    const next = current.kind === 'map' ? current.entries.get(key)?.value : undefined
    if (next === undefined) break
    current = next
  }
  return current.location
}

function takesNull(schema: Schema<unknown> | Schema<never>, node: ConfigNode): boolean {
  return schema.readsEmptyText === true && node.expanded !== undefined
}

function emptyMap(location: MapNode['location']): MapNode {
  return { kind: 'map', entries: new Map(), location }
}

function objectJsonSchema(fields: Fields): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  const requiredKeys: string[] = []
  for (const [key, one] of Object.entries(fields)) {
    if (one.schema === undefined) continue
    properties[key] = { description: one.description, ...one.schema.jsonSchema() }
    if (one.required) requiredKeys.push(key)
  }
  return {
    type: ['object', 'null'],
    additionalProperties: false,
    properties,
    ...(requiredKeys.length === 0 ? {} : { required: requiredKeys }),
  }
}
