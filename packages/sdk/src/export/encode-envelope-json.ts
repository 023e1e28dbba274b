// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../resource/resource.ts'
import type { InstrumentationScope } from '../trace/readable-span.ts'
import { writeJsonAttributes } from './encode-json-values.ts'
import { JsonWriter, jsonBytes, quote } from './json-writer.ts'
import type { RequestEncoder } from './request-encoder.ts'
import type { ResourceGroup } from './scope-groups.ts'

/** Where all JSON of exports is written. One buffer: it is only held within one call, never over a wait. */
export const jsonWriter: JsonWriter = new JsonWriter()

/** Names that the levels of a signal's request have. */
export interface JsonLevels {
  /** Such as `resourceSpans`. */
  readonly resources: string
  /** Such as `scopeSpans`. */
  readonly scopes: string
  /** Such as `spans`. */
  readonly items: string
}

/** Elements of the innermost list, written to `jsonWriter` slice by slice, commas included. */
export interface JsonScopeBody {
  readonly isDone: boolean
  /** Writes at most `count` more items and returns how many. */
  encode(count: number): number
}

/** Items that are written one after the other, none of them larger than a slice. */
export class JsonItemSlices<Item> implements JsonScopeBody {
  readonly #items: readonly Item[]
  readonly #write: (item: Item, isFirst: boolean) => void
  #next = 0

  constructor(items: readonly Item[], write: (item: Item, isFirst: boolean) => void) {
    this.#items = items
    this.#write = write
  }

  get isDone(): boolean {
    return this.#next === this.#items.length
  }

  encode(count: number): number {
    const from = this.#next
    const to = Math.min(this.#items.length, from + count)
    for (let i = from; i < to; i++) this.#write(this.#items[i]!, i === 0)
    this.#next = to
    return to - from
  }
}

interface OpenScope {
  readonly body: JsonScopeBody
  readonly head: () => void
  readonly tail: string
  isStarted: boolean
}

/** Encodes the request of any signal in OTLP's JSON: the levels here, what stands in the scopes by `JsonScopeBody`. */
export class JsonRequestEncoder<Item> implements RequestEncoder {
  readonly #levels: JsonLevels
  readonly #scopes: OpenScope[] = []
  readonly #pieces: Uint8Array[] = []
  #at = 0

  constructor(
    levels: JsonLevels,
    groups: readonly ResourceGroup<Item>[],
    bodyOf: (items: readonly Item[]) => JsonScopeBody,
  ) {
    this.#levels = levels
    groups.forEach(({ resource, scopes }, g) => {
      scopes.forEach(({ scope, items }, s) => {
        const head = (): void => {
          if (s === 0) writeResourceHead(levels, resource, g === 0)
          else jsonWriter.text(',')
          writeScopeHead(levels, scope)
        }
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
    jsonWriter.reset()
    while (left > 0 && this.#at < this.#scopes.length) {
      const open = this.#scopes[this.#at]!
      if (!open.isStarted) {
        open.head()
        open.isStarted = true
      }
      left -= open.body.encode(left)
      if (!open.body.isDone) break
      jsonWriter.text(open.tail)
      this.#at++
    }
    this.#pieces.push(jsonWriter.take())
    return this.#at === this.#scopes.length
  }

  /** The request, in one piece as JSON must be. */
  finish(): Uint8Array[] {
    if (this.#scopes.length === 0) return [jsonBytes(`{"${this.#levels.resources}":[]}`)]
    if (this.#pieces.length === 1) return this.#pieces
    let length = 0
    for (const piece of this.#pieces) length += piece.length
    const whole = new Uint8Array(length)
    let at = 0
    for (const piece of this.#pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    return [whole]
  }
}

function writeResourceHead(levels: JsonLevels, resource: Resource, isFirst: boolean): void {
  jsonWriter.text(isFirst ? `{"${levels.resources}":[{"resource":{` : ',{"resource":{')
  writeJsonAttributes(jsonWriter, resource.attributes, 'the resource', true)
  jsonWriter.text(`},"${levels.scopes}":[`)
}

function writeScopeHead(levels: JsonLevels, scope: InstrumentationScope): void {
  jsonWriter.text(`{"scope":{"name":${quote(scope.name ?? '')}`)
  if (scope.version) jsonWriter.text(`,"version":${quote(scope.version)}`)
  writeJsonAttributes(jsonWriter, scope.attributes, 'an instrumentation scope', false)
  if (scope.droppedAttributesCount) jsonWriter.text(`,"droppedAttributesCount":${scope.droppedAttributesCount}`)
  jsonWriter.text(`},"${levels.items}":[`)
}
