// SPDX-License-Identifier: Apache-2.0
import { Composer, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, Parser } from 'yaml'
import type { Problem } from '../errors.ts'
import type { Location } from '../location.ts'
import type { ConfigNode, MapEntry, ScalarNode, ScalarValue } from '../node.ts'
import { resolvePlainScalar } from './scalar.ts'

/** Bounds on what a text may grow into. A configuration that meets one is wrong or hostile. */
export interface YamlLimits {
  /** Characters of the text. Default 4 Mi. */
  readonly maxLength?: number
  /** Nodes after aliases are counted out. Default 200,000. */
  readonly maxNodeCount?: number
  /** Depth of nesting. Default 200; more than 250 is never read. */
  readonly maxDepth?: number
}

/** What {@link parseYaml} found. With problems, `node` is what could be read. */
export interface ParsedYaml {
  readonly node: ConfigNode
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/**
 * Reads YAML into nodes that know file, line and column, keys included; typed as the Collector types it
 * ({@link resolvePlainScalar}). Anchors, aliases and merge keys (`<<`) work, within limits; the first document counts.
 *
 * @param at when given, every node has this place: for text that has no file of its own, such as a variable's value
 * @example
 * ```ts
 * import { formatLocation, parseYaml } from '@otel-ts/confmap'
 * const { node } = parseYaml('a:\n  b: 1', 'x.yaml')
 * const a = node.kind === 'map' ? node.entries.get('a') : undefined
 * console.log(formatLocation(a!.keyLocation), formatLocation(a!.value.location)) // x.yaml:1:1 x.yaml:2:3
 * ```
 */
export function parseYaml(text: string, file: string, limits: YamlLimits = {}, at?: Location): ParsedYaml {
  const whole: Location = at ?? { file, line: 0, column: 0 }
  const nothing: ScalarNode = { kind: 'scalar', value: null, location: whole }
  const refuse = (location: Location, message: string): ParsedYaml => ({
    node: nothing,
    problems: [{ code: 'CONFIG_YAML', location, path: '', message }],
    warnings: [],
  })

  const maxLength = limits.maxLength ?? 4 * 1024 * 1024
  if (text.length > maxLength) {
    return refuse(whole, `is ${text.length} characters long; at most ${maxLength} are read`)
  }
  const lineCounter = new LineCounter()
  const place = (offset: number): Location => {
    if (at !== undefined) return at
    const { line, col } = lineCounter.linePos(offset)
    return { file, line, column: col }
  }
  // The parser keeps a stack of its own; the composer after it recurses. A process whose stack runs out while V8 compiles
  // one of its regular expressions ends at once, with no error to catch, so the depth is looked at in between.
  const tokens = [...new Parser(lineCounter.addNewLine).parse(text)]
  const tooDeep = tokenBeyond(tokens, maxTokenDepth)
  if (tooDeep !== undefined) {
    return refuse(place(tooDeep.offset), `is nested deeper than ${maxTokenDepth} levels`)
  }
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, logLevel: 'silent', prettyErrors: false })
  const documents = [...composer.compose(tokens)] as Document.Parsed[]
  const document = documents[0]
  if (document === undefined) return { node: nothing, problems: [], warnings: [] }

  // Only the first error: those after it are mostly its consequences.
  const error = document.errors[0]
  if (error !== undefined) {
    return refuse(place(error.pos[0]), `not valid YAML: ${error.message.replace(/\s+/g, ' ').trim()}`)
  }

  const problems: Problem[] = []
  const warnings: Problem[] = []
  if (documents.length > 1) {
    const location = place(documents[1]!.range[0])
    const message = `has ${documents.length} YAML documents; only the first is used, as in the Go Collector`
    warnings.push({ code: 'CONFIG_SUSPICIOUS', location, path: '', message })
  }
  const nodes = new NodeComposer(place, limits, problems)
  return { node: nodes.compose(document.contents, whole), problems, warnings }
}

/** Levels of collections that the composer is given; a thousand already take its whole stack. */
const maxTokenDepth = 250

interface NestedToken {
  readonly offset: number
  readonly value?: NestedToken | null
  readonly items?: readonly { readonly key?: NestedToken | null; readonly value?: NestedToken }[]
}

/** First token found beyond `depth` levels of collections, without recursion. */
function tokenBeyond(tokens: readonly unknown[], depth: number): NestedToken | undefined {
  let level = tokens as readonly NestedToken[]
  // A document is one level more, around its content.
  for (let reached = -1; level.length > 0; reached++) {
    if (reached >= depth) {
      const collection = level.find(({ items }) => items !== undefined)
      if (collection !== undefined) return collection
    }
    const next: NestedToken[] = []
    for (const token of level) {
      if (token.value !== undefined && token.value !== null && typeof token.value === 'object') next.push(token.value)
      for (const { key, value } of token.items ?? []) {
        if (key !== undefined && key !== null) next.push(key)
        if (value !== undefined) next.push(value)
      }
    }
    level = next
  }
  return undefined
}

/** A node and how many nodes it stands for once aliases are written out. */
interface Sized {
  node: ConfigNode
  count: number
}

class NodeComposer {
  readonly #place: (offset: number) => Location
  readonly #problems: Problem[]
  readonly #maxNodeCount: number
  readonly #maxDepth: number
  readonly #anchors = new Map<string, Sized>()
  readonly #open = new Set<string>()
  #count = 0
  #stopped = false

  constructor(place: (offset: number) => Location, limits: YamlLimits, problems: Problem[]) {
    this.#place = place
    this.#problems = problems
    this.#maxNodeCount = limits.maxNodeCount ?? 200_000
    this.#maxDepth = limits.maxDepth ?? 200
  }

  compose(contents: Node | null, whole: Location): ConfigNode {
    return this.#read(contents, whole, 0).node
  }

  #read(node: Node | null, fallback: Location, depth: number): Sized {
    const location = node?.range == null ? fallback : this.#place(node.range[0])
    const nothing: Sized = { node: { kind: 'scalar', value: null, location }, count: 1 }
    if (node === null || this.#stopped) return nothing
    if (depth > this.#maxDepth) {
      return this.#stop(nothing, `is nested deeper than ${this.#maxDepth} levels`)
    }
    if (isAlias(node)) {
      if (this.#open.has(node.source)) return this.#stop(nothing, `alias *${node.source} contains itself`)
      const target = this.#anchors.get(node.source)
      // Counted before it is shared: expansion and merging walk the written-out tree.
      if (target === undefined) {
        this.#problem('CONFIG_YAML', location, `alias *${node.source} has no anchor &${node.source} before it`)
        return nothing
      }
      this.#add(target.count, nothing)
      return target
    }
    const before = this.#count
    this.#add(1, nothing)
    const anchor = 'anchor' in node ? node.anchor : undefined
    if (anchor !== undefined) this.#open.add(anchor)
    const result = isMap(node)
      ? this.#readMap(node.items as MapItem[], location, depth)
      : isSeq(node)
        ? this.#readList(node.items as (Node | null)[], location, depth)
        : isScalar(node)
          ? this.#readScalar(node, location)
          : nothing.node
    const sized = { node: result, count: this.#count - before }
    if (anchor !== undefined) {
      this.#open.delete(anchor)
      this.#anchors.set(anchor, sized)
    }
    return sized
  }

  #readList(items: readonly (Node | null)[], location: Location, depth: number): ConfigNode {
    return { kind: 'list', items: items.map((item) => this.#read(item, location, depth + 1).node), location }
  }

  #readMap(items: readonly MapItem[], location: Location, depth: number): ConfigNode {
    const entries = new Map<string, MapEntry>()
    const merged: ConfigNode[] = []
    for (const { key, value } of items) {
      const keyLocation = key?.range == null ? location : this.#place(key.range[0])
      const keyNode = isAlias(key) ? this.#read(key, location, depth + 1).node : undefined
      const name = keyNode?.kind === 'scalar' ? String(keyNode.value) : isScalar(key) ? scalarText(key) : undefined
      if (name === undefined) {
        this.#problem('CONFIG_YAML', keyLocation, 'a key must be a plain name, not a list or a map')
        continue
      }
      const node = this.#read(value, keyLocation, depth + 1).node
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') {
        merged.push(...(node.kind === 'list' ? node.items : [node]))
        continue
      }
      const earlier = entries.get(name)
      if (earlier !== undefined) {
        const { line, column } = earlier.keyLocation
        this.#problem(
          'CONFIG_DUPLICATE_KEY',
          keyLocation,
          `key ${JSON.stringify(name)} is already at ${line}:${column}`,
        )
        continue
      }
      entries.set(name, { keyLocation, value: node })
    }
    for (const source of merged) {
      if (source.kind !== 'map') {
        this.#problem('CONFIG_YAML', source.location, 'a merge key (<<) takes a map or a list of maps')
        continue
      }
      for (const [name, entry] of source.entries) if (!entries.has(name)) entries.set(name, entry)
    }
    return { kind: 'map', entries, location }
  }

  #readScalar(node: ScalarSource, location: Location): ConfigNode {
    const text = scalarText(node)
    const value = node.tag === undefined ? undefined : resolveTag(node.tag, text)
    if (value === null && node.tag !== `${coreTag}null`) {
      this.#problem('CONFIG_YAML', location, `${JSON.stringify(text)} does not fit its tag ${node.tag}`)
    } else if (value !== undefined) {
      return { kind: 'scalar', value, location }
    }
    return { kind: 'scalar', value: node.type === 'PLAIN' ? resolvePlainScalar(text) : text, location }
  }

  #add(count: number, at: Sized): void {
    this.#count += count
    if (this.#count > this.#maxNodeCount) {
      this.#stop(at, `grows beyond ${this.#maxNodeCount} values once its aliases are written out`)
    }
  }

  #stop(at: Sized, message: string): Sized {
    if (!this.#stopped) this.#problem('CONFIG_YAML', at.node.location, message)
    this.#stopped = true
    return at
  }

  #problem(code: string, location: Location, message: string): void {
    this.#problems.push({ code, location, path: '', message })
  }
}

interface MapItem {
  key: Node | null
  value: Node | null
}
interface ScalarSource {
  value: unknown
  source?: string
  type?: string
  tag?: string
}

const coreTag = 'tag:yaml.org,2002:'

function scalarText(node: ScalarSource): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? '')
}

// null = the text does not fit the tag, or the tag is unknown; undefined = the tag says nothing.
function resolveTag(tag: string, text: string): ScalarValue | undefined {
  const value = resolvePlainScalar(text)
  switch (tag) {
    case '!':
    case `${coreTag}str`:
      return text
    case `${coreTag}null`:
      return null
    case `${coreTag}bool`:
      return typeof value === 'boolean' ? value : null
    case `${coreTag}int`:
      return typeof value === 'bigint' || Number.isInteger(value) ? value : null
    case `${coreTag}float`:
      return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : null
    default:
      return null
  }
}
