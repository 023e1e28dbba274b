// SPDX-License-Identifier: Apache-2.0
import type { ConfigNode, MapEntry, MapNode } from './node.ts'

/** Separates keys in paths and in the short form `processors::batch::timeout: 2s`. */
export const pathDelimiter = '::'

/**
 * Lays `over` on `base`: maps merge key by key, everything else (lists, scalars, null) replaces. An empty `processors:` in
 * a later source therefore wipes the processors of an earlier one, as in the Go Collector.
 *
 * @example
 * ```ts
 * import { mergeNodes, parseYaml, toPlain } from '@otel-ts/confmap'
 * const merged = mergeNodes(parseYaml('{a: {b: 1, c: [1]}}', '1.yaml').node, parseYaml('{a: {c: [2]}}', '2.yaml').node)
 * console.log(JSON.stringify(toPlain(merged))) // {"a":{"b":1,"c":[2]}}
 * ```
 */
export function mergeNodes(base: ConfigNode, over: ConfigNode): ConfigNode {
  if (base.kind !== 'map' || over.kind !== 'map') return over
  const entries = new Map(base.entries)
  for (const [key, entry] of over.entries) {
    const earlier = entries.get(key)
    entries.set(key, earlier === undefined ? entry : { ...entry, value: mergeNodes(earlier.value, entry.value) })
  }
  return { kind: 'map', entries, location: over.location }
}

/** Writes out top-level keys of the form `a::b::c` as nested maps. */
export function nestDelimitedKeys(root: MapNode): MapNode {
  let result: MapNode = { ...root, entries: new Map<string, MapEntry>() }
  for (const [key, entry] of root.entries) {
    const parts = key.split(pathDelimiter)
    let value: MapNode | undefined
    let inner: MapEntry = entry
    for (const part of parts.toReversed()) {
      value = { kind: 'map', entries: new Map([[part, inner]]), location: entry.keyLocation }
      inner = { keyLocation: entry.keyLocation, value }
    }
    if (value !== undefined) result = mergeNodes(result, value) as MapNode
  }
  return { ...result, location: root.location }
}
