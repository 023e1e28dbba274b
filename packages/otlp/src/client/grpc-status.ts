// SPDX-License-Identifier: Apache-2.0
import { grpcStatus } from '../transport/status-code.ts'

const names = [
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

/** What messages call a status: `UNAVAILABLE (14)`. */
export function grpcStatusText(code: number): string {
  return `${names[code] ?? 'UNKNOWN'} (${code})`
}

/** Code of a `grpc-status`; undefined when it is not one of 0 to 16. */
export function parseGrpcStatus(text: string): number | undefined {
  if (!/^\d{1,2}$/.test(text)) return undefined
  const code = Number(text)
  return code < names.length ? code : undefined
}

/**
 * Whether the same request may be sent again: OTLP specification, "Failures" of OTLP/gRPC. RESOURCE_EXHAUSTED only when
 * the endpoint says with RetryInfo that it recovers.
 */
export function isRetryableGrpcStatus(code: number, hasRetryInfo: boolean): boolean {
  switch (code) {
    case grpcStatus.cancelled:
    case grpcStatus.deadlineExceeded:
    case grpcStatus.aborted:
    case grpcStatus.outOfRange:
    case grpcStatus.unavailable:
    case grpcStatus.dataLoss:
      return true
    case grpcStatus.resourceExhausted:
      return hasRetryInfo
    default:
      return false
  }
}

/**
 * Status of an answer that has an HTTP status and no `grpc-status`, such as a proxy gives:
 * grpc/doc/http-grpc-status-mapping.md.
 */
export function grpcStatusOfHttpAnswer(httpStatus: number): number {
  switch (httpStatus) {
    case 400:
      return grpcStatus.internal
    case 401:
      return grpcStatus.unauthenticated
    case 403:
      return grpcStatus.permissionDenied
    case 404:
      return grpcStatus.unimplemented
    case 429:
    case 502:
    case 503:
    case 504:
      return grpcStatus.unavailable
    default:
      return grpcStatus.unknown
  }
}

/** Error codes of HTTP/2 that this client acts on or sends: RFC 9113 section 7. */
export const http2Error = {
  noError: 0,
  refusedStream: 7,
  cancel: 8,
  enhanceYourCalm: 11,
} as const

const http2ErrorNames = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const

/** What messages call an error code of HTTP/2. */
export function http2ErrorText(code: number): string {
  return http2ErrorNames[code] ?? `0x${code.toString(16)}`
}

/** Status of a call that the endpoint ended with RST_STREAM: grpc/doc/PROTOCOL-HTTP2.md, "Errors". */
export function grpcStatusOfReset(code: number): number {
  switch (http2ErrorNames[code]) {
    case 'REFUSED_STREAM':
      return grpcStatus.unavailable
    case 'CANCEL':
      return grpcStatus.cancelled
    case 'ENHANCE_YOUR_CALM':
      return grpcStatus.resourceExhausted
    case 'INADEQUATE_SECURITY':
      return grpcStatus.permissionDenied
    case 'STREAM_CLOSED':
    case 'HTTP_1_1_REQUIRED':
    case undefined:
      return grpcStatus.unknown
    default:
      return grpcStatus.internal
  }
}
