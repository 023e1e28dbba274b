// SPDX-License-Identifier: Apache-2.0
import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader, OutgoingHttpHeaders } from 'node:http2'
import { GrpcMessageReader, type GrpcReadProblem } from '../transport/grpc-framing.ts'
import type { GrpcConnection } from './grpc-connection.ts'
import { http2Error } from './grpc-status.ts'

/** What came back on one stream until it ended, whichever way. */
export interface GrpcAnswer {
  /** Undefined when the stream ended before its first headers. */
  readonly headers: (IncomingHttpHeaders & IncomingHttpStatusHeader) | undefined
  /** Headers with `grpc-status`: those after the message, or the first ones when there are no others. */
  readonly trailers: IncomingHttpHeaders | undefined
  readonly message: { readonly compressed: boolean; readonly bytes: Uint8Array } | undefined
  /** Why the bytes received are not exactly one message. */
  readonly problem: GrpcReadProblem | undefined
  /** Error code of HTTP/2 with which the stream ended. */
  readonly resetCode: number
  /** Whether the endpoint has surely not looked at the call. */
  readonly isUnprocessed: boolean
  /** The connection's failure that took the stream with it. */
  readonly lossError: unknown
}

/** Hears from a {@link GrpcStream}. */
export interface GrpcStreamOwner {
  /** The answer is whole, or no more of it will come. Comes once, unless the stream was cancelled. */
  answered(stream: GrpcStream, answer: GrpcAnswer): void
  /** The stream has left its connection. Comes once in any case. */
  streamClosed(): void
}

/** One call on one connection: sends the message, collects the answer. */
export class GrpcStream {
  readonly #connection: GrpcConnection
  readonly #stream: ClientHttp2Stream
  readonly #owner: GrpcStreamOwner
  readonly #reader: GrpcMessageReader
  readonly #bytesReadBefore: number
  #headers: (IncomingHttpHeaders & IncomingHttpStatusHeader) | undefined
  #trailers: IncomingHttpHeaders | undefined
  #isDone = false

  /** Sends `pieces`, a message with its prefix. Throws when the connection takes no calls any more. */
  constructor(
    connection: GrpcConnection,
    headers: OutgoingHttpHeaders,
    pieces: readonly Uint8Array[],
    maxResponseBytes: number,
    owner: GrpcStreamOwner,
  ) {
    this.#connection = connection
    this.#owner = owner
    this.#reader = new GrpcMessageReader(maxResponseBytes)
    this.#bytesReadBefore = connection.bytesRead
    const stream = connection.request(headers)
    this.#stream = stream
    stream.on('response', (received) => this.#onHeaders(received))
    stream.on('data', (chunk: Buffer) => {
      const problem = this.#reader.push(chunk)
      // Of an endless answer no more is read than what shows it.
      if (problem !== undefined && this.#headers?.[':status'] === 200) this.#finish(http2Error.cancel)
    })
    stream.on('trailers', (received) => this.#onTrailers(received))
    stream.on('error', () => {
      // The end of the stream tells all there is: 'close' follows every error.
    })
    stream.on('close', () => {
      connection.callClosed()
      owner.streamClosed()
      this.#finish(undefined)
    })
    const last = pieces.length - 1
    if (last > 0) {
      stream.cork()
      for (let at = 0; at < last; at++) stream.write(pieces[at])
      stream.end(pieces[last])
      stream.uncork()
    } else {
      stream.end(pieces[0])
    }
  }

  /** Ends the call without an answer. `atDeadline`: because none came in time. */
  cancel(atDeadline: boolean): void {
    if (this.#isDone) return
    this.#isDone = true
    if (atDeadline && this.#connection.bytesRead === this.#bytesReadBefore) this.#connection.suspect()
    this.#stream.close(http2Error.cancel)
  }

  #onHeaders(received: IncomingHttpHeaders & IncomingHttpStatusHeader): void {
    this.#headers = received
    this.#connection.callAnswered()
    if (received['grpc-status'] !== undefined) this.#onTrailers(received)
  }

  #onTrailers(received: IncomingHttpHeaders): void {
    this.#trailers = received
    // Usually the stream is closed next. An answer that came before all was sent leaves it open until the rest is,
    // which may be never.
    if (this.#stream.writableFinished) return
    if (this.#stream.readableEnded) this.#finish(http2Error.cancel)
    else this.#stream.once('end', () => this.#finish(http2Error.cancel))
  }

  #finish(closeWith: number | undefined): void {
    if (this.#isDone) return
    this.#isDone = true
    if (closeWith !== undefined) this.#stream.close(closeWith)
    const problem = this.#reader.end()
    const connection = this.#connection
    const isLost = connection.isLost && this.#trailers === undefined
    const resetCode = this.#stream.rstCode ?? http2Error.noError
    this.#owner.answered(this, {
      headers: this.#headers,
      trailers: this.#trailers,
      message: this.#reader.message,
      problem,
      resetCode,
      isUnprocessed:
        this.#headers === undefined &&
        (resetCode === http2Error.refusedStream || connection.isUnprocessed(this.#stream.id)),
      lossError: isLost ? connection.error : undefined,
    })
  }
}
