// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Batch } from '../batch/batch.ts'
import type { PartialSuccess } from '../client/client.ts'
import type { Timer } from '../clock.ts'
import { encodeExportResponse } from '../encode/response.ts'
import { isOtlpError, type OtlpError, type OtlpErrorCode, otlpError, otlpErrors } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import type { RpcStatus } from '../model/response.ts'
import { decodeContent } from '../transport/content-encoding.ts'
import { supportedGrpcEncodings } from '../transport/grpc-coding.ts'
import { GrpcMessageReader } from '../transport/grpc-framing.ts'
import { grpcStatus } from '../transport/status-code.ts'
import {
  framed,
  fullSuccess,
  okTrailers,
  responseHeaders,
  withMessage,
  withoutMessage,
  withText,
} from './grpc-answer.ts'
import type { TimedCall } from './grpc-call-timers.ts'
import type { GrpcServerCore } from './grpc-core.ts'
import { HealthWatch, healthCheckResponse, readHealthCheckRequest } from './grpc-health.ts'
import { grpcRefusalOfHandler, grpcRefusalOfRequest, grpcStatusNameOfCode, refusalTrailers } from './grpc-refusal.ts'
import {
  flagWithoutEncodingError,
  framingError,
  type GrpcRequest,
  metadataOf,
  readGrpcRequest,
} from './grpc-request.ts'
import { emptyMetadata, InFlightRequest, requestBytes } from './in-flight.ts'
import { boundedMessage, type Refusal } from './refusal.ts'
import { quoted } from './served-request.ts'

/** What a call tells the connection it came over. */
export interface CallOwner {
  readonly remoteAddress: string | undefined
  /** Bytes came: the other side lives. */
  sawActivity(): void
  /** The call has come to its end; `wasGivenUp`: without an answer. */
  callClosed(call: GrpcCall, wasGivenUp: boolean): void
}

const state = { reading: 0, handling: 1, answered: 2, gone: 3 } as const
type State = (typeof state)[keyof typeof state]

/** One call, from its headers to its trailers. */
export class GrpcCall extends InFlightRequest implements TimedCall {
  readonly #core: GrpcServerCore
  readonly #owner: CallOwner
  readonly #stream: ServerHttp2Stream
  readonly #headers: IncomingHttpHeaders
  readonly #rawHeaders: readonly string[]
  // Undefined until the headers are found good.
  #request: GrpcRequest | undefined
  #reader: GrpcMessageReader | undefined
  #state: State = state.reading
  #size = 0
  // The sender has said that nothing more comes.
  #isWhole = false
  #watch: HealthWatch | undefined
  #abandonedListeners: (() => void)[] | undefined
  #deadlineTimer: Timer | undefined
  #readTimer: Timer | undefined

  constructor(
    core: GrpcServerCore,
    owner: CallOwner,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
  ) {
    super(core)
    this.#core = core
    this.#owner = owner
    this.#stream = stream
    this.#headers = headers
    this.#rawHeaders = rawHeaders
  }

  get isAnswered(): boolean {
    return this.#state >= state.answered
  }

  /** Checks what the headers tell and starts reading the message. */
  begin(): void {
    const core = this.#core
    const stream = this.#stream
    stream.on('error', ignore)
    stream.on('close', () => this.#onClose())
    const request = readGrpcRequest(this.#headers, core.routes)
    if (isOtlpError(request)) {
      this.refuse(request)
      return
    }
    this.#request = request
    if (!this.take(requestBytes)) {
      this.refuse(this.overloaded(requestBytes))
      return
    }
    if (core.draining) {
      this.refuse(shuttingDown())
      return
    }
    if (request.timeoutMillis !== undefined && request.timeoutMillis <= 0) {
      this.#expire()
      return
    }
    this.#reader = new GrpcMessageReader(core.maxReceiveMessageBytes)
    core.timers.add(this)
    stream.on('data', (chunk: Buffer) => this.#onData(chunk))
    stream.on('end', () => this.#onEnd())
  }

  startTimers(): void {
    const { clock, readTimeoutMillis } = this.#core
    const timeoutMillis = this.#request!.timeoutMillis
    if (timeoutMillis !== undefined) this.#deadlineTimer = clock.after(timeoutMillis, () => this.#expire())
    if (this.#state === state.reading && readTimeoutMillis > 0) {
      this.#readTimer = clock.after(readTimeoutMillis, () => this.#timeOut())
    }
  }

  #onData(chunk: Buffer): void {
    this.#owner.sawActivity()
    if (this.#state !== state.reading) return
    if (!this.take(chunk.byteLength)) {
      this.refuse(this.overloaded(chunk.byteLength))
      return
    }
    this.#size += chunk.byteLength
    const problem = this.#reader!.push(chunk)
    if (problem !== undefined) this.refuse(framingError(problem, this.#core.maxReceiveMessageBytes))
  }

  #onEnd(): void {
    // A stream that is reset ends too, as if all were there.
    if (this.#stream.aborted || this.#stream.destroyed) return
    this.#isWhole = true
    if (this.#state !== state.reading) return
    const reader = this.#reader!
    const problem = reader.end()
    if (problem !== undefined) {
      this.refuse(framingError(problem, this.#core.maxReceiveMessageBytes))
      return
    }
    this.#state = state.handling
    this.#reader = undefined
    this.#readTimer?.cancel()
    const { compressed, bytes } = reader.message!
    const coding = this.#request!.coding
    if (!compressed) {
      this.#serve(bytes)
    } else if (coding === 'identity') {
      this.refuse(flagWithoutEncodingError())
    } else {
      decodeContent(coding, bytes, this.#core.maxReceiveMessageBytes, this, (error, decoded) => {
        if (error === undefined) this.#serve(decoded!)
        else this.refuse(error)
      })
    }
  }

  #serve(message: Uint8Array): void {
    const route = this.#request!.route
    if (route.kind === 'export') this.consume(route.signal, 'protobuf', message)
    else if (this.isAbandoned) this.abandoned('before its message was inflated')
    else this.#serveHealth(message, route.kind)
  }

  #serveHealth(message: Uint8Array, kind: 'check' | 'watch'): void {
    const service = readHealthCheckRequest(message)
    if (isOtlpError(service)) {
      this.refuse(service)
      return
    }
    const { health } = this.#core
    if (kind === 'watch') {
      this.#watch = new HealthWatch(health, this.#stream, service)
      return
    }
    const status = health.status(service)
    this.#finish()
    if (status !== undefined) this.#send(framed(healthCheckResponse(status)))
    else this.#sendError({ code: grpcStatus.notFound, message: `service ${quoted(service)}: not known here` })
  }

  /** Ends what would go on for ever. */
  endWatch(): void {
    if (this.#watch !== undefined && !this.isAnswered) this.refuse(shuttingDown())
  }

  // The stream is closed: after the answer, or because the sender gave up, or the connection ended.
  #onClose(): void {
    this.#owner.callClosed(this, this.#state < state.answered)
    if (this.#state === state.reading) {
      this.abandoned('while its message was being read')
    } else if (this.#state === state.handling) {
      if (this.#watch !== undefined) this.#finish()
      this.#state = state.gone
      this.#stopTimers()
      this.#tellAbandoned()
    }
  }

  protected get isAbandoned(): boolean {
    return this.#state >= state.answered
  }

  protected onAbandoned(run: () => void): void {
    if (this.#abandonedListeners === undefined) this.#abandonedListeners = [run]
    else this.#abandonedListeners.push(run)
  }

  #tellAbandoned(): void {
    const listeners = this.#abandonedListeners
    this.#abandonedListeners = undefined
    for (const run of listeners ?? []) run()
  }

  protected abandoned(when: string): void {
    const wasAnswered = this.#state === state.answered
    this.#finish()
    this.#state = state.gone
    // Out of time: that has been told.
    if (wasAnswered) return
    const error = otlpError(
      'OTLP_ABORTED',
      `call to ${quoted(this.#headers[':path'])}: the sender ended it ${when}, after ${this.#size} bytes; expected was the whole message; nothing of it is used`,
    )
    this.#observeRefusal(error, grpcRefusalOfRequest(error.code, error.message))
  }

  protected metadata(): ReadonlyMap<string, readonly string[]> {
    return this.#core.includeMetadata ? metadataOf(this.#rawHeaders) : emptyMetadata
  }

  protected consequence(code: OtlpErrorCode): string {
    return `call refused with ${grpcStatusNameOfCode(code)}`
  }

  protected accept(batch: Batch, partialSuccess: PartialSuccess | undefined): void {
    const before = this.#state
    this.#finish()
    // Out of time while the handler had it: the sender has been told so, and counts on nothing.
    if (before === state.answered) return
    if (before !== state.gone) this.#send(this.#successMessage(partialSuccess))
    this.#core.observer?.accepted?.({ batch, byteCount: this.#size })
  }

  #successMessage(partialSuccess: PartialSuccess | undefined): Uint8Array {
    if (partialSuccess === undefined) return fullSuccess
    const { rejectedCount, message } = partialSuccess
    return framed(encodeExportResponse({ rejectedCount, message: boundedMessage(message) }, 'protobuf', this.#signal()))
  }

  #signal(): Signal {
    const route = this.#request!.route
    return route.kind === 'export' ? route.signal : 'traces'
  }

  refuse(error: OtlpError): void {
    this.refuseAs(grpcRefusalOfRequest(error.code, error.message), error)
  }

  protected refusalOf(error: unknown): Refusal {
    return grpcRefusalOfHandler(error)
  }

  protected refuseAs(refused: Refusal, error: Error): void {
    const before = this.#state
    this.#finish()
    if (before === state.answered) return
    if (before !== state.gone) this.#sendError(refused.status, plainStatus(refused.code))
    this.#observeRefusal(error, refused)
  }

  #observeRefusal(error: Error, { code, httpStatus, status }: Refusal): void {
    const { remoteAddress } = this.#owner
    this.#core.observer?.refused?.({ error, code, httpStatus, grpcStatus: status.code, remoteAddress })
  }

  // The deadline of the sender has come.
  #expire(): void {
    if (this.#state >= state.answered) return
    const error = otlpError(
      'OTLP_DEADLINE',
      `call to ${quoted(this.#headers[':path'])}: not done within its grpc-timeout of ${this.#request!.timeoutMillis} ms; expected is a longer one, or a pipeline less busy; call refused with ${grpcStatusNameOfCode('OTLP_DEADLINE')}`,
    )
    if (this.#state === state.reading || this.#watch !== undefined) {
      this.refuse(error)
      return
    }
    // What the handler holds stays accounted until it lets go.
    this.#state = state.answered
    this.#stopTimers()
    this.#tellAbandoned()
    const refused = grpcRefusalOfRequest(error.code, error.message)
    this.#sendError(refused.status)
    this.#observeRefusal(error, refused)
  }

  #timeOut(): void {
    if (this.#state !== state.reading) return
    this.refuse(
      otlpError(
        'OTLP_TIMEOUT',
        `call to ${quoted(this.#headers[':path'])}: only ${this.#size} bytes of its message arrived in time; expected was the whole message within the read time-out of ${this.#core.readTimeoutMillis} ms; call refused with ${grpcStatusNameOfCode('OTLP_TIMEOUT')}`,
      ),
    )
  }

  // The call is over as far as memory and time go.
  #finish(): void {
    if (this.#state < state.answered) this.#state = state.answered
    this.#stopTimers()
    this.#reader = undefined
    this.#watch?.end()
    this.release()
  }

  #stopTimers(): void {
    this.#readTimer?.cancel()
    this.#deadlineTimer?.cancel()
    this.#readTimer = undefined
    this.#deadlineTimer = undefined
  }

  #send(message: Uint8Array): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    stream.respond(responseHeaders, withMessage)
    stream.on('wantTrailers', sendOkTrailers)
    stream.end(message)
  }

  #sendError(status: RpcStatus, httpStatus?: number): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    const trailers = refusalTrailers(status)
    if (this.#watch !== undefined) {
      stream.on('wantTrailers', () => stream.sendTrailers(trailers))
      stream.end()
    } else if (httpStatus !== undefined) {
      // Whoever asks so is no gRPC client: HTTP's status and a text say what is wrong, and the trailers for one that is.
      const headers: OutgoingHttpHeaders = {
        ':status': httpStatus,
        'content-type': 'text/plain; charset=utf-8',
        ...trailers,
      }
      if (httpStatus === 405) headers['allow'] = 'POST'
      stream.respond(headers, withText)
      stream.end(`${status.message}\n`)
    } else {
      // "Trailers-Only": headers and trailers in one block.
      const headers: OutgoingHttpHeaders = { ...responseHeaders, ...trailers }
      if (status.code === grpcStatus.unimplemented) headers['grpc-accept-encoding'] = supportedGrpcEncodings()
      stream.respond(headers, withoutMessage)
    }
    // RFC 9113 section 8.1: the answer is there before the request was, and the rest of that is not wanted. The reset goes
    // out after the answer: asked for while the headers still wait, Node 22.23 and 26 send the reset alone.
    if (!this.#isWhole && !stream.endAfterHeaders) {
      setImmediate(() => {
        if (!stream.destroyed) stream.close(0)
      })
    }
  }
}

function ignore(): void {
  // What went wrong shows in the close event, which follows.
}

function sendOkTrailers(this: ServerHttp2Stream): void {
  this.sendTrailers(okTrailers)
}

// Refusals that are answered as HTTP, too.
function plainStatus(code: string): number | undefined {
  return code === 'OTLP_METHOD' || code === 'OTLP_CONTENT_TYPE' ? otlpErrors[code].http : undefined
}

function shuttingDown(): OtlpError {
  return otlpError(
    'OTLP_SHUTDOWN',
    'receiver: shutting down; expected is a running one; call refused with UNAVAILABLE, send it again elsewhere or later',
  )
}
