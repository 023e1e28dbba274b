// SPDX-License-Identifier: Apache-2.0
import type { ConfigNode } from './node.ts'

/** Plain value of a node; objects have no prototype, so a key `__proto__` is an ordinary key. */
export type PlainValue = string | number | bigint | boolean | null | PlainValue[] | { [key: string]: PlainValue }

/**
 * Copies a node into plain objects and arrays, without locations.
 *
 * @example
 * ```ts
 * import { parseYaml, toPlain } from '@otel-ts/confmap'
 * console.log(JSON.stringify(toPlain(parseYaml('{a: [1, yes]}', 'x').node))) // {"a":[1,"yes"]}
 * ```
 */
export function toPlain(node: ConfigNode): PlainValue {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toPlain)
  const object: { [key: string]: PlainValue } = Object.create(null)
  for (const [key, entry] of node.entries) object[key] = toPlain(entry.value)
  return object
}
