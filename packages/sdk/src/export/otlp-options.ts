// SPDX-License-Identifier: Apache-2.0
import type { Agent as HttpAgent, AgentOptions as HttpAgentOptions } from 'node:http'
import type { Agent as HttpsAgent, AgentOptions as HttpsAgentOptions } from 'node:https'
import type { ClientTlsOptions, GrpcHeaderValues, OtlpHeaders, RetryPolicy } from '@otel-ts/otlp/client'

/** The ways to an OTLP endpoint: values of `OTEL_EXPORTER_OTLP_PROTOCOL`. */
export type OtlpProtocol = 'grpc' | 'http/protobuf' | 'http/json'

/** Which proxy requests go through: one of this URL, what the environment says, or none. */
export type OtlpProxy = { readonly url: string } | 'environment' | 'none'

/** Options that all OTLP exporters have. What is left out comes from `OTEL_EXPORTER_OTLP_*`, then from the defaults. */
export interface OtlpExporterOptions {
  /** Where data goes, used as it is. */
  url?: string
  /** Headers of every request, or a function that is asked before each one. They win over those of the environment. */
  headers?: OtlpHeaders
  /** Time for one export with its retries, in milliseconds; 0 is no limit. Default 10000. */
  timeoutMillis?: number
  /** Exports that may run at once; one more fails. Default 30. */
  concurrencyLimit?: number
  /** Exports that a batch processor runs at once, so that a slow answer does not fill its queue. Default 4. */
  maxConcurrentExports?: number
  /** Product of a distribution, such as `MyDistro/1.2`, put before the user agent. */
  userAgent?: string
  /**
   * Trusted certificates, a client certificate and versions, for endpoints with TLS. Members win one by one over
   * `OTEL_EXPORTER_OTLP_CERTIFICATE`, `…_CLIENT_CERTIFICATE` and `…_CLIENT_KEY`.
   */
  tls?: ClientTlsOptions
  /** Default `environment`: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in upper or lower case. */
  proxy?: OtlpProxy
  /** Largest request, in bytes before compression; a larger one is not sent, and its loss is reported. Default 64 MiB. */
  maxRequestBytes?: number
  /** Largest answer, in bytes after decompression; a larger one fails the export for good. Default 4 MiB. */
  maxResponseBytes?: number
  /** Waits between tries; members left out have their default. `false`: one try. */
  retry?: Partial<RetryPolicy> | false
}

/** Makes an agent for `http:` or `https:`: the form of opentelemetry-js. */
export type HttpAgentFactory = (protocol: string) => HttpAgent | HttpsAgent | Promise<HttpAgent> | Promise<HttpsAgent>

/** Options of the OTLP/HTTP exporters. What is left out comes from `OTEL_EXPORTER_OTLP_*`. */
export interface OtlpHttpExporterOptions extends OtlpExporterOptions {
  /** Where data goes, used as it is. Default `http://localhost:4318/v1/traces`, `…/v1/metrics` or `…/v1/logs`. */
  url?: string
  /** Default `none`. Endpoints must take `gzip`; others only if they say so. */
  compression?: 'none' | 'gzip' | 'deflate' | 'zlib' | 'zstd' | 'snappy' | 'x-snappy-framed'
  /** Whether connections are kept for the next request. Default true. */
  keepAlive?: boolean
  /**
   * Options for the agent of node:http or node:https, or a function that makes the agent. `proxy` is then not used, and
   * `tls` only when these options say nothing of certificates.
   */
  httpAgentOptions?: HttpAgentOptions | HttpsAgentOptions | HttpAgentFactory
  /** The agent itself. Wins over `httpAgentOptions`, `keepAlive`, `tls` and `proxy`. */
  agent?: HttpAgent | ((secure: boolean) => HttpAgent)
  /** Whether HTTP/2 is offered to endpoints with TLS. Default false. */
  http2?: boolean
}

/** gRPC metadata as plain values, bytes for names that end in `-bin`, or an object of grpc-js, whose first value of each key is taken. */
export type OtlpGrpcMetadata = GrpcHeaderValues | { getMap(): Record<string, string | Uint8Array> }

/** Options of the OTLP/gRPC exporters. What is left out comes from `OTEL_EXPORTER_OTLP_*`. */
export interface OtlpGrpcExporterOptions extends OtlpExporterOptions {
  /**
   * Where data goes: `http://host:port`, `https://host:port`, `host:port`, `dns:///host:port`, `unix:///path` and the
   * other forms of `createOtlpGrpcClient`. A path after the port means nothing to gRPC. Default `http://localhost:4317`.
   */
  url?: string
  /** Default `none`. */
  compression?: 'none' | 'gzip' | 'deflate' | 'zstd' | 'snappy'
  /** Whether an endpoint without `http://` or `https://` is reached without TLS. Default false, for `unix:` true. */
  insecure?: boolean
  /** Metadata of every call; wins over `headers`. */
  metadata?: OtlpGrpcMetadata
  /**
   * Taken for the sake of opentelemetry-js only when it is grpc-js's `createInsecure()`, which means `insecure: true`.
   * Others cannot be read: use `tls`.
   */
  credentials?: object
  /** Value of `:authority`. Default: host and port of the endpoint. */
  authority?: string
  /**
   * Pings on connections that have been quiet for `timeMillis`; without an answer within `timeoutMillis` (20000) the
   * connection counts as dead. `permitWithoutStream`: also while no call runs. Default: no pings.
   */
  keepAlive?: { timeMillis: number; timeoutMillis?: number; permitWithoutStream?: boolean }
  /** How calls are spread over the addresses of the endpoint. Default `pick_first`. */
  balancer?: 'round_robin' | 'pick_first'
  /** Whether a call waits for a connection instead of failing, within `timeoutMillis`. Default false. */
  waitForReady?: boolean
}

/** Options of the exporters of one protocol. */
export type OptionsOf<P extends OtlpProtocol> = P extends 'grpc' ? OtlpGrpcExporterOptions : OtlpHttpExporterOptions
