// SPDX-License-Identifier: Apache-2.0
import {
  baggageEntryMetadataFromString,
  createTraceState,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@otel-ts/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { suppressTracing } from '../context/suppress-tracing.ts'
import { environmentPropagator } from '../env/propagators.ts'
import { sdkEvents } from '../events.ts'
import { NoopSpanProcessor } from '../trace/span-processor.ts'
import { TracerProvider } from '../trace/tracer-provider.ts'
import { CompositePropagator } from './composite-propagator.ts'
import { W3CBaggagePropagator } from './w3c-baggage-propagator.ts'
import { W3CTraceContextPropagator } from './w3c-trace-context-propagator.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

describe('W3C trace context, extract', () => {
  const propagator = new W3CTraceContextPropagator()
  const extract = (headers: object, context = ROOT_CONTEXT) =>
    propagator.extract(context, headers as Record<string, string>, defaultTextMapGetter)
  const ids = `${traceId}-${spanId}`

  test.each<[string, unknown, number]>([
    ['sampled', `00-${ids}-01`, 1],
    ['not sampled', `00-${ids}-00`, 0],
    ['random', `00-${ids}-02`, 2],
    ['all bits', `00-${ids}-ff`, 0xff],
    ['white space around it', ` 00-${ids}-01\t`, 1],
    ['a list of one', [`00-${ids}-01`], 1],
    ['a later version of the same length', `cc-${ids}-01`, 1],
    ['a later version with more after a dash', `01-${ids}-03-what-comes`, 3],
    ['a later version with unknown flags', `01-${ids}-fd`, 1],
  ])('%s', (_name, traceparent, flags) => {
    expect(trace.getSpanContext(extract({ traceparent }))).toEqual({
      traceId,
      spanId,
      traceFlags: flags,
      isRemote: true,
    })
  })

  test.each<[string, unknown]>([
    ['missing', undefined],
    ['empty', ''],
    ['one character short', `00-${ids}-0`],
    ['version 00 with more after it', `00-${ids}-01-x`],
    ['version 00 with one character more', `00-${ids}-01x`],
    ['a later version with more but no dash', `01-${ids}-01x`],
    ['version ff', `ff-${ids}-01`],
    ['version not hex', `0x-${ids}-01`],
    ['upper-case version', `0A-${ids}-01`],
    ['zero trace id', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['zero span id', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['upper-case trace id', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['trace id not hex', `00-${'g'.repeat(32)}-${spanId}-01`],
    ['non-ASCII digit', `00-${traceId.slice(1)}\uff11-${spanId}-01`],
    ['flags not hex', `00-${ids}-0.`],
    ['upper-case flags', `00-${ids}-0A`],
    ['other separators', `00_${traceId}_${spanId}_01`],
    ['two headers', [`00-${ids}-01`, `00-${ids}-01`]],
    ['a number', 5],
    ['a list of numbers', [5]],
  ])('%s leaves the context as it was', (_name, traceparent) => {
    const before = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: '1'.repeat(32),
      spanId: '2'.repeat(16),
      traceFlags: 1,
    })
    expect(extract({ traceparent }, before)).toBe(before)
  })

  test('joins several tracestate headers and keeps their order', () => {
    const found = trace.getSpanContext(extract({ traceparent: `00-${ids}-01`, tracestate: ['a=1,b=2', 'c=3'] }))
    expect(found?.traceState?.serialize()).toBe('a=1,b=2,c=3')
  })

  test.each([
    ['too many members', Array.from({ length: 33 }, (_, i) => `k${i}=v`).join(',')],
    ['garbage', '=,=,==='],
    ['a getter that throws for it', Symbol.for('throw')],
  ])('a tracestate with %s does not cost the traceparent', (_name, tracestate) => {
    vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
    const getter = {
      keys: () => [],
      get(_carrier: unknown, key: string) {
        if (key === 'traceparent') return `00-${ids}-01`
        if (typeof tracestate === 'symbol') throw new Error('no')
        return tracestate
      },
    }
    const found = trace.getSpanContext(propagator.extract(ROOT_CONTEXT, {}, getter))
    expect(found).toMatchObject({ traceId, spanId })
    expect(found?.traceState?.serialize() ?? '').toBe('')
  })

  test('a getter that throws leaves the context as it was', () => {
    vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
    const getter = {
      keys: () => [],
      get(): never {
        throw new Error('no')
      },
    }
    expect(propagator.extract(ROOT_CONTEXT, {}, getter)).toBe(ROOT_CONTEXT)
  })
})

describe('W3C trace context, inject', () => {
  const propagator = new W3CTraceContextPropagator()
  const inject = (context = ROOT_CONTEXT) => {
    const headers: Record<string, string> = {}
    propagator.inject(context, headers, defaultTextMapSetter)
    return headers
  }

  test('writes ids, the flags that Level 2 knows, and a trace state that is not empty', () => {
    const spanContext = { traceId, spanId, traceFlags: 0xff, traceState: createTraceState('a=1') }
    expect(inject(trace.setSpanContext(ROOT_CONTEXT, spanContext))).toEqual({
      traceparent: `00-${traceId}-${spanId}-03`,
      tracestate: 'a=1',
    })
    expect(inject(trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 0 }))).toEqual({
      traceparent: `00-${traceId}-${spanId}-00`,
    })
  })

  test('a span of the SDK goes round', () => {
    const span = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }).getTracer('x').startSpan('a')
    const found = propagator.extract(ROOT_CONTEXT, inject(trace.setSpan(ROOT_CONTEXT, span)), defaultTextMapGetter)
    expect(trace.getSpanContext(found)).toEqual({ ...span.spanContext(), isRemote: true })
  })

  test('writes nothing without a valid span, or where tracing is suppressed', () => {
    expect(inject()).toEqual({})
    expect(inject(trace.setSpanContext(ROOT_CONTEXT, { traceId: 'x', spanId, traceFlags: 1 }))).toEqual({})
    expect(inject(suppressTracing(trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 })))).toEqual({})
  })

  test('a setter that throws does not reach the caller', () => {
    vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
    const frozen = Object.freeze({})
    const context = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 })
    expect(() => propagator.inject(context, frozen, defaultTextMapSetter)).not.toThrow()
  })
})

describe('W3C baggage', () => {
  const propagator = new W3CBaggagePropagator()
  const inject = (entries: Parameters<typeof propagation.createBaggage>[0]) => {
    const headers: Record<string, string> = {}
    const context = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(entries))
    propagator.inject(context, headers, defaultTextMapSetter)
    return headers['baggage']
  }
  const extract = (baggage: unknown, context = ROOT_CONTEXT) =>
    propagator.extract(context, { baggage } as Record<string, string>, defaultTextMapGetter)
  const entriesOf = (baggage: unknown) =>
    propagation
      .getBaggage(extract(baggage))
      ?.getAllEntries()
      .map(([key, { value, metadata }]) => (metadata === undefined ? [key, value] : [key, value, metadata.toString()]))

  test.each([
    [
      'a=1,b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      ' a = 1 ;p;q=1 , b=2',
      [
        ['a', '1', 'p;q=1'],
        ['b', '2'],
      ],
    ],
    ['a=B%25%20%F0%9F%92%BC', [['a', 'B% 💼']]],
    ['a=x=y', [['a', 'x=y']]],
    ['a=', [['a', '']]],
    ['a=%ff%41', [['a', '\ufffdA']]],
    ['a=100%', [['a', '100%']]],
    ['bad key=1,no-equals,=3,ok=4', [['ok', '4']]],
    ['a=1,a=2', [['a', '2']]],
    [
      ['a=1', 'b=2'],
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['__proto__=1', [['__proto__', '1']]],
  ])('extracts %j', (header, expected) => {
    expect(entriesOf(header)).toEqual(expected)
  })

  test.each([[undefined], [''], [','], ['garbage'], [[]], [5]])('%j leaves the baggage as it was', (header) => {
    const before = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ kept: { value: '1' } }))
    expect(extract(header, before)).toBe(before)
  })

  test('takes 64 entries and 8192 bytes, and leaves the rest', () => {
    const list = (count: number) => Array.from({ length: count }, (_, i) => `k${i}=v`).join(',')
    expect(entriesOf(list(64))).toHaveLength(64)
    expect(entriesOf(list(65))).toHaveLength(64)
    expect(entriesOf(`a=${'x'.repeat(8190)}`)).toHaveLength(1)
    expect(entriesOf(`a=${'x'.repeat(8191)}`)).toBeUndefined()
    expect(entriesOf(`a=1,b=${'x'.repeat(8190)}`)).toEqual([['a', '1']])
  })

  test('injects percent-encoded values and metadata', () => {
    const metadata = baggageEntryMetadataFromString('p=1')
    expect(inject({ a: { value: 'B% 💼', metadata }, b: { value: '' } })).toBe('a=B%25%20%F0%9F%92%BC;p=1,b=')
  })

  test('does not inject names that are no token, lone surrogates, or metadata that could break the header', () => {
    const metadata = baggageEntryMetadataFromString('x\r\nevil: 1')
    expect(inject({ 'bad key': { value: '1' }, s: { value: '\ud800' }, m: { value: '1', metadata } })).toBe(
      's=%EF%BF%BD,m=1',
    )
    expect(inject({})).toBeUndefined()
  })

  test('injects 64 entries and 8192 bytes at most', () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, { value: 'v' }]))
    expect(inject(many)?.split(',')).toHaveLength(64)
    expect(inject({ big: { value: 'x'.repeat(9000) }, a: { value: '1' } })).toBe('a=1')
  })
})

describe('CompositePropagator', () => {
  test('one that throws does not keep the others from their work', () => {
    vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
    const bad = {
      inject() {
        throw new Error('no')
      },
      extract() {
        throw new Error('no')
      },
      fields() {
        throw new Error('no')
      },
    } as never
    const propagator = new CompositePropagator({ propagators: [bad, new W3CTraceContextPropagator()] })
    const headers: Record<string, string> = {}
    propagator.inject(
      trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 }),
      headers,
      defaultTextMapSetter,
    )
    expect(Object.keys(headers)).toEqual(['traceparent'])
    expect(trace.getSpanContext(propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter))?.spanId).toBe(spanId)
    expect(propagator.fields()).toEqual(['traceparent', 'tracestate'])
  })
})

test.each([
  [undefined, ['traceparent', 'tracestate', 'baggage']],
  ['baggage', ['baggage']],
  ['BAGGAGE, tracecontext,baggage', ['baggage', 'traceparent', 'tracestate']],
  ['tracecontext,unheard', ['traceparent', 'tracestate']],
  ['none', undefined],
])('OTEL_PROPAGATORS=%s', (value, fields) => {
  vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
  if (value !== undefined) vi.stubEnv('OTEL_PROPAGATORS', value)
  expect(environmentPropagator()?.fields()).toEqual(fields)
})
