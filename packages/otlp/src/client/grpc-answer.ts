// SPDX-License-Identifier: Apache-2.0
import { decodeExportResponse } from '../decode/response.ts'
import { type OtlpError, otlpError } from '../errors.ts'
import { decodeContent } from '../transport/content-encoding.ts'
import { grpcCoding } from '../transport/grpc-coding.ts'
import { decodeGrpcMessage, decodeStatusDetailsBin } from '../transport/grpc-metadata.ts'
import { grpcStatus } from '../transport/status-code.ts'
import { type AnsweredRequest, oneLine } from './answer.ts'
import type { OtlpOutcome, PartialSuccess } from './client.ts'
import {
  grpcConnectionError,
  grpcProtocolError,
  grpcStatusError,
  notGrpcError,
  readProblemText,
} from './grpc-failure.ts'
import {
  grpcStatusOfHttpAnswer,
  grpcStatusOfReset,
  http2Error,
  http2ErrorText,
  isRetryableGrpcStatus,
  parseGrpcStatus,
} from './grpc-status.ts'
import type { GrpcAnswer } from './grpc-stream.ts'

/** The outcome that an answer amounts to; `done` is called once, later only when the message has to be inflated. */
export function outcomeOfGrpcAnswer(
  call: AnsweredRequest,
  answer: GrpcAnswer,
  maxResponseBytes: number,
  done: (outcome: OtlpOutcome) => void,
): void {
  const { headers, trailers, problem } = answer
  const httpStatus = headers?.[':status']
  if (problem?.kind === 'tooLarge' && httpStatus === 200) {
    done(tooLarge(call, answer, `of ${problem.byteCount} bytes`, maxResponseBytes))
    return
  }
  const statusText = textOf(trailers?.['grpc-status'])
  if (statusText === undefined) {
    done(outcomeWithoutStatus(call, answer))
    return
  }
  const code = parseGrpcStatus(statusText)
  if (code === undefined) {
    const what = `answered with grpc-status ${JSON.stringify(oneLine(statusText))}, which is none`
    done(broken(call, answer, what, grpcStatus.unknown))
  } else if (code !== grpcStatus.ok) {
    done(outcomeOfStatus(call, answer, code))
  } else if (httpStatus !== 200 || !isGrpc(headers?.['content-type'])) {
    done(notGrpc(call, answer, httpStatus ?? 0))
  } else {
    outcomeOfMessage(call, answer, maxResponseBytes, done)
  }
}

function outcomeOfStatus(call: AnsweredRequest, answer: GrpcAnswer, code: number): OtlpOutcome {
  const trailers = answer.trailers!
  const detailsText = textOf(trailers['grpc-status-details-bin'])
  const details = detailsText === undefined ? undefined : decodeStatusDetailsBin(detailsText)
  let retryAfterMillis: number | undefined
  for (const detail of details?.details ?? []) {
    if (detail.type === 'retryInfo') retryAfterMillis = Math.max(0, detail.retryDelayMillis)
  }
  const message = textOf(trailers['grpc-message'])
  const said = oneLine(message === undefined ? (details?.message ?? '') : decodeGrpcMessage(message))
  const retryable = isRetryableGrpcStatus(code, retryAfterMillis !== undefined)
  return {
    result: 'failed',
    error: grpcStatusError(call.display, code, said, retryable, call.items),
    retryable,
    retryAfterMillis: retryable ? retryAfterMillis : undefined,
    httpStatus: answer.headers?.[':status'],
    grpcStatus: code,
  }
}

function outcomeWithoutStatus(call: AnsweredRequest, answer: GrpcAnswer): OtlpOutcome {
  const { headers, resetCode, problem } = answer
  const httpStatus = headers?.[':status']
  if (httpStatus !== undefined && (httpStatus !== 200 || !isGrpc(headers!['content-type']))) {
    return notGrpc(call, answer, httpStatus)
  }
  if (answer.lossError !== undefined) {
    const error = grpcConnectionError(call.display, answer.lossError, call.items)
    return failed(answer, error, true, grpcStatus.unavailable)
  }
  if (problem !== undefined && problem.kind !== 'tooLarge' && (problem.kind === 'flag' || problem.kind === 'several')) {
    return broken(call, answer, readProblemText(problem), grpcStatus.internal)
  }
  if (resetCode !== http2Error.noError || httpStatus === undefined) {
    const code = grpcStatusOfReset(resetCode)
    return broken(call, answer, `the endpoint ended the call with ${http2ErrorText(resetCode)} of HTTP/2`, code)
  }
  return broken(call, answer, 'the answer ended without a grpc-status', grpcStatus.internal)
}

function outcomeOfMessage(
  call: AnsweredRequest,
  answer: GrpcAnswer,
  maxResponseBytes: number,
  done: (outcome: OtlpOutcome) => void,
): void {
  const { message, problem } = answer
  if (problem !== undefined && problem.kind !== 'tooLarge') {
    done(broken(call, answer, readProblemText(problem), grpcStatus.internal))
    return
  }
  if (!message!.compressed) {
    done({ result: 'accepted', partialSuccess: partialSuccessOf(message!.bytes) })
    return
  }
  const encoding = textOf(answer.headers!['grpc-encoding'])
  const coding = encoding === undefined ? undefined : grpcCoding(encoding)
  if (coding === undefined || coding === 'identity') {
    const what = `the answer's message is compressed, and its grpc-encoding ${encoding === undefined ? 'absent' : `${JSON.stringify(oneLine(encoding))} not one that was offered`}`
    done(broken(call, answer, what, grpcStatus.internal))
    return
  }
  decodeContent(coding, message!.bytes, maxResponseBytes, unlimited, (error, bytes) => {
    if (error === undefined) done({ result: 'accepted', partialSuccess: partialSuccessOf(bytes!) })
    else if (error.code === 'OTLP_TOO_LARGE') done(tooLarge(call, answer, 'after decompression', maxResponseBytes))
    else done(broken(call, answer, `the answer's message cannot be read: ${error.message}`, grpcStatus.internal))
  })
}

const unlimited = { take: () => true }

function partialSuccessOf(bytes: Uint8Array): PartialSuccess | undefined {
  if (bytes.byteLength === 0) return undefined
  try {
    return decodeExportResponse(bytes, 'protobuf')
  } catch {
    // The status decides: OK with a message that cannot be read is a success without a partial success.
    return undefined
  }
}

function isGrpc(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().startsWith('application/grpc') === true
}

function notGrpc(call: AnsweredRequest, answer: GrpcAnswer, httpStatus: number): OtlpOutcome {
  const code = grpcStatusOfHttpAnswer(httpStatus)
  const retryable = isRetryableGrpcStatus(code, false)
  const contentType = answer.headers?.['content-type']
  const error = notGrpcError(
    call.display,
    httpStatus,
    contentType === undefined ? undefined : oneLine(contentType),
    retryable,
    call.items,
  )
  return failed(answer, error, retryable, code)
}

function broken(call: AnsweredRequest, answer: GrpcAnswer, what: string, code: number): OtlpOutcome {
  const retryable = isRetryableGrpcStatus(code, false)
  return failed(answer, grpcProtocolError(call.display, what, retryable, call.items), retryable, code)
}

function tooLarge(call: AnsweredRequest, answer: GrpcAnswer, size: string, limitBytes: number): OtlpOutcome {
  const error = otlpError(
    'OTLP_RESPONSE_TOO_LARGE',
    `${call.display}: answered with a message ${size}; the limit is ${limitBytes} bytes, and expected is a short OTLP response; call cancelled, ${call.items} count as not delivered and are not sent again`,
  )
  return failed(answer, error, false, grpcStatus.resourceExhausted)
}

function failed(answer: GrpcAnswer, error: OtlpError, retryable: boolean, code: number): OtlpOutcome {
  return {
    result: 'failed',
    error,
    retryable,
    retryAfterMillis: undefined,
    httpStatus: answer.headers?.[':status'],
    grpcStatus: code,
  }
}

// A header that node does not know comes as a list when it came several times.
function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(', ')
}
