// SPDX-License-Identifier: Apache-2.0
import { ProtoWriter, varintWidth } from '@otel-ts/otlp/proto'
import type { Resource } from '../resource/resource.ts'
import type { InstrumentationScope } from '../trace/readable-span.ts'
import { writeForeignAttributes } from './encode-attributes.ts'
import type { RequestEncoder } from './request-encoder.ts'
import type { ResourceGroup } from './scope-groups.ts'

// The requests of all signals have the same outer levels with the same field numbers: ExportTraceServiceRequest,
// ExportMetricsServiceRequest and ExportLogsServiceRequest differ in names only.
const resourceLevelTag = 0x0a // resource_spans, resource_metrics, resource_logs
const resourceTag = 0x0a
const scopeLevelTag = 0x12 // scope_spans, scope_metrics, scope_logs
const scopeTag = 0x0a
const schemaUrlTag = 0x1a // of both levels

// One buffer for all exports: it is only held within one call, never over a wait.
const writer = new ProtoWriter(1 << 16)

const resourceFields = new WeakMap<Resource, Uint8Array>()
const scopeFields = new WeakMap<InstrumentationScope, Uint8Array>()

/** What stands inside one scope level, encoded slice by slice. */
export interface ScopeBody {
  /** Encoded items so far; whole when `isDone`. */
  readonly chunks: readonly Uint8Array[]
  readonly isDone: boolean
  /** Encodes at most `count` more items into `chunks` and returns how many. The writer is empty and free to use. */
  encode(writer: ProtoWriter, count: number): number
}

/** Items that are written one after the other, none of them larger than a slice. */
export class ItemSlices<Item> implements ScopeBody {
  readonly chunks: Uint8Array[] = []
  readonly #items: readonly Item[]
  readonly #write: (writer: ProtoWriter, items: readonly Item[], from: number, to: number) => void
  #next = 0

  constructor(
    items: readonly Item[],
    write: (writer: ProtoWriter, items: readonly Item[], from: number, to: number) => void,
  ) {
    this.#items = items
    this.#write = write
  }

  get isDone(): boolean {
    return this.#next === this.#items.length
  }

  encode(writer: ProtoWriter, count: number): number {
    const from = this.#next
    const to = Math.min(this.#items.length, from + count)
    this.#write(writer, this.#items, from, to)
    this.chunks.push(writer.take())
    this.#next = to
    return to - from
  }
}

interface OpenScope {
  readonly scope: InstrumentationScope
  readonly body: ScopeBody
}

interface Level {
  readonly header: Uint8Array
  readonly trailer: Uint8Array
}

/** Encodes the request of any signal: the levels here, what stands in the scopes by the signal's `ScopeBody`. */
export class ProtobufRequestEncoder<Item> implements RequestEncoder {
  readonly #resources: { resource: Resource; scopes: OpenScope[] }[]
  readonly #open: ScopeBody[]
  #at = 0

  constructor(groups: readonly ResourceGroup<Item>[], bodyOf: (items: readonly Item[]) => ScopeBody) {
    this.#resources = groups.map(({ resource, scopes }) => ({
      resource,
      scopes: scopes.map(({ scope, items }) => ({ scope, body: bodyOf(items) })),
    }))
    this.#open = this.#resources.flatMap(({ scopes }) => scopes.map(({ body }) => body))
  }

  next(count: number): boolean {
    let left = count
    while (left > 0 && this.#at < this.#open.length) {
      const body = this.#open[this.#at]!
      writer.reset()
      left -= body.encode(writer, left)
      if (body.isDone) this.#at++
    }
    return this.#at === this.#open.length
  }

  finish(): Uint8Array[] {
    const chunks: Uint8Array[] = []
    for (const { resource, scopes } of this.#resources) {
      const levels = scopes.map(({ scope }) => scopeLevel(scope))
      const lengths = levels.map(({ header, trailer }, s) => {
        let length = header.length + trailer.length
        for (const chunk of scopes[s]!.body.chunks) length += chunk.length
        return length
      })
      const { header, trailer } = resourceLevel(resource)
      let length = header.length + trailer.length
      for (const scopeLength of lengths) length += 1 + varintWidth(scopeLength) + scopeLength
      writer.reset()
      writer.tag(resourceLevelTag)
      writer.varint32(length)
      writer.raw(header)
      scopes.forEach(({ body }, s) => {
        writer.tag(scopeLevelTag)
        writer.varint32(lengths[s]!)
        writer.raw(levels[s]!.header)
        chunks.push(writer.take())
        for (const chunk of body.chunks) chunks.push(chunk)
        writer.reset()
        writer.raw(levels[s]!.trailer)
      })
      writer.raw(trailer)
      if (writer.pos > 0) chunks.push(writer.take())
    }
    return chunks
  }
}

function resourceLevel(resource: Resource): Level {
  let header = resourceFields.get(resource)
  if (header === undefined) {
    writer.reset()
    const message = writer.begin(resourceTag, 2)
    writeForeignAttributes(writer, 0x0a, resource.attributes, 'the resource')
    writer.end(message)
    header = writer.take()
    if (resource.asyncAttributesPending !== true) resourceFields.set(resource, header)
  }
  return { header, trailer: schemaField(resource.schemaUrl) }
}

function scopeLevel(scope: InstrumentationScope): Level {
  let header = scopeFields.get(scope)
  if (header === undefined) {
    writer.reset()
    const message = writer.begin(scopeTag, 1)
    if (scope.name) writer.string(0x0a, scope.name)
    if (scope.version) writer.string(0x12, scope.version)
    if (scope.attributes !== undefined)
      writeForeignAttributes(writer, 0x1a, scope.attributes, 'an instrumentation scope')
    if (scope.droppedAttributesCount) {
      writer.tag(0x20)
      writer.varint32(scope.droppedAttributesCount)
    }
    writer.end(message)
    header = writer.take()
    scopeFields.set(scope, header)
  }
  return { header, trailer: schemaField(scope.schemaUrl) }
}

const nothing = new Uint8Array(0)

function schemaField(schemaUrl: string | undefined): Uint8Array {
  if (!schemaUrl) return nothing
  const field = new ProtoWriter(schemaUrl.length + 8)
  field.string(schemaUrlTag, schemaUrl)
  return field.take()
}
