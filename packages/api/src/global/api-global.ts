// SPDX-License-Identifier: Apache-2.0
import type { ContextManager } from '../context/context-manager.ts'
import type { DiagLogger } from '../diag/diag-logger.ts'
import type { LoggerProvider } from '../logs/logger.ts'
import type { MeterProvider } from '../metrics/meter.ts'
import type { TextMapPropagator } from '../propagation/text-map.ts'
import type { TracerProvider } from '../trace/tracer.ts'

/** The object that all copies of any 1.x OpenTelemetry API for JavaScript share. */
export interface ApiGlobal {
  /** Version of the API that made it; npm's copies refuse to read from one with a lower minor than their own. */
  version?: string
  trace?: TracerProvider
  metrics?: MeterProvider
  logs?: LoggerProvider
  context?: ContextManager
  propagation?: TextMapPropagator
  diag?: DiagLogger
}

/** How `@opentelemetry/api-logs` 0.x shares its provider: called with the version of its contract, which is 1. */
export type LegacyLogsGlobal = (version: number) => LoggerProvider

const apiKey: unique symbol = Symbol.for('opentelemetry.js.api.1') as never
const legacyLogsKey: unique symbol = Symbol.for('io.opentelemetry.js.api.logs') as never

interface Host {
  [apiKey]?: ApiGlobal | undefined
  [legacyLogsKey]?: LegacyLogsGlobal | undefined
}

const host: Host = globalThis as Host

/**
 * The shared object, whatever 1.x version made it: our callers cope with what an older SDK lacks, so that, unlike npm's
 * readers, we do not turn silent when another package registered first.
 */
export function apiGlobal(): ApiGlobal | undefined {
  return host[apiKey]
}

/** Puts the shared object in place. Only registration calls this. */
export function replaceApiGlobal(value: ApiGlobal | undefined): void {
  host[apiKey] = value
}

/** The function under which loggers of `@opentelemetry/api-logs` 0.x find their provider. */
export function legacyLogsGlobal(): LegacyLogsGlobal | undefined {
  return host[legacyLogsKey]
}

/** Puts that function in place. Only registration calls this. */
export function replaceLegacyLogsGlobal(value: LegacyLogsGlobal | undefined): void {
  host[legacyLogsKey] = value
}
