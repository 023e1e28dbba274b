// SPDX-License-Identifier: Apache-2.0
import type { Batch } from '../batch/batch.ts'
import type { ConsumeContext } from '../batch/consume.ts'
import type { OtlpEncoding, PartialSuccess } from '../client/client.ts'
import type { OtlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import type { TlsObserver } from '../transport/tls-options.ts'

/**
 * Takes one request's batch. Resolving answers success (with `PartialSuccess`, partial success); rejecting with a
 * `ConsumeError` answers its status, retryable ones as 503 / UNAVAILABLE unless they name another; anything else
 * is answered 500 / INTERNAL.
 */
export type OtlpHandler = (batch: Batch, context: ConsumeContext) => Promise<undefined | PartialSuccess>

/**
 * Makes the batch of a large body somewhere else than on the event loop, as `batchFromBytes` or `batchFromJson` would.
 * The body is the callee's: it may hand the buffer over to another thread. `abort` aborts when the sender is gone, or
 * the request answered. Rejecting with an `OtlpError` refuses the request with its status; anything else answers 500.
 */
export type ParseLarge = (
  signal: Signal,
  encoding: OtlpEncoding,
  body: Uint8Array,
  abort: AbortSignal,
) => Promise<Batch>

/** What a server tells its owner; it never logs. */
export interface OtlpServerObserver {
  /** A request was refused before it reached the handler, or by it. */
  refused?(event: {
    error: Error
    code: OtlpError['code'] | string
    /** Status of the answer; for a gRPC call the one that HTTP would have. */
    httpStatus: number
    /** Status of a gRPC call. */
    grpcStatus?: number
    remoteAddress: string | undefined
  }): void
  /** A request was answered with success. */
  accepted?(event: { batch: Batch; byteCount: number }): void
  /** What happens to certificates: reloads, and their end. */
  readonly tls?: TlsObserver
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
