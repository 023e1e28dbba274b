// SPDX-License-Identifier: Apache-2.0
import type { Agent, AgentOptions, RequestOptions } from 'node:http'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../clock.ts'
import { isOtlpError, type OtlpError, otlpError } from '../errors.ts'
import { nodeHttp, nodeHttps } from '../transport/builtin.ts'
import type { HttpTarget } from '../transport/endpoint.ts'
import { type ClientTls, createClientTls } from '../transport/tls.ts'
import type { ClientTlsOptions, TlsObserver } from '../transport/tls-options.ts'
import { dialTls, type GenerationOptions, plainAgent, secureAgent, tunnelAgent } from './agents.ts'
import type { AnswerHead } from './answer.ts'
import { Http2Route } from './http2-route.ts'
import { type ProxyServer, proxyTls, type TunnelOptions } from './proxy.ts'
import { type ProxyEnvironment, type ProxySetting, proxyFor } from './proxy-environment.ts'
import { markProxyError } from './proxy-failure.ts'

/** An agent of `node:http` or `node:https`, or a function that gives one: for `https:` when `secure`. */
export type HttpAgent = Agent | ((secure: boolean) => Agent)

/** How connections are made and kept. */
export interface ConnectionSettings {
  readonly maxConnections: number
  readonly maxIdleConnections: number
  readonly idleTimeoutMillis: number
  readonly tls: ClientTlsOptions | undefined
  readonly proxy: ProxySetting
  readonly agent: HttpAgent | undefined
  readonly http2: boolean
  readonly clock: Clock
  readonly tlsObserver: TlsObserver | undefined
  readonly environment?: ProxyEnvironment
}

/** A request under way: `ClientRequest` of node:http, or one over HTTP/2 in its shape. */
export interface OutgoingRequest {
  /** Whether it went over a connection that had served another one. */
  readonly reusedSocket: boolean
  on(event: 'response', listener: (response: IncomingAnswer) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  cork(): void
  uncork(): void
  write(chunk: Uint8Array): unknown
  end(chunk: Uint8Array): unknown
  destroy(): unknown
}

/** An answer that is arriving. */
export interface IncomingAnswer extends AnswerHead {
  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  on(event: 'end', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

// How requests reach one target, found out on the first of them.
interface Route {
  readonly agent: Agent
  /** The proxy that takes whole requests: of targets without TLS. */
  readonly forwarder: ProxyServer | undefined
  readonly http2: Http2Route | undefined
}

/**
 * Kept-alive connections of one client: an agent for each way there is, made on the first request. TLS settings that
 * were given are read when the client is made.
 */
export class Connections {
  readonly #settings: ConnectionSettings
  readonly #routes = new Map<HttpTarget, Route | OtlpError>()
  readonly #agents = new Map<string, Agent>()
  readonly #tunnel: TunnelOptions
  #tls: ClientTls | OtlpError | undefined
  // TLS options of the connections made now, and how many others there were before.
  #tlsOptions: ConnectionOptions | undefined
  #tlsGeneration = 0

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
    this.#tunnel = { tls: () => this.#connectOptions(), clock: settings.clock }
    if (settings.tls !== undefined && settings.agent === undefined) this.#prepareTls()
  }

  /** What makes requests to `target` impossible: TLS options or a proxy that cannot be used. To be asked before `post`. */
  problem(target: HttpTarget): OtlpError | undefined {
    let route = this.#routes.get(target)
    if (route === undefined) {
      route = this.#routeTo(target)
      this.#routes.set(target, route)
    }
    return route instanceof Error ? route : undefined
  }

  /** Starts a POST; the caller adds listeners and writes the body in the same tick. */
  post(target: HttpTarget, headers: readonly string[]): OutgoingRequest {
    const route = this.#routes.get(target) as Route
    return route.http2 === undefined ? this.#postHttp1(target, headers, route) : route.http2.post(headers)
  }

  /** Closes all connections and stops reading certificates again; agents that were given stay as they are. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy()
    for (const route of this.#routes.values()) if (!(route instanceof Error)) route.http2?.close()
    if (this.#tls !== undefined && !(this.#tls instanceof Error)) this.#tls.close()
  }

  #postHttp1(target: HttpTarget, headers: readonly string[], route: Route): OutgoingRequest {
    const options: RequestOptions = {
      method: 'POST',
      host: target.hostname,
      port: target.port,
      path: target.path,
      headers: headerObject(headers),
      agent: route.agent,
    }
    if (route.forwarder !== undefined) return this.#forward(target, options, route.forwarder)
    if (!target.secure) return nodeHttp().request(options)
    if (this.#settings.agent === undefined)
      Object.assign(options, this.#requestTls(this.#connectOptions()), this.#generation())
    return nodeHttps().request(options)
  }

  #forward(target: HttpTarget, options: RequestOptions, proxy: ProxyServer): OutgoingRequest {
    options.host = proxy.hostname
    options.port = proxy.port
    // RFC 9112 section 3.2.2: a proxy is told the whole URL.
    options.path = `http://${target.host}${target.path}`
    if (proxy.authorization !== undefined) {
      ;(options.headers as Record<string, string>)['Proxy-Authorization'] = proxy.authorization
    }
    const request = proxy.secure
      ? nodeHttps().request(
          Object.assign(options, this.#requestTls(proxyTls(proxy, this.#connectOptions())), this.#generation()),
        )
      : nodeHttp().request(options)
    // Before the caller's own listener, so that it sees the mark.
    request.on('error', (error) => markProxyError(error, proxy))
    return request
  }

  #routeTo(target: HttpTarget): Route | OtlpError {
    const { agent, proxy, http2, environment } = this.#settings
    if (agent !== undefined) {
      const given = givenAgent(agent, target)
      return given instanceof Error ? given : { agent: given, forwarder: undefined, http2: undefined }
    }
    const through = proxyFor(proxy, target, environment)
    if (through instanceof Error) return through
    if (target.secure || through?.secure === true) {
      const tls = this.#prepareTls()
      if (tls instanceof Error) return tls
    }
    const route = { agent: this.#agentFor(target.secure, through), forwarder: undefined, http2: undefined }
    if (!target.secure) return { ...route, forwarder: through }
    return http2 ? { ...route, http2: this.#http2Route(target, route, through) } : route
  }

  #agentFor(secure: boolean, proxy: ProxyServer | undefined): Agent {
    const key = `${secure} ${proxy?.display ?? ''}`
    let agent = this.#agents.get(key)
    if (agent === undefined) {
      const options = this.#agentOptions()
      if (secure) {
        const check = this.#connectOptions().checkServerIdentity
        agent = proxy === undefined ? secureAgent(options, check) : tunnelAgent(options, check, proxy, this.#tunnel)
      } else {
        // Without TLS to the endpoint a proxy takes whole requests: its own scheme counts.
        agent = proxy?.secure === true ? secureAgent(options, undefined) : plainAgent(options)
      }
      this.#agents.set(key, agent)
    }
    return agent
  }

  #agentOptions(): AgentOptions {
    const { maxConnections, maxIdleConnections, idleTimeoutMillis } = this.#settings
    return {
      // node takes a limit of 0 free sockets for its default; not keeping any is another setting.
      keepAlive: maxIdleConnections > 0,
      maxSockets: maxConnections,
      maxFreeSockets: maxIdleConnections,
      // Newest first, so that connections not needed any more run into their idle time-out.
      scheduling: 'lifo',
      timeout: idleTimeoutMillis,
    }
  }

  #http2Route(target: HttpTarget, route: Route, proxy: ProxyServer | undefined): Http2Route {
    const through = proxy === undefined ? undefined : { proxy, tunnel: this.#tunnel }
    return new Http2Route(target, {
      dial: (done) => {
        const options = { ...this.#connectOptions(), ALPNProtocols: ['h2', 'http/1.1'] }
        return dialTls(target, options, through, done)
      },
      postHttp1: (headers) => this.#postHttp1(target, headers, route),
      generation: () => this.#connectOptions(),
      idleTimeoutMillis: this.#settings.idleTimeoutMillis,
    })
  }

  #prepareTls(): ClientTls | OtlpError {
    if (this.#tls === undefined) {
      const { tls, clock, tlsObserver } = this.#settings
      try {
        this.#tls = createClientTls(tls, clock, tlsObserver)
      } catch (error) {
        this.#tls = isOtlpError(error) ? (error as OtlpError) : internalError(error)
      }
    }
    return this.#tls
  }

  // How names are checked is the agent's: connections with a check of their own node does not keep.
  #requestTls(options: ConnectionOptions): ConnectionOptions {
    const { checkServerIdentity: _, ...rest } = options
    return rest
  }

  // To be asked after the options it belongs to.
  #generation(): GenerationOptions {
    return { tlsGeneration: this.#tlsGeneration }
  }

  #connectOptions(): ConnectionOptions {
    const options = (this.#tls as ClientTls).connectOptions()
    if (options !== this.#tlsOptions) {
      this.#tlsOptions = options
      this.#tlsGeneration++
    }
    return options
  }
}

function givenAgent(agent: HttpAgent, target: HttpTarget): Agent | OtlpError {
  if (typeof agent !== 'function') return agent
  try {
    return agent(target.secure)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return otlpError(
      'OTLP_OPTION',
      `agent function: failed with "${text}"; expected is an agent; nothing is sent`,
      error,
    )
  }
}

function internalError(error: unknown): OtlpError {
  const text = error instanceof Error ? error.message : String(error)
  return otlpError('OTLP_INTERNAL', `tls: ${text}; expected were settings that can be read; nothing is sent`, error)
}

// node:http would take the flat list as it is, but instrumentations that wrap `request` copy headers as an object, and a
// list copied so loses every name.
function headerObject(list: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < list.length; at += 2) headers[list[at]!] = list[at + 1]!
  return headers
}
