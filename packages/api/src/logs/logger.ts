// SPDX-License-Identifier: Apache-2.0
import type { Attributes } from '../attributes.ts'
import type { Context } from '../context/context.ts'
import type { LogRecord } from './log-record.ts'
import type { SeverityNumber } from './severity-number.ts'

/** What {@link Logger.enabled} may look at. */
export interface LoggerEnabledOptions {
  /** Default: the active context. */
  context?: Context
  severityNumber?: SeverityNumber
  eventName?: string
}

/** Identity of a logger beside name and version. */
export interface LoggerOptions {
  /** Schema of the telemetry this logger writes. */
  schemaUrl?: string
  /** Attributes of the instrumentation scope; part of its identity. */
  attributes?: Attributes
}

/** Emits log records. Specification: logs/api.md#logger. */
export interface Logger {
  emit(logRecord: LogRecord): void
  /** Whether such a record emitted now could be recorded; ask before costly work that only feeds it, each time anew. */
  enabled(options?: LoggerEnabledOptions): boolean
}

/** Gives loggers, one for each name, version, schema URL and scope attributes. */
export interface LoggerProvider {
  getLogger(name: string, version?: string, options?: LoggerOptions): Logger
}
