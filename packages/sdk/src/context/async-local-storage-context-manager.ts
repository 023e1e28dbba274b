// SPDX-License-Identifier: Apache-2.0
import type { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, type ContextManagementToken, type ContextManager, ROOT_CONTEXT } from '@otel-ts/api'
import { clearDirectContextManager, type DirectContextManager } from './active.ts'
import { bindChannel, type ChannelContext, type StoreChannel } from './bind-channel.ts'
import { EmitterBinder } from './bind-emitter.ts'

type Listener = (...args: unknown[]) => unknown

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
  const hooks = builtin('node:async_hooks') as typeof import('node:async_hooks') | undefined
  if (hooks === undefined) {
    throw new Error(
      'AsyncLocalStorageContextManager: this host has no node:async_hooks; needed is Node.js >= 20.16 or a runtime that offers process.getBuiltinModule; no context manager was made',
    )
  }
  const made = new hooks.AsyncLocalStorage<Context>()
  host[storageKey] = made
  return made
}

function builtin(id: string): unknown {
  return (globalThis as Host).process?.getBuiltinModule?.(id)
}

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
  #binder: EmitterBinder | undefined

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

  /**
   * A function that runs in `context`, or the emitter itself, whose listeners run in it from now on. Anything else comes
   * back as it is.
   */
  bind<T>(context: Context, target: T): T {
    if (typeof target === 'function') return this.#bindFunction(context, target as unknown as Listener) as unknown as T
    if (typeof target !== 'object' || target === null) return target
    this.#binder ??= new EmitterBinder(
      (builtin('node:events') as typeof import('node:events')).EventEmitter,
      (bound, emit, emitter, args) => this.#storage.run(bound, Reflect.apply, emit, emitter, args),
    )
    if (this.#binder.canBind(target)) this.#binder.bind(context, target)
    return target
  }

  /**
   * Lets a channel of `node:diagnostics_channel` make the context for what it announces: whoever calls its `runStores`,
   * as tracing channels do with their `start`, runs its function in the context that `contextOf` returns. Returns what
   * ends that. Several may bind one channel; each gets the context of the one before.
   *
   * @example
   * ```ts
   * import { tracingChannel } from 'node:diagnostics_channel'
   * import { createContextKey } from '@otel-ts/api'
   * import { AsyncLocalStorageContextManager } from '@otel-ts/sdk'
   * const manager = new AsyncLocalStorageContextManager().enable()
   * const key = createContextKey('query')
   * const queries = tracingChannel('example.query')
   * const unbind = manager.bindChannel(queries.start, (message, active) => active.setValue(key, (message as { sql: string }).sql))
   * await queries.tracePromise(async () => {
   *   await undefined
   *   console.log(manager.active().getValue(key)) // select 1
   * }, { sql: 'select 1' })
   * unbind()
   * ```
   */
  bindChannel(channel: StoreChannel, contextOf: ChannelContext): () => void {
    return bindChannel(this.#storage, () => this.active(), channel, contextOf)
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
    const storage = this.#storage
    const bound = function (this: unknown, ...args: unknown[]): unknown {
      return storage.run(context, Reflect.apply, target, this, args)
    }
    // Most have none, and defining it takes 0.3 us. Express tells error handlers by it.
    if (target.length !== 0) Object.defineProperty(bound, 'length', { configurable: true, value: target.length })
    return bound
  }
}
