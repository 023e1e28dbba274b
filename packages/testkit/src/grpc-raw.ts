// SPDX-License-Identifier: Apache-2.0
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2'

/** What a test sees of one gRPC call, nothing interpreted. */
export interface RawGrpcAnswer {
  /** Status of HTTP; undefined when no headers came. */
  readonly httpStatus: number | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Empty when the status came with the headers (Trailers-Only). */
  readonly trailers: Readonly<Record<string, string>>
  /** `grpc-status`, wherever it stood; undefined when there is none. */
  readonly grpcStatus: number | undefined
  readonly body: Uint8Array
  /** HTTP/2 error code with which the stream was closed; 0 = none. */
  readonly resetCode: number
}

/** A call on its way, whose body the test may still write. */
export interface RawGrpcCall {
  readonly stream: ClientHttp2Stream
  /** Resolves when the stream is closed, by whatever. */
  readonly answer: Promise<RawGrpcAnswer>
}

/** A connection on which a test makes gRPC calls with whatever headers and bytes it likes. */
export interface RawGrpcConnection {
  readonly session: ClientHttp2Session
  /** Sends headers (over the usual ones; undefined leaves one out) and, unless undefined, the whole body. */
  call(path: string, body: Uint8Array | undefined, headers?: Readonly<Record<string, string | undefined>>): RawGrpcCall
  /** Code and debug data of each GOAWAY that came. */
  readonly goaways: readonly { readonly code: number; readonly text: string }[]
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>
  close(): Promise<void>
}

/** Opens a connection to `authority`, such as `http://127.0.0.1:4317`. */
export function openRawGrpc(authority: string, options: SecureClientSessionOptions = {}): RawGrpcConnection {
  const session = connect(authority, { maxOutstandingPings: 100, ...options })
  const goaways: { code: number; text: string }[] = []
  session.on('error', () => undefined)
  session.on('goaway', (code, _lastStream, data) => goaways.push({ code, text: data?.toString() ?? '' }))
  const closed = new Promise<void>((resolve) => session.on('close', resolve))
  return {
    session,
    goaways,
    closed,
    call(path, body, headers = {}) {
      const sent: OutgoingHttpHeaders = {
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      }
      for (const [name, value] of Object.entries(headers)) {
        if (value === undefined) delete sent[name]
        else sent[name] = value
      }
      const stream = session.request(sent, { endStream: false })
      const answer = answerOf(stream)
      if (body !== undefined) stream.end(body)
      return { stream, answer }
    },
    async close() {
      // One that a failed handshake destroyed does not always say so.
      if (session.destroyed) return
      session.destroy()
      await closed
    },
  }
}

function answerOf(stream: ClientHttp2Stream): Promise<RawGrpcAnswer> {
  let headers: Record<string, string> = {}
  let trailers: Record<string, string> = {}
  const chunks: Uint8Array[] = []
  stream.on('error', () => undefined)
  stream.on('response', (received) => {
    headers = textHeaders(received)
  })
  stream.on('trailers', (received) => {
    trailers = textHeaders(received)
  })
  stream.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  return new Promise((resolve) => {
    stream.on('close', () => {
      const status = trailers['grpc-status'] ?? headers['grpc-status']
      resolve({
        httpStatus: headers[':status'] === undefined ? undefined : Number(headers[':status']),
        headers,
        trailers,
        grpcStatus: status === undefined ? undefined : Number(status),
        body: new Uint8Array(Buffer.concat(chunks)),
        resetCode: stream.rstCode ?? constants.NGHTTP2_NO_ERROR,
      })
    })
  })
}

function textHeaders(received: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(received).map(([name, value]) => [name, String(value)]))
}

/** A message as gRPC sends it: flag, length, bytes. */
export function grpcFrame(message: Uint8Array, flag = 0): Uint8Array {
  const framed = Buffer.alloc(5 + message.byteLength)
  framed[0] = flag
  framed.writeUInt32BE(message.byteLength, 1)
  framed.set(message, 5)
  return new Uint8Array(framed)
}
