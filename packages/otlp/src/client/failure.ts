// SPDX-License-Identifier: Apache-2.0
import type { OtlpError, OtlpErrorCode } from '../errors.ts'
import { otlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import { isRetryableHttpStatus } from '../transport/retry.ts'
import { proxyAdvice, proxyErrorOf } from './proxy-failure.ts'
import { tlsAdvice, tlsReason } from './tls-failure.ts'

const itemNames: Readonly<Record<Signal, readonly [one: string, many: string]>> = {
  traces: ['span', 'spans'],
  metrics: ['data point', 'data points'],
  logs: ['log record', 'log records'],
}

/** What one request carries, for messages: `512 spans`. */
export function itemsText(signal: Signal, itemCount: number): string {
  return `${itemCount} ${itemNames[signal][itemCount === 1 ? 0 : 1]}`
}

const mayBeRepeated = 'not delivered by this try, which may be repeated'

/** Consequence of a failed try, as messages end. */
export function consequenceOf(isRetryable: boolean, items: string): string {
  return `${items} ${isRetryable ? mayBeRepeated : 'not delivered, and not sent again'}`
}

/**
 * The error of a try that could be repeated, once the policy allows no other. Which try is the last shows only after the
 * error was made, since the answer says how long to wait for the next.
 */
export function lastTryError(error: OtlpError, tryCount: number, why: string): OtlpError {
  if (!error.message.endsWith(mayBeRepeated)) return error
  const tries = tryCount === 1 ? '1 try' : `${tryCount} tries`
  const rest = error.message.slice(0, -mayBeRepeated.length)
  return otlpError(error.code, `${rest}not delivered in ${tries}, ${why}`, error)
}

/** The error for an answer that is not a success. `serverMessage` is what the endpoint said, '' when nothing. */
export function statusError(
  display: string,
  status: number,
  reason: string,
  serverMessage: string,
  location: string | undefined,
  items: string,
): OtlpError {
  const said = serverMessage === '' ? '' : `, saying "${serverMessage}"`
  return otlpError(
    codeOfStatus(status),
    `${display}: answered ${status}${reason === '' ? '' : ` ${reason}`}${said}; ${adviceForStatus(status, location)}; ${consequenceOf(isRetryableHttpStatus(status), items)}`,
  )
}

function codeOfStatus(status: number): OtlpErrorCode {
  if (status === 429) return 'OTLP_OVERLOADED'
  if (isRetryableHttpStatus(status)) return 'OTLP_UNAVAILABLE'
  if (status === 413) return 'OTLP_TOO_LARGE'
  return 'OTLP_REFUSED'
}

function adviceForStatus(status: number, location: string | undefined): string {
  if (status >= 300 && status < 400) {
    return `redirects are not followed: set the endpoint to ${location ?? 'the address meant'}`
  }
  switch (status) {
    case 400:
      return 'the endpoint could not read the data: expected is an OTLP request in the encoding of its Content-Type'
    case 401:
    case 403:
      return 'expected are valid credentials: check the headers of the exporter'
    case 404:
      return 'expected is a path that takes OTLP, such as /v1/traces: check the endpoint'
    case 405:
      return 'expected is a path that takes POST: check the endpoint'
    case 407:
      return 'the proxy wants credentials: put them into its URL, http://user:password@host:port'
    case 413:
      return 'the endpoint allows only smaller requests: lower the batch size or raise its limit'
    case 415:
      return 'the endpoint takes other encodings or compressions only: check protocol and compression of the exporter'
    case 429:
      return 'the endpoint asks to send less or later'
    case 502:
    case 503:
    case 504:
      return 'the endpoint, or what stands behind it, is not available now'
    default:
      return 'expected was 200'
  }
}

/**
 * The error for a request that node does not even begin: an agent for the other scheme, or header names or values with
 * characters that HTTP does not allow.
 */
export function refusedRequest(display: string, cause: unknown, items: string): OtlpError {
  const text = cause instanceof Error ? cause.message : String(cause)
  const expected =
    codeOf(cause) === 'ERR_INVALID_PROTOCOL'
      ? 'expected is an agent for the scheme of the endpoint'
      : 'expected are header names and values that HTTP allows'
  return otlpError('OTLP_OPTION', `${display}: ${text}; ${expected}; ${items} not sent`, cause)
}

/** The error for a connection that failed before an answer was there. */
export function connectionError(display: string, cause: unknown, items: string): OtlpError {
  const { code, text, advice } = causeOf(cause)
  return otlpError(
    'OTLP_CONNECTION',
    `${display}: ${text}; ${advice ?? adviceForCode(code, display.startsWith('https:'))}; ${consequenceOf(true, items)}`,
    cause,
  )
}

/** What messages say of an error of a connection. */
export interface ConnectionCause {
  /** Code of the error of node, '' when it has none. */
  readonly code: string
  readonly text: string
  /** What probably is the matter, where the code alone does not tell: met at a proxy, or by OpenSSL. */
  readonly advice: string | undefined
}

export function causeOf(cause: unknown): ConnectionCause {
  const error = firstOf(cause)
  const code = codeOf(error) ?? codeOf(cause) ?? ''
  const reason = tlsReason(error)
  // Newer versions of Node append advice of their own, which fits a program's user and not an exporter's.
  const said =
    error instanceof Error && error.message !== '' ? error.message.replace(/; if the root CA.*/s, '') : String(code)
  const what = reason === undefined ? said : `TLS handshake: ${reason}`
  const text = `${what}${code !== '' && !what.includes(code) ? ` (${code})` : ''}`
  const met = proxyErrorOf(cause) ?? proxyErrorOf(error)
  if (met === undefined) return { code, text, advice: reason === undefined ? undefined : tlsAdvice(code, reason) }
  const { proxy, status } = met
  return { code, text: `proxy ${proxy.display}: ${text}`, advice: proxyAdvice(proxy, code, status) }
}

// Node tries the addresses of a name in turn and reports all failures in one AggregateError without a message.
function firstOf(error: unknown): unknown {
  if (typeof error === 'object' && error !== null && 'errors' in error) {
    const { errors } = error
    if (Array.isArray(errors) && errors.length > 0) return errors[0]
  }
  return error
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Whether an error is one of a connection that the peer had closed. */
export function isConnectionReset(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/** What probably is the matter with a connection that failed with this code of node. */
export function adviceForCode(code: string, secure = false): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there: expected is a running collector or backend with OTLP over HTTP (usual port 4318)'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name has no address: check the endpoint and the name service'
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'the host cannot be reached: check the endpoint, routes and firewalls'
    case 'ECONNRESET':
    case 'EPIPE':
      return secure
        ? 'the endpoint closed the connection before it answered: does it speak without TLS (then use http://, for gRPC also: insecure), or want a certificate of the client?'
        : 'the endpoint closed the connection before it answered: is it a port with TLS (then use https://), or one of another protocol?'
  }
  if (code.startsWith('HPE_')) {
    return 'the answer is not HTTP/1.1: is this a gRPC port (usual 4317) or one with TLS? OTLP over HTTP is usually on 4318'
  }
  if (code.startsWith('ERR_HTTP2')) return 'the endpoint ended the HTTP/2 connection or broke its rules'
  return tlsAdvice(code, undefined) ?? 'check the endpoint'
}
