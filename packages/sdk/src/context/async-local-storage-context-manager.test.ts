// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from 'node:events'
import { ROOT_CONTEXT } from '@otel-ts/api'
import { describe, expect, test } from 'vitest'
import { AsyncLocalStorageContextManager } from './async-local-storage-context-manager.ts'

const key = Symbol('test')
const one = ROOT_CONTEXT.setValue(key, 1)
const two = ROOT_CONTEXT.setValue(key, 2)
const manager = new AsyncLocalStorageContextManager().enable()
const value = () => manager.active().getValue(key)

test('without anything active the root context is', () => {
  expect(manager.active()).toBe(ROOT_CONTEXT)
})

test('with() passes this and arguments, returns the result, and leaves the context also when the function throws', () => {
  function add(this: number, a: number, b: number) {
    return [this + a + b, value()]
  }
  expect(manager.with(one, add as never, 1 as never, 2 as never, 3 as never)).toEqual([6, 1])
  const failing = () =>
    manager.with(one, () => {
      throw new Error('theirs')
    })
  expect(failing).toThrow('theirs')
  expect(manager.active()).toBe(ROOT_CONTEXT)
})

test('survives awaits, timers, immediates, microtasks and nesting', async () => {
  const seen: unknown[] = []
  await manager.with(one, async () => {
    await Promise.resolve()
    seen.push(value())
    await manager.with(two, async () => {
      await new Promise((resolve) => setTimeout(resolve, 0))
      seen.push(value())
    })
    await new Promise<void>((resolve) => setImmediate(() => resolve(void seen.push(value()))))
    await new Promise<void>((resolve) => queueMicrotask(() => resolve(void seen.push(value()))))
  })
  expect(seen).toEqual([1, 2, 1, 1])
})

test('concurrent work keeps its own context', async () => {
  const run = (n: number) =>
    manager.with(ROOT_CONTEXT.setValue(key, n), async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return value()
    })
  expect(await Promise.all([1, 2, 3].map(run))).toEqual([1, 2, 3])
})

test('two managers share one storage', () => {
  expect(manager.with(one, () => new AsyncLocalStorageContextManager().active().getValue(key))).toBe(1)
})

test('a disabled manager shows the root context', () => {
  const other = new AsyncLocalStorageContextManager()
  expect(other.with(one, () => other.disable().active())).toBe(ROOT_CONTEXT)
  expect(other.with(one, () => other.enable().active())).toBe(one)
})

describe('attach', () => {
  test('makes a context active until its token is disposed', () => {
    manager.with(one, () => {
      const token = manager.attach(two)
      expect(value()).toBe(2)
      token.dispose()
      expect(value()).toBe(1)
      token.dispose()
      expect(value()).toBe(1)
    })
  })

  test('a token disposed out of order changes nothing', () => {
    manager.with(ROOT_CONTEXT, () => {
      const outer = manager.attach(one)
      const inner = manager.attach(two)
      outer.dispose()
      expect(value()).toBe(2)
      inner.dispose()
      expect(value()).toBe(1)
    })
  })
})

describe('bind', () => {
  test('functions run in the context, with their this, arguments and length', () => {
    const bound = manager.bind(one, function (this: string, a: number, b: number) {
      return [String(this), a + b, value()]
    })
    expect(bound.call('me', 1, 2)).toEqual(['me', 3, 1])
    expect(bound).toHaveLength(2)
  })

  test('listeners of an emitter run in the context, once stays once, off finds them', () => {
    const emitter = manager.bind(one, new EventEmitter())
    const seen: unknown[] = []
    const listener = () => seen.push(value())
    emitter.on('a', listener)
    emitter.once('b', listener)
    emitter.prependListener('c', listener)
    for (const event of ['a', 'b', 'b', 'c']) manager.with(two, () => emitter.emit(event))
    expect(seen).toEqual([1, 1, 1])
    emitter.off('a', listener)
    emitter.removeListener('c', listener)
    expect([emitter.listenerCount('a'), emitter.listenerCount('b'), emitter.listenerCount('c')]).toEqual([0, 0, 0])
    emitter.once('d', listener)
    emitter.off('d', listener)
    emitter.on('e', listener).removeAllListeners('e')
    emitter.on('f', listener).removeAllListeners()
    expect(emitter.eventNames()).toEqual([])
  })

  test('binding an emitter twice keeps the first context; other values come back as they are', () => {
    const emitter = new EventEmitter()
    expect(manager.bind(two, manager.bind(one, emitter))).toBe(emitter)
    const seen: unknown[] = []
    emitter.on('a', () => seen.push(value())).emit('a')
    expect(seen).toEqual([1])
    expect(manager.bind(one, 5)).toBe(5)
    expect(manager.bind(one, null)).toBe(null)
  })
})
