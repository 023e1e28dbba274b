// SPDX-License-Identifier: Apache-2.0
import { sdkEvents } from '../events.ts'
import type { InstrumentationScope } from './readable-span.ts'

/** How the tracers of one scope behave. */
export interface TracerConfig {
  /** Default true. A tracer that is not enabled records nothing, and carries the parent's context on. */
  readonly enabled?: boolean
}

/**
 * Says how the tracers of a scope behave; `undefined` means the default. It is called once for each tracer, and again
 * when another configurator is set: keep it quick and without side effects. Specification: trace/sdk.md#tracerconfigurator.
 *
 * @experimental The specification has it in development.
 *
 * @example
 * ```ts
 * import { InMemorySpanExporter, SimpleSpanProcessor, type TracerConfigurator, TracerProvider } from '@otel-ts/sdk'
 * const quiet: TracerConfigurator = (scope) => ({ enabled: scope.name !== 'noisy' })
 * const exporter = new InMemorySpanExporter()
 * const provider = new TracerProvider({ tracerConfigurator: quiet, spanProcessors: [new SimpleSpanProcessor({ exporter })] })
 * const tracer = provider.getTracer('noisy')
 * console.log(tracer.enabled?.()) // false
 * provider.setTracerConfigurator(undefined)
 * console.log(tracer.enabled?.()) // true
 * await provider.shutdown()
 * ```
 */
export type TracerConfigurator = (scope: InstrumentationScope) => TracerConfig | undefined

/** Whether a scope's tracers are enabled. A configurator that throws or answers nonsense leaves them as they are by default. */
export function isScopeEnabled(configurator: TracerConfigurator | undefined, scope: InstrumentationScope): boolean {
  if (configurator === undefined) return true
  try {
    return configurator(scope)?.enabled !== false
  } catch (error) {
    sdkEvents.callbackThrew('the tracer configurator', error)
    return true
  }
}
