// SPDX-License-Identifier: Apache-2.0
import type { TextMapPropagator } from '@otel-ts/api'
import { messageOf } from '../events.ts'

interface NodeModule {
  createRequire(path: string): (id: string) => unknown
}

interface HostProcess {
  getBuiltinModule?: (id: string) => unknown
  cwd?: () => string
  argv?: readonly string[]
}

interface ContribPropagator {
  readonly packageName: string
  /** Its class there. */
  readonly exportName: string
}

/** Propagators with packages of their own, by their names in `OTEL_PROPAGATORS`. */
const contribPropagators: Readonly<Record<string, ContribPropagator>> = {
  jaeger: { packageName: '@otel-ts/propagator-jaeger', exportName: 'JaegerPropagator' },
  ottrace: { packageName: '@otel-ts/propagator-ot-trace', exportName: 'OTTracePropagator' },
  xray: { packageName: '@otel-ts/propagator-aws-xray', exportName: 'AWSXRayPropagator' },
}

/** Whether a name is that of a propagator with its own package. */
export function isContribPropagator(name: string): boolean {
  return Object.hasOwn(contribPropagators, name)
}

/** A propagator whose package could not be loaded. */
export interface MissingPropagator {
  readonly packageName: string
  readonly reason: string
}

/**
 * Loads the package of a propagator where the application is installed: from its main script, then from the working
 * directory. It is loaded only when the environment names it, and the SDK does not depend on it.
 */
export function loadContribPropagator(name: string): TextMapPropagator | MissingPropagator {
  const { packageName, exportName } = contribPropagators[name]!
  const { process } = globalThis as { process?: HostProcess }
  const module = process?.getBuiltinModule?.('node:module') as NodeModule | undefined
  if (module === undefined) return { packageName, reason: 'only Node can load packages by name' }
  let reason = ''
  for (const origin of [process?.argv?.[1], `${process?.cwd?.() ?? ''}/index.js`]) {
    if (origin === undefined || origin === '') continue
    try {
      const exports = module.createRequire(origin)(packageName) as Record<string, new () => TextMapPropagator>
      return new exports[exportName]!()
    } catch (error) {
      // Only the first line: the rest lists who asked for it.
      reason = messageOf(error).split('\n', 1)[0]!
    }
  }
  return { packageName, reason }
}
