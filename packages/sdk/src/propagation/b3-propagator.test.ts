// SPDX-License-Identifier: Apache-2.0
import { type Context, defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, type Span, trace } from '@otel-ts/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { suppressTracing } from '../context/suppress-tracing.ts'
import { sdkEvents } from '../events.ts'
import { NoopSpanProcessor } from '../trace/span-processor.ts'
import { TracerProvider } from '../trace/tracer-provider.ts'
import { B3InjectEncoding, B3Propagator } from './b3-propagator.ts'

afterEach(() => vi.restoreAllMocks())

const traceId = '80f198ee56343ba864fe8b2a57d3eff7'
const spanId = 'e457b5a2e4d86bd1'
const parentId = '05e3ac9a4f6e3b90'
const ids = `${traceId}-${spanId}`

const single = new B3Propagator()
const multi = new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })

const extract = (headers: object, context: Context = ROOT_CONTEXT, propagator: B3Propagator = single) =>
  propagator.extract(context, headers, defaultTextMapGetter)
const inject = (context: Context, propagator: B3Propagator) => {
  const headers: Record<string, string> = {}
  propagator.inject(context, headers, defaultTextMapSetter)
  return headers
}
const multiHeaders = (more: object = {}) => ({ 'X-B3-TraceId': traceId, 'X-B3-SpanId': spanId, ...more })

const before = trace.setSpanContext(ROOT_CONTEXT, { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 })

describe.each([
  ['written as one header', single],
  ['written as several', multi],
])('B3 %s, extract', (_encoding, propagator) => {
  test.each([
    ['ids, sampled', { b3: `${ids}-1` }, 1],
    ['ids, not sampled', { b3: `${ids}-0` }, 0],
    ['ids, debug', { b3: `${ids}-d` }, 1],
    ['ids without a decision', { b3: ids }, 0],
    ['ids, decision and parent', { b3: `${ids}-1-${parentId}` }, 1],
    ['ids and parent', { b3: `${ids}-d${parentId.slice(1)}` }, 0],
    ['in other case and with white space', { B3: ` ${ids}-1\t` }, 1],
    ['a list: the first', { b3: [`${ids}-1`, `${traceId}-${parentId}-0`] }, 1],
    ['several headers, sampled', multiHeaders({ 'X-B3-Sampled': '1' }), 1],
    ['several headers, not sampled', multiHeaders({ 'X-B3-Sampled': '0' }), 0],
    ['several headers, sampled as old tracers say it', multiHeaders({ 'X-B3-Sampled': 'true' }), 1],
    ['several headers, not sampled as old tracers say it', multiHeaders({ 'X-B3-Sampled': 'false' }), 0],
    ['several headers without a decision', multiHeaders(), 0],
    ['several headers, debug', multiHeaders({ 'X-B3-Flags': '1' }), 1],
    ['several headers, debug wins over the decision', multiHeaders({ 'X-B3-Flags': '1', 'X-B3-Sampled': '0' }), 1],
    ['several headers, no debug', multiHeaders({ 'X-B3-Flags': '0', 'X-B3-Sampled': '0' }), 0],
    ['the single before several', { b3: `${ids}-1`, 'x-b3-traceid': 'a'.repeat(32), 'x-b3-spanid': parentId }, 1],
    ['several when the single is malformed', { ...multiHeaders({ 'X-B3-Sampled': '1' }), b3: `${ids}-x` }, 1],
    ['several when the single only denies', { ...multiHeaders({ 'X-B3-Sampled': '1' }), b3: '0' }, 1],
  ])('reads %s', (_name, headers, traceFlags) => {
    expect(trace.getSpanContext(extract(headers, before, propagator))).toEqual({
      traceId,
      spanId,
      traceFlags,
      isRemote: true,
    })
  })

  test.each([
    ['one header', { b3: `64fe8b2a57d3eff7-${spanId}-1` }],
    ['several headers', { 'x-b3-traceid': '64fe8b2a57d3eff7', 'x-b3-spanid': spanId, 'x-b3-sampled': '1' }],
  ])('fills a 64-bit trace id up with zeros: %s', (_name, headers) => {
    expect(trace.getSpanContext(extract(headers, ROOT_CONTEXT, propagator))).toEqual({
      traceId: '000000000000000064fe8b2a57d3eff7',
      spanId,
      traceFlags: 1,
      isRemote: true,
    })
  })

  test.each([
    ['nothing', {}],
    ['empty', { b3: '' }],
    ['only a decision', { b3: '1' }],
    ['only debug', { b3: 'd' }],
    ['one id', { b3: traceId }],
    ['a state that is none', { b3: `${ids}-2` }],
    ['a state of two characters', { b3: `${ids}-11` }],
    ['an empty state', { b3: `${ids}-` }],
    ['a parent that is none', { b3: `${ids}-1-${parentId.slice(1)}` }],
    ['a parent with another digit', { b3: `${ids}-1-${parentId}0` }],
    ['a parent that is not hex', { b3: `${ids}-1-${parentId.slice(1)}g` }],
    ['something after the parent', { b3: `${ids}-1-${parentId}-1` }],
    ['a trace id of 31 digits', { b3: `${traceId.slice(1)}-${spanId}-1` }],
    ['a trace id of 33 digits', { b3: `0${ids}-1` }],
    ['a span id of 15 digits', { b3: `${traceId}-${spanId.slice(1)}-1` }],
    ['upper-case digits', { b3: `${ids.toUpperCase()}-1` }],
    ['digits beyond ASCII', { b3: `${traceId.slice(1)}\uff11-${spanId}-1` }],
    ['other separators', { b3: `${traceId}_${spanId}_1` }],
    ['a zero trace id', { b3: `${'0'.repeat(32)}-${spanId}-1` }],
    ['a zero 64-bit trace id', { b3: `${'0'.repeat(16)}-${spanId}-1` }],
    ['a zero span id', { b3: `${traceId}-${'0'.repeat(16)}-1` }],
    ['a number', { b3: 5 }],
    ['an empty list', { b3: [] }],
    ['a list of numbers', { b3: [5] }],
    ['several: no span id', { 'x-b3-traceid': traceId }],
    ['several: no trace id', { 'x-b3-spanid': spanId }],
    ['several: a decision that is none', multiHeaders({ 'x-b3-sampled': 'yes' })],
    ['several: a trace id of 24 digits', multiHeaders({ 'X-B3-TraceId': traceId.slice(8) })],
    ['several: a span id of 17 digits', multiHeaders({ 'X-B3-SpanId': `${spanId}0` })],
    ['several: a span id that is not hex', multiHeaders({ 'X-B3-SpanId': `${spanId.slice(1)}g` })],
    ['several: a zero trace id', multiHeaders({ 'X-B3-TraceId': '0'.repeat(32) })],
    ['several: a zero span id', multiHeaders({ 'X-B3-SpanId': '0'.repeat(16) })],
  ])('%s leaves the context as it was', (_name, headers) => {
    expect(extract(headers, before, propagator)).toBe(before)
  })
})

test('the span id of the caller is the parent of the span that serves it, not its id', () => {
  const provider = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] })
  const served = provider.getTracer('x').startSpan('serve', {}, extract({ b3: `${ids}-1-${parentId}` })) as Span & {
    parentSpanContext?: { spanId: string }
  }
  expect(served.spanContext().traceId).toBe(traceId)
  expect(served.parentSpanContext?.spanId).toBe(spanId)
  expect([spanId, parentId]).not.toContain(served.spanContext().spanId)
})

describe('B3, inject', () => {
  const sampled = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 3 })
  const unsampled = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 2 })

  test('writes one header by default', () => {
    expect(inject(sampled, single)).toEqual({ b3: `${ids}-1` })
    expect(inject(unsampled, single)).toEqual({ b3: `${ids}-0` })
    expect(inject(sampled, new B3Propagator({ injectEncoding: B3InjectEncoding.SINGLE_HEADER }))).toEqual({
      b3: `${ids}-1`,
    })
  })

  test('writes several when told to, and never a parent', () => {
    expect(inject(sampled, multi)).toEqual({ 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '1' })
    expect(inject(unsampled, multi)).toEqual({ 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-sampled': '0' })
    expect(inject(extract({ b3: `${ids}-1-${parentId}` }), multi)).toEqual(inject(sampled, multi))
  })

  test.each([
    ['one header', { b3: `${ids}-d` }],
    ['several headers', multiHeaders({ 'x-b3-flags': '1' })],
  ])('keeps the debug flag of %s, also for the spans below', (_name, headers) => {
    const context = extract(headers)
    expect(inject(context, single)).toEqual({ b3: `${ids}-d` })
    expect(inject(context, multi)).toEqual({ 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, 'x-b3-flags': '1' })
    const provider = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] })
    const child = provider.getTracer('x').startSpan('child', {}, context)
    expect(child.isRecording()).toBe(true)
    expect(inject(trace.setSpan(context, child), single)).toEqual({
      b3: `${traceId}-${child.spanContext().spanId}-d`,
    })
  })

  test('a later caller without the debug flag does not get that of the one before', () => {
    const context = extract({ b3: `${ids}-1` }, extract({ b3: `${ids}-d` }))
    expect(inject(context, single)).toEqual({ b3: `${ids}-1` })
  })

  test.each(['1', 'd'])("sends the debug flag that npm's propagator left as %s", (value) => {
    const key = Symbol.for('OpenTelemetry Context Key B3 Debug Flag')
    expect(inject(sampled.setValue(key, value), single)).toEqual({ b3: `${ids}-d` })
    expect(inject(sampled.setValue(key, undefined), single)).toEqual({ b3: `${ids}-1` })
  })

  test('writes nothing without a valid span, or where tracing is suppressed', () => {
    for (const propagator of [single, multi]) {
      expect(inject(ROOT_CONTEXT, propagator)).toEqual({})
      expect(inject(suppressTracing(sampled), propagator)).toEqual({})
      const invalid = { traceId: '0'.repeat(32), spanId, traceFlags: 1 }
      expect(inject(trace.setSpanContext(ROOT_CONTEXT, invalid), propagator)).toEqual({})
    }
  })

  test('names only the fields that it writes', () => {
    expect(single.fields()).toEqual(['b3'])
    expect(multi.fields()).toEqual(['x-b3-traceid', 'x-b3-spanid', 'x-b3-flags', 'x-b3-sampled'])
  })
})

test('setters and getters that throw cost nothing but the context', () => {
  const said = vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
  const fail = (): never => {
    throw new Error('no')
  }
  expect(single.extract(before, {}, { get: fail, keys: fail })).toBe(before)
  expect(() => single.inject(before, {}, { set: fail })).not.toThrow()
  expect(said).toHaveBeenCalledTimes(2)
})
