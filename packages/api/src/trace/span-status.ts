// SPDX-License-Identifier: Apache-2.0

/**
 * Codes of {@link SpanStatus}, totally ordered `OK > ERROR > UNSET`: OK is final, setting UNSET is ignored.
 * Specification: trace/api.md#set-status.
 *
 * @example
 * ```ts
 * import { SpanStatusCode } from '@otel-ts/api'
 * console.log(SpanStatusCode.ERROR, SpanStatusCode[2]) // 2 ERROR
 * ```
 */
export const SpanStatusCode: {
  /** Nobody said: the default. */
  readonly UNSET: 0
  /** A developer or operator vouches for success; nothing overrides it. */
  readonly OK: 1
  /** The operation failed. */
  readonly ERROR: 2
  readonly [value: number]: string
} = { UNSET: 0, OK: 1, ERROR: 2, 0: 'UNSET', 1: 'OK', 2: 'ERROR' }

/** A value of {@link SpanStatusCode}. */
export type SpanStatusCode = 0 | 1 | 2

/**
 * Status of a span; `message` counts only with ERROR.
 *
 * @example
 * ```ts
 * import { SpanStatusCode, type SpanStatus } from '@otel-ts/api'
 * const status: SpanStatus = { code: SpanStatusCode.ERROR, message: 'card declined' }
 * console.log(status.message) // card declined
 * ```
 */
export interface SpanStatus {
  code: SpanStatusCode
  message?: string
}
