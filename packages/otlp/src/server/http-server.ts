// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { OtlpEncoding } from '../client/client.ts'
import type { Clock, Timer } from '../clock.ts'
import { systemClock } from '../clock.ts'
import { encodeStatus } from '../encode/response.ts'
import { type OtlpErrorCode, otlpError, otlpErrors } from '../errors.ts'
import { type Signal, signals } from '../model/resource.ts'
import { nodeHttp } from '../transport/builtin.ts'
import { contentEncodings } from '../transport/content-encoding.ts'
import { createServerTls, type ServerTls } from '../transport/tls.ts'
import type { ServerTlsOptions } from '../transport/tls-options.ts'
import { Cors, type CorsOptions } from './cors.ts'
import { Http2Sessions } from './http2-sessions.ts'
import { addressText, listenAt } from './listen.ts'
import { MemoryAccount } from './memory-account.ts'
import { plainHttpMessage, secureServer } from './secure-server.ts'
import { type HttpServerCore, quoted, ServedRequest, successHeaders } from './served-request.ts'
import type { OtlpHandler, OtlpServer, OtlpServerObserver, ParseLarge } from './server.ts'

/** Options of {@link createOtlpHttpServer}. */
export interface OtlpHttpServerOptions {
  /**
   * `host:port`; `localhost` binds 127.0.0.1 and ::1, `:port` every interface, port 0 a free one. With transport
   * 'unix' the path of a socket.
   */
  readonly endpoint: string
  /** Default 'tcp'. */
  readonly transport?: 'tcp' | 'unix'
  /**
   * TLS: clients then choose HTTP/2 or HTTP/1.1 in the handshake (ALPN); a request in plain HTTP is answered 400.
   * Default: plain HTTP/1.1.
   */
  readonly tls?: ServerTlsOptions | undefined
  /** Requests at a time on one HTTP/2 connection; clients let more wait. Default 250. */
  readonly maxConcurrentStreams?: number
  readonly handler: OtlpHandler
  /** Path of each signal; false = the signal is not served. Default `/v1/traces`, `/v1/metrics`, `/v1/logs`. */
  readonly paths?: Partial<Readonly<Record<Signal, string | false>>>
  /** Largest request body in bytes, before and after decompression. Default 20 MiB. */
  readonly maxRequestBodyBytes?: number
  /**
   * Values of Content-Encoding that are taken: of `gzip`, `deflate`, `zlib`, `zstd`, `snappy`, `x-snappy-framed` and `identity` (or
   * ''), which means bodies that are not compressed. Others are answered 415. Default all.
   */
  readonly contentEncodings?: readonly string[]
  /**
   * Bytes that all requests may hold together from their first byte to their answer (bodies as sent and inflated,
   * their indexes, and 1 KiB each); beyond it requests are answered 429. Default 256 MiB.
   */
  readonly maxInFlightBytes?: number
  /**
   * Reads large bodies away from the event loop, such as in another process: 20 MiB of JSON hold it for half a second
   * otherwise, in which nobody else is served. Default: every body is read where it arrives.
   */
  readonly parseLarge?: ParseLarge | undefined
  /**
   * Bodies with more bytes than this, inflated, go to `parseLarge`. Default 128 KiB of JSON, 512 KiB of protobuf: below,
   * even the densest are read in some 30 ms and usual ones in 4 ms.
   */
  readonly largeBodyBytes?: Partial<Readonly<Record<OtlpEncoding, number>>>
  /** Connections at a time to one address; more are closed at once. Default no limit. */
  readonly maxConnections?: number
  /** Largest request line and headers, in bytes; more is answered 431. Default 16 KiB. */
  readonly maxHeaderBytes?: number
  /** Time for the headers of a request, in milliseconds; then 408. 0 = no limit. Default 60000. */
  readonly readHeaderTimeoutMillis?: number
  /** Time for a whole request, headers and body, in milliseconds; then 408. 0 = no limit. Default 60000. */
  readonly readTimeoutMillis?: number
  /**
   * Time in which a client must take its answer, in milliseconds; then its connection is cut. 0 = no limit. What
   * `fallback` answers is not watched. Default 30000.
   */
  readonly writeTimeoutMillis?: number
  /** Time after which an idle connection is closed, in milliseconds. Default 60000. */
  readonly idleTimeoutMillis?: number
  /** False = every connection serves one request. Default true. */
  readonly keepAlive?: boolean
  /** Whether the handler gets the request headers. Default false. */
  readonly includeMetadata?: boolean
  /** Headers added to every answer. */
  readonly responseHeaders?: Readonly<Record<string, string>>
  readonly cors?: CorsOptions | undefined
  /** Serves every path that is not a signal's, on the same port. Default: 404 with a Status. */
  readonly fallback?: (request: IncomingMessage, response: ServerResponse) => void
  readonly observer?: OtlpServerObserver
  readonly clock?: Clock
}

/**
 * Starts a server for OTLP over HTTP/1.1, with TLS also over HTTP/2: OTLP specification, "OTLP/HTTP".
 *
 * Takes protobuf and JSON, plain or compressed (one coding at a time), and answers in the encoding of the request. Each
 * error answer carries a `google.rpc.Status`; requests whose encoding is unknown get it as JSON. Rejects with OTLP_OPTION
 * or OTLP_LISTEN when it cannot start. Memory is bounded: by the body limit for one request, by `maxInFlightBytes` for
 * all together.
 *
 * @example
 * ```ts
 * import { createOtlpHttpServer } from '@otel-ts/otlp/server'
 * const server = await createOtlpHttpServer({
 *   endpoint: '127.0.0.1:0',
 *   handler: async (batch) => {
 *     console.log(batch.signal, batch.itemCount) // logs 1
 *     return undefined
 *   },
 * })
 * const answer = await fetch(`http://${server.addresses[0]}/v1/logs`, {
 *   method: 'POST',
 *   headers: { 'content-type': 'application/json' },
 *   body: '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hello"}}]}]}]}',
 * })
 * console.log(answer.status, await answer.text()) // 200 {}
 * await server.shutdown()
 * ```
 */
export async function createOtlpHttpServer(options: OtlpHttpServerOptions): Promise<OtlpServer> {
  const core = coreOf(options)
  const tls = options.tls === undefined ? undefined : createServerTls(options.tls, core.clock, options.observer?.tls)
  try {
    const ports: Port[] = []
    const servers = await listenAt(options.endpoint, options.transport, () => {
      const port = tls === undefined ? plainPort(core, options) : securePort(core, options, tls)
      ports.push(port)
      return port.server
    })
    const listening = ports.filter((port) => servers.includes(port.server))
    return { addresses: servers.map(addressText), shutdown: shutdownOf(core, listening, tls) }
  } catch (error) {
    tls?.close()
    throw error
  }
}

/** A server on one address, and how it ends. */
interface Port {
  readonly server: Server
  /** Tells connections that shutdown has begun. */
  readonly drain: () => void
  /** Cuts every connection. */
  readonly destroy: () => void
}

function coreOf(options: OtlpHttpServerOptions): HttpServerCore {
  const responseHeaders = headerList(options.responseHeaders ?? {})
  const cors = options.cors
  const encodings = contentEncodings(options.contentEncodings)
  if (encodings instanceof Error) throw encodings
  return {
    handler: options.handler,
    paths: pathsOf(options),
    maxRequestBodyBytes: options.maxRequestBodyBytes ?? 20 * 1024 * 1024,
    contentEncodings: encodings,
    account: new MemoryAccount(options.maxInFlightBytes ?? 256 * 1024 * 1024),
    includeMetadata: options.includeMetadata ?? false,
    keepAlive: options.keepAlive ?? true,
    responseHeaders,
    successHeaders: {
      protobuf: successHeaders('protobuf', responseHeaders),
      json: successHeaders('json', responseHeaders),
    },
    cors: cors !== undefined && cors.allowedOrigins.length > 0 ? new Cors(cors) : undefined,
    observer: options.observer,
    clock: options.clock ?? systemClock,
    parseLarge: options.parseLarge,
    largeBodyBytes: { json: 128 * 1024, protobuf: 512 * 1024, ...options.largeBodyBytes },
    lingerMillis: 5000,
    writeTimeoutMillis: options.writeTimeoutMillis ?? 30_000,
    lingering: new Set(),
    draining: false,
  }
}

// Node checks headers when an answer is written, and throws: too late, and once for each request.
function headerList(headers: Readonly<Record<string, string>>): string[] {
  const list: string[] = []
  for (const [name, value] of Object.entries(headers)) {
    try {
      nodeHttp().validateHeaderName(name)
      nodeHttp().validateHeaderValue(name, value)
    } catch (error) {
      throw otlpError(
        'OTLP_OPTION',
        `responseHeaders ${JSON.stringify(name)}: ${(error as Error).message}; expected are names and values that HTTP allows; the server was not started`,
        error,
      )
    }
    list.push(name, value)
  }
  return list
}

function pathsOf(options: OtlpHttpServerOptions): ReadonlyMap<string, Signal> {
  const paths = new Map<string, Signal>()
  for (const signal of signals) {
    const path = options.paths?.[signal] ?? `/v1/${signal}`
    if (path !== false) paths.set(path, signal)
  }
  return paths
}

function plainPort(core: HttpServerCore, options: OtlpHttpServerOptions): Port {
  const server = nodeHttp().createServer(http1Options(options))
  addListeners(server, core, options)
  return { server, drain: () => {}, destroy: () => server.closeAllConnections() }
}

function securePort(core: HttpServerCore, options: OtlpHttpServerOptions, tls: ServerTls): Port {
  const readTimeoutMillis = options.readTimeoutMillis ?? 60_000
  const http2 = new Http2Sessions(
    {
      maxConcurrentStreams: options.maxConcurrentStreams ?? 250,
      maxHeaderBytes: options.maxHeaderBytes ?? 16 * 1024,
      idleTimeoutMillis: options.idleTimeoutMillis ?? 60_000,
    },
    (request, response, expectsContinue) => {
      const served = serve(core, options.fallback, request, response, expectsContinue)
      // HTTP/1.1 connections are watched by node.
      if (served !== undefined && readTimeoutMillis > 0) served.limitReading(readTimeoutMillis)
    },
  )
  const secure = secureServer(http1Options(options), {
    tls,
    http2,
    handshakeTimeoutMillis: (options.readHeaderTimeoutMillis ?? 60_000) || 120_000,
    clock: core.clock,
    plainAnswer: rawAnswer('OTLP_TLS', plainHttpMessage),
    failed: (error, remoteAddress) => {
      core.observer?.refused?.({ error, code: error.code, httpStatus: otlpErrors[error.code].http, remoteAddress })
    },
  })
  addListeners(secure.server, core, options)
  return {
    server: secure.server,
    drain() {
      secure.closeSilent()
      http2.close()
    },
    destroy() {
      http2.destroy()
      secure.destroyAll()
    },
  }
}

function http1Options(options: OtlpHttpServerOptions): ServerOptions {
  const requestTimeout = options.readTimeoutMillis ?? 60_000
  const headersTimeout = options.readHeaderTimeoutMillis ?? 60_000
  // node looks for late requests in turns; a quarter of the shortest limit keeps the excess small.
  const shortest = Math.min(requestTimeout || Number.POSITIVE_INFINITY, headersTimeout || Number.POSITIVE_INFINITY)
  return {
    requestTimeout,
    // node refuses to wait longer for the headers than for the whole.
    headersTimeout: requestTimeout > 0 ? Math.min(headersTimeout || requestTimeout, requestTimeout) : headersTimeout,
    connectionsCheckingInterval: Math.max(10, Math.min(5000, Math.ceil(shortest / 4))),
    keepAliveTimeout: options.idleTimeoutMillis ?? 60_000,
    maxHeaderSize: options.maxHeaderBytes ?? 16 * 1024,
    // Exports come one after the other on few connections: waiting to fill packets only delays their answers.
    noDelay: true,
  }
}

function addListeners(server: Server, core: HttpServerCore, options: OtlpHttpServerOptions): void {
  const { fallback } = options
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections
  server.on('request', (request, response) => serveHttp1(core, fallback, request, response, false))
  server.on('checkContinue', (request, response) => serveHttp1(core, fallback, request, response, true))
  // An expectation other than 100-continue is one nobody defines; RFC 9110 lets a server ignore it.
  server.on('checkExpectation', (request, response) => serveHttp1(core, fallback, request, response, false))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => onClientError(core, error, socket as OtlpSocket))
}

type Fallback = OtlpHttpServerOptions['fallback']

// The request that a connection is on. A property costs less per request than a map, and goes with the socket.
const currentRequest: unique symbol = Symbol('otlp.currentRequest')
const refusedSocket: unique symbol = Symbol('otlp.refused')
interface OtlpSocket extends Socket {
  [currentRequest]?: ServedRequest
  [refusedSocket]?: true
}

function serveHttp1(
  core: HttpServerCore,
  fallback: Fallback,
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
): void {
  const served = serve(core, fallback, request, response, expectsContinue)
  if (served !== undefined) (request.socket as OtlpSocket)[currentRequest] = served
}

/** Begins with a request; gives nothing back for one that OTLP does not serve. */
function serve(
  core: HttpServerCore,
  fallback: Fallback,
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
): ServedRequest | undefined {
  const url = request.url ?? ''
  const signal = core.paths.get(url) ?? core.paths.get(pathOf(url))
  if (signal === undefined) {
    if (fallback !== undefined) {
      if (expectsContinue) response.writeContinue()
      fallback(request, response)
      return undefined
    }
  } else if (request.method === 'OPTIONS' && core.cors !== undefined && request.headers.origin !== undefined) {
    answerPreflight(core, core.cors, request.headers.origin, request, response)
    return undefined
  }
  const served = new ServedRequest(core, request, response, signal)
  served.begin(expectsContinue)
  return served
}

// The path of a request target: without its query, and of the absolute form that proxies use without the authority.
function pathOf(url: string): string {
  const start = /^https?:\/\/[^/?]*/i.exec(url)?.[0].length ?? 0
  const query = url.indexOf('?', start)
  return query === -1 ? url.slice(start) : url.slice(start, query)
}

function answerPreflight(
  core: HttpServerCore,
  cors: Cors,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const method = request.headers['access-control-request-method']
  const requestedHeaders = request.headers['access-control-request-headers']
  const headers = cors.preflightHeaders(origin, method, requestedHeaders)
  response.writeHead(204, [...core.responseHeaders, ...headers])
  response.end()
}

/** What came is no request that can be served: broken framing, too large headers, too late, or a lost connection. */
function onClientError(core: HttpServerCore, error: NodeJS.ErrnoException, socket: OtlpSocket): void {
  if (!socket.writable || socket.destroyed || socket[refusedSocket] === true) {
    if (socket[refusedSocket] !== true) socket.destroy()
    return
  }
  const current = socket[currentRequest]
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
    socket.destroy()
    return
  }
  if (current?.isAnswered === true && !current.isWhole) {
    // What is left of the body of a request that was refused: its answer is out, nothing more can be said.
    socket.destroy()
    return
  }
  if (current?.isReading === true) {
    // The body of a request that is known: it gets its answer in its own encoding.
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') current.timeOut()
    else current.refuseBroken(otlpError('OTLP_HTTP', brokenMessage(error, 'request body')))
    return
  }
  if (current?.isAnswered === false) {
    // Garbage behind a whole request: that one is still answered, then the connection ends.
    current.closeAfterAnswer()
    return
  }
  socket[refusedSocket] = true
  const code = codeOfClientError(error)
  const message =
    code === 'OTLP_TIMEOUT'
      ? 'request: its headers did not arrive in time; expected were whole headers within the read time-outs; request refused with 408'
      : code === 'OTLP_HEADERS'
        ? 'request: its headers are larger than the limit of this server; expected are shorter ones; request refused with 431'
        : (otherProtocolMessage(error) ?? brokenMessage(error, 'request'))
  // Half a close: the sender may still be writing, and a reset would take the answer from it.
  socket.end(rawAnswer(code, message))
  const timer = core.clock.after(core.lingerMillis, () => socket.destroy())
  socket.once('close', () => timer.cancel())
  core.observer?.refused?.({
    error: otlpError(code, message, error),
    code,
    httpStatus: otlpErrors[code].http,
    remoteAddress: socket.remoteAddress,
  })
}

/** A whole answer for who did not get as far as a request. */
function rawAnswer(code: OtlpErrorCode, message: string): Buffer {
  const { http, grpc } = otlpErrors[code]
  const body = encodeStatus({ code: grpc, message }, 'json')
  const head = `HTTP/1.1 ${http} ${nodeHttp().STATUS_CODES[http]}\r\nContent-Type: application/json\r\nContent-Length: ${body.byteLength}\r\nConnection: close\r\n\r\n`
  return Buffer.concat([Buffer.from(head), body])
}

function codeOfClientError(error: NodeJS.ErrnoException): OtlpErrorCode {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'OTLP_TIMEOUT'
  return error.code === 'HPE_HEADER_OVERFLOW' ? 'OTLP_HEADERS' : 'OTLP_HTTP'
}

/** What came when it was HTTP/2 or a TLS handshake: clients sent to the wrong port are commoner than broken ones. */
function otherProtocolMessage(error: NodeJS.ErrnoException & { rawPacket?: unknown }): string | undefined {
  const { rawPacket } = error
  if (!(rawPacket instanceof Uint8Array)) return undefined
  const end = 'request refused with 400, connection closed'
  // A record of TLS that holds a handshake begins 16 03 (RFC 8446, 5.1).
  if (rawPacket[0] === 0x16 && rawPacket[1] === 3) {
    return `request: a TLS handshake; expected is plain HTTP: this port has no TLS, use http:// in the endpoint; ${end}`
  }
  if (error.code !== 'HPE_PAUSED_H2_UPGRADE') return undefined
  return `request: HTTP/2, as gRPC speaks it; this port takes OTLP over HTTP/1.1; OTLP/gRPC is usually at port 4317; ${end}`
}

function brokenMessage(error: NodeJS.ErrnoException, what: string): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
  return `${what}: not HTTP/1.1 (${quoted(reason)}, ${error.code ?? 'no code'}); expected is a request as RFC 9112 frames it; request refused with 400, connection closed`
}

function shutdownOf(
  core: HttpServerCore,
  ports: readonly Port[],
  tls: ServerTls | undefined,
): (graceMillis?: number) => Promise<void> {
  let closed: Promise<unknown> | undefined
  let cut: Timer | undefined
  return async (graceMillis = 5000) => {
    if (closed === undefined) {
      core.draining = true
      tls?.close()
      // This also closes connections that are idle now; those that become so close with their answer.
      closed = Promise.all(ports.map(({ server }) => new Promise<void>((resolve) => server.close(() => resolve()))))
      for (const port of ports) port.drain()
      for (const served of [...core.lingering]) served.endLinger()
    }
    cut?.cancel()
    const timer = core.clock.after(graceMillis, () => {
      for (const port of ports) port.destroy()
    })
    cut = timer
    await closed
    timer.cancel()
  }
}
