// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gunzipSync, inflateSync } from 'node:zlib'

/** A request as it came over the wire. */
export interface CapturedRequest {
  readonly method: string
  readonly path: string
  /** By lower-case name; repeated ones joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** Body as sent. */
  readonly rawBody: Uint8Array
  /** Body with its Content-Encoding undone; the raw one when that is impossible. */
  readonly body: Uint8Array
  /** Number of the connection it came on, from 0: shows whether connections are kept. */
  readonly connection: number
}

/** What the capture answers. */
export type CaptureAnswer =
  | {
      /** Default 200. */
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string | Uint8Array
      /** Close the connection after the answer, without having said so. */
      readonly thenClose?: boolean
    }
  /** Cut the connection without an answer (TCP reset). */
  | 'reset'
  /** Never answer. The connection stays open until the client or `close()` ends it. */
  | 'hang'

/** Decides the answer to a request; `index` counts requests from 0. May wait: the client waits with it. */
export type CaptureScript = (request: CapturedRequest, index: number) => CaptureAnswer | Promise<CaptureAnswer>

/** A listening capture. */
export interface OtlpCapture {
  /** Base URL, such as `http://127.0.0.1:41234`; signals live under `/v1/…`, but every path is recorded. */
  readonly url: string
  readonly port: number
  /** Whole requests received so far, in order. */
  readonly requests: readonly CapturedRequest[]
  /** Connections accepted so far. */
  readonly connectionCount: number
  /** Resolves with the request of this number (from 0) once it is there, without polling. */
  request(index: number): Promise<CapturedRequest>
  /** Replaces the script from the next request on. */
  answer(script: CaptureScript | CaptureAnswer): void
  /** Resets connections that wait for a next request, as a server with a short idle time-out does. */
  dropIdleConnections(): void
  /** Stops listening and cuts all connections. */
  close(): Promise<void>
}

/**
 * A real HTTP server on 127.0.0.1 that records what it is sent and answers by script: what OTLP exporters are tested
 * against. Answers 200 without a body unless told otherwise.
 */
export async function captureOtlp(script: CaptureScript | CaptureAnswer = {}): Promise<OtlpCapture> {
  const requests: CapturedRequest[] = []
  const waiting = new Map<number, ((request: CapturedRequest) => void)[]>()
  const connections = new Map<Socket, number>()
  const busy = new Set<Socket>()
  let connectionCount = 0
  let current = asScript(script)

  const server = createServer((request, response) => {
    busy.add(request.socket)
    response.on('close', () => busy.delete(request.socket))
    void handle(request, response)
  })
  server.on('connection', (socket) => {
    connections.set(socket, connectionCount++)
    socket.on('close', () => connections.delete(socket))
  })
  // Broken requests are part of some tests; the capture records whole ones only.
  server.on('clientError', (_error, socket) => socket.destroy())

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const rawBody = await readBody(request)
    if (rawBody === undefined) return
    const captured: CapturedRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: flatHeaders(request),
      rawBody,
      body: decodeBody(rawBody, request.headers['content-encoding']),
      connection: connections.get(request.socket) ?? -1,
    }
    const index = requests.length
    requests.push(captured)
    for (const resolve of waiting.get(index) ?? []) resolve(captured)
    waiting.delete(index)
    const answer = await current(captured, index)
    if (answer === 'hang') return
    if (answer === 'reset') {
      request.socket.resetAndDestroy()
      return
    }
    const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : (answer.body ?? new Uint8Array())
    response.writeHead(answer.status ?? 200, { 'content-length': String(body.byteLength), ...answer.headers })
    response.end(body, () => {
      if (answer.thenClose === true) request.socket.destroySoon()
    })
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    get connectionCount() {
      return connectionCount
    },
    request(index) {
      const there = requests[index]
      if (there !== undefined) return Promise.resolve(there)
      return new Promise((resolve) => {
        const list = waiting.get(index) ?? []
        list.push(resolve)
        waiting.set(index, list)
      })
    },
    answer(next) {
      current = asScript(next)
    },
    dropIdleConnections() {
      for (const socket of connections.keys()) if (!busy.has(socket)) socket.resetAndDestroy()
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of connections.keys()) socket.destroy()
      })
    },
  }
}

function asScript(script: CaptureScript | CaptureAnswer): CaptureScript {
  return typeof script === 'function' ? script : () => script
}

// Undefined when the client went away before the end.
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return undefined
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function flatHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  }
  return headers
}

function decodeBody(rawBody: Uint8Array, contentEncoding: string | undefined): Uint8Array {
  try {
    if (contentEncoding === 'gzip') return new Uint8Array(gunzipSync(rawBody))
    if (contentEncoding === 'deflate') return new Uint8Array(inflateSync(rawBody))
  } catch {
    // Broken on purpose or not: the raw bytes are what there is to see.
  }
  return rawBody
}
