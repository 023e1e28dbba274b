// SPDX-License-Identifier: Apache-2.0
import type { Batch } from './batch.ts'

/** Who sent a batch, as far as the authenticator of the receiver knows. */
export interface AuthData {
  /** Value of one attribute of the authenticated party, such as `subject`; undefined when unknown. */
  get(name: string): unknown
  names(): readonly string[]
}

/** Everything that travels beside a batch. */
export interface ConsumeContext {
  /** Request headers or gRPC metadata by lower-case name; empty unless the receiver has `include_metadata`. */
  readonly metadata: ReadonlyMap<string, readonly string[]>
  readonly auth?: AuthData
  /** Span of the request that brought the batch: the parent of the pipeline's own spans. */
  readonly spanContext?: { readonly traceId: string; readonly spanId: string; readonly traceFlags: number }
  /** Aborts when the sender is gone or out of time: work not yet owned may stop. */
  readonly signal: AbortSignal
}

/**
 * Hands a batch to its next owner. Resolves when that owner holds it: the sender may forget it. Rejects only with a
 * {@link ConsumeError}: the sender still owns the batch.
 */
export type Consume = (batch: Batch, context: ConsumeContext) => Promise<void>

/** Something that takes batches. */
export interface Consumer {
  consume: Consume
}

/** Why a batch was not taken. Recognised by `isConsumeError`, never by class. */
export interface ConsumeError extends Error {
  readonly code: string
  /** True: the same batch may be sent again later. False: it never will be accepted. */
  readonly retryable: boolean
  /** Shortest wait before the next try, in milliseconds. */
  readonly retryAfterMillis?: number
  /** The part that was not taken; absent = all of it. */
  readonly rejected?: Batch
  /** gRPC status code to answer with, where the refusing side has named one. */
  readonly status?: number
}
