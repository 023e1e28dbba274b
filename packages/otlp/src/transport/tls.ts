// SPDX-License-Identifier: Apache-2.0
import type {
  ConnectionOptions,
  TlsOptions as NodeServerOptions,
  PeerCertificate,
  SecureContext,
  SecureContextOptions,
  Server,
} from 'node:tls'
import type { Clock } from '../clock.ts'
import { otlpError } from '../errors.ts'
import { nodeNet, nodeTls } from './builtin.ts'
import { checkIdentity } from './tls-identity.ts'
import type { ClientTlsOptions, ServerTlsOptions, TlsObserver } from './tls-options.ts'
import { protocolOptions } from './tls-protocol.ts'
import { ReloadingMaterial } from './tls-reload.ts'

export type {
  ClientTlsOptions,
  PemSource,
  ServerTlsOptions,
  TlsObserver,
  TlsOptions,
  TlsVersion,
} from './tls-options.ts'

/** TLS of a client, ready for connections. */
export interface ClientTls {
  /**
   * What `tls.connect` takes besides host, port and ALPN. Another object after each reload, so whoever keeps
   * connections knows by its identity which ones were made with older settings.
   */
  connectOptions(): ConnectionOptions
  /** Stops reading files again. */
  close(): void
}

/** TLS of a server, ready to listen. */
export interface ServerTls {
  /** What `tls.createServer` and its like take. */
  serverOptions(): NodeServerOptions
  /** Hands reloaded certificates to `server` from now until it closes. */
  attach(server: Server): void
  /** Stops reading files again. */
  close(): void
}

/**
 * Makes the TLS of a client; without options the authorities that Node trusts, TLS 1.2 and 1.3.
 *
 * Throws OTLP_OPTION for a file that cannot be read, text that is not PEM, a key of another certificate, unknown cipher
 * suites or curves. An own certificate that has expired is used all the same and told to the observer: only peers know
 * whether they mind.
 *
 * @example
 * ```ts
 * import { systemClock } from '@otel-ts/otlp'
 * import { createClientTls } from '@otel-ts/otlp/client'
 * const tls = createClientTls({ minVersion: '1.3', serverName: 'collector.test' }, systemClock)
 * console.log(tls.connectOptions().servername) // collector.test
 * tls.close()
 * try {
 *   createClientTls({ curves: ['P257'] }, systemClock)
 * } catch (error) {
 *   console.log((error as Error).message.split(';')[0]) // tls.curves "P257": not a group that the OpenSSL of this Node has
 * }
 * ```
 */
export function createClientTls(
  options: ClientTlsOptions | undefined,
  clock: Clock,
  observer?: TlsObserver,
): ClientTls {
  const given = options ?? {}
  const protocol = protocolOptions(given)
  const peer = peerOptions(given)
  let current: ConnectionOptions = {}
  const material = new ReloadingMaterial(given, clock, observer, ({ context }) => {
    current = { ...peer, secureContext: secureContext({ ...context, ...protocol }) }
  })
  return {
    connectOptions: () => current,
    close: () => material.close(),
  }
}

function peerOptions(options: ClientTlsOptions): ConnectionOptions {
  // Said in any case, so that NODE_TLS_REJECT_UNAUTHORIZED does not open what the options mean to be closed.
  const peer: ConnectionOptions = { rejectUnauthorized: options.insecureSkipVerify !== true }
  const name = options.serverName
  if (name === undefined || name === '') return peer
  // RFC 6066 section 3: an address is no name to ask for; it can only be checked.
  if (nodeNet().isIP(name) === 0) peer.servername = name
  else peer.servername = ''
  peer.checkServerIdentity = (_host: string, certificate: PeerCertificate) => checkIdentity(name, certificate)
  return peer
}

function secureContext(options: SecureContextOptions): SecureContext {
  return nodeTls().createSecureContext(options)
}

/**
 * Makes the TLS of a server. With `clientCa` only clients with a certificate of it are served (mTLS). Throws
 * OTLP_OPTION as a client's does, and when there is no certificate.
 *
 * @example
 * ```ts
 * import { systemClock } from '@otel-ts/otlp'
 * import { createServerTls } from '@otel-ts/otlp/server'
 * try {
 *   createServerTls({ certificate: { file: '/nowhere/cert.pem' } }, systemClock)
 * } catch (error) {
 *   console.log((error as Error).message.split(';')[0]) // tls.key: absent
 * }
 * ```
 */
export function createServerTls(options: ServerTlsOptions, clock: Clock, observer?: TlsObserver): ServerTls {
  if (options.certificate === undefined || options.key === undefined) {
    const missing = options.certificate === undefined ? 'certificate' : 'key'
    throw otlpError(
      'OTLP_OPTION',
      `tls.${missing}: absent; a server with TLS needs a certificate and its key; not started`,
    )
  }
  const protocol = protocolOptions(options)
  const isMutual = options.clientCa !== undefined
  let current: NodeServerOptions = {}
  const servers = new Set<Server>()
  const material = new ReloadingMaterial(options, clock, observer, ({ context }) => {
    const made: NodeServerOptions = {
      ...context,
      ...protocol,
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
    }
    // Fails here what would fail for every server, before any of them changes.
    secureContext(made)
    for (const server of servers) server.setSecureContext(made)
    current = made
  })
  return {
    serverOptions: () => current,
    attach(server) {
      servers.add(server)
      server.once('close', () => servers.delete(server))
    },
    close: () => material.close(),
  }
}
