// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '../clock.ts'
import { nodeDns } from '../transport/builtin.ts'
import { ConnectionBackoff } from './grpc-backoff.ts'
import type { GrpcAddress } from './grpc-target.ts'

/** Looks up all addresses of a host name. */
export type AddressLookup = (host: string) => Promise<readonly string[]>

// gRPC asks name services not more often than this, however often connections are lost.
const minIntervalMillis = 30_000

/** Looks up with the system: hosts file, DNS, and whatever else it is set to ask. */
export const systemLookup: AddressLookup = (host) =>
  new Promise((resolve, reject) => {
    nodeDns().lookup(host, { all: true }, (error, found) => {
      if (error === null) resolve(found.map(({ address }) => address))
      else reject(error)
    })
  })

/** Hears from a {@link GrpcResolver}. */
export interface ResolverOwner {
  resolved(addresses: readonly GrpcAddress[]): void
  /** Nothing is known of the name; what was resolved before is still good. */
  unresolved(error: unknown): void
}

/**
 * Keeps the addresses of one name: looks up when asked, one lookup at a time and not too often. A lookup that fails is
 * repeated, with the back-off of connections, until one succeeds.
 */
export class GrpcResolver {
  readonly #name: { readonly host: string; readonly port: number }
  readonly #lookup: AddressLookup
  readonly #clock: Clock
  readonly #owner: ResolverOwner
  readonly #backoff: ConnectionBackoff
  #isLooking = false
  #lastMillis = Number.NEGATIVE_INFINITY
  #later: Timer | undefined
  #closed = false

  constructor(
    name: { readonly host: string; readonly port: number },
    lookup: AddressLookup,
    clock: Clock,
    random: () => number,
    owner: ResolverOwner,
  ) {
    this.#name = name
    this.#lookup = lookup
    this.#clock = clock
    this.#owner = owner
    this.#backoff = new ConnectionBackoff(random)
  }

  /** Looks up now, or as soon as the last lookup that succeeded is long enough ago. */
  request(): void {
    if (this.#isLooking || this.#later !== undefined || this.#closed) return
    const waitMillis = this.#lastMillis + minIntervalMillis - this.#clock.nowMillis()
    if (waitMillis <= 0) void this.#look()
    else this.#lookLater(waitMillis)
  }

  close(): void {
    this.#closed = true
    this.#later?.cancel()
  }

  #lookLater(waitMillis: number): void {
    this.#later = this.#clock.after(waitMillis, () => {
      this.#later = undefined
      void this.#look()
    })
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    const startedMillis = this.#clock.nowMillis()
    const { host, port } = this.#name
    let found: readonly string[] = []
    let failure: unknown
    try {
      found = await this.#lookup(host)
    } catch (error) {
      failure = error
    }
    this.#isLooking = false
    if (this.#closed) return
    if (found.length === 0) {
      this.#lookLater(Math.max(0, startedMillis + this.#backoff.next() - this.#clock.nowMillis()))
      this.#owner.unresolved(failure ?? Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }))
      return
    }
    this.#backoff.reset()
    this.#lastMillis = this.#clock.nowMillis()
    this.#owner.resolved([...new Set(found)].map((address) => ({ host: address, port })))
  }
}
