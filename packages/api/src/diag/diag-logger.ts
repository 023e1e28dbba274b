// SPDX-License-Identifier: Apache-2.0

/** One method of a {@link DiagLogger}. */
export type DiagLogFunction = (message: string, ...args: unknown[]) => void

/**
 * Takes what the API and the SDK have to say about themselves.
 *
 * @example
 * ```ts
 * import { diag, type DiagLogger } from '@otel-ts/api'
 * const lines: string[] = []
 * const note = (message: string) => void lines.push(message)
 * const logger: DiagLogger = { error: note, warn: note, info: note, debug: note, verbose: note }
 * diag.setLogger(logger)
 * diag.warn('queue nearly full')
 * diag.debug('below the default level')
 * console.log(lines.join()) // queue nearly full
 * diag.disable()
 * ```
 */
export interface DiagLogger {
  /** Data is lost or an operation failed. */
  error: DiagLogFunction
  /** Something is degraded; nothing is lost. */
  warn: DiagLogFunction
  info: DiagLogFunction
  debug: DiagLogFunction
  /** May contain what users send; not for production. */
  verbose: DiagLogFunction
}

/**
 * How much a diagnostic logger is told.
 *
 * @example
 * ```ts
 * import { DiagLogLevel } from '@otel-ts/api'
 * console.log(DiagLogLevel.WARN, DiagLogLevel[50]) // 50 WARN
 * ```
 */
export const DiagLogLevel: {
  readonly NONE: 0
  readonly ERROR: 30
  readonly WARN: 50
  /** The default. */
  readonly INFO: 60
  readonly DEBUG: 70
  readonly VERBOSE: 80
  readonly ALL: 9999
  readonly [value: number]: string
} = {
  NONE: 0,
  ERROR: 30,
  WARN: 50,
  INFO: 60,
  DEBUG: 70,
  VERBOSE: 80,
  ALL: 9999,
  0: 'NONE',
  30: 'ERROR',
  50: 'WARN',
  60: 'INFO',
  70: 'DEBUG',
  80: 'VERBOSE',
  9999: 'ALL',
}

/** A value of {@link DiagLogLevel}. */
export type DiagLogLevel = 0 | 30 | 50 | 60 | 70 | 80 | 9999

/**
 * What {@link DiagAPI.createComponentLogger} takes.
 *
 * @example
 * ```ts
 * import { diag, type ComponentLoggerOptions } from '@otel-ts/api'
 * const options: ComponentLoggerOptions = { namespace: 'my-instrumentation' }
 * console.log(typeof diag.createComponentLogger(options).warn) // function
 * ```
 */
export interface ComponentLoggerOptions {
  /** Put before each message. */
  namespace: string
}

/**
 * What {@link DiagAPI.setLogger} takes.
 *
 * @example
 * ```ts
 * import { diag, DiagConsoleLogger, DiagLogLevel, type DiagLoggerOptions } from '@otel-ts/api'
 * const options: DiagLoggerOptions = { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true }
 * console.log(diag.setLogger(new DiagConsoleLogger(), options)) // true
 * diag.disable()
 * ```
 */
export interface DiagLoggerOptions {
  /** Default {@link DiagLogLevel.INFO}. */
  logLevel?: DiagLogLevel
  /** Do not tell the old and the new logger that one replaces the other. */
  suppressOverrideMessage?: boolean
}
