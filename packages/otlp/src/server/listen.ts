// SPDX-License-Identifier: Apache-2.0
import type { AddressInfo, Server } from 'node:net'
import { type OtlpError, otlpError } from '../errors.ts'
import { nodeFs, nodeNet } from '../transport/builtin.ts'
import { type ListenAddress, parseListenAddress } from '../transport/endpoint.ts'

/**
 * Binds what `endpoint` says: an address over TCP, or the path of a Unix socket, which may begin with `@` for Linux's
 * abstract ones. Rejects with OTLP_OPTION or OTLP_LISTEN, nothing bound.
 */
export async function listenAt<S extends Server>(
  endpoint: string,
  transport: 'tcp' | 'unix' | undefined,
  createServer: () => S,
): Promise<readonly S[]> {
  if (transport === 'unix') return [await listenUnix(endpoint, createServer)]
  const address = parseListenAddress(endpoint)
  if (address instanceof Error) throw address
  return listenAll(address, endpoint, createServer)
}

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
          await listen(server, { port, ...(host === undefined ? {} : { host }) })
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

// The kernel's limit on the path of a socket, of 108 bytes with its end.
const maxPathBytes = 107

async function listenUnix<S extends Server>(path: string, createServer: () => S): Promise<S> {
  if (path === '' || Buffer.byteLength(path) > maxPathBytes || path.includes('\0')) {
    throw otlpError(
      'OTLP_OPTION',
      `endpoint ${JSON.stringify(path)}: not a path of a Unix socket; expected is one of 1 to ${maxPathBytes} bytes; not started`,
    )
  }
  const options = { path: path.startsWith('@') ? `\0${path.slice(1)}` : path }
  const server = createServer()
  try {
    await listen(server, options)
    return server
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE' || !(await isLeftBehind(path))) throw listenError(path, error)
  }
  // A process that was killed leaves its socket, on which nobody listens.
  try {
    nodeFs().unlinkSync(path)
    await listen(server, options)
    return server
  } catch (error) {
    throw listenError(path, error)
  }
}

function isLeftBehind(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = nodeNet().connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(false)
    })
    // Of a file that is no socket, connecting is refused too: that one is somebody's data.
    probe.once('error', (error) => resolve(codeOf(error) === 'ECONNREFUSED' && isSocket(path)))
  })
}

function isSocket(path: string): boolean {
  try {
    return nodeFs().lstatSync(path).isSocket()
  } catch {
    return false
  }
}

function listen(server: Server, options: { port: number; host?: string } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
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
  if (code === 'EACCES') return ' (ports below 1024 need a privilege, and sockets a folder that may be written to)'
  if (code === 'ENOENT') return ' (the folder of the socket does not exist)'
  if (code === 'EADDRNOTAVAIL') return ' (this machine does not have the address)'
  if (code === 'ENOTFOUND') return ' (the host name has no address)'
  return ''
}

/** Text of the address a server is bound to: `127.0.0.1:4318`, `[::1]:4318`, `unix:/run/otel.sock`. */
export function addressText(server: Server): string {
  const bound = server.address() as AddressInfo | string
  if (typeof bound === 'string') return `unix:${bound.replace(/^\0/, '@')}`
  const { address, family, port } = bound
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}
