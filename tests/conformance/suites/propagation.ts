// SPDX-License-Identifier: Apache-2.0
import type { TextMapGetter, TextMapPropagator, TextMapSetter } from '@otel-ts/api'
import { afterEach, describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'
import { remoteParent } from '../tracing.ts'

/** context/api-propagators.md and baggage/api.md */
export function propagationConformance({ api, sdk }: Implementation, test: DefineTest): void {
  const traceparent = `00-${remoteParent.traceId}-${remoteParent.spanId}-01`

  describe('baggage', () => {
    test('is set, read, replaced, removed and cleared without changing the one before', () => {
      const { propagation } = api
      const empty = propagation.createBaggage()
      const one = empty.setEntry('a', { value: 'B% 💼', metadata: api.baggageEntryMetadataFromString('m=1') })
      const two = one.setEntry('a', { value: '2' }).setEntry('b', { value: '3' })
      expect(empty.getAllEntries()).toEqual([])
      expect(one.getEntry('a')?.value).toBe('B% 💼')
      expect(one.getEntry('a')?.metadata?.toString()).toBe('m=1')
      expect(two.getAllEntries().map(([key, { value }]) => [key, value])).toEqual([
        ['a', '2'],
        ['b', '3'],
      ])
      expect(two.removeEntry('a').getEntry('a')).toBe(undefined)
      expect(two.clear().getAllEntries()).toEqual([])
      const context = propagation.setBaggage(api.ROOT_CONTEXT, two)
      expect(propagation.getBaggage(context)).toBe(two)
      expect(propagation.getBaggage(propagation.deleteBaggage(context))).toBe(undefined)
    })

    test('travels in the header named baggage, percent-encoded', () => {
      const propagator = new sdk.W3CBaggagePropagator()
      const carrier: Record<string, string> = {}
      const baggage = api.propagation.createBaggage({ user: { value: 'Ada L, 1/2 ü' } })
      propagator.inject(api.propagation.setBaggage(api.ROOT_CONTEXT, baggage), carrier, api.defaultTextMapSetter)
      expect(Object.keys(carrier)).toEqual(['baggage'])
      expect(carrier['baggage']).toMatch(/^user=Ada%20L%2C%201(?:%2F|\/)2%20%C3%BC$/)
      const context = propagator.extract(api.ROOT_CONTEXT, carrier, api.defaultTextMapGetter)
      expect(api.propagation.getBaggage(context)?.getEntry('user')?.value).toBe('Ada L, 1/2 ü')
      expect(propagator.fields()).toEqual(['baggage'])
    })
  })

  describe('propagators', () => {
    afterEach(() => void api.propagation.disable())

    const last = Symbol('last')
    const noting = (name: string, calls: string[]): TextMapPropagator => ({
      inject: (_context, carrier, setter) => {
        calls.push(`inject ${name}`)
        setter.set(carrier, name, '1')
      },
      extract: (context, carrier, getter) => {
        calls.push(`extract ${name} ${String(getter.get(carrier, name))}`)
        return context.setValue(last, `${String(context.getValue(last) ?? '')}${name}`)
      },
      fields: () => [name],
    })

    test('together are called in order, on one carrier, each after the other', () => {
      const calls: string[] = []
      const composite = new sdk.CompositePropagator({ propagators: [noting('a', calls), noting('b', calls)] })
      const carrier = {}
      composite.inject(api.ROOT_CONTEXT, carrier, api.defaultTextMapSetter)
      const context = composite.extract(api.ROOT_CONTEXT, carrier, api.defaultTextMapGetter)
      expect(calls).toEqual(['inject a', 'inject b', 'extract a 1', 'extract b 1'])
      expect(context.getValue(last)).toBe('ab')
      expect(composite.fields()).toEqual(['a', 'b'])
    })

    test('are global once registered; before that nothing is written and nothing read', () => {
      const calls: string[] = []
      const carrier: Record<string, string> = { a: '1' }
      const context = api.trace.setSpanContext(api.ROOT_CONTEXT, remoteParent)
      api.propagation.inject(context, carrier)
      expect(carrier).toEqual({ a: '1' })
      expect(api.propagation.extract(api.ROOT_CONTEXT, { traceparent })).toBe(api.ROOT_CONTEXT)
      api.propagation.setGlobalPropagator(noting('a', calls))
      api.propagation.inject(context, carrier)
      api.propagation.extract(api.ROOT_CONTEXT, carrier)
      expect([calls, api.propagation.fields()]).toEqual([['inject a', 'extract a 1'], ['a']])
    })

    test('of W3C write traceparent and tracestate and read them back', () => {
      const propagator = new sdk.W3CTraceContextPropagator()
      const carrier: Record<string, string> = {}
      const spanContext = { ...remoteParent, traceState: api.createTraceState('a=1,b=2') }
      propagator.inject(api.trace.setSpanContext(api.ROOT_CONTEXT, spanContext), carrier, api.defaultTextMapSetter)
      expect(carrier).toEqual({ traceparent, tracestate: 'a=1,b=2' })
      const read = api.trace.getSpanContext(propagator.extract(api.ROOT_CONTEXT, carrier, api.defaultTextMapGetter))
      expect(read).toMatchObject(remoteParent)
      expect(read?.traceState?.serialize()).toBe('a=1,b=2')
    })

    test('of W3C leave the context as it is when the header is no trace context', () => {
      const propagator = new sdk.W3CTraceContextPropagator()
      const before = api.trace.setSpanContext(api.ROOT_CONTEXT, remoteParent)
      const { traceId, spanId } = remoteParent
      const broken = [
        '',
        'nonsense',
        `ff-${traceId}-${spanId}-01`,
        `00-${traceId.toUpperCase()}-${spanId}-01`,
        `00-${'0'.repeat(32)}-${spanId}-01`,
        `00-${traceId}-${'0'.repeat(16)}-01`,
        `00-${traceId}-${spanId}-01-more`,
        `00-${traceId}-${spanId}`,
      ]
      for (const header of broken) {
        const context = propagator.extract(before, { traceparent: header }, api.defaultTextMapGetter)
        expect(api.trace.getSpanContext(context), header).toBe(api.trace.getSpanContext(before))
      }
    })

    test('use the setter and getter that they are given, on carriers of any kind', () => {
      const propagator = new sdk.W3CTraceContextPropagator()
      const carrier: [string, string][] = []
      const setter: TextMapSetter<[string, string][]> = { set: (pairs, key, value) => void pairs.push([key, value]) }
      const asked: string[] = []
      const getter: TextMapGetter<[string, string][]> = {
        keys: (pairs) => pairs.map(([key]) => key),
        get(pairs, key) {
          asked.push(key)
          return pairs.find(([name]) => name === key)?.[1]
        },
      }
      propagator.inject(api.trace.setSpanContext(api.ROOT_CONTEXT, remoteParent), carrier, setter as TextMapSetter)
      expect(carrier).toEqual([['traceparent', traceparent]])
      const context = propagator.extract(api.ROOT_CONTEXT, carrier, getter as TextMapGetter)
      expect(api.trace.getSpanContext(context)?.spanId).toBe(remoteParent.spanId)
      expect(asked).toContain('traceparent')
    })

    test('can list the keys of a carrier through the getter', () => {
      const carrier = { 'uberctx-user': 'ada', other: '1' }
      expect(api.defaultTextMapGetter.keys(carrier)).toEqual(['uberctx-user', 'other'])
      let listed: string[] = []
      api.propagation.setGlobalPropagator({
        inject() {},
        extract(context, given, getter) {
          listed = getter.keys(given)
          return context
        },
        fields: () => [],
      })
      api.propagation.extract(api.ROOT_CONTEXT, carrier)
      expect(listed).toEqual(['uberctx-user', 'other'])
    })

    test('name the fields that they write', () => {
      expect(new sdk.W3CTraceContextPropagator().fields()).toEqual(['traceparent', 'tracestate'])
      const composite = new sdk.CompositePropagator({
        propagators: [new sdk.W3CTraceContextPropagator(), new sdk.W3CBaggagePropagator()],
      })
      expect(composite.fields()).toEqual(['traceparent', 'tracestate', 'baggage'])
    })
  })
}
