// SPDX-License-Identifier: Apache-2.0
import type { DiagLogFunction, DiagLogger } from './diag-logger.ts'

type ConsoleMethod = 'error' | 'warn' | 'info' | 'debug' | 'trace'
type Console = Partial<Record<ConsoleMethod | 'log', (...args: unknown[]) => void>>
declare const console: Console | undefined

// Taken at load: an instrumentation that patches console would otherwise record its own diagnostics for ever.
const original: Console = typeof console === 'undefined' ? {} : { ...console }

function consoleFunction(name: ConsoleMethod): DiagLogFunction {
  const method = original[name] ?? original.log
  return (...args) => method?.apply(console, args)
}

/**
 * A diagnostic logger that writes to the console: `verbose` with `console.trace`, the others with the method of their
 * name. It keeps the console's methods as they were when this module was loaded.
 *
 * @example
 * ```ts
 * import { diag, DiagConsoleLogger, DiagLogLevel } from '@otel-ts/api'
 * console.log(diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN)) // true
 * diag.disable()
 * ```
 */
export class DiagConsoleLogger implements DiagLogger {
  error: DiagLogFunction = consoleFunction('error')
  warn: DiagLogFunction = consoleFunction('warn')
  info: DiagLogFunction = consoleFunction('info')
  debug: DiagLogFunction = consoleFunction('debug')
  verbose: DiagLogFunction = consoleFunction('trace')
}
