// SPDX-License-Identifier: Apache-2.0

/** `google.rpc.Status`: the body of every OTLP/HTTP error response and of `grpc-status-details-bin`. */
export interface RpcStatus {
  /** gRPC status code, 0 to 16. */
  code: number
  message: string
  /** Default: none. */
  details?: readonly StatusDetail[]
}

/** One entry of `Status.details`, told apart by `type`. */
export type StatusDetail =
  | {
      /** `google.rpc.RetryInfo`: the request may be sent again after this wait. */
      type: 'retryInfo'
      /** Milliseconds; fractions are kept down to the nanosecond. */
      retryDelayMillis: number
    }
  | {
      /** `google.rpc.BadRequest`: what is wrong with the request; it must not be sent again. */
      type: 'badRequest'
      fieldViolations: readonly { field: string; description: string }[]
    }
  | {
      /** Any other message, kept as bytes. In JSON such a detail has `@type` and its bytes as base64 in `value`. */
      type: 'other'
      typeUrl: string
      value: Uint8Array
    }

/** Type URLs of the two details that OTLP names. */
export const retryInfoTypeUrl = 'type.googleapis.com/google.rpc.RetryInfo'
export const badRequestTypeUrl = 'type.googleapis.com/google.rpc.BadRequest'
