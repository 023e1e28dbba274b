// SPDX-License-Identifier: Apache-2.0
import type { Batch } from '../batch/batch.ts'
import type { ConsumeContext } from '../batch/consume.ts'
import type { PartialSuccess } from '../client/client.ts'
import type { OtlpError } from '../errors.ts'

/**
 * Takes one request's batch. Resolving answers success (with `PartialSuccess`, partial success); rejecting with a
 * `ConsumeError` answers its status, retryable ones as 503 / UNAVAILABLE unless they name another; anything else
 * is answered 500 / INTERNAL.
 */
export type OtlpHandler = (batch: Batch, context: ConsumeContext) => Promise<undefined | PartialSuccess>

/** What a server tells its owner; it never logs. */
export interface OtlpServerObserver {
  /** A request was refused before it reached the handler, or by it. */
  refused?(event: {
    error: Error
    code: OtlpError['code'] | string
    httpStatus: number
    remoteAddress: string | undefined
  }): void
  /** A request was answered with success. */
  accepted?(event: { batch: Batch; byteCount: number }): void
}

/** A listening OTLP server. */
export interface OtlpServer {
  /** Addresses bound, such as `127.0.0.1:4318`; several when `localhost` means both families. */
  readonly addresses: readonly string[]
  /**
   * Stops accepting, lets running requests finish within `graceMillis` (default 5000), then cuts them. Called again,
   * the new grace time counts from then on: 0 cuts at once.
   */
  shutdown(graceMillis?: number): Promise<void>
}
