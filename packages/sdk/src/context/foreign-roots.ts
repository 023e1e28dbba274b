// SPDX-License-Identifier: Apache-2.0
import { type Context, ROOT_CONTEXT } from '@otel-ts/api'

// Root contexts of copies of npm's API. npm's instrumentations extract into theirs, and every context made from it
// would be one of npm's: a copied Map and three closures for each value that is set (three a request, 1.1 KB).
const foreignRoots: Context[] = []

/** Lets {@link ownContext} know the root context of another copy of the API. Anything else is ignored. */
export function rememberForeignRoot(root: unknown): void {
  const isContext = typeof (root as Context | null | undefined)?.setValue === 'function'
  if (isContext && root !== ROOT_CONTEXT && !foreignRoots.includes(root as Context)) foreignRoots.push(root as Context)
}

/** Our own root context for another copy's, which holds as little; any other context as it is. */
export function ownContext(context: Context): Context {
  for (let i = 0; i < foreignRoots.length; i++) if (foreignRoots[i] === context) return ROOT_CONTEXT
  return context
}
