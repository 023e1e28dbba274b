// SPDX-License-Identifier: Apache-2.0
import type { ContextManager } from '../context/context-manager.ts'
import { diag, sharedForwarder } from '../diag/diag-api.ts'
import type { DiagLogger } from '../diag/diag-logger.ts'
import type { LoggerProvider } from '../logs/logger.ts'
import { noopLoggerProvider } from '../logs/noop-logger.ts'
import { showMeterProvider } from '../metrics/late-binding.ts'
import type { MeterProvider } from '../metrics/meter.ts'
import type { TextMapPropagator } from '../propagation/text-map.ts'
import { ProxyTracerProvider } from '../trace/proxy-tracer.ts'
import type { TracerProvider } from '../trace/tracer.ts'
import {
  type ApiGlobal,
  apiGlobal,
  type LegacyLogsGlobal,
  legacyLogsGlobal,
  replaceApiGlobal,
  replaceLegacyLogsGlobal,
} from './api-global.ts'
import { type ForeignApi, redirectSetLogger, tellForeignApi, untellForeignApi } from './foreign-api.ts'
import { existingProcessState, processState } from './process-state.ts'
import { isLowerVersion, stampVersion } from './version.ts'

/**
 * What can be registered for the whole process; what is left out is left as it is.
 *
 * @example
 * ```ts
 * import { createNoopLogger, createNoopMeter } from '@otel-ts/api'
 * import { registerGlobals, type GlobalParts } from '@otel-ts/api/registration'
 * const parts: GlobalParts = { metrics: { getMeter: createNoopMeter }, logs: { getLogger: createNoopLogger } }
 * const registration = registerGlobals(parts)
 * console.log(registration.registered.length) // 2
 * registration.unregister()
 * ```
 */
export interface GlobalParts {
  trace?: TracerProvider
  metrics?: MeterProvider
  logs?: LoggerProvider
  context?: ContextManager
  propagation?: TextMapPropagator
}

/** Name of a part, which is its name in the OpenTelemetry global. */
export type GlobalSlot = keyof GlobalParts

/**
 * How {@link registerGlobals} goes about it.
 *
 * @example
 * ```ts
 * import { createNoopLogger, DiagConsoleLogger } from '@otel-ts/api'
 * import { registerGlobals, type RegistrationOptions } from '@otel-ts/api/registration'
 * const options: RegistrationOptions = { fallbackDiagLogger: new DiagConsoleLogger(), apis: [] }
 * const registration = registerGlobals({ logs: { getLogger: createNoopLogger } }, options)
 * console.log(registration.refused.length) // 0
 * registration.unregister()
 * ```
 */
export interface RegistrationOptions {
  /**
   * Copies of npm's `@opentelemetry/api` and `@opentelemetry/api-logs` that the application has loaded or can resolve.
   * Tracers and loggers that were taken from them before come to life, and their `diag.setLogger` keeps working.
   */
  apis?: readonly ForeignApi[]
  /** Gets diagnostics as long as nobody has set a logger, through this package or through npm's. */
  fallbackDiagLogger?: DiagLogger
}

/** A part that was not registered. */
export interface RegistrationRefusal {
  readonly slot: GlobalSlot
  readonly code: 'API_SLOT_TAKEN'
  /** What was also logged as a diagnostic error. */
  readonly message: string
}

/** What came of {@link registerGlobals}. */
export interface Registration {
  /** Version that the OpenTelemetry global has now. */
  readonly version: string
  readonly registered: readonly GlobalSlot[]
  readonly refused: readonly RegistrationRefusal[]
  /** Takes out again what this registration put in and nobody has replaced since. */
  unregister(): void
}

const slots: readonly GlobalSlot[] = ['trace', 'metrics', 'logs', 'context', 'propagation']

/** Whether `instance` is what is registered, directly or behind a proxy. */
function isRegistered(slot: GlobalSlot, occupant: object, instance: object): boolean {
  if (occupant === instance) return true
  return slot === 'trace' && (occupant as Partial<ProxyTracerProvider>).getDelegate?.() === instance
}

function occupantOf(slot: GlobalSlot): object | undefined {
  return apiGlobal()?.[slot] ?? (slot === 'logs' ? legacyLogsGlobal() : undefined)
}

function refusal(slot: GlobalSlot, occupant: object): RegistrationRefusal {
  const maker = occupant.constructor?.name
  const message =
    `API_SLOT_TAKEN: ${slot}: something is registered already` +
    `${maker ? ` (a ${maker}, global version ${apiGlobal()?.version})` : ''}; ` +
    `one is allowed in a process; the new one is not used. Register it first, or call ${slot}.disable() before`
  diag.error(message)
  return { slot, code: 'API_SLOT_TAKEN', message }
}

/** The proxy that goes into the global as `trace`: users and vendors expect its getDelegate and setDelegate there. */
function tracerProviderProxy(delegate: TracerProvider, foreign: TracerProvider | undefined): TracerProvider {
  if (foreign === undefined) {
    const proxy = new ProxyTracerProvider()
    proxy.setDelegate(delegate)
    return proxy
  }
  // The proxy of npm's copy, so that `instanceof ProxyTracerProvider` in users' code holds; ours can flush, so let it.
  const proxy = foreign as ProxyTracerProvider
  proxy.forceFlush ??= async () => {
    await (proxy.getDelegate() as Partial<ProxyTracerProvider>).forceFlush?.()
  }
  proxy.shutdown ??= async () => {
    await (proxy.getDelegate() as Partial<ProxyTracerProvider>).shutdown?.()
  }
  return proxy
}

/** The shared object with at least version `stamp`: the one that is there, or its copy with a raised version. */
function sharedGlobal(stamp: string): ApiGlobal {
  const existing = apiGlobal()
  if (existing !== undefined && Object.isExtensible(existing) && !isLowerVersion(existing.version, stamp)) {
    return existing
  }
  // A new object, because readers of API 1.10 remember which object they found compatible. The version cannot be
  // written, as in theirs: lowering it would silence every newer reader.
  const { version: _, ...parts } = existing ?? {}
  const raised: ApiGlobal = Object.defineProperty({}, 'version', { value: stamp, enumerable: true })
  replaceApiGlobal(Object.assign(raised, parts))
  return raised
}

/**
 * Registers an SDK for the whole process, for users of this package and of every 1.x copy of npm's API alike. This and
 * the `setGlobal…` functions, which call it, are all that ever writes the OpenTelemetry global.
 *
 * - An object that is there already is kept with all that others put in; if its version is lower than ours it is
 *   replaced by a copy with ours, so that every reader up to that version sees it. npm's writers refuse such a mix.
 * - A part that somebody else has registered is not replaced: it is refused with a diagnostic error.
 * - Loggers of API 1.10 and of `@opentelemetry/api-logs` 0.x both find the logger provider.
 * - Meters that were taken from npm's copies before stay silent: they have no way to learn of a provider. Meters,
 *   tracers and loggers of this package find it.
 *
 * @example
 * ```ts
 * import { createNoopMeter, metrics } from '@otel-ts/api'
 * import { registerGlobals } from '@otel-ts/api/registration'
 * const registration = registerGlobals({ metrics: { getMeter: createNoopMeter } })
 * console.log(registration.version, registration.registered) // 1.10.0 [ 'metrics' ]
 * console.log(metrics.setGlobalMeterProvider({ getMeter: createNoopMeter })) // false
 * registration.unregister()
 * ```
 */
export function registerGlobals(parts: GlobalParts, options: RegistrationOptions = {}): Registration {
  const state = processState()
  if (options.fallbackDiagLogger !== undefined) state.fallbackLogger = options.fallbackDiagLogger

  const registered: GlobalSlot[] = []
  const refused: RegistrationRefusal[] = []
  const accepted: GlobalParts = {}
  for (const slot of slots) {
    const instance = parts[slot]
    if (instance === undefined) continue
    const occupant = occupantOf(slot)
    if (occupant === undefined) Object.assign(accepted, { [slot]: instance })
    else if (!isRegistered(slot, occupant, instance)) {
      refused.push(refusal(slot, occupant))
      continue
    }
    registered.push(slot)
  }

  let stamp = stampVersion
  let foreignProxy: TracerProvider | undefined
  const copies: { api: ForeignApi; version: string | undefined }[] = []
  for (const api of options.apis ?? []) {
    const left = tellForeignApi(api, accepted.trace, accepted.logs)
    copies.push({ api, version: left.version })
    foreignProxy ??= left.tracerProvider
    if (left.version !== undefined && isLowerVersion(stamp, left.version)) stamp = left.version
  }

  const shared = sharedGlobal(stamp)
  const put: GlobalParts = { ...accepted }
  if (accepted.trace !== undefined) put.trace = tracerProviderProxy(accepted.trace, foreignProxy)
  Object.assign(shared, put)
  shared.diag ??= sharedForwarder()
  const legacyLogs = accepted.logs === undefined ? undefined : legacyLogsOf(accepted.logs)
  if (legacyLogs !== undefined) replaceLegacyLogsGlobal(legacyLogs)

  const version = shared.version ?? stamp
  const restores = copies
    .filter((copy) => copy.version !== undefined && copy.version !== version)
    .map((copy) => redirectSetLogger(copy.api))
  showMeterProvider()
  diag.debug(`Registered ${registered.join(', ') || 'nothing'} in the OpenTelemetry global, version ${version}`)

  return {
    version,
    registered,
    refused,
    unregister() {
      const current = apiGlobal()
      for (const slot of slots) {
        if (put[slot] !== undefined && current?.[slot] === put[slot]) delete current[slot]
      }
      if (legacyLogs !== undefined && legacyLogsGlobal() === legacyLogs) replaceLegacyLogsGlobal(undefined)
      dropEmptyGlobal()
      for (const copy of copies) untellForeignApi(copy.api)
      for (const restore of restores) restore?.()
      if (state.fallbackLogger === options.fallbackDiagLogger) state.fallbackLogger = undefined
      showMeterProvider()
    },
  }
}

/** Removes the shared object if nobody has anything in it: its version would only keep another SDK from registering. */
function dropEmptyGlobal(): void {
  const { version: _, diag: logger, ...parts } = apiGlobal() ?? {}
  const isOurs = logger === undefined || logger === existingProcessState()?.forwarder
  if (isOurs && Object.keys(parts).length === 0) replaceApiGlobal(undefined)
}

/** How `@opentelemetry/api-logs` 0.x asks: any contract but its version 1 gets a provider that does nothing. */
function legacyLogsOf(provider: LoggerProvider): LegacyLogsGlobal {
  return (version) => (version === 1 ? provider : noopLoggerProvider)
}

/** Registers one part; the `setGlobal…` functions. */
export function setGlobal<Slot extends GlobalSlot>(slot: Slot, instance: NonNullable<GlobalParts[Slot]>): boolean {
  return registerGlobals({ [slot]: instance }).refused.length === 0
}

/** Takes one part out, whoever registered it; the `disable` functions. */
export function removeGlobal(slot: GlobalSlot): void {
  const shared = apiGlobal()
  if (shared !== undefined) delete shared[slot]
  if (slot === 'logs' && legacyLogsGlobal() !== undefined) replaceLegacyLogsGlobal(undefined)
  if (slot === 'metrics') showMeterProvider()
}

/**
 * Whether somebody set a diagnostic logger, through this package or through a copy of npm's API: then an SDK need not
 * bring one.
 *
 * @example
 * ```ts
 * import { diag, DiagConsoleLogger } from '@otel-ts/api'
 * import { hasDiagLogger } from '@otel-ts/api/registration'
 * console.log(hasDiagLogger()) // false
 * diag.setLogger(new DiagConsoleLogger())
 * console.log(hasDiagLogger()) // true
 * diag.disable()
 * ```
 */
export function hasDiagLogger(): boolean {
  const state = existingProcessState()
  if (state?.logger !== undefined) return true
  const shared = apiGlobal()?.diag
  return shared !== undefined && shared !== state?.forwarder
}
