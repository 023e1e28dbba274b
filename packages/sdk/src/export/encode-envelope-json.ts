// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../resource/resource.ts'
import type { InstrumentationScope } from '../trace/readable-span.ts'
import { attributesJson } from './encode-json-values.ts'
import { quote } from './json-text.ts'
import { JsonWriter } from './json-writer.ts'
import type { RequestEncoder } from './request-encoder.ts'
import type { ResourceGroup } from './scope-groups.ts'

/** Names that the levels of a signal's request have. */
export interface JsonLevels {
  /** Such as `resourceSpans`. */
  readonly resources: string
  /** Such as `scopeSpans`. */
  readonly scopes: string
  /** Such as `spans`. */
  readonly items: string
}

/** Elements of the innermost list, written slice by slice, commas included. */
export interface JsonScopeBody {
  readonly isDone: boolean
  /** Writes at most `count` more items and returns how many. */
  encode(writer: JsonWriter, count: number): number
}

/** Items that are written one after the other, none of them larger than a slice. */
export class JsonItemSlices<Item> implements JsonScopeBody {
  readonly #items: readonly Item[]
  readonly #toJson: (item: Item) => string
  #next = 0

  constructor(items: readonly Item[], toJson: (item: Item) => string) {
    this.#items = items
    this.#toJson = toJson
  }

  get isDone(): boolean {
    return this.#next === this.#items.length
  }

  encode(writer: JsonWriter, count: number): number {
    const from = this.#next
    const to = Math.min(this.#items.length, from + count)
    for (let i = from; i < to; i++) {
      if (i > 0) writer.add(',')
      writer.add(this.#toJson(this.#items[i]!))
    }
    this.#next = to
    return to - from
  }
}

interface OpenScope {
  readonly body: JsonScopeBody
  readonly head: () => string
  readonly tail: string
  isStarted: boolean
}

/** Encodes the request of any signal in OTLP's JSON: the levels here, what stands in the scopes by `JsonScopeBody`. */
export class JsonRequestEncoder<Item> implements RequestEncoder {
  readonly #scopes: OpenScope[] = []
  readonly #writer = new JsonWriter()
  #at = 0

  constructor(
    levels: JsonLevels,
    groups: readonly ResourceGroup<Item>[],
    bodyOf: (items: readonly Item[]) => JsonScopeBody,
  ) {
    if (groups.length === 0) this.#writer.add(`{"${levels.resources}":[]}`)
    groups.forEach(({ resource, scopes }, g) => {
      scopes.forEach(({ scope, items }, s) => {
        const head = (): string =>
          `${s === 0 ? resourceHead(levels, resource, g === 0) : ','}${scopeHead(levels, scope)}`
        let tail = scope.schemaUrl ? `],"schemaUrl":${quote(scope.schemaUrl)}}` : ']}'
        if (s === scopes.length - 1) {
          tail += resource.schemaUrl ? `],"schemaUrl":${quote(resource.schemaUrl)}}` : ']}'
          if (g === groups.length - 1) tail += ']}'
        }
        this.#scopes.push({ body: bodyOf(items), head, tail, isStarted: false })
      })
    })
  }

  next(count: number): boolean {
    let left = count
    while (left > 0 && this.#at < this.#scopes.length) {
      const open = this.#scopes[this.#at]!
      if (!open.isStarted) {
        this.#writer.add(open.head())
        open.isStarted = true
      }
      left -= open.body.encode(this.#writer, left)
      if (!open.body.isDone) break
      this.#writer.add(open.tail)
      this.#at++
    }
    return this.#at === this.#scopes.length
  }

  finish(): Uint8Array[] {
    return this.#writer.end()
  }
}

function resourceHead(levels: JsonLevels, resource: Resource, isFirst: boolean): string {
  const start = isFirst ? `{"${levels.resources}":[` : ','
  return `${start}{"resource":{${attributesJson(resource.attributes, 'the resource', '"attributes":[')}},"${levels.scopes}":[`
}

function scopeHead(levels: JsonLevels, scope: InstrumentationScope): string {
  let text = `{"scope":{"name":${quote(scope.name ?? '')}`
  if (scope.version) text += `,"version":${quote(scope.version)}`
  text += attributesJson(scope.attributes, 'an instrumentation scope')
  if (scope.droppedAttributesCount) text += `,"droppedAttributesCount":${scope.droppedAttributesCount}`
  return `${text}},"${levels.items}":[`
}
