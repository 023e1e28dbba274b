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
    const bound = this.#wrap(context, target)
    Object.defineProperty(bound, 'length', { configurable: true, value: target.length })
    return bound
  }

  #wrap(context: Context, target: Listener): Listener {
    const storage = this.#storage
    return function (this: unknown, ...args: unknown[]): unknown {
      return storage.run(context, Reflect.apply, target, this, args)
    }
  }

  #bindEmitter<T extends EventEmitter>(context: Context, target: T): T {
    const emitter = target as unknown as PatchedEmitter
    if (emitter[bindingKey] !== undefined) return target
    emitter[bindingKey] = {
      // Nobody asks a listener for its length.
      bind: (listener) => this.#wrap(context, listener),
      wrappers: undefined,
      isAdding: false,
    }
    for (const method of addMethods) {
      const original = emitter[method]
      if (typeof original === 'function') emitter[method] = patched(patchedAdds, original, patchAdd)
    }
    for (const method of removeMethods) {
      const original = emitter[method]
      if (typeof original === 'function') emitter[method] = patched(patchedRemoves, original, patchRemove)
    }
    return target
  }
}

const addMethods = ['addListener', 'on', 'once', 'prependListener', 'prependOnceListener'] as const
const removeMethods = ['removeListener', 'off'] as const
const bindingKey: unique symbol = Symbol('otel-ts emitter binding')

/** What a bound emitter carries: a property costs less than a WeakMap of emitters, and servers bind two a request. */
interface EmitterBinding {
  readonly bind: (listener: Listener) => Listener
  /** Listeners as they were wrapped here, so that off() finds them. */
  wrappers: WeakMap<Listener, Listener> | undefined
  isAdding: boolean
}

type EmitterMethod = (this: PatchedEmitter, event: string | symbol, listener: Listener) => unknown

interface PatchedEmitter extends Record<(typeof addMethods)[number] | (typeof removeMethods)[number], EmitterMethod> {
  [bindingKey]?: EmitterBinding
}

// The replacement of a method finds everything on its emitter: one per original method, not seven closures per request.
const patchedAdds = new WeakMap<EmitterMethod, EmitterMethod>()
const patchedRemoves = new WeakMap<EmitterMethod, EmitterMethod>()

function patched(
  known: WeakMap<EmitterMethod, EmitterMethod>,
  original: EmitterMethod,
  patch: (original: EmitterMethod) => EmitterMethod,
): EmitterMethod {
  let replacement = known.get(original)
  if (replacement === undefined) known.set(original, (replacement = patch(original)))
  return replacement
}

function patchAdd(original: EmitterMethod): EmitterMethod {
  return function (event, listener) {
    const binding = this[bindingKey]
    // once() of node calls on(): the inner call must not wrap again, or off() would not find the listener.
    if (binding === undefined || binding.isAdding || typeof listener !== 'function') {
      return original.call(this, event, listener)
    }
    binding.wrappers ??= new WeakMap()
    let wrapped = binding.wrappers.get(listener)
    if (wrapped === undefined) binding.wrappers.set(listener, (wrapped = binding.bind(listener)))
    binding.isAdding = true
    try {
      return original.call(this, event, wrapped)
    } finally {
      binding.isAdding = false
    }
  }
}

function patchRemove(original: EmitterMethod): EmitterMethod {
  return function (event, listener) {
    return original.call(this, event, this[bindingKey]?.wrappers?.get(listener) ?? listener)
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
