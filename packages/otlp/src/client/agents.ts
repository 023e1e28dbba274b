// SPDX-License-Identifier: Apache-2.0
import type { Agent, AgentOptions, ClientRequestArgs } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { nodeHttp, nodeHttps, nodeNet, nodeTls } from '../transport/builtin.ts'
import { checkIdentity } from '../transport/tls-identity.ts'
import { connectThroughProxy, type ProxyServer, type TunnelOptions } from './proxy.ts'

/** An agent for plain HTTP. */
export function plainAgent(options: AgentOptions): Agent {
  return new (nodeHttp().Agent)(options)
}

/** How a certificate is checked for a name. */
export type IdentityCheck = NonNullable<ConnectionOptions['checkServerIdentity']>

/** An agent for HTTP over TLS; without `check` certificates must be for the host. */
export function secureAgent(options: AgentOptions, check: IdentityCheck | undefined): Agent {
  return withGenerations(new (nodeHttps().Agent)({ ...options, checkServerIdentity: check ?? checkIdentity }))
}

/**
 * An agent for HTTP over TLS through tunnels of a proxy. Connections still being made do not count towards `maxSockets`:
 * node counts what it has.
 */
export function tunnelAgent(
  options: AgentOptions,
  check: IdentityCheck | undefined,
  proxy: ProxyServer,
  tunnel: TunnelOptions,
): Agent {
  const agent = secureAgent(options, check)
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (to, done) => {
    connectThroughProxy(proxy, addressOf(to), tunnel, (error, socket) => {
      if (error === undefined) done?.(null, connect({ ...to, socket } as ClientRequestArgs)!)
      else done?.(error, undefined as unknown as Duplex)
    })
    return undefined
  }
  return agent
}

function addressOf(to: ClientRequestArgs): { hostname: string; port: number } {
  return { hostname: to.host ?? 'localhost', port: Number(to.port) }
}

/** The options of a request with what keeps connections of different TLS settings apart. */
export interface GenerationOptions {
  /** Grows with each reload of the TLS settings. */
  readonly tlsGeneration?: number
}

// A connection and a session of TLS were made with the certificates of their time; node would use both for requests
// with later ones, since it does not compare secure contexts.
function withGenerations(agent: Agent): Agent {
  const nameOf = agent.getName.bind(agent)
  agent.getName = (options) => `${nameOf(options)}:${(options as GenerationOptions | undefined)?.tlsGeneration ?? 0}`
  return agent
}

/** A connection being made that can be given up. */
export interface Dial {
  cancel(): void
}

/**
 * Connects to `hostname:port` with TLS, through a proxy where one is given, and hands the socket over after the
 * handshake. Calls `done` once, and not after `cancel`.
 */
export function dialTls(
  target: { readonly hostname: string; readonly port: number },
  tls: ConnectionOptions,
  through: { readonly proxy: ProxyServer; readonly tunnel: TunnelOptions } | undefined,
  done: (error: Error | undefined, socket?: TLSSocket) => void,
): Dial {
  let tunnel: Dial | undefined
  let socket: TLSSocket | undefined
  let isDone = false
  const finish = (error: Error | undefined): void => {
    if (isDone) return
    isDone = true
    if (error === undefined) done(undefined, socket)
    else done(error)
  }
  const begin = (carrier: Socket | undefined): void => {
    const made = nodeTls().connect({
      host: target.hostname,
      port: target.port,
      servername: nodeNet().isIP(target.hostname) === 0 ? target.hostname : '',
      checkServerIdentity: checkIdentity,
      ...tls,
      ...(carrier === undefined ? {} : { socket: carrier }),
    })
    socket = made
    made.on('error', finish)
    made.once('close', () =>
      finish(Object.assign(new Error('closed during the TLS handshake'), { code: 'ECONNRESET' })),
    )
    made.once('secureConnect', () => {
      made.off('error', finish)
      finish(undefined)
    })
  }
  if (through === undefined) begin(undefined)
  else {
    tunnel = connectThroughProxy(through.proxy, target, through.tunnel, (error, carrier) => {
      if (error === undefined) begin(carrier)
      else finish(error)
    })
  }
  return {
    cancel() {
      isDone = true
      tunnel?.cancel()
      socket?.destroy()
    },
  }
}
