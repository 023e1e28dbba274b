// SPDX-License-Identifier: Apache-2.0
import type { AnyValue, Attributes } from '../attributes.ts'
import type { Context } from '../context/context.ts'
import type { TimeInput } from '../time.ts'
import type { SeverityNumber } from './severity-number.ts'

/**
 * One log record as it is emitted. A record with an `eventName` is an event.
 *
 * @example
 * ```ts
 * import { SeverityNumber, type LogRecord } from '@otel-ts/api'
 * const record: LogRecord = {
 *   eventName: 'shop.order',
 *   timestamp: new Date(0),
 *   severityNumber: SeverityNumber.INFO,
 *   body: { items: ['tea', 'cup'] },
 *   attributes: { 'shop.order.id': 7 },
 * }
 * console.log(record.eventName) // shop.order
 * ```
 */
export interface LogRecord {
  eventName?: string
  /** When it happened. */
  timestamp?: TimeInput
  /** When it was observed. Default: when the SDK gets it. */
  observedTimestamp?: TimeInput
  severityNumber?: SeverityNumber
  severityText?: string
  body?: AnyValue
  attributes?: Attributes
  /** An error from which the SDK takes `exception.*`; `attributes` win over those. */
  exception?: unknown
  /** Where trace and span id come from. Default: the active context. */
  context?: Context
}
