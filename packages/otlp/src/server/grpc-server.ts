// SPDX-License-Identifier: Apache-2.0
import type { ServerOptions } from 'node:http2'
import type { Server, Socket } from 'node:net'
import type { Clock, Timer } from '../clock.ts'
import { systemClock } from '../clock.ts'
import { type OtlpError, otlpErrors } from '../errors.ts'
import { type Signal, signals } from '../model/resource.ts'
import { nodeHttp2, nodeNet, nodeTls } from '../transport/builtin.ts'
import { createServerTls, type ServerTls } from '../transport/tls.ts'
import type { ServerTlsOptions } from '../transport/tls-options.ts'
import { awaitPreface } from './grpc-accept.ts'
import { CallTimers } from './grpc-call-timers.ts'
import { type ConnectionTimes, GrpcConnection } from './grpc-connection.ts'
import { type GrpcRoute, type GrpcServerCore, grpcServices } from './grpc-core.ts'
import { Health, healthCheckPath, healthWatchPath } from './grpc-health.ts'
import { endOutsideOfReading } from './http2-end.ts'
import { addressText, listenAt } from './listen.ts'
import { MemoryAccount } from './memory-account.ts'
import { handshakeError } from './secure-server.ts'
import type { OtlpHandler, OtlpServer, OtlpServerObserver, ParseLarge } from './server.ts'

/** How connections to a gRPC server are kept alive and ended; all times in milliseconds. */
export interface OtlpGrpcKeepAlive {
  /** A connection without calls is closed after this time. Default never. */
  readonly maxConnectionIdleMillis?: number
  /** A connection is closed after this time, more or less a tenth, as soon as its calls are done. Default never. */
  readonly maxConnectionAgeMillis?: number
  /** Calls still running so long after `maxConnectionAgeMillis` are cut. Default never. */
  readonly maxConnectionAgeGraceMillis?: number
  /**
   * A connection on which nothing arrived for this time is pinged. Default one minute, where gRPC's own servers have two
   * hours: Node 20 stops reading a connection whose frames broke the protocol, and would never see it close.
   */
  readonly timeMillis?: number
  /** One that then says nothing for this time is closed. Default 20000. */
  readonly timeoutMillis?: number
  /** Clients that ping more often than this are sent away, two times forgiven. Default five minutes. */
  readonly minTimeMillis?: number
  /** Whether clients may ping so often while they have no call running. Default false: every two hours. */
  readonly permitWithoutStream?: boolean
}

/** Options of {@link createOtlpGrpcServer}. */
export interface OtlpGrpcServerOptions {
  /**
   * `host:port`; `localhost` binds 127.0.0.1 and ::1, `:port` every interface, port 0 a free one. With transport
   * 'unix' the path of a socket.
   */
  readonly endpoint: string
  /** Default 'tcp'. */
  readonly transport?: 'tcp' | 'unix'
  readonly handler: OtlpHandler
  /** Signals served; calls for others are answered UNIMPLEMENTED. Default all. */
  readonly signals?: readonly Signal[]
  /** Default: no TLS. */
  readonly tls?: ServerTlsOptions | undefined
  /** Largest message in bytes, before and after decompression. Default 4 MiB. */
  readonly maxReceiveMessageBytes?: number
  /**
   * Bytes that all calls may hold together from their first byte to their answer (messages as sent and inflated, their
   * indexes, and 1 KiB each); beyond it calls are answered UNAVAILABLE with a wait. Default 256 MiB.
   */
  readonly maxInFlightBytes?: number
  /** Calls at a time on one connection; clients let more wait. Default 1000. */
  readonly maxConcurrentStreams?: number
  /** Connections at a time to one address; more are closed at once. Default no limit. */
  readonly maxConnections?: number
  readonly keepAlive?: OtlpGrpcKeepAlive
  /** Time for TLS handshake and the first bytes of a connection, in milliseconds. Default 20000. */
  readonly handshakeTimeoutMillis?: number
  /** Time for a whole message from the headers of its call, in milliseconds; 0 = no limit. Default 60000. */
  readonly readTimeoutMillis?: number
  /** Whether the handler gets the metadata of the call. Default false. */
  readonly includeMetadata?: boolean
  /**
   * Largest metadata of a call in bytes, as HTTP/2 counts them: 32 more for each entry. Calls with more are reset with
   * ENHANCE_YOUR_CALM. Node holds to it once the client has confirmed the settings, until then to 64 KiB. Default 16 KiB.
   */
  readonly maxHeaderBytes?: number
  /** Reads large messages away from the event loop, such as in another process. Default: they are read where they arrive. */
  readonly parseLarge?: ParseLarge | undefined
  /** Messages with more bytes than this, inflated, go to `parseLarge`. Default 512 KiB. */
  readonly largeBodyBytes?: number
  readonly observer?: OtlpServerObserver
  readonly clock?: Clock
  /** From 0 to below 1; spreads the age of connections. Default Math.random. */
  readonly random?: () => number
}

/**
 * Starts a server for OTLP over gRPC: OTLP specification, "OTLP/gRPC", on HTTP/2 with its own framing.
 *
 * Serves `Export` of the trace, metrics and logs services, and `grpc.health.v1.Health`. Takes messages plain or with
 * gzip, deflate, snappy and, where there is a decoder, zstd. What it refuses carries a `google.rpc.Status` in
 * `grpc-status-details-bin`. Rejects with OTLP_OPTION or OTLP_LISTEN when it cannot start. Memory is bounded: by the
 * message limit for one call, by `maxInFlightBytes` for all together.
 *
 * @example
 * ```ts
 * import { connect } from 'node:http2'
 * import { createOtlpGrpcServer } from '@otel-ts/otlp/server'
 * const server = await createOtlpGrpcServer({
 *   endpoint: '127.0.0.1:0',
 *   handler: async (batch) => {
 *     console.log(batch.signal, batch.itemCount) // logs 1
 *     return undefined
 *   },
 * })
 * const session = connect(`http://${server.addresses[0]}`)
 * const call = session.request({
 *   ':method': 'POST',
 *   ':path': '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
 *   'content-type': 'application/grpc',
 *   te: 'trailers',
 * })
 * // Flag, length, and one log record without fields.
 * call.end(Uint8Array.of(0, 0, 0, 0, 6, 0x0a, 4, 0x12, 2, 0x12, 0))
 * call.resume()
 * const trailers = await new Promise<Record<string, unknown>>((resolve) => call.on('trailers', resolve))
 * console.log(trailers['grpc-status']) // 0
 * session.close()
 * await server.shutdown()
 * ```
 */
export async function createOtlpGrpcServer(options: OtlpGrpcServerOptions): Promise<OtlpServer> {
  const clock = options.clock ?? systemClock
  const tls = options.tls === undefined ? undefined : createServerTls(options.tls, clock, options.observer?.tls)
  const core = coreOf(options, clock)
  const acceptor = new Acceptor(core, options)
  try {
    const servers = await listenAt(options.endpoint, options.transport, () => acceptor.listener(tls))
    return { addresses: servers.map(addressText), shutdown: shutdownOf(core, acceptor, servers, tls) }
  } catch (error) {
    tls?.close()
    throw error
  }
}

function coreOf(options: OtlpGrpcServerOptions, clock: Clock): GrpcServerCore {
  const routes = new Map<string, GrpcRoute>()
  const services: string[] = []
  for (const signal of options.signals ?? signals) {
    services.push(grpcServices[signal])
    routes.set(`/${grpcServices[signal]}/Export`, { kind: 'export', signal })
  }
  routes.set(healthCheckPath, { kind: 'check' })
  routes.set(healthWatchPath, { kind: 'watch' })
  return {
    handler: options.handler,
    account: new MemoryAccount(options.maxInFlightBytes ?? 256 * 1024 * 1024),
    observer: options.observer,
    parseLarge: options.parseLarge,
    largeBodyBytes: { json: Number.POSITIVE_INFINITY, protobuf: options.largeBodyBytes ?? 512 * 1024 },
    routes,
    health: new Health(services),
    timers: new CallTimers(),
    maxReceiveMessageBytes: options.maxReceiveMessageBytes ?? 4 * 1024 * 1024,
    includeMetadata: options.includeMetadata ?? false,
    readTimeoutMillis: options.readTimeoutMillis ?? 60_000,
    clock,
    draining: false,
  }
}

// What one call may send before it is read, and all of a connection together: so much that no body waits for a window,
// at any distance. What arrives is accounted at once and refused when there is no room, so a window promises nothing.
const streamWindowBytes = 4 * 1024 * 1024
const connectionWindowBytes = 16 * 1024 * 1024

/** Takes connections and keeps them until they end. */
class Acceptor {
  readonly #core: GrpcServerCore
  readonly #options: OtlpGrpcServerOptions
  readonly #times: ConnectionTimes
  readonly #http2: ServerOptions
  readonly #connections = new Set<GrpcConnection>()
  // All, those in the TLS handshake too.
  readonly #sockets = new Set<Socket>()
  // Sockets that have not shown yet what they are.
  readonly #unknown = new Set<Socket>()

  constructor(core: GrpcServerCore, options: OtlpGrpcServerOptions) {
    this.#core = core
    this.#options = options
    this.#times = timesOf(options.keepAlive ?? {})
    this.#http2 = http2Options(options)
  }

  listener(tls: ServerTls | undefined): Server {
    const handshakeTimeout = this.#options.handshakeTimeoutMillis ?? 20_000
    const accept = (socket: Socket): void => this.#accept(socket, handshakeTimeout)
    let server: Server
    if (tls === undefined) {
      server = nodeNet().createServer({ noDelay: true }, accept)
    } else {
      // HTTP/1.1 is offered so that its clients get an answer instead of an alert.
      const secure = nodeTls().createServer({
        ...tls.serverOptions(),
        ALPNProtocols: ['h2', 'http/1.1'],
        handshakeTimeout,
        noDelay: true,
      })
      tls.attach(secure)
      secure.on('secureConnection', accept)
      secure.on('tlsClientError', (error, socket) => {
        this.#observeFailure(handshakeError(error, socket), socket.remoteAddress)
        socket.destroy()
      })
      server = secure
    }
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    if (this.#options.maxConnections !== undefined) server.maxConnections = this.#options.maxConnections
    return server
  }

  #observeFailure(error: OtlpError, remoteAddress: string | undefined): void {
    const { http, grpc } = otlpErrors[error.code]
    this.#core.observer?.refused?.({ error, code: error.code, httpStatus: http, grpcStatus: grpc, remoteAddress })
  }

  #accept(socket: Socket, timeoutMillis: number): void {
    const { clock, observer } = this.#core
    this.#unknown.add(socket)
    socket.once('close', () => this.#unknown.delete(socket))
    awaitPreface(socket, { clock, observer, timeoutMillis }, () => {
      this.#unknown.delete(socket)
      this.#serve(socket)
    })
  }

  #serve(socket: Socket): void {
    const session = nodeHttp2().performServerHandshake(socket, this.#http2)
    endOutsideOfReading(session)
    session.setLocalWindowSize(connectionWindowBytes)
    const random = this.#options.random ?? Math.random
    const connection = new GrpcConnection(this.#core, this.#times, session, socket, random)
    this.#connections.add(connection)
    void connection.closed.then(() => this.#connections.delete(connection))
  }

  /** Resolves when every connection has ended. */
  async drain(): Promise<void> {
    for (const socket of this.#unknown) socket.destroy()
    const closed = [...this.#connections].map((connection) => connection.closed)
    for (const connection of this.#connections) connection.drain()
    await Promise.all(closed)
  }

  cut(): void {
    for (const connection of this.#connections) connection.cut()
    for (const socket of this.#sockets) socket.destroy()
  }
}

function http2Options(options: OtlpGrpcServerOptions): ServerOptions {
  return {
    settings: {
      enablePush: false,
      initialWindowSize: streamWindowBytes,
      maxConcurrentStreams: options.maxConcurrentStreams ?? 1000,
      maxHeaderListSize: options.maxHeaderBytes ?? 16 * 1024,
    },
    // Frames that carry nothing (empty DATA or HEADERS) or cannot be understood; no client has reason to send one.
    maxSessionInvalidFrames: 100,
    // Calls refused because headers and frames that wait hold too much memory.
    maxSessionRejectedStreams: 100,
    // Megabytes of headers and frames that wait to be read by the other side. Messages are accounted elsewhere.
    maxSessionMemory: 10,
    maxSettings: 32,
    maxOutstandingPings: 10,
    // Calls that a client may reset (CVE-2023-44487): a second's worth of deadlines at once, then 33 a second. nghttp2's
    // own numbers, which Node before 24 uses without being asked.
    ...({ streamResetBurst: 1000, streamResetRate: 33 } as ServerOptions),
  }
}

// setTimeout takes no more.
const longestTimer = 2 ** 31 - 1

function timesOf(keepAlive: OtlpGrpcKeepAlive): ConnectionTimes {
  const time = (millis: number | undefined): number =>
    millis === undefined || millis <= 0 || millis > longestTimer ? Number.POSITIVE_INFINITY : millis
  return {
    maxConnectionIdleMillis: time(keepAlive.maxConnectionIdleMillis),
    maxConnectionAgeMillis: time(keepAlive.maxConnectionAgeMillis),
    maxConnectionAgeGraceMillis: time(keepAlive.maxConnectionAgeGraceMillis),
    timeMillis: time(keepAlive.timeMillis ?? 60_000),
    timeoutMillis: keepAlive.timeoutMillis ?? 20_000,
    minTimeMillis: keepAlive.minTimeMillis ?? 5 * 60 * 1000,
    permitWithoutStream: keepAlive.permitWithoutStream ?? false,
  }
}

function shutdownOf(
  core: GrpcServerCore,
  acceptor: Acceptor,
  servers: readonly Server[],
  tls: ServerTls | undefined,
): (graceMillis?: number) => Promise<void> {
  let closed: Promise<unknown> | undefined
  let cut: Timer | undefined
  return async (graceMillis = 5000) => {
    if (closed === undefined) {
      core.draining = true
      core.health.drain()
      const ended = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
      closed = Promise.all([...ended, acceptor.drain()])
      tls?.close()
    }
    cut?.cancel()
    if (graceMillis <= 0) acceptor.cut()
    const timer = core.clock.after(graceMillis, () => acceptor.cut())
    cut = timer
    await closed
    timer.cancel()
  }
}
