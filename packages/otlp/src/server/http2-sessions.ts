// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2Server, Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { nodeHttp2 } from '../transport/builtin.ts'
import { endOutsideOfReading } from './http2-end.ts'

/** What serves a request, in the shape of node:http for both versions. */
export type ServeRequest = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void

/** Options of {@link Http2Sessions}. */
export interface Http2SessionOptions {
  readonly maxConcurrentStreams: number
  readonly maxHeaderBytes: number
  readonly idleTimeoutMillis: number
}

// Go's HTTP/2 server gives its clients this much to send ahead, over the whole connection and for each stream: with the
// protocol's 64 KiB a distant client sends one piece per round trip.
const windowBytes = 1024 * 1024

/**
 * The HTTP/2 connections of a server that chose HTTP/2 in the TLS handshake. node bounds what hostile ones can do:
 * streams reset in a row, invalid frames, pings, header pairs, memory of a session.
 */
export class Http2Sessions {
  readonly #server: Http2Server
  readonly #sessions = new Set<ServerHttp2Session>()
  #isClosing = false

  constructor(options: Http2SessionOptions, serve: ServeRequest) {
    this.#server = nodeHttp2().createServer({
      settings: {
        maxConcurrentStreams: options.maxConcurrentStreams,
        maxHeaderListSize: options.maxHeaderBytes,
        initialWindowSize: windowBytes,
        enablePush: false,
      },
    })
    const http1 = (request: Http2ServerRequest): IncomingMessage => request as unknown as IncomingMessage
    const answer = (response: Http2ServerResponse): ServerResponse => response as unknown as ServerResponse
    this.#server.on('request', (request, response) => serve(http1(request), answer(response), false))
    this.#server.on('checkContinue', (request, response) => serve(http1(request), answer(response), true))
    this.#server.on('session', (session) => {
      endOutsideOfReading(session)
      this.#sessions.add(session)
      session.setLocalWindowSize(windowBytes)
      session.once('close', () => this.#sessions.delete(session))
      // What is wrong with a connection concerns its streams, which tell it themselves.
      session.on('error', () => {})
      if (options.idleTimeoutMillis > 0) session.setTimeout(options.idleTimeoutMillis, () => session.close())
      if (this.#isClosing) session.close()
    })
    this.#server.on('sessionError', () => {})
  }

  /** Takes over a connection. */
  accept(socket: TLSSocket): void {
    this.#server.emit('connection', socket)
  }

  /** Takes no new streams and ends each connection with its last one. */
  close(): void {
    this.#isClosing = true
    for (const session of this.#sessions) session.close()
  }

  /** Ends all connections now. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy()
  }
}
