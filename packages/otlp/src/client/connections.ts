// SPDX-License-Identifier: Apache-2.0
import type { Agent, ClientRequest, RequestOptions } from 'node:http'
import { nodeHttp, nodeHttps } from '../transport/builtin.ts'
import type { HttpTarget } from '../transport/endpoint.ts'

/** Limits of the kept connections. */
export interface ConnectionLimits {
  readonly maxConnections: number
  readonly maxIdleConnections: number
  readonly idleTimeoutMillis: number
}

/**
 * Kept-alive connections of one client: one agent a scheme, made on the first request. TLS settings and proxies
 * are options of these agents.
 */
export class Connections {
  readonly #limits: ConnectionLimits
  #plain: Agent | undefined
  #secure: Agent | undefined

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  /** Starts a POST; the caller adds listeners and writes the body in the same tick. */
  post(target: HttpTarget, headers: readonly string[]): ClientRequest {
    const options: RequestOptions = {
      method: 'POST',
      host: target.hostname,
      port: target.port,
      path: target.path,
      headers: headerObject(headers),
      agent: target.secure ? this.#secureAgent() : this.#plainAgent(),
    }
    return (target.secure ? nodeHttps() : nodeHttp()).request(options)
  }

  /** Closes all connections; a later `post` opens new ones. */
  close(): void {
    this.#plain?.destroy()
    this.#secure?.destroy()
  }

  #plainAgent(): Agent {
    this.#plain ??= new (nodeHttp().Agent)(this.#options())
    return this.#plain
  }

  #secureAgent(): Agent {
    this.#secure ??= new (nodeHttps().Agent)(this.#options())
    return this.#secure
  }

  #options(): object {
    return {
      // node takes a limit of 0 free sockets for its default; not keeping any is another setting.
      keepAlive: this.#limits.maxIdleConnections > 0,
      maxSockets: this.#limits.maxConnections,
      maxFreeSockets: this.#limits.maxIdleConnections,
      // Newest first, so that connections not needed any more run into their idle time-out.
      scheduling: 'lifo',
      timeout: this.#limits.idleTimeoutMillis,
    }
  }
}

// node:http would take the flat list as it is, but instrumentations that wrap `request` copy headers as an object, and a
// list copied so loses every name.
function headerObject(list: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < list.length; at += 2) headers[list[at]!] = list[at + 1]!
  return headers
}
