// SPDX-License-Identifier: Apache-2.0
import type { AsyncLocalStorage } from 'node:async_hooks'
import type { EventEmitter } from 'node:events'
import { type Context, type ContextManagementToken, type ContextManager, ROOT_CONTEXT } from '@otel-ts/api'
import { clearDirectContextManager, type DirectContextManager } from './active.ts'

// One storage for the whole process, whatever number of copies of this package it holds: on Node 20 each storage in
// use makes every await dearer (90 to 138 ns for the second).
const storageKey: unique symbol = Symbol.for('otel-ts.context-storage.1') as never

interface Host {
  [storageKey]?: AsyncLocalStorage<Context>
  process?: { getBuiltinModule?: (id: string) => unknown }
}

function sharedStorage(): AsyncLocalStorage<Context> {
  const host = globalThis as Host
  const known = host[storageKey]
  if (known !== undefined) return known
  const hooks = host.process?.getBuiltinModule?.('node:async_hooks') as typeof import('node:async_hooks') | undefined
  if (hooks === undefined) {
    throw new Error(
      'AsyncLocalStorageContextManager: this host has no node:async_hooks; needed is Node.js >= 20.16 or a runtime that offers process.getBuiltinModule; no context manager was made',
    )
  }
  const made = new hooks.AsyncLocalStorage<Context>()
  host[storageKey] = made
  return made
}

type Listener = (...args: unknown[]) => unknown
type ListenerMap = WeakMap<Listener, Listener>

interface PatchedEmitter extends Record<(typeof addMethods)[number] | 'removeListener' | 'off', EmitterMethod> {
  removeAllListeners: (...args: unknown[]) => unknown
}
type EmitterMethod = (event: string | symbol, listener: Listener) => unknown

const addMethods = ['addListener', 'on', 'once', 'prependListener', 'prependOnceListener'] as const

/**
 * Keeps the active context through calls, callbacks, timers and promises, by the host's AsyncLocalStorage.
 *
 * @example
 * ```ts
 * import { createContextKey, ROOT_CONTEXT } from '@otel-ts/api'
 * import { AsyncLocalStorageContextManager } from '@otel-ts/sdk'
 * const manager = new AsyncLocalStorageContextManager().enable()
 * const key = createContextKey('example user')
 * await manager.with(ROOT_CONTEXT.setValue(key, 'ada'), async () => {
 *   await undefined
 *   console.log(manager.active().getValue(key)) // ada
 * })
 * ```
 */
export class AsyncLocalStorageContextManager implements ContextManager, DirectContextManager {
  readonly #storage: AsyncLocalStorage<Context> = sharedStorage()
  #isEnabled = true
  // Listeners wrapped by bind(), so that off() finds them; per emitter and event.
  readonly #bound = new WeakMap<EventEmitter, Map<string | symbol, ListenerMap>>()

  active(): Context {
    const context = this.#storage.getStore()
    return context === undefined || !this.#isEnabled ? ROOT_CONTEXT : context
  }

  runWith<A, R>(context: Context, fn: (argument: A) => R, argument: A): R {
    return this.#storage.run(context, fn, argument)
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    const callback = thisArg === undefined || thisArg === null ? fn : (fn.bind(thisArg) as F)
    return this.#storage.run(context, callback as (...args: A) => ReturnType<F>, ...args)
  }

  attach(context: Context): ContextManagementToken {
    const previous = this.#storage.getStore()
    this.#storage.enterWith(context)
    let isDisposed = false
    return {
      dispose: () => {
        // Out of order: another context was attached since and is still in use, or an asynchronous border was passed.
        if (isDisposed || this.#storage.getStore() !== context) return
        isDisposed = true
        this.#storage.enterWith(previous ?? ROOT_CONTEXT)
      },
    }
  }

  bind<T>(context: Context, target: T): T {
    if (isEventEmitter(target)) return this.#bindEmitter(context, target)
    if (typeof target === 'function') return this.#bindFunction(context, target as unknown as Listener) as unknown as T
    return target
  }

  enable(): this {
    this.#isEnabled = true
    return this
  }

  disable(): this {
    this.#isEnabled = false
    clearDirectContextManager(this)
    return this
  }

  #bindFunction(context: Context, target: Listener): Listener {
    const manager = this
    const bound = function (this: unknown, ...args: unknown[]): unknown {
      return manager.with(context, () => target.apply(this, args))
    }
    Object.defineProperty(bound, 'length', { configurable: true, value: target.length })
    return bound
  }

  #bindEmitter<T extends EventEmitter>(context: Context, target: T): T {
    const emitter = target as unknown as PatchedEmitter
    if (this.#bound.has(target)) return target
    const events = new Map<string | symbol, ListenerMap>()
    this.#bound.set(target, events)
    // once() of node calls on(): the inner call must not wrap again, or off() would not find the listener.
    let isAdding = false
    for (const method of addMethods) {
      const original = emitter[method]
      if (typeof original !== 'function') continue
      emitter[method] = (event: string | symbol, listener: Listener) => {
        if (isAdding || typeof listener !== 'function') return original.call(emitter, event, listener)
        let bound = events.get(event)
        if (bound === undefined) events.set(event, (bound = new WeakMap()))
        let wrapped = bound.get(listener)
        if (wrapped === undefined) bound.set(listener, (wrapped = this.#bindFunction(context, listener)))
        isAdding = true
        try {
          return original.call(emitter, event, wrapped)
        } finally {
          isAdding = false
        }
      }
    }
    for (const method of ['removeListener', 'off'] as const) {
      const original = emitter[method]
      if (typeof original !== 'function') continue
      emitter[method] = (event: string | symbol, listener: Listener) =>
        original.call(emitter, event, events.get(event)?.get(listener) ?? listener)
    }
    const removeAll = emitter.removeAllListeners
    if (typeof removeAll === 'function') {
      emitter.removeAllListeners = (...args) => {
        if (args.length === 0) events.clear()
        else events.delete(args[0] as string | symbol)
        return removeAll.apply(emitter, args)
      }
    }
    return target
  }
}

function isEventEmitter(value: unknown): value is EventEmitter {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as EventEmitter).on === 'function' &&
    typeof (value as EventEmitter).removeListener === 'function' &&
    typeof (value as EventEmitter).emit === 'function'
  )
}
