// SPDX-License-Identifier: Apache-2.0
import type { AddressInfo, Server } from 'node:net'
import { type OtlpError, otlpError } from '../errors.ts'
import type { ListenAddress } from '../transport/endpoint.ts'

/**
 * Binds one server per host of `address`, all to one port: with port 0, to the one the system gave the first. A host
 * whose address family this machine lacks is left out, as long as one remains. Rejects with OTLP_LISTEN, nothing bound.
 */
export async function listenAll<S extends Server>(
  address: ListenAddress,
  endpoint: string,
  createServer: () => S,
): Promise<readonly S[]> {
  // A port that is free on 127.0.0.1 may be taken on ::1; the system then gives another one.
  const maxTries = address.port === 0 && address.hosts.length > 1 ? 10 : 1
  for (let attempt = 1; ; attempt++) {
    const servers: S[] = []
    let missing: unknown
    let port = address.port
    try {
      for (const host of address.hosts) {
        const server = createServer()
        try {
          await listen(server, host, port)
        } catch (error) {
          if (address.hosts.length === 1 || !isFamilyMissing(error)) throw error
          missing = error
          continue
        }
        servers.push(server)
        port = (server.address() as AddressInfo).port
      }
      if (servers.length === 0) throw missing
      return servers
    } catch (error) {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
      if (attempt < maxTries && codeOf(error) === 'EADDRINUSE') continue
      throw listenError(endpoint, error)
    }
  }
}

function listen(server: Server, host: string | undefined, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function isFamilyMissing(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? ''
}

function listenError(endpoint: string, error: unknown): OtlpError {
  const text = error instanceof Error ? error.message : String(error)
  return otlpError(
    'OTLP_LISTEN',
    `endpoint "${endpoint}": ${text}; expected is an address of this machine with a free port${adviceFor(codeOf(error))}; not started`,
    error,
  )
}

function adviceFor(code: string): string {
  if (code === 'EADDRINUSE') return ' (another process, or another receiver of this one, listens there)'
  if (code === 'EACCES') return ' (ports below 1024 need a privilege)'
  if (code === 'EADDRNOTAVAIL') return ' (this machine does not have the address)'
  if (code === 'ENOTFOUND') return ' (the host name has no address)'
  return ''
}

/** Text of the address a server is bound to: `127.0.0.1:4318`, `[::1]:4318`. */
export function addressText(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}
