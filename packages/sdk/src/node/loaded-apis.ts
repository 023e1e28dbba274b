// SPDX-License-Identifier: Apache-2.0
import type { ForeignApi } from '@otel-ts/api/registration'

interface NodeModule {
  createRequire(path: string): { cache: Record<string, { exports: unknown; loaded?: boolean } | undefined> }
}

const apiPath = /[\\/]@opentelemetry[\\/]api(?:-logs)?[\\/](?:build|dist)[\\/](?:src[\\/])?index\.c?js$/

/**
 * Copies of npm's API that the application has loaded through `require`, or as CommonJS through `import`: tracers were
 * perhaps taken from them already, and only through the copy itself can those be reached. Nothing is loaded for this.
 */
export function loadedApis(): ForeignApi[] {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown; cwd?: () => string } }
  const module = process?.getBuiltinModule?.('node:module') as NodeModule | undefined
  if (module === undefined) return []
  const apis: ForeignApi[] = []
  const { cache } = module.createRequire(`${process?.cwd?.() ?? ''}/index.js`)
  for (const path of Object.keys(cache)) {
    if (!apiPath.test(path)) continue
    const exports = cache[path]?.exports
    if (typeof exports === 'object' && exports !== null && ('trace' in exports || 'logs' in exports)) {
      apis.push(exports as ForeignApi)
    }
  }
  return apis
}
