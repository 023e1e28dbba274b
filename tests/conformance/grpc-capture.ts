// SPDX-License-Identifier: Apache-2.0
import { createServer, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** A call as it came over the wire. */
export interface CapturedCall {
  /** Such as `/opentelemetry.proto.collector.trace.v1.TraceService/Export`. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The message, decompressed. */
  readonly message: Uint8Array
  /** Whether it was compressed on the wire. */
  readonly isCompressed: boolean
}

/** What the capture answers: a status, and with status 0 the bytes of the response message. */
export interface CallAnswer {
  readonly status?: number
  /** `grpc-message`. */
  readonly text?: string
  /** `google.rpc.Status` for `grpc-status-details-bin`. */
  readonly details?: Uint8Array
  readonly message?: Uint8Array
}

/** Decides the answer to a call; `index` counts calls from 0. */
export type CallScript = (call: CapturedCall, index: number) => CallAnswer | Promise<CallAnswer>

/** A listening capture. */
export interface GrpcCapture {
  /** Such as `http://127.0.0.1:41234`. */
  readonly url: string
  readonly port: number
  readonly calls: readonly CapturedCall[]
  /** Resolves with the call of this number (from 0) once it is there. */
  call(index: number): Promise<CapturedCall>
  /** Replaces the script from the next call on. */
  answer(script: CallScript | CallAnswer): void
  close(): Promise<void>
}

/**
 * A gRPC server on 127.0.0.1, written on `node:http2` by the protocol's own description, so that no implementation is
 * tested against itself: grpc/doc/PROTOCOL-HTTP2.md.
 */
export async function captureGrpc(script: CallScript | CallAnswer = {}): Promise<GrpcCapture> {
  const calls: CapturedCall[] = []
  const waiting = new Map<number, ((call: CapturedCall) => void)[]>()
  const sessions = new Set<Http2Session>()
  let current = asScript(script)

  const server = createServer()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    session.on('error', () => {})
  })
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const call = readCall(headers, Buffer.concat(chunks))
      const index = calls.push(call) - 1
      for (const resolve of waiting.get(index) ?? []) resolve(call)
      void Promise.resolve(current(call, index)).then((answer) => respond(stream, answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    call(index) {
      const call = calls[index]
      if (call !== undefined) return Promise.resolve(call)
      return new Promise((resolve) => waiting.set(index, [...(waiting.get(index) ?? []), resolve]))
    },
    answer(next) {
      current = asScript(next)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const session of sessions) session.destroy()
      }),
  }
}

function asScript(script: CallScript | CallAnswer): CallScript {
  return typeof script === 'function' ? script : () => script
}

// One message: a byte that says whether it is compressed, its length in four bytes, and the message.
function readCall(headers: IncomingHttpHeaders, body: Buffer): CapturedCall {
  const isCompressed = body[0] === 1
  const message = body.subarray(5, 5 + (body.length < 5 ? 0 : body.readUInt32BE(1)))
  return {
    path: String(headers[':path']),
    headers,
    message: isCompressed ? gunzipSync(message) : message,
    isCompressed,
  }
}

function respond(stream: ServerHttp2Stream, answer: CallAnswer): void {
  if (stream.destroyed) return
  const { status = 0, text, details, message = new Uint8Array(0) } = answer
  const trailers: Record<string, string> = { 'grpc-status': String(status) }
  if (text !== undefined) trailers['grpc-message'] = encodeURIComponent(text)
  if (details !== undefined) trailers['grpc-status-details-bin'] = Buffer.from(details).toString('base64')
  const headers = { ':status': 200, 'content-type': 'application/grpc' }
  if (status !== 0) {
    stream.respond({ ...headers, ...trailers }, { endStream: true })
    return
  }
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  stream.respond(headers, { waitForTrailers: true })
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.byteLength, 1)
  stream.end(Buffer.concat([prefix, message]))
}
