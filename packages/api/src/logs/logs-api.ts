// SPDX-License-Identifier: Apache-2.0
import { removeGlobal, setGlobal } from '../global/register.ts'
import type { Logger, LoggerOptions, LoggerProvider } from './logger.ts'
import { ProxyLogger, registeredLoggerProvider } from './proxy-logger.ts'

/** Functions of {@link logs}. */
export interface LogsAPI {
  /**
   * Registers `provider` for the whole process, for loggers of `@opentelemetry/api-logs` 0.x too. A registration call: it
   * creates the OpenTelemetry globals if there are none. False, with a diagnostic error, if another one is registered.
   */
  setGlobalLoggerProvider(provider: LoggerProvider): boolean
  /** The registered logger provider; without one, a provider whose loggers find it when it comes. */
  getLoggerProvider(): LoggerProvider
  /**
   * A logger of the registered provider. May be called before an SDK is registered, and kept: such a logger finds the SDK
   * when it comes.
   */
  getLogger(name: string, version?: string, options?: LoggerOptions): Logger
  /** Removes the registered provider. */
  disable(): void
}

function getLogger(name: string, version?: string, options?: LoggerOptions): Logger {
  const logger = registeredLoggerProvider()?.getLogger(name, version, options)
  // Old loggers have no enabled(); the proxy answers for them.
  return typeof logger?.enabled === 'function' ? logger : new ProxyLogger(name, version, options)
}

const lateLoggerProvider: LoggerProvider = { getLogger }

/**
 * The logs API, for log appenders and for events. Specification: logs/api.md.
 *
 * @example
 * ```ts
 * import { logs, SeverityNumber } from '@otel-ts/api'
 * const logger = logs.getLogger('shop', '1.2.0')
 * if (logger.enabled({ severityNumber: SeverityNumber.INFO })) {
 *   logger.emit({ eventName: 'shop.order', severityNumber: SeverityNumber.INFO, attributes: { 'shop.order.id': 7 } })
 * }
 * console.log(logger.enabled()) // false
 * ```
 */
export const logs: LogsAPI = {
  setGlobalLoggerProvider: (provider) => setGlobal('logs', provider),
  getLoggerProvider: () => registeredLoggerProvider() ?? lateLoggerProvider,
  getLogger,
  disable: () => removeGlobal('logs'),
}
