// SPDX-License-Identifier: Apache-2.0
import { isOtlpError, otlpError } from '../errors.ts'
import { type ContentCoding, contentCoding, encodeContent } from '../transport/content-encoding.ts'
import type { HttpTarget } from '../transport/endpoint.ts'
import { grpcStatus } from '../transport/status-code.ts'
import { outcomeOfAnswer, responseTooLarge } from './answer.ts'
import { decodeAnswer } from './answer-coding.ts'
import type { OtlpOutcome, OtlpRequest } from './client.ts'
import type { IncomingAnswer, OutgoingRequest } from './connections.ts'
import { Delivery } from './delivery.ts'
import { connectionError, isConnectionReset, refusedRequest } from './failure.ts'
import type { HttpClientSettings } from './http-client.ts'

const noBody = new Uint8Array()
// Pieces smaller than this on average are joined before they are sent: a write costs some 0.5 us. Of 1.8 KiB pieces
// neither way was measurably cheaper.
const minPieceBytes = 512

/** One `send` over HTTP. A try is one request; a request on a kept connection that was closed is sent twice in one try. */
export class HttpExchange extends Delivery {
  readonly #settings: HttpClientSettings
  readonly #target: HttpTarget
  readonly #headers: string[]
  readonly #byteCount: number
  readonly #settled: (exchange: HttpExchange, outcome: OtlpOutcome) => void
  #chunks: readonly Uint8Array[]
  #running: OutgoingRequest | undefined
  #repeatedAtOnce = false

  constructor(
    settings: HttpClientSettings,
    target: HttpTarget,
    request: OtlpRequest,
    headers: string[],
    byteCount: number,
    settled: (exchange: HttpExchange, outcome: OtlpOutcome) => void,
  ) {
    super(settings, target.display, request)
    this.#settings = settings
    this.#target = target
    this.#headers = headers
    this.#byteCount = byteCount
    this.#chunks = request.chunks
    this.#settled = settled
  }

  protected prepare(): void {
    const { compression, compressionLevel } = this.#settings
    if (compression === 'none') {
      if (this.#byteCount < this.#chunks.length * minPieceBytes) {
        this.#chunks = [Buffer.concat(this.#chunks, this.#byteCount)]
      }
      this.#headers.push('Content-Length', String(this.#byteCount))
      this.try()
      return
    }
    const coding = contentCoding(compression) as ContentCoding
    encodeContent(coding, compressionLevel, this.#chunks, this.#byteCount, (error, compressed) => {
      if (this.isDone) return
      if (isOtlpError(error)) {
        this.fail(error, false)
        return
      }
      if (error !== undefined) {
        const text = error instanceof Error ? error.message : String(error)
        this.fail(
          otlpError(
            'OTLP_INTERNAL',
            `${compression} of ${this.#byteCount} bytes: ${text}; ${this.items} not sent`,
            error,
          ),
          false,
        )
        return
      }
      let size = 0
      for (const chunk of compressed) size += chunk.byteLength
      this.#chunks = compressed
      this.#headers.push('Content-Length', String(size))
      this.try()
    })
  }

  protected startTry(): void {
    this.#repeatedAtOnce = false
    this.#post()
  }

  protected stopTry(): void {
    const running = this.#running
    this.#running = undefined
    if (running !== undefined) running.destroy()
  }

  protected settled(outcome: OtlpOutcome): void {
    this.#settled(this, outcome)
  }

  #post(): void {
    let running: OutgoingRequest
    try {
      running = this.#settings.connections.post(this.#target, this.#headers)
    } catch (error) {
      this.fail(refusedRequest(this.display, error, this.items), false)
      return
    }
    this.#running = running
    running.on('response', (response) => this.#onResponse(running, response))
    running.on('error', (error) => this.#onConnectionError(running, error))
    const chunks = this.#chunks
    const last = chunks.length - 1
    if (last > 0) {
      // Corked, the pieces leave in one writev with the headers; nothing is copied together.
      running.cork()
      for (let at = 0; at < last; at++) running.write(chunks[at]!)
      running.end(chunks[last]!)
      running.uncork()
    } else {
      running.end(chunks[0] ?? noBody)
    }
  }

  #onResponse(running: OutgoingRequest, response: IncomingAnswer): void {
    if (this.#running !== running) return
    const pieces: Buffer[] = []
    const limit = this.#settings.maxResponseBytes
    let size = 0
    response.on('data', (chunk: Buffer) => {
      size += chunk.byteLength
      if (size <= limit) {
        pieces.push(chunk)
      } else if (this.#running === running) {
        this.#running = undefined
        running.destroy()
        this.conclude(responseTooLarge(this, response, limit))
      }
    })
    response.on('end', () => {
      if (this.#running !== running) return
      // From here the connection is free for the next request.
      this.#running = undefined
      const body = pieces.length === 0 ? noBody : pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size)
      this.#onAnswer(response, body)
    })
    response.on('error', (error) => this.#onConnectionError(running, error))
  }

  #onAnswer(response: IncomingAnswer, body: Uint8Array): void {
    if (response.headers['content-encoding'] === undefined) {
      this.conclude(outcomeOfAnswer(this, response, body))
      return
    }
    decodeAnswer(this, response, body, this.#settings.maxResponseBytes, (outcome, decoded) => {
      if (!this.isDone) this.conclude(outcome ?? outcomeOfAnswer(this, response, decoded))
    })
  }

  #onConnectionError(running: OutgoingRequest, error: unknown): void {
    if (this.#running !== running) return
    this.#running = undefined
    // A kept connection that the endpoint closed while it lay idle says nothing about the endpoint, and the request
    // was not answered: repeat it at once on another connection, outside the policy.
    if (running.reusedSocket && !this.#repeatedAtOnce && isConnectionReset(error)) {
      this.#repeatedAtOnce = true
      this.#post()
      return
    }
    this.conclude({
      result: 'failed',
      error: connectionError(this.display, error, this.items),
      retryable: true,
      retryAfterMillis: undefined,
      httpStatus: undefined,
      grpcStatus: grpcStatus.unavailable,
    })
  }
}
