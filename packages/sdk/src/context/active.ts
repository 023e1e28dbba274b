// SPDX-License-Identifier: Apache-2.0
import { type Context, context } from '@otel-ts/api'

/** What the tracer needs of a context manager of this package. */
export interface DirectContextManager {
  active(): Context
  /** Runs `fn(argument)` in `context`, without the general manager's rest parameters. */
  runWith<A, R>(context: Context, fn: (argument: A) => R, argument: A): R
}

// The registered manager when it is one of ours: tracer and processors reach it without the walk through the global
// (10 against 33 ns for a with() and an active()). Undefined as soon as it is disabled.
let direct: DirectContextManager | undefined

/** Makes `manager` the one that is asked directly. Only registration calls this, when the API took the manager. */
export function setDirectContextManager(manager: DirectContextManager): void {
  direct = manager
}

/** Ends direct calls of `manager`. */
export function clearDirectContextManager(manager: DirectContextManager): void {
  if (direct === manager) direct = undefined
}

/** The active context of the process. */
export function activeContext(): Context {
  return direct === undefined ? context.active() : direct.active()
}

/** Calls `fn(argument)` with `active` as active context. */
export function runInContext<A, R>(active: Context, fn: (argument: A) => R, argument: A): R {
  return direct === undefined
    ? context.with(active, fn as (argument: A) => ReturnType<typeof fn>, undefined, argument)
    : direct.runWith(active, fn, argument)
}
