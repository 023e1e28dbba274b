// SPDX-License-Identifier: Apache-2.0
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import type { Place, Problem } from './problems.ts'

/** One YAML value together with where it stands, so that each complaint can name file, line and column. */
export interface Located {
  readonly place: Place
  /** Plain value of a scalar; undefined for mappings, lists and nothing. */
  readonly scalar: string | number | boolean | undefined
  /** Entries of a mapping, or undefined. */
  readonly fields: ReadonlyMap<string, Located> | undefined
  /** Items of a list, or undefined. */
  readonly items: readonly Located[] | undefined
}

/** Parses one file. Syntax errors and duplicate keys become problems, and then the result is undefined. */
export function parseLocated(file: string, text: string, problems: Problem[]): Located | undefined {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset)
    return { file, line, column: col }
  }
  if (document.errors.length > 0) {
    for (const error of document.errors) {
      problems.push({ place: placeAt(error.pos[0]), message: `not readable as YAML: ${error.message}` })
    }
    return undefined
  }

  const locate = (node: Node | null | undefined, fallback: Place): Located => {
    const resolved = isAlias(node) ? node.resolve(document) : node
    const place = node?.range ? placeAt(node.range[0]) : fallback
    if (isMap(resolved)) return { place, scalar: undefined, fields: locateFields(resolved, place), items: undefined }
    if (isSeq(resolved)) {
      const items = resolved.items.map((item) => locate(item as Node, place))
      return { place, scalar: undefined, fields: undefined, items }
    }
    const value = isScalar(resolved) ? resolved.value : undefined
    const scalar =
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
    return { place, scalar, fields: undefined, items: undefined }
  }
  const locateFields = (map: YAMLMap, place: Place): ReadonlyMap<string, Located> => {
    const fields = new Map<string, Located>()
    for (const { key, value } of map.items) {
      const keyNode = key as Node | null
      const keyPlace = keyNode?.range ? placeAt(keyNode.range[0]) : place
      fields.set(isScalar(keyNode) ? String(keyNode.value) : '', locate(value as Node | null, keyPlace))
    }
    return fields
  }
  return locate(document.contents, { file, line: 1, column: 1 })
}
