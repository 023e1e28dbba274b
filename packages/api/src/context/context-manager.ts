// SPDX-License-Identifier: Apache-2.0
import type { Context } from './context.ts'

/**
 * What {@link ContextManager.attach} returns: `dispose()` brings the previous context back.
 *
 * @example
 * ```ts
 * import { context, ROOT_CONTEXT, type ContextManagementToken } from '@otel-ts/api'
 * const token: ContextManagementToken = context.attach(ROOT_CONTEXT)
 * token.dispose()
 * console.log(context.active() === ROOT_CONTEXT) // true
 * ```
 */
export interface ContextManagementToken {
  dispose(): void
}

/**
 * Keeps the active context across calls, also asynchronous ones. An SDK provides it; without one the root context is
 * always active.
 *
 * @example
 * ```ts
 * import { ROOT_CONTEXT, type Context, type ContextManager } from '@otel-ts/api'
 * let active: Context = ROOT_CONTEXT
 * const synchronous: ContextManager = {
 *   active: () => active,
 *   with(context, fn, thisArg, ...args) {
 *     const before = active
 *     active = context
 *     try {
 *       return fn.apply(thisArg as ThisParameterType<typeof fn>, args)
 *     } finally {
 *       active = before
 *     }
 *   },
 *   bind: (_context, target) => target,
 *   enable: () => synchronous,
 *   disable: () => synchronous,
 * } as ContextManager
 * const inner = ROOT_CONTEXT.setValue(Symbol('k'), 1)
 * console.log(synchronous.with(inner, () => synchronous.active() === inner), synchronous.active() === ROOT_CONTEXT) // true true
 * ```
 */
export interface ContextManager {
  /** The active context. */
  active(): Context
  /** Calls `fn` with `context` active and returns what it returns. */
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F>
  /** A function or event emitter that runs with `context` active whoever calls it. */
  bind<T>(context: Context, target: T): T
  enable(): this
  disable(): this
  /** Makes `context` active until the token is disposed. Optional: managers for API < 1.10 lack it. */
  attach?(context: Context): ContextManagementToken
}
