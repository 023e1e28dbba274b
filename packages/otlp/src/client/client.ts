// SPDX-License-Identifier: Apache-2.0

import type { OtlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import type { TlsObserver } from '../transport/tls-options.ts'

/** Encoding of OTLP request and response bodies over HTTP. */
export type OtlpEncoding = 'protobuf' | 'json'

/** Headers of every request, or a function that is asked for them before each one (for tokens that expire). */
export type OtlpHeaders =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>)

/** One export request, already encoded. */
export interface OtlpRequest {
  readonly signal: Signal
  /** Body in pieces; for JSON one piece. The client neither changes nor keeps them after `send` has settled. */
  readonly chunks: readonly Uint8Array[]
  readonly itemCount: number
  /** Ends the request early, retries included. */
  readonly abort?: AbortSignal
  /** Headers of this request alone; they win over the client's. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What the endpoint said of a request it took in part, or with a warning (`rejectedCount` 0). */
export interface PartialSuccess {
  readonly rejectedCount: bigint
  readonly message: string
}

/** How a request ended. The client never throws from `send`. */
export type OtlpOutcome =
  | { readonly result: 'accepted'; readonly partialSuccess: PartialSuccess | undefined }
  | {
      readonly result: 'failed'
      readonly error: OtlpError
      /** Whether sending it again later may succeed; the client has already used up its own retries. */
      readonly retryable: boolean
      /** Wait that the endpoint asked for, in milliseconds. */
      readonly retryAfterMillis: number | undefined
      /** HTTP status, when there was an answer. */
      readonly httpStatus: number | undefined
      /** gRPC status code, from the answer or mapped. */
      readonly grpcStatus: number | undefined
    }

/** A way to an OTLP endpoint. HTTP and gRPC clients have this shape. */
export interface OtlpClient {
  send(request: OtlpRequest): Promise<OtlpOutcome>
  /** Ends running requests and closes connections; later sends fail with OTLP_SHUTDOWN. */
  shutdown(): Promise<void>
}

/** Exponential back-off with jitter: OTLP specification, "OTLP/HTTP throttling" and exporter "Retry". */
export interface RetryPolicy {
  /** First wait. Default 1000. */
  readonly initialDelayMillis: number
  /** Longest wait. Default 5000. */
  readonly maxDelayMillis: number
  /** Factor from one wait to the next. Default 1.5. */
  readonly multiplier: number
  /** Each wait is multiplied by a random factor from 1 - jitter to 1 + jitter. Default 0.2. */
  readonly jitter: number
  /** Tries altogether, the first one included. Default 5. */
  readonly maxAttempts: number
}

/** What a client tells its owner; it never logs. Every callback is optional and must not throw. */
export interface OtlpClientObserver {
  /** One try failed and another will follow after `delayMillis`. */
  retry?(event: { error: OtlpError; attempt: number; delayMillis: number }): void
  /** A client was made that cannot compress as it was asked to, and compresses in another way. */
  compressionReplaced?(event: { wanted: string; used: string; message: string }): void
  /** What happens to certificates: reloads, and their end. */
  readonly tls?: TlsObserver
}
