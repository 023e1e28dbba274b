// SPDX-License-Identifier: Apache-2.0
import type { ConfigNode } from '../node.ts'
import { invalid, type Schema } from './schema.ts'
import { orExpansion } from './text.ts'

/** Bounds on a number, both allowed themselves. */
export interface NumberBounds {
  readonly min?: number
  readonly max?: number
}

/**
 * An integer that a double holds exactly. Text is refused, as upstream.
 *
 * @example
 * ```ts
 * import { integer, parseYaml, readConfig } from '@otel-ts/confmap'
 * console.log(readConfig(integer({ min: 1 }), parseYaml('0', 'x').node).problems[0]?.message) // expected an integer >= 1, got 0
 * ```
 */
export function integer(bounds: NumberBounds = {}): Schema<number> {
  const typeName = `integer${boundsText(bounds)}`
  const what = `an integer${boundsText(bounds)}`
  return {
    typeName,
    read(node, scope) {
      const value = numberOf(node)
      if (value === undefined) return scope.expected(what, node)
      if (typeof value === 'bigint' || !Number.isSafeInteger(value) || outside(value, bounds)) {
        return scope.problem('CONFIG_VALUE', node.location, `expected ${what}, got ${value}`)
      }
      return value
    },
    jsonSchema: () => orExpansion({ type: 'integer', ...boundsSchema(bounds) }),
    format: (value) => `\`${value}\``,
  }
}

/**
 * A number: integer or fraction.
 *
 * @example
 * ```ts
 * import { number, parseYaml, readConfig } from '@otel-ts/confmap'
 * console.log(readConfig(number({ max: 1 }), parseYaml('0.5', 'x').node).value) // 0.5
 * ```
 */
export function number(bounds: NumberBounds = {}): Schema<number> {
  const what = `a number${boundsText(bounds)}`
  return {
    typeName: `number${boundsText(bounds)}`,
    read(node, scope) {
      const value = numberOf(node)
      if (value === undefined) return scope.expected(what, node)
      const number = Number(value)
      if (Number.isNaN(number) || outside(number, bounds)) {
        return scope.problem('CONFIG_VALUE', node.location, `expected ${what}, got ${value}`)
      }
      return number
    },
    jsonSchema: () => orExpansion({ type: 'number', ...boundsSchema(bounds) }),
    format: (value) => `\`${value}\``,
  }
}

/**
 * `true` or `false`. `yes`, `on` and quoted words are strings and refused, as upstream.
 *
 * @example
 * ```ts
 * import { boolean, parseYaml, readConfig } from '@otel-ts/confmap'
 * console.log(readConfig(boolean(), parseYaml('yes', 'x').node).problems[0]?.message) // expected true or false, got "yes"
 * ```
 */
export function boolean(): Schema<boolean> {
  return {
    typeName: 'boolean',
    read: (node, scope) =>
      node.kind === 'scalar' && typeof node.value === 'boolean' ? node.value : scope.expected('true or false', node),
    jsonSchema: () => orExpansion({ type: 'boolean' }),
    format: (value) => `\`${value}\``,
  }
}

const sizeUnits: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['k', 1024],
  ['kb', 1000],
  ['kib', 1024],
  ['m', 1024 ** 2],
  ['mb', 1000 ** 2],
  ['mib', 1024 ** 2],
  ['g', 1024 ** 3],
  ['gb', 1000 ** 3],
  ['gib', 1024 ** 3],
])

/**
 * A number of bytes: an integer, or text with a unit such as `20MiB`, `512 KB`, `64k`.
 *
 * @example
 * ```ts
 * import { byteSize, parseYaml, readConfig } from '@otel-ts/confmap'
 * console.log(readConfig(byteSize(), parseYaml('20MiB', 'x').node).value) // 20971520
 * ```
 */
export function byteSize(bounds: NumberBounds = {}): Schema<number> {
  const what = `a size in bytes${boundsText(bounds)}, such as 1048576 or 1MiB`
  return {
    typeName: `bytes${boundsText(bounds)}`,
    read(node, scope) {
      const value = node.kind === 'scalar' && typeof node.value === 'string' ? parseSize(node.value) : numberOf(node)
      if (value === undefined) return scope.expected(what, node)
      if (typeof value === 'bigint' || !Number.isSafeInteger(value) || value < 0 || outside(value, bounds)) {
        return scope.problem('CONFIG_VALUE', node.location, `expected ${what}, got ${value}`)
      }
      return value
    },
    jsonSchema: () => ({ anyOf: [{ type: 'integer', ...boundsSchema(bounds) }, { type: 'string' }] }),
    format: (value) => `\`${value}\``,
  }
}

function parseSize(text: string): number | undefined {
  const parts = /^([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)$/.exec(text)
  const unit = sizeUnits.get(parts?.[2]?.toLowerCase() ?? '')
  return parts === null || unit === undefined ? undefined : Number(parts[1]) * unit
}

function numberOf(node: ConfigNode): number | bigint | undefined {
  if (node.kind !== 'scalar') return undefined
  return typeof node.value === 'number' || typeof node.value === 'bigint' ? node.value : undefined
}

function outside(value: number, { min, max }: NumberBounds): boolean {
  return (min !== undefined && value < min) || (max !== undefined && value > max)
}

function boundsText({ min, max }: NumberBounds): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  if (min !== undefined) return ` >= ${min}`
  return max === undefined ? '' : ` <= ${max}`
}

function boundsSchema({ min, max }: NumberBounds): { minimum?: number; maximum?: number } {
  return { ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) }
}

/**
 * Adds a check of your own to a schema: `verify` returns what is wrong, in words, or undefined.
 *
 * @example
 * ```ts
 * import { checked, integer, parseYaml, readConfig } from '@otel-ts/confmap'
 * const even = checked(integer(), (value) => (value % 2 === 0 ? undefined : `${value} is odd`))
 * console.log(readConfig(even, parseYaml('3', 'x').node).problems[0]?.message) // 3 is odd
 * ```
 */
export function checked<T>(schema: Schema<T>, verify: (value: T) => string | undefined): Schema<T> {
  return {
    ...schema,
    read(node, scope) {
      const value = schema.read(node, scope)
      if (value === invalid) return invalid
      const wrong = verify(value)
      return wrong === undefined ? value : scope.problem('CONFIG_VALUE', node.location, wrong)
    },
  }
}
