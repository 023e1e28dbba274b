// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { type Context, ROOT_CONTEXT } from '@otel-ts/api'
import { beforeEach, describe, expect, test } from 'vitest'
import { AsyncLocalStorageContextManager } from './async-local-storage-context-manager.ts'

const key = Symbol('test')
const contextOf = (value: string): Context => ROOT_CONTEXT.setValue(key, value)
const manager = new AsyncLocalStorageContextManager().enable()

let seen: unknown[] = []
beforeEach(() => {
  seen = []
})
const listener = (...args: unknown[]) => void seen.push(manager.active().getValue(key), ...args)

const adders = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const

describe.each(adders)('%s of a bound emitter', (add) => {
  test('runs the listener in the context with its arguments, and takes off what off() and removeListener() name', () => {
    const emitter = manager.bind(contextOf('bound'), new EventEmitter())
    emitter[add]('event', listener)
    manager.with(contextOf('caller'), () => emitter.emit('event', 1, 2))
    expect(seen).toEqual(['bound', 1, 2])
    emitter.removeAllListeners()
    emitter[add]('event', listener)
    emitter.off('event', listener)
    emitter[add]('event', listener)
    emitter.removeListener('event', listener)
    expect(emitter.listenerCount('event')).toBe(0)
  })

  test('shows the listener itself to listeners()', () => {
    const emitter = manager.bind(contextOf('bound'), new EventEmitter())
    emitter[add]('event', listener)
    expect(emitter.listeners('event')).toEqual([listener])
  })

  test('refuses what is no function as node does', () => {
    const emitter = manager.bind(contextOf('bound'), new EventEmitter())
    expect(() => emitter[add]('event', 5 as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
    expect(emitter[add]('event', listener)).toBe(emitter)
  })
})

test.each(['once', 'prependOnceListener'] as const)('%s calls its listener once, also when it emits again', (add) => {
  const emitter = manager.bind(contextOf('bound'), new EventEmitter())
  emitter[add]('event', () => {
    listener()
    emitter.emit('event')
  })
  emitter.emit('event')
  expect(seen).toEqual(['bound'])
  expect(emitter.listenerCount('event')).toBe(0)
})

test('a listener that was added twice is called twice and taken off one at a time', () => {
  const emitter = manager.bind(contextOf('bound'), new EventEmitter())
  emitter.on('event', listener).on('event', listener)
  emitter.emit('event')
  emitter.off('event', listener)
  emitter.emit('event')
  expect(seen).toEqual(['bound', 'bound', 'bound'])
})

test('two emitters of one class keep a context each', () => {
  const first = manager.bind(contextOf('first'), new EventEmitter())
  const second = manager.bind(contextOf('second'), new EventEmitter())
  for (const emitter of [first, second]) emitter.on('event', listener)
  for (const emitter of [second, first]) emitter.emit('event')
  expect(seen).toEqual(['second', 'first'])
})

test('streams start to flow when a bound listener waits for data', async () => {
  const stream = manager.bind(contextOf('bound'), new PassThrough())
  stream.end('text')
  await new Promise((resolve) => stream.on('data', (data) => listener(String(data))).on('end', resolve))
  expect(seen).toEqual(['bound', 'text'])
})

test('a class whose on() calls addListener() has its listeners wrapped once', () => {
  class Detour extends EventEmitter {
    override on(event: string, added: (...args: unknown[]) => void): this {
      return this.addListener(event, added)
    }
  }
  const emitter = manager.bind(contextOf('bound'), new Detour())
  emitter.on('event', listener)
  expect(emitter.listeners('event')).toEqual([listener])
  emitter.off('event', listener)
  expect(emitter.listenerCount('event')).toBe(0)
})

test('an once() that a class defines itself is kept, and its listeners run in the context', () => {
  class Own extends EventEmitter {
    override once(event: string, added: (...args: unknown[]) => void): this {
      seen.push('own once')
      return super.once(event, added)
    }
  }
  const emitter = manager.bind(contextOf('bound'), new Own())
  emitter.once('event', listener)
  emitter.emit('event')
  emitter.emit('event')
  expect(seen).toEqual(['own once', 'bound'])
  expect(emitter.listenerCount('event')).toBe(0)
})

test('what only looks like an emitter is left alone', () => {
  const lookAlike = { on() {}, removeListener() {}, emit() {} }
  const on = lookAlike.on
  expect(manager.bind(contextOf('bound'), lookAlike).on).toBe(on)
})
