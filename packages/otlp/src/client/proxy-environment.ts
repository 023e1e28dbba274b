// SPDX-License-Identifier: Apache-2.0
import type { BlockList } from 'node:net'
import type { OtlpError } from '../errors.ts'
import { nodeNet } from '../transport/builtin.ts'
import { type ProxyServer, parseProxyUrl } from './proxy.ts'

/**
 * Which proxy requests go through: one for all, the one that HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment
 * name for the endpoint, or none.
 */
export type ProxySetting = { readonly url: string } | 'environment' | 'none'

/** What decides about the proxy of an endpoint. */
export interface ProxiedTarget {
  /** HTTPS_PROXY counts for secure targets, HTTP_PROXY for others. gRPC counts as secure, with or without TLS. */
  readonly secure: boolean
  /** Host name or address, without the brackets of IPv6. */
  readonly hostname: string
  readonly port: number
}

/** Environment variables, as `process.env` has them. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>

/**
 * The proxy for a target; undefined = none, an error where its URL cannot be used. The environment is read as Go does
 * it: `golang.org/x/net/http/httpproxy`. Loopback addresses and `localhost` are never reached through a proxy that the
 * environment names.
 */
export function proxyFor(
  setting: ProxySetting,
  target: ProxiedTarget,
  environment: ProxyEnvironment = process.env,
): ProxyServer | OtlpError | undefined {
  if (setting === 'none') return undefined
  if (typeof setting === 'object') return parseProxyUrl(setting.url, 'proxy')
  const name = proxyVariable(target.secure, environment)
  if (name === undefined || isExcluded(target, environment)) return undefined
  return parseProxyUrl(environment[name]!.trim(), name)
}

/** Name of the variable that has the proxy; empty ones count as unset. */
function proxyVariable(secure: boolean, environment: ProxyEnvironment): string | undefined {
  const upper = secure ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const lower = upper.toLowerCase()
  // A CGI program gets the request header "Proxy" as HTTP_PROXY: whoever sends a request would choose the proxy.
  const isTrap = !secure && isSet(environment['REQUEST_METHOD'])
  if (!isTrap && isSet(environment[upper])) return upper
  return isSet(environment[lower]) ? lower : undefined
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== ''
}

function isExcluded(target: ProxiedTarget, environment: ProxyEnvironment): boolean {
  const host = target.hostname.toLowerCase()
  if (host === 'localhost') return true
  const version = nodeNet().isIP(host)
  if (version !== 0 && loopback().check(host, version === 4 ? 'ipv4' : 'ipv6')) return true
  const list = isSet(environment['NO_PROXY']) ? environment['NO_PROXY'] : environment['no_proxy']
  return (list ?? '').split(',').some((entry) => matches(entry.trim().toLowerCase(), host, version, target.port))
}

function loopback(): BlockList {
  const list = new (nodeNet().BlockList)()
  list.addSubnet('127.0.0.0', 8, 'ipv4')
  list.addAddress('::1', 'ipv6')
  return list
}

/**
 * Whether an entry of NO_PROXY excludes the host: `*`, an address or block of addresses, a domain with everything
 * below it, a domain that begins with `.` or `*.` for only what is below it; addresses and domains may have a port.
 */
function matches(entry: string, host: string, version: number, port: number): boolean {
  if (entry === '') return false
  if (entry === '*') return true
  const block = /^(.+)\/(\d{1,3})$/.exec(entry)
  if (block !== null) return version !== 0 && inBlock(host, version, block[1]!, Number(block[2]))
  const { name, onlyPort } = withoutPort(entry)
  if (name === '' || (onlyPort !== undefined && onlyPort !== String(port))) return false
  const named = nodeNet().isIP(name)
  if (named !== 0) return version !== 0 && inBlock(host, version, name, named === 4 ? 32 : 128)
  const domain = toAscii(name.startsWith('*.') ? name.slice(1) : name)
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`)
}

function inBlock(host: string, version: number, network: string, prefix: number): boolean {
  const networkVersion = nodeNet().isIP(network)
  if (networkVersion === 0 || prefix > (networkVersion === 4 ? 32 : 128)) return false
  const list = new (nodeNet().BlockList)()
  list.addSubnet(network, prefix, networkVersion === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

function withoutPort(entry: string): { name: string; onlyPort: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry)
  if (bracketed !== null) return { name: bracketed[1]!, onlyPort: bracketed[2] }
  // More than one colon is an IPv6 address.
  const named = /^([^:]*):(\d+)$/.exec(entry)
  return named === null ? { name: entry, onlyPort: undefined } : { name: named[1]!, onlyPort: named[2] }
}

// Hosts of URLs are in their ASCII form already.
function toAscii(name: string): string {
  if (!/[^\u0000-\u007f]/.test(name)) return name
  const dot = name.startsWith('.') ? '.' : ''
  const url = `http://${name.slice(dot.length)}`
  return URL.canParse(url) ? dot + new URL(url).hostname : name
}
