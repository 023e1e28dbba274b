// SPDX-License-Identifier: Apache-2.0
import type { OtlpError, OtlpErrorCode } from '../errors.ts'
import { otlpError } from '../errors.ts'
import type { GrpcReadProblem } from '../transport/grpc-framing.ts'
import { grpcStatus } from '../transport/status-code.ts'
import { adviceForCode, causeOf, consequenceOf } from './failure.ts'
import { goawayCode, notHttp2Code } from './grpc-connection.ts'
import { grpcStatusText } from './grpc-status.ts'

/** The error for an answer with a status other than OK. `said` is the endpoint's message, '' when none. */
export function grpcStatusError(
  display: string,
  code: number,
  said: string,
  isRetryable: boolean,
  items: string,
): OtlpError {
  const isTooLarge = code === grpcStatus.resourceExhausted && !isRetryable && /larger than|too large|exceed/i.test(said)
  return otlpError(
    isTooLarge ? 'OTLP_TOO_LARGE' : errorCodeOf(code, isRetryable),
    `${display}: answered ${grpcStatusText(code)}${said === '' ? '' : `, saying "${said}"`}; ${isTooLarge ? tooLargeAdvice : adviceForStatus(code)}; ${consequenceOf(isRetryable, items)}`,
  )
}

const tooLargeAdvice = 'the endpoint allows only smaller requests: lower the batch size or raise its limit'

function errorCodeOf(code: number, isRetryable: boolean): OtlpErrorCode {
  if (code === grpcStatus.resourceExhausted) return 'OTLP_OVERLOADED'
  return isRetryable ? 'OTLP_UNAVAILABLE' : 'OTLP_REFUSED'
}

function adviceForStatus(code: number): string {
  switch (code) {
    case grpcStatus.cancelled:
      return 'the endpoint, or a proxy before it, gave the call up'
    case grpcStatus.deadlineExceeded:
      return 'the endpoint did not get done in time: raise the time-out or look at its load'
    case grpcStatus.invalidArgument:
      return 'the endpoint could not read the data: expected is an OTLP request'
    case grpcStatus.unauthenticated:
    case grpcStatus.permissionDenied:
      return 'expected are valid credentials: check the headers of the exporter'
    case grpcStatus.resourceExhausted:
      return 'the endpoint asks to send less; it says with RetryInfo when the same data may come again'
    case grpcStatus.unimplemented:
      return 'expected is an endpoint that takes this signal and this compression over gRPC: check both'
    case grpcStatus.internal:
      return 'the endpoint failed on this request'
    case grpcStatus.unavailable:
      return 'the endpoint, or what stands behind it, is not available now'
    default:
      return 'expected was OK (0)'
  }
}

/** The error for an answer that is HTTP and not gRPC. */
export function notGrpcError(
  display: string,
  httpStatus: number,
  contentType: string | undefined,
  isRetryable: boolean,
  items: string,
): OtlpError {
  const type = contentType === undefined ? 'without a content type' : `with content type ${contentType}`
  return otlpError(
    isRetryable ? 'OTLP_UNAVAILABLE' : 'OTLP_REFUSED',
    `${display}: answered HTTP ${httpStatus} ${type} instead of gRPC; ${adviceForHttp(httpStatus)}; ${consequenceOf(isRetryable, items)}`,
  )
}

function adviceForHttp(httpStatus: number): string {
  switch (httpStatus) {
    case 401:
    case 403:
      return 'expected are valid credentials: check the headers of the exporter'
    case 429:
      return 'the endpoint asks to send less or later'
    case 502:
    case 503:
    case 504:
      return 'a proxy answers, and what stands behind it is not available now'
    default:
      return 'is this the port of OTLP over HTTP (usual 4318), or a proxy that does not know gRPC? OTLP over gRPC is usually on 4317'
  }
}

/** The error for an answer that breaks the protocol. `what` was met. */
export function grpcProtocolError(display: string, what: string, isRetryable: boolean, items: string): OtlpError {
  return otlpError(
    isRetryable ? 'OTLP_UNAVAILABLE' : 'OTLP_REFUSED',
    `${display}: ${what}; expected is one message and a grpc-status; ${isRetryable ? consequenceOf(true, items) : `${items} count as not delivered and are not sent again`}`,
  )
}

/** What a message that cannot be read looks like. */
export function readProblemText(problem: Exclude<GrpcReadProblem, { kind: 'tooLarge' }>): string {
  switch (problem.kind) {
    case 'flag':
      return `the answer's message has the compression flag ${problem.flag}, neither 0 nor 1`
    case 'truncated':
      return `the answer ended after ${problem.receivedBytes} of the ${problem.expectedBytes} bytes of its ${problem.part}`
    case 'none':
      return 'answered OK without a message'
    case 'several':
      return 'the answer has bytes after its message'
  }
}

/** The error for a connection that could not be made, or was lost before the answer. */
export function grpcConnectionError(display: string, cause: unknown, items: string): OtlpError {
  const { code, text, advice } = causeOf(cause)
  const isOwn = code === notHttp2Code || code === goawayCode
  return otlpError(
    'OTLP_CONNECTION',
    `${display}: ${isOwn ? (cause as Error).message : text}; ${advice ?? grpcAdvice(code)}; ${consequenceOf(true, items)}`,
    cause,
  )
}

function grpcAdvice(code: string): string {
  switch (code) {
    case notHttp2Code:
      return 'is this a port of HTTP/1.1 (OTLP over HTTP is usually on 4318, over gRPC on 4317), or one with TLS (https://)?'
    case 'ECONNREFUSED':
      return 'nothing listens there: expected is a running collector or backend with OTLP over gRPC (usual port 4317)'
    case 'ENOENT':
      return 'no such socket: check the path, and whether the endpoint runs'
    case goawayCode:
      return 'the endpoint ends connections on its own account'
    default:
      return adviceForCode(code, true)
  }
}
