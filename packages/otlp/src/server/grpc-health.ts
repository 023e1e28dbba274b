// SPDX-License-Identifier: Apache-2.0
import type { ServerHttp2Stream } from 'node:http2'
import { isOtlpError, type OtlpError } from '../errors.ts'
import { ProtoReader } from '../proto/reader.ts'
import { framed, responseHeaders, withMessage } from './grpc-answer.ts'

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
export const servingStatus = { unknown: 0, serving: 1, notServing: 2, serviceUnknown: 3 } as const
export type ServingStatus = (typeof servingStatus)[keyof typeof servingStatus]

export const healthCheckPath = '/grpc.health.v1.Health/Check'
export const healthWatchPath = '/grpc.health.v1.Health/Watch'

/** What the health service of a server says: grpc/doc/health-checking.md. */
export class Health {
  readonly #services: ReadonlySet<string>
  readonly #watchers = new Set<HealthWatch>()
  #isServing = true

  /** `services` by their full names. The whole server, `''`, is always known. */
  constructor(services: Iterable<string>) {
    this.#services = new Set(['', ...services])
  }

  /** Status of a service; undefined when it is not one of this server. */
  status(service: string): ServingStatus | undefined {
    if (!this.#services.has(service)) return undefined
    return this.#isServing ? servingStatus.serving : servingStatus.notServing
  }

  add(watcher: HealthWatch): void {
    this.#watchers.add(watcher)
  }

  remove(watcher: HealthWatch): void {
    this.#watchers.delete(watcher)
  }

  /** From now on nothing is served. */
  drain(): void {
    if (!this.#isServing) return
    this.#isServing = false
    for (const watcher of this.#watchers) watcher.tell()
  }
}

/** A call of Watch: tells the status at once and after each change, until client or server ends it. */
export class HealthWatch {
  readonly #health: Health
  readonly #stream: ServerHttp2Stream
  readonly #service: string
  #told: ServingStatus | undefined

  constructor(health: Health, stream: ServerHttp2Stream, service: string) {
    this.#health = health
    this.#stream = stream
    this.#service = service
    if (stream.destroyed || stream.closed) return
    stream.respond(responseHeaders, withMessage)
    health.add(this)
    this.tell()
  }

  /** Sends the status unless it is the one sent last. */
  tell(): void {
    const status = this.#health.status(this.#service) ?? servingStatus.serviceUnknown
    if (status === this.#told || this.#stream.destroyed) return
    this.#told = status
    this.#stream.write(framed(healthCheckResponse(status)))
  }

  end(): void {
    this.#health.remove(this)
  }
}

/** The service that a `HealthCheckRequest` asks for; an `OtlpError` when it is none. */
export function readHealthCheckRequest(body: Uint8Array): string | OtlpError {
  try {
    const request = new ProtoReader('HealthCheckRequest', body)
    let service = ''
    while (request.next()) {
      if (request.field === 1) service = request.string()
      else request.skip()
    }
    return service
  } catch (error) {
    if (isOtlpError(error)) return error
    throw error
  }
}

/** `HealthCheckResponse`. */
export function healthCheckResponse(status: ServingStatus): Uint8Array {
  return Uint8Array.of(0x08, status)
}
