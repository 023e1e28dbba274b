// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ROOT_CONTEXT } from '../context/context.ts'
import { context } from '../context/context-api.ts'
import { wrapSpanContext } from './non-recording-span.ts'
import { ProxyTracer, ProxyTracerProvider } from './proxy-tracer.ts'
import type { Span } from './span.ts'
import { INVALID_SPAN_CONTEXT } from './span-context.ts'
import { trace } from './trace-api.ts'
import type { Tracer, TracerProvider } from './tracer.ts'

const parentContext = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }

/** A span that records, of an SDK we know nothing of. */
function recordingSpan(): Span {
  return { ...wrapSpanContext(parentContext), spanContext: () => parentContext, isRecording: () => true } as Span
}

/** A provider that notes the arguments of every call. */
function recordingProvider() {
  const calls: unknown[][] = []
  const span = recordingSpan()
  const provider: TracerProvider = {
    getTracer(...args) {
      calls.push(['getTracer', ...args])
      const tracer: Tracer = {
        startSpan(...spanArgs) {
          calls.push(['startSpan', ...spanArgs])
          return span
        },
        startActiveSpan(...spanArgs: unknown[]) {
          calls.push(['startActiveSpan', ...spanArgs])
          return (spanArgs.at(-1) as (span: Span) => never)(span)
        },
      }
      return tracer
    },
  }
  return { calls, provider, span }
}

beforeEach(() => trace.disable())
afterEach(() => {
  trace.disable()
  context.disable()
})

describe('tracing without an SDK', () => {
  test('a span without a parent is invalid and does not record', () => {
    const span = trace.getTracer('t').startSpan('s')
    expect([span.spanContext(), span.isRecording()]).toEqual([INVALID_SPAN_CONTEXT, false])
  })

  test('a span carries the span context of its recording parent', () => {
    const parent = recordingSpan()
    const span = trace.getTracer('t').startSpan('s', {}, trace.setSpan(ROOT_CONTEXT, parent))
    expect(span).not.toBe(parent)
    expect(span.spanContext()).toBe(parentContext)
    expect(span.isRecording()).toBe(false)
  })

  test('a span is its parent if that does not record', () => {
    const parent = wrapSpanContext(parentContext)
    expect(trace.getTracer('t').startSpan('s', {}, trace.setSpan(ROOT_CONTEXT, parent))).toBe(parent)
  })

  test('a root span has no parent', () => {
    const parent = trace.setSpanContext(ROOT_CONTEXT, parentContext)
    expect(trace.getTracer('t').startSpan('s', { root: true }, parent).spanContext()).toBe(INVALID_SPAN_CONTEXT)
  })

  test('an invalid parent is not passed on', () => {
    const parent = trace.setSpanContext(ROOT_CONTEXT, { ...parentContext, spanId: '0000000000000000' })
    expect(trace.getTracer('t').startSpan('s', {}, parent).spanContext()).toBe(INVALID_SPAN_CONTEXT)
  })

  test.each([
    ['null as context', null],
    ['a string as context', 'nonsense'],
    ['an object as context', {}],
    ['a context with no span but an object', ROOT_CONTEXT.setValue(Symbol.for('OpenTelemetry Context Key SPAN'), {})],
    [
      'a context whose span has no span context',
      ROOT_CONTEXT.setValue(Symbol.for('OpenTelemetry Context Key SPAN'), { spanContext: () => null }),
    ],
  ])('%s does no harm', (_name, nonsense) => {
    const span = trace.getTracer('t').startSpan('s', undefined, nonsense as typeof ROOT_CONTEXT)
    expect(span.spanContext()).toBe(INVALID_SPAN_CONTEXT)
  })

  test.each([
    ['a', undefined],
    [undefined as unknown as string, undefined],
    ['', '1'],
  ])('getTracer(%j, %j) gives a working tracer', (name, version) => {
    expect(trace.getTracer(name, version).startSpan('s').isRecording()).toBe(false)
  })

  test('startActiveSpan calls the function of each overload and returns its result', () => {
    const tracer = trace.getTracer('t')
    const parent = trace.setSpanContext(ROOT_CONTEXT, parentContext)
    const spanId = (span: Span) => span.spanContext().spanId
    expect([
      tracer.startActiveSpan('s', spanId),
      tracer.startActiveSpan('s', {}, spanId),
      tracer.startActiveSpan('s', {}, parent, spanId),
      tracer.startActiveSpan('s', { root: true }, parent, spanId),
    ]).toEqual(['0000000000000000', '0000000000000000', parentContext.spanId, '0000000000000000'])
  })

  test('startActiveSpan makes the span active if there is a context manager', () => {
    let active = ROOT_CONTEXT
    context.setGlobalContextManager({
      active: () => active,
      with(next, fn, thisArg, ...args) {
        const before = active
        active = next
        try {
          return fn.apply(thisArg as ThisParameterType<typeof fn>, args)
        } finally {
          active = before
        }
      },
      bind: (_context, target) => target,
      enable() {
        return this
      },
      disable() {
        return this
      },
    })
    const parent = trace.setSpanContext(ROOT_CONTEXT, parentContext)
    const seen = trace.getTracer('t').startActiveSpan('s', {}, parent, (span) => [span, trace.getActiveSpan()])
    expect(seen[1]).toBe(seen[0])
    expect(trace.getActiveSpan()).toBe(undefined)
  })

  test('a tracer is not enabled', () => {
    expect(trace.getTracer('t').enabled?.()).toBe(false)
  })
})

describe('spans in contexts', () => {
  const span = wrapSpanContext(parentContext)

  test('set, get and delete', () => {
    const withSpan = trace.setSpan(ROOT_CONTEXT, span)
    expect(trace.getSpan(withSpan)).toBe(span)
    expect(trace.getSpanContext(withSpan)).toBe(parentContext)
    expect(trace.getSpan(trace.deleteSpan(withSpan))).toBe(undefined)
    expect(trace.getSpanContext(ROOT_CONTEXT)).toBe(undefined)
  })

  test('setSpanContext wraps', () => {
    const withSpan = trace.setSpanContext(ROOT_CONTEXT, parentContext)
    expect(trace.getSpan(withSpan)?.isRecording()).toBe(false)
    expect(trace.getSpanContext(withSpan)).toBe(parentContext)
  })

  test('there is no active span in the root context', () => {
    expect(trace.getActiveSpan()).toBe(undefined)
  })
})

describe('tracing with an SDK', () => {
  test('getTracer passes name, version and options', () => {
    const { calls, provider } = recordingProvider()
    expect(trace.setGlobalTracerProvider(provider)).toBe(true)
    trace.getTracer('t', '1', { schemaUrl: 'u', attributes: { a: 1 } })
    expect(calls).toEqual([['getTracer', 't', '1', { schemaUrl: 'u', attributes: { a: 1 } }]])
  })

  test('a tracer taken before registration passes on all its arguments', () => {
    const early = trace.getTracer('t', '1', { attributes: { a: 1 } })
    early.startSpan('lost')
    const { calls, provider, span } = recordingProvider()
    trace.setGlobalTracerProvider(provider)
    const fn = (active: Span) => active
    expect(early.startSpan('s', { kind: 1 }, ROOT_CONTEXT)).toBe(span)
    expect(early.startActiveSpan('s', fn)).toBe(span)
    expect(early.startActiveSpan('s', { kind: 2 }, fn)).toBe(span)
    expect(early.startActiveSpan('s', { kind: 3 }, ROOT_CONTEXT, fn)).toBe(span)
    expect(calls).toEqual([
      ['getTracer', 't', '1', { attributes: { a: 1 } }],
      ['startSpan', 's', { kind: 1 }, ROOT_CONTEXT],
      ['startActiveSpan', 's', fn],
      ['startActiveSpan', 's', { kind: 2 }, fn],
      ['startActiveSpan', 's', { kind: 3 }, ROOT_CONTEXT, fn],
    ])
  })

  test('a tracer taken early moves to the next SDK and is silent between the two', () => {
    const early = trace.getTracer('t')
    const first = recordingProvider()
    const second = recordingProvider()
    trace.setGlobalTracerProvider(first.provider)
    expect(early.startSpan('s')).toBe(first.span)
    trace.disable()
    expect(early.startSpan('s').isRecording()).toBe(false)
    trace.setGlobalTracerProvider(second.provider)
    expect(early.startSpan('s')).toBe(second.span)
  })

  test('a tracer of an SDK that cannot say whether it is enabled counts as enabled', () => {
    const early = trace.getTracer('t')
    trace.setGlobalTracerProvider(recordingProvider().provider)
    expect(early.enabled?.()).toBe(true)
  })

  test('enabled() asks the SDK with its options', () => {
    const asked: unknown[] = []
    const early = trace.getTracer('t')
    const tracer = {
      ...recordingProvider().provider.getTracer('t'),
      enabled: (options?: object) => {
        asked.push(options)
        return false
      },
    }
    trace.setGlobalTracerProvider({ getTracer: () => tracer })
    expect(early.enabled?.({ context: ROOT_CONTEXT })).toBe(false)
    expect(asked).toEqual([{ context: ROOT_CONTEXT }])
  })

  test('getTracerProvider gives a proxy with getDelegate, and flushes through it', async () => {
    const flushed: string[] = []
    const provider = {
      ...recordingProvider().provider,
      forceFlush: async () => void flushed.push('flush'),
      shutdown: async () => void flushed.push('shutdown'),
    }
    trace.setGlobalTracerProvider(provider)
    const proxy = trace.getTracerProvider() as ProxyTracerProvider
    expect(proxy).toBeInstanceOf(ProxyTracerProvider)
    expect(proxy.getDelegate()).toBe(provider)
    await proxy.forceFlush()
    await proxy.shutdown()
    expect(flushed).toEqual(['flush', 'shutdown'])
  })

  test('a provider that was asked for early finds the SDK', () => {
    const early = trace.getTracerProvider()
    const { provider, span } = recordingProvider()
    trace.setGlobalTracerProvider(provider)
    expect(early.getTracer('t').startSpan('s')).toBe(span)
  })

  test('a tracer started inside a call of the SDK may be used again: re-entrance', () => {
    const early = trace.getTracer('t')
    const { provider, span } = recordingProvider()
    trace.setGlobalTracerProvider({
      getTracer: (...args) => {
        early.startSpan('while being looked up')
        return provider.getTracer(...args)
      },
    })
    expect(early.startSpan('s')).toBe(span)
  })
})

describe('a proxy tracer of a delegator that cannot say when its provider changes', () => {
  test('looks until it finds a tracer and then stays', () => {
    const { provider, span } = recordingProvider()
    let available = false
    let looks = 0
    const proxy = new ProxyTracer(
      {
        getDelegateTracer: (...args) => {
          looks++
          return available ? provider.getTracer(...args) : undefined
        },
      },
      't',
      '1',
    )
    expect(proxy.startSpan('s').isRecording()).toBe(false)
    available = true
    expect(proxy.startSpan('s')).toBe(span)
    expect(proxy.startSpan('s')).toBe(span)
    expect([looks, proxy.name, proxy.version, proxy.options]).toEqual([2, 't', '1', undefined])
  })
})

test('a proxy provider without a delegate gives tracers that record nothing and flushes nothing', async () => {
  const provider = new ProxyTracerProvider()
  expect(provider.getDelegate().getTracer('t').startSpan('s').isRecording()).toBe(false)
  await expect(provider.forceFlush()).resolves.toBe(undefined)
})
