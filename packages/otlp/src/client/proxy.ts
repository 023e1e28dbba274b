// SPDX-License-Identifier: Apache-2.0
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../clock.ts'
import { type OtlpError, otlpError } from '../errors.ts'
import { nodeHttp, nodeHttps, nodeNet } from '../transport/builtin.ts'
import { basicCredentials } from '../transport/endpoint.ts'
import { checkIdentity } from '../transport/tls-identity.ts'
import { markProxyError } from './proxy-failure.ts'

/** A proxy, its URL taken apart. */
export interface ProxyServer {
  /** Whether the connection to the proxy itself has TLS. */
  readonly secure: boolean
  readonly hostname: string
  readonly port: number
  /** Credentials of its URL, ready for Proxy-Authorization. */
  readonly authorization: string | undefined
  /** The URL for messages, without credentials. */
  readonly display: string
  /** What named it: an environment variable, or `proxy` for the option. */
  readonly source: string
}

/** Takes a proxy's URL apart; `host:port` counts as `http://host:port`. */
export function parseProxyUrl(text: string, source: string): ProxyServer | OtlpError {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(written) ? new URL(written) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    return otlpError(
      'OTLP_OPTION',
      `${source} ${JSON.stringify(withoutCredentials(text))}: not the URL of a proxy that can be used; expected http://host:port or https://host:port; nothing is sent`,
    )
  }
  const secure = url.protocol === 'https:'
  return {
    secure,
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    authorization: url.username === '' && url.password === '' ? undefined : basicCredentials(url),
    display: `${url.protocol}//${url.host}`,
    source,
  }
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//…@').replace(/^[^@/]*@/, '…@')
}

/** TLS options of the connection to a proxy: the trust of the client, the name of the proxy. */
export function proxyTls(proxy: ProxyServer, tls: ConnectionOptions): ConnectionOptions {
  const options: ConnectionOptions = {
    servername: nodeNet().isIP(proxy.hostname) === 0 ? proxy.hostname : '',
    checkServerIdentity: checkIdentity,
  }
  if (tls.secureContext !== undefined) options.secureContext = tls.secureContext
  if (tls.rejectUnauthorized !== undefined) options.rejectUnauthorized = tls.rejectUnauthorized
  return options
}

/** What {@link connectThroughProxy} needs besides proxy and target. */
export interface TunnelOptions {
  /** TLS towards a proxy with https://; asked for only then. */
  readonly tls: () => ConnectionOptions
  readonly clock: Clock
  /** Time for connecting to the proxy and for its answer, in milliseconds. Default 30000. */
  readonly timeoutMillis?: number
}

/**
 * Asks a proxy for a tunnel to `hostname:port` (CONNECT, RFC 9110 section 9.3.6) and hands over the socket, on which
 * the endpoint's TLS or plain protocol begins. Calls `done` exactly once unless cancelled; errors are marked as the
 * proxy's.
 */
export function connectThroughProxy(
  proxy: ProxyServer,
  target: { readonly hostname: string; readonly port: number },
  options: TunnelOptions,
  done: (error: Error | undefined, socket?: Socket) => void,
): { cancel(): void } {
  const authority = `${target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname}:${target.port}`
  const headers: Record<string, string> = { Host: authority }
  if (proxy.authorization !== undefined) headers['Proxy-Authorization'] = proxy.authorization
  const common = { method: 'CONNECT', host: proxy.hostname, port: proxy.port, path: authority, headers, agent: false }
  let request: ClientRequest
  try {
    request = proxy.secure
      ? nodeHttps().request({ ...common, ...proxyTls(proxy, options.tls()) })
      : nodeHttp().request(common)
  } catch (error) {
    done(markProxyError(error as Error, proxy))
    return { cancel: () => {} }
  }
  let isDone = false
  const timeoutMillis = options.timeoutMillis ?? 30_000
  const timer = options.clock.after(timeoutMillis, () => {
    finish(withCode(`no tunnel to ${authority} within ${timeoutMillis} ms`, 'ETIMEDOUT'))
  })
  const finish = (error: Error | undefined, socket?: Socket, status?: number): void => {
    if (isDone) return
    isDone = true
    timer.cancel()
    if (error === undefined) {
      done(undefined, socket)
      return
    }
    request.destroy()
    done(markProxyError(error, proxy, status))
  }
  request.on('error', (error) => finish(error))
  request.on('connect', (response: IncomingMessage, socket: Socket, head: Buffer) => {
    const status = response.statusCode!
    if (status >= 200 && status < 300) {
      if (head.byteLength > 0) socket.unshift(head)
      finish(undefined, socket)
      if (isCancelled) socket.destroy()
      return
    }
    // The socket is ours now, and what follows on it says no more than the status did.
    socket.on('error', () => {})
    socket.destroy()
    finish(withCode(`answered ${status} ${response.statusMessage ?? ''}`.trimEnd(), ''), undefined, status)
  })
  // Some proxies answer a CONNECT they do not know as if it were any other request.
  request.on('response', (response) => {
    response.resume()
    finish(withCode(`answered ${response.statusCode}`, ''), undefined, response.statusCode)
  })
  let isCancelled = false
  request.end()
  return {
    cancel() {
      if (isDone) return
      isCancelled = true
      isDone = true
      timer.cancel()
      request.destroy()
    },
  }
}

function withCode(message: string, code: string): Error {
  return code === '' ? new Error(message) : Object.assign(new Error(message), { code })
}
