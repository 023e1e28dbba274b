// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Clock, formatJson, systemClock } from '@otel-ts/otlp'
import type { Store } from '@otel-ts/store'
import { groupSpans } from '../api/group-spans.ts'
import { viewerError } from '../errors.ts'
import { answerJaeger, jaegerError } from '../jaeger/routes.ts'
import { answerApi, spansOf } from './api-routes.ts'
import { hostOf, parseEndpoint } from './endpoint.ts'
import { LiveStreams } from './live-stream.ts'
import { Parameters, refused, shown } from './parameters.ts'
import { describeError, securityHeaders, sendJson, sendJsonText } from './respond.ts'
import { StaticPage } from './static-page.ts'

/** Longest request target, in bytes of the URL. */
const maxUrlLength = 8192

/** Options of {@link createViewerServer}. */
export interface ViewerServerOptions {
  /** What the page and the query APIs show. The server reads it only; its owner closes it. */
  store: Store
  /** Address to listen on. Default `localhost:4319`, which binds 127.0.0.1 and ::1; port 0 picks a free one. */
  endpoint?: string
  /** Where applications send OTLP/HTTP, such as `http://localhost:4318`; the page shows it when it is empty. */
  otlpHttpEndpoint?: string
  /** Where applications send OTLP/gRPC. */
  otlpGrpcEndpoint?: string
  /** Version to show. Default `0.0.0`. */
  version?: string
  /** Folder of the built page. Default: `dist/web` of this package. */
  assets?: string
  /** Names besides localhost, 127.0.0.1, ::1 and the endpoint's own host that a `Host` header may have. */
  allowedHosts?: readonly string[]
  /** Origins whose pages may read the APIs, such as `http://localhost:5173`. Default none. */
  allowedOrigins?: readonly string[]
  /** Time for live streams. Default: the clock of the process. */
  clock?: Clock
  /** Wall clock in nanoseconds since 1970, for `lookback` of the Jaeger API. Default: that of the process. */
  nowUnixNano?: () => bigint
  /** Hears of requests that failed inside the server (answered with 500); the server itself never logs. */
  onInternalError?: (error: unknown, url: string) => void
}

/** A server that listens. */
export interface ViewerServer {
  /** Address for a browser, such as `http://localhost:4319`. */
  readonly url: string
  /** Addresses bound, such as `127.0.0.1:4319` and `[::1]:4319`. */
  readonly addresses: readonly string[]
  /** Stops listening and ends live streams at once; other requests may finish within `graceMillis`, default 1000. */
  shutdown(graceMillis?: number): Promise<void>
}

/**
 * Serves the web page, its JSON API, the live stream and the Jaeger query API over one store. Resolves when it
 * listens; rejects with `VIEWER_ENDPOINT` or `VIEWER_LISTEN`.
 *
 * @example
 * ```ts
 * import { createMemoryStore } from '@otel-ts/store'
 * import { createViewerServer } from '@otel-ts/viewer'
 * const store = createMemoryStore()
 * const server = await createViewerServer({ store, endpoint: '127.0.0.1:0' })
 * const response = await fetch(`${server.url}/api/services`)
 * console.log(await response.text()) // {"services":[]}
 * await server.shutdown()
 * await store.close()
 * ```
 */
export async function createViewerServer(options: ViewerServerOptions): Promise<ViewerServer> {
  const endpoint = parseEndpoint(options.endpoint ?? 'localhost:4319')
  const viewer = new Viewer(options, endpoint.host)
  const servers: Server[] = []
  let port = endpoint.port
  try {
    for (const host of endpoint.bindHosts) {
      const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 30_000 })
      server.maxConnections = 512
      server.on('request', (request, response) => viewer.answer(request, response))
      server.on('clientError', (_error, socket) => socket.destroy())
      try {
        await listen(server, host, port)
      } catch (error) {
        // A machine without IPv6 still serves localhost over IPv4.
        if (host === '::1' && isUnavailable(error)) continue
        throw error
      }
      servers.push(server)
      // With port 0 the second family must get the same port as the first.
      port = (server.address() as AddressInfo).port
    }
  } catch (error) {
    viewer.close()
    for (const server of servers) server.close()
    const reason = error instanceof Error ? error.message : String(error)
    throw viewerError(
      'VIEWER_LISTEN',
      `viewer endpoint ${options.endpoint ?? 'localhost:4319'}: cannot be listened on (${reason}); choose another port; not started`,
      error,
    )
  }
  return new ListeningViewer(viewer, servers, `http://${bracketed(endpoint.host)}:${port}`)
}

class ListeningViewer implements ViewerServer {
  readonly url: string
  readonly addresses: readonly string[]
  readonly #viewer: Viewer
  readonly #servers: readonly Server[]

  constructor(viewer: Viewer, servers: readonly Server[], url: string) {
    this.#viewer = viewer
    this.#servers = servers
    this.url = url
    this.addresses = servers.map((server) => {
      const { address, port } = server.address() as AddressInfo
      return `${bracketed(address)}:${port}`
    })
  }

  async shutdown(graceMillis = 1000): Promise<void> {
    this.#viewer.close()
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
    for (const server of this.#servers) server.closeIdleConnections()
    const cut = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections()
    }, graceMillis)
    await Promise.all(closed)
    clearTimeout(cut)
  }
}

class Viewer {
  readonly #options: ViewerServerOptions
  readonly #live: LiveStreams
  readonly #page: StaticPage
  readonly #hosts: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>
  readonly #clock: Clock

  constructor(options: ViewerServerOptions, host: string) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#live = new LiveStreams(options.store, this.#clock)
    this.#page = new StaticPage(options.assets ?? fileURLToPath(new URL('../../dist/web', import.meta.url)))
    const names = ['localhost', '127.0.0.1', '::1', host, ...(options.allowedHosts ?? [])]
    this.#hosts = new Set(names.map((name) => name.toLowerCase()))
    this.#origins = new Set(options.allowedOrigins ?? [])
  }

  close(): void {
    this.#live.close()
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => response.destroy())
    this.#route(request, response).catch((error: unknown) => this.#fail(error, request, response))
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const name in securityHeaders) response.setHeader(name, securityHeaders[name]!)
    this.#allowOrigin(request, response)
    // A request body has no meaning here; it is let run off so that the connection stays usable.
    request.resume()
    const { method = '', url = '' } = request
    this.#checkHost(request)
    if (url.length > maxUrlLength) {
      throw viewerError(
        'VIEWER_URL_TOO_LONG',
        `request target of ${url.length} characters: too long; at most ${maxUrlLength} are allowed; refused with 414`,
      )
    }
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      throw viewerError(
        'VIEWER_METHOD',
        `method ${shown(method)}: not allowed; allowed are GET, HEAD; refused with 405`,
      )
    }
    const question = url.indexOf('?')
    const path = question === -1 ? url : url.slice(0, question)
    const query = question === -1 ? '' : url.slice(question + 1)
    if (path === '/api' || path.startsWith('/api/')) return this.#api(path.slice(5), query, request, response)
    if (path.startsWith('/jaeger/api/')) {
      const now = this.#options.nowUnixNano ?? wallClock
      const answer = await answerJaeger(segmentsOf(path.slice(12)), new Parameters(query), this.#options.store, now)
      if (answer === undefined) throw notServed(path)
      sendJsonText(response, answer.status, answer.text)
      return
    }
    if (path.startsWith('/jaeger')) throw notServed(path)
    if (!this.#page.serve(path, request, response)) throw notServed(path)
  }

  async #api(path: string, query: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const segments = segmentsOf(path)
    const parameters = new Parameters(query)
    if (segments.length === 1 && segments[0] === 'live') {
      if (request.method === 'HEAD') {
        response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
        response.end()
        return
      }
      this.#live.open(request, response)
      return
    }
    const { store, version = '0.0.0', otlpHttpEndpoint, otlpGrpcEndpoint } = this.#options
    if (segments.length === 3 && segments[0] === 'traces' && segments[2] === 'otlp') {
      const spans = await spansOf(store, segments[1]!)
      response.setHeader('Content-Disposition', `attachment; filename="trace-${segments[1]}.json"`)
      sendJsonText(response, 200, formatJson('traces', groupSpans(spans)))
      return
    }
    const around = { store, clock: this.#clock, version, otlpHttpEndpoint, otlpGrpcEndpoint }
    const body = await answerApi(segments, parameters, around)
    if (body === undefined) throw notServed(`/api/${path}`)
    sendJson(response, 200, body)
  }

  #checkHost(request: IncomingMessage): void {
    const header = request.headers.host ?? ''
    const host = hostOf(header)
    if (host !== undefined && this.#hosts.has(host)) return
    // A page of another site whose name was pointed at 127.0.0.1 comes here with that name.
    throw viewerError(
      'VIEWER_HOST',
      `Host ${shown(header)}: not a name of this server; allowed are ${[...this.#hosts].join(', ')}; refused with 403`,
    )
  }

  #allowOrigin(request: IncomingMessage, response: ServerResponse): void {
    const { origin } = request.headers
    if (this.#origins.size === 0) return
    response.setHeader('Vary', 'Origin')
    if (origin === undefined || !this.#origins.has(origin)) return
    response.setHeader('Access-Control-Allow-Origin', origin)
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
  }

  #fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const { status, body } = describeError(error)
    if (status === 500) this.#options.onInternalError?.(error, request.url ?? '')
    if (response.headersSent) {
      response.destroy()
      return
    }
    response.removeHeader('Content-Disposition')
    const isJaeger = request.url?.startsWith('/jaeger/') === true
    sendJson(response, status, isJaeger ? jaegerError(status, body.message) : body)
  }
}

function notServed(path: string): Error {
  return viewerError(
    'VIEWER_PATH',
    `path ${shown(path)}: nothing is served there; see /api/traces, /api/services, /api/stats, /jaeger/api/services; answered with 404`,
  )
}

/** Path segments, decoded one by one, so that an encoded slash stays in its segment. */
function segmentsOf(path: string): string[] {
  return path.split('/').map((segment) => {
    try {
      return decodeURIComponent(segment)
    } catch {
      throw refused(`path segment ${shown(segment)}`, 'expected percent-encoded UTF-8')
    }
  })
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function isUnavailable(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function wallClock(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}
