// SPDX-License-Identifier: Apache-2.0
import type { OutgoingHttpHeaders } from 'node:http2'
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import { isOtlpError, type OtlpError, otlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import { grpcCoding, supportedGrpcEncodings } from '../transport/grpc-coding.ts'
import { grpcStatus } from '../transport/status-code.ts'
import { type ClientTls, type ClientTlsOptions, createClientTls } from '../transport/tls.ts'
import { otlpUserAgent } from '../transport/version.ts'
import type { OtlpClient, OtlpClientObserver, OtlpOutcome, OtlpRequest, RetryPolicy } from './client.ts'
import { usableCompression } from './compression.ts'
import { itemsText } from './failure.ts'
import { GrpcCall, type GrpcCallSettings } from './grpc-call.ts'
import { type GrpcBalancer, GrpcChannel } from './grpc-channel.ts'
import { addMetadata, type GrpcHeaderValues } from './grpc-headers.ts'
import { type AddressLookup, systemLookup } from './grpc-resolver.ts'
import { type GrpcTarget, parseGrpcTarget } from './grpc-target.ts'
import type { ProxyServer } from './proxy.ts'
import { type ProxySetting, proxyFor } from './proxy-environment.ts'
import {
  cancelAtShutdown,
  failedUnsent,
  requestByteCount,
  requestTooLarge,
  sendWithFreshHeaders,
  sentAfterShutdown,
} from './unsent.ts'

/** Metadata of every call, or a function that is asked for it before each one (for tokens that expire). */
export type OtlpGrpcHeaders = GrpcHeaderValues | (() => GrpcHeaderValues | Promise<GrpcHeaderValues>)

/** Pings of a gRPC client: grpc/doc/keepalive.md. */
export interface OtlpGrpcKeepAlive {
  /** Wait without a byte from the endpoint before a ping, in milliseconds. Servers of gRPC end connections with more than a ping in 5 minutes unless told otherwise. */
  readonly timeMillis: number
  /** Wait for the answer to a ping, in milliseconds, after which the connection counts as dead. Default 20000. */
  readonly timeoutMillis?: number
  /** Whether to ping while no call runs. Default false. */
  readonly permitWithoutStream?: boolean
}

/** Options of {@link createOtlpGrpcClient}. */
export interface OtlpGrpcClientOptions {
  /**
   * Where calls go: `host:port`, `http://host:port`, `https://host:port`, `dns:///host:port` (all addresses of a name),
   * `passthrough:///host:port` (the name as it is), `ipv4:1.2.3.4:4317,1.2.3.5:4317`, `ipv6:[::1]:4317`, `unix:path`,
   * `unix:///absolute/path` or `unix-abstract:name`. Without a port 443, for `http://` 80. A path of a URL is ignored.
   */
  readonly endpoint: string
  /** Connects without TLS. An endpoint with `http://` or `https://` decides itself. Default false. */
  readonly insecure?: boolean
  /** Authorities, certificate and so on. Default: the authorities that Node trusts. */
  readonly tls?: ClientTlsOptions
  /**
   * `snappy` means the framing format, `deflate` zlib's; gzip is at level 1. zstd needs a Node that can write it (22.15, 24
   * and newer); elsewhere gzip is used, and the observer is told. Default 'none'.
   */
  readonly compression?: 'none' | 'gzip' | 'zstd' | 'snappy' | 'deflate'
  /**
   * Metadata besides gRPC's own. Values of names that end in `-bin` are sent as base64 of their bytes (of a string, its
   * UTF-8). Names that gRPC or HTTP/2 reserve, such as `grpc-timeout` or `content-type`, are ignored.
   */
  readonly headers?: OtlpGrpcHeaders
  /** Time for one `send` with all its tries, in milliseconds; 0 = no limit. Default 10000. */
  readonly timeoutMillis?: number
  /** Absent = one try. {@link defaultRetryPolicy} is what SDK exporters use. */
  readonly retry?: RetryPolicy | undefined
  /** Largest request, in bytes before compression. Default 64 MiB. */
  readonly maxRequestBytes?: number
  /** Largest response message, in bytes before and after decompression. Default 4 MiB. */
  readonly maxResponseBytes?: number
  /** Product of a distribution, such as `MyDistro/1.2`, put before the user agent. */
  readonly userAgentProduct?: string
  /** The whole user agent, instead of the client's own. */
  readonly userAgent?: string
  /** Value of `:authority`, and the host that a certificate must be for. Default the host of the endpoint. */
  readonly authority?: string
  /** Default: no pings. */
  readonly keepAlive?: OtlpGrpcKeepAlive
  /** Spreads calls over all addresses in turn, or sends them to the first that answers. Default 'pick_first'. */
  readonly balancer?: GrpcBalancer
  /** Lets calls wait for a connection until their deadline, instead of failing while none can be made. Default false. */
  readonly waitForReady?: boolean
  /** Calls under way at a time; others wait. Default no limit but that of the endpoint. */
  readonly maxConcurrentCalls?: number
  /** Proxy for endpoints other than unix sockets, reached with CONNECT. Default 'environment': HTTPS_PROXY and NO_PROXY. */
  readonly proxy?: ProxySetting
  readonly observer?: OtlpClientObserver
  readonly clock?: Clock
  /** Source of the jitter: from 0 to 1. Default `Math.random`. */
  readonly random?: () => number
  /** Finds the addresses of a host name. Default: the name service of the system. */
  readonly lookup?: AddressLookup
}

/**
 * Makes a client that sends OTLP requests over gRPC: OTLP specification, "OTLP/gRPC". It speaks gRPC over `node:http2`
 * itself: one connection for each address, shared by all calls, made on the first call and again when it is lost.
 *
 * Neither this function nor `send` ever throws: options that cannot be used make every `send` fail with OTLP_OPTION
 * ({@link checkOtlpGrpcEndpoint} tells earlier of an endpoint). Retries stay within the deadline, wait as long as
 * RetryInfo asks, and follow only statuses that the specification names. While no address can be connected to, calls
 * fail at once with UNAVAILABLE unless `waitForReady` is set; connecting goes on with gRPC's back-off (1 second, then
 * 1.6 times as long each time, at most 2 minutes).
 *
 * @example
 * ```ts
 * import { createOtlpGrpcClient } from '@otel-ts/otlp/client'
 * const client = createOtlpGrpcClient({ endpoint: 'ftp://localhost' })
 * const outcome = await client.send({ signal: 'traces', chunks: [], itemCount: 0 })
 * console.log(outcome.result) // failed
 * if (outcome.result === 'failed') console.log(outcome.error.code, outcome.grpcStatus) // OTLP_OPTION 3
 * await client.shutdown()
 * ```
 */
export function createOtlpGrpcClient(options: OtlpGrpcClientOptions): OtlpClient {
  return new GrpcClient(options)
}

const paths: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}

/** All that calls need, made once. */
interface Prepared {
  readonly settings: GrpcCallSettings
  readonly target: GrpcTarget
  readonly tls: ClientTls | undefined
  /** Headers of every call but path, metadata and time-out. */
  readonly head: Readonly<Record<string, string>>
}

class GrpcClient implements OtlpClient {
  readonly #prepared: Prepared | OtlpError
  readonly #maxRequestBytes: number
  readonly #headers: OtlpGrpcHeaders
  // Finished headers by signal; only while metadata is the same for every call.
  readonly #known: Partial<Record<Signal, OutgoingHttpHeaders>> = {}
  readonly #active = new Set<GrpcCall>()
  #shutDown = false

  constructor(options: OtlpGrpcClientOptions) {
    this.#maxRequestBytes = options.maxRequestBytes ?? 64 * 1024 * 1024
    this.#headers = options.headers ?? {}
    this.#prepared = prepare(options)
  }

  send(request: OtlpRequest): Promise<OtlpOutcome> {
    const headers = this.#headers
    if (typeof headers !== 'function') return this.#send(request, headers)
    return sendWithFreshHeaders(request, headers, (one, values) => this.#send(one, values))
  }

  #send(request: OtlpRequest, values: GrpcHeaderValues): Promise<OtlpOutcome> {
    const prepared = this.#prepared
    if (prepared instanceof Error) return Promise.resolve(failedUnsent(prepared, false, grpcStatus.invalidArgument))
    const { display } = prepared.target
    if (this.#shutDown) return Promise.resolve(sentAfterShutdown(display, request))
    const byteCount = requestByteCount(request)
    if (byteCount > this.#maxRequestBytes) {
      return Promise.resolve(requestTooLarge(display, request, byteCount, this.#maxRequestBytes))
    }
    const headers = this.#headersOf(prepared, request, values)
    if (headers instanceof Error) return Promise.resolve(failedUnsent(headers, false, grpcStatus.invalidArgument))
    return new Promise((resolve) => {
      const call = new GrpcCall(prepared.settings, display, request, headers, byteCount, (settledCall, outcome) => {
        this.#active.delete(settledCall)
        resolve(outcome)
      })
      this.#active.add(call)
      call.start()
    })
  }

  #headersOf(prepared: Prepared, request: OtlpRequest, values: GrpcHeaderValues): OutgoingHttpHeaders | OtlpError {
    const isFixed = values === this.#headers && request.headers === undefined
    const known = isFixed ? this.#known[request.signal] : undefined
    if (known !== undefined) return known
    const headers: Record<string, string> = { ...prepared.head, ':path': paths[request.signal] }
    const problem = addMetadata(headers, values) ?? addMetadata(headers, request.headers ?? {})
    if (problem !== undefined) {
      return otlpError(
        'OTLP_OPTION',
        `${prepared.target.display}: ${problem}; expected are names and values of printable ASCII, or a name that ends in -bin; ${itemsText(request.signal, request.itemCount)} not sent`,
      )
    }
    if (isFixed) this.#known[request.signal] = headers
    return headers
  }

  async shutdown(): Promise<void> {
    if (this.#shutDown) return
    this.#shutDown = true
    if (this.#prepared instanceof Error) return
    cancelAtShutdown(this.#active)
    this.#prepared.settings.channel.close()
    this.#prepared.tls?.close()
  }
}

function prepare(options: OtlpGrpcClientOptions): Prepared | OtlpError {
  const target = parseGrpcTarget(options.endpoint)
  if (target instanceof Error) return target
  const proxy = proxyOf(options, target)
  if (proxy instanceof Error) return proxy
  const clock = options.clock ?? systemClock
  const isSecure = target.secure ?? options.insecure !== true
  let tls: ClientTls | undefined
  try {
    if (isSecure) tls = createClientTls(options.tls, clock, options.observer?.tls)
  } catch (error) {
    if (isOtlpError(error)) return error
    throw error
  }
  const random = options.random ?? Math.random
  const authority = options.authority ?? target.authority
  const { compression } = usableCompression(options.compression ?? 'none', undefined, options.observer)
  const coding = compression === 'none' ? undefined : grpcCoding(compression)
  const channel = new GrpcChannel(target, {
    tls,
    serverName: hostOf(authority),
    proxy,
    clock,
    random,
    keepAlive: {
      timeMillis: options.keepAlive?.timeMillis ?? Number.POSITIVE_INFINITY,
      timeoutMillis: options.keepAlive?.timeoutMillis ?? 20_000,
      permitWithoutStream: options.keepAlive?.permitWithoutStream ?? false,
    },
    balancer: options.balancer ?? 'pick_first',
    waitForReady: options.waitForReady ?? false,
    maxConcurrentCalls: options.maxConcurrentCalls ?? Number.POSITIVE_INFINITY,
    lookup: options.lookup ?? systemLookup,
  })
  const head: Record<string, string> = {
    ':method': 'POST',
    ':scheme': isSecure ? 'https' : 'http',
    ':authority': authority,
    te: 'trailers',
    'content-type': 'application/grpc+proto',
    'user-agent': options.userAgent ?? otlpUserAgent(options.userAgentProduct),
    'grpc-accept-encoding': supportedGrpcEncodings(),
  }
  if (coding !== undefined && coding !== 'identity') head['grpc-encoding'] = compression
  if (target.authorization !== undefined) head['authorization'] = target.authorization
  return {
    target,
    tls,
    head,
    settings: {
      coding: coding === 'identity' ? undefined : coding,
      timeoutMillis: options.timeoutMillis ?? 10_000,
      retry: options.retry,
      maxResponseBytes: options.maxResponseBytes ?? 4 * 1024 * 1024,
      observer: options.observer,
      clock,
      random,
      channel,
    },
  }
}

function proxyOf(options: OtlpGrpcClientOptions, target: GrpcTarget): ProxyServer | OtlpError | undefined {
  const address = target.name ?? target.addresses[0]
  if (address === undefined || 'path' in address) return undefined
  // As gRPC everywhere: HTTPS_PROXY counts, with or without TLS.
  return proxyFor(options.proxy ?? 'environment', { secure: true, hostname: address.host, port: address.port })
}

/** Host of an authority, without port and brackets. */
function hostOf(authority: string): string {
  const bracketed = /^\[(.*)\]/.exec(authority)
  if (bracketed !== null) return bracketed[1]!
  const colon = authority.indexOf(':')
  return colon === -1 || colon !== authority.lastIndexOf(':') ? authority : authority.slice(0, colon)
}
