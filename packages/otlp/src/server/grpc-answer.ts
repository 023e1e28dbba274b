// SPDX-License-Identifier: Apache-2.0
import type { OutgoingHttpHeaders, ServerStreamResponseOptions } from 'node:http2'
import { encodeExportResponse } from '../encode/response.ts'
import { grpcPrefixBytes, writeGrpcMessagePrefix } from '../transport/grpc-framing.ts'

/** Headers before messages; made once. */
export const responseHeaders: OutgoingHttpHeaders = { ':status': 200, 'content-type': 'application/grpc' }
export const okTrailers: OutgoingHttpHeaders = { 'grpc-status': '0' }
/** Missing in the types of Node: nobody needs a date here, and making it costs. */
type SentOptions = ServerStreamResponseOptions & { readonly sendDate: false }

export const withMessage: SentOptions = { waitForTrailers: true, sendDate: false }
export const withText: SentOptions = { sendDate: false }
export const withoutMessage: SentOptions = { endStream: true, sendDate: false }

/** A message as it goes over the wire. */
export function framed(message: Uint8Array): Uint8Array {
  const whole = new Uint8Array(grpcPrefixBytes + message.byteLength)
  writeGrpcMessagePrefix(whole, message.byteLength, false)
  whole.set(message, grpcPrefixBytes)
  return whole
}

/** The answer that nearly every call gets: a message without fields. */
export const fullSuccess: Uint8Array = framed(encodeExportResponse(undefined, 'protobuf', 'traces'))
