// SPDX-License-Identifier: Apache-2.0
import type { Location } from '../location.ts'
import { type ConfigNode, isNull } from '../node.ts'
import { type PlainValue, toPlain } from '../plain.ts'
import { type Invalid, invalid, type JsonSchema, type Schema, type Scope } from './schema.ts'

/**
 * A list; every item is checked.
 *
 * @example
 * ```ts
 * import { integer, list, parseYaml, readConfig } from '@otel-ts/confmap'
 * console.log(readConfig(list(integer()), parseYaml('[1, x]', 'x').node, ['ports']).problems[0]?.path) // ports[1]
 * ```
 */
export function list<T>(element: Schema<T>, options: { readonly min?: number } = {}): Schema<readonly T[]> {
  return {
    typeName: `list of ${element.typeName}`,
    element,
    read(node, scope) {
      if (node.kind !== 'list') return scope.expected(`a list of ${element.typeName}`, node)
      const values: T[] = []
      let good = true
      for (const [index, item] of node.items.entries()) {
        const value = element.read(item, scope.at(`[${index}]`))
        if (value === invalid) good = false
        else values.push(value)
      }
      if (!good) return invalid
      const min = options.min ?? 0
      if (values.length >= min) return values
      const message = `expected at least ${min} item${min === 1 ? '' : 's'}, got ${values.length}`
      return scope.problem('CONFIG_VALUE', node.location, message)
    },
    jsonSchema: () => ({
      type: 'array',
      items: element.jsonSchema(),
      ...(options.min === undefined ? {} : { minItems: options.min }),
    }),
    format: (values) => `\`[${values.map((value) => element.format(value).replaceAll('`', '')).join(', ')}]\``,
  }
}

/**
 * A map with free keys. The result is a `Map`, so no key can touch a prototype.
 *
 * @example
 * ```ts
 * import { mapOf, parseYaml, readConfig, string } from '@otel-ts/confmap'
 * console.log(readConfig(mapOf(string()), parseYaml('{__proto__: a}', 'x').node).value?.get('__proto__')) // a
 * ```
 */
export function mapOf<T>(
  element: Schema<T>,
  options: { readonly key?: (key: string) => string | undefined } = {},
): Schema<ReadonlyMap<string, T>> {
  return {
    typeName: `map of ${element.typeName}`,
    element,
    read(node, scope) {
      if (node.kind !== 'map') return scope.expected(`a map of ${element.typeName}`, node)
      const values = new Map<string, T>()
      let good = true
      for (const [key, entry] of node.entries) {
        const wrong = options.key?.(key)
        if (wrong !== undefined) scope.problem('CONFIG_VALUE', entry.keyLocation, wrong)
        const value = element.read(entry.value, scope.at(key))
        if (value === invalid || wrong !== undefined) good = false
        else values.set(key, value)
      }
      return good ? values : invalid
    },
    jsonSchema: () => ({ type: 'object', additionalProperties: element.jsonSchema() }),
    format: (values) => (values.size === 0 ? '`{}`' : `\`{${[...values.keys()].join(', ')}}\``),
  }
}

/**
 * Different types for a scalar, a list and a map at the same place, such as headers as map or as list of pairs.
 *
 * @example
 * ```ts
 * import { byShape, list, mapOf, parseYaml, readConfig, string } from '@otel-ts/confmap'
 * const either = byShape({ list: list(string()), map: mapOf(string()) })
 * console.log(readConfig(either, parseYaml('x', 'x').node).problems[0]?.message) // expected list of string or map of string, got "x"
 * ```
 */
export function byShape<S = never, L = never, M = never>(shapes: {
  readonly scalar?: Schema<S>
  readonly list?: Schema<L>
  readonly map?: Schema<M>
}): Schema<S | L | M> {
  const all = [shapes.scalar, shapes.list, shapes.map].filter((schema) => schema !== undefined) as Schema<S | L | M>[]
  const typeName = all.map((schema) => schema.typeName).join(' or ')
  return {
    typeName,
    read(node, scope): S | L | M | Invalid {
      const schema = shapes[node.kind]
      return schema === undefined ? scope.expected(typeName, node) : schema.read(node, scope)
    },
    jsonSchema: () => ({ anyOf: all.map((schema) => schema.jsonSchema()) }),
    format: (value) => all[0]!.format(value),
  }
}

/**
 * The first of several schemas that accepts. When none does, one problem names them all by `typeName`.
 *
 * @example
 * ```ts
 * import { boolean, integer, parseYaml, readConfig, union } from '@otel-ts/confmap'
 * const either = union<number | boolean>([integer(), boolean()], 'integer or boolean')
 * console.log(readConfig(either, parseYaml('true', 'x').node).value) // true
 * console.log(readConfig(either, parseYaml('x', 'x').node).problems[0]?.message) // expected integer or boolean, got "x"
 * ```
 */
export function union<T>(alternatives: readonly Schema<T>[], typeName: string): Schema<T> {
  return {
    typeName,
    read(node, scope) {
      for (const schema of alternatives) {
        const problemCount = scope.problems.length
        const warningCount = scope.warnings.length
        const value = schema.read(node, scope)
        if (value !== invalid && scope.problems.length === problemCount) return value
        scope.problems.length = problemCount
        scope.warnings.length = warningCount
      }
      return scope.expected(typeName, node)
    },
    jsonSchema: () => ({ anyOf: alternatives.map((schema) => schema.jsonSchema()) }),
    format: (value) => alternatives[0]!.format(value),
  }
}

/** A value with the place where it stands, for checks that come later. */
export interface Located<T> {
  readonly value: T
  readonly location: Location
}

/**
 * Keeps the place of a value.
 *
 * @example
 * ```ts
 * import { located, parseYaml, readConfig, string } from '@otel-ts/confmap'
 * console.log(readConfig(located(string()), parseYaml('debug', 'x.yaml').node).value?.location.line) // 1
 * ```
 */
export function located<T>(schema: Schema<T>): Schema<Located<T>> {
  return {
    ...schema,
    read(node, scope) {
      const value = schema.read(node, scope)
      return value === invalid ? invalid : { value, location: node.location }
    },
    format: ({ value }) => schema.format(value),
  }
}

/**
 * Any value, as plain data without prototypes.
 *
 * @example
 * ```ts
 * import { anything, parseYaml, readConfig } from '@otel-ts/confmap'
 * console.log(JSON.stringify(readConfig(anything(), parseYaml('{a: [1, x]}', 'x').node).value)) // {"a":[1,"x"]}
 * ```
 */
export function anything(): Schema<PlainValue> {
  return {
    typeName: 'any',
    read: (node) => toPlain(node),
    jsonSchema: () => ({}),
    format: (value) => `\`${JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part))}\``,
  }
}

/** The node itself, unchecked: for parts that are read in a second step, once their type is known. */
export function rawNode(jsonSchema: JsonSchema = {}): Schema<ConfigNode> {
  return { typeName: 'any', read: (node) => node, jsonSchema: () => jsonSchema, format: () => '' }
}

/**
 * A list where a bare null also means none: `extensions:`.
 *
 * @example
 * ```ts
 * import { listOrNull, parseYaml, readConfig, string } from '@otel-ts/confmap'
 * console.log(readConfig(listOrNull(string()), parseYaml('~', 'x').node).value) // []
 * ```
 */
export function listOrNull<T>(element: Schema<T>): Schema<readonly T[]> {
  const items = list(element)
  return { ...items, read: (node, scope: Scope) => (isNull(node) ? [] : items.read(node, scope)) }
}
