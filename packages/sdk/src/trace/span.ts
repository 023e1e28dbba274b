// SPDX-License-Identifier: Apache-2.0
import type {
  Attributes,
  Exception,
  HrTime,
  Link,
  SpanContext,
  SpanKind,
  SpanStatus,
  SpanStatusCode,
  TimeInput,
  TraceState,
} from '@otel-ts/api'
import { isValidSpanContext } from '../context/span-of.ts'
import { messageOf, sdkEvents } from '../events.ts'
import type { Resource } from '../resource/resource.ts'
import {
  type AttributeRecord,
  invalidValue,
  keepAttributes,
  keepValue,
  keysOf,
  readProperty,
  setOwn,
} from './attributes.ts'
import { hexOfWords } from './ids.ts'
import type { ResolvedSpanLimits } from './limits.ts'
import type { ProcessorChain } from './processor-chain.ts'
import type { InstrumentationScope, ReadableSpan, Span, TimedEvent } from './readable-span.ts'
import { isTimeInput, resolveTime, stamped, stampTime, type TimeAnchor, toHrTime } from './time.ts'

/** What all spans of one tracer share. */
export interface SpanOwner {
  readonly scope: InstrumentationScope
  readonly resource: Resource
  readonly limits: ResolvedSpanLimits
  readonly processors: ProcessorChain
}

/** Bits 8 to 15 of {@link RecordingSpan.flags} hold the parent's trace flags; these tell the rest about it. */
export const parentFlag = { exists: 0x10000, isRemote: 0x20000 } as const

const open = 0
const ending = 1
const ended = 2

// A tail longer than this is folded into one object, which costs less than what duplicates in it could grow to.
const maxTailLength = 256

// Far above any limit that makes sense. An array can claim four thousand million items that it does not have.
const maxLinksAtOnce = 100_000

/**
 * A span that records. Fields are plain and public to this package: the tracer, the processors and the encoders work
 * on them directly. Nothing is made before it is asked for: ids stay words, times stay offsets from an anchor, and
 * attributes stay as they were given (an object from the start, a flat key-value list from `setAttribute`) until
 * somebody reads `attributes` or the span is encoded.
 */
export class RecordingSpan implements Span {
  declare readonly owner: SpanOwner
  declare name: string
  declare readonly kind: SpanKind
  declare readonly traceId0: number
  declare readonly traceId1: number
  declare readonly traceId2: number
  declare readonly traceId3: number
  declare readonly spanId0: number
  declare readonly spanId1: number
  /** Both words 0 without a parent. */
  declare readonly parentId0: number
  declare readonly parentId1: number
  /** W3C trace flags in bits 0 to 7, those of the parent in bits 8 to 15, then {@link parentFlag}. */
  declare readonly flags: number
  declare readonly traceState: TraceState | undefined
  declare readonly parentTraceState: TraceState | undefined
  /** Times below are relative to it: small integers, where epoch nanoseconds would each be a heap object. */
  declare readonly anchor: TimeAnchor
  declare startSeconds: number
  declare startNanos: number
  declare endSeconds: number
  declare endNanos: number
  declare state: number
  /** Attributes given at the start; with `isShared` all of them. */
  declare record: AttributeRecord | undefined
  /** At least the count of attributes in `record`. */
  declare recordCount: number
  /** Set later: key, value, key, value … Later entries win over earlier ones and over `record`. */
  declare tail: unknown[] | undefined
  /** Somebody outside holds `record`: it is the truth, and every change goes into it at once. */
  declare isShared: boolean
  declare statusCode: SpanStatusCode
  declare statusMessage: string | undefined
  declare eventList: TimedEvent[] | undefined
  declare linkList: Link[] | undefined
  declare droppedAttributesCount: number
  declare droppedEventsCount: number
  declare droppedLinksCount: number
  declare cachedContext: SpanContext | undefined

  constructor(
    owner: SpanOwner,
    name: string,
    kind: SpanKind,
    traceId0: number,
    traceId1: number,
    traceId2: number,
    traceId3: number,
    spanId0: number,
    spanId1: number,
    parentId0: number,
    parentId1: number,
    flags: number,
    traceState: TraceState | undefined,
    parentTraceState: TraceState | undefined,
    anchor: TimeAnchor,
    nowMillis: number,
  ) {
    this.owner = owner
    this.name = name
    this.kind = kind
    this.traceId0 = traceId0
    this.traceId1 = traceId1
    this.traceId2 = traceId2
    this.traceId3 = traceId3
    this.spanId0 = spanId0
    this.spanId1 = spanId1
    this.parentId0 = parentId0
    this.parentId1 = parentId1
    this.flags = flags
    this.traceState = traceState
    this.parentTraceState = parentTraceState
    this.anchor = anchor
    // `| 0` and not Math.floor: the fields must stay small integers, a double would be a heap object each.
    const seconds = (nowMillis / 1000) | 0
    this.startSeconds = seconds
    this.startNanos = ((nowMillis - seconds * 1000) * 1e6) | 0
    this.endSeconds = 0
    this.endNanos = 0
    this.state = open
    this.record = undefined
    this.recordCount = 0
    this.tail = undefined
    this.isShared = false
    this.statusCode = 0
    this.statusMessage = undefined
    this.eventList = undefined
    this.linkList = undefined
    this.droppedAttributesCount = 0
    this.droppedEventsCount = 0
    this.droppedLinksCount = 0
    this.cachedContext = undefined
  }

  spanContext(): SpanContext {
    const known = this.cachedContext
    if (known !== undefined) return known
    const made: SpanContext = {
      traceId: hexOfWords(this.traceId0, this.traceId1) + hexOfWords(this.traceId2, this.traceId3),
      spanId: hexOfWords(this.spanId0, this.spanId1),
      traceFlags: this.flags & 0xff,
    }
    if (this.traceState !== undefined) made.traceState = this.traceState
    this.cachedContext = made
    return made
  }

  isRecording(): boolean {
    return this.state !== ended
  }

  // --- attributes

  setAttribute(key: string, value: unknown): this {
    if (this.state === ended) {
      sdkEvents.spanAlreadyEnded('setAttribute', this.name)
      return this
    }
    const type = typeof value
    if (type !== 'string' && type !== 'number' && type !== 'boolean') {
      if (value === undefined) return this
      const { limits } = this.owner
      value = keepValue(value, limits.attributeValueLengthLimit, limits.attributeValueDepthLimit)
    }
    if (value === invalidValue || typeof key !== 'string' || key.length === 0) {
      sdkEvents.invalidAttribute(`span "${this.name}"`, messageOf(key))
      return this
    }
    const tail = this.tail
    if (tail === undefined) {
      if (this.isShared || this.recordCount >= this.owner.limits.attributeCountLimit) this.#setShared(key, value)
      else this.tail = [key, value]
    } else if (
      tail.length < maxTailLength &&
      this.recordCount + (tail.length >> 1) < this.owner.limits.attributeCountLimit
    ) {
      tail.push(key, value)
    } else this.#setShared(key, value)
    return this
  }

  setAttributes(attributes: Attributes): this {
    if (this.state === ended) {
      sdkEvents.spanAlreadyEnded('setAttributes', this.name)
      return this
    }
    if (this.record === undefined && this.tail === undefined && !this.isShared) this.startAttributes(attributes)
    else for (const key of keysOf(attributes)) this.setAttribute(key, readProperty(attributes, key))
    return this
  }

  /** Takes the first attributes of a span that has none. */
  startAttributes(source: unknown): void {
    if (typeof source !== 'object' || source === null) return
    let record: AttributeRecord
    try {
      if (Array.isArray(source)) return
      // Spread clones the shape in one step: 20 attributes cost 131 ns, copied key by key 169 to 690.
      record = { ...source }
    } catch {
      this.#startAttributesByKey(source)
      return
    }
    const { limits } = this.owner
    let count = 0
    for (const key in record) {
      count++
      const value = record[key]
      if (typeof value === 'object' && value !== null) {
        const kept = keepValue(value, limits.attributeValueLengthLimit, limits.attributeValueDepthLimit)
        if (kept === invalidValue) {
          sdkEvents.invalidAttribute(`span "${this.name}"`, key)
          record[key] = undefined
        } else if (key !== '__proto__') record[key] = kept
        else setOwn(record, key, kept)
      }
    }
    if (count > limits.attributeCountLimit) {
      this.#startAttributesByKey(record)
      return
    }
    this.record = record
    this.recordCount = count
  }

  #startAttributesByKey(source: unknown): void {
    const { limits } = this.owner
    const kept = keepAttributes(
      source,
      limits.attributeCountLimit,
      limits.attributeValueLengthLimit,
      limits.attributeValueDepthLimit,
    )
    if (kept.invalidCount > 0) sdkEvents.invalidAttribute(`span "${this.name}"`, '(one of those given at its start)')
    this.droppedAttributesCount += kept.droppedCount
    this.record = kept.attributes
    this.recordCount = Object.keys(kept.attributes).length
  }

  #setShared(key: string, value: unknown): void {
    if (!this.isShared) this.#share()
    const { limits } = this.owner
    const record = this.record!
    if (!Object.hasOwn(record, key)) {
      if (this.recordCount >= limits.attributeCountLimit) {
        this.recordCount = Object.keys(record).length
        if (this.recordCount >= limits.attributeCountLimit) {
          this.droppedAttributesCount++
          return
        }
      }
      this.recordCount++
    }
    setOwn(record, key, typeof value === 'string' ? keepValue(value, limits.attributeValueLengthLimit, 0) : value)
  }

  // Folds what was kept as given into one checked object. From here on that object is the truth.
  #share(): void {
    const shared: AttributeRecord = {}
    const { record, tail } = this
    if (record !== undefined) for (const key of Object.keys(record)) this.#shareOne(shared, key, record[key])
    if (tail !== undefined) {
      for (let i = 0; i < tail.length; i += 2) this.#shareOne(shared, tail[i] as string, tail[i + 1])
    }
    this.record = shared
    this.recordCount = Object.keys(shared).length
    this.tail = undefined
    this.isShared = true
  }

  #shareOne(shared: AttributeRecord, key: string, value: unknown): void {
    if (value === undefined) return
    const { limits } = this.owner
    const isObject = typeof value === 'object'
    const kept = isObject ? value : keepValue(value, limits.attributeValueLengthLimit, 0)
    if (key === '' || kept === invalidValue) sdkEvents.invalidAttribute(`span "${this.name}"`, key)
    else setOwn(shared, key, kept)
  }

  get attributes(): Attributes {
    if (!this.isShared) this.#share()
    return this.record!
  }

  // --- events and links

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.state === ended) {
      sdkEvents.spanAlreadyEnded('addEvent', this.name)
      return this
    }
    let attributes: unknown = attributesOrTime
    let at: unknown = time
    if (isTimeInput(attributesOrTime)) {
      attributes = undefined
      if (at === undefined) at = attributesOrTime
    }
    this.#stamp('addEvent', at)
    const event: TimedEvent = { time: toHrTime(this.anchor, stamped.seconds, stamped.nanos), name: textOf(name) }
    const { limits } = this.owner
    if (limits.eventCountLimit === 0) {
      this.droppedEventsCount++
      return this
    }
    if (attributes !== undefined && attributes !== null) {
      this.#keepOn(event, attributes, limits.attributePerEventCountLimit, 'an event')
    }
    const events = this.eventList
    if (events === undefined) this.eventList = [event]
    else {
      if (events.length >= limits.eventCountLimit) {
        events.shift()
        this.droppedEventsCount++
      }
      events.push(event)
    }
    return this
  }

  addLink(link: Link): this {
    if (this.state === ended) {
      sdkEvents.spanAlreadyEnded('addLink', this.name)
      return this
    }
    const kept = this.#keepLink(link)
    if (kept === undefined) return this
    const limit = this.owner.limits.linkCountLimit
    if (limit === 0) {
      this.droppedLinksCount++
      return this
    }
    const links = this.linkList
    if (links === undefined) this.linkList = [kept]
    else {
      if (links.length >= limit) {
        links.shift()
        this.droppedLinksCount++
      }
      links.push(kept)
    }
    return this
  }

  addLinks(links: Link[]): this {
    try {
      if (!Array.isArray(links)) return this
      const count = Math.min(links.length, maxLinksAtOnce)
      for (let i = 0; i < count; i++) this.addLink(links[i]!)
      this.droppedLinksCount += links.length - count
    } catch (error) {
      sdkEvents.callbackThrew('the links given to a span', error)
    }
    return this
  }

  // A link to nowhere says something only through its attributes or trace state.
  #keepLink(link: Link): Link | undefined {
    try {
      const { context, attributes } = link
      if (typeof context !== 'object' || context === null) return undefined
      const isTelling =
        isValidSpanContext(context) ||
        keysOf(attributes).length > 0 ||
        (context.traceState !== undefined && context.traceState.serialize() !== '')
      if (!isTelling) return undefined
      const kept: Link = { context }
      if (attributes !== undefined && attributes !== null) {
        this.#keepOn(kept, attributes, this.owner.limits.attributePerLinkCountLimit, 'a link')
      }
      return kept
    } catch (error) {
      sdkEvents.callbackThrew('a link given to a span', error)
      return undefined
    }
  }

  #keepOn(target: TimedEvent | Link, attributes: unknown, countLimit: number, what: string): void {
    const { limits } = this.owner
    const kept = keepAttributes(
      attributes,
      countLimit,
      limits.attributeValueLengthLimit,
      limits.attributeValueDepthLimit,
    )
    target.attributes = kept.attributes
    target.droppedAttributesCount = kept.droppedCount
    if (kept.invalidCount > 0) sdkEvents.invalidAttribute(`${what} of span "${this.name}"`, '(one of those given)')
  }

  recordException(exception: Exception, timeOrAttributes?: unknown, more?: unknown): void {
    if (this.state === ended) {
      sdkEvents.spanAlreadyEnded('recordException', this.name)
      return
    }
    const attributes = describeException(exception)
    let time: unknown = timeOrAttributes
    let extra: unknown = more
    // The two optional parameters are told apart by what they are, so either order works.
    if (timeOrAttributes !== undefined && !isTimeInput(timeOrAttributes)) {
      extra = timeOrAttributes
      time = isTimeInput(more) ? more : undefined
    }
    for (const key of keysOf(extra)) setOwn(attributes, key, readProperty(extra, key))
    if (time === undefined) this.addEvent('exception', attributes)
    else this.addEvent('exception', attributes, time as TimeInput)
  }

  get events(): TimedEvent[] {
    return (this.eventList ??= [])
  }

  get links(): Link[] {
    return (this.linkList ??= [])
  }

  // --- name and status

  setStatus(status: SpanStatus): this {
    if (this.state === ended) {
      sdkEvents.spanAlreadyEnded('setStatus', this.name)
      return this
    }
    if (typeof status !== 'object' || status === null) return this
    try {
      this.#takeStatus(status)
    } catch (error) {
      sdkEvents.callbackThrew('a status given to a span', error)
    }
    return this
  }

  #takeStatus(status: SpanStatus): void {
    const { code } = status
    // Ok is final; Unset never replaces anything.
    if (this.statusCode === 1 || (code !== 1 && code !== 2)) return
    const { message } = status
    this.statusCode = code
    this.statusMessage = code === 2 && typeof message === 'string' && message !== '' ? message : undefined
  }

  get status(): SpanStatus {
    const message = this.statusMessage
    return message === undefined ? { code: this.statusCode } : { code: this.statusCode, message }
  }

  updateName(name: string): this {
    if (this.state === ended) sdkEvents.spanAlreadyEnded('updateName', this.name)
    else this.name = textOf(name)
    return this
  }

  // --- time

  /** Takes a start time that the user gave; the present time, already taken, stays if it is none. */
  startAt(time: unknown): void {
    if (resolveTime(time, this.anchor)) {
      this.startSeconds = stamped.seconds
      this.startNanos = stamped.nanos
    } else sdkEvents.invalidTime('startSpan', time)
  }

  end(endTime?: TimeInput): void {
    if (this.state !== open) {
      if (this.state === ended) sdkEvents.spanAlreadyEnded('end', this.name)
      return
    }
    if (endTime === undefined) {
      const nowMillis = performance.now()
      const seconds = (nowMillis / 1000) | 0
      this.endSeconds = seconds
      this.endNanos = ((nowMillis - seconds * 1000) * 1e6) | 0
    } else {
      this.#stamp('end', endTime)
      this.endSeconds = stamped.seconds
      this.endNanos = stamped.nanos
    }
    if (
      this.endSeconds < this.startSeconds ||
      (this.endSeconds === this.startSeconds && this.endNanos < this.startNanos)
    ) {
      sdkEvents.negativeDuration(this.name)
      this.endSeconds = this.startSeconds
      this.endNanos = this.startNanos
    }
    const { processors } = this.owner
    if (processors.hasOnEnding) {
      this.state = ending
      processors.onEnding(this)
    }
    this.state = ended
    if ((this.droppedAttributesCount | this.droppedEventsCount | this.droppedLinksCount) !== 0) this.#reportLimits()
    processors.onEnd(this)
  }

  #reportLimits(): void {
    sdkEvents.limitReached({
      spanName: this.name,
      attributeCount: this.droppedAttributesCount,
      eventCount: this.droppedEventsCount,
      linkCount: this.droppedLinksCount,
    })
  }

  #stamp(operation: string, time: unknown): void {
    if (time !== undefined) {
      if (resolveTime(time, this.anchor)) return
      sdkEvents.invalidTime(operation, time)
    }
    stampTime(performance.now())
  }

  get startTime(): HrTime {
    return toHrTime(this.anchor, this.startSeconds, this.startNanos)
  }

  get endTime(): HrTime {
    return this.state === open ? [0, 0] : toHrTime(this.anchor, this.endSeconds, this.endNanos)
  }

  get duration(): HrTime {
    if (this.state === open) return [-1, -1]
    const nanos = this.endNanos - this.startNanos
    const seconds = this.endSeconds - this.startSeconds
    return nanos < 0 ? [seconds - 1, nanos + 1e9] : [seconds, nanos]
  }

  get ended(): boolean {
    return this.state === ended
  }

  // --- what it belongs to

  get parentSpanContext(): SpanContext {
    // The interface has it optional; under exactOptionalPropertyTypes a getter can only be declared present.
    if (!this.hasParent) return undefined as unknown as SpanContext
    const made: SpanContext = {
      traceId: this.spanContext().traceId,
      spanId: hexOfWords(this.parentId0, this.parentId1),
      traceFlags: (this.flags >>> 8) & 0xff,
    }
    if (this.isParentRemote) made.isRemote = true
    if (this.parentTraceState !== undefined) made.traceState = this.parentTraceState
    return made
  }

  get hasParent(): boolean {
    return (this.flags & parentFlag.exists) !== 0
  }

  get isParentRemote(): boolean {
    return (this.flags & parentFlag.isRemote) !== 0
  }

  get resource(): Resource {
    return this.owner.resource
  }

  get instrumentationScope(): InstrumentationScope {
    return this.owner.scope
  }

  /** @deprecated Old name of `instrumentationScope`, which the specification keeps for exporters. */
  get instrumentationLibrary(): InstrumentationScope {
    return this.owner.scope
  }
}

/** Whether a span is to be exported. Asks a span of ours without making its ids. */
export function isSampled(span: ReadableSpan): boolean {
  return ((span instanceof RecordingSpan ? span.flags : span.spanContext().traceFlags) & 1) === 1
}

/** A name as text, whatever was given; never throws. */
export function textOf(name: unknown): string {
  return typeof name === 'string' ? name : messageOf(name)
}

function describeException(exception: unknown): AttributeRecord {
  const attributes: AttributeRecord = {}
  if (typeof exception === 'string') {
    attributes['exception.message'] = exception
    return attributes
  }
  if (typeof exception !== 'object' || exception === null) {
    attributes['exception.message'] = messageOf(exception)
    return attributes
  }
  const type = textProperty(exception, 'code') ?? textProperty(exception, 'name')
  const message = textProperty(exception, 'message')
  const stack = textProperty(exception, 'stack')
  if (type !== undefined) attributes['exception.type'] = type
  if (message !== undefined) attributes['exception.message'] = message
  if (stack !== undefined) attributes['exception.stacktrace'] = stack
  return attributes
}

function textProperty(source: object, key: string): string | undefined {
  const value = readProperty(source, key)
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' ? String(value) : undefined
}
