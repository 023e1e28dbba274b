// SPDX-License-Identifier: Apache-2.0
import type { ContextManager, TextMapPropagator, TracerProvider } from '@otel-ts/api'
import {
  type ForeignApi,
  type GlobalParts,
  hasDiagLogger,
  type Registration,
  registerGlobals,
} from '@otel-ts/api/registration'
import { clearDirectContextManager, setDirectContextManager } from '../context/active.ts'
import { AsyncLocalStorageContextManager } from '../context/async-local-storage-context-manager.ts'
import { environmentPropagator } from '../env/propagators.ts'
import { sdkEvents } from '../events.ts'
import { loadedApis } from './loaded-apis.ts'
import { stderrLogger } from './stderr-logger.ts'

/** What is registered besides a tracer provider. */
export interface SdkRegistrationConfig {
  /** Default: those of `OTEL_PROPAGATORS`. `null`: none is registered. */
  propagator?: TextMapPropagator | null
  /** Default: an {@link AsyncLocalStorageContextManager}. `null`: none is registered. */
  contextManager?: ContextManager | null
  /**
   * Copies of npm's `@opentelemetry/api` that were loaded as ES modules before this call. Copies loaded through
   * `require` are found without this.
   */
  apis?: readonly ForeignApi[]
}

/**
 * Makes an SDK the one of the process, for users of our API and of npm's alike. What is taken already stays, with a
 * warning. Unless a diagnostic logger is set, messages from `OTEL_LOG_LEVEL` up go to stderr from here on.
 */
export function registerSdk(
  tracerProvider: TracerProvider | undefined,
  config: SdkRegistrationConfig = {},
): Registration {
  const parts: GlobalParts = {}
  if (tracerProvider !== undefined) parts.trace = tracerProvider
  const contextManager =
    config.contextManager === undefined ? new AsyncLocalStorageContextManager() : config.contextManager
  if (contextManager !== null) parts.context = contextManager.enable()
  const propagator = config.propagator === undefined ? environmentPropagator() : config.propagator
  if (propagator !== null && propagator !== undefined) parts.propagation = propagator
  const apis = [...new Set([...loadedApis(), ...(config.apis ?? [])])]
  const registration = registerGlobals(parts, {
    apis,
    ...(hasDiagLogger() ? {} : { fallbackDiagLogger: stderrLogger() }),
  })
  sdkEvents.registered(true)
  const ownContext = contextManager instanceof AsyncLocalStorageContextManager ? contextManager : undefined
  if (ownContext !== undefined && registration.registered.includes('context')) setDirectContextManager(ownContext)
  return {
    ...registration,
    unregister() {
      registration.unregister()
      if (ownContext !== undefined) clearDirectContextManager(ownContext)
      sdkEvents.registered(false)
    },
  }
}
