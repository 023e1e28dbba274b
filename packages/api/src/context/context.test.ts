// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { createContextKey, ROOT_CONTEXT } from './context.ts'

const wellKnown = [
  'OpenTelemetry Context Key SPAN',
  'OpenTelemetry Baggage Key',
  'OpenTelemetry SDK Context Key SUPPRESS_TRACING',
  'OpenTelemetry SDK Context Key RPC_METADATA',
]

describe('context', () => {
  test.each(wellKnown)('%s has the key that npm packages use', (name) => {
    expect(createContextKey(name)).toBe(Symbol.for(name))
  })

  test.each([...wellKnown, 'some-package key'])('setting and deleting %s leaves the old context as it was', (name) => {
    const key = createContextKey(name)
    const one = ROOT_CONTEXT.setValue(key, 1)
    const two = one.setValue(key, 2)
    const none = two.deleteValue(key)
    expect([ROOT_CONTEXT, one, two, none].map((context) => context.getValue(key))).toEqual([undefined, 1, 2, undefined])
  })

  test.each([...wellKnown, 'some-package key'])('setting and deleting %s keeps every other value', (name) => {
    const names = [...wellKnown, 'some-package key', 'another key']
    let context = ROOT_CONTEXT
    for (const other of names) context = context.setValue(createContextKey(other), other)
    for (const changed of [
      context.setValue(createContextKey(name), 'new'),
      context.deleteValue(createContextKey(name)),
    ]) {
      for (const other of names) {
        if (other !== name) expect(changed.getValue(createContextKey(other))).toBe(other)
      }
    }
    expect(context.getValue(createContextKey(name))).toBe(name)
  })

  test('different names give different keys', () => {
    expect(createContextKey('a')).not.toBe(createContextKey('b'))
  })

  test('a symbol of the caller is a key that no name reaches', () => {
    const mine = Symbol('a')
    const context = ROOT_CONTEXT.setValue(mine, 1)
    expect([context.getValue(mine), context.getValue(createContextKey('a'))]).toEqual([1, undefined])
  })

  test.each([[null], [0], [''], [false]])('keeps %j as a value', (value) => {
    const key = createContextKey('some-package key')
    expect(ROOT_CONTEXT.setValue(key, value).getValue(key)).toBe(value)
  })

  test('deleting what is not there changes nothing', () => {
    expect(ROOT_CONTEXT.deleteValue(createContextKey('some-package key'))).toBe(ROOT_CONTEXT)
  })
})
