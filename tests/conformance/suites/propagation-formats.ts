// SPDX-License-Identifier: Apache-2.0
import type { Context, TextMapPropagator } from '@otel-ts/api'
import { afterEach, describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'

const traceId = '80f198ee56343ba864fe8b2a57d3eff7'
const spanId = 'e457b5a2e4d86bd1'
const parentId = '05e3ac9a4f6e3b90'
const shortId = '64fe8b2a57d3eff7'
const filledId = `${'0'.repeat(16)}${shortId}`

/** context/api-propagators.md#b3-requirements and the formats beside it; context/env-carriers.md */
export function propagationFormatConformance(implementation: Implementation, test: DefineTest): void {
  const { api, sdk } = implementation
  const before = api.trace.setSpanContext(api.ROOT_CONTEXT, {
    traceId: '1'.repeat(32),
    spanId: '2'.repeat(16),
    traceFlags: 1,
  })
  const inject = (propagator: TextMapPropagator, context: Context): Record<string, string> => {
    const carrier: Record<string, string> = {}
    propagator.inject(context, carrier, api.defaultTextMapSetter)
    return carrier
  }
  const extract = (propagator: TextMapPropagator, carrier: object, context = before) =>
    propagator.extract(context, carrier, api.defaultTextMapGetter)
  const read = (propagator: TextMapPropagator, carrier: object) =>
    api.trace.getSpanContext(extract(propagator, carrier))
  const inSpan = (traceFlags: number) => api.trace.setSpanContext(api.ROOT_CONTEXT, { traceId, spanId, traceFlags })
  const keeps = (propagator: TextMapPropagator, carriers: object[]) => {
    for (const carrier of carriers) {
      const found = api.trace.getSpanContext(extract(propagator, carrier))
      expect(found, JSON.stringify(carrier)).toEqual(api.trace.getSpanContext(before))
    }
  }
  const multiHeaders = (more: object) => ({ 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, ...more })

  describe('B3', () => {
    const single = () => new sdk.B3Propagator()
    const multi = () => new sdk.B3Propagator({ injectEncoding: sdk.B3InjectEncoding.MULTI_HEADER })

    test('is written as one header by default', () => {
      expect(inject(single(), inSpan(1))).toEqual({ b3: `${traceId}-${spanId}-1` })
      expect(inject(single(), inSpan(0))).toEqual({ b3: `${traceId}-${spanId}-0` })
    })

    test('is written as several headers when told to, and never with the id of a parent', () => {
      expect(inject(multi(), inSpan(1))).toEqual(multiHeaders({ 'x-b3-sampled': '1' }))
      expect(inject(multi(), inSpan(0))).toEqual(multiHeaders({ 'x-b3-sampled': '0' }))
      const context = extract(single(), multiHeaders({ 'x-b3-sampled': '1', 'x-b3-parentspanid': parentId }))
      expect(inject(multi(), context)).toEqual(multiHeaders({ 'x-b3-sampled': '1' }))
    })

    test('is read from one header and from several, whichever is written', () => {
      for (const propagator of [single(), multi()]) {
        const expected = { traceId, spanId, traceFlags: 1, isRemote: true }
        expect(read(propagator, { b3: `${traceId}-${spanId}-1` })).toEqual(expected)
        expect(read(propagator, { b3: `${traceId}-${spanId}-1-${parentId}` })).toEqual(expected)
        expect(read(propagator, multiHeaders({ 'x-b3-sampled': '1' }))).toEqual(expected)
        expect(read(propagator, multiHeaders({ 'x-b3-sampled': '0' }))?.traceFlags).toBe(0)
      }
    })

    test('is read from the one header before the several', () => {
      const carrier = {
        b3: `${traceId}-${spanId}-1`,
        'x-b3-traceid': 'a'.repeat(32),
        'x-b3-spanid': parentId,
        'x-b3-sampled': '0',
      }
      for (const propagator of [single(), multi()]) expect(read(propagator, carrier)).toMatchObject({ traceId, spanId })
    })

    test('is read from the several headers when the one is malformed', () => {
      const carrier = multiHeaders({ b3: 'nonsense', 'x-b3-sampled': '1' })
      expect(read(single(), carrier)).toMatchObject({ traceId, spanId, traceFlags: 1 })
    })

    test('keeps the debug flag, which means sampled', () => {
      for (const carrier of [{ b3: `${traceId}-${spanId}-d` }, multiHeaders({ 'x-b3-flags': '1' })]) {
        const context = extract(single(), carrier)
        expect(api.trace.getSpanContext(context)?.traceFlags).toBe(1)
        expect(inject(single(), context)).toEqual({ b3: `${traceId}-${spanId}-d` })
        expect(inject(multi(), context)).toEqual(multiHeaders({ 'x-b3-flags': '1' }))
      }
    })

    test('with ids of 64 bits is filled up with zeros', () => {
      expect(read(single(), { b3: `${shortId}-${spanId}-1` })?.traceId).toBe(filledId)
      expect(read(multi(), { 'x-b3-traceid': shortId, 'x-b3-spanid': spanId })?.traceId).toBe(filledId)
    })

    test('leaves the context as it is when it is malformed', () => {
      keeps(single(), [
        {},
        { b3: '' },
        { b3: '0' },
        { b3: `${traceId}-${spanId.slice(1)}-1` },
        { b3: `${'0'.repeat(32)}-${spanId}-1` },
        { b3: `${traceId}-${'0'.repeat(16)}-1` },
        { 'x-b3-traceid': traceId },
        multiHeaders({ 'x-b3-traceid': 'nonsense' }),
        multiHeaders({ 'x-b3-spanid': '0'.repeat(16) }),
        multiHeaders({ 'x-b3-sampled': 'perhaps' }),
      ])
    })

    test('refuses a header that goes on after its last part', () => {
      keeps(single(), [{ b3: `${traceId}-${spanId}-1-${parentId}-1` }, { b3: `${traceId}-${spanId}-x` }])
    })

    test('names the fields of the format that it writes, and no others', () => {
      expect(single().fields()).toEqual(['b3'])
      expect([...multi().fields()].sort()).toEqual(['x-b3-flags', 'x-b3-sampled', 'x-b3-spanid', 'x-b3-traceid'])
    })
  })

  describe('Jaeger', () => {
    const jaeger = () => implementation.jaegerPropagator()

    test('writes uber-trace-id and reads it back, percent-encoded too', () => {
      const header = `${traceId}:${spanId}:0:01`
      expect(inject(jaeger(), inSpan(1))).toEqual({ 'uber-trace-id': header })
      expect(inject(jaeger(), inSpan(0))).toEqual({ 'uber-trace-id': `${traceId}:${spanId}:0:00` })
      for (const text of [header, encodeURIComponent(header)]) {
        expect(read(jaeger(), { 'uber-trace-id': text })).toEqual({ traceId, spanId, traceFlags: 1, isRemote: true })
      }
      expect(jaeger().fields()).toEqual(['uber-trace-id'])
    })

    test('fills ids without leading zeros up', () => {
      expect(read(jaeger(), { 'uber-trace-id': `${shortId}:abc:0:1` })).toMatchObject({
        traceId: filledId,
        spanId: '0000000000000abc',
      })
    })

    test('carries baggage in headers of their own, percent-encoded', () => {
      const baggage = api.propagation.createBaggage({ user: { value: 'Ada 1/2 ü' } })
      const carrier = inject(jaeger(), api.propagation.setBaggage(api.ROOT_CONTEXT, baggage))
      expect(carrier).toEqual({ 'uberctx-user': 'Ada%201%2F2%20%C3%BC' })
      const found = api.propagation.getBaggage(extract(jaeger(), carrier))
      expect(found?.getEntry('user')?.value).toBe('Ada 1/2 ü')
    })

    test('leaves the context as it is when the header is malformed', () => {
      const headers = ['', 'nonsense', `${traceId}:${spanId}:0`, `0:${spanId}:0:1`]
      keeps(
        jaeger(),
        headers.map((header) => ({ 'uber-trace-id': header })),
      )
    })

    test('leaves the context as it is when the flags are no byte', () => {
      keeps(jaeger(), [{ 'uber-trace-id': `${traceId}:${spanId}:0:zz` }])
    })
  })

  describe('OT', () => {
    const ot = () => implementation.otTracePropagator()
    const headers = { 'ot-tracer-traceid': shortId, 'ot-tracer-spanid': spanId, 'ot-tracer-sampled': 'true' }

    test('writes the lower half of the trace id, and reads it filled up with zeros', () => {
      expect(inject(ot(), inSpan(1))).toEqual(headers)
      expect(inject(ot(), inSpan(0))).toEqual({ ...headers, 'ot-tracer-sampled': 'false' })
      expect(read(ot(), headers)).toEqual({ traceId: filledId, spanId, traceFlags: 1, isRemote: true })
      expect(read(ot(), { ...headers, 'ot-tracer-sampled': 'false' })?.traceFlags).toBe(0)
      expect(ot().fields()).toEqual(['ot-tracer-traceid', 'ot-tracer-spanid', 'ot-tracer-sampled'])
    })

    test('carries baggage in headers of their own', () => {
      const baggage = api.propagation.createBaggage({ user: { value: 'Ada' } })
      const carrier = inject(ot(), api.propagation.setBaggage(inSpan(1), baggage))
      expect(carrier).toEqual({ ...headers, 'ot-baggage-user': 'Ada' })
      expect(api.propagation.getBaggage(extract(ot(), carrier))?.getEntry('user')?.value).toBe('Ada')
    })

    test('leaves the context as it is when the headers are malformed', () => {
      keeps(ot(), [
        {},
        { 'ot-tracer-traceid': shortId },
        { ...headers, 'ot-tracer-traceid': 'nonsense' },
        { ...headers, 'ot-tracer-traceid': '0'.repeat(16) },
        { ...headers, 'ot-tracer-spanid': '0'.repeat(16) },
      ])
    })
  })

  describe('environment variables as carriers', () => {
    const set: string[] = []
    const setVariables = (variables: Record<string, string>) => {
      for (const [name, value] of Object.entries(variables)) {
        set.push(name)
        process.env[name] = value
      }
    }
    afterEach(() => {
      for (const name of set.splice(0)) delete process.env[name]
    })

    test('take the trace and baggage from one process to the next', () => {
      const propagators = [new sdk.W3CTraceContextPropagator(), new sdk.W3CBaggagePropagator()]
      const composite = new sdk.CompositePropagator({ propagators })
      const baggage = api.propagation.createBaggage({ user: { value: 'Ada' } })
      const variables: Record<string, string> = {}
      const context = api.propagation.setBaggage(inSpan(1), baggage)
      composite.inject(context, undefined, new sdk.EnvironmentSetter(variables))
      expect(variables).toEqual({ TRACEPARENT: `00-${traceId}-${spanId}-01`, BAGGAGE: 'user=Ada' })
      setVariables(variables)
      const found = composite.extract(api.ROOT_CONTEXT, undefined, new sdk.EnvironmentGetter())
      expect(api.trace.getSpanContext(found)).toEqual({ traceId, spanId, traceFlags: 1, isRemote: true })
      expect(api.propagation.getBaggage(found)?.getEntry('user')?.value).toBe('Ada')
    })

    test('have normalised names: upper case, underscores, no digit first, never empty', () => {
      const variables: Record<string, string> = {}
      const setter = new sdk.EnvironmentSetter(variables)
      for (const key of ['x-b3-traceid', 'a.b c', '9lives', '', 'grün', 'OK_9']) setter.set(undefined, key, key)
      expect(variables).toEqual({
        X_B3_TRACEID: 'x-b3-traceid',
        A_B_C: 'a.b c',
        _9LIVES: '9lives',
        _: '',
        GR_N: 'grün',
        OK_9: 'OK_9',
      })
    })

    test('are found under the normalised name alone, and only such names are listed', () => {
      const getter = new sdk.EnvironmentGetter()
      setVariables({ 'x-b3-traceid': 'literal', 'x-b3-Spanid': 'literal', CONFORMANCE_KEY: '=,; as it is' })
      expect(getter.get(undefined, 'x-b3-traceid')).toBe(undefined)
      expect(getter.get(undefined, 'conformance-key')).toBe('=,; as it is')
      expect(getter.keys(undefined)).toContain('CONFORMANCE_KEY')
      expect(getter.keys(undefined)).not.toContain('x-b3-traceid')
    })
  })
}
