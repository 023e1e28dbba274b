// SPDX-License-Identifier: Apache-2.0
import { ProtoWriter, varintWidth } from '@otel-ts/otlp/proto'
import type { Resource } from '../resource/resource.ts'
import type { InstrumentationScope, ReadableSpan } from '../trace/readable-span.ts'
import { writeForeignAttributes } from './encode-attributes.ts'
import { writeSpan } from './encode-span.ts'
import { groupSpans, type ResourceGroup } from './span-groups.ts'

// One buffer for all exports: it is only held within one call, never over a wait.
const writer = new ProtoWriter(1 << 16)

const resourceFields = new WeakMap<Resource, Uint8Array>()
const scopeFields = new WeakMap<InstrumentationScope, Uint8Array>()

interface Level {
  readonly header: Uint8Array
  readonly trailer: Uint8Array
}

/**
 * Encodes spans as one ExportTraceServiceRequest, a slice at a time, so that a long batch leaves the event loop room in
 * between: `while (!encoder.next(256)) await …`.
 */
export class TraceRequestEncoder {
  readonly #groups: ResourceGroup[]
  // Encoded spans, per resource and scope, in slices.
  readonly #bodies: Uint8Array[][][]
  #group = 0
  #scope = 0
  #span = 0

  constructor(spans: readonly ReadableSpan[]) {
    this.#groups = groupSpans(spans)
    this.#bodies = this.#groups.map((group) => group.scopes.map(() => []))
  }

  /** Encodes at most `count` more spans; true when all are encoded. */
  next(count: number): boolean {
    let left = count
    while (left > 0 && this.#group < this.#groups.length) {
      const group = this.#groups[this.#group]!
      const { spans } = group.scopes[this.#scope]!
      const end = Math.min(spans.length, this.#span + left)
      left -= end - this.#span
      writer.reset()
      for (let i = this.#span; i < end; i++) writeSpan(writer, spans[i]!)
      this.#bodies[this.#group]![this.#scope]!.push(writer.take())
      this.#span = end
      if (end < spans.length) break
      this.#span = 0
      if (++this.#scope === group.scopes.length) {
        this.#scope = 0
        this.#group++
      }
    }
    return this.#group === this.#groups.length
  }

  /** The request in pieces. Call when `next` has returned true. */
  finish(): Uint8Array[] {
    const chunks: Uint8Array[] = []
    this.#groups.forEach((group, g) => {
      const scopes = group.scopes.map(({ scope }) => scopeLevel(scope))
      const lengths = scopes.map(({ header, trailer }, s) => {
        let length = header.length + trailer.length
        for (const body of this.#bodies[g]![s]!) length += body.length
        return length
      })
      const { header, trailer } = resourceLevel(group.resource)
      let length = header.length + trailer.length
      for (const scopeLength of lengths) length += 1 + varintWidth(scopeLength) + scopeLength
      writer.reset()
      writer.tag(0x0a) // ExportTraceServiceRequest.resource_spans
      writer.varint32(length)
      writer.raw(header)
      scopes.forEach((scope, s) => {
        writer.tag(0x12) // ResourceSpans.scope_spans
        writer.varint32(lengths[s]!)
        writer.raw(scope.header)
        chunks.push(writer.take(), ...this.#bodies[g]![s]!)
        writer.reset()
        writer.raw(scope.trailer)
      })
      writer.raw(trailer)
      if (writer.pos > 0) chunks.push(writer.take())
    })
    return chunks
  }
}

/** Encodes spans as one ExportTraceServiceRequest, in pieces that belong one after the other. */
export function encodeTraceRequest(spans: readonly ReadableSpan[]): Uint8Array[] {
  const encoder = new TraceRequestEncoder(spans)
  encoder.next(Number.POSITIVE_INFINITY)
  return encoder.finish()
}

function resourceLevel(resource: Resource): Level {
  let header = resourceFields.get(resource)
  if (header === undefined) {
    writer.reset()
    const message = writer.begin(0x0a, 2) // ResourceSpans.resource
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
    const message = writer.begin(0x0a, 1) // ScopeSpans.scope
    if (scope.name) writer.string(0x0a, scope.name)
    if (scope.version) writer.string(0x12, scope.version)
    if (scope.attributes !== undefined)
      writeForeignAttributes(writer, 0x1a, scope.attributes, 'an instrumentation scope')
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
  field.string(0x1a, schemaUrl) // ResourceSpans.schema_url and ScopeSpans.schema_url
  return field.take()
}
