// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import type { OtlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import { type HttpTarget, parseHttpTargets } from '../transport/endpoint.ts'
import { mediaTypes } from '../transport/media-type.ts'
import { grpcStatus } from '../transport/status-code.ts'
import type { ClientTlsOptions } from '../transport/tls-options.ts'
import { otlpUserAgent } from '../transport/version.ts'
import type {
  OtlpClient,
  OtlpClientObserver,
  OtlpEncoding,
  OtlpHeaders,
  OtlpOutcome,
  OtlpRequest,
  RetryPolicy,
} from './client.ts'
import { usableCompression } from './compression.ts'
import { Connections, type HttpAgent } from './connections.ts'
import { HttpExchange } from './http-exchange.ts'
import type { ProxySetting } from './proxy-environment.ts'
import {
  cancelAtShutdown,
  failedUnsent,
  requestByteCount,
  requestTooLarge,
  sendWithFreshHeaders,
  sentAfterShutdown,
} from './unsent.ts'

export type { OtlpHeaders } from './client.ts'

/** Options of {@link createOtlpHttpClient}. */
export interface OtlpHttpClientOptions {
  /**
   * Where requests go, used as it is: one URL for all signals, or one each. {@link otlpSignalUrl} makes them from a
   * base endpoint. Without a port 80 or 443 apply. Credentials in the URL become an Authorization header.
   */
  readonly url: string | Readonly<Record<Signal, string>>
  /** Body encoding of requests; sets Content-Type. Default 'protobuf'. */
  readonly encoding?: OtlpEncoding
  /**
   * Compression of bodies. `zlib` is what HTTP calls deflate, by the name that some receivers know. zstd needs a Node that
   * can write it (22.15, 24 and newer); elsewhere gzip is used, and the observer is told. Default 'none'.
   */
  readonly compression?: OtlpHttpCompression
  /** Level of gzip, deflate and zlib (0 to 9, default 1) or zstd (1 to 22, default 3). */
  readonly compressionLevel?: number
  /**
   * Headers besides the client's own. They may replace User-Agent and Host; Content-Type, Content-Encoding,
   * Content-Length and the connection's own headers are the client's and are ignored here.
   */
  readonly headers?: OtlpHeaders
  /** Time for one `send` with all its tries, in milliseconds; 0 = no limit. Default 10000. */
  readonly timeoutMillis?: number
  /** Absent = one try. {@link defaultRetryPolicy} is what SDK exporters use. */
  readonly retry?: RetryPolicy | undefined
  /** Largest request, in bytes before compression. Default 64 MiB. */
  readonly maxRequestBytes?: number
  /** Largest response body, in bytes after decompression. Default 4 MiB. */
  readonly maxResponseBytes?: number
  /** Product of a distribution, such as `MyDistro/1.2`, put before the user agent. */
  readonly userAgentProduct?: string
  /** Connections at a time to one host. Default no limit. */
  readonly maxConnections?: number
  /** Idle connections kept; 0 = every request has a connection of its own. Default 100. */
  readonly maxIdleConnections?: number
  /** Time after which an idle connection is closed, in milliseconds. Default 90000. */
  readonly idleTimeoutMillis?: number
  /**
   * TLS of endpoints and proxies with `https:`. Default: the authorities that Node trusts, TLS 1.2 or 1.3. Settings that
   * cannot be used make every `send` fail with OTLP_OPTION; {@link createClientTls} tells earlier.
   */
  readonly tls?: ClientTlsOptions
  /**
   * Proxy of all requests, or 'environment': what HTTP_PROXY, HTTPS_PROXY and NO_PROXY (also in lower case) say when
   * the first request goes out, never for localhost; or 'none'. Endpoints with `https:` are reached through a tunnel
   * (CONNECT). Credentials in the proxy's URL are sent to it. Default 'environment'.
   */
  readonly proxy?: ProxySetting
  /**
   * Makes the connections instead of the client: `tls`, `proxy`, `http2` and the limits of connections then do not
   * count. It stays open when the client shuts down.
   */
  readonly agent?: HttpAgent
  /**
   * Whether endpoints with `https:` are asked for HTTP/2 in the TLS handshake; those that do not choose it are spoken to
   * over HTTP/1.1. All requests then share one connection. Default false.
   */
  readonly http2?: boolean
  readonly observer?: OtlpClientObserver
  readonly clock?: Clock
  /** Source of the jitter: from 0 to 1. Default `Math.random`. */
  readonly random?: () => number
}

/** Compression of request bodies over HTTP; see {@link OtlpHttpClientOptions}. */
export type OtlpHttpCompression = 'none' | 'gzip' | 'deflate' | 'zlib' | 'zstd' | 'snappy' | 'x-snappy-framed'

/** What exchanges share: the options with every default filled in. */
export interface HttpClientSettings {
  readonly compression: OtlpHttpCompression
  readonly compressionLevel: number | undefined
  readonly timeoutMillis: number
  readonly retry: RetryPolicy | undefined
  readonly maxResponseBytes: number
  readonly observer: OtlpClientObserver | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly connections: Connections
}

/**
 * Makes a client that sends OTLP requests over HTTP/1.1, or HTTP/2 on request, with kept-alive connections: OTLP
 * specification, "OTLP/HTTP".
 *
 * Neither this function nor `send` ever throws: an endpoint that is no URL makes every `send` fail with OTLP_OPTION
 * ({@link checkOtlpUrl} tells earlier). Retries, back-off and `Retry-After` stay within the deadline; 429, 502, 503,
 * 504 and failed connections are retried, nothing else. Redirects are not followed. Requests are ordinary HTTP
 * requests of this process: whoever traces those must suppress tracing around `send`.
 *
 * @example
 * ```ts
 * import { createOtlpHttpClient } from '@otel-ts/otlp/client'
 * const client = createOtlpHttpClient({ url: 'not a url' })
 * const outcome = await client.send({ signal: 'traces', chunks: [], itemCount: 0 })
 * console.log(outcome.result) // failed
 * if (outcome.result === 'failed') console.log(outcome.error.code, outcome.retryable) // OTLP_OPTION false
 * await client.shutdown()
 * ```
 */
export function createOtlpHttpClient(options: OtlpHttpClientOptions): OtlpClient {
  return new HttpClient(options)
}

// Headers that say how the body is framed: a wrong one would break the request or the connection.
const ownedHeaders = new Set([
  'content-type',
  'content-encoding',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
])

class HttpClient implements OtlpClient {
  readonly #settings: HttpClientSettings
  readonly #encoding: OtlpEncoding
  readonly #maxRequestBytes: number
  readonly #userAgent: string
  readonly #headers: OtlpHeaders
  readonly #targets: Readonly<Record<Signal, HttpTarget | OtlpError>>
  // Finished header lists by signal; only while headers are the same for every request.
  readonly #headerLists: Partial<Record<Signal, readonly string[]>> = {}
  readonly #active = new Set<HttpExchange>()
  #shutDown = false

  constructor(options: OtlpHttpClientOptions) {
    const { compression, level } = usableCompression(
      options.compression ?? 'none',
      options.compressionLevel,
      options.observer,
    )
    this.#settings = {
      compression,
      compressionLevel: level,
      timeoutMillis: options.timeoutMillis ?? 10_000,
      retry: options.retry,
      maxResponseBytes: options.maxResponseBytes ?? 4 * 1024 * 1024,
      observer: options.observer,
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      connections: new Connections({
        maxConnections: options.maxConnections ?? Number.POSITIVE_INFINITY,
        maxIdleConnections: options.maxIdleConnections ?? 100,
        idleTimeoutMillis: options.idleTimeoutMillis ?? 90_000,
        tls: options.tls,
        proxy: options.proxy ?? 'environment',
        agent: options.agent,
        http2: options.http2 ?? false,
        clock: options.clock ?? systemClock,
        tlsObserver: options.observer?.tls,
      }),
    }
    this.#encoding = options.encoding ?? 'protobuf'
    this.#maxRequestBytes = options.maxRequestBytes ?? 64 * 1024 * 1024
    this.#userAgent = otlpUserAgent(options.userAgentProduct)
    this.#headers = options.headers ?? {}
    this.#targets = parseHttpTargets(options.url)
  }

  send(request: OtlpRequest): Promise<OtlpOutcome> {
    const headers = this.#headers
    if (typeof headers !== 'function') return this.#send(request, headers)
    return sendWithFreshHeaders(request, headers, (one, values) => this.#send(one, values))
  }

  #send(request: OtlpRequest, headers: Readonly<Record<string, string>>): Promise<OtlpOutcome> {
    const target = this.#targets[request.signal]
    if (target instanceof Error) return Promise.resolve(failedUnsent(target, false, grpcStatus.invalidArgument))
    if (this.#shutDown) return Promise.resolve(sentAfterShutdown(target.display, request))
    const problem = this.#settings.connections.problem(target)
    if (problem !== undefined) return Promise.resolve(failedUnsent(problem, false, grpcStatus.invalidArgument))
    const byteCount = requestByteCount(request)
    if (byteCount > this.#maxRequestBytes) {
      return Promise.resolve(requestTooLarge(target.display, request, byteCount, this.#maxRequestBytes))
    }
    const headerList = this.#headerList(request, target, headers)
    return new Promise((resolve) => {
      const exchange = new HttpExchange(
        this.#settings,
        target,
        request,
        headerList,
        byteCount,
        (settledExchange, outcome) => {
          this.#active.delete(settledExchange)
          resolve(outcome)
        },
      )
      this.#active.add(exchange)
      exchange.start()
    })
  }

  /** Names and values in turn, without Content-Length; the caller may append. */
  #headerList(request: OtlpRequest, target: HttpTarget, headers: Readonly<Record<string, string>>): string[] {
    const fixed = headers === this.#headers && request.headers === undefined
    const known = fixed ? this.#headerLists[request.signal] : undefined
    if (known !== undefined) return known.slice()
    const byName = new Map<string, readonly [name: string, value: string]>([
      ['host', ['Host', target.host]],
      ['user-agent', ['User-Agent', this.#userAgent]],
      ['content-type', ['Content-Type', mediaTypes[this.#encoding]]],
    ])
    const { compression } = this.#settings
    if (compression !== 'none') byName.set('content-encoding', ['Content-Encoding', compression])
    if (target.authorization !== undefined) byName.set('authorization', ['Authorization', target.authorization])
    for (const source of [headers, request.headers ?? {}]) {
      for (const name of Object.keys(source)) {
        const key = name.toLowerCase()
        if (!ownedHeaders.has(key)) byName.set(key, [name, String(source[name])])
      }
    }
    const list: string[] = []
    for (const [name, value] of byName.values()) list.push(name, value)
    if (fixed) this.#headerLists[request.signal] = list.slice()
    return list
  }

  async shutdown(): Promise<void> {
    if (this.#shutDown) return
    this.#shutDown = true
    cancelAtShutdown(this.#active)
    this.#settings.connections.close()
  }
}
