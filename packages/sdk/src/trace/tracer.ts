// SPDX-License-Identifier: Apache-2.0
import {
  type Attributes,
  type Context,
  INVALID_SPAN_CONTEXT,
  type Link,
  SamplingDecision,
  type SamplingResult,
  type Span,
  type SpanContext,
  type SpanKind,
  type SpanOptions,
  type Tracer,
  type TracerEnabledOptions,
  type TraceState,
  trace,
} from '@otel-ts/api'
import { activeContext, runInContext } from '../context/active.ts'
import { spanKey, suppressTracingKey } from '../context/keys.ts'
import { sdkEvents } from '../events.ts'
import type { Resource } from '../resource/resource.ts'
import type { ProbabilitySampler } from '../sampling/probability-sampler.ts'
import { invalidValue, keepAttributes, readProperty, setOwn } from './attributes.ts'
import { withContextAttributes } from './context-attributes.ts'
import type { IdGenerator } from './id-generator.ts'
import { hexOfWords, hexParse, parseWord, randomPool, randomWord, reserveWords } from './ids.ts'
import type { ResolvedSpanLimits } from './limits.ts'
import { NonRecordingSpan } from './non-recording-span.ts'
import type { ProcessorChain } from './processor-chain.ts'
import type { InstrumentationScope } from './readable-span.ts'
import { isRatioSampled, type TraceIdRatioBasedSampler } from './samplers.ts'
import type { SamplingLeaf, SamplingPlan } from './sampling-plan.ts'
import { parentFlag, RecordingSpan, type SpanOwner, textOf } from './span.ts'
import { currentAnchor } from './time.ts'

/** What a provider's tracers share. */
export interface TracerSettings {
  readonly resource: Resource
  readonly limits: ResolvedSpanLimits
  readonly processors: ProcessorChain
  readonly sampling: SamplingPlan
  /** Undefined: words straight from the CSPRNG. */
  readonly idGenerator: IdGenerator | undefined
  /** Whether spans take the attributes of their context. */
  readonly isContextScoped: boolean
  isShutDown: boolean
}

const sampledFlag = 1
const randomFlag = 2

const invalidSpan: Span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

// The parent of the span that is being started, as words. One record for the process: startSpan fills and reads it
// without anything in between that could start another span.
const parent = {
  traceId0: 0,
  traceId1: 0,
  traceId2: 0,
  traceId3: 0,
  spanId0: 0,
  spanId1: 0,
  flags: 0,
  isRemote: false,
  traceState: undefined as TraceState | undefined,
  /** The child itself, when its parent's flags alone decided. */
  dropped: undefined as NonRecordingSpan | undefined,
}

/** Tracer of one instrumentation scope. */
export class SdkTracer implements Tracer, SpanOwner {
  readonly scope: InstrumentationScope
  readonly resource: Resource
  readonly limits: ResolvedSpanLimits
  readonly processors: ProcessorChain
  readonly #settings: TracerSettings
  /** False when its scope is not enabled or its provider is shut down: it then carries contexts on, and no more. */
  isActive = true

  constructor(scope: InstrumentationScope, settings: TracerSettings) {
    this.scope = scope
    this.resource = settings.resource
    this.limits = settings.limits
    this.processors = settings.processors
    this.#settings = settings
  }

  get instrumentationScope(): InstrumentationScope {
    return this.scope
  }

  enabled(options?: TracerEnabledOptions): boolean {
    if (!this.isActive || this.processors.isEmpty) return false
    return (options?.context ?? activeContext()).getValue(suppressTracingKey) !== true
  }

  startSpan(name: string, options?: SpanOptions, context?: Context): Span {
    const parentContext = context ?? activeContext()
    try {
      return this.#start(name, options ?? undefined, parentContext)
    } catch (error) {
      // Options and contexts are the user's objects: a getter or a foreign context of theirs may throw.
      sdkEvents.callbackThrew('an option or the context given to startSpan', error)
      return this.#startWithout(name, options, parentContext)
    }
  }

  // An option that cannot be read costs itself, not the span. Nothing has seen the first try: processors come last.
  #startWithout(name: string, options: SpanOptions | undefined, parentContext: Context): Span {
    const readable: Record<string, unknown> = {}
    for (const key of ['kind', 'attributes', 'links', 'startTime', 'root']) {
      const value = readProperty(options ?? {}, key)
      if (value !== invalidValue && value !== undefined) readable[key] = value
    }
    try {
      return this.#start(name, readable, parentContext)
    } catch {
      return invalidSpan
    }
  }

  #start(name: string, options: SpanOptions | undefined, parentContext: Context): Span {
    const settings = this.#settings
    const given = parentContext.getValue(spanKey) as Span | undefined
    if (!this.isActive || parentContext.getValue(suppressTracingKey) === true) return carryOn(parentContext, options)
    const { sampling, idGenerator } = settings
    if (settings.isContextScoped) options = withContextAttributes(options, parentContext)
    let traceId0: number
    let traceId1: number
    let traceId2: number
    let traceId3: number
    let parentId0 = 0
    let parentId1 = 0
    let parentTraceState: TraceState | undefined
    let hasParent = false
    let flags: number
    let leaf: SamplingLeaf
    const wantsParent = given !== undefined && given !== null && options?.root !== true
    if (wantsParent && given instanceof RecordingSpan) {
      hasParent = true
      traceId0 = given.traceId0
      traceId1 = given.traceId1
      traceId2 = given.traceId2
      traceId3 = given.traceId3
      parentId0 = given.spanId0
      parentId1 = given.spanId1
      parentTraceState = given.traceState
      const parentFlags = given.flags & 0xff
      // Every flag of the parent but "sampled" is a fact about the trace id or the trace: it holds for the child too.
      flags = (parentFlags & 0xfe) | (parentFlags << 8) | parentFlag.exists
      leaf = (parentFlags & sampledFlag) === 0 ? sampling.localNotSampled : sampling.localSampled
    } else if (wantsParent && readParent(given, sampling)) {
      if (parent.dropped !== undefined) return identified(takeDropped(), idGenerator)
      hasParent = true
      traceId0 = parent.traceId0
      traceId1 = parent.traceId1
      traceId2 = parent.traceId2
      traceId3 = parent.traceId3
      parentId0 = parent.spanId0
      parentId1 = parent.spanId1
      parentTraceState = parent.traceState
      const parentFlags = parent.flags
      flags = (parentFlags & 0xfe) | (parentFlags << 8) | parentFlag.exists
      if (parent.isRemote) flags |= parentFlag.isRemote
      leaf = leafFor(sampling, (parentFlags & sampledFlag) !== 0, parent.isRemote)
    } else {
      leaf = sampling.root
      if (idGenerator === undefined) {
        const at = reserveWords(4)
        traceId0 = randomPool[at]!
        traceId1 = randomPool[at + 1]!
        traceId2 = randomPool[at + 2]!
        traceId3 = randomPool[at + 3]!
        flags = randomFlag
      } else {
        const traceId = generated(idGenerator, 'generateTraceId', 32)
        traceId0 = parseWord(traceId, 0)
        traceId1 = parseWord(traceId, 8)
        traceId2 = parseWord(traceId, 16)
        traceId3 = parseWord(traceId, 24)
        flags = idGenerator.isRandom === true ? randomFlag : 0
      }
    }

    let traceState = parentTraceState
    let isDropped = leaf.rule === 'off'
    if (leaf.rule === 'ratio') {
      isDropped = !isRatioSampled(leaf.sampler as TraceIdRatioBasedSampler, traceId2, traceId3)
    } else if (leaf.rule === 'probability') {
      const sampler = leaf.sampler as ProbabilitySampler
      if (hasParent && (flags & randomFlag) === 0) sampler.notePresumption(flags, parentTraceState)
      isDropped = !sampler.isSampled(traceId2, traceId3, parentTraceState)
      traceState = sampler.traceStateFor(!isDropped, parentTraceState)
    }
    if (isDropped) {
      return identified(
        new NonRecordingSpan(traceId0, traceId1, traceId2, traceId3, 0, 0, flags & 0xfe, traceState, false),
        idGenerator,
      )
    }
    const kind: SpanKind = options?.kind ?? 0
    let sampled: SamplingResult | undefined
    if (leaf.rule === 'custom') {
      const traceId = hexOfWords(traceId0, traceId1) + hexOfWords(traceId2, traceId3)
      const samplerContext = hasParent ? parentContext : parentContext.deleteValue(spanKey)
      sampled = this.#ask(leaf, samplerContext, traceId, name, kind, options)
      traceState = sampled.traceState ?? parentTraceState
      if (sampled.decision === SamplingDecision.RECORD_AND_SAMPLED) flags |= sampledFlag
      else if (sampled.decision !== SamplingDecision.RECORD) {
        return identified(
          new NonRecordingSpan(traceId0, traceId1, traceId2, traceId3, 0, 0, flags & 0xfe, traceState, false),
          idGenerator,
        )
      }
    } else flags |= sampledFlag

    if (hasParent && (parentId0 | parentId1) === 0) {
      // Only a span of ours that was not sampled comes without an id; now that a child names it, it needs one.
      const unsampled = given as NonRecordingSpan
      unsampled.drawSpanId()
      parentId0 = unsampled.spanId0
      parentId1 = unsampled.spanId1
    }
    let spanId0: number
    let spanId1: number
    if (idGenerator === undefined) {
      const at = reserveWords(2)
      spanId0 = randomPool[at]!
      spanId1 = randomPool[at + 1]!
      if ((spanId0 | spanId1) === 0) spanId1 = 1
    } else {
      const spanId = generated(idGenerator, 'generateSpanId', 16)
      spanId0 = parseWord(spanId, 0)
      spanId1 = parseWord(spanId, 8)
    }
    const nowMillis = performance.now()
    const span = new RecordingSpan(
      this,
      typeof name === 'string' ? name : textOf(name),
      kind,
      traceId0,
      traceId1,
      traceId2,
      traceId3,
      spanId0,
      spanId1,
      parentId0,
      parentId1,
      flags,
      traceState,
      parentTraceState,
      currentAnchor(nowMillis),
      nowMillis,
    )
    if (options !== undefined) {
      if (options.startTime !== undefined) span.startAt(options.startTime)
      if (options.attributes !== undefined) span.startAttributes(options.attributes)
      if (options.links !== undefined) span.addLinks(options.links)
    }
    if (sampled?.attributes !== undefined) span.setAttributes(sampled.attributes)
    settings.processors.onStart(span, parentContext)
    return span
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: SpanOptions, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    context: Context,
    fn: F,
  ): ReturnType<F>
  startActiveSpan(name: string, second?: unknown, third?: unknown, fourth?: unknown): unknown {
    let options: SpanOptions | undefined
    let context: Context | undefined
    let fn: ((span: Span) => unknown) | undefined
    if (typeof second === 'function') fn = second as (span: Span) => unknown
    else if (typeof third === 'function') {
      options = second as SpanOptions | undefined
      fn = third as (span: Span) => unknown
    } else {
      options = second as SpanOptions | undefined
      context = third as Context | undefined
      fn = fourth as ((span: Span) => unknown) | undefined
    }
    if (typeof fn !== 'function') return undefined
    const parentContext = context ?? activeContext()
    const span = this.startSpan(name, options ?? undefined, parentContext)
    return runInContext(parentContext.setValue(spanKey, span), fn, span)
  }

  #ask(
    leaf: SamplingLeaf,
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    options: SpanOptions | undefined,
  ): SamplingResult {
    const attributes: Attributes = {}
    if (options?.attributes !== undefined) {
      const { limits } = this
      const kept = keepAttributes(
        options.attributes,
        Number.POSITIVE_INFINITY,
        limits.attributeValueLengthLimit,
        limits.attributeValueDepthLimit,
      )
      for (const key of Object.keys(kept.attributes)) setOwn(attributes, key, kept.attributes[key])
    }
    const links: Link[] = Array.isArray(options?.links) ? options.links : []
    try {
      const result = leaf.sampler.shouldSample(context, traceId, name, kind, attributes, links)
      if (typeof result === 'object' && result !== null) return result
      sdkEvents.callbackThrew('shouldSample of the sampler (it returned no result)', result)
    } catch (error) {
      sdkEvents.callbackThrew('shouldSample of the sampler', error)
    }
    return { decision: SamplingDecision.NOT_RECORD }
  }
}

/**
 * Where no span may be made the caller's trace must go on: what is started there has the parent's context. A span that
 * was to be a root has none.
 */
export function carryOn(parentContext: Context, options: SpanOptions | undefined): Span {
  const given = parentContext.getValue(spanKey) as Span | null | undefined
  if (given === undefined || given === null || options?.root === true) return invalidSpan
  if (given instanceof NonRecordingSpan) return given
  return trace.wrapSpanContext(given.spanContext())
}

function leafFor(sampling: SamplingPlan, isSampled: boolean, isRemote: boolean): SamplingLeaf {
  if (isRemote) return isSampled ? sampling.remoteSampled : sampling.remoteNotSampled
  return isSampled ? sampling.localSampled : sampling.localNotSampled
}

// Unsampled spans draw their id when somebody looks; a generator of the user's is asked at once, as trace/sdk.md has it.
function identified(span: NonRecordingSpan, idGenerator: IdGenerator | undefined): Span {
  if (idGenerator !== undefined) {
    const spanId = generated(idGenerator, 'generateSpanId', 16)
    span.spanId0 = parseWord(spanId, 0)
    span.spanId1 = parseWord(spanId, 8)
  }
  return span
}

function takeDropped(): NonRecordingSpan {
  const dropped = parent.dropped!
  parent.dropped = undefined
  return dropped
}

// Reads a parent that is not a RecordingSpan into `parent`; false when it is none.
function readParent(span: Span, sampling: SamplingPlan): boolean {
  if (span instanceof NonRecordingSpan) {
    if (span.parentContext !== undefined) return readForeignParent(span, sampling)
    if ((span.traceId0 | span.traceId1 | span.traceId2 | span.traceId3) === 0) return false
    // Its id may not be drawn yet: most unsampled spans never need one.
    parent.traceId0 = span.traceId0
    parent.traceId1 = span.traceId1
    parent.traceId2 = span.traceId2
    parent.traceId3 = span.traceId3
    parent.spanId0 = span.spanId0
    parent.spanId1 = span.spanId1
    parent.flags = span.flags
    parent.isRemote = span.isRemote
    parent.traceState = span.traceState
    return true
  }
  return readForeignParent(span, sampling)
}

// Another SDK's span, another copy's, or one that wraps a bare context.
function readForeignParent(span: Span, sampling: SamplingPlan): boolean {
  let context: SpanContext
  try {
    context = span.spanContext()
  } catch (error) {
    sdkEvents.callbackThrew('spanContext of the parent span', error)
    return false
  }
  const { traceId, spanId } = context
  if (typeof traceId !== 'string' || typeof spanId !== 'string' || traceId.length !== 32 || spanId.length !== 16) {
    return false
  }
  const isRemote = context.isRemote === true
  if (
    leafFor(sampling, (context.traceFlags & sampledFlag) !== 0, isRemote).rule === 'off' &&
    traceId !== INVALID_SPAN_CONTEXT.traceId &&
    spanId !== INVALID_SPAN_CONTEXT.spanId
  ) {
    // The parent's flags alone drop the child: its ids need not be parsed (14 instead of 75 ns).
    parent.dropped = new NonRecordingSpan(
      0,
      0,
      0,
      0,
      0,
      0,
      context.traceFlags & 0xfe,
      context.traceState,
      false,
      context,
    )
    return true
  }
  hexParse.failed = false
  parent.traceId0 = parseWord(traceId, 0)
  parent.traceId1 = parseWord(traceId, 8)
  parent.traceId2 = parseWord(traceId, 16)
  parent.traceId3 = parseWord(traceId, 24)
  parent.spanId0 = parseWord(spanId, 0)
  parent.spanId1 = parseWord(spanId, 8)
  if (
    hexParse.failed ||
    (parent.traceId0 | parent.traceId1 | parent.traceId2 | parent.traceId3) === 0 ||
    (parent.spanId0 | parent.spanId1) === 0
  ) {
    return false
  }
  parent.flags = context.traceFlags & 0xff
  parent.isRemote = isRemote
  parent.traceState = context.traceState
  return true
}

const fallbackIds = { generateTraceId: 32, generateSpanId: 16 } as const

// A generator that fails costs its own ids, not the span.
function generated(idGenerator: IdGenerator, method: keyof typeof fallbackIds, digitCount: 16 | 32): string {
  try {
    const id: unknown = idGenerator[method]()
    if (typeof id === 'string' && id.length === digitCount) {
      hexParse.failed = false
      let seen = 0
      for (let i = 0; i < digitCount; i += 8) seen |= parseWord(id, i)
      if (!hexParse.failed && seen !== 0) return id
    }
    sdkEvents.callbackThrew(`${method} of the id generator (its result is no id)`, id)
  } catch (error) {
    sdkEvents.callbackThrew(`${method} of the id generator`, error)
  }
  const random = hexOfWords(randomWord(), randomWord())
  return digitCount === 16 ? random : random + hexOfWords(randomWord(), randomWord() | 1)
}
