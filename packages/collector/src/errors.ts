// SPDX-License-Identifier: Apache-2.0

/** What each code of an error, problem or refusal of this package means, and the gRPC status a sender gets, if any. */
export const collectorErrors = {
  COLLECTOR_CONFIG: { grpc: undefined, meaning: 'The configuration as a whole is wrong' },
  COLLECTOR_UNKNOWN_TYPE: { grpc: undefined, meaning: 'No component of this type exists here' },
  COLLECTOR_UNKNOWN_REFERENCE: { grpc: undefined, meaning: 'A pipeline names a component that is not configured' },
  COLLECTOR_CONNECTOR: { grpc: undefined, meaning: 'A connector does not join pipelines as it must' },
  COLLECTOR_CYCLE: { grpc: undefined, meaning: 'Pipelines feed each other in a circle' },
  COLLECTOR_SIGNAL: { grpc: undefined, meaning: 'A component does not take the signal of its pipeline' },
  COLLECTOR_START: { grpc: undefined, meaning: 'A component could not start' },
  COLLECTOR_COMPONENT: { grpc: undefined, meaning: 'A component failed while running' },
  COLLECTOR_SHUTDOWN: { grpc: 14, meaning: 'The component is shutting down; send the data again later' },
  COLLECTOR_SHUTDOWN_DEADLINE: { grpc: undefined, meaning: 'Shutting down took longer than allowed' },
  BATCH_ABORTED: { grpc: 14, meaning: 'The sender went away before its data was taken' },
  BATCH_CARDINALITY: { grpc: 13, meaning: 'Too many different metadata values to batch apart' },
  MEMORY_LIMIT: { grpc: 14, meaning: 'Memory is above the limit; send the data again later' },
  QUEUE_FULL: { grpc: 14, meaning: 'The sending queue is full; send the data again later' },
  QUEUE_TOO_LARGE: { grpc: 13, meaning: 'One request is larger than the whole sending queue' },
  SEND_RETRIES: { grpc: 14, meaning: 'Sending was retried until the time for it was over' },
  SEND_TIMEOUT: { grpc: 14, meaning: 'Sending took longer than its time limit' },
  SEND_REFUSED: { grpc: undefined, meaning: 'The destination refused the data for good' },
  SEND_FAILED: { grpc: 13, meaning: 'Sending failed in a way that repeating does not cure' },
  FILE_WRITE: { grpc: undefined, meaning: 'A file could not be written' },
} as const

/** Code of an error or refusal of this package. */
export type CollectorErrorCode = keyof typeof collectorErrors

const brand: unique symbol = Symbol.for('otel-ts.error') as never

/** An error of this package, recognised by `code`. */
export interface CollectorError extends Error {
  readonly code: CollectorErrorCode
}

/**
 * Makes an error with a code; `message` has the four parts: what, value, allowed, consequence.
 *
 * @example
 * ```ts
 * import { collectorError } from '@otel-ts/collector'
 * const error = collectorError('FILE_WRITE', 'file out.json: disk full; expected is room; 3 spans not written')
 * console.log(error.code, error.name) // FILE_WRITE CollectorError
 * ```
 */
export function collectorError(code: CollectorErrorCode, message: string, cause?: unknown): CollectorError {
  const error = cause === undefined ? new Error(message) : new Error(message, { cause })
  return Object.assign(error, { name: 'CollectorError', code, [brand]: true as const })
}

/** Text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
