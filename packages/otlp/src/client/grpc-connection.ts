// SPDX-License-Identifier: Apache-2.0
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import type { Timer } from '../clock.ts'
import { nodeHttp2 } from '../transport/builtin.ts'
import { type GrpcSocketSettings, openGrpcSocket } from './grpc-socket.ts'
import { http2Error, http2ErrorText } from './grpc-status.ts'
import type { GrpcAddress } from './grpc-target.ts'

/** Pings over HTTP/2: grpc/doc/keepalive.md. Shared by all connections of a client. */
export interface KeepAliveState {
  /** Wait without a byte from the endpoint before a ping; infinity = none. Doubles when an endpoint complains. */
  timeMillis: number
  readonly timeoutMillis: number
  readonly permitWithoutStream: boolean
}

/** What connections of one client share. */
export interface GrpcConnectionSettings extends GrpcSocketSettings {
  readonly keepAlive: KeepAliveState
}

/** Hears from a {@link GrpcConnection}. */
export interface GrpcConnectionOwner {
  /** The endpoint has sent its settings: calls may begin. */
  connectionReady(connection: GrpcConnection): void
  /** No further call may begin; those under way may still end well. Comes once, whatever the reason. */
  connectionOver(connection: GrpcConnection): void
  /** The endpoint allows another number of calls at a time. */
  connectionHasRoom(connection: GrpcConnection): void
}

// gRPC's time for one try to connect, all of TCP, TLS and the first frame of HTTP/2.
const connectTimeoutMillis = 20_000
// Asking too often whether an endpoint that does not answer calls is there at all would count as abuse.
const suspicionIntervalMillis = 300_000
const keepAliveLooks = 4

/**
 * One connection of HTTP/2 from connecting to its end. An idle one does not keep the process alive.
 */
export class GrpcConnection {
  readonly #settings: GrpcConnectionSettings
  readonly #owner: GrpcConnectionOwner
  readonly #opening: { cancel(): void; setRef(isHeld: boolean): void }
  #connectTimer: Timer | undefined
  #socket: Socket | undefined
  #session: ClientHttp2Session | undefined
  #state: 'connecting' | 'ready' | 'over' = 'connecting'
  #activeCount = 0
  #maxActiveCount = 0
  #lastStreamId = Number.POSITIVE_INFINITY
  #error: unknown
  #keepAliveTimer: Timer | undefined
  #pingTimer: Timer | undefined
  #suspectedMillis = Number.NEGATIVE_INFINITY
  #hasAnswered = false

  /** Connects. `isHeld`: whether a call waits for it, so that the process must not end. */
  constructor(settings: GrpcConnectionSettings, address: GrpcAddress, owner: GrpcConnectionOwner, isHeld: boolean) {
    this.#settings = settings
    this.#owner = owner
    this.#connectTimer = settings.clock.after(connectTimeoutMillis, () =>
      this.#end(coded(`not connected within ${connectTimeoutMillis} ms`, 'ETIMEDOUT')),
    )
    this.#opening = openGrpcSocket(settings, address, (error, socket) => {
      if (this.#state !== 'connecting') socket?.destroy()
      else if (socket === undefined || error !== undefined) this.#end(error)
      else this.#speakHttp2(socket)
    })
    if (!isHeld) this.#opening.setRef(false)
  }

  /** Whether another call may begin now. */
  get hasRoom(): boolean {
    return this.#state === 'ready' && this.#activeCount < this.#maxActiveCount && this.#session?.closed === false
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** Whether any call on it got an answer of any kind. */
  get hasAnswered(): boolean {
    return this.#hasAnswered
  }

  /** Whether the connection itself is gone, and with it the calls on it. */
  get isLost(): boolean {
    return this.#session === undefined || this.#session.destroyed
  }

  /** Why the connection is over or lost. */
  get error(): unknown {
    return this.#error ?? this.#socket?.errored ?? coded('the endpoint closed the connection', 'ECONNRESET')
  }

  /** Keeps the process alive while calls wait for this connection to be made. */
  hold(): void {
    if (this.#state === 'connecting') this.#opening.setRef(true)
  }

  /** Begins a call; {@link callClosed} must follow when its stream is closed. Throws when there is no room. */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    const stream = this.#session!.request(headers)
    if (++this.#activeCount === 1) {
      this.#opening.setRef(true)
      if (this.#keepAliveTimer === undefined) this.#planKeepAlive()
    }
    return stream
  }

  callAnswered(): void {
    this.#hasAnswered = true
  }

  callClosed(): void {
    if (--this.#activeCount === 0) this.#opening.setRef(false)
  }

  /** Whether the endpoint has said that it did not look at this stream and will not. */
  isUnprocessed(streamId: number | undefined): boolean {
    return streamId === undefined || streamId > this.#lastStreamId
  }

  /**
   * A call got no sign of life until its deadline: asks for one, so that the next calls do not wait in vain on a
   * connection whose other end is gone, as TCP alone would let them for a quarter of an hour.
   */
  suspect(): void {
    const now = this.#settings.clock.nowMillis()
    if (this.#state !== 'ready' || this.#pingTimer !== undefined) return
    if (now - this.#suspectedMillis < suspicionIntervalMillis) return
    this.#suspectedMillis = now
    this.#ping()
  }

  /** Bytes received so far. */
  get bytesRead(): number {
    return this.#socket?.bytesRead ?? 0
  }

  /** Ends the connection: at once, or when the calls on it have ended. */
  close(when: 'now' | 'afterCalls'): void {
    if (when === 'afterCalls' && this.#session !== undefined && this.#activeCount > 0) {
      this.#session.close()
      this.#leave()
      return
    }
    this.#end(coded('the connection was closed', 'ECONNRESET'))
  }

  #speakHttp2(socket: Socket): void {
    this.#socket = socket
    const scheme = this.#settings.tls === undefined ? 'http' : 'https'
    const session = nodeHttp2().connect(`${scheme}://localhost`, {
      createConnection: () => socket,
      settings: { enablePush: false },
      // Node's limit of 10 MB counts what waits to be sent, of which one request may have more.
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
    })
    this.#session = session
    session.on('remoteSettings', (settings) => {
      this.#maxActiveCount = settings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY
      if (this.#state === 'connecting') this.#ready()
      else if (this.#state === 'ready') this.#owner.connectionHasRoom(this)
    })
    session.on('goaway', (code: number, lastStreamId: number, data?: Uint8Array) =>
      this.#onGoaway(code, lastStreamId, data),
    )
    const onError = (error: unknown): void => this.#end(this.#state === 'connecting' ? notHttp2(error) : error)
    session.on('error', onError)
    // With TLS 1.3 the endpoint judges the client's certificate after the handshake has ended here. Node destroys the
    // session then, but only the socket tells of it.
    socket.on('error', onError)
    session.on('close', () => this.#end(this.#state === 'connecting' ? this.#closedEarly() : undefined))
  }

  #ready(): void {
    this.#state = 'ready'
    this.#connectTimer?.cancel()
    this.#opening.setRef(false)
    this.#planKeepAlive()
    this.#owner.connectionReady(this)
  }

  #onGoaway(code: number, lastStreamId: number, data: Uint8Array | undefined): void {
    this.#lastStreamId = lastStreamId
    const text = data === undefined ? '' : Buffer.from(data).toString('latin1').slice(0, 100)
    if (code === http2Error.enhanceYourCalm && text === 'too_many_pings') {
      this.#settings.keepAlive.timeMillis *= 2
    }
    if (code !== http2Error.noError) {
      this.#error = coded(`the endpoint ended the connection with ${http2ErrorText(code)}${quoted(text)}`, goawayCode)
    }
    this.#leave()
  }

  // No calls any more; those under way go on.
  #leave(): void {
    if (this.#state === 'over') return
    const wasConnecting = this.#state === 'connecting'
    this.#state = 'over'
    if (wasConnecting) this.#error ??= this.#closedEarly()
    this.#connectTimer?.cancel()
    this.#owner.connectionOver(this)
  }

  #end(error: unknown): void {
    this.#error ??= error
    this.#keepAliveTimer?.cancel()
    this.#pingTimer?.cancel()
    this.#keepAliveTimer = undefined
    this.#pingTimer = undefined
    if (this.#session === undefined) this.#opening.cancel()
    else if (!this.#session.destroyed) this.#session.destroy()
    this.#leave()
  }

  // Looks four times in the time, since when the last byte came is not known otherwise: a ping is due after four looks
  // without a byte, so at most a quarter too late and never too early.
  #planKeepAlive(quietCount = 0): void {
    const { timeMillis } = this.#settings.keepAlive
    if (timeMillis === Number.POSITIVE_INFINITY || this.#state !== 'ready') return
    const before = this.bytesRead
    this.#keepAliveTimer = this.#settings.clock.after(timeMillis / keepAliveLooks, () => {
      this.#keepAliveTimer = undefined
      if (this.#activeCount === 0 && !this.#settings.keepAlive.permitWithoutStream) return
      if (this.bytesRead !== before) this.#planKeepAlive()
      else if (quietCount + 1 < keepAliveLooks) this.#planKeepAlive(quietCount + 1)
      else this.#ping()
    })
  }

  // With TLS the handshake has agreed on HTTP/2 already: what may be amiss then is the certificate of the client.
  #closedEarly(): Error {
    const code = this.#settings.tls === undefined ? notHttp2Code : 'ECONNRESET'
    return coded('the connection was closed before the first frame of HTTP/2', code)
  }

  #ping(): void {
    if (this.#pingTimer !== undefined) return
    const { timeoutMillis } = this.#settings.keepAlive
    this.#pingTimer = this.#settings.clock.after(timeoutMillis, () => {
      this.#end(coded(`no answer to a ping within ${timeoutMillis} ms`, 'ETIMEDOUT'))
      // The other end is gone: no use in waiting until it has taken what was sent to it.
      this.#opening.cancel()
    })
    const answered = (): void => {
      this.#pingTimer?.cancel()
      this.#pingTimer = undefined
      if (this.#keepAliveTimer === undefined) this.#planKeepAlive()
    }
    try {
      if (!this.#session!.ping(answered)) answered()
    } catch {
      // The session is closing: its end is told by its own events.
      answered()
    }
  }
}

/** Marks the failures that mean: what answered is no HTTP/2. */
export const notHttp2Code = 'OTLP_NOT_HTTP2'
/** Marks the failures of connections that the endpoint ended with GOAWAY and an error. */
export const goawayCode = 'OTLP_GOAWAY'

function notHttp2(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!code.startsWith('ERR_HTTP2')) return error
  return coded('what answered is not HTTP/2', notHttp2Code, error)
}

function coded(message: string, code: string, cause?: unknown): Error {
  return Object.assign(cause === undefined ? new Error(message) : new Error(message, { cause }), { code })
}

function quoted(text: string): string {
  return text === '' ? '' : ` (${JSON.stringify(text)})`
}
