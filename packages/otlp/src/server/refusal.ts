// SPDX-License-Identifier: Apache-2.0
import type { OtlpEncoding } from '../client/client.ts'
import { encodeStatus } from '../encode/response.ts'
import { isConsumeError, isOtlpError, type OtlpErrorCode, otlpErrors } from '../errors.ts'
import type { RpcStatus, StatusDetail } from '../model/response.ts'
import { grpcStatus, httpStatusOfGrpc } from '../transport/status-code.ts'

/** How a request is answered that was not accepted. */
export interface Refusal {
  readonly httpStatus: number
  readonly code: string
  readonly status: RpcStatus
  /** Whole seconds for the Retry-After header. */
  readonly retryAfterSeconds: number | undefined
}

// An answer may have 4 MiB by the OTLP specification; nobody reads a message of more than this.
const maxMessageLength = 16 * 1024

/** The message as it is sent: never longer than an answer may be. */
export function boundedMessage(message: string): string {
  return message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength)}…`
}

/** The refusal for an error met before the handler was called. */
export function refusalOfRequest(code: OtlpErrorCode, message: string): Refusal {
  const { http, grpc } = otlpErrors[code]
  // A server that is short of room names a time, so that clients do not all come back at once with their own.
  const retryAfterSeconds = http === 429 || http === 503 ? 1 : undefined
  const details: StatusDetail[] = []
  if (http === 400) {
    details.push({ type: 'badRequest', fieldViolations: [{ field: '', description: boundedMessage(message) }] })
  }
  return refusal(http, grpc, code, message, retryAfterSeconds, details)
}

/** The refusal for what the handler rejected with. */
export function refusalOfHandler(error: unknown): Refusal {
  if (!isConsumeError(error)) {
    // What went wrong inside is the operator's to know: the observer gets the error, the sender its kind.
    const text =
      'receiver: failed on this request; expected was a result or a refusal; it is not accepted and not worth repeating'
    return refusal(500, grpcStatus.internal, isOtlpError(error) ? error.code : 'OTLP_INTERNAL', text, undefined, [])
  }
  const named = error.status !== undefined && error.status !== grpcStatus.ok
  const grpc = named ? error.status! : error.retryable ? grpcStatus.unavailable : grpcStatus.internal
  const http = httpStatusOfGrpc(grpc)
  const retryAfterSeconds =
    (http === 429 || http === 503) && error.retryAfterMillis !== undefined
      ? Math.max(0, Math.ceil(error.retryAfterMillis / 1000))
      : undefined
  return refusal(http, grpc, error.code, error.message, retryAfterSeconds, [])
}

function refusal(
  httpStatus: number,
  code: number,
  errorCode: string,
  message: string,
  retryAfterSeconds: number | undefined,
  details: StatusDetail[],
): Refusal {
  if (retryAfterSeconds !== undefined) details.push({ type: 'retryInfo', retryDelayMillis: retryAfterSeconds * 1000 })
  return { httpStatus, code: errorCode, status: { code, message: boundedMessage(message), details }, retryAfterSeconds }
}

/** Body of the refusal; a request whose encoding is not known gets JSON, which people can read. */
export function refusalBody(refused: Refusal, encoding: OtlpEncoding | undefined): Uint8Array {
  return encodeStatus(refused.status, encoding ?? 'json')
}
