// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import type { Batch } from '../batch/batch.ts'
import type { OtlpEncoding, PartialSuccess } from '../client/client.ts'
import type { Clock, Timer } from '../clock.ts'
import { encodeExportResponse } from '../encode/response.ts'
import { type OtlpError, type OtlpErrorCode, otlpError, otlpErrors } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import { type ContentCoding, type ContentEncodings, decodeContent } from '../transport/content-encoding.ts'
import { encodingOfMediaType, mediaTypes } from '../transport/media-type.ts'
import type { Cors } from './cors.ts'
import { emptyMetadata, InFlightRequest, requestBytes, type ServingCore } from './in-flight.ts'
import { boundedMessage, type Refusal, refusalBody, refusalOfHandler, refusalOfRequest } from './refusal.ts'

/** What all requests of one server share. */
export interface HttpServerCore extends ServingCore {
  readonly paths: ReadonlyMap<string, Signal>
  readonly maxRequestBodyBytes: number
  readonly contentEncodings: ContentEncodings
  readonly includeMetadata: boolean
  readonly keepAlive: boolean
  /** Headers of every answer, names and values in turn. */
  readonly responseHeaders: readonly string[]
  readonly successHeaders: Readonly<Record<OtlpEncoding, readonly string[]>>
  readonly cors: Cors | undefined
  readonly clock: Clock
  readonly lingerMillis: number
  /** Time in which an answer must be taken; 0 = no limit. */
  readonly writeTimeoutMillis: number
  /** Requests refused before their body was there, while the rest of it is being thrown away. */
  readonly lingering: Set<ServedRequest>
  /** Shutdown has begun. */
  draining: boolean
}

// A refused request whose remaining body is announced and no longer than this is read to its end, and the connection kept.
const maxDrainBytes = 256 * 1024
// Longer ones are read only so that the sender gets to see the answer: closing with unread data resets the connection,
// and the answer is lost.
const maxLingerBytes = 64 * 1024 * 1024

const state = { reading: 0, handling: 1, answered: 2, gone: 3 } as const
type State = (typeof state)[keyof typeof state]

/** One OTLP request, from its headers to its answer. */
export class ServedRequest extends InFlightRequest {
  readonly #core: HttpServerCore
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  // Undefined: no signal is served at this path.
  readonly #signal: Signal | undefined
  #encoding: OtlpEncoding | undefined
  #coding: ContentCoding | 'identity' = 'identity'
  #origin: string | undefined
  // Kept for messages.
  #contentType: string | undefined
  #contentEncoding: string | undefined
  #contentLength = -1
  #state: State = state.reading
  #first: Buffer | undefined
  #rest: Buffer[] | undefined
  #size = 0
  #closeAfter = false
  #lingerTimer: Timer | undefined
  #readTimer: Timer | undefined
  #lingeredBytes = 0

  constructor(core: HttpServerCore, request: IncomingMessage, response: ServerResponse, signal: Signal | undefined) {
    super(core)
    this.#core = core
    this.#request = request
    this.#response = response
    this.#signal = signal
  }

  /** Whether its body is still coming. The parser can be past the end before the stream says so. */
  get isReading(): boolean {
    return this.#state === state.reading && !this.#request.complete
  }

  get isAnswered(): boolean {
    return this.#state >= state.answered
  }

  /** Whether the request has come to its end, answered or not. */
  get isWhole(): boolean {
    return this.#request.complete
  }

  /** Checks what the headers tell and starts reading the body. */
  begin(expectsContinue: boolean): void {
    const core = this.#core
    this.#readHeaders()
    const error = this.#headerError()
    if (error !== undefined) {
      this.refuse(error)
      return
    }
    if (!this.take(requestBytes)) {
      this.refuse(this.overloaded(requestBytes))
      return
    }
    if (core.draining) {
      this.refuse(
        otlpError(
          'OTLP_SHUTDOWN',
          'receiver: shutting down; expected is a running one; request refused with 503, send it again elsewhere or later',
        ),
      )
      return
    }
    const request = this.#request
    request.on('data', (chunk: Buffer) => this.#onData(chunk))
    request.on('end', () => this.#onEnd())
    request.on('close', () => this.#onClose())
    if (expectsContinue) this.#response.writeContinue()
  }

  /** Gives the body this long, for connections that node does not watch. */
  limitReading(millis: number): void {
    if (this.#state !== state.reading) return
    this.#readTimer = this.#core.clock.after(millis, () => {
      if (this.isReading) this.timeOut()
    })
  }

  // The raw list is read once for the three headers that matter: building node's header object costs more than all
  // else that happens here.
  #readHeaders(): void {
    const raw = this.#request.rawHeaders
    let contentType: string | undefined
    let contentEncoding: string | undefined
    for (let at = 0; at < raw.length; at += 2) {
      const name = raw[at]!
      const value = raw[at + 1]!
      switch (name.length) {
        case 6:
          if (this.#core.cors !== undefined && name.toLowerCase() === 'origin') this.#origin = value
          break
        case 12:
          if (name.toLowerCase() === 'content-type') contentType = value
          break
        case 14:
          // The parser has checked that it is a number and stands alone.
          if (name.toLowerCase() === 'content-length') this.#contentLength = Number(value)
          break
        case 16:
          if (name.toLowerCase() === 'content-encoding') {
            contentEncoding = contentEncoding === undefined ? value : `${contentEncoding}, ${value}`
          }
          break
      }
    }
    this.#encoding = encodingOfMediaType(contentType)
    this.#contentType = contentType
    this.#contentEncoding = contentEncoding
  }

  #headerError(): OtlpError | undefined {
    if (this.#signal === undefined) {
      return otlpError(
        'OTLP_PATH',
        `path ${quoted(this.#request.url)}: no signal is served there; served are ${[...this.#core.paths.keys()].join(', ')}; request refused with 404`,
      )
    }
    const method = this.#request.method
    if (method !== 'POST') {
      return otlpError(
        'OTLP_METHOD',
        `method ${method} at ${quoted(this.#request.url)}: not allowed; supported is POST; request refused with 405`,
      )
    }
    if (this.#encoding === undefined) {
      return otlpError(
        'OTLP_CONTENT_TYPE',
        `Content-Type ${quoted(this.#contentType)}: not supported; supported are ${mediaTypes.protobuf} and ${mediaTypes.json}; request refused with 415`,
      )
    }
    const coding = this.#core.contentEncodings.codingOf(this.#contentEncoding)
    if (coding === undefined) {
      return otlpError(
        'OTLP_ENCODING',
        `Content-Encoding ${quoted(this.#contentEncoding)}: not supported; supported are ${this.#core.contentEncodings.text}; request refused with 415`,
      )
    }
    this.#coding = coding
    if (this.#contentLength > this.#core.maxRequestBodyBytes) return this.#tooLarge(`${this.#contentLength} bytes`)
    return undefined
  }

  #onData(chunk: Buffer): void {
    if (this.#state !== state.reading) {
      this.#discard(chunk.byteLength)
      return
    }
    const size = this.#size + chunk.byteLength
    if (size > this.#core.maxRequestBodyBytes) {
      this.refuse(this.#tooLarge(`more than ${this.#core.maxRequestBodyBytes} bytes`))
      return
    }
    if (!this.take(chunk.byteLength)) {
      this.refuse(this.overloaded(chunk.byteLength))
      return
    }
    this.#size = size
    if (this.#first === undefined) this.#first = chunk
    else if (this.#rest === undefined) this.#rest = [this.#first, chunk]
    else this.#rest.push(chunk)
  }

  #onEnd(): void {
    if (this.#state !== state.reading) {
      this.endLinger()
      return
    }
    // node ends the body of an HTTP/2 stream that was reset as if it were whole.
    if (this.#stream?.aborted === true) {
      this.abandoned('while its body was being read')
      return
    }
    this.#state = state.handling
    this.#readTimer?.cancel()
    // A body that came in one piece is used where it is.
    const body = this.#rest === undefined ? (this.#first ?? new Uint8Array()) : Buffer.concat(this.#rest, this.#size)
    this.#first = undefined
    this.#rest = undefined
    if (this.#coding === 'identity') {
      this.consume(this.#signal!, this.#encoding!, body)
      return
    }
    decodeContent(this.#coding, body, this.#core.maxRequestBodyBytes, this, (error, decoded) => {
      if (error === undefined) this.consume(this.#signal!, this.#encoding!, decoded!)
      else this.refuse(error)
    })
  }

  // Also comes after a request that arrived whole; then nothing is left to do.
  #onClose(): void {
    if (this.#state === state.reading) this.abandoned('while its body was being read')
    else this.endLinger()
  }

  protected abandoned(when: string): void {
    this.#state = state.gone
    this.#readTimer?.cancel()
    this.#first = undefined
    this.#rest = undefined
    this.release()
    const error = otlpError(
      'OTLP_ABORTED',
      `request to ${quoted(this.#request.url)}: the sender closed the connection ${when}, after ${this.#size} bytes; expected was the whole request; nothing of it is used`,
    )
    this.#core.observer?.refused?.({
      error,
      code: error.code,
      httpStatus: 499,
      remoteAddress: this.#request.socket.remoteAddress,
    })
  }

  protected get isAbandoned(): boolean {
    return this.#stream?.closed ?? this.#response.destroyed
  }

  // The stream of an HTTP/2 request. Its response has node:http's shape, but not all of it.
  get #stream(): ServerHttp2Stream | undefined {
    return this.#request.httpVersionMajor === 2 ? (this.#response as unknown as Http2ServerResponse).stream : undefined
  }

  protected onAbandoned(run: () => void): void {
    const response = this.#response
    const stream = this.#stream
    if (stream === undefined) {
      response.once('close', () => {
        if (!response.writableFinished) run()
      })
      return
    }
    // A stream that was reset counts as written to its end.
    stream.once('close', () => {
      if (this.#state < state.answered) run()
    })
  }

  protected metadata(): ReadonlyMap<string, readonly string[]> {
    return this.#core.includeMetadata ? metadataOf(this.#request) : emptyMetadata
  }

  protected consequence(code: OtlpErrorCode): string {
    return `request refused with ${otlpErrors[code].http}`
  }

  protected accept(batch: Batch, partialSuccess: PartialSuccess | undefined): void {
    const encoding = this.#encoding!
    if (partialSuccess === undefined) {
      this.#answer(200, encoding, fullSuccess[encoding], noHeaders)
    } else {
      const told = { rejectedCount: partialSuccess.rejectedCount, message: boundedMessage(partialSuccess.message) }
      this.#answer(200, encoding, encodeExportResponse(told, encoding, this.#signal!), noHeaders)
    }
    this.#core.observer?.accepted?.({ batch, byteCount: this.#size })
  }

  refuse(error: OtlpError): void {
    this.refuseAs(refusalOfRequest(error.code, error.message), error)
  }

  protected refusalOf(error: unknown): Refusal {
    return refusalOfHandler(error)
  }

  protected refuseAs(refused: Refusal, error: Error): void {
    const headers: string[] = []
    if (refused.retryAfterSeconds !== undefined) headers.push('Retry-After', String(refused.retryAfterSeconds))
    if (refused.code === 'OTLP_METHOD') headers.push('Allow', this.#core.cors === undefined ? 'POST' : 'OPTIONS, POST')
    if (refused.code === 'OTLP_CONTENT_TYPE') headers.push('Accept', `${mediaTypes.protobuf}, ${mediaTypes.json}`)
    if (refused.code === 'OTLP_ENCODING') headers.push('Accept-Encoding', this.#core.contentEncodings.text)
    this.#first = undefined
    this.#rest = undefined
    this.#answer(refused.httpStatus, this.#encoding ?? 'json', refusalBody(refused, this.#encoding), headers)
    this.#core.observer?.refused?.({
      error,
      code: refused.code,
      httpStatus: refused.httpStatus,
      remoteAddress: this.#request.socket.remoteAddress,
    })
  }

  /** Answers 408 and closes: the body did not come in time. */
  timeOut(): void {
    this.#closeAfter = true
    this.refuse(
      otlpError(
        'OTLP_TIMEOUT',
        `request to ${quoted(this.#request.url)}: only ${this.#size} bytes of its body arrived in time; expected was the whole body within the read time-out; request refused with 408`,
      ),
    )
  }

  /** Answers an error of the body's framing and closes: where the next request would begin is not known. */
  refuseBroken(error: OtlpError): void {
    this.#closeAfter = true
    this.refuse(error)
  }

  /** Closes the connection with the answer: what follows on it cannot be read. */
  closeAfterAnswer(): void {
    this.#closeAfter = true
  }

  #answer(status: number, encoding: OtlpEncoding, body: Uint8Array, extraHeaders: readonly string[]): void {
    const wasReading = this.#state === state.reading
    this.#state = state.answered
    this.#readTimer?.cancel()
    this.release()
    const response = this.#response
    if (this.isAbandoned) return
    const stream = this.#stream
    if (stream !== undefined) {
      this.#answerStream(stream, status, this.#headerList(encoding, body, extraHeaders), body, wasReading)
      return
    }
    const linger = wasReading && !this.#closeAfter && this.#mustLinger()
    const close = linger || this.#closeAfter || this.#core.draining || !this.#core.keepAlive
    let headers: readonly string[]
    if (body === fullSuccess[encoding] && !close && this.#origin === undefined) {
      headers = this.#core.successHeaders[encoding]
    } else {
      const list = this.#headerList(encoding, body, extraHeaders)
      if (close) list.push('Connection', 'close')
      headers = list
    }
    // node takes a flat list and writes it as it is; the types want it mutable.
    response.writeHead(status, headers as string[])
    if (!linger) {
      // Without a body, or with a string, headers and body leave in one plain write; a Buffer would need a writev,
      // which costs 2.5 us more.
      if (body === fullSuccess.json) response.end('{}', 'latin1')
      else if (body.byteLength === 0) response.end()
      else response.end(body)
      const { socket } = this.#request
      // Nearly always the system has taken the answer by now.
      if (socket.writableLength > 0) this.#limitWriting(() => socket.destroy())
      return
    }
    // The answer is on its way whole; ending it would close the connection over the sender's unread data.
    response.write(body)
    this.#core.lingering.add(this)
    this.#lingerTimer = this.#core.clock.after(this.#core.lingerMillis, () => this.endLinger())
    if (this.#request.listenerCount('data') === 0) {
      this.#request.on('data', (chunk: Buffer) => this.#discard(chunk.byteLength))
      this.#request.on('end', () => this.endLinger())
      this.#request.on('close', () => this.endLinger())
    }
  }

  #headerList(encoding: OtlpEncoding, body: Uint8Array, extraHeaders: readonly string[]): string[] {
    const list = ['Content-Type', mediaTypes[encoding], 'Content-Length', String(body.byteLength)]
    list.push(...this.#core.responseHeaders, ...extraHeaders)
    if (this.#origin !== undefined) list.push(...this.#core.cors!.answerHeaders(this.#origin))
    return list
  }

  #answerStream(
    stream: ServerHttp2Stream,
    status: number,
    headers: string[],
    body: Uint8Array,
    wasReading: boolean,
  ): void {
    this.#response.writeHead(status, headers)
    this.#response.end(body)
    // RFC 9113 section 8.1: an answer may come before the whole request; the rest is then declined without an error. No
    // lingering: closing a stream leaves the connection, and with it the answer, in peace.
    if (wasReading && !this.#request.complete) stream.close()
    if (!this.#core.keepAlive) stream.session?.close()
    if (stream.writableLength > 0) this.#limitWriting(() => stream.session?.destroy())
  }

  #limitWriting(cut: () => void): void {
    const { writeTimeoutMillis, clock } = this.#core
    if (writeTimeoutMillis === 0) return
    const timer = clock.after(writeTimeoutMillis, cut)
    this.#response.once('close', () => timer.cancel())
  }

  // Whether an answer given now would be overtaken by a reset, because more body comes than is worth reading.
  #mustLinger(): boolean {
    if (this.#request.complete) return false
    if (this.#core.draining) return true
    if (this.#contentLength === -1) return this.#request.headers['transfer-encoding'] !== undefined
    return this.#contentLength - this.#size > maxDrainBytes
  }

  #discard(byteCount: number): void {
    this.#lingeredBytes += byteCount
    if (this.#lingeredBytes > maxLingerBytes) this.endLinger()
  }

  /** Ends the answer that still waited for the rest of the body. */
  endLinger(): void {
    if (this.#lingerTimer === undefined) return
    this.#lingerTimer.cancel()
    this.#lingerTimer = undefined
    this.#core.lingering.delete(this)
    this.#response.end()
  }

  #tooLarge(size: string): OtlpError {
    return otlpError(
      'OTLP_TOO_LARGE',
      `request body of ${size}: larger than the limit of ${this.#core.maxRequestBodyBytes} bytes; request refused with 413, send smaller ones`,
    )
  }
}

const noHeaders: readonly string[] = []
const fullSuccess: Readonly<Record<OtlpEncoding, Uint8Array>> = {
  protobuf: encodeExportResponse(undefined, 'protobuf', 'traces'),
  json: encodeExportResponse(undefined, 'json', 'traces'),
}

/** Headers of the answer that nearly every request gets, made once. */
export function successHeaders(encoding: OtlpEncoding, responseHeaders: readonly string[]): readonly string[] {
  const length = String(fullSuccess[encoding].byteLength)
  return ['Content-Type', mediaTypes[encoding], 'Content-Length', length, ...responseHeaders]
}

function metadataOf(request: IncomingMessage): ReadonlyMap<string, readonly string[]> {
  const metadata = new Map<string, string[]>()
  const raw = request.rawHeaders
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase()
    const values = metadata.get(name)
    if (values === undefined) metadata.set(name, [raw[at + 1]!])
    else values.push(raw[at + 1]!)
  }
  return metadata
}

/** Text from outside, as it may stand in a message. */
export function quoted(text: string | undefined): string {
  if (text === undefined) return 'absent'
  return JSON.stringify(text.length <= 200 ? text : `${text.slice(0, 200)}…`)
}
