// SPDX-License-Identifier: Apache-2.0
import type { Location } from './location.ts'

/** A value as YAML types it. Integers beyond 2^53 are bigint. */
export type ScalarValue = string | number | bigint | boolean | null

/** How a value came out of a `${}` reference that stood alone. */
export interface Expanded {
  /** The reference as written: `${env:PORT}`. */
  readonly reference: string
  /** The text that the provider gave. A string field takes this text, so `0123` and `"x"` stay as they were. */
  readonly original: string
}

interface NodeBase {
  readonly location: Location
  readonly expanded?: Expanded
}

/** A scalar with its place. */
export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar'
  readonly value: ScalarValue
}

/** A sequence with its place. */
export interface ListNode extends NodeBase {
  readonly kind: 'list'
  readonly items: readonly ConfigNode[]
}

/** One entry of a {@link MapNode}: the key has a place of its own. */
export interface MapEntry {
  readonly keyLocation: Location
  readonly value: ConfigNode
}

/** A mapping with its place. Keys are data: a `Map` keeps `__proto__` an ordinary key. */
export interface MapNode extends NodeBase {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, MapEntry>
}

/** Configuration as read: immutable, every node knows where it stands. Aliases of YAML share nodes. */
export type ConfigNode = ScalarNode | ListNode | MapNode

/** Whether a node is the YAML null. */
export function isNull(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

/**
 * Names what a node is, for messages: `the number 5`, `a map`. Text longer than 60 characters is cut.
 *
 * @example
 * ```ts
 * import { describeNode, parseYaml } from '@otel-ts/confmap'
 * console.log(describeNode(parseYaml('[1, 2]', 'a.yaml').node)) // a list
 * ```
 */
export function describeNode(node: ConfigNode): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a map' : 'a list'
  const from = node.expanded === undefined ? '' : ` (from ${node.expanded.reference})`
  const { value } = node
  if (value === null) return `null${from}`
  if (typeof value === 'boolean') return `the boolean ${value}${from}`
  if (typeof value !== 'string') return `the number ${value}${from}`
  return `${JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value)}${from}`
}
