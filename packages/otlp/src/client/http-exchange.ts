// SPDX-License-Identifier: Apache-2.0
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Timer } from '../clock.ts'
import type { OtlpError } from '../errors.ts'
import { otlpError } from '../errors.ts'
import { gzipContent } from '../transport/content-encoding.ts'
import type { HttpTarget } from '../transport/endpoint.ts'
import { backoffMillis } from '../transport/retry.ts'
import { grpcStatus } from '../transport/status-code.ts'
import { type AnsweredRequest, outcomeOfAnswer, responseTooLarge } from './answer.ts'
import { decodeAnswer } from './answer-coding.ts'
import type { OtlpOutcome, OtlpRequest } from './client.ts'
import { connectionError, isConnectionReset, itemsText } from './failure.ts'
import type { HttpClientSettings } from './http-client.ts'

type Failure = Extract<OtlpOutcome, { result: 'failed' }>

const noBody = new Uint8Array()
// Pieces smaller than this on average are joined before they are sent: a write costs some 0.5 us. Of 1.8 KiB pieces
// neither way was measurably cheaper.
const minPieceBytes = 512

/**
 * One `send` from its first try to its outcome. At most one of these is under way at a time: compressing, a request,
 * a wait; whatever ends the exchange stops that one and calls `settled` exactly once.
 */
export class HttpExchange implements AnsweredRequest {
  readonly signal: OtlpRequest['signal']
  readonly #settings: HttpClientSettings
  readonly #target: HttpTarget
  readonly #request: OtlpRequest
  readonly #headers: string[]
  readonly #byteCount: number
  readonly #settled: (exchange: HttpExchange, outcome: OtlpOutcome) => void
  #chunks: readonly Uint8Array[]
  #deadline: Timer | undefined
  #deadlineAtMillis = Number.POSITIVE_INFINITY
  #wait: Timer | undefined
  #running: ClientRequest | undefined
  #attempt = 0
  #repeatedAtOnce = false
  #lastError: OtlpError | undefined
  #done = false

  constructor(
    settings: HttpClientSettings,
    target: HttpTarget,
    request: OtlpRequest,
    headers: string[],
    byteCount: number,
    settled: (exchange: HttpExchange, outcome: OtlpOutcome) => void,
  ) {
    this.signal = request.signal
    this.#settings = settings
    this.#target = target
    this.#request = request
    this.#headers = headers
    this.#byteCount = byteCount
    this.#chunks = request.chunks
    this.#settled = settled
  }

  get display(): string {
    return this.#target.display
  }

  get items(): string {
    return itemsText(this.#request.signal, this.#request.itemCount)
  }

  start(): void {
    const { timeoutMillis, clock, compression } = this.#settings
    if (this.#request.abort !== undefined) {
      if (this.#request.abort.aborted) {
        this.#onAbort()
        return
      }
      this.#request.abort.addEventListener('abort', this.#onAbort)
    }
    if (timeoutMillis > 0) {
      this.#deadlineAtMillis = clock.nowMillis() + timeoutMillis
      this.#deadline = clock.after(timeoutMillis, () => this.#onDeadline())
    }
    if (compression === 'none') {
      if (this.#byteCount < this.#chunks.length * minPieceBytes) {
        this.#chunks = [Buffer.concat(this.#chunks, this.#byteCount)]
      }
      this.#headers.push('Content-Length', String(this.#byteCount))
      this.#try()
      return
    }
    gzipContent(this.#chunks, this.#byteCount, (error, compressed) => {
      if (this.#done) return
      if (error !== undefined) {
        const text = error instanceof Error ? error.message : String(error)
        this.#fail(
          otlpError('OTLP_INTERNAL', `gzip of ${this.#byteCount} bytes: ${text}; ${this.items} not sent`, error),
          false,
        )
        return
      }
      let size = 0
      for (const chunk of compressed) size += chunk.byteLength
      this.#chunks = compressed
      this.#headers.push('Content-Length', String(size))
      this.#try()
    })
  }

  /** Ends the exchange from outside, when the client shuts down. */
  cancel(error: OtlpError): void {
    this.#fail(error, true, grpcStatus.unavailable)
  }

  #try(): void {
    this.#attempt++
    this.#post()
  }

  #post(): void {
    let running: ClientRequest
    try {
      running = this.#settings.connections.post(this.#target, this.#headers)
    } catch (error) {
      // Only options that node:http refuses come here: header names or values with characters HTTP does not allow.
      const text = error instanceof Error ? error.message : String(error)
      this.#fail(
        otlpError(
          'OTLP_OPTION',
          `${this.display}: ${text}; expected are header names and values that HTTP allows; ${this.items} not sent`,
          error,
        ),
        false,
      )
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

  #onResponse(running: ClientRequest, response: IncomingMessage): void {
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
        this.#settle(responseTooLarge(this, response, limit))
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

  #onAnswer(response: IncomingMessage, body: Uint8Array): void {
    if (response.headers['content-encoding'] === undefined) {
      this.#conclude(outcomeOfAnswer(this, response, body))
      return
    }
    decodeAnswer(this, response, body, this.#settings.maxResponseBytes, (outcome, decoded) => {
      if (!this.#done) this.#conclude(outcome ?? outcomeOfAnswer(this, response, decoded))
    })
  }

  #onConnectionError(running: ClientRequest, error: unknown): void {
    if (this.#running !== running) return
    this.#running = undefined
    // A kept connection that the endpoint closed while it lay idle says nothing about the endpoint, and the request
    // was not answered: repeat it at once on another connection, outside the policy.
    if (running.reusedSocket && !this.#repeatedAtOnce && isConnectionReset(error)) {
      this.#repeatedAtOnce = true
      this.#post()
      return
    }
    this.#conclude({
      result: 'failed',
      error: connectionError(this.display, error, this.items),
      retryable: true,
      retryAfterMillis: undefined,
      httpStatus: undefined,
      grpcStatus: grpcStatus.unavailable,
    })
  }

  /** Settles, or waits and tries again when policy and deadline allow it. */
  #conclude(outcome: OtlpOutcome): void {
    const { retry, clock, random, observer } = this.#settings
    if (
      outcome.result === 'accepted' ||
      !outcome.retryable ||
      retry === undefined ||
      this.#attempt >= retry.maxAttempts
    ) {
      this.#settle(outcome)
      return
    }
    const delayMillis = Math.max(backoffMillis(retry, this.#attempt, random()), outcome.retryAfterMillis ?? 0)
    // No use in waiting for a moment when there is no time left to send.
    if (clock.nowMillis() + delayMillis >= this.#deadlineAtMillis) {
      this.#settle(outcome)
      return
    }
    this.#lastError = outcome.error
    this.#repeatedAtOnce = false
    this.#wait = clock.after(delayMillis, () => {
      this.#wait = undefined
      this.#try()
    })
    observer?.retry?.({ error: outcome.error, attempt: this.#attempt, delayMillis })
  }

  #onDeadline(): void {
    const tries = this.#attempt === 1 ? '1 try' : `${this.#attempt} tries`
    const last = this.#lastError === undefined ? '' : `, the last finished one: ${this.#lastError.message}`
    this.#fail(
      otlpError(
        'OTLP_DEADLINE',
        `${this.display}: no answer within ${this.#settings.timeoutMillis} ms (${tries}${last}); expected was one before the deadline: raise the time-out or look at the load of the endpoint; ${this.items} not delivered as far as known`,
        this.#lastError,
      ),
      true,
      grpcStatus.deadlineExceeded,
    )
  }

  readonly #onAbort = (): void => {
    this.#fail(
      otlpError(
        'OTLP_ABORTED',
        `${this.display}: given up by the caller before an answer; ${this.items} not delivered as far as known`,
      ),
      true,
      grpcStatus.cancelled,
    )
  }

  #fail(error: OtlpError, retryable: boolean, status?: number): void {
    this.#settle({
      result: 'failed',
      error,
      retryable,
      retryAfterMillis: undefined,
      httpStatus: undefined,
      grpcStatus: status,
    } satisfies Failure)
  }

  #settle(outcome: OtlpOutcome): void {
    if (this.#done) return
    this.#done = true
    this.#deadline?.cancel()
    this.#wait?.cancel()
    this.#request.abort?.removeEventListener('abort', this.#onAbort)
    const running = this.#running
    this.#running = undefined
    if (running !== undefined) running.destroy()
    this.#settled(this, outcome)
  }
}
