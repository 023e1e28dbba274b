// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest'
import { ROOT_CONTEXT } from '../context/context.ts'
import { propagation } from './propagation-api.ts'
import { defaultTextMapGetter, defaultTextMapSetter, type TextMapPropagator } from './text-map.ts'

const key = Symbol('k')
const propagator: TextMapPropagator = {
  inject: (context, carrier, setter) => setter.set(carrier, 'X-K', String(context.getValue(key))),
  extract: (context, carrier, getter) => context.setValue(key, getter.get(carrier, 'x-k')),
  fields: () => ['X-K'],
}

afterEach(() => propagation.disable())

describe('propagation without an SDK', () => {
  test('writes nothing, reads nothing, has no fields', () => {
    const carrier = {}
    propagation.inject(ROOT_CONTEXT.setValue(key, 1), carrier)
    expect([carrier, propagation.fields()]).toEqual([{}, []])
    expect(propagation.extract(ROOT_CONTEXT, { traceparent: 'x', baggage: 'a=1' })).toBe(ROOT_CONTEXT)
  })
})

describe('propagation with a propagator', () => {
  test('injects and extracts with the default setter and getter', () => {
    expect(propagation.setGlobalPropagator(propagator)).toBe(true)
    const carrier = {}
    propagation.inject(ROOT_CONTEXT.setValue(key, 1), carrier)
    expect(carrier).toEqual({ 'X-K': '1' })
    expect(propagation.extract(ROOT_CONTEXT, carrier).getValue(key)).toBe('1')
    expect(propagation.fields()).toEqual(['X-K'])
  })

  test('injects and extracts with setter and getter of the caller', () => {
    propagation.setGlobalPropagator(propagator)
    const carrier: [string, string][] = []
    propagation.inject(ROOT_CONTEXT.setValue(key, 1), carrier, { set: (list, name, value) => list.push([name, value]) })
    const context = propagation.extract(ROOT_CONTEXT, carrier, {
      keys: (list) => list.map(([name]) => name),
      get: (list, name) => list.find(([other]) => other.toLowerCase() === name)?.[1],
    })
    expect([carrier, context.getValue(key)]).toEqual([[['X-K', '1']], '1'])
  })

  test('a second propagator is refused', () => {
    propagation.setGlobalPropagator(propagator)
    expect(propagation.setGlobalPropagator({ ...propagator })).toBe(false)
  })
})

describe('the default getter', () => {
  test.each([
    ['exact', { traceparent: 'a' }, 'traceparent', 'a'],
    ['in another case', { TraceParent: 'a' }, 'traceparent', 'a'],
    ['exact before another case', { TRACEPARENT: 'b', traceparent: 'a' }, 'traceparent', 'a'],
    ['several values', { baggage: ['a=1', 'b=2'] }, 'baggage', ['a=1', 'b=2']],
    ['absent', { host: 'x' }, 'traceparent', undefined],
    ['null carrier', null, 'traceparent', undefined],
    ['undefined carrier', undefined, 'traceparent', undefined],
    ['a carrier that is no object', 'traceparent', 'traceparent', undefined],
  ])('get: %s', (_name, carrier, name, value) => {
    expect(defaultTextMapGetter.get(carrier, name)).toEqual(value)
  })

  test.each([
    ['one value', { baggage: 'a=1,b=2' }, ['a=1,b=2']],
    ['several values in order', { Baggage: ['b=1', 'a=2'] }, ['b=1', 'a=2']],
    ['none', {}, []],
    ['null carrier', null, []],
  ])('getAll: %s', (_name, carrier, values) => {
    expect(defaultTextMapGetter.getAll?.(carrier, 'baggage')).toEqual(values)
  })

  test('keys', () => {
    expect(defaultTextMapGetter.keys({ a: '1', B: '2' })).toEqual(['a', 'B'])
    expect(defaultTextMapGetter.keys(undefined)).toEqual([])
  })
})

describe('the default setter', () => {
  test('keeps the case of keys and needs a carrier', () => {
    const carrier = {}
    defaultTextMapSetter.set(carrier, 'TraceParent', 'a')
    defaultTextMapSetter.set(null, 'a', 'b')
    expect(carrier).toEqual({ TraceParent: 'a' })
  })
})
