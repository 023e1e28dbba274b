// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  baggageEntryMetadataFromString,
  type Context,
  createTraceState,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  type TextMapPropagator,
  trace,
} from '@otel-ts/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { suppressTracing } from '../context/suppress-tracing.ts'
import { loadContribPropagator } from '../env/contrib-propagators.ts'
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
    ['more text than any valid one', `a=1${' '.repeat(32_766)}`],
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

describe('W3C trace context, rules of Level 2', () => {
  const propagator = new W3CTraceContextPropagator()
  const roundTrip = (headers: object) => {
    const found = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
    const written: Record<string, string> = {}
    propagator.inject(found, written, defaultTextMapSetter)
    return written
  }
  const traceparent = `00-${traceId}-${spanId}-01`
  const withState = (tracestate: string | string[]) => roundTrip({ traceparent, tracestate })['tracestate']
  const key256 = 'k'.repeat(256)
  const members = (count: number) => Array.from({ length: count }, (_, i) => `k${i}=v`).join(',')

  test.each([
    ['00', '00'],
    ['01', '01'],
    ['02', '02'],
    ['03', '03'],
    ['ff', '03'],
    ['fc', '00'],
  ])('flags %s go on as %s: sampled and random, which the specification knows', (flags, written) => {
    expect(roundTrip({ traceparent: `00-${traceId}-${spanId}-${flags}` })).toEqual({
      traceparent: `00-${traceId}-${spanId}-${written}`,
    })
  })

  test.each([
    ['a vendor key with a digit first', '1vendor=1', '1vendor=1'],
    ['a tenant and a system', 'tenant@system=1', 'tenant@system=1'],
    ['a system that starts with a digit', 'a@1=1', 'a@1=1'],
    ['the longest key', `${key256}=1`, `${key256}=1`],
    ['a key with one character more', `${key256}k=1,b=2`, 'b=2'],
    ['an upper-case key', 'Vendor=1,b=2', 'b=2'],
    ['a key that starts with the at sign', '@vendor=1,b=2', 'b=2'],
    ['a key with a space', 'ven dor=1,b=2', 'b=2'],
    ['the longest value', `a=${'v'.repeat(256)}`, `a=${'v'.repeat(256)}`],
    ['a value with one character more', `a=${'v'.repeat(257)},b=2`, 'b=2'],
    ['a value with an equals sign', 'a=1=2,b=2', 'b=2'],
    ['a value with a control character', 'a=1\u00012,b=2', 'b=2'],
    ['a value beyond ASCII', 'a=ü,b=2', 'b=2'],
    ['32 members', members(32), members(32)],
    ['33 members', members(33), undefined],
    ['two headers', ['a=1', 'b=2,c=3'], 'a=1,b=2,c=3'],
    ['two headers with 33 members', [members(32), 'x=1'], undefined],
    ['the same key in two headers', ['a=1', 'a=2'], 'a=1'],
    ['empty members', 'a=1,,b=2,', 'a=1,b=2'],
  ])('trace state: %s', (_name, tracestate, written) => {
    expect(withState(tracestate)).toBe(written)
  })

  test('a trace state without a trace parent is nothing', () => {
    expect(roundTrip({ tracestate: 'a=1' })).toEqual({})
  })

  test('32768 characters of trace state are read, white space included', () => {
    expect(withState(`a=1${' '.repeat(32_765)}`)).toBe('a=1')
  })
})

describe('W3C baggage of old peers', () => {
  const reading = new W3CBaggagePropagator({ readCorrelationContext: true })
  const entryA = (propagator: W3CBaggagePropagator, headers: object) =>
    propagation.getBaggage(propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter))?.getEntry('a')?.value

  test('is read from correlation-context when told to, where there is no baggage', () => {
    expect(entryA(reading, { 'correlation-context': 'a=%20x;p=1,b=2' })).toBe(' x')
    expect(entryA(reading, { 'correlation-context': 'a=old', baggage: 'a=new' })).toBe('new')
    expect(entryA(reading, { 'correlation-context': 'a=old', baggage: 'b=new' })).toBe(undefined)
  })

  test('is not read without that, and never written', () => {
    expect(entryA(new W3CBaggagePropagator(), { 'correlation-context': 'a=1' })).toBe(undefined)
    const headers: Record<string, string> = {}
    const context = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ a: { value: '1' } }))
    reading.inject(context, headers, defaultTextMapSetter)
    expect([headers, reading.fields()]).toEqual([{ baggage: 'a=1' }, ['baggage']])
  })
})

// GHSA-8988-4f7v-96qf: what a header made a process keep was bounded on the way out alone.
describe('W3C baggage of a hostile peer', () => {
  const propagator = new W3CBaggagePropagator()
  const read = (baggage: string | string[]) =>
    propagation.getBaggage(propagator.extract(ROOT_CONTEXT, { baggage }, defaultTextMapGetter))?.getAllEntries()

  test.each([
    ['one long header', 'k=v,'.repeat(2_000_000)],
    ['many headers', Array.from({ length: 200_000 }, (_, i) => `k${i}=v`)],
    ['many empty members', ','.repeat(8_000_000)],
    ['one long member', `k=${'v'.repeat(8_000_000)}`],
    ['one long name', 'k'.repeat(8_000_000)],
    ['one long metadata', `k=v;${'m'.repeat(8_000_000)}`],
    ['many percent signs', `k=${'%'.repeat(8_000_000)}`],
  ])('%s gives at most 64 entries of 8192 bytes together, and one warning', (_name, baggage) => {
    const said = vi.spyOn(sdkEvents, 'baggageOverLimit').mockImplementation(() => {})
    const entries = read(baggage) ?? []
    expect(entries.length).toBeLessThanOrEqual(64)
    expect(JSON.stringify(entries).length).toBeLessThan(20_000)
    expect(said.mock.calls).toEqual([['received', 64, 8192]])
  })

  test('what is kept of a header does not keep all of it alive', () => {
    vi.spyOn(sdkEvents, 'baggageOverLimit').mockImplementation(() => {})
    const kept: unknown[] = []
    const start = heldBytes()
    for (let i = 0; i < 40; i++) {
      // Made flat, as it comes from a socket: 4 MB each, 160 MB in all.
      const header = Buffer.from(`user${i}=${'v'.repeat(100)},${'x'.repeat(4_000_000)}`).toString('latin1')
      kept.push(propagator.extract(ROOT_CONTEXT, { baggage: header }, defaultTextMapGetter))
    }
    collectGarbage()
    expect(kept).toHaveLength(40)
    expect(propagation.getBaggage(kept[39] as typeof ROOT_CONTEXT)?.getEntry('user39')?.value).toHaveLength(100)
    expect(heldBytes() - start).toBeLessThan(40_000_000)
  })

  test('nothing is said of baggage within the limits, at both of them', () => {
    const said = vi.spyOn(sdkEvents, 'baggageOverLimit').mockImplementation(() => {})
    const full = Array.from({ length: 64 }, (_, i) => `k${String(i).padStart(2, '0')}=${'v'.repeat(123)}`).join(',')
    expect(full.length).toBe(8191)
    expect(read(`${full}v`)).toHaveLength(64)
    const context = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ a: { value: 'x'.repeat(8190) } }))
    const headers: Record<string, string> = {}
    propagator.inject(context, headers, defaultTextMapSetter)
    expect(headers['baggage']).toHaveLength(8192)
    expect(said).not.toHaveBeenCalled()
  })

  test('an entry whose name cannot be sent is said', () => {
    const said = vi.spyOn(sdkEvents, 'baggageNameInvalid').mockImplementation(() => {})
    const baggage = propagation.createBaggage({ 'bad key': { value: '1' }, '': { value: '1' }, ok: { value: '1' } })
    const headers: Record<string, string> = {}
    propagator.inject(propagation.setBaggage(ROOT_CONTEXT, baggage), headers, defaultTextMapSetter)
    expect([headers, said.mock.calls]).toEqual([{ baggage: 'ok=1' }, [['bad key'], ['']]])
  })

  test('what is not sent because of the limits is said', () => {
    const said = vi.spyOn(sdkEvents, 'baggageOverLimit').mockImplementation(() => {})
    const inject = (baggage: Parameters<typeof propagation.createBaggage>[0]) =>
      propagator.inject(
        propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(baggage)),
        {},
        defaultTextMapSetter,
      )
    inject({ a: { value: 'x'.repeat(8191) } })
    inject(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, { value: '' }])))
    expect(said.mock.calls).toEqual([
      ['sent', 64, 8192],
      ['sent', 64, 8192],
    ])
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
  ['b3', ['b3']],
  ['b3multi', ['x-b3-traceid', 'x-b3-spanid', 'x-b3-flags', 'x-b3-sampled']],
  ['b3,tracecontext', ['b3', 'traceparent', 'tracestate']],
  ['none', undefined],
])('OTEL_PROPAGATORS=%s', (value, fields) => {
  vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
  if (value !== undefined) vi.stubEnv('OTEL_PROPAGATORS', value)
  expect(environmentPropagator()?.fields()).toEqual(fields)
})

describe('OTEL_PROPAGATORS with a propagator of its own package', () => {
  const jaeger = { inject() {}, extract: (context: Context) => context, fields: () => ['uber-trace-id'] }
  const missing = { packageName: '@otel-ts/propagator-jaeger', reason: 'Cannot find module' }

  test('loads it', () => {
    vi.stubEnv('OTEL_PROPAGATORS', 'tracecontext,jaeger')
    const names: string[] = []
    const propagator = environmentPropagator((name) => {
      names.push(name)
      return jaeger
    })
    expect([names, propagator?.fields()]).toEqual([['jaeger'], ['traceparent', 'tracestate', 'uber-trace-id']])
  })

  test('gives it contexts of ours, also when it is the only one', () => {
    vi.stubEnv('OTEL_PROPAGATORS', 'jaeger')
    const npmRoot = { _currentContext: new Map(), getValue() {}, setValue() {}, deleteValue() {} } as unknown as Context
    expect(environmentPropagator(() => jaeger)?.extract(npmRoot, {}, defaultTextMapGetter)).toBe(ROOT_CONTEXT)
  })

  test('goes on without it when it cannot be loaded, and says what to do', () => {
    const said = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
    vi.stubEnv('OTEL_PROPAGATORS', 'b3,jaeger')
    expect(environmentPropagator(() => missing)?.fields()).toEqual(['b3'])
    expect(said.mock.calls).toEqual([
      [
        'OTEL_PROPAGATORS',
        'jaeger',
        'a propagator whose package can be loaded, and these cannot: @otel-ts/propagator-jaeger (Cannot find module)',
        'it is left out, the others are used; run: npm install @otel-ts/propagator-jaeger',
      ],
    ])
  })

  test('takes the default when none can be loaded, and says so once for all', () => {
    const said = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
    vi.stubEnv('OTEL_PROPAGATORS', 'jaeger,xray')
    const propagator = environmentPropagator(() => missing)
    expect(propagator?.fields()).toEqual(['traceparent', 'tracestate', 'baggage'])
    expect(said).toHaveBeenCalledTimes(1)
    expect(said.mock.calls[0]?.[1]).toBe('jaeger,xray')
    expect(said.mock.calls[0]?.[3]).toContain('they are left out, tracecontext and baggage are used instead')
  })

  test('finds no package that is not installed where the application is', () => {
    const folder = mkdtempSync(join(tmpdir(), 'otel-ts-propagators-'))
    const argv = process.argv
    vi.spyOn(process, 'cwd').mockReturnValue(folder)
    process.argv = [argv[0]!, join(folder, 'main.js')]
    try {
      const result = loadContribPropagator('xray') as { packageName: string; reason: string }
      expect(result.packageName).toBe('@otel-ts/propagator-aws-xray')
      expect(result.reason).toBe("Cannot find module '@otel-ts/propagator-aws-xray'")
      const installed = join(folder, 'node_modules', '@otel-ts', 'propagator-aws-xray')
      mkdirSync(installed, { recursive: true })
      writeFileSync(
        join(installed, 'index.js'),
        "exports.AWSXRayPropagator = class { fields() { return ['from the folder'] } }",
      )
      expect((loadContribPropagator('xray') as TextMapPropagator).fields()).toEqual(['from the folder'])
    } finally {
      process.argv = argv
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

// Node keeps strings of this size outside the heap.
function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
