// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest'
import { ROOT_CONTEXT } from '../context/context.ts'
import { diag } from '../diag/diag-api.ts'
import { propagation } from '../propagation/propagation-api.ts'
import { baggageEntryMetadataFromString } from './baggage.ts'

afterEach(() => diag.disable())

describe('baggage without an SDK', () => {
  test.each([
    ['a value with percent sign, space and emoji', 'tenant', 'B% 💼'],
    ['an empty value', 'tenant', ''],
    ['a name that no header could carry', 'größe (in µm)', '7'],
    ['a name that objects treat specially', '__proto__', '7'],
  ])('keeps %s as it is', (_name, key, value) => {
    const baggage = propagation.createBaggage().setEntry(key, { value })
    expect(baggage.getEntry(key)).toEqual({ value })
    expect(baggage.getAllEntries()).toEqual([[key, { value }]])
  })

  test('names are case-sensitive', () => {
    const baggage = propagation.createBaggage({ a: { value: '1' }, A: { value: '2' } })
    expect([baggage.getEntry('a')?.value, baggage.getEntry('A')?.value]).toEqual(['1', '2'])
  })

  test('the last write of a name wins', () => {
    const baggage = propagation.createBaggage({ a: { value: '1' } }).setEntry('a', { value: '2' })
    expect(baggage.getAllEntries()).toEqual([['a', { value: '2' }]])
  })

  test('changes leave the old baggage as it was', () => {
    const baggage = propagation.createBaggage({ a: { value: '1' }, b: { value: '2' }, c: { value: '3' } })
    const names = (changed: typeof baggage) => changed.getAllEntries().map(([name]) => name)
    expect([
      names(baggage.setEntry('d', { value: '4' })),
      names(baggage.removeEntry('a')),
      names(baggage.removeEntries('a', 'c', 'x')),
      names(baggage.clear()),
      names(baggage),
    ]).toEqual([['a', 'b', 'c', 'd'], ['b', 'c'], ['b'], [], ['a', 'b', 'c']])
  })

  test('neither the object given nor the one returned changes an existing baggage', () => {
    const given = { value: '1' }
    const baggage = propagation.createBaggage({ a: given }).setEntry('b', given)
    given.value = 'changed'
    baggage.getEntry('a')!.value = 'changed'
    baggage.getAllEntries()[1]![1].value = 'changed'
    expect([baggage.getEntry('a')?.value, baggage.getEntry('b')?.value]).toEqual(['1', '1'])
  })

  test('metadata is kept as one opaque string', () => {
    const metadata = baggageEntryMetadataFromString('a=1;b')
    const baggage = propagation.createBaggage({ a: { value: '1', metadata } })
    expect(baggage.getEntry('a')?.metadata?.toString()).toBe('a=1;b')
  })

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [7, 'number'],
  ])('metadata of %j is empty and reported', (bad, name) => {
    const errors: string[] = []
    diag.setLogger({ error: (m) => errors.push(m), warn() {}, info() {}, debug() {}, verbose() {} })
    expect(baggageEntryMetadataFromString(bad as never).toString()).toBe('')
    expect(errors).toEqual([
      `API_BAGGAGE_METADATA: baggageEntryMetadataFromString: got ${name}; expected a string; the entry has empty metadata`,
    ])
  })

  test('travels in a context and can be cleared from it', () => {
    const baggage = propagation.createBaggage({ a: { value: '1' } })
    const context = propagation.setBaggage(ROOT_CONTEXT, baggage)
    expect(propagation.getBaggage(context)).toBe(baggage)
    expect(propagation.getBaggage(propagation.deleteBaggage(context))).toBe(undefined)
    expect([propagation.getBaggage(ROOT_CONTEXT), propagation.getActiveBaggage()]).toEqual([undefined, undefined])
  })
})
