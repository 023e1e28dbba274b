// SPDX-License-Identifier: Apache-2.0
import { diag } from '../diag/diag-api.ts'
import type { LoggerProvider } from '../logs/logger.ts'
import type { TracerProvider } from '../trace/tracer.ts'
import { apiGlobal, legacyLogsGlobal, replaceApiGlobal, replaceLegacyLogsGlobal } from './api-global.ts'

/**
 * A loaded copy of npm's `@opentelemetry/api` or `@opentelemetry/api-logs`, whole or the parts of it that matter: the
 * module namespace, or what `require` returns.
 */
export interface ForeignApi {
  readonly trace?: { setGlobalTracerProvider(provider: TracerProvider): unknown; disable?(): void }
  readonly logs?: { setGlobalLoggerProvider(provider: LoggerProvider): unknown; disable?(): void }
  readonly diag?: { setLogger: unknown }
}

/** What a copy left in the global while it had it for itself. */
export interface ForeignTraces {
  /** Version of the copy; undefined if it does not use the global. */
  readonly version: string | undefined
  /** The tracer provider it registered: a proxy to ours that its own early tracers know. */
  readonly tracerProvider: TracerProvider | undefined
}

/**
 * Runs `act` while the globals seem empty, and returns what it left in the OpenTelemetry one; the real ones are put back.
 *
 * npm's copies refuse to register into a global of another version or with a taken slot. What we want of them is only
 * their side effect: their early tracers and loggers get a delegate. All of it is synchronous, so nobody else sees it.
 */
function withEmptyGlobals(act: () => void): ReturnType<typeof apiGlobal> {
  const shared = apiGlobal()
  const legacyLogs = legacyLogsGlobal()
  let failure: unknown
  replaceApiGlobal(undefined)
  replaceLegacyLogsGlobal(undefined)
  try {
    act()
    return apiGlobal()
  } catch (error) {
    failure = error
    return undefined
  } finally {
    replaceApiGlobal(shared)
    replaceLegacyLogsGlobal(legacyLogs)
    if (failure !== undefined) {
      diag.error(
        `API_COPY_FAILED: a copy of @opentelemetry/api given to registration threw ${String(failure)}; ` +
          'expected 1.x of @opentelemetry/api or 0.x of @opentelemetry/api-logs; what was taken from it early stays silent',
      )
    }
  }
}

/** Lets `copy` register the providers, so that tracers and loggers taken from it before find them. */
export function tellForeignApi(
  copy: ForeignApi,
  tracerProvider: TracerProvider | undefined,
  loggerProvider: LoggerProvider | undefined,
): ForeignTraces {
  const left = withEmptyGlobals(() => {
    if (tracerProvider !== undefined) copy.trace?.setGlobalTracerProvider(tracerProvider)
    if (loggerProvider !== undefined) copy.logs?.setGlobalLoggerProvider(loggerProvider)
    if (copy.diag !== undefined && !isRedirected(copy.diag)) {
      // A copy has no version to ask for, but writes it into a global that it makes.
      ;(copy.diag.setLogger as (logger: object) => unknown)({})
    }
  })
  return { version: left?.version, tracerProvider: left?.trace }
}

/** Lets `copy` forget the providers: tracers taken from it now are silent again. */
export function untellForeignApi(copy: ForeignApi): void {
  withEmptyGlobals(() => {
    copy.trace?.disable?.()
    copy.logs?.disable?.()
  })
}

const redirectMark: unique symbol = Symbol.for('otel-ts.api.redirected') as never

function isRedirected(target: { setLogger: unknown }): boolean {
  return redirectMark in (target.setLogger as object)
}

/**
 * Makes `setLogger` of a copy set our logger. A copy of another version than the global refuses to write into it, so
 * after registration a user's call would otherwise do nothing.
 *
 * @returns what restores the copy.
 */
export function redirectSetLogger(copy: ForeignApi): (() => void) | undefined {
  const target = copy.diag as { setLogger: unknown } | undefined
  if (target === undefined || isRedirected(target)) return undefined
  const original = target.setLogger
  target.setLogger = Object.assign((...args: Parameters<typeof diag.setLogger>) => diag.setLogger(...args), {
    [redirectMark]: true,
  })
  return () => {
    target.setLogger = original
  }
}
