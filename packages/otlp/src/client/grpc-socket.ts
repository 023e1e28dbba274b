// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../clock.ts'
import { nodeNet, nodeTls } from '../transport/builtin.ts'
import type { ClientTls } from '../transport/tls.ts'
import { checkIdentity } from '../transport/tls-identity.ts'
import { addressFamily, type GrpcAddress } from './grpc-target.ts'
import { connectThroughProxy, type ProxyServer } from './proxy.ts'

/** How sockets are made. */
export interface GrpcSocketSettings {
  /** Undefined = without TLS. */
  readonly tls: ClientTls | undefined
  /** Host that a certificate must be for, unless the TLS options name another. */
  readonly serverName: string
  readonly proxy: ProxyServer | undefined
  readonly clock: Clock
}

// The kernel finds out about hosts that are gone while a connection lies idle; servers do not count these probes as
// they count pings.
const keepAliveProbes = { keepAlive: true, keepAliveInitialDelay: 15_000 } as const

/**
 * Connects to an address, with TLS and through a proxy as set. `done` is called once and never before this returns,
 * unless cancelled.
 */
export function openGrpcSocket(
  settings: GrpcSocketSettings,
  address: GrpcAddress,
  done: (error: unknown, socket?: Socket) => void,
): { cancel(): void; setRef(isHeld: boolean): void } {
  let socket: Socket | undefined
  let tunnel: { cancel(): void } | undefined
  let isDone = false
  let isHeld = true
  const finish = (error: unknown): void => {
    if (isDone) return
    isDone = true
    if (error !== undefined) socket?.destroy()
    done(error, socket)
  }
  const use = (made: Socket, event: 'connect' | 'secureConnect' | undefined): void => {
    socket = made
    if (!isHeld) made.unref()
    // Stays for good: an error after this function has reported another one must not end the process.
    made.on('error', finish)
    made.once('close', () => finish(closedError()))
    if (event === undefined) finish(undefined)
    else made.once(event, () => finish(undefined))
  }
  const start = (through: Socket | undefined): void => {
    try {
      if (settings.tls === undefined) {
        if (through !== undefined) use(through, undefined)
        else use(nodeNet().connect({ ...address, noDelay: true, ...keepAliveProbes }), 'connect')
      } else {
        use(nodeTls().connect(tlsOptions(settings, settings.tls, address, through)), 'secureConnect')
      }
    } catch (error) {
      queueMicrotask(() => finish(error))
    }
  }
  if (settings.proxy === undefined || 'path' in address) {
    start(undefined)
  } else {
    tunnel = connectThroughProxy(
      settings.proxy,
      { hostname: address.host, port: address.port },
      { tls: () => settings.tls?.connectOptions() ?? {}, clock: settings.clock },
      (error, through) => {
        if (error !== undefined) queueMicrotask(() => finish(error))
        else if (isDone) through?.destroy()
        else start(through!.setNoDelay(true))
      },
    )
  }
  return {
    cancel() {
      isDone = true
      tunnel?.cancel()
      socket?.destroy()
    },
    setRef(held) {
      isHeld = held
      if (held) socket?.ref()
      else socket?.unref()
    },
  }
}

function closedError(): Error {
  return Object.assign(new Error('the connection was closed during the handshake'), { code: 'ECONNRESET' })
}

function tlsOptions(
  settings: GrpcSocketSettings,
  tls: ClientTls,
  address: GrpcAddress,
  through: Socket | undefined,
): ConnectionOptions {
  const given = tls.connectOptions()
  const name = settings.serverName
  return {
    ...(through === undefined ? { ...address, noDelay: true, ...keepAliveProbes } : { socket: through }),
    ALPNProtocols: ['h2'],
    // RFC 6066 section 3: an address is no name to ask for. The addresses connected to are no names to check either.
    servername: addressFamily(name) === 0 ? name : '',
    checkServerIdentity: (_host, certificate) => checkIdentity(name, certificate),
    ...given,
  }
}
