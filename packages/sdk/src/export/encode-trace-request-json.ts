// SPDX-License-Identifier: Apache-2.0
import type { Link, SpanContext } from '@otel-ts/api'
import type { ReadableSpan, TimedEvent } from '../trace/readable-span.ts'
import { RecordingSpan } from '../trace/span.ts'
import { writeJsonAttributes } from './encode-json-values.ts'
import { JsonWriter, jsonBytes, quote } from './json-writer.ts'
import { groupSpans, type ScopeGroup } from './span-groups.ts'

// One buffer for all exports: it is only held within one call, never over a wait.
const writer = new JsonWriter()

/**
 * Encodes spans as one ExportTraceServiceRequest in OTLP's JSON, a slice at a time, so that a long batch leaves the
 * event loop room in between: `while (!encoder.next(256)) await …`.
 */
export class TraceJsonEncoder {
  readonly #scopes: { group: ScopeGroup; head: () => void; tail: string }[] = []
  readonly #pieces: Uint8Array[] = []
  #scope = 0
  #span = 0

  constructor(spans: readonly ReadableSpan[]) {
    const groups = groupSpans(spans)
    groups.forEach(({ resource, scopes }, g) => {
      scopes.forEach((group, s) => {
        const head = (): void => {
          if (s === 0) {
            writer.text(g === 0 ? '{"resourceSpans":[{"resource":{' : ',{"resource":{')
            writeJsonAttributes(writer, resource.attributes, 'the resource', true)
            writer.text('},"scopeSpans":[')
          } else writer.text(',')
          writeScopeHead(group)
        }
        let tail = group.scope.schemaUrl ? `],"schemaUrl":${quote(group.scope.schemaUrl)}}` : ']}'
        if (s === scopes.length - 1) {
          tail += resource.schemaUrl ? `],"schemaUrl":${quote(resource.schemaUrl)}}` : ']}'
          if (g === groups.length - 1) tail += ']}'
        }
        this.#scopes.push({ group, head, tail })
      })
    })
  }

  /** Encodes at most `count` more spans; true when all are encoded. */
  next(count: number): boolean {
    let left = count
    writer.reset()
    while (left > 0 && this.#scope < this.#scopes.length) {
      const { group, head, tail } = this.#scopes[this.#scope]!
      const { spans } = group
      if (this.#span === 0) head()
      const end = Math.min(spans.length, this.#span + left)
      left -= end - this.#span
      for (let i = this.#span; i < end; i++) writeSpan(spans[i]!, i === 0)
      this.#span = end
      if (end < spans.length) break
      writer.text(tail)
      this.#span = 0
      this.#scope++
    }
    this.#pieces.push(writer.take())
    return this.#scope === this.#scopes.length
  }

  /** The request, in one piece as JSON must be. Call when `next` has returned true. */
  finish(): Uint8Array[] {
    if (this.#scopes.length === 0) return [jsonBytes('{"resourceSpans":[]}')]
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

/** Encodes spans as one ExportTraceServiceRequest in OTLP's JSON. */
export function encodeTraceRequestJson(spans: readonly ReadableSpan[]): Uint8Array {
  const encoder = new TraceJsonEncoder(spans)
  encoder.next(Number.POSITIVE_INFINITY)
  return encoder.finish()[0]!
}

function writeScopeHead({ scope }: ScopeGroup): void {
  writer.text(`{"scope":{"name":${quote(scope.name ?? '')}`)
  if (scope.version) writer.text(`,"version":${quote(scope.version)}`)
  writeJsonAttributes(writer, scope.attributes, 'an instrumentation scope', false)
  writer.text('},"spans":[')
}

const firstSpanHead = jsonBytes('{"traceId":"')
const laterSpanHead = jsonBytes(',{"traceId":"')
const spanIdHead = jsonBytes('","spanId":"')
const parentIdHead = jsonBytes('","parentSpanId":"')
const nameHead = jsonBytes('","name":')
const kindHeads = [1, 2, 3, 4, 5, 6, 7, 8].map((kind) => jsonBytes(`,"kind":${kind},"startTimeUnixNano":"`))
const endTimeHead = jsonBytes('","endTimeUnixNano":"')
const flagsHead = jsonBytes(',"flags":')
const closingBrace = 125
const timeEnd = jsonBytes('"')

function writeSpan(span: ReadableSpan, isFirst: boolean): void {
  writer.raw(isFirst ? firstSpanHead : laterSpanHead)
  let flags: number
  let isRemote: boolean
  if (span instanceof RecordingSpan) {
    writer.hexWord(span.traceId0)
    writer.hexWord(span.traceId1)
    writer.hexWord(span.traceId2)
    writer.hexWord(span.traceId3)
    writer.raw(spanIdHead)
    writer.hexWord(span.spanId0)
    writer.hexWord(span.spanId1)
    if (span.hasParent) {
      writer.raw(parentIdHead)
      writer.hexWord(span.parentId0)
      writer.hexWord(span.parentId1)
    }
    flags = span.flags & 0xff
    isRemote = span.isParentRemote
    writer.raw(nameHead)
    writer.string(span.name)
  } else {
    const { traceId, spanId, traceFlags } = span.spanContext()
    const parent = span.parentSpanContext
    writer.text(bare(traceId))
    writer.raw(spanIdHead)
    writer.text(bare(spanId))
    if (parent) {
      writer.raw(parentIdHead)
      writer.text(bare(parent.spanId))
    }
    flags = traceFlags & 0xff
    isRemote = parent?.isRemote === true
    writer.raw(nameHead)
    writer.string(String(span.name))
  }
  writer.raw(kindHeads[span.kind & 7]!)
  writeTime(span.startTime)
  writer.raw(endTimeHead)
  writeTime(span.endTime)
  writer.raw(timeEnd)
  writeRest(span)
  writer.raw(flagsHead)
  writer.digits(flags | 0x100 | (isRemote ? 0x200 : 0), 1)
  writer.byte(closingBrace)
}

function writeRest(span: ReadableSpan): void {
  const isOwn = span instanceof RecordingSpan
  const traceState = (isOwn ? span.traceState : span.spanContext().traceState)?.serialize()
  if (traceState) writer.text(`,"traceState":${quote(traceState)}`)
  // Attributes given at the start and not changed since need no checked copy: they are checked while they are written.
  const isAsGiven =
    isOwn && span.tail === undefined && span.owner.limits.attributeValueLengthLimit === Number.POSITIVE_INFINITY
  writeJsonAttributes(writer, isAsGiven ? span.record : span.attributes, 'a span', false)
  if (span.droppedAttributesCount > 0) writer.text(`,"droppedAttributesCount":${span.droppedAttributesCount}`)
  const events = isOwn ? span.eventList : span.events
  if (events !== undefined && events.length > 0) writeEvents(events)
  if (span.droppedEventsCount > 0) writer.text(`,"droppedEventsCount":${span.droppedEventsCount}`)
  const links = isOwn ? span.linkList : span.links
  if (links !== undefined && links.length > 0) writeLinks(links)
  if (span.droppedLinksCount > 0) writer.text(`,"droppedLinksCount":${span.droppedLinksCount}`)
  const { code, message } = span.status
  if (message) writer.text(`,"status":{"message":${quote(message)},"code":${code}}`)
  else if (code !== 0) writer.text(`,"status":{"code":${code}}`)
}

// Ids of foreign spans should be hex; whatever they are, they must not end the string that they stand in.
function bare(id: string): string {
  return quote(String(id)).slice(1, -1)
}

// uint64 is text in JSON; seconds and nanoseconds only need to stand side by side. Times before 1970 become 0.
function writeTime(time: readonly [number, number]): void {
  const [seconds, nanos] = time
  if (seconds > 0 && seconds < 0x7fffffff && nanos >= 0 && nanos < 1e9) {
    writer.digits(seconds, 1)
    writer.digits(nanos, 9)
    return
  }
  if (!(seconds >= 0)) writer.text('0')
  else writer.text(String(BigInt(Math.round(seconds)) * 1_000_000_000n + BigInt(Math.round(nanos))))
}

function writeEvents(events: readonly TimedEvent[]): void {
  writer.text(',"events":[')
  events.forEach((event, i) => {
    writer.text(i === 0 ? '{"timeUnixNano":"' : ',{"timeUnixNano":"')
    writeTime(event.time)
    writer.text(`","name":${quote(String(event.name))}`)
    writeJsonAttributes(writer, event.attributes, 'an event', false)
    if (event.droppedAttributesCount) writer.text(`,"droppedAttributesCount":${event.droppedAttributesCount}`)
    writer.text('}')
  })
  writer.text(']')
}

function writeLinks(links: readonly Link[]): void {
  writer.text(',"links":[')
  links.forEach((link, i) => {
    const context: SpanContext = link.context
    writer.text(`${i === 0 ? '' : ','}{"traceId":"${bare(context.traceId)}","spanId":"${bare(context.spanId)}"`)
    const state = context.traceState?.serialize()
    if (state) writer.text(`,"traceState":${quote(state)}`)
    writeJsonAttributes(writer, link.attributes, 'a link', false)
    if (link.droppedAttributesCount) writer.text(`,"droppedAttributesCount":${link.droppedAttributesCount}`)
    writer.text(`,"flags":${(context.traceFlags & 0xff) | 0x100 | (context.isRemote === true ? 0x200 : 0)}}`)
  })
  writer.text(']')
}
