// SPDX-License-Identifier: Apache-2.0
import {
  type Context,
  type DiagLogger,
  DiagLogLevel,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@otel-ts/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { OTTracePropagator } from './index.ts'

const traceId = '80f198ee56343ba864fe8b2a57d3eff7'
const spanId = 'e457b5a2e4d86bd1'
const ids = { 'ot-tracer-traceid': '64fe8b2a57d3eff7', 'ot-tracer-spanid': spanId }
const propagator = new OTTracePropagator()
const before = trace.setSpanContext(ROOT_CONTEXT, { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 })

const extract = (headers: object, context: Context = ROOT_CONTEXT) =>
  propagator.extract(context, headers, defaultTextMapGetter)
const inject = (context: Context) => {
  const headers: Record<string, string> = {}
  propagator.inject(context, headers, defaultTextMapSetter)
  return headers
}
const entriesOf = (context: Context) =>
  propagation
    .getBaggage(context)
    ?.getAllEntries()
    .map(([key, { value }]) => [key, value])

function listen(): { warn: ReturnType<typeof vi.fn>; error: ReturnType<typeof vi.fn> } {
  const logger = { error: vi.fn(), warn: vi.fn(), info: vi.fn(), debug: vi.fn(), verbose: vi.fn() }
  diag.setLogger(logger as DiagLogger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true })
  return logger
}

afterEach(() => diag.disable())

describe('ot-tracer headers, extract', () => {
  test.each([
    ['sampled', { ...ids, 'ot-tracer-sampled': 'true' }, 1],
    ['sampled in another case', { ...ids, 'Ot-Tracer-Sampled': 'True' }, 1],
    ['sampled as a number', { ...ids, 'ot-tracer-sampled': '1' }, 1],
    ['not sampled', { ...ids, 'ot-tracer-sampled': 'false' }, 0],
    ['a decision that is none', { ...ids, 'ot-tracer-sampled': 'maybe' }, 0],
    ['no decision', ids, 0],
    ['upper-case digits', { ...ids, 'ot-tracer-traceid': '64FE8B2A57D3EFF7' }, 0],
    ['lists: the first', { 'ot-tracer-traceid': [ids['ot-tracer-traceid'], 'x'], 'ot-tracer-spanid': [spanId] }, 0],
  ])('fills the trace id up with zeros: %s', (_name, headers, traceFlags) => {
    expect(trace.getSpanContext(extract(headers, before))).toEqual({
      traceId: '000000000000000064fe8b2a57d3eff7',
      spanId,
      traceFlags,
      isRemote: true,
    })
  })

  test('takes an id of 128 bits and ids without their leading zeros', () => {
    expect(trace.getSpanContext(extract({ ...ids, 'ot-tracer-traceid': traceId }))?.traceId).toBe(traceId)
    expect(trace.getSpanContext(extract({ 'ot-tracer-traceid': 'abc', 'ot-tracer-spanid': '1' }))).toMatchObject({
      traceId: `${'0'.repeat(29)}abc`,
      spanId: '0000000000000001',
    })
  })

  test.each([
    ['nothing', {}],
    ['no span id', { 'ot-tracer-traceid': traceId }],
    ['no trace id', { 'ot-tracer-spanid': spanId }],
    ['empty ids', { 'ot-tracer-traceid': '', 'ot-tracer-spanid': '' }],
    ['a zero trace id', { ...ids, 'ot-tracer-traceid': '0'.repeat(16) }],
    ['a zero span id', { ...ids, 'ot-tracer-spanid': '0' }],
    ['a trace id of 33 digits', { ...ids, 'ot-tracer-traceid': `0${traceId}` }],
    ['a span id of 17 digits', { ...ids, 'ot-tracer-spanid': `0${spanId}` }],
    ['a trace id that is not hex', { ...ids, 'ot-tracer-traceid': 'g4fe8b2a57d3eff7' }],
    ['a number', { ...ids, 'ot-tracer-traceid': 5 }],
    ['megabytes', { ...ids, 'ot-tracer-traceid': '1'.repeat(4_000_000) }],
  ])('%s leaves the context as it was', (_name, headers) => {
    expect(extract(headers, before)).toBe(before)
  })
})

describe('ot-tracer headers, inject', () => {
  const written = (spanContext: object) =>
    inject(trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, ...spanContext }))

  test('writes the lower half of the trace id', () => {
    expect(written({ traceFlags: 3 })).toEqual({ ...ids, 'ot-tracer-sampled': 'true' })
    expect(written({ traceFlags: 2 })).toEqual({ ...ids, 'ot-tracer-sampled': 'false' })
  })

  test('writes nothing without an id that a receiver could take, or where tracing is suppressed', () => {
    expect(inject(ROOT_CONTEXT)).toEqual({})
    expect(written({ spanId: '0'.repeat(16) })).toEqual({})
    expect(written({ traceId: `80f198ee56343ba8${'0'.repeat(16)}` })).toEqual({})
    const suppressed = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
    expect(inject(extract({ ...ids, 'ot-baggage-a': '1' }).setValue(suppressed, true))).toEqual({})
  })
})

describe('ot-baggage', () => {
  test('goes out as it is, one header an entry, and comes back', () => {
    const baggage = propagation.createBaggage({ user: { value: 'Ada L%20' }, empty: { value: '' } })
    const headers = inject(propagation.setBaggage(ROOT_CONTEXT, baggage))
    expect(headers).toEqual({ 'ot-baggage-user': 'Ada L%20', 'ot-baggage-empty': '' })
    expect(entriesOf(extract(headers))).toEqual([
      ['user', 'Ada L%20'],
      ['empty', ''],
    ])
  })

  test('is read in any case of the header, and beside what the context holds', () => {
    const held = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ kept: { value: '1' } }))
    const headers = { 'OT-Baggage-user': ['new', 'other'], 'ot-baggage-__proto__': '2', 'ot-baggage-': 'no name', x: 5 }
    expect(entriesOf(extract(headers, held))).toEqual([
      ['kept', '1'],
      ['user', 'new'],
      ['__proto__', '2'],
    ])
  })

  test('an entry that no header can hold is left out and said once, and does not cost the one beside it', () => {
    const { warn } = listen()
    const baggage = propagation.createBaggage({
      'bad key': { value: '1' },
      split: { value: 'x\r\nevil: 1' },
      beyond: { value: 'ü' },
      ok: { value: '~' },
    })
    expect(inject(propagation.setBaggage(ROOT_CONTEXT, baggage))).toEqual({ 'ot-baggage-ok': '~' })
    expect(warn).toHaveBeenCalledTimes(1)
  })

  test('64 entries and 8192 bytes are read, the rest is left out and said: once, then once in a thousand', () => {
    const { warn } = listen()
    const propagator = new OTTracePropagator()
    const extract = (headers: object) => propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`ot-baggage-k${i}`, 'v']))
    expect(entriesOf(extract(many(64)))).toHaveLength(64)
    expect(entriesOf(extract({ 'ot-baggage-k': 'v'.repeat(8191) }))).toHaveLength(1)
    expect(warn).not.toHaveBeenCalled()
    expect(entriesOf(extract(many(100_000)))).toHaveLength(64)
    for (let i = 1; i < 1000; i++) expect(extract({ 'ot-baggage-k': 'v'.repeat(8192) })).toBe(ROOT_CONTEXT)
    expect(warn).toHaveBeenCalledTimes(1)
    extract(many(65))
    expect(warn.mock.calls.map(([line]) => /\(in \d+ requests so far\)$/.exec(String(line))?.[0])).toEqual([
      '(in 1 requests so far)',
      '(in 1001 requests so far)',
    ])
  })
})

test('names the fields of the trace context', () => {
  expect(propagator.fields()).toEqual(['ot-tracer-traceid', 'ot-tracer-spanid', 'ot-tracer-sampled'])
})

test('setters and getters that throw cost nothing but the context, and are said', () => {
  const { error } = listen()
  const fail = (): never => {
    throw new Error('no')
  }
  expect(propagator.extract(before, {}, { get: fail, keys: fail })).toBe(before)
  expect(() => propagator.inject(before, {}, { set: fail })).not.toThrow()
  expect(error).toHaveBeenCalledTimes(2)
})
