// SPDX-License-Identifier: Apache-2.0
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  IncomingHttpHeaders,
  IncomingHttpStatusHeader,
  OutgoingHttpHeaders,
} from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { nodeHttp, nodeHttp2 } from '../transport/builtin.ts'
import type { HttpTarget } from '../transport/endpoint.ts'
import type { Dial } from './agents.ts'
import type { IncomingAnswer, OutgoingRequest } from './connections.ts'

/** What an {@link Http2Route} needs of its surroundings. */
export interface Http2RouteOptions {
  /** Connects with TLS, offering `h2` and `http/1.1`. */
  dial(done: (error: Error | undefined, socket?: TLSSocket) => void): Dial
  /** The way for servers that chose HTTP/1.1. */
  postHttp1(headers: readonly string[]): OutgoingRequest
  /** Something that is another object once connections must be made anew: the TLS options. */
  generation(): unknown
  readonly idleTimeoutMillis: number
}

/**
 * Requests to one target over one HTTP/2 connection, if the server chooses HTTP/2 in the TLS handshake; else over
 * HTTP/1.1, for as long as this lives. A server's limit of concurrent streams is kept by nghttp2, which lets further
 * requests wait.
 */
export class Http2Route {
  readonly #options: Http2RouteOptions
  readonly #target: HttpTarget
  // Requests that wait for the connection being made.
  readonly #waiting = new Set<Http2Request>()
  #dial: Dial | undefined
  #session: ClientHttp2Session | undefined
  #generation: unknown
  #isHttp1 = false

  constructor(target: HttpTarget, options: Http2RouteOptions) {
    this.#target = target
    this.#options = options
  }

  /** Throws for header names and values that HTTP does not allow, as `node:http` does. */
  post(headers: readonly string[]): OutgoingRequest {
    if (this.#isHttp1) return this.#options.postHttp1(headers)
    return new Http2Request(this, headers, http2Headers(this.#target, headers))
  }

  /** Sends a request whose body is complete: now, or once there is a connection. */
  start(request: Http2Request): void {
    const session = this.#session
    if (session !== undefined && this.#generation === this.#options.generation()) {
      request.open(session, true)
      return
    }
    if (session !== undefined) this.retire(session)
    this.#waiting.add(request)
    if (this.#dial !== undefined) return
    const generation = this.#options.generation()
    this.#dial = this.#options.dial((error, socket) => {
      this.#dial = undefined
      const waiting = [...this.#waiting]
      this.#waiting.clear()
      if (error !== undefined) {
        for (const one of waiting) one.fail(error)
      } else if (socket!.alpnProtocol === 'h2') {
        this.#generation = generation
        const made = this.#open(socket!)
        for (const one of waiting) one.open(made, false)
      } else {
        // One handshake more, once: node's agents make their connections themselves.
        socket!.on('error', () => {})
        socket!.destroy()
        this.#isHttp1 = true
        for (const one of waiting) one.forward(this.#options.postHttp1(one.headers))
      }
    })
  }

  /** Forgets a request that was given up before there was a connection. */
  abandon(request: Http2Request): void {
    if (!this.#waiting.delete(request) || this.#waiting.size > 0) return
    this.#dial?.cancel()
    this.#dial = undefined
  }

  /** Takes no further requests on this connection; running ones go on. */
  retire(session: ClientHttp2Session): void {
    if (this.#session === session) this.#session = undefined
    if (!session.destroyed) session.close()
  }

  close(): void {
    this.#dial?.cancel()
    this.#dial = undefined
    for (const one of this.#waiting) one.fail(reset('the client closed its connections'))
    this.#waiting.clear()
    const session = this.#session
    this.#session = undefined
    session?.destroy()
  }

  #open(socket: TLSSocket): ClientHttp2Session {
    const session = nodeHttp2().connect(`https://${this.#target.host}`, {
      createConnection: () => socket,
      settings: { enablePush: false },
    })
    this.#session = session
    // Streams tell their requests; without them an error of the connection concerns nobody.
    session.on('error', () => {})
    session.on('goaway', () => this.retire(session))
    session.once('close', () => {
      if (this.#session === session) this.#session = undefined
    })
    session.setTimeout(this.#options.idleTimeoutMillis, () => this.retire(session))
    // An idle connection does not keep the process alive.
    session.unref()
    return session
  }
}

// Connection headers of HTTP/1.1 do not exist in HTTP/2 (RFC 9113 section 8.2.2); the client sets none besides Host.
function http2Headers(target: HttpTarget, list: readonly string[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    ':method': 'POST',
    ':scheme': 'https',
    ':authority': target.host,
    ':path': target.path,
  }
  const { validateHeaderName, validateHeaderValue } = nodeHttp()
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at]!.toLowerCase()
    const value = list[at + 1]!
    validateHeaderName(name)
    validateHeaderValue(name, value)
    headers[name === 'host' ? ':authority' : name] = value
  }
  return headers
}

const idleCounts = new WeakMap<ClientHttp2Session, number>()

// Counts running streams: only they keep the process alive.
function hold(session: ClientHttp2Session, change: 1 | -1): void {
  const count = (idleCounts.get(session) ?? 0) + change
  idleCounts.set(session, count)
  if (session.destroyed) return
  if (count === 0) session.unref()
  else session.ref()
}

function reset(message: string): Error {
  return Object.assign(new Error(message), { code: 'ECONNRESET' })
}

/** One request over HTTP/2, in the shape of node:http's. Its body is kept until there is a connection. */
class Http2Request implements OutgoingRequest {
  readonly headers: readonly string[]
  readonly #route: Http2Route
  readonly #sent: OutgoingHttpHeaders
  readonly #chunks: Uint8Array[] = []
  readonly #onResponse: ((response: IncomingAnswer) => void)[] = []
  readonly #onError: ((error: Error) => void)[] = []
  #forwarded: OutgoingRequest | undefined
  #stream: ClientHttp2Stream | undefined
  #session: ClientHttp2Session | undefined
  #reused = false
  #isAnswered = false
  #isOver = false

  constructor(route: Http2Route, headers: readonly string[], sent: OutgoingHttpHeaders) {
    this.#route = route
    this.headers = headers
    this.#sent = sent
  }

  get reusedSocket(): boolean {
    return this.#forwarded?.reusedSocket ?? this.#reused
  }

  on(event: 'response', listener: (response: IncomingAnswer) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  on(event: string, listener: (value: never) => void): void {
    if (event === 'response') this.#onResponse.push(listener as (response: IncomingAnswer) => void)
    else this.#onError.push(listener as (error: Error) => void)
  }

  cork(): void {}

  uncork(): void {}

  write(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
  }

  end(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#route.start(this)
  }

  destroy(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#route.abandon(this)
    this.#forwarded?.destroy()
    // Nothing came: the connection may be dead without anybody having said so, and the next request shall not wait on it.
    if (this.#session !== undefined && !this.#isAnswered) this.#route.retire(this.#session)
    this.#stream?.destroy()
  }

  /** Goes on over HTTP/1.1. */
  forward(request: OutgoingRequest): void {
    if (this.#isOver) {
      request.on('error', () => {})
      request.destroy()
      return
    }
    this.#forwarded = request
    for (const listener of this.#onResponse) request.on('response', listener)
    for (const listener of this.#onError) request.on('error', listener)
    const last = this.#chunks.pop()!
    for (const chunk of this.#chunks) request.write(chunk)
    request.end(last)
  }

  /** Goes on over an HTTP/2 connection. */
  open(session: ClientHttp2Session, reused: boolean): void {
    this.#session = session
    this.#reused = reused
    let stream: ClientHttp2Stream
    try {
      stream = session.request(this.#sent)
    } catch (error) {
      // The connection ended without having said so yet: as good as one closed while idle.
      this.#reused = true
      this.fail(reset((error as Error).message))
      return
    }
    this.#stream = stream
    hold(session, 1)
    stream.on('response', (headers) => this.#answer(stream, headers))
    stream.on('error', (error) => this.#broken(stream, error))
    stream.on('close', () => {
      hold(session, -1)
      this.#broken(stream, reset('the endpoint ended the HTTP/2 stream before its answer was whole'))
    })
    const last = this.#chunks.pop()!
    for (const chunk of this.#chunks) stream.write(chunk)
    stream.end(last)
  }

  fail(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const listener of this.#onError) listener(error)
  }

  #answer(stream: ClientHttp2Stream, headers: IncomingHttpHeaders & IncomingHttpStatusHeader): void {
    this.#isAnswered = true
    const response: IncomingAnswer = {
      statusCode: headers[':status'],
      statusMessage: nodeHttp().STATUS_CODES[headers[':status'] ?? 0],
      headers,
      on: (event: string, listener: (value: never) => void) => {
        if (event === 'error') this.#onError.push(listener as (error: Error) => void)
        else if (event === 'end') stream.on('end', () => this.#end(stream, listener as () => void))
        else stream.on(event, listener as () => void)
      },
    }
    for (const listener of this.#onResponse) listener(response)
  }

  #end(stream: ClientHttp2Stream, listener: () => void): void {
    // node ends the body of a stream that was reset as if it were whole.
    if (stream.rstCode !== nodeHttp2().constants.NGHTTP2_NO_ERROR) return
    this.#isOver = true
    listener()
  }

  #broken(stream: ClientHttp2Stream, error: Error): void {
    // RFC 9113 section 8.7: a refused stream was not worked on, so it may be repeated as if the connection had been closed.
    const isRefused = stream.rstCode === nodeHttp2().constants.NGHTTP2_REFUSED_STREAM
    if (isRefused) this.#reused = true
    this.fail(isRefused ? reset(error.message) : error)
  }
}
