// SPDX-License-Identifier: Apache-2.0

/**
 * The role of a span in the trace. Specification: trace/api.md#spankind.
 *
 * @example
 * ```ts
 * import { SpanKind } from '@otel-ts/api'
 * console.log(SpanKind.SERVER, SpanKind[SpanKind.SERVER]) // 1 SERVER
 * ```
 */
export const SpanKind: {
  /** An operation inside the application: the default. */
  readonly INTERNAL: 0
  /** Handles a request of a remote client. */
  readonly SERVER: 1
  /** A request to a remote server, until its response. */
  readonly CLIENT: 2
  /** Hands a message to a broker; ends before the message is processed. */
  readonly PRODUCER: 3
  /** Processes a message of a producer. */
  readonly CONSUMER: 4
  readonly [value: number]: string
} = {
  INTERNAL: 0,
  SERVER: 1,
  CLIENT: 2,
  PRODUCER: 3,
  CONSUMER: 4,
  0: 'INTERNAL',
  1: 'SERVER',
  2: 'CLIENT',
  3: 'PRODUCER',
  4: 'CONSUMER',
}

/** A value of {@link SpanKind}. The numbers are the API's, one less than those of OTLP. */
export type SpanKind = 0 | 1 | 2 | 3 | 4
