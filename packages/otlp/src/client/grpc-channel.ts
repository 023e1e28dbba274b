// SPDX-License-Identifier: Apache-2.0
import type { Timer } from '../clock.ts'
import type { GrpcConnection, GrpcConnectionSettings } from './grpc-connection.ts'
import { type AddressLookup, GrpcResolver, type ResolverOwner } from './grpc-resolver.ts'
import { GrpcSubchannel, type SubchannelOwner } from './grpc-subchannel.ts'
import type { GrpcAddress, GrpcTarget } from './grpc-target.ts'

/** A call that needs a connection. */
export interface ChannelCall {
  /** Takes the connection; {@link GrpcConnection.request} must follow at once. */
  begin(connection: GrpcConnection): void
  /** No address can be connected to, for the reason given. */
  unavailable(error: unknown): void
}

/** How a client spreads its calls: over all addresses in turn, or to the first one that answers. */
export type GrpcBalancer = 'round_robin' | 'pick_first'

/** What a {@link GrpcChannel} needs. */
export interface GrpcChannelSettings extends GrpcConnectionSettings {
  readonly balancer: GrpcBalancer
  /** Calls wait for a connection as long as it takes, instead of failing while none can be made. */
  readonly waitForReady: boolean
  readonly maxConcurrentCalls: number
  readonly lookup: AddressLookup
  readonly random: () => number
}

// RFC 8305: the next address is tried when the one before has not answered for as long as this.
const nextAddressMillis = 250

/**
 * Finds connections for calls: looks addresses up, keeps connections to them as the balancer has it, and lets calls
 * wait while a connection is made or all have as many calls as they may.
 *
 * Once no address can be connected to, calls fail at once until one can again; connecting goes on by itself meanwhile.
 */
export class GrpcChannel implements ResolverOwner, SubchannelOwner {
  readonly #settings: GrpcChannelSettings
  readonly #resolver: GrpcResolver | undefined
  readonly #target: GrpcTarget
  // In order of arrival.
  readonly #waiting = new Set<ChannelCall>()
  #subchannels: GrpcSubchannel[] = []
  #next = -1
  #nextAddress: Timer | undefined
  #runningCount = 0
  #lookupError: unknown
  #started = false
  #closed = false

  constructor(target: GrpcTarget, settings: GrpcChannelSettings) {
    this.#target = target
    this.#settings = settings
    if (target.name !== undefined && settings.proxy === undefined) {
      this.#resolver = new GrpcResolver(target.name, settings.lookup, settings.clock, settings.random, this)
    }
  }

  /** Gives the call a connection: now, or when there is one; {@link leave} takes it back until then. */
  pick(call: ChannelCall): void {
    if (!this.#started) this.#start()
    if (this.#waiting.size === 0) {
      const connection = this.#free()
      if (connection !== undefined) {
        this.#begin(call, connection)
        return
      }
    }
    if (!this.#settings.waitForReady) {
      const error = this.#unavailable()
      if (error !== undefined) {
        call.unavailable(error)
        return
      }
    }
    this.#waiting.add(call)
    for (const subchannel of this.#subchannels) subchannel.hold()
    this.#connect()
  }

  /** The call does not need a connection any more. */
  leave(call: ChannelCall): void {
    this.#waiting.delete(call)
  }

  /** The call has left its connection for good. */
  ended(): void {
    this.#runningCount--
    this.#serve()
  }

  close(): void {
    this.#closed = true
    this.#waiting.clear()
    this.#nextAddress?.cancel()
    this.#resolver?.close()
    for (const subchannel of this.#subchannels) subchannel.close('now')
    this.#subchannels = []
  }

  resolved(addresses: readonly GrpcAddress[]): void {
    if (this.#closed) return
    this.#lookupError = undefined
    const known = new Map(this.#subchannels.map((subchannel) => [addressKey(subchannel.address), subchannel]))
    this.#subchannels = addresses.map((address) => {
      const key = addressKey(address)
      const kept = known.get(key)
      known.delete(key)
      return kept ?? new GrpcSubchannel(address, this.#settings, this.#settings.random, this)
    })
    for (const gone of known.values()) gone.close('afterCalls')
    // Programs that start together would else all begin with the same address.
    if (this.#next === -1) this.#next = Math.floor(this.#settings.random() * addresses.length)
    this.#update()
  }

  unresolved(error: unknown): void {
    this.#lookupError = error
    this.#update()
  }

  subchannelChanged(_subchannel: GrpcSubchannel, isLoss: boolean): void {
    if (this.#closed) return
    // The endpoint may have moved.
    if (isLoss) this.#resolver?.request()
    this.#update()
  }

  subchannelHasRoom(): void {
    this.#serve()
  }

  #start(): void {
    this.#started = true
    if (this.#resolver !== undefined) this.#resolver.request()
    else this.resolved(this.#target.name === undefined ? this.#target.addresses : [this.#target.name])
  }

  #update(): void {
    this.#connect()
    this.#serve()
    const error = this.#settings.waitForReady ? undefined : this.#unavailable()
    if (error === undefined) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const call of waiting) call.unavailable(error)
  }

  #serve(): void {
    for (const call of this.#waiting) {
      const connection = this.#free()
      if (connection === undefined) return
      this.#waiting.delete(call)
      this.#begin(call, connection)
    }
  }

  #begin(call: ChannelCall, connection: GrpcConnection): void {
    this.#runningCount++
    call.begin(connection)
  }

  /** The next connection in turn that can take a call. */
  #free(): GrpcConnection | undefined {
    if (this.#runningCount >= this.#settings.maxConcurrentCalls) return undefined
    const count = this.#subchannels.length
    for (let tried = 0; tried < count; tried++) {
      this.#next = (this.#next + 1) % count
      const connection = this.#subchannels[this.#next]!.connection
      if (connection !== undefined) return connection
    }
    return undefined
  }

  /** Why calls cannot be served now; undefined as long as a connection stands or may yet come about. */
  #unavailable(): unknown {
    if (this.#subchannels.length === 0) return this.#lookupError
    let error: unknown
    for (const subchannel of this.#subchannels) {
      if (subchannel.state === 'ready' || subchannel.error === undefined) return undefined
      error ??= subchannel.error
    }
    return error
  }

  #connect(): void {
    const isHeld = this.#waiting.size > 0
    if (this.#settings.balancer === 'pick_first') {
      this.#connectFirst(isHeld)
      return
    }
    for (const subchannel of this.#subchannels) if (subchannel.state === 'idle') subchannel.connect(isHeld)
  }

  // An idle client with a lost connection waits for its next call, but one that could not connect goes on trying, since
  // its calls fail until it can.
  #connectFirst(isHeld: boolean): void {
    const ready = this.#subchannels.find((subchannel) => subchannel.state === 'ready')
    if (ready !== undefined) {
      this.#nextAddress?.cancel()
      this.#nextAddress = undefined
      for (const subchannel of this.#subchannels) {
        if (subchannel !== ready && (subchannel.state === 'connecting' || subchannel.state === 'ready')) {
          subchannel.giveUp()
        }
      }
      return
    }
    if (!isHeld && this.#unavailable() === undefined) return
    if (this.#nextAddress !== undefined && this.#subchannels.some(({ state }) => state === 'connecting')) return
    this.#connectNext(isHeld)
  }

  #connectNext(isHeld: boolean): void {
    this.#nextAddress?.cancel()
    this.#nextAddress = undefined
    const next = this.#subchannels.find(({ state }) => state === 'idle')
    if (next === undefined) return
    next.connect(isHeld)
    this.#nextAddress = this.#settings.clock.after(nextAddressMillis, () => this.#connectNext(this.#waiting.size > 0))
  }
}

function addressKey(address: GrpcAddress): string {
  return 'path' in address ? address.path : `${address.host} ${address.port}`
}
