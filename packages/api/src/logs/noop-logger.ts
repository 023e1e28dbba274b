// SPDX-License-Identifier: Apache-2.0
import type { Logger, LoggerProvider } from './logger.ts'

const noopLogger: Logger = { emit() {}, enabled: () => false }

/**
 * A logger that drops every record.
 *
 * @example
 * ```ts
 * import { createNoopLogger } from '@otel-ts/api'
 * const logger = createNoopLogger()
 * logger.emit({ body: 'lost' })
 * console.log(logger.enabled()) // false
 * ```
 */
export function createNoopLogger(): Logger {
  return noopLogger
}

/** Gives {@link createNoopLogger}. */
export const noopLoggerProvider: LoggerProvider = { getLogger: () => noopLogger }
