// SPDX-License-Identifier: Apache-2.0
import { type OtlpClient, type OtlpEncoding, type Signal, systemClock } from '@otel-ts/otlp'
import {
  type ClientTlsOptions,
  checkOtlpGrpcEndpoint,
  checkOtlpUrl,
  createClientTls,
  createOtlpGrpcClient,
  createOtlpHttpClient,
} from '@otel-ts/otlp/client'
import { usageError } from '../errors.ts'

/** Names of OTEL_EXPORTER_OTLP_PROTOCOL. */
export const protocols = ['grpc', 'http/protobuf', 'http/json'] as const
export type Protocol = (typeof protocols)[number]

/** Compressions that both protocols have. */
export const compressions = ['none', 'gzip', 'deflate', 'zstd', 'snappy'] as const

/** Where requests go, as the command line says it. */
export interface DestinationOptions {
  readonly signal: Signal
  readonly protocol: Protocol
  /** Undefined = the protocol's port on localhost. */
  readonly endpoint: string | undefined
  readonly compression: (typeof compressions)[number]
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMillis: number
  /** Connections; undefined = of HTTP one for each request under way, of gRPC one. */
  readonly connectionCount: number | undefined
  /** No TLS, said outright. */
  readonly insecure: boolean
  /** Undefined when no option of TLS was given. */
  readonly tls: ClientTlsOptions | undefined
}

/** Ways to the endpoint, and what to call it. */
export interface Destination {
  readonly clients: readonly OtlpClient[]
  readonly encoding: OtlpEncoding
  readonly display: string
}

/** Makes the clients. One try each: a generator that repeats requests would hide what it measures. */
export function openDestination(options: DestinationOptions): Destination {
  if (options.tls !== undefined) checkTls(options.tls)
  return options.protocol === 'grpc' ? grpcDestination(options) : httpDestination(options)
}

function grpcDestination(options: DestinationOptions): Destination {
  const text = options.endpoint ?? 'localhost:4317'
  const wrong = checkOtlpGrpcEndpoint(text)
  if (wrong !== undefined) throw usageError(`--endpoint: ${wrong.message}`)
  const isHttps = text.startsWith('https://')
  if (options.insecure && (isHttps || options.tls !== undefined)) throw contradiction(isHttps)
  const insecure = !isHttps && options.tls === undefined
  const clients = Array.from({ length: options.connectionCount ?? 1 }, () =>
    createOtlpGrpcClient({
      endpoint: text,
      insecure,
      ...(insecure ? {} : { tls: options.tls ?? {} }),
      compression: options.compression,
      headers: options.headers,
      timeoutMillis: options.timeoutMillis,
    }),
  )
  return { clients, encoding: 'protobuf', display: text }
}

function httpDestination(options: DestinationOptions): Destination {
  const url = signalUrl(options.endpoint ?? 'http://localhost:4318', options.signal)
  const wrong = checkOtlpUrl(url)
  if (wrong !== undefined) throw usageError(`--endpoint: ${wrong.message}`)
  const isHttps = url.startsWith('https:')
  if (options.insecure && isHttps) throw contradiction(isHttps)
  if (!isHttps && options.tls !== undefined) {
    throw usageError(
      `--endpoint: "${url}" is not https:, but an option of TLS is given; allowed is either; nothing was sent`,
    )
  }
  const client = createOtlpHttpClient({
    url,
    encoding: options.protocol === 'http/json' ? 'json' : 'protobuf',
    compression: options.compression,
    headers: options.headers,
    timeoutMillis: options.timeoutMillis,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.connectionCount === undefined
      ? {}
      : { maxConnections: options.connectionCount, maxIdleConnections: options.connectionCount }),
  })
  return { clients: [client], encoding: options.protocol === 'http/json' ? 'json' : 'protobuf', display: url }
}

/** Files that cannot be used would fail every request: that is said before the first one. */
function checkTls(tls: ClientTlsOptions): void {
  try {
    createClientTls(tls, systemClock).close()
  } catch (error) {
    const names: Readonly<Record<string, string>> = { ca: '--ca', certificate: '--cert', key: '--key' }
    const message = (error as Error).message.replace(/^tls\.(ca|certificate|key)\b/, (_, name: string) => names[name]!)
    throw usageError(`${message}; nothing was sent`)
  }
}

function contradiction(isHttps: boolean): Error {
  const other = isHttps ? 'the endpoint begins with https://' : 'an option of TLS is given'
  return usageError(`--insecure: ${other}; allowed is either; nothing was sent`)
}

function signalUrl(endpoint: string, signal: Signal): string {
  let url: URL
  try {
    url = new URL(endpoint)
  } catch {
    throw usageError(
      `--endpoint: "${endpoint}" is not a URL; allowed are http:// and https:// addresses such as http://localhost:4318; nothing was sent`,
    )
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw usageError(
      `--endpoint: "${endpoint}" has the scheme "${url.protocol}"; allowed are http: and https:, or host:port with --protocol grpc; nothing was sent`,
    )
  }
  if (!url.pathname.endsWith(`/v1/${signal}`)) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal}`
  return url.href
}
