// SPDX-License-Identifier: Apache-2.0
import type { Batch } from './batch/batch.ts'
import type { ConsumeError } from './batch/consume.ts'

/** HTTP and gRPC status with which a server answers an error, and what it means. One row per code. */
export const otlpErrors = {
  OTLP_TRUNCATED: { http: 400, grpc: 3, meaning: 'A length or value reaches past the end of its message' },
  OTLP_WIRE_TYPE: { http: 400, grpc: 3, meaning: 'A field has a wire type that its definition does not allow' },
  OTLP_VARINT: { http: 400, grpc: 3, meaning: 'A varint is longer than ten bytes' },
  OTLP_NESTING: { http: 400, grpc: 3, meaning: 'Values are nested deeper than the limit of 100' },
  OTLP_UTF8: { http: 400, grpc: 3, meaning: 'A string is not UTF-8, and strict checking is on' },
  OTLP_JSON: { http: 400, grpc: 3, meaning: 'The JSON text is malformed or a value has the wrong type' },
  OTLP_VALUE: { http: 500, grpc: 13, meaning: 'A record or an edit holds a value that OTLP cannot carry' },
  OTLP_TOO_LARGE: { http: 413, grpc: 8, meaning: 'A request is larger than the limit, before or after decompression' },
  OTLP_TOO_MANY: {
    http: 413,
    grpc: 8,
    meaning: 'A request holds more parts than its size allows, or one part of it too many',
  },
  OTLP_DECOMPRESS: { http: 400, grpc: 3, meaning: 'The body is not what its Content-Encoding says' },
  OTLP_ENCODING: { http: 415, grpc: 12, meaning: 'The Content-Encoding is not supported' },
  OTLP_CONTENT_TYPE: { http: 415, grpc: 3, meaning: 'The Content-Type is not supported' },
  OTLP_METHOD: { http: 405, grpc: 12, meaning: 'The HTTP method is not POST' },
  OTLP_PATH: { http: 404, grpc: 12, meaning: 'No signal is served at this path' },
  OTLP_HTTP: { http: 400, grpc: 3, meaning: 'The bytes received are not an HTTP/1.1 request' },
  OTLP_GRPC: { http: 400, grpc: 13, meaning: 'A call does not follow the gRPC protocol' },
  OTLP_TLS: { http: 400, grpc: 14, meaning: 'A TLS handshake failed, or plain HTTP came to a port with TLS' },
  OTLP_HEADERS: { http: 431, grpc: 8, meaning: 'The request line and headers are larger than the limit' },
  OTLP_TIMEOUT: { http: 408, grpc: 4, meaning: 'The request body did not arrive in time' },
  OTLP_UNAVAILABLE: { http: 503, grpc: 14, meaning: 'The receiver cannot take data now; send it again later' },
  OTLP_OVERLOADED: { http: 429, grpc: 8, meaning: 'The receiver is overloaded; send the data again later' },
  OTLP_INTERNAL: { http: 500, grpc: 13, meaning: 'The receiver failed on this request; it is not worth repeating' },
  OTLP_CONNECTION: { http: 503, grpc: 14, meaning: 'The connection to the endpoint failed' },
  OTLP_DEADLINE: { http: 503, grpc: 4, meaning: 'The endpoint did not answer in time' },
  OTLP_REFUSED: { http: 400, grpc: 3, meaning: 'The endpoint refused the request for good' },
  OTLP_RESPONSE_TOO_LARGE: { http: 500, grpc: 8, meaning: 'The response of the endpoint is larger than the limit' },
  OTLP_ABORTED: { http: 499, grpc: 1, meaning: 'The sender gave the request up before it was answered' },
  OTLP_OPTION: { http: 500, grpc: 3, meaning: 'An option of a client or server has a value that cannot be used' },
  OTLP_LISTEN: { http: 500, grpc: 14, meaning: 'The address cannot be listened on' },
  OTLP_FILE: { http: 500, grpc: 14, meaning: 'A file or stream does not take data' },
  OTLP_SHUTDOWN: { http: 503, grpc: 14, meaning: 'The component is shut down' },
} as const

/** Code of an {@link OtlpError}. */
export type OtlpErrorCode = keyof typeof otlpErrors

/** Mark by which errors of this project are known across copies of a package. */
const brand: unique symbol = Symbol.for('otel-ts.error') as never

/** An error of this package; `code` says which, `message` has the four parts: what, value, allowed, consequence. */
export interface OtlpError extends Error {
  readonly code: OtlpErrorCode
}

/**
 * Makes an error with a code.
 *
 * @example
 * ```ts
 * import { isOtlpError, otlpError } from '@otel-ts/otlp'
 * const error = otlpError('OTLP_PATH', 'path "/v2/traces": not served; served are /v1/traces, /v1/metrics, /v1/logs; request refused with 404')
 * console.log(isOtlpError(error), error.code) // true OTLP_PATH
 * ```
 */
export function otlpError(code: OtlpErrorCode, message: string, cause?: unknown): OtlpError {
  const error = cause === undefined ? new Error(message) : new Error(message, { cause })
  return Object.assign(error, { name: 'OtlpError', code, [brand]: true as const })
}

/** Whether `value` is an error of this project, of whichever copy of the package. */
export function isOtlpError(value: unknown): value is OtlpError {
  return typeof value === 'object' && value !== null && brand in value && 'code' in value
}

/** What {@link consumeError} takes besides code and message. */
export interface ConsumeErrorDetails {
  retryable: boolean
  retryAfterMillis?: number
  rejected?: Batch
  status?: number
  cause?: unknown
}

/** Makes a {@link ConsumeError}; `code` is free, since every component area has codes of its own. */
export function consumeError(code: string, message: string, details: ConsumeErrorDetails): ConsumeError {
  const { cause, ...rest } = details
  const error = cause === undefined ? new Error(message) : new Error(message, { cause })
  return Object.assign(error, { name: 'ConsumeError', code, [brand]: true as const }, rest)
}

/** Whether `value` is a {@link ConsumeError}: it says if the batch may be sent again. */
export function isConsumeError(value: unknown): value is ConsumeError {
  return typeof value === 'object' && value !== null && brand in value && 'retryable' in value
}
