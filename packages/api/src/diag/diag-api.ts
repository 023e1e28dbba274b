// SPDX-License-Identifier: Apache-2.0
import { apiGlobal } from '../global/api-global.ts'
import { existingProcessState, processState } from '../global/process-state.ts'
import {
  type ComponentLoggerOptions,
  type DiagLogFunction,
  type DiagLogger,
  type DiagLoggerOptions,
  DiagLogLevel,
} from './diag-logger.ts'
import { levelLogger } from './level-logger.ts'

/** Functions of {@link diag}. */
export interface DiagAPI extends DiagLogger {
  /**
   * Gives the diagnostics of this package and of an SDK built on it to `logger`, down to `logLevel` (default INFO).
   *
   * It is kept apart from the OpenTelemetry global and never creates or changes that one: made too early, with our
   * version, it would keep an SDK with another version of the API from registering. Once an SDK is registered through
   * this package, diagnostics of npm's copies arrive here as well, unless a logger was set through one of them.
   *
   * @returns false if `logger` is this API itself; then nothing changes.
   */
  setLogger(logger: DiagLogger, options?: DiagLoggerOptions): boolean
  setLogger(logger: DiagLogger, logLevel?: DiagLogLevel): boolean
  /** A logger that puts `options.namespace` before each message. */
  createComponentLogger(options: ComponentLoggerOptions): DiagLogger
  /** Forgets the logger set by `setLogger`. */
  disable(): void
}

type Level = keyof DiagLogger

/**
 * Who gets our diagnostics: the logger set here, else the one that was set through a copy of npm's API, else the SDK's.
 */
function currentLogger(): DiagLogger | undefined {
  const state = existingProcessState()
  // What an SDK of ours put into the global leads back to the logger or the fallback here.
  return state?.logger ?? apiGlobal()?.diag ?? state?.fallbackLogger
}

/** Diagnostics must not break what they tell of: a logger that throws loses its message, not the caller. */
function callLogger(logger: DiagLogger | undefined, level: Level, message: string, args: unknown[]): void {
  try {
    logger?.[level]?.(message, ...args)
  } catch {
    // Nobody is left to be told.
  }
}

function logTo(level: Level): DiagLogFunction {
  return (message, ...args) => callLogger(currentLogger(), level, message, args)
}

function setLogger(logger: DiagLogger, optionsOrLevel?: DiagLoggerOptions | DiagLogLevel): boolean {
  if (logger === diag) {
    diag.error(
      'API_DIAG_SELF: diag.setLogger: got diag itself, which would call itself for ever; ' +
        'expected another logger such as new DiagConsoleLogger(); the logger is unchanged',
    )
    return false
  }
  const options = typeof optionsOrLevel === 'object' ? optionsOrLevel : undefined
  const level = typeof optionsOrLevel === 'number' ? optionsOrLevel : options?.logLevel
  const next = levelLogger(level ?? DiagLogLevel.INFO, logger)
  const state = processState()
  if (state.logger !== undefined && options?.suppressOverrideMessage !== true) {
    const where = new Error('diag.setLogger was called').stack
    callLogger(state.logger, 'warn', `This diagnostic logger is replaced by another one. ${where}`, [])
    callLogger(next, 'warn', `This diagnostic logger replaces another one. ${where}`, [])
  }
  state.logger = next
  return true
}

function createComponentLogger(options: ComponentLoggerOptions): DiagLogger {
  const namespace = options?.namespace || 'DiagComponentLogger'
  const forLevel =
    (level: Level): DiagLogFunction =>
    (message, ...args) =>
      callLogger(currentLogger(), level, namespace, [message, ...args])
  return {
    error: forLevel('error'),
    warn: forLevel('warn'),
    info: forLevel('info'),
    debug: forLevel('debug'),
    verbose: forLevel('verbose'),
  }
}

/**
 * The diagnostic API: what OpenTelemetry says about itself. Silent until `setLogger` is called or an SDK brings a logger.
 *
 * @example
 * ```ts
 * import { diag, DiagLogLevel } from '@otel-ts/api'
 * const drop = () => {}
 * const error = (message: string) => console.log(message)
 * diag.setLogger({ error, warn: drop, info: drop, debug: drop, verbose: drop }, DiagLogLevel.ERROR)
 * diag.error('queue full') // queue full
 * diag.disable()
 * ```
 */
export const diag: DiagAPI = {
  setLogger,
  createComponentLogger,
  disable() {
    const state = existingProcessState()
    if (state !== undefined) state.logger = undefined
  },
  error: logTo('error'),
  warn: logTo('warn'),
  info: logTo('info'),
  debug: logTo('debug'),
  verbose: logTo('verbose'),
}

/**
 * The logger that registration shares with npm's copies. It looks up the logger at each call, so that `diag.setLogger`
 * need not touch the shared object.
 */
export function sharedForwarder(): DiagLogger {
  const state = processState()
  const forLevel =
    (level: Level): DiagLogFunction =>
    (message, ...args) =>
      callLogger(state.logger ?? state.fallbackLogger, level, message, args)
  return (state.forwarder ??= {
    error: forLevel('error'),
    warn: forLevel('warn'),
    info: forLevel('info'),
    debug: forLevel('debug'),
    verbose: forLevel('verbose'),
  })
}
