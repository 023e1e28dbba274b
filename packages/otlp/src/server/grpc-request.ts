// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders } from 'node:http2'
import { type OtlpError, otlpError } from '../errors.ts'
import type { ContentCoding } from '../transport/content-encoding.ts'
import { grpcCoding, supportedGrpcEncodings } from '../transport/grpc-coding.ts'
import type { GrpcReadProblem } from '../transport/grpc-framing.ts'
import { parseGrpcTimeout } from '../transport/grpc-metadata.ts'
import type { GrpcRoute } from './grpc-core.ts'
import { quoted } from './served-request.ts'

/** What the headers of a call ask for. */
export interface GrpcRequest {
  readonly route: GrpcRoute
  readonly coding: ContentCoding | 'identity'
  /** Milliseconds from the arrival of the headers; undefined = no limit. */
  readonly timeoutMillis: number | undefined
}

/** Reads the headers of a call: grpc/doc/PROTOCOL-HTTP2.md, "Requests". */
export function readGrpcRequest(
  headers: IncomingHttpHeaders,
  routes: ReadonlyMap<string, GrpcRoute>,
): GrpcRequest | OtlpError {
  const method = headers[':method']
  const path = headers[':path']
  if (method !== 'POST') {
    return otlpError(
      'OTLP_METHOD',
      `method ${quoted(method)} at ${quoted(path)}: not allowed; gRPC has only POST; request refused with 405`,
    )
  }
  const contentType = headers['content-type']
  if (!isGrpc(contentType)) {
    return otlpError(
      'OTLP_CONTENT_TYPE',
      `Content-Type ${quoted(contentType)}: not supported; this port serves OTLP/gRPC and takes application/grpc and application/grpc+proto, OTLP/HTTP is usually at port 4318; request refused with 415`,
    )
  }
  const route = routes.get(path ?? '')
  if (route === undefined) {
    return otlpError(
      'OTLP_PATH',
      `method ${quoted(path)}: not served; served are ${[...routes.keys()].join(', ')}; call refused with UNIMPLEMENTED`,
    )
  }
  const encoding = headers['grpc-encoding']
  const coding = encoding === undefined ? 'identity' : grpcCoding(textOf(encoding))
  if (coding === undefined) {
    return otlpError(
      'OTLP_ENCODING',
      `grpc-encoding ${quoted(textOf(encoding))}: not supported; supported are ${supportedGrpcEncodings()}; call refused with UNIMPLEMENTED`,
    )
  }
  const timeout = headers['grpc-timeout']
  if (timeout === undefined) return { route, coding, timeoutMillis: undefined }
  const timeoutMillis = parseGrpcTimeout(textOf(timeout))
  if (timeoutMillis === undefined) {
    return otlpError(
      'OTLP_GRPC',
      `grpc-timeout ${quoted(textOf(timeout))}: malformed; expected are 1 to 8 digits and one of H, M, S, m, u, n; call refused with INTERNAL`,
    )
  }
  return { route, coding, timeoutMillis }
}

function isGrpc(contentType: string | undefined): boolean {
  if (contentType === 'application/grpc' || contentType === undefined) return contentType !== undefined
  return /^application\/grpc(?:\+proto)?(?:$|[ \t]*;)/i.test(contentType)
}

// A header sent several times comes joined, or as a list.
function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(', ')
}

/** The error for bytes that are not exactly one message. */
export function framingError(problem: GrpcReadProblem, maxMessageBytes: number): OtlpError {
  if (problem.kind === 'tooLarge') {
    return otlpError(
      'OTLP_TOO_LARGE',
      `message of ${problem.byteCount} bytes: larger than the limit of ${maxMessageBytes} bytes; call refused with RESOURCE_EXHAUSTED, send smaller ones`,
    )
  }
  return otlpError(
    'OTLP_GRPC',
    `request stream: ${textOfProblem(problem)}; expected is exactly one message with its prefix of a flag and a length; call refused with INTERNAL`,
  )
}

function textOfProblem(problem: Exclude<GrpcReadProblem, { kind: 'tooLarge' }>): string {
  switch (problem.kind) {
    case 'flag':
      return `its compression flag is ${problem.flag}`
    case 'truncated':
      return `it ended after ${problem.receivedBytes} of the ${problem.expectedBytes} bytes of its ${problem.part}`
    case 'none':
      return 'it ended without a message'
    case 'several':
      return 'bytes follow its message'
  }
}

/** The error for a message that says it is compressed, with nothing saying how. */
export function flagWithoutEncodingError(): OtlpError {
  return otlpError(
    'OTLP_GRPC',
    'message: its compression flag is set, but grpc-encoding is absent or identity; expected is the name of the encoding; call refused with INTERNAL',
  )
}

/**
 * Metadata of a call as its handler gets it: names in lower case, values of `-bin` names in base64 as they came. What is
 * gRPC's and HTTP's own is left out, except `:authority`, `user-agent` and `content-type`.
 */
export function metadataOf(rawHeaders: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const metadata = new Map<string, string[]>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (protocolHeaders.has(name)) continue
    const value = rawHeaders[at + 1]!
    const values = metadata.get(name)
    if (values === undefined) metadata.set(name, [value])
    else values.push(value)
  }
  return metadata
}

const protocolHeaders: ReadonlySet<string> = new Set([
  ':method',
  ':scheme',
  ':path',
  'te',
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
  'grpc-message-type',
])
