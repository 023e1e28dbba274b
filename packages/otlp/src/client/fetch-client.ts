// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import type { OtlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import { type HttpTarget, parseHttpTargets } from '../transport/endpoint.ts'
import { mediaTypes } from '../transport/media-type.ts'
import { grpcStatus } from '../transport/status-code.ts'
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
import { FetchExchange, type FetchSettings } from './fetch-exchange.ts'
import {
  cancelAtShutdown,
  failedUnsent,
  requestByteCount,
  requestTooLarge,
  sendWithFreshHeaders,
  sentAfterShutdown,
} from './unsent.ts'

/** Options of {@link createOtlpFetchClient}. */
export interface OtlpFetchClientOptions {
  /** Where requests go, used as it is: one URL for all signals, or one each. {@link otlpSignalUrl} makes them from a base. */
  readonly url: string | Readonly<Record<Signal, string>>
  /** Body encoding of requests; sets Content-Type. Default 'protobuf'. */
  readonly encoding?: OtlpEncoding
  /**
   * Compression of bodies, by `CompressionStream`; where there is none bodies go uncompressed and the observer is told. From
   * a page it needs a receiver that allows the header Content-Encoding (CORS). Default 'none'.
   */
  readonly compression?: 'none' | 'gzip' | 'deflate'
  /** Headers besides the client's own; from a page the receiver must allow them (CORS). */
  readonly headers?: OtlpHeaders
  /** Time for one `send` with all its tries, in milliseconds; 0 = no limit. Default 10000. */
  readonly timeoutMillis?: number
  /** Absent = one try. {@link defaultRetryPolicy} is what SDK exporters use. */
  readonly retry?: RetryPolicy | undefined
  /** Largest request, in bytes before compression. Default 64 MiB. */
  readonly maxRequestBytes?: number
  /** Largest response body, in bytes after decompression. Default 4 MiB. */
  readonly maxResponseBytes?: number
  /**
   * Whether requests outlive the page that sent them, as far as browsers allow: 64 KiB and 9 requests at a time; larger
   * ones go without. Default true.
   */
  readonly keepalive?: boolean
  /** Whether cookies and HTTP authentication go along: as `credentials` of `fetch`. Default 'same-origin'. */
  readonly credentials?: 'omit' | 'same-origin' | 'include'
  /** Product of a distribution, such as `MyDistro/1.2`, put before the user agent. Pages send the browser's own instead. */
  readonly userAgentProduct?: string
  readonly observer?: OtlpClientObserver
  readonly clock?: Clock
  /** Source of the jitter: from 0 to 1. Default `Math.random`. */
  readonly random?: () => number
}

/**
 * Makes a client that sends OTLP requests with the global `fetch`: for pages, service workers and edge runtimes. Uses nothing
 * of Node; on Node the client of `@otel-ts/otlp/client` costs a third of the CPU.
 *
 * Like that one it never throws, retries 429, 502, 503, 504 and failed connections within the deadline, honours
 * `Retry-After` (a page sees it only if the receiver exposes the header), reads Status bodies and partial success, and follows no redirect. A request that a
 * browser will not send for reasons it does not tell (CORS, no network, blocked) counts as a failed connection.
 *
 * @example
 * ```ts
 * import { createOtlpFetchClient } from '@otel-ts/otlp/browser'
 * import { encodeTraces } from '@otel-ts/otlp'
 * const client = createOtlpFetchClient({ url: 'http://127.0.0.1:1/v1/traces', timeoutMillis: 1000 })
 * const outcome = await client.send({ signal: 'traces', chunks: [encodeTraces([])], itemCount: 0 })
 * console.log(outcome.result) // failed
 * if (outcome.result === 'failed') console.log(outcome.error.code, outcome.retryable) // OTLP_CONNECTION true
 * await client.shutdown()
 * ```
 */
export function createOtlpFetchClient(options: OtlpFetchClientOptions): OtlpClient {
  return new FetchClient(options)
}

// `fetch` frames the body itself; browsers ignore or refuse these.
const ownedHeaders = new Set([
  'content-type',
  'content-encoding',
  'content-length',
  'transfer-encoding',
  'connection',
  'host',
])

class FetchClient implements OtlpClient {
  readonly #settings: FetchSettings
  readonly #encoding: OtlpEncoding
  readonly #maxRequestBytes: number
  readonly #userAgent: string | undefined
  readonly #headers: OtlpHeaders
  readonly #targets: Readonly<Record<Signal, HttpTarget | OtlpError>>
  readonly #active = new Set<FetchExchange>()
  #shutDown = false

  constructor(options: OtlpFetchClientOptions) {
    this.#settings = {
      compression: usableCompression(options),
      timeoutMillis: options.timeoutMillis ?? 10_000,
      retry: options.retry,
      maxResponseBytes: options.maxResponseBytes ?? 4 * 1024 * 1024,
      keepalive: options.keepalive ?? true,
      credentials: options.credentials ?? 'same-origin',
      observer: options.observer,
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
    }
    this.#encoding = options.encoding ?? 'protobuf'
    this.#maxRequestBytes = options.maxRequestBytes ?? 64 * 1024 * 1024
    this.#userAgent = isPage() ? undefined : otlpUserAgent(options.userAgentProduct)
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
    const byteCount = requestByteCount(request)
    if (byteCount > this.#maxRequestBytes) {
      return Promise.resolve(requestTooLarge(target.display, request, byteCount, this.#maxRequestBytes))
    }
    // Credentials of the URL have become a header: fetch refuses them where they were.
    const url = `${target.secure ? 'https' : 'http'}://${target.host}${target.path}`
    return new Promise((resolve) => {
      const exchange = new FetchExchange(
        this.#settings,
        url,
        target.display,
        request,
        this.#headersOf(request, target, headers),
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

  #headersOf(
    request: OtlpRequest,
    target: HttpTarget,
    headers: Readonly<Record<string, string>>,
  ): Readonly<Record<string, string>> {
    const all = new Map<string, string>([['content-type', mediaTypes[this.#encoding]]])
    if (this.#userAgent !== undefined) all.set('user-agent', this.#userAgent)
    if (this.#settings.compression !== 'none') all.set('content-encoding', this.#settings.compression)
    if (target.authorization !== undefined) all.set('authorization', target.authorization)
    for (const source of [headers, request.headers ?? {}]) {
      for (const name of Object.keys(source)) {
        const key = name.toLowerCase()
        if (!ownedHeaders.has(key)) all.set(key, String(source[name]))
      }
    }
    return Object.fromEntries(all)
  }

  async shutdown(): Promise<void> {
    if (this.#shutDown) return
    this.#shutDown = true
    cancelAtShutdown(this.#active)
  }
}

function usableCompression(options: OtlpFetchClientOptions): 'none' | 'gzip' | 'deflate' {
  const wanted = options.compression ?? 'none'
  if (wanted === 'none' || 'CompressionStream' in globalThis) return wanted
  options.observer?.compressionReplaced?.({
    wanted,
    used: 'none',
    message: `compression "${wanted}": this runtime has no CompressionStream; expected is one that has it, or "none"; bodies are sent uncompressed, nothing is lost`,
  })
  return 'none'
}

// Pages and their workers have the browser's user agent; setting another only makes the receiver's CORS refuse the request.
function isPage(): boolean {
  return 'document' in globalThis || 'importScripts' in globalThis
}
