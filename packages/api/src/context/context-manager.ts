// SPDX-License-Identifier: Apache-2.0
import type { Context } from './context.ts'

/** What {@link ContextManager.attach} returns: `dispose()` brings the previous context back. */
export interface ContextManagementToken {
  dispose(): void
}

/**
 * Keeps the active context across calls, also asynchronous ones. An SDK provides it; without one the root context is
 * always active.
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
