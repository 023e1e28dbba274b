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
import { JaegerPropagator } from './index.ts'

const traceId = '80f198ee56343ba864fe8b2a57d3eff7'
const spanId = 'e457b5a2e4d86bd1'
const header = `${traceId}:${spanId}:0:1`
const propagator = new JaegerPropagator()
const before = trace.setSpanContext(ROOT_CONTEXT, { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 })

const extract = (headers: object, context: Context = ROOT_CONTEXT) =>
  propagator.extract(context, headers, defaultTextMapGetter)
const inject = (context: Context, jaeger: JaegerPropagator = propagator) => {
  const headers: Record<string, string> = {}
  jaeger.inject(context, headers, defaultTextMapSetter)
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

describe('uber-trace-id, extract', () => {
  test.each([
    ['sampled', header, traceId, spanId, 1],
    ['not sampled', `${traceId}:${spanId}:0:0`, traceId, spanId, 0],
    ['flags of two digits', `${traceId}:${spanId}:0:01`, traceId, spanId, 1],
    ['debug', `${traceId}:${spanId}:0:3`, traceId, spanId, 1],
    ['debug alone, which means sampled', `${traceId}:${spanId}:0:2`, traceId, spanId, 1],
    ['firehose, which is not sampled', `${traceId}:${spanId}:0:8`, traceId, spanId, 0],
    ['all bits', `${traceId}:${spanId}:0:ff`, traceId, spanId, 1],
    ['with a parent', `${traceId}:${spanId}:05e3ac9a4f6e3b90:1`, traceId, spanId, 1],
    ['percent-encoded', header.replaceAll(':', '%3A'), traceId, spanId, 1],
    ['percent-encoded in lower case', header.replaceAll(':', '%3a'), traceId, spanId, 1],
    ['upper-case digits', header.toUpperCase(), traceId, spanId, 1],
    ['64 bits', `64fe8b2a57d3eff7:${spanId}:0:1`, '000000000000000064fe8b2a57d3eff7', spanId, 1],
    ['without leading zeros', 'abc:1:0:1', `${'0'.repeat(29)}abc`, '0000000000000001', 1],
    ['with white space around it', ` ${header}\t`, traceId, spanId, 1],
    ['a list: the first', [header, 'x'], traceId, spanId, 1],
  ])('reads ids and flags: %s', (_name, value, expectedTrace, expectedSpan, traceFlags) => {
    const found = trace.getSpanContext(extract({ 'Uber-Trace-Id': value }, before))
    expect(found).toEqual({ traceId: expectedTrace, spanId: expectedSpan, traceFlags, isRemote: true })
  })

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['three parts', `${traceId}:${spanId}:1`],
    ['five parts', `${header}:1`],
    ['no trace id', `:${spanId}:0:1`],
    ['no span id', `${traceId}::0:1`],
    ['no flags', `${traceId}:${spanId}:0:`],
    ['flags of three digits', `${traceId}:${spanId}:0:001`],
    ['flags not hex', `${traceId}:${spanId}:0:g`],
    ['negative flags', `${traceId}:${spanId}:0:-1`],
    ['a trace id of 33 digits', `0${header}`],
    ['a span id of 17 digits', `${traceId}:0${spanId}:0:1`],
    ['a trace id that is not hex', `g${header.slice(1)}`],
    ['a zero trace id', `0:${spanId}:0:1`],
    ['a zero span id', `${traceId}:0:0:1`],
    ['a number', 5],
    ['an empty list', []],
    ['megabytes', ':'.repeat(4_000_000)],
  ])('%s leaves the context as it was', (_name, value) => {
    expect(extract({ 'uber-trace-id': value }, before)).toBe(before)
  })
})

describe('uber-trace-id, inject', () => {
  test('writes all digits, no parent and two digits of flags', () => {
    const spanContext = { traceId: `${'0'.repeat(16)}64fe8b2a57d3eff7`, spanId, traceFlags: 3 }
    const written = (traceFlags: number) => inject(trace.setSpanContext(ROOT_CONTEXT, { ...spanContext, traceFlags }))
    expect(written(3)).toEqual({ 'uber-trace-id': `000000000000000064fe8b2a57d3eff7:${spanId}:0:01` })
    expect(written(2)).toEqual({ 'uber-trace-id': `000000000000000064fe8b2a57d3eff7:${spanId}:0:00` })
  })

  test('keeps the debug flag, until a caller comes without it', () => {
    const debug = extract({ 'uber-trace-id': `${traceId}:${spanId}:0:3` })
    expect(inject(debug)).toEqual({ 'uber-trace-id': `${traceId}:${spanId}:0:03` })
    expect(inject(extract({ 'uber-trace-id': header }, debug))).toEqual({
      'uber-trace-id': `${traceId}:${spanId}:0:01`,
    })
  })

  test('writes nothing without a valid span, or where tracing is suppressed', () => {
    expect(inject(ROOT_CONTEXT)).toEqual({})
    const invalid = { traceId: '0'.repeat(32), spanId, traceFlags: 1 }
    expect(inject(trace.setSpanContext(ROOT_CONTEXT, invalid))).toEqual({})
    const suppressed = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
    expect(inject(extract({ 'uber-trace-id': header, 'uberctx-a': '1' }).setValue(suppressed, true))).toEqual({})
  })
})

describe('uberctx baggage', () => {
  test('goes out percent-encoded, one header an entry, and comes back', () => {
    const baggage = propagation.createBaggage({ user: { value: 'B% 💼' }, empty: { value: '' } })
    const headers = inject(propagation.setBaggage(ROOT_CONTEXT, baggage))
    expect(headers).toEqual({ 'uberctx-user': 'B%25%20%F0%9F%92%BC', 'uberctx-empty': '' })
    expect(entriesOf(extract(headers))).toEqual([
      ['user', 'B% 💼'],
      ['empty', ''],
    ])
  })

  test('is read in any case of the header, without a trace, and beside what the context holds', () => {
    const held = propagation.setBaggage(
      ROOT_CONTEXT,
      propagation.createBaggage({ kept: { value: '1' }, user: { value: 'old' } }),
    )
    const headers = {
      'Uberctx-user': ['new', 'other'],
      'UBERCTX-__proto__': '2',
      'uberctx-': 'no name',
      uberctx: 'no',
      x: 5,
    }
    expect(entriesOf(extract(headers, held))).toEqual([
      ['kept', '1'],
      ['user', 'new'],
      ['__proto__', '2'],
    ])
  })

  test.each([
    ['100%', '100%'],
    ['%ff', '%ff'],
    ['%zz', '%zz'],
  ])('a value that is not percent-encoded stays as it is: %s', (sent, read) => {
    expect(entriesOf(extract({ 'uberctx-a': sent }))).toEqual([['a', read]])
  })

  test('an entry that no header can hold is left out and said once, and does not cost the one beside it', () => {
    const { warn } = listen()
    const baggage = propagation.createBaggage({
      'bad key': { value: '1' },
      'a\r\nevil': { value: '1' },
      half: { value: 'x\ud800' },
      ok: { value: '\r\n' },
    })
    expect(inject(propagation.setBaggage(ROOT_CONTEXT, baggage))).toEqual({
      'uberctx-half': 'x%EF%BF%BD',
      'uberctx-ok': '%0D%0A',
    })
    expect(warn).toHaveBeenCalledTimes(1)
  })

  test('64 entries and 8192 bytes are read, the rest is left out and said: once, then once in a thousand', () => {
    const { warn } = listen()
    const propagator = new JaegerPropagator()
    const extract = (headers: object) => propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`uberctx-k${i}`, 'v']))
    expect(entriesOf(extract(many(64)))).toHaveLength(64)
    expect(entriesOf(extract({ 'uberctx-k': 'v'.repeat(8191) }))).toHaveLength(1)
    expect(warn).not.toHaveBeenCalled()
    expect(entriesOf(extract(many(100_000)))).toHaveLength(64)
    for (let i = 1; i < 1000; i++) expect(extract({ 'uberctx-k': 'v'.repeat(8192) })).toBe(ROOT_CONTEXT)
    expect(warn).toHaveBeenCalledTimes(1)
    extract(many(65))
    expect(warn.mock.calls.map(([line]) => /\(in \d+ requests so far\)$/.exec(String(line))?.[0])).toEqual([
      '(in 1 requests so far)',
      '(in 1001 requests so far)',
    ])
  })
})

test('headers of other names are written and read when told to', () => {
  const context = extract({ 'uber-trace-id': header, 'uberctx-a': '1' })
  const custom = new JaegerPropagator({ customTraceHeader: 'x-trace', customBaggageHeaderPrefix: 'X-Ctx' })
  const headers = inject(context, custom)
  expect(headers).toEqual({ 'x-trace': `${traceId}:${spanId}:0:01`, 'x-ctx-a': '1' })
  expect(entriesOf(custom.extract(ROOT_CONTEXT, headers, defaultTextMapGetter))).toEqual([['a', '1']])
  expect(custom.fields()).toEqual(['x-trace'])
  expect(new JaegerPropagator('x-trace').fields()).toEqual(['x-trace'])
  expect(propagator.fields()).toEqual(['uber-trace-id'])
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
