// SPDX-License-Identifier: Apache-2.0
import { channel, tracingChannel } from 'node:diagnostics_channel'
import { createContextKey } from '@otel-ts/api'
import { afterEach, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import { AsyncLocalStorageContextManager } from './async-local-storage-context-manager.ts'

const manager = new AsyncLocalStorageContextManager()
const key = createContextKey('channel test')
const seen = () => manager.active().getValue(key)
const inContext = <R>(value: unknown, fn: () => R): R =>
  manager.with(manager.active().setValue(key, value), fn as never)

let unbinds: (() => void)[] = []
const bind = (...args: Parameters<typeof manager.bindChannel>) => {
  const unbind = manager.bindChannel(...args)
  unbinds.push(unbind)
  return unbind
}
afterEach(() => {
  for (const unbind of unbinds) unbind()
  unbinds = []
  vi.restoreAllMocks()
})

test('what a channel announces runs in the context made from its message, across awaits; what is around it does not', async () => {
  const queries = tracingChannel<string, { sql: string }>('otel-ts test query')
  bind(queries.start, (message, active) => active.setValue(key, (message as { sql: string }).sql))
  const inside = await queries.tracePromise(
    async () => {
      await new Promise<void>((resolve) => setImmediate(resolve))
      return seen()
    },
    { sql: 'select 1' },
  )
  expect([inside, seen()]).toEqual(['select 1', undefined])
})

test('the context that is active where the channel runs is handed on', () => {
  const jobs = channel('otel-ts test job')
  bind(jobs, (message, active) => active.setValue(key, `${String(active.getValue(key))} ${String(message)}`))
  expect(inContext('outer', () => jobs.runStores('inner', seen))).toBe('outer inner')
})

test('several bindings of one channel add to each other, each can be undone, and undoing twice does nothing', () => {
  const jobs = channel('otel-ts test several')
  const add = (text: string) =>
    bind(jobs, (_message, active) => active.setValue(key, `${active.getValue(key) ?? ''}${text}`))
  const undo = [add('a'), add('b'), add('c')]
  expect(jobs.runStores({}, seen)).toBe('abc')
  undo[1]?.()
  undo[1]?.()
  expect(jobs.runStores({}, seen)).toBe('ac')
  undo[0]?.()
  undo[2]?.()
  expect([jobs.runStores({}, seen), jobs.hasSubscribers]).toEqual([undefined, false])
})

test('managers share the one storage, and with it a channel', () => {
  const jobs = channel('otel-ts test managers')
  const other = new AsyncLocalStorageContextManager()
  bind(jobs, (_message, active) => active.setValue(key, 'first'))
  unbinds.push(
    other.bindChannel(jobs, (_message, active) => active.setValue(key, `${String(active.getValue(key))} second`)),
  )
  expect(jobs.runStores({}, seen)).toBe('first second')
})

test.each([
  [
    'throws',
    () => {
      throw new Error('mine')
    },
  ],
  ['makes none', () => undefined as never],
  ['makes null', () => null as never],
  ['makes what is no context', () => ({}) as never],
])('a function that %s leaves the active context, with a message', (_name, contextOf) => {
  const threw = vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
  const jobs = channel('otel-ts test hostile')
  bind(jobs, contextOf)
  expect(inContext('outer', () => jobs.runStores({}, seen))).toBe('outer')
  expect(threw).toHaveBeenCalledOnce()
})
