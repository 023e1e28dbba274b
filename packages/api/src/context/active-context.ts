// SPDX-License-Identifier: Apache-2.0
import { apiGlobal } from '../global/api-global.ts'
import { type Context, ROOT_CONTEXT } from './context.ts'
import type { ContextManagementToken, ContextManager } from './context-manager.ts'

/** What `attach` returns where nothing was attached. */
export const nothingAttached: ContextManagementToken = Object.freeze({ dispose() {} })

const noopContextManager: ContextManager = {
  active: () => ROOT_CONTEXT,
  with: (_context, fn, thisArg, ...args) => fn.apply(thisArg as ThisParameterType<typeof fn>, args),
  bind: (_context, target) => target,
  enable() {
    return this
  },
  disable() {
    return this
  },
  attach: () => nothingAttached,
}

/** The registered context manager, or one for which the root context is always active. */
export function contextManager(): ContextManager {
  return apiGlobal()?.context ?? noopContextManager
}

/** The active context. */
export function activeContext(): Context {
  return apiGlobal()?.context?.active() ?? ROOT_CONTEXT
}
