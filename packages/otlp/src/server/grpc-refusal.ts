// SPDX-License-Identifier: Apache-2.0
import type { OutgoingHttpHeaders } from 'node:http2'
import { isConsumeError, type OtlpErrorCode, otlpErrors } from '../errors.ts'
import type { RpcStatus, StatusDetail } from '../model/response.ts'
import { encodeBoundedGrpcMessage, encodeStatusDetailsBin } from '../transport/grpc-metadata.ts'
import { grpcStatus, httpStatusOfGrpc } from '../transport/status-code.ts'
import { type Refusal, refusalOfHandler, refusalOfRequest } from './refusal.ts'

const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

/** Status with which an error met before the handler is answered. */
export function grpcStatusOfCode(code: OtlpErrorCode): number {
  // Many clients take RESOURCE_EXHAUSTED for final, whatever its details say; OTLP specification, "OTLP/gRPC
  // Throttling", names UNAVAILABLE.
  return code === 'OTLP_OVERLOADED' ? grpcStatus.unavailable : otlpErrors[code].grpc
}

/** Name of a status with which an error met before the handler is answered, for messages. */
export function grpcStatusNameOfCode(code: OtlpErrorCode): string {
  return statusNames[grpcStatusOfCode(code)]!
}

/** The refusal for an error met before the handler was called. */
export function grpcRefusalOfRequest(code: OtlpErrorCode, message: string): Refusal {
  const refused = refusalOfRequest(code, message)
  return { ...refused, status: { ...refused.status, code: grpcStatusOfCode(code) } }
}

/**
 * The refusal for what the handler rejected with. A wait is told to the millisecond, where HTTP has only whole seconds.
 */
export function grpcRefusalOfHandler(error: unknown): Refusal {
  const refused = refusalOfHandler(error)
  if (!isConsumeError(error)) return refused
  const { code, message } = refused.status
  const details: StatusDetail[] = (refused.status.details ?? []).filter((detail) => detail.type !== 'retryInfo')
  const wait = error.retryAfterMillis
  if (wait !== undefined && httpStatusOfGrpc(code) !== 500 && isWaitMeaningful(code, error.retryable)) {
    details.push({ type: 'retryInfo', retryDelayMillis: Math.max(0, wait) })
  } else if (error.retryable && code === grpcStatus.resourceExhausted) {
    // Without a RetryInfo this status is final: OTLP specification, "Failures".
    details.push({ type: 'retryInfo', retryDelayMillis: 1000 })
  }
  return { ...refused, status: { code, message, details } }
}

// RESOURCE_EXHAUSTED with a wait invites to a repetition, so a final error must not have one.
function isWaitMeaningful(code: number, retryable: boolean): boolean {
  return retryable || code !== grpcStatus.resourceExhausted
}

// grpc-java refuses answers with more than 8 KiB of headers by default, C-core above 8 to 16 KiB. The text is sent up to
// three times: as grpc-message (a non-ASCII byte takes three), in Status.message, and in BadRequest.
const maxMessageLength = 2048
const maxDetailTextBytes = 1024

/** Trailers of a refused call. */
export function refusalTrailers(status: RpcStatus): OutgoingHttpHeaders {
  const trailers: OutgoingHttpHeaders = {
    'grpc-status': String(status.code),
    'grpc-message': encodeBoundedGrpcMessage(status.message, maxMessageLength),
  }
  if (status.details !== undefined && status.details.length > 0) {
    trailers['grpc-status-details-bin'] = encodeStatusDetailsBin({
      code: status.code,
      message: boundedText(status.message),
      details: status.details.map(boundedDetail),
    })
  }
  return trailers
}

function boundedDetail(detail: StatusDetail): StatusDetail {
  if (detail.type !== 'badRequest') return detail
  const [violation] = detail.fieldViolations
  if (violation === undefined) return detail
  return {
    type: 'badRequest',
    fieldViolations: [{ field: violation.field, description: boundedText(violation.description) }],
  }
}

const textEncoder = new TextEncoder()

function boundedText(text: string): string {
  if (text.length * 3 <= maxDetailTextBytes) return text
  // Stops before a character that does not fit.
  const { read } = textEncoder.encodeInto(text, new Uint8Array(maxDetailTextBytes))
  return read === text.length ? text : `${text.slice(0, read)}…`
}
