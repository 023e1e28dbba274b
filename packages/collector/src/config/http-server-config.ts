// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  byteSize,
  durationMillis,
  field,
  type Infer,
  integer,
  list,
  type ObjectCheck,
  object,
  oneOf,
  optionalSection,
  string,
} from '@otel-ts/confmap'
import type { OtlpHttpServerOptions } from '@otel-ts/otlp/server'
import { headerPairs, headerValuePattern, httpHeaders } from './http-headers.ts'
import { listenProblem, transportField } from './listen-address.ts'
import { refusedAuth, refusedMiddlewares } from './refused-blocks.ts'
import { serverTlsField, serverTlsOptions } from './tls-config.ts'

const corsSchema = object({
  allowed_origins: field(list(string()), {
    default: [],
    description: 'Origins whose pages may send, `*` standing for any run of characters; empty = CORS is off.',
  }),
  allowed_headers: field(list(string()), {
    default: [],
    description: 'Request headers allowed besides the usual ones; `*` = any.',
  }),
  exposed_headers: field(list(string()), { default: [], description: 'Response headers that pages may read.' }),
  max_age: field(integer({ min: 0 }), { description: 'Seconds for which browsers remember the answer.' }),
})

/** Content codings that requests may have; `''` is none. */
const codings = ['', 'gzip', 'zstd', 'zlib', 'snappy', 'deflate', 'x-snappy-framed'] as const

// What 0 stands for.
const defaultMaxBodyBytes = 20 * 1024 * 1024

/** `confighttp` of the Go Collector for servers: keys to spread into the schema of a component. */
export function httpServerFields(defaultEndpoint: string) {
  return {
    endpoint: field(string({ nonEmpty: true }), {
      default: defaultEndpoint,
      description:
        'Address to listen on: `host:port`, or a path with `transport: unix`. `localhost` means 127.0.0.1 and ::1; port 0 takes a free one.',
    }),
    transport: transportField,
    tls: serverTlsField,
    cors: optionalSection(corsSchema, { description: 'Requests from web pages.', whenNull: 'absent' }),
    max_request_body_size: field(byteSize({ min: 0 }), {
      default: defaultMaxBodyBytes,
      description: 'Largest request body, before and after decompression; 0 = the default.',
    }),
    include_metadata: field(boolean(), {
      default: false,
      description: 'Whether processors and exporters see the request headers.',
    }),
    response_headers: field(httpHeaders(string({ pattern: headerValuePattern })), {
      description: 'Headers added to every answer.',
    }),
    compression_algorithms: field(list(oneOf([...codings])), {
      default: [...codings],
      description:
        'Compressions that requests may have, `""` being none; others are answered 415. Empty = the default.',
    }),
    read_timeout: field(durationMillis({ min: '0s' }), {
      default: 60_000,
      description: 'Time for a whole request; then 408. 0 = no limit.',
    }),
    read_header_timeout: field(durationMillis({ min: '0s' }), {
      default: 60_000,
      description: 'Time for the headers of a request; then 408. 0 = no limit.',
    }),
    write_timeout: field(durationMillis({ min: '0s' }), {
      default: 30_000,
      description: 'Time in which a client must take its answer; then the connection is cut. 0 = no limit.',
    }),
    idle_timeout: field(durationMillis({ min: '0s' }), {
      default: 60_000,
      description: 'Time after which an idle connection is closed. 0 = never.',
    }),
    keep_alives_enabled: field(boolean(), {
      default: true,
      description: 'Whether a connection serves more than one request.',
    }),
    auth: refusedAuth,
    middlewares: refusedMiddlewares,
  }
}

const schema = object(httpServerFields(''))
export type HttpServerConfig = Infer<typeof schema>

/** Checks between the keys of the block. */
export const checkHttpServer: ObjectCheck<Pick<HttpServerConfig, 'endpoint' | 'transport'>> = (
  value,
  scope,
  locate,
) => {
  const wrong = listenProblem(value)
  if (wrong !== undefined) scope.at('endpoint').problem('CONFIG_VALUE', locate('endpoint'), wrong)
}

/** What the block says to `createOtlpHttpServer`. */
export function httpServerOptions(
  config: HttpServerConfig,
): Omit<OtlpHttpServerOptions, 'handler'> & { readonly maxRequestBodyBytes: number } {
  const { cors } = config
  return {
    endpoint: config.endpoint,
    transport: config.transport,
    ...(config.tls === undefined ? {} : { tls: serverTlsOptions(config.tls) }),
    maxRequestBodyBytes: config.max_request_body_size > 0 ? config.max_request_body_size : defaultMaxBodyBytes,
    includeMetadata: config.include_metadata,
    responseHeaders: Object.fromEntries(headerPairs(config.response_headers)),
    contentEncodings: config.compression_algorithms.length === 0 ? codings : config.compression_algorithms,
    readTimeoutMillis: config.read_timeout,
    readHeaderTimeoutMillis: config.read_header_timeout,
    writeTimeoutMillis: config.write_timeout,
    idleTimeoutMillis: config.idle_timeout,
    keepAlive: config.keep_alives_enabled,
    cors:
      cors === undefined
        ? undefined
        : {
            allowedOrigins: cors.allowed_origins,
            allowedHeaders: cors.allowed_headers,
            exposedHeaders: cors.exposed_headers,
            ...(cors.max_age === undefined ? {} : { maxAgeSeconds: cors.max_age }),
          },
  }
}
