// SPDX-License-Identifier: Apache-2.0
import type { Timer } from '../clock.ts'
import { ConnectionBackoff } from './grpc-backoff.ts'
import { GrpcConnection, type GrpcConnectionOwner, type GrpcConnectionSettings } from './grpc-connection.ts'
import type { GrpcAddress } from './grpc-target.ts'

/** Hears from a {@link GrpcSubchannel}. */
export interface SubchannelOwner {
  /** Its state is another; `isLoss` when a connection that stood is gone. */
  subchannelChanged(subchannel: GrpcSubchannel, isLoss: boolean): void
  /** Its connection can take another call. */
  subchannelHasRoom(): void
}

/** idle: may connect; waiting: must not connect before the back-off is over. */
export type SubchannelState = 'idle' | 'connecting' | 'ready' | 'waiting'

// A connection may end before it served a call, by a restart or by its age. The second such end in a row counts as a
// failure to connect, so that an endpoint which accepts and hangs up is not connected to in a tight loop.
const maxFruitlessCount = 1

/** Keeps the connection to one address: tries again with back-off, and knows why it could not. */
export class GrpcSubchannel implements GrpcConnectionOwner {
  readonly address: GrpcAddress
  readonly #settings: GrpcConnectionSettings
  readonly #owner: SubchannelOwner
  readonly #backoff: ConnectionBackoff
  #state: SubchannelState = 'idle'
  #connection: GrpcConnection | undefined
  #startedMillis = 0
  #fruitlessCount = 0
  #wait: Timer | undefined
  #error: unknown
  #closed = false

  constructor(address: GrpcAddress, settings: GrpcConnectionSettings, random: () => number, owner: SubchannelOwner) {
    this.address = address
    this.#settings = settings
    this.#owner = owner
    this.#backoff = new ConnectionBackoff(random)
  }

  get state(): SubchannelState {
    return this.#state
  }

  /** The connection, while it can take a call. */
  get connection(): GrpcConnection | undefined {
    return this.#connection?.hasRoom === true ? this.#connection : undefined
  }

  /** Why the last try failed; undefined before the first has ended and once one has succeeded. */
  get error(): unknown {
    return this.#error
  }

  /** Starts to connect; only when idle. `isHeld`: whether a call waits for it. */
  connect(isHeld: boolean): void {
    this.#startedMillis = this.#settings.clock.nowMillis()
    this.#state = 'connecting'
    this.#connection = new GrpcConnection(this.#settings, this.address, this, isHeld)
  }

  /** Keeps the process alive as long as it connects. */
  hold(): void {
    this.#connection?.hold()
  }

  close(when: 'now' | 'afterCalls'): void {
    this.#closed = true
    this.#wait?.cancel()
    this.#connection?.close(when)
  }

  /** Gives the connection or the try up without prejudice: another address was faster. */
  giveUp(): void {
    const connection = this.#connection
    this.#connection = undefined
    if (this.#state !== 'waiting') this.#state = 'idle'
    connection?.close('afterCalls')
  }

  connectionReady(connection: GrpcConnection): void {
    if (connection !== this.#connection) return
    this.#state = 'ready'
    this.#error = undefined
    if (this.#fruitlessCount === 0) this.#backoff.reset()
    this.#owner.subchannelChanged(this, false)
  }

  connectionHasRoom(): void {
    this.#owner.subchannelHasRoom()
  }

  connectionOver(connection: GrpcConnection): void {
    if (connection !== this.#connection) return
    this.#connection = undefined
    if (this.#closed) return
    const wasReady = this.#state === 'ready'
    if (wasReady) this.#fruitlessCount = connection.hasAnswered ? 0 : this.#fruitlessCount + 1
    if (wasReady && this.#fruitlessCount <= maxFruitlessCount) {
      this.#backoff.reset()
      this.#state = 'idle'
    } else {
      this.#error = connection.error
      this.#waitForNext()
    }
    this.#owner.subchannelChanged(this, wasReady)
  }

  #waitForNext(): void {
    const { clock } = this.#settings
    this.#state = 'waiting'
    const waitMillis = Math.max(0, this.#startedMillis + this.#backoff.next() - clock.nowMillis())
    this.#wait = clock.after(waitMillis, () => {
      this.#state = 'idle'
      this.#owner.subchannelChanged(this, false)
    })
  }
}
