// SPDX-License-Identifier: Apache-2.0
import type { OutgoingHttpHeaders } from 'node:http2'
import { isOtlpError, type OtlpError, otlpError } from '../errors.ts'
import { type ContentCoding, encodeContent } from '../transport/content-encoding.ts'
import { grpcMessagePrefix, grpcPrefixBytes, writeGrpcMessagePrefix } from '../transport/grpc-framing.ts'
import { formatGrpcTimeout } from '../transport/grpc-metadata.ts'
import { grpcStatus } from '../transport/status-code.ts'
import type { OtlpOutcome, OtlpRequest } from './client.ts'
import { Delivery, type DeliverySettings } from './delivery.ts'
import { outcomeOfGrpcAnswer } from './grpc-answer.ts'
import type { ChannelCall, GrpcChannel } from './grpc-channel.ts'
import type { GrpcConnection } from './grpc-connection.ts'
import { grpcConnectionError } from './grpc-failure.ts'
import { type GrpcAnswer, GrpcStream, type GrpcStreamOwner } from './grpc-stream.ts'

/** What calls share. */
export interface GrpcCallSettings extends DeliverySettings {
  /** Undefined = not compressed. */
  readonly coding: ContentCoding | undefined
  readonly maxResponseBytes: number
  readonly channel: GrpcChannel
}

// Messages up to this size go as one piece out of node's pool of buffers. A buffer of its own for each larger message
// would cost more than a piece more does: a call of 34 kB takes 86 us of CPU so, and 72 us with the prefix as a piece of
// its own (Node 20, medians of ten runs each in turn; single runs differ by a third).
const maxJoinedBytes = 4000
// Pieces smaller than this on average are joined in any case.
const minPieceBytes = 512
// How often a call that the endpoint has not looked at goes to another connection outside the retry policy.
const maxRefusals = 3

/** One `send` over gRPC. A try is one call, whose stream may change as long as no endpoint has looked at it. */
export class GrpcCall extends Delivery implements ChannelCall, GrpcStreamOwner {
  readonly #settings: GrpcCallSettings
  readonly #headers: OutgoingHttpHeaders
  readonly #byteCount: number
  readonly #settled: (call: GrpcCall, outcome: OtlpOutcome) => void
  #pieces: readonly Uint8Array[] = []
  #stream: GrpcStream | undefined
  #isWaiting = false
  #refusalCount = 0

  /** `headers` are only lent: `grpc-timeout` is set anew before each use. */
  constructor(
    settings: GrpcCallSettings,
    display: string,
    request: OtlpRequest,
    headers: OutgoingHttpHeaders,
    byteCount: number,
    settled: (call: GrpcCall, outcome: OtlpOutcome) => void,
  ) {
    super(settings, display, request)
    this.#settings = settings
    this.#headers = headers
    this.#byteCount = byteCount
    this.#settled = settled
  }

  protected prepare(): void {
    const { coding } = this.#settings
    const { chunks } = this.request
    if (coding === undefined) {
      this.#pieces = framed(chunks, this.#byteCount, false)
      this.try()
      return
    }
    encodeContent(coding, undefined, chunks, this.#byteCount, (error, compressed) => {
      if (this.isDone) return
      if (error !== undefined) {
        this.fail(this.#encodeError(coding, error), false, grpcStatus.internal)
        return
      }
      let size = 0
      for (const piece of compressed) size += piece.byteLength
      this.#pieces = framed(compressed, size, true)
      this.try()
    })
  }

  #encodeError(coding: ContentCoding, error: unknown): OtlpError {
    if (isOtlpError(error)) return error
    const text = error instanceof Error ? error.message : String(error)
    return otlpError('OTLP_INTERNAL', `${coding} of ${this.#byteCount} bytes: ${text}; ${this.items} not sent`, error)
  }

  protected startTry(): void {
    this.#refusalCount = 0
    this.#pick()
  }

  #pick(): void {
    this.#isWaiting = true
    this.#settings.channel.pick(this)
  }

  begin(connection: GrpcConnection): void {
    this.#isWaiting = false
    const remaining = this.remainingMillis
    if (remaining === Number.POSITIVE_INFINITY) delete this.#headers['grpc-timeout']
    else this.#headers['grpc-timeout'] = formatGrpcTimeout(remaining)
    try {
      this.#stream = new GrpcStream(connection, this.#headers, this.#pieces, this.#settings.maxResponseBytes, this)
    } catch (error) {
      this.#settings.channel.ended()
      if (connection.hasRoom) this.#refused(error)
      // The connection had begun to close: nothing was sent yet.
      else this.#pick()
    }
  }

  // Only headers that node:http2 refuses come here.
  #refused(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    this.fail(
      otlpError(
        'OTLP_OPTION',
        `${this.display}: ${text}; expected are header names and values that HTTP/2 allows; ${this.items} not sent`,
        error,
      ),
      false,
      grpcStatus.invalidArgument,
    )
  }

  unavailable(error: unknown): void {
    this.#isWaiting = false
    this.conclude({
      result: 'failed',
      error: grpcConnectionError(this.display, error, this.items),
      retryable: true,
      retryAfterMillis: undefined,
      httpStatus: undefined,
      grpcStatus: grpcStatus.unavailable,
    })
  }

  answered(stream: GrpcStream, answer: GrpcAnswer): void {
    if (this.#stream !== stream) return
    this.#stream = undefined
    if (answer.isUnprocessed && this.#refusalCount++ < maxRefusals) {
      this.#pick()
      return
    }
    outcomeOfGrpcAnswer(this, answer, this.#settings.maxResponseBytes, (outcome) => {
      if (!this.isDone) this.conclude(outcome)
    })
  }

  streamClosed(): void {
    this.#settings.channel.ended()
  }

  protected stopTry(): void {
    if (this.#isWaiting) {
      this.#isWaiting = false
      this.#settings.channel.leave(this)
    }
    this.#stream?.cancel(this.remainingMillis <= 0)
    this.#stream = undefined
  }

  protected settled(outcome: OtlpOutcome): void {
    this.#settled(this, outcome)
  }
}

/** The message with its prefix, in as many pieces as are worth having. */
function framed(chunks: readonly Uint8Array[], byteCount: number, compressed: boolean): readonly Uint8Array[] {
  if (byteCount > maxJoinedBytes && byteCount >= chunks.length * minPieceBytes) {
    return [grpcMessagePrefix(byteCount, compressed), ...chunks]
  }
  const whole = Buffer.allocUnsafe(grpcPrefixBytes + byteCount)
  writeGrpcMessagePrefix(whole, byteCount, compressed)
  let at = grpcPrefixBytes
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return [whole]
}
