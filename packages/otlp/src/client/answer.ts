// SPDX-License-Identifier: Apache-2.0
import { decodeExportResponse, decodeStatus } from '../decode/response.ts'
import type { OtlpError } from '../errors.ts'
import { otlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import { encodingOfMediaType } from '../transport/media-type.ts'
import { isRetryableHttpStatus, retryAfterMillis } from '../transport/retry.ts'
import { grpcStatusOfHttp } from '../transport/status-code.ts'
import type { OtlpOutcome, PartialSuccess } from './client.ts'
import { statusError } from './failure.ts'

// More of a message than this helps nobody, and the endpoint decides its length.
const maxMessageLength = 1000

const textDecoder = new TextDecoder()

/** What reading an answer needs to know of its request. */
export interface AnsweredRequest {
  readonly signal: Signal
  readonly display: string
  /** Such as `512 spans`. */
  readonly items: string
}

/**
 * Status and headers of an answer, whatever brought it. The shape is that of node's `IncomingMessage`, so that the usual
 * way copies nothing; a client over `fetch` fills one in.
 */
export interface AnswerHead {
  readonly statusCode?: number | undefined
  readonly statusMessage?: string | undefined
  readonly headers: {
    readonly 'content-type'?: string | undefined
    readonly 'content-encoding'?: string | undefined
    readonly 'retry-after'?: string | undefined
    readonly date?: string | undefined
    readonly location?: string | undefined
  }
}

/** The outcome that a whole answer amounts to; `body` is decompressed. */
export function outcomeOfAnswer(request: AnsweredRequest, response: AnswerHead, body: Uint8Array): OtlpOutcome {
  const status = response.statusCode!
  if (status >= 200 && status < 300) {
    return { result: 'accepted', partialSuccess: partialSuccessOf(request, response, body) }
  }
  const told = statusOf(response, body)
  const throttled = status === 429 || status === 503
  return {
    result: 'failed',
    error: statusError(
      request.display,
      status,
      response.statusMessage ?? '',
      told.message,
      response.headers.location,
      request.items,
    ),
    retryable: isRetryableHttpStatus(status),
    retryAfterMillis: throttled
      ? (retryAfterMillis(response.headers['retry-after'], response.headers.date, Date.now) ?? told.retryDelayMillis)
      : undefined,
    httpStatus: status,
    grpcStatus: told.code === 0 ? grpcStatusOfHttp(status) : told.code,
  }
}

function partialSuccessOf(
  request: AnsweredRequest,
  response: AnswerHead,
  body: Uint8Array,
): PartialSuccess | undefined {
  if (body.byteLength === 0) return undefined
  const contentType = response.headers['content-type']
  const encoding = encodingOfMediaType(contentType)
  if (encoding === undefined) {
    // Some endpoints answer success in plain text. HTML is another matter: a login or landing page took the data.
    if (contentType === undefined || !contentType.toLowerCase().startsWith('text/html')) return undefined
    return {
      rejectedCount: 0n,
      message: `${request.display}: answered ${response.statusCode} with a page (${contentType}) instead of an OTLP response; check that the endpoint takes OTLP; ${request.items} count as delivered`,
    }
  }
  try {
    return decodeExportResponse(body, encoding)
  } catch {
    // The status decides: 200 with a body that cannot be read is a success without a partial success.
    return undefined
  }
}

interface ToldStatus {
  readonly code: number
  readonly message: string
  readonly retryDelayMillis: number | undefined
}

function statusOf(response: AnswerHead, body: Uint8Array): ToldStatus {
  const contentType = response.headers['content-type']
  const encoding = encodingOfMediaType(contentType)
  if (encoding !== undefined && body.byteLength > 0) {
    try {
      const status = decodeStatus(body, encoding)
      let retryDelayMillis: number | undefined
      for (const detail of status.details) if (detail.type === 'retryInfo') retryDelayMillis = detail.retryDelayMillis
      return { code: status.code, message: oneLine(status.message), retryDelayMillis }
    } catch {
      // Not a Status after all: the HTTP status stands alone.
    }
  } else if (contentType?.startsWith('text/plain')) {
    const message = oneLine(textDecoder.decode(body.subarray(0, 4 * maxMessageLength)))
    return { code: 0, message, retryDelayMillis: undefined }
  }
  return { code: 0, message: '', retryDelayMillis: undefined }
}

/** What an endpoint says, fit for a message: short, and without line breaks. */
export function oneLine(text: string): string {
  const line = text
    .slice(0, maxMessageLength + 1)
    .replace(/[\u0000-\u001f\u007f\s]+/g, ' ')
    .trim()
  return line.length > maxMessageLength ? `${line.slice(0, maxMessageLength)}…` : line
}

/** Failure for an answer larger than the client accepts: never worth repeating, by the OTLP specification. */
export function responseTooLarge(request: AnsweredRequest, response: AnswerHead, limitBytes: number): OtlpOutcome {
  return failedAnswer(
    response,
    otlpError(
      'OTLP_RESPONSE_TOO_LARGE',
      `${request.display}: answered ${response.statusCode} with a body larger than the limit of ${limitBytes} bytes; expected is a short OTLP response; connection closed, ${request.items} count as not delivered and are not sent again`,
    ),
  )
}

function failedAnswer(response: AnswerHead, error: OtlpError): OtlpOutcome {
  return {
    result: 'failed',
    error,
    retryable: false,
    retryAfterMillis: undefined,
    httpStatus: response.statusCode,
    grpcStatus: grpcStatusOfHttp(response.statusCode!),
  }
}
