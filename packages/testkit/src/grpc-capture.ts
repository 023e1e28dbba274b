// SPDX-License-Identifier: Apache-2.0
import http2, { type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'

/** A gRPC call as it came over the wire. */
export interface CapturedGrpcCall {
  readonly headers: IncomingHttpHeaders
  /** All bytes of the call: prefixes and messages. Empty when the answer did not wait for them. */
  readonly body: Uint8Array
  /** Number of the connection it came on, from 0. */
  readonly connection: number
  readonly stream: ServerHttp2Stream
  readonly session: ServerHttp2Session
}

/** What the capture answers. */
export type GrpcCaptureAnswer =
  | {
      /** Default 200. */
      readonly httpStatus?: number
      /** Besides `content-type: application/grpc`, which they may replace; undefined leaves one out. */
      readonly headers?: Readonly<Record<string, string | undefined>>
      /** Bytes of the answer, one DATA frame each: prefix and message. Default an empty message. */
      readonly data?: readonly Uint8Array[]
      /** Default `grpc-status: 0`; undefined = no trailers. */
      readonly trailers?: Readonly<Record<string, string>> | undefined
    }
  /** One frame of headers and no more, as gRPC servers answer errors. */
  | { readonly only: Readonly<Record<string, string>> }
  /** RST_STREAM with this code instead of an answer. */
  | { readonly reset: number }
  /** Never answer. */
  | 'hang'
  /** The script has answered, or will, by itself. */
  | 'own'

/** Decides the answer to a call; `index` counts calls from 0. */
export type GrpcCaptureScript = (call: CapturedGrpcCall, index: number) => GrpcCaptureAnswer

/** What a {@link GrpcCapture} is made with. */
export interface GrpcCaptureOptions {
  readonly script?: GrpcCaptureScript | GrpcCaptureAnswer
  /** Calls the script with the headers of a call, not after its end. */
  readonly early?: boolean
  readonly maxConcurrentStreams?: number
  /** Certificate and key, for TLS. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Default a free port of 127.0.0.1. */
  readonly path?: string
  readonly host?: string
  readonly port?: number
}

/** A listening capture. */
export interface GrpcCapture {
  readonly port: number
  /** `127.0.0.1:41234`. */
  readonly endpoint: string
  readonly calls: readonly CapturedGrpcCall[]
  /** Connections accepted so far. */
  readonly connectionCount: number
  /** Sessions that are open. */
  readonly sessions: ReadonlySet<ServerHttp2Session>
  /** Pings received so far. */
  readonly pingCount: number
  /** Resolves with the call of this number (from 0) once it is there. */
  call(index: number): Promise<CapturedGrpcCall>
  answer(script: GrpcCaptureScript | GrpcCaptureAnswer): void
  /** Cuts all connections without a word. */
  cut(): void
  /** Stops reading from all connections: the peer sees a host that is gone. */
  freeze(): void
  close(): Promise<void>
}

/**
 * A real HTTP/2 server on 127.0.0.1 that records gRPC calls and answers by script, rightly or wrongly. Answers every
 * call with an empty message and OK unless told otherwise.
 */
export async function captureGrpc(options: GrpcCaptureOptions = {}): Promise<GrpcCapture> {
  const calls: CapturedGrpcCall[] = []
  const waiting = new Map<number, ((call: CapturedGrpcCall) => void)[]>()
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<Socket>()
  const numbers = new Map<ServerHttp2Session | undefined, number>()
  let pingCount = 0
  let current = asScript(options.script ?? {})
  const settings =
    options.maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams: options.maxConcurrentStreams }
  const server =
    options.tls === undefined
      ? http2.createServer({ settings })
      : http2.createSecureServer({ settings, ...options.tls })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  server.on('session', (session) => {
    numbers.set(session, numbers.size)
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    session.on('error', () => {})
    session.on('ping', () => pingCount++)
  })
  server.on('sessionError', () => {})
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    const session = stream.session as ServerHttp2Session
    const received = (body: Uint8Array): void => {
      const index = calls.length
      const call = { headers, body, connection: numbers.get(session) ?? -1, stream, session }
      calls.push(call)
      for (const resolve of waiting.get(index) ?? []) resolve(call)
      waiting.delete(index)
      give(stream, current(call, index))
    }
    if (options.early === true) {
      received(new Uint8Array(0))
      return
    }
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      if (!stream.destroyed) received(Buffer.concat(chunks))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    if (options.path !== undefined) server.listen(options.path, resolve)
    else server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  const port = options.path === undefined ? (server.address() as AddressInfo).port : 0
  return {
    port,
    endpoint: options.path === undefined ? `${options.host ?? '127.0.0.1'}:${port}` : `unix:${options.path}`,
    calls,
    get connectionCount() {
      return numbers.size
    },
    sessions,
    get pingCount() {
      return pingCount
    },
    call(index) {
      const known = calls[index]
      if (known !== undefined) return Promise.resolve(known)
      return new Promise((resolve) => waiting.set(index, [...(waiting.get(index) ?? []), resolve]))
    },
    answer(script) {
      current = asScript(script)
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    freeze() {
      // Nothing is read any more, so neither pings nor calls are answered; the kernel still acknowledges bytes.
      for (const socket of sockets) {
        ;(socket as unknown as { _handle: { readStop(): void } | null })._handle?.readStop()
      }
    },
    async close() {
      for (const session of sessions) session.destroy()
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function asScript(script: GrpcCaptureScript | GrpcCaptureAnswer): GrpcCaptureScript {
  return typeof script === 'function' ? script : () => script
}

const emptyMessage = new Uint8Array(5)

function give(stream: ServerHttp2Stream, answer: GrpcCaptureAnswer): void {
  if (answer === 'hang' || answer === 'own') return
  if ('reset' in answer) {
    stream.close(answer.reset)
    return
  }
  if ('only' in answer) {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...answer.only }, { endStream: true })
    return
  }
  const trailers = 'trailers' in answer ? answer.trailers : { 'grpc-status': '0' }
  const headers = Object.fromEntries(
    Object.entries({ 'content-type': 'application/grpc', ...answer.headers }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  stream.respond({ ':status': answer.httpStatus ?? 200, ...headers }, { waitForTrailers: trailers !== undefined })
  if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  for (const data of answer.data ?? [emptyMessage]) stream.write(data)
  stream.end()
}
