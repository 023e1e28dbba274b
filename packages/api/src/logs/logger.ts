// SPDX-License-Identifier: Apache-2.0
import type { Attributes } from '../attributes.ts'
import type { Context } from '../context/context.ts'
import type { LogRecord } from './log-record.ts'
import type { SeverityNumber } from './severity-number.ts'

/**
 * What {@link Logger.enabled} may look at.
 *
 * @example
 * ```ts
 * import { logs, SeverityNumber, type LoggerEnabledOptions } from '@otel-ts/api'
 * const options: LoggerEnabledOptions = { severityNumber: SeverityNumber.DEBUG, eventName: 'shop.order' }
 * console.log(logs.getLogger('shop').enabled(options)) // false
 * ```
 */
export interface LoggerEnabledOptions {
  /** Default: the active context. */
  context?: Context
  severityNumber?: SeverityNumber
  eventName?: string
}

/**
 * Identity of a logger beside name and version.
 *
 * @example
 * ```ts
 * import { logs, type LoggerOptions } from '@otel-ts/api'
 * const options: LoggerOptions = { attributes: { 'shop.region': 'eu' } }
 * console.log(logs.getLogger('shop', '1.2.0', options).enabled()) // false
 * ```
 */
export interface LoggerOptions {
  /** Schema of the telemetry this logger writes. */
  schemaUrl?: string
  /** Attributes of the instrumentation scope; part of its identity. */
  attributes?: Attributes
}

/**
 * Emits log records. Specification: logs/api.md#logger.
 *
 * @example
 * ```ts
 * import { logs, SeverityNumber, type Logger } from '@otel-ts/api'
 * const logger: Logger = logs.getLogger('shop')
 * logger.emit({ severityNumber: SeverityNumber.ERROR, body: 'card declined' })
 * console.log(logger.enabled({ severityNumber: SeverityNumber.ERROR })) // false
 * ```
 */
export interface Logger {
  emit(logRecord: LogRecord): void
  /** Whether such a record emitted now could be recorded; ask before costly work that only feeds it, each time anew. */
  enabled(options?: LoggerEnabledOptions): boolean
}

/**
 * Gives loggers, one for each name, version, schema URL and scope attributes.
 *
 * @example
 * ```ts
 * import { logs, type LoggerProvider } from '@otel-ts/api'
 * const provider: LoggerProvider = logs.getLoggerProvider()
 * console.log(provider.getLogger('shop').enabled()) // false
 * ```
 */
export interface LoggerProvider {
  getLogger(name: string, version?: string, options?: LoggerOptions): Logger
}
