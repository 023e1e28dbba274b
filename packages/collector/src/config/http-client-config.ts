// SPDX-License-Identifier: Apache-2.0
import {
  boolean,
  checked,
  durationMillis,
  field,
  type Infer,
  integer,
  type ObjectCheck,
  object,
  oneOf,
  opaqueString,
  refused,
  section,
  string,
} from '@otel-ts/confmap'
import type { OtlpHttpClientOptions } from '@otel-ts/otlp/client'
import { timeoutField } from '../sending/config.ts'
import { checkCompression, usableCompression } from './compression.ts'
import { headerPairs, headerValuePattern, httpHeaders } from './http-headers.ts'
import { refusedAuth, refusedMiddlewares } from './refused-blocks.ts'
import { clientTlsField, clientTlsOptions } from './tls-config.ts'

const compressions = ['gzip', 'zstd', 'snappy', 'x-snappy-framed', 'zlib', 'deflate', 'none', ''] as const
type Compression = (typeof compressions)[number]

// Levels by compression: zlib's own, and zstd's as its library has them.
const levels: Partial<Record<Compression, { readonly min: number; readonly max: number }>> = {
  gzip: { min: -1, max: 9 },
  zlib: { min: -1, max: 9 },
  deflate: { min: -1, max: 9 },
  zstd: { min: 1, max: 22 },
}

const proxyUrl = checked(string(), (text) => {
  if (text === '') return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return undefined
  return `expected the URL of a proxy, http://host:port or https://host:port, got ${JSON.stringify(text)}`
})

/** `confighttp` of the Go Collector for clients: keys to spread into the schema of a component. Endpoints are its own. */
export function httpClientFields(defaultTimeoutMillis: number) {
  return {
    proxy_url: field(proxyUrl, {
      description: 'Proxy of all requests. Unset = as HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment say.',
    }),
    tls: clientTlsField,
    // Values are secrets.
    headers: field(httpHeaders(opaqueString({ pattern: headerValuePattern })), {
      description: 'Headers of every request: a map, or a list of `name` and `value`.',
    }),
    timeout: timeoutField(defaultTimeoutMillis),
    compression: field(oneOf([...compressions]), {
      default: 'gzip',
      description:
        'Compression of request bodies; `deflate` and `zlib` are the same. zstd needs Node 22.15, 24 or newer.',
    }),
    compression_params: section(
      object({
        level: field(integer(), {
          description:
            'Level of gzip, zlib and deflate (-1 = of the library, 0 to 9) or of zstd (1 to 22); unset or 0 = 1, of zstd 3.',
        }),
      }),
      'How it compresses.',
    ),
    max_idle_conns: field(integer({ min: 0 }), {
      default: 100,
      description: 'Idle connections kept; 0 = the default.',
    }),
    max_idle_conns_per_host: field(integer({ min: 0 }), {
      default: 0,
      description: 'The same for one host; there is one, so the lower of the two counts. 0 = no limit of its own.',
    }),
    max_conns_per_host: field(integer({ min: 0 }), {
      default: 0,
      description: 'Connections at a time; 0 = no limit.',
    }),
    idle_conn_timeout: field(durationMillis({ min: '0s' }), {
      default: 90_000,
      description: 'Time after which an idle connection is closed; 0 = the default.',
    }),
    disable_keep_alives: field(boolean(), {
      default: false,
      description: 'Whether each request gets a connection of its own.',
    }),
    force_attempt_http2: field(boolean(), {
      default: true,
      description: 'Whether HTTP/2 is used where the server offers it in the TLS handshake.',
    }),
    http2_read_idle_timeout: refused('HTTP/2 connections are not probed; each request has its time limit', ['0s', 0]),
    http2_ping_timeout: refused('HTTP/2 connections are not probed; each request has its time limit', ['0s', 0, '15s']),
    read_buffer_size: refused('Node chooses its buffers', [0]),
    write_buffer_size: refused('Node chooses its buffers', [0, 524288]),
    cookies: refused('cookies are not kept', [{ enabled: false }]),
    auth: refusedAuth,
    middlewares: refusedMiddlewares,
  }
}

const schema = object(httpClientFields(0))
export type HttpClientConfig = Infer<typeof schema>

/** Checks between the keys of the block. */
export const checkHttpClient: ObjectCheck<HttpClientConfig> = (value, scope, locate) => {
  checkCompression(value, scope, locate)
  const { level } = value.compression_params
  if (level === undefined || level === 0) return
  const range = levels[value.compression]
  if (range !== undefined && level >= range.min && level <= range.max) return
  const allowed = range === undefined ? 'none: it has no levels' : `${range.min} to ${range.max}`
  scope
    .at('compression_params')
    .at('level')
    .problem(
      'CONFIG_VALUE',
      locate('compression_params', 'level'),
      `level ${level} is not allowed for compression ${JSON.stringify(value.compression)}; allowed: ${allowed}`,
    )
}

/** What the block says to `createOtlpHttpClient`, apart from the time limit, which the sending stages keep. */
export function httpClientOptions(config: HttpClientConfig): Omit<OtlpHttpClientOptions, 'url'> {
  const { level } = config.compression_params
  const tls = clientTlsOptions(config.tls)
  const compression = usableCompression(config.compression)
  return {
    proxy: isSet(config.proxy_url) ? { url: config.proxy_url } : 'environment',
    ...(tls === undefined ? {} : { tls }),
    headers: Object.fromEntries(headerPairs(config.headers).map(([name, value]) => [name, value.reveal()])),
    compression: compression === '' ? 'none' : compression,
    ...(level === undefined || level === 0 || compression !== config.compression
      ? {}
      : // zlib calls its own default -1, and means 6.
        { compressionLevel: level === -1 ? 6 : level }),
    maxIdleConnections: idleConnections(config),
    ...(config.max_conns_per_host > 0 ? { maxConnections: config.max_conns_per_host } : {}),
    ...(config.idle_conn_timeout > 0 ? { idleTimeoutMillis: config.idle_conn_timeout } : {}),
    http2: config.force_attempt_http2,
  }
}

function idleConnections(config: HttpClientConfig): number {
  if (config.disable_keep_alives) return 0
  const all = config.max_idle_conns || 100
  return config.max_idle_conns_per_host > 0 ? Math.min(all, config.max_idle_conns_per_host) : all
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== ''
}
