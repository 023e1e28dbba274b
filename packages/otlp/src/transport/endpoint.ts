// SPDX-License-Identifier: Apache-2.0
import type { OtlpError } from '../errors.ts'
import { otlpError } from '../errors.ts'
import { formatBase64 } from '../json/base64.ts'
import type { Signal } from '../model/resource.ts'

/**
 * The URL of one signal under a base endpoint: its path with `v1/{signal}` appended, whether or not the base ends in
 * a slash; a query stays. OTLP exporter specification, "Endpoint URLs for OTLP/HTTP".
 *
 * @example
 * ```ts
 * import { otlpSignalUrl } from '@otel-ts/otlp/client'
 * console.log(otlpSignalUrl('http://localhost:4318', 'traces')) // http://localhost:4318/v1/traces
 * console.log(otlpSignalUrl('https://example.com/otlp/?tenant=7', 'logs')) // https://example.com/otlp/v1/logs?tenant=7
 * ```
 */
export function otlpSignalUrl(base: string, signal: Signal): string {
  const query = base.search(/[?#]/)
  const path = query === -1 ? base : base.slice(0, query)
  const rest = query === -1 ? '' : base.slice(query)
  return `${path}${path.endsWith('/') ? '' : '/'}v1/${signal}${rest}`
}

/** A request target taken apart once, so that a request does not parse a URL. */
export interface HttpTarget {
  readonly secure: boolean
  readonly hostname: string
  readonly port: number
  /** Path and query as they go on the request line. */
  readonly path: string
  /** Value of the Host header. */
  readonly host: string
  /** Basic credentials of the URL, ready for the Authorization header. */
  readonly authorization: string | undefined
  /** The URL for messages: without credentials, query and fragment. */
  readonly display: string
}

/** Takes a URL apart; returns the error instead of throwing it when it is none that HTTP can go to. */
export function parseHttpTarget(url: string): HttpTarget | OtlpError {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') || parsed.hostname === '') {
    return otlpError(
      'OTLP_OPTION',
      `endpoint "${url}": not a URL that OTLP/HTTP can use; expected http://host:port/path or https://host:port/path; nothing is sent`,
    )
  }
  const secure = parsed.protocol === 'https:'
  const credentials = parsed.username === '' && parsed.password === '' ? undefined : basicCredentials(parsed)
  return {
    secure,
    // node:net takes an IPv6 address without its brackets.
    hostname: parsed.hostname.startsWith('[') ? parsed.hostname.slice(1, -1) : parsed.hostname,
    port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
    path: parsed.pathname + parsed.search,
    host: parsed.host,
    authorization: credentials,
    display: `${parsed.protocol}//${parsed.host}${parsed.pathname}`,
  }
}

/** Targets of the signals: one URL for all, or one each. */
export function parseHttpTargets(
  url: string | Readonly<Record<Signal, string>>,
): Readonly<Record<Signal, HttpTarget | OtlpError>> {
  if (typeof url !== 'string') {
    return {
      traces: parseHttpTarget(url.traces),
      metrics: parseHttpTarget(url.metrics),
      logs: parseHttpTarget(url.logs),
    }
  }
  const target = parseHttpTarget(url)
  return { traces: target, metrics: target, logs: target }
}

/** Value of an Authorization header for the credentials of a URL. */
export function basicCredentials(url: URL): string {
  let text: string
  try {
    text = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  } catch {
    text = `${url.username}:${url.password}`
  }
  return `Basic ${formatBase64(new TextEncoder().encode(text))}`
}

/** Where a server listens. */
export interface ListenAddress {
  /** Host names or addresses to bind; undefined in the list means every interface. */
  readonly hosts: readonly (string | undefined)[]
  readonly port: number
}

/**
 * Reads `host:port`, `[::1]:port` or `:port` (every interface). `localhost` means both loopback addresses, since
 * clients resolve it to either.
 */
export function parseListenAddress(endpoint: string): ListenAddress | OtlpError {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]/]*)):(\d{1,5})$/.exec(endpoint)
  const port = match === null ? Number.NaN : Number(match[3])
  if (match === null || port > 65_535) {
    return otlpError(
      'OTLP_OPTION',
      `endpoint "${endpoint}": not an address to listen on; expected host:port such as localhost:4318, 0.0.0.0:4318 or [::1]:4318 with a port from 0 to 65535; not started`,
    )
  }
  const host = match[1] ?? match[2]!
  if (host === '') return { hosts: [undefined], port }
  if (host.toLowerCase() === 'localhost') return { hosts: ['127.0.0.1', '::1'], port }
  return { hosts: [host], port }
}
