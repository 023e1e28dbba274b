// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Timer } from '../clock.ts'
import { otlpError } from '../errors.ts'
import { nodeHttp2 } from '../transport/builtin.ts'
import { type CallOwner, GrpcCall } from './grpc-call.ts'
import type { GrpcServerCore } from './grpc-core.ts'
import { PingPolicy } from './grpc-ping-policy.ts'

/** Times by which connections are kept alive and ended. Infinity = never. */
export interface ConnectionTimes {
  readonly maxConnectionIdleMillis: number
  readonly maxConnectionAgeMillis: number
  readonly maxConnectionAgeGraceMillis: number
  readonly timeMillis: number
  readonly timeoutMillis: number
  readonly minTimeMillis: number
  readonly permitWithoutStream: boolean
}

// Calls that a client may give up at once, and then each second: a deadline that ends all its calls is within that, a
// flood of calls begun and reset (CVE-2023-44487) is not. Below nghttp2's own numbers, after which Node sends GOAWAY and
// yet keeps the connection.
const maxResets = 800
const resetsPerSecond = 33
// A peer has few reasons to change its settings, each of which must be acknowledged.
const maxSettingsFrames = 100

/** One HTTP/2 connection: its calls, and how long it lives. */
export class GrpcConnection implements CallOwner {
  readonly #core: GrpcServerCore
  readonly #times: ConnectionTimes
  readonly #session: ServerHttp2Session
  readonly #socket: Socket
  readonly #pingPolicy: PingPolicy
  readonly #calls = new Set<GrpcCall>()
  readonly remoteAddress: string | undefined
  /** Resolves when the connection has ended, with all that belongs to it. */
  readonly closed: Promise<void>
  #settingsCount = 0
  #resetCount = 0
  #resetMillis = 0
  // Counts everything that arrives; the keep-alive only compares.
  #activityCount = 0
  #idleSinceMillis: number
  #idleTimer: Timer | undefined
  #ageTimer: Timer | undefined
  #keepAliveTimer: Timer | undefined

  constructor(
    core: GrpcServerCore,
    times: ConnectionTimes,
    session: ServerHttp2Session,
    socket: Socket,
    random: () => number,
  ) {
    this.#core = core
    this.#times = times
    this.#session = session
    this.#socket = socket
    this.#pingPolicy = new PingPolicy(times, core.clock)
    // Of a closed socket it can no longer be asked.
    this.remoteAddress = socket.remoteAddress
    this.#idleSinceMillis = core.clock.nowMillis()
    session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) =>
      this.#onStream(stream, headers, raw),
    )
    session.on('ping', () => this.#onPing())
    session.on('remoteSettings', () => this.#onSettings())
    session.on('error', ignore)
    this.closed = new Promise((resolve) => {
      session.on('close', () => {
        this.#stopTimers()
        resolve()
      })
    })
    this.#awaitIdle(times.maxConnectionIdleMillis)
    // Spread by a tenth, so that connections made together do not come back together.
    this.#awaitAge(times.maxConnectionAgeMillis * (0.9 + 0.2 * random()))
    this.#awaitSilence()
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]): void {
    this.#activityCount++
    const call = new GrpcCall(this.#core, this, stream, headers, rawHeaders)
    this.#calls.add(call)
    call.begin()
  }

  sawActivity(): void {
    this.#activityCount++
  }

  callClosed(call: GrpcCall, wasGivenUp: boolean): void {
    this.#calls.delete(call)
    if (this.#calls.size === 0) this.#idleSinceMillis = this.#core.clock.nowMillis()
    if (wasGivenUp) this.#countReset()
    // Answers were sent: grpc-go clients measure the bandwidth with pings after each.
    else this.#pingPolicy.reset()
  }

  #countReset(): void {
    const now = this.#core.clock.nowMillis()
    const forgiven = Math.floor(((now - this.#resetMillis) * resetsPerSecond) / 1000)
    if (forgiven > 0) {
      this.#resetCount = Math.max(0, this.#resetCount - forgiven)
      this.#resetMillis = now
    }
    if (++this.#resetCount > maxResets) this.#punish('too_many_resets')
  }

  /** Takes no more calls, and closes when those running are done. */
  drain(): void {
    for (const call of this.#calls) call.endWatch()
    if (!this.#session.closed) this.#session.close()
  }

  /** Closes at once. */
  cut(): void {
    this.#session.destroy()
    this.#socket.destroy()
  }

  #onPing(): void {
    this.#activityCount++
    if (!this.#pingPolicy.isAllowed(this.#calls.size > 0)) this.#punish('too_many_pings')
  }

  #onSettings(): void {
    this.#activityCount++
    if (++this.#settingsCount > maxSettingsFrames) this.#punish('too_many_settings')
  }

  // grpc-go's clients know the text of too many pings, and send fewer from then on.
  #punish(reason: string): void {
    const session = this.#session
    if (session.destroyed) return
    const error = otlpError(
      'OTLP_GRPC',
      `connection: ${reason} from the other side; allowed are pings ${this.#times.minTimeMillis} ms apart, ${maxSettingsFrames} settings, and ${maxResets} calls given up, with ${resetsPerSecond} more each second; closed with ENHANCE_YOUR_CALM`,
    )
    const { remoteAddress } = this
    this.#core.observer?.refused?.({ error, code: error.code, httpStatus: 400, grpcStatus: 13, remoteAddress })
    const { NGHTTP2_ENHANCE_YOUR_CALM } = nodeHttp2().constants
    session.goaway(NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from(reason))
    session.destroy(error, NGHTTP2_ENHANCE_YOUR_CALM)
  }

  #awaitIdle(millis: number): void {
    if (millis === Number.POSITIVE_INFINITY) return
    this.#idleTimer = this.#core.clock.after(millis, () => {
      const limit = this.#times.maxConnectionIdleMillis
      if (this.#calls.size > 0) {
        this.#awaitIdle(limit)
        return
      }
      const left = this.#idleSinceMillis + limit - this.#core.clock.nowMillis()
      if (left > 0) this.#awaitIdle(left)
      else this.drain()
    })
  }

  #awaitAge(millis: number): void {
    if (millis === Number.POSITIVE_INFINITY) return
    this.#ageTimer = this.#core.clock.after(millis, () => {
      this.drain()
      const grace = this.#times.maxConnectionAgeGraceMillis
      if (grace === Number.POSITIVE_INFINITY) return
      this.#ageTimer = this.#core.clock.after(grace, () => this.cut())
    })
  }

  // A connection on which nothing arrives for long is asked whether it lives.
  #awaitSilence(): void {
    const { timeMillis } = this.#times
    if (timeMillis === Number.POSITIVE_INFINITY) return
    const before = this.#activityCount
    this.#keepAliveTimer = this.#core.clock.after(timeMillis, () => {
      if (this.#session.destroyed) return
      if (this.#activityCount !== before) this.#awaitSilence()
      else this.#ping()
    })
  }

  #ping(): void {
    const before = this.#activityCount
    this.#keepAliveTimer = this.#core.clock.after(this.#times.timeoutMillis, () => {
      if (this.#activityCount === before) this.cut()
      else this.#awaitSilence()
    })
    this.#session.ping((error) => {
      if (error === null) this.#activityCount++
    })
  }

  #stopTimers(): void {
    this.#idleTimer?.cancel()
    this.#ageTimer?.cancel()
    this.#keepAliveTimer?.cancel()
  }
}

function ignore(): void {
  // What went wrong shows in the close event, which follows.
}
