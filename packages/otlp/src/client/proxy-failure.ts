// SPDX-License-Identifier: Apache-2.0
import type { ProxyServer } from './proxy.ts'
import { tlsAdvice } from './tls-failure.ts'

const proxyOfError: unique symbol = Symbol('otlp.proxy')

/** Where an error was met, and the status with which the proxy refused a tunnel, if it did. */
export interface MetAtProxy {
  readonly proxy: ProxyServer
  readonly status: number | undefined
}

/** Marks an error as met at the proxy, not at the endpoint. */
export function markProxyError<E extends Error>(error: E, proxy: ProxyServer, status?: number): E {
  const marked = error as E & { [proxyOfError]?: MetAtProxy }
  marked[proxyOfError] ??= { proxy, status }
  return error
}

/** The mark of an error, if it has one. */
export function proxyErrorOf(error: unknown): MetAtProxy | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  return (error as { [proxyOfError]?: MetAtProxy })[proxyOfError]
}

/** What probably is the matter with a proxy: `status` is the one with which it refused a tunnel. */
export function proxyAdvice(proxy: ProxyServer, code: string, status: number | undefined): string {
  const url = proxy.source === 'proxy' ? 'the URL of the proxy' : proxy.source
  const around = proxy.source === 'proxy' ? '' : ', or except the endpoint with NO_PROXY'
  switch (status) {
    case undefined:
      break
    case 407:
      return `the proxy wants credentials: put them into ${url}, http://user:password@host:port`
    case 502:
    case 503:
    case 504:
      return `the proxy cannot reach the endpoint: check the endpoint and the proxy${around}`
    default:
      return `the proxy makes no tunnel to the endpoint: have it allowed there${around}`
  }
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing listens there: check ${url}${around}`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name of the proxy has no address: check ${url}${around}`
    case 'EPROTO':
      return `the proxy does not speak TLS: use http:// in ${url}`
    default:
      if (code.startsWith('ERR_SSL')) return `the proxy does not speak TLS: use http:// in ${url}`
      if (tlsAdvice(code, undefined) !== undefined) {
        return `the certificate of the proxy is not trusted: set its authority (ca), or check ${url}`
      }
      return `the proxy does not answer as one: check ${url}${around}`
  }
}
