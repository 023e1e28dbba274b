// SPDX-License-Identifier: Apache-2.0
import type { OtlpError } from '../errors.ts'
import { otlpError } from '../errors.ts'
import { parseHttpTarget } from '../transport/endpoint.ts'

/** One place to connect to. A `host` that is a name is looked up by the system when connecting. */
export type GrpcAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/** A gRPC target taken apart: grpc/doc/naming.md. */
export interface GrpcTarget {
  /** Name whose addresses are looked up; undefined when `addresses` are known. */
  readonly name: { readonly host: string; readonly port: number } | undefined
  readonly addresses: readonly GrpcAddress[]
  /** What an `http://` or `https://` scheme says; undefined without one. */
  readonly secure: boolean | undefined
  /** Value of `:authority`, and by its host part what a certificate must be for. */
  readonly authority: string
  /** Basic credentials of the URL, ready for the authorization header. */
  readonly authorization: string | undefined
  /** The target for messages, without credentials. */
  readonly display: string
}

// Of gRPC: applies to every target without a port but URLs.
const defaultPort = 443

const expected =
  'expected is host:port, http://host:port, https://host:port, dns:///host:port, passthrough:///host:port, ipv4:address:port, ipv6:[address]:port, unix:path or unix:///path'

/** Takes a target apart; returns the error instead of throwing it when it is none. */
export function parseGrpcTarget(endpoint: string): GrpcTarget | OtlpError {
  const text = endpoint.trim()
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  const rest = scheme === undefined ? '' : text.slice(scheme.length + 1)
  switch (scheme) {
    case 'http':
    case 'https':
      return urlTarget(endpoint, text)
    case 'unix':
      return unixTarget(endpoint, rest)
    case 'unix-abstract':
      // Node, like Linux, marks the abstract name space by a zero byte.
      return rest === '' ? badTarget(endpoint) : pathTarget(endpoint, `\0${rest}`)
    case 'dns':
    case 'passthrough':
      return rest.startsWith('//') || scheme === 'dns'
        ? namedTarget(endpoint, rest, scheme)
        : hostTarget(endpoint, text, 'dns')
    case 'ipv4':
    case 'ipv6':
      return listTarget(endpoint, rest, scheme)
    default:
      return text.includes('://') ? badTarget(endpoint) : hostTarget(endpoint, text, 'dns')
  }
}

function urlTarget(endpoint: string, text: string): GrpcTarget | OtlpError {
  const url = parseHttpTarget(text)
  if (url instanceof Error) return badTarget(endpoint)
  const { hostname: host, port, secure, authorization } = url
  const isAddress = addressFamily(host) !== 0
  return {
    name: isAddress ? undefined : { host, port },
    addresses: isAddress ? [{ host, port }] : [],
    secure,
    authority: url.host,
    authorization,
    display: `${secure ? 'https' : 'http'}://${url.host}`,
  }
}

function unixTarget(endpoint: string, rest: string): GrpcTarget | OtlpError {
  // unix:path has any path, unix:///path an absolute one; a host between the slashes makes no sense.
  if (!rest.startsWith('//')) return rest === '' ? badTarget(endpoint) : pathTarget(endpoint, rest)
  return rest.startsWith('///') && rest.length > 3 ? pathTarget(endpoint, rest.slice(2)) : badTarget(endpoint)
}

function pathTarget(endpoint: string, path: string): GrpcTarget {
  return {
    name: undefined,
    addresses: [{ path }],
    secure: undefined,
    authority: 'localhost',
    authorization: undefined,
    display: endpoint.trim(),
  }
}

function namedTarget(endpoint: string, rest: string, scheme: 'dns' | 'passthrough'): GrpcTarget | OtlpError {
  if (!rest.startsWith('//')) return hostTarget(endpoint, rest, scheme)
  const slash = rest.indexOf('/', 2)
  if (slash > 2) {
    return otlpError(
      'OTLP_OPTION',
      `endpoint "${endpoint}": names a server "${rest.slice(2, slash)}" to look names up at; allowed is ${scheme}:///host:port, which uses the name service of the system; nothing is sent`,
    )
  }
  return slash === -1 ? badTarget(endpoint) : hostTarget(endpoint, rest.slice(slash + 1), scheme)
}

function hostTarget(endpoint: string, text: string, scheme: 'dns' | 'passthrough'): GrpcTarget | OtlpError {
  const address = parseHostPort(text)
  if (address === undefined) return badTarget(endpoint)
  const isName = scheme === 'dns' && addressFamily(address.host) === 0
  return {
    name: isName ? address : undefined,
    addresses: isName ? [] : [address],
    secure: undefined,
    authority: text,
    authorization: undefined,
    display: endpoint.trim(),
  }
}

function listTarget(endpoint: string, rest: string, scheme: 'ipv4' | 'ipv6'): GrpcTarget | OtlpError {
  const family = scheme === 'ipv4' ? 4 : 6
  const texts = rest.replace(/^\/{3}/, '').split(',')
  const addresses: { host: string; port: number }[] = []
  for (const text of texts) {
    const address = parseHostPort(text)
    if (address === undefined || addressFamily(address.host) !== family) return badTarget(endpoint)
    addresses.push(address)
  }
  return {
    name: undefined,
    addresses,
    secure: undefined,
    authority: texts[0]!,
    authorization: undefined,
    display: endpoint.trim(),
  }
}

function parseHostPort(text: string): { host: string; port: number } | undefined {
  if (addressFamily(text) === 6) return { host: text, port: defaultPort }
  const match = /^(?:\[([0-9a-f:.%a-z]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/i.exec(text)
  if (match === null) return undefined
  const port = match[3] === undefined ? defaultPort : Number(match[3])
  if (port > 65_535 || port === 0) return undefined
  if (match[1] === undefined) return { host: match[2]!, port }
  return addressFamily(match[1]) === 6 ? { host: match[1], port } : undefined
}

/** 4, 6, or 0 for what is no address. Told from the text, so that a client does not load node:net before it sends. */
export function addressFamily(host: string): 0 | 4 | 6 {
  if (/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(host)) return 4
  const zone = host.indexOf('%')
  const plain = zone === -1 ? host : host.slice(0, zone)
  return plain.includes(':') && URL.canParse(`http://[${plain}]`) ? 6 : 0
}

function badTarget(endpoint: string): OtlpError {
  const text = endpoint.replace(/\/\/[^@/]*@/, '//')
  return otlpError('OTLP_OPTION', `endpoint "${text}": not a target that gRPC can use; ${expected}; nothing is sent`)
}
