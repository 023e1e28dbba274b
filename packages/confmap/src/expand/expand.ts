// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../errors.ts'
import type { Location } from '../location.ts'
import type { ConfigNode, Expanded, MapEntry, ScalarNode } from '../node.ts'
import type { ConfigProvider, Retrieved } from '../providers/provider.ts'
import { suggestion } from '../suggest.ts'
import { parseYaml, type YamlLimits } from '../yaml/parse.ts'
import type { ExpansionGrammar } from './grammar.ts'

/** Bounds on expansion, against references that feed themselves. */
export interface ExpansionLimits extends YamlLimits {
  /** References expanded one after another in one value. Default 1000, as in the Go Collector. */
  readonly maxRounds?: number
  /** References expanded in the whole configuration. Default 100,000. */
  readonly maxReferences?: number
}

/** What {@link expandNode} needs. Problems and warnings are appended. */
export interface ExpansionOptions {
  readonly grammar: ExpansionGrammar
  readonly providers: readonly ConfigProvider[]
  /** Provider meant by `${NAME}`. */
  readonly defaultScheme: string
  readonly problems: Problem[]
  readonly warnings: Problem[]
  readonly limits?: ExpansionLimits
}

/** `scheme:opaque` as the Collector spells it; one letter before the colon is a drive, not a scheme. */
export const schemeForm: RegExp = /^([A-Za-z][A-Za-z0-9+.-]+):([\s\S]*)$/

/**
 * Replaces every `${…}` in values (not in keys). A value that is one reference becomes whatever the provider's text is as
 * YAML and remembers the text itself ({@link Expanded}); a reference inside a longer text is replaced by the text.
 */
export async function expandNode(node: ConfigNode, options: ExpansionOptions): Promise<ConfigNode> {
  return new Expansion(options).expand(node, '', 0)
}

class Expansion {
  readonly #options: ExpansionOptions
  readonly #maxRounds: number
  readonly #maxReferences: number
  readonly #maxLength: number
  #referenceCount = 0

  constructor(options: ExpansionOptions) {
    this.#options = options
    this.#maxRounds = options.limits?.maxRounds ?? 1000
    this.#maxReferences = options.limits?.maxReferences ?? 100_000
    this.#maxLength = options.limits?.maxLength ?? 4 * 1024 * 1024
  }

  async expand(node: ConfigNode, path: string, round: number): Promise<ConfigNode> {
    if (node.kind === 'list') {
      const items: ConfigNode[] = []
      for (const [index, item] of node.items.entries()) items.push(await this.expand(item, `${path}[${index}]`, round))
      return { ...node, items }
    }
    if (node.kind === 'map') {
      const entries = new Map<string, MapEntry>()
      for (const [key, entry] of node.entries) {
        const value = await this.expand(entry.value, path === '' ? key : `${path}::${key}`, round)
        entries.set(key, { ...entry, value })
      }
      return { ...node, entries }
    }
    return typeof node.value === 'string' ? this.#expandText(node, node.value, path, round) : node
  }

  async #expandText(node: ScalarNode, text: string, path: string, round: number): Promise<ConfigNode> {
    const { grammar } = this.#options
    for (let current = text; ; round++) {
      const reference = grammar.find(current)
      if (reference === undefined) return this.#finish(node, current)
      if (round >= this.#maxRounds) {
        return this.#fail(node, path, `too many recursive expansions: more than ${this.#maxRounds} in one value`)
      }
      if (++this.#referenceCount > this.#maxReferences) {
        return this.#fail(node, path, `more than ${this.#maxReferences} references in the configuration`)
      }
      const retrieved = await this.#retrieve(reference.body, node.location, path)
      if (retrieved === undefined) return node
      if (reference.start === 0 && reference.end === current.length) {
        const whole = this.#parse(retrieved, current, node.location)
        return this.#keepOriginal(await this.expand(whole, path, round + 1), path, round + 1)
      }
      current = current.slice(0, reference.start) + retrieved.text + current.slice(reference.end)
      if (current.length > this.#maxLength) {
        return this.#fail(node, path, `grows beyond ${this.#maxLength} characters by its references`)
      }
    }
  }

  #finish(node: ScalarNode, text: string): ScalarNode {
    const value = this.#options.grammar.unescape(text)
    if (node.expanded === undefined) return { ...node, value }
    return { ...node, value, expanded: { ...node.expanded, original: value } }
  }

  // The text beside a value that is not a string may hold references of its own: `[${env:A}]` used as a string.
  async #keepOriginal(node: ConfigNode, path: string, round: number): Promise<ConfigNode> {
    if (node.expanded === undefined || (node.kind === 'scalar' && typeof node.value === 'string')) return node
    const text: ScalarNode = { kind: 'scalar', value: node.expanded.original, location: node.location }
    const original = await this.#expandText(text, node.expanded.original, path, round)
    if (original.kind !== 'scalar') return node
    return { ...node, expanded: { ...node.expanded, original: String(original.value ?? '') } }
  }

  #parse(retrieved: Retrieved, reference: string, location: Location): ConfigNode {
    const expanded: Expanded = { reference, original: retrieved.text }
    const asText: ScalarNode = { kind: 'scalar', value: retrieved.text, location, expanded }
    if (retrieved.verbatim) return asText
    const at = retrieved.file === undefined ? location : undefined
    const parsed = parseYaml(retrieved.text, retrieved.file ?? location.file, this.#options.limits, at)
    // Text that is not YAML is a string, and so is YAML that is a string: quotes and all.
    if (parsed.problems.length > 0) {
      if (retrieved.file !== undefined) this.#options.warnings.push(...parsed.problems)
      return asText
    }
    this.#options.warnings.push(...parsed.warnings)
    if (parsed.node.kind === 'scalar' && typeof parsed.node.value === 'string') return asText
    return { ...parsed.node, expanded }
  }

  async #retrieve(body: string, location: Location, path: string): Promise<Retrieved | undefined> {
    const { providers, defaultScheme, problems, warnings } = this.#options
    const uri = body.includes(':') ? body : `${defaultScheme}:${body}`
    const parts = schemeForm.exec(uri)
    const report = (message: string): undefined => {
      problems.push({ code: 'CONFIG_EXPANSION', location, path, message })
    }
    if (parts === null) return report(`\${${body}}: invalid uri ${JSON.stringify(uri)}; expected \${scheme:value}`)
    const [, scheme = '', opaque = ''] = parts
    if (opaque.includes('$')) {
      return report(`\${${body}}: the uri ${JSON.stringify(uri)} contains unsupported characters ('$')`)
    }
    const provider = providers.find((candidate) => candidate.scheme === scheme)
    if (provider === undefined) {
      const known = providers.map((candidate) => candidate.scheme)
      const hint = opaque.startsWith('-')
        ? `; did you mean \${${defaultScheme}:${body}}? supported: ${known.join(', ')}`
        : suggestion(scheme, known, 'supported')
      return report(`\${${body}}: scheme ${JSON.stringify(scheme)} is not supported${hint}`)
    }
    try {
      const retrieved = await provider.retrieve(opaque, { maxLength: this.#maxLength })
      if (retrieved.warning !== undefined) warnings.push({ ...retrieved.warning, location, path })
      return retrieved
    } catch (error) {
      return report(`\${${body}}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #fail(node: ScalarNode, path: string, message: string): ScalarNode {
    this.#options.problems.push({ code: 'CONFIG_EXPANSION', location: node.location, path, message })
    return node
  }
}
