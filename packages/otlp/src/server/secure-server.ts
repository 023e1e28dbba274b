// SPDX-License-Identifier: Apache-2.0
import type { ServerOptions } from 'node:http'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../clock.ts'
import { type OtlpError, otlpError } from '../errors.ts'
import { nodeHttps } from '../transport/builtin.ts'
import type { ServerTls } from '../transport/tls.ts'
import type { Http2Sessions } from './http2-sessions.ts'

/** What a {@link secureServer} needs besides the options of its HTTP/1.1 part. */
export interface SecureServerOptions {
  readonly tls: ServerTls
  readonly http2: Http2Sessions
  /** Time until the end of the TLS handshake, in milliseconds. */
  readonly handshakeTimeoutMillis: number
  readonly clock: Clock
  /** A connection that never became one: its handshake failed. */
  readonly failed: (error: OtlpError, remoteAddress: string | undefined) => void
  /** Bytes of the answer to a request in plain HTTP. */
  readonly plainAnswer: Buffer
}

/** A server with TLS, and what cuts connections that are none of HTTP/1.1's. */
export interface SecureServer {
  readonly server: Server
  /** Ends connections on which nothing came yet. */
  closeSilent(): void
  /** Ends all connections now. */
  destroyAll(): void
}

/**
 * A server for HTTP/1.1 over TLS that hands connections over to `http2` whose client chose so, and answers plain HTTP
 * with a plain answer that says what is expected: of a broken TLS handshake clients only show a number.
 */
export function secureServer(http1: ServerOptions, options: SecureServerOptions): SecureServer {
  const { tls, http2, clock } = options
  const server = nodeHttps().createServer({
    ...http1,
    ...tls.serverOptions(),
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: options.handshakeTimeoutMillis,
  })
  tls.attach(server)
  const sockets = new Set<Socket>()
  const silent = new Set<Socket>()

  // node's own listeners, for the two cases that are not taken out before.
  const beginTls = soleListener<(socket: Socket) => void>(server, 'connection')
  const beginHttp1 = soleListener<(socket: TLSSocket) => void>(server, 'secureConnection')
  server.removeAllListeners('tlsClientError')

  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    silent.add(socket)
    const timer = clock.after(options.handshakeTimeoutMillis, () => socket.destroy())
    const settle = (): void => {
      timer.cancel()
      silent.delete(socket)
      socket.off('readable', onReadable)
      socket.off('end', settle)
    }
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      settle()
      socket.off('error', ignore)
      if (isPlainHttp(chunk)) {
        refusePlain(socket, options)
        return
      }
      socket.unshift(chunk)
      beginTls.call(server, socket)
    }
    socket.on('error', ignore)
    socket.on('readable', onReadable)
    socket.once('close', () => {
      settle()
      sockets.delete(socket)
    })
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2.accept(socket)
    else beginHttp1.call(server, socket)
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    options.failed(handshakeError(error, socket), socket.remoteAddress)
    socket.destroy()
  })
  return {
    server,
    closeSilent() {
      for (const socket of silent) socket.destroy()
    },
    destroyAll() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

function ignore(): void {}

function soleListener<F>(server: Server, event: string): F {
  const [listener] = server.listeners(event)
  server.removeAllListeners(event)
  return listener as F
}

// A TLS record begins with its type, which is below 0x20 (RFC 8446 section 5.1); a method of HTTP is upper-case letters.
function isPlainHttp(chunk: Buffer): boolean {
  return /^[A-Z]{3,10}(?: |$)/.test(chunk.toString('latin1', 0, 11))
}

const plainMessage =
  'request: plain HTTP; expected is HTTPS: this port has TLS, use https:// in the endpoint; request refused with 400'

function refusePlain(socket: Socket, options: SecureServerOptions): void {
  options.failed(otlpError('OTLP_TLS', plainMessage), socket.remoteAddress)
  socket.on('error', ignore)
  // What is still sent is thrown away, for a while: closing over unread data would take the answer from the sender.
  socket.resume()
  socket.end(options.plainAnswer)
  const timer = options.clock.after(5000, () => socket.destroy())
  socket.once('close', () => timer.cancel())
}

/** Message of the answer to plain HTTP. */
export const plainHttpMessage: string = plainMessage

/** The error for a TLS handshake that failed. */
export function handshakeError(error: NodeJS.ErrnoException, socket: TLSSocket): OtlpError {
  const code = error.code ?? 'no code'
  if (socket.authorizationError !== undefined && socket.authorizationError !== null) {
    return otlpError(
      'OTLP_TLS',
      `TLS handshake: the client's certificate is not accepted (${String(socket.authorizationError)}); expected is a valid one of an authority in clientCa; connection closed`,
      error,
    )
  }
  return otlpError(
    'OTLP_TLS',
    `TLS handshake: ${reasonOf(error)} (${code}); ${adviceOf(code)}; connection closed`,
    error,
  )
}

// OpenSSL's line has file names and numbers around the reason.
function reasonOf(error: NodeJS.ErrnoException): string {
  const reason = (error as { reason?: unknown }).reason
  return typeof reason === 'string' ? reason : error.message
}

function adviceOf(code: string): string {
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return 'expected was a whole handshake in time'
  if (code === 'ECONNRESET') {
    return 'expected was a whole handshake, which a client that does not trust the certificate may end like this'
  }
  if (code.includes('PEER_DID_NOT_RETURN_A_CERTIFICATE')) {
    return 'expected is a certificate of the client, since clientCa is set'
  }
  if (code.includes('UNKNOWN_CA') || code.includes('CERTIFICATE')) {
    return 'the client does not trust the certificate of this server: give it the authority, or check the names'
  }
  if (code.includes('VERSION') || code.includes('PROTOCOL'))
    return 'expected is a version of TLS that is switched on here'
  if (code.includes('CIPHER')) return 'expected is a cipher suite that is switched on here'
  return 'expected is TLS'
}
