// SPDX-License-Identifier: Apache-2.0
import { apiGlobal, legacyLogsGlobal } from '../global/api-global.ts'
import type { LogRecord } from './log-record.ts'
import type { Logger, LoggerEnabledOptions, LoggerOptions, LoggerProvider } from './logger.ts'
import { createNoopLogger } from './noop-logger.ts'

/** Version of the contract of `@opentelemetry/api-logs` 0.x. */
const legacyLogsContract = 1

/** The registered logger provider: of API >= 1.10, else of `@opentelemetry/api-logs` 0.x. */
export function registeredLoggerProvider(): LoggerProvider | undefined {
  return apiGlobal()?.logs ?? legacyLogsGlobal()?.(legacyLogsContract)
}

/**
 * A logger that can be had before an SDK is registered: it passes each call on to the SDK's logger as soon as there is
 * one, and follows when another SDK takes over.
 */
export class ProxyLogger implements Logger {
  readonly #name: string
  readonly #version: string | undefined
  readonly #options: LoggerOptions | undefined
  #source: unknown
  #delegate: Logger | undefined

  constructor(name: string, version: string | undefined, options: LoggerOptions | undefined) {
    this.#name = name
    this.#version = version
    this.#options = options
  }

  emit(logRecord: LogRecord): void {
    this.#logger().emit(logRecord)
  }

  enabled(options?: LoggerEnabledOptions): boolean {
    const logger: Partial<Logger> = this.#logger()
    // Loggers of API-logs < 0.203 cannot say: read absence as true.
    return logger.enabled?.(options) ?? true
  }

  #logger(): Logger {
    const source = apiGlobal()?.logs ?? legacyLogsGlobal()
    if (source !== this.#source) {
      this.#source = source
      this.#delegate = registeredLoggerProvider()?.getLogger(this.#name, this.#version, this.#options)
    }
    return this.#delegate ?? createNoopLogger()
  }
}
