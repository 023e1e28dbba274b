// SPDX-License-Identifier: Apache-2.0
import { diag } from '../diag/diag-api.ts'
import { removeGlobal, setGlobal } from '../global/register.ts'
import { activeContext, contextManager, nothingAttached } from './active-context.ts'
import type { Context } from './context.ts'
import type { ContextManagementToken, ContextManager } from './context-manager.ts'

/** Functions of {@link context}. */
export interface ContextAPI {
  /**
   * Registers `contextManager` for the whole process. A registration call: it creates the OpenTelemetry global if there
   * is none. False, with a diagnostic error, if another one is registered.
   */
  setGlobalContextManager(contextManager: ContextManager): boolean
  /** The active context; `ROOT_CONTEXT` where no other one is, always without an SDK. */
  active(): Context
  /** Calls `fn` with `context` active and returns what it returns. */
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F>
  /** A function or event emitter like `target` that runs with `context` active whoever calls it. */
  bind<T>(context: Context, target: T): T
  /**
   * Makes `context` active until the returned token is disposed; for callback borders that `with` cannot span. Where the
   * context manager cannot do it, a warning is logged once and nothing changes.
   */
  attach(context: Context): ContextManagementToken
  /** Disables and removes the registered context manager. */
  disable(): void
}

let warnedOfAttach = false

/**
 * The context API: what is active now, and code that runs with another context. Specification: context/README.md.
 *
 * @example
 * ```ts
 * import { context, createContextKey } from '@otel-ts/api'
 * const key = createContextKey('my-app request')
 * const result = context.with(context.active().setValue(key, 7), (a: number) => a + 1, undefined, 1)
 * console.log(result) // 2
 * ```
 */
export const context: ContextAPI = {
  setGlobalContextManager: (contextManager) => setGlobal('context', contextManager),
  active: activeContext,
  with: (context, fn, thisArg, ...args) => contextManager().with(context, fn, thisArg, ...args),
  bind: (context, target) => contextManager().bind(context, target),
  attach(context) {
    const current = contextManager()
    if (current.attach !== undefined) return current.attach(context)
    if (!warnedOfAttach) {
      warnedOfAttach = true
      diag.warn(
        'API_ATTACH_UNSUPPORTED: context.attach: the registered context manager has no attach(); ' +
          'managers for @opentelemetry/api >= 1.10 have it; the context is not active, use context.with or context.bind',
      )
    }
    return nothingAttached
  },
  disable() {
    contextManager().disable()
    removeGlobal('context')
  },
}
