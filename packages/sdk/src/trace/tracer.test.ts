// SPDX-License-Identifier: Apache-2.0
import {
  type Context,
  context,
  createTraceState,
  ROOT_CONTEXT,
  type Sampler,
  SamplingDecision,
  type SpanContext,
  trace,
} from '@otel-ts/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { suppressTracing } from '../context/suppress-tracing.ts'
import { sdkEvents } from '../events.ts'
import { registerSdk } from '../node/register.ts'
import { InMemorySpanExporter } from './in-memory-span-exporter.ts'
import type { ReadableSpan, Span } from './readable-span.ts'
import { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler } from './samplers.ts'
import { SimpleSpanProcessor } from './simple-span-processor.ts'
import { NoopSpanProcessor, type SpanProcessor } from './span-processor.ts'
import { TracerProvider, type TracerProviderOptions } from './tracer-provider.ts'

const remote: SpanContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  isRemote: true,
}

const underParent = (parent: SpanContext): Context => trace.setSpanContext(ROOT_CONTEXT, parent)

function makeTracer(options: TracerProviderOptions = {}) {
  return new TracerProvider({ spanProcessors: [new NoopSpanProcessor()], ...options }).getTracer('test', '1')
}

afterEach(() => vi.restoreAllMocks())

describe('ids and flags', () => {
  test('a root span has new ids, and the random flag of W3C Level 2', () => {
    const { traceId, spanId, traceFlags } = makeTracer().startSpan('a').spanContext()
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(spanId).toMatch(/^[0-9a-f]{16}$/)
    expect(traceFlags).toBe(3)
  })

  test('ids do not repeat over 20000 spans', () => {
    const tracer = makeTracer()
    const ids = new Set<string>()
    for (let i = 0; i < 20_000; i++) ids.add(tracer.startSpan('a').spanContext().spanId)
    expect(ids.size).toBe(20_000)
  })

  test('a child keeps trace id, trace state and every flag of its parent', () => {
    const traceState = createTraceState('vendor=1')
    const parent = { ...remote, traceFlags: 0x87, traceState }
    const child = makeTracer().startSpan('a', {}, underParent(parent)) as Span
    expect(child.spanContext()).toMatchObject({ traceId: remote.traceId, traceFlags: 0x87, traceState })
    expect(child.spanContext().isRemote).toBeUndefined()
    expect(child.parentSpanContext).toEqual(parent)
  })

  test('a child of a local span knows its parent, and that it is not remote', () => {
    const tracer = makeTracer()
    const parent = tracer.startSpan('parent')
    const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, parent)) as Span
    expect(child.parentSpanContext).toEqual(parent.spanContext())
  })

  test('an ended span can still be a parent', () => {
    const tracer = makeTracer()
    const parent = tracer.startSpan('parent')
    parent.end()
    const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, parent)) as Span
    expect(child.parentSpanContext?.spanId).toBe(parent.spanContext().spanId)
  })

  test('root: true starts a new trace', () => {
    const child = makeTracer().startSpan('a', { root: true }, underParent(remote)) as Span
    expect(child.spanContext().traceId).not.toBe(remote.traceId)
    expect(child.parentSpanContext).toBeUndefined()
  })

  test.each([
    ['zero trace id', { ...remote, traceId: '0'.repeat(32) }],
    ['zero span id', { ...remote, spanId: '0'.repeat(16) }],
    ['upper case', { ...remote, traceId: remote.traceId.toUpperCase() }],
    ['too short', { ...remote, traceId: 'abc' }],
    ['not hex', { ...remote, spanId: 'zzzzzzzzzzzzzzzz' }],
    ['no text', { ...remote, traceId: 5 as never }],
  ])('a parent with %s is no parent', (_name, parent) => {
    const foreign = { spanContext: () => parent } as never
    const span = makeTracer().startSpan('a', {}, trace.setSpan(ROOT_CONTEXT, foreign)) as Span
    expect(span.parentSpanContext).toBeUndefined()
    expect(span.isRecording()).toBe(true)
  })

  test('a parent that throws is no parent', () => {
    const hostile = {
      spanContext() {
        throw new Error('no')
      },
    } as never
    vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
    expect(() => makeTracer().startSpan('a', {}, trace.setSpan(ROOT_CONTEXT, hostile)).end()).not.toThrow()
  })

  test.each([
    ['a root span', undefined, new AlwaysOffSampler(), 'a'.repeat(32)],
    ['a child of a remote span', remote, new AlwaysOffSampler(), remote.traceId],
    ['a span outside the ratio', undefined, new TraceIdRatioBasedSampler(0), 'a'.repeat(32)],
    [
      'a span that a sampler of the user drops',
      undefined,
      { shouldSample: () => ({ decision: 0 as const }), toString: (): string => 'mine' },
      'a'.repeat(32),
    ],
  ])('an id generator makes the ids of unsampled spans too: %s', (_what, parent, sampler, traceId) => {
    const idGenerator = { generateTraceId: () => 'a'.repeat(32), generateSpanId: () => 'b'.repeat(16) }
    const context = parent === undefined ? ROOT_CONTEXT : underParent(parent)
    const span = makeTracer({ idGenerator, sampler }).startSpan('a', {}, context)
    expect([span.isRecording(), span.spanContext().traceId, span.spanContext().spanId]).toEqual([
      false,
      traceId,
      'b'.repeat(16),
    ])
  })

  test('a custom id generator gives the ids; without its marker roots have no random flag', () => {
    const idGenerator = { generateTraceId: () => 'a'.repeat(32), generateSpanId: () => 'b'.repeat(16) }
    const span = makeTracer({ idGenerator }).startSpan('a')
    expect(span.spanContext()).toEqual({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 })
  })

  test.each([['nonsense'], [undefined], ['0'.repeat(32)], ['A'.repeat(32)]])(
    'an id generator that gives %j is replaced by random ids',
    (id) => {
      vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
      const idGenerator = {
        generateTraceId: () => id as string,
        generateSpanId() {
          throw new Error('no')
        },
      }
      const span = makeTracer({ idGenerator }).startSpan('a')
      expect(trace.isSpanContextValid(span.spanContext())).toBe(true)
    },
  )
})

describe('sampling', () => {
  test('a dropped root still has a valid new context without the sampled flag', () => {
    const span = makeTracer({ sampler: new AlwaysOffSampler() }).startSpan('a')
    expect(span.isRecording()).toBe(false)
    expect(trace.isSpanContextValid(span.spanContext())).toBe(true)
    expect(span.spanContext().traceFlags).toBe(2)
    expect(span.spanContext()).toBe(span.spanContext())
  })

  test.each([
    ['npm-like span context', underParent({ ...remote, traceFlags: 2 })],
    ['span of ours', trace.setSpan(ROOT_CONTEXT, makeTracer({ sampler: new AlwaysOffSampler() }).startSpan('p'))],
  ])('an unsampled child of a %s continues the trace with an id of its own', (_name, parentContext) => {
    const tracer = makeTracer({ sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }) })
    const parent = trace.getSpanContext(parentContext)!
    const child = tracer.startSpan('a', {}, parentContext)
    const grandchild = tracer.startSpan('b', {}, trace.setSpan(parentContext, child))
    expect(child.isRecording()).toBe(false)
    expect(child.spanContext()).toMatchObject({ traceId: parent.traceId, traceFlags: 2 })
    expect(child.spanContext().isRemote).toBeUndefined()
    expect(new Set([parent.spanId, child.spanContext().spanId, grandchild.spanContext().spanId]).size).toBe(3)
    expect(grandchild.spanContext().traceId).toBe(parent.traceId)
  })

  test('a recorded child of an unsampled span names the id that its parent shows', () => {
    const off = makeTracer({ sampler: new AlwaysOffSampler() }).startSpan('p')
    const child = makeTracer({ sampler: new AlwaysOnSampler() }).startSpan(
      'c',
      {},
      trace.setSpan(ROOT_CONTEXT, off),
    ) as Span
    expect(child.parentSpanContext?.spanId).toBe(off.spanContext().spanId)
  })

  test('the fast path of the ratio sampler agrees with the sampler itself', () => {
    const sampler = new TraceIdRatioBasedSampler(0.5)
    const tracer = makeTracer({ sampler })
    for (let i = 0; i < 500; i++) {
      const span = tracer.startSpan('a')
      const asked = sampler.shouldSample(ROOT_CONTEXT, span.spanContext().traceId).decision
      expect(span.isRecording()).toBe(asked === SamplingDecision.RECORD_AND_SAMPLED)
    }
  })

  test('a custom sampler sees name, kind, attributes, links and the parent, and adds attributes and trace state', () => {
    const traceState = createTraceState('from=sampler')
    const seen: unknown[] = []
    const sampler: Sampler = {
      shouldSample(samplerContext, traceId, name, kind, attributes, links) {
        seen.push([trace.getSpanContext(samplerContext)?.spanId, traceId, name, kind, attributes, links])
        return { decision: SamplingDecision.RECORD_AND_SAMPLED, attributes: { a: 'theirs', more: 1 }, traceState }
      },
      toString: () => 'mine',
    }
    const links = [{ context: remote }]
    const span = makeTracer({ sampler }).startSpan(
      'a',
      { kind: 2, attributes: { a: 'ours', b: 2 }, links },
      underParent(remote),
    ) as Span
    expect(seen).toEqual([[remote.spanId, remote.traceId, 'a', 2, { a: 'ours', b: 2 }, links]])
    expect(span.attributes).toEqual({ a: 'theirs', b: 2, more: 1 })
    expect(span.spanContext().traceState).toBe(traceState)
    expect(span.parentSpanContext?.traceState).toBeUndefined()
  })

  test('RECORD shows the span to processors but not to exporters', () => {
    const exporter = new InMemorySpanExporter()
    const started: string[] = []
    const witness: SpanProcessor = Object.assign(new NoopSpanProcessor(), {
      onStart: (span: Span) => started.push(span.name),
    })
    const sampler: Sampler = { shouldSample: () => ({ decision: SamplingDecision.RECORD }), toString: () => 'r' }
    const tracer = makeTracer({ sampler, spanProcessors: [witness, new SimpleSpanProcessor(exporter)] })
    const span = tracer.startSpan('a')
    expect([span.isRecording(), span.spanContext().traceFlags & 1]).toEqual([true, 0])
    span.end()
    expect(started).toEqual(['a'])
    expect(exporter.getFinishedSpans()).toEqual([])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['returns nothing', () => undefined],
    ['returns an unknown decision', () => ({ decision: 9 })],
  ])('a sampler that %s drops the span and the application goes on', (_name, shouldSample) => {
    vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
    const sampler = { shouldSample, toString: () => 'bad' } as never
    expect(makeTracer({ sampler }).startSpan('a').isRecording()).toBe(false)
  })

  test('a subclass of a built-in sampler is asked', () => {
    class Never extends AlwaysOnSampler {
      override shouldSample() {
        return { decision: SamplingDecision.NOT_RECORD }
      }
    }
    expect(makeTracer({ sampler: new Never() }).startSpan('a').isRecording()).toBe(false)
  })
})

describe('suppression and shutdown', () => {
  test('a suppressed span does not record and keeps the context of its parent', () => {
    const span = makeTracer().startSpan('a', {}, suppressTracing(underParent(remote)))
    expect(span.isRecording()).toBe(false)
    expect(span.spanContext()).toEqual(remote)
    const rootless = makeTracer().startSpan('a', {}, suppressTracing(ROOT_CONTEXT))
    expect(trace.isSpanContextValid(rootless.spanContext())).toBe(false)
  })

  test('after shutdown old and new tracers only carry contexts on', async () => {
    const provider = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] })
    const old = provider.getTracer('old')
    await provider.shutdown()
    for (const tracer of [old, provider.getTracer('new')]) {
      expect(tracer.enabled?.()).toBe(false)
      const span = tracer.startSpan('a', {}, underParent(remote))
      expect(span.isRecording()).toBe(false)
      expect(span.spanContext()).toEqual(remote)
      expect(tracer.startActiveSpan('a', {}, underParent(remote), (active) => active.spanContext())).toEqual(remote)
    }
  })

  test('a tracer is disabled without processors', () => {
    expect(new TracerProvider({ spanProcessors: [] }).getTracer('x').enabled?.()).toBe(false)
    expect(makeTracer().enabled?.()).toBe(true)
    expect(makeTracer().enabled?.({ context: suppressTracing(ROOT_CONTEXT) })).toBe(false)
  })
})

describe('startActiveSpan', () => {
  test('runs the function with the span active, in each of its three forms, and returns what it returns', () => {
    const registration = registerSdk(undefined, { propagator: null })
    try {
      const tracer = makeTracer()
      const active = (span: unknown) => [trace.getSpan(context.active()) === span, (span as Span).name]
      expect(tracer.startActiveSpan('two', active)).toEqual([true, 'two'])
      expect(tracer.startActiveSpan('three', { attributes: { a: 1 } }, active)).toEqual([true, 'three'])
      expect(tracer.startActiveSpan('four', {}, underParent(remote), active)).toEqual([true, 'four'])
      const parentId = tracer.startActiveSpan('outer', (outer) =>
        tracer.startActiveSpan(
          'inner',
          (inner) => (inner as Span).parentSpanContext?.spanId === outer.spanContext().spanId,
        ),
      )
      expect(parentId).toBe(true)
      expect(trace.getSpan(context.active())).toBeUndefined()
    } finally {
      registration.unregister()
    }
  })

  test("what the function throws reaches the caller, and the span's context is left", () => {
    const registration = registerSdk(undefined, { propagator: null })
    try {
      const failing = () =>
        makeTracer().startActiveSpan('a', () => {
          throw new Error('theirs')
        })
      expect(failing).toThrow('theirs')
      expect(trace.getSpan(context.active())).toBeUndefined()
    } finally {
      registration.unregister()
    }
  })
})

describe('processors', () => {
  test('are called in order; OnEnding of all comes before OnEnd of any, and may still change the span', () => {
    const calls: string[] = []
    const processor = (name: string): SpanProcessor => ({
      onStart: (span) => calls.push(`${name} start ${span.isRecording()}`),
      onEnding(span) {
        calls.push(`${name} ending ${span.isRecording()} ${span.endTime[0] > 0}`)
        span.setAttribute(name, true)
        span.end()
      },
      onEnd: (span) => calls.push(`${name} end ${JSON.stringify(span.attributes)}`),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    })
    makeTracer({ spanProcessors: [processor('a'), processor('b')] })
      .startSpan('x')
      .end()
    expect(calls).toEqual([
      'a start true',
      'b start true',
      'a ending true true',
      'b ending true true',
      'a end {"a":true,"b":true}',
      'b end {"a":true,"b":true}',
    ])
  })

  test('one that throws at every turn stops neither the next one nor the application', async () => {
    vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
    const bad = {
      onStart() {
        throw new Error('start')
      },
      onEnding() {
        throw new Error('ending')
      },
      onEnd() {
        throw new Error('end')
      },
      forceFlush() {
        throw new Error('flush')
      },
      shutdown: () => Promise.reject(new Error('shutdown')),
    }
    const exporter = new InMemorySpanExporter()
    const provider = new TracerProvider({ spanProcessors: [bad as never, new SimpleSpanProcessor(exporter)] })
    expect(() => provider.getTracer('x').startSpan('a').end()).not.toThrow()
    expect(exporter.getFinishedSpans()).toHaveLength(1)
    await expect(provider.forceFlush()).rejects.toThrow('flush')
    await expect(provider.shutdown()).rejects.toThrow('shutdown')
  })

  test('a processor that starts and ends spans in onEnd does not recurse without end', () => {
    const ended: string[] = []
    const reentrant: SpanProcessor = {
      onStart() {},
      onEnd(span: ReadableSpan) {
        ended.push(span.name)
        if (ended.length < 3) tracer.startSpan(`from-${span.name}`).end()
      },
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    }
    const tracer = makeTracer({ spanProcessors: [reentrant] })
    tracer.startSpan('a').end()
    expect(ended).toEqual(['a', 'from-a', 'from-from-a'])
  })
})

describe('hostile arguments', () => {
  test.each([
    ['null options', null],
    ['options that are text', 'x'],
    ['attributes that are text', { attributes: 'x' }],
    ['links that are no list', { links: 5 }],
    ['a kind that does not exist', { kind: 99 }],
    [
      'options whose getters throw',
      {
        get attributes(): never {
          throw new Error('no')
        },
      },
    ],
  ])('%s do not throw', (_name, options) => {
    vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
    expect(() =>
      makeTracer()
        .startSpan('a', options as never)
        .end(),
    ).not.toThrow()
  })

  test('a tracer without a usable name works, with an empty name', () => {
    vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
    const provider = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] })
    const span = provider.getTracer(undefined as never).startSpan('a') as Span
    expect(span.instrumentationScope).toEqual({ name: '' })
  })
})

test('equal scopes share a tracer; each part of the identity counts', () => {
  const provider = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] })
  const base = provider.getTracer('a', '1', { schemaUrl: 'u', attributes: { x: 1 } })
  expect(provider.getTracer('a', '1', { schemaUrl: 'u', attributes: { x: 1 } })).toBe(base)
  expect(provider.getTracer('a', '2', { schemaUrl: 'u', attributes: { x: 1 } })).not.toBe(base)
  expect(provider.getTracer('a', '1', { schemaUrl: 'v', attributes: { x: 1 } })).not.toBe(base)
  expect(provider.getTracer('a', '1', { schemaUrl: 'u', attributes: { x: 2 } })).not.toBe(base)
})
