// SPDX-License-Identifier: Apache-2.0
import { type OtlpError, otlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import { type HttpTarget, parseHttpTargets } from '../transport/endpoint.ts'
import { mediaTypes } from '../transport/media-type.ts'
import { grpcStatus } from '../transport/status-code.ts'
import type { OtlpClient, OtlpEncoding, OtlpOutcome, OtlpRequest } from './client.ts'
import { itemsText } from './failure.ts'
import { createOtlpFetchClient } from './fetch-client.ts'
import { failedUnsent, requestByteCount, sentAfterShutdown } from './unsent.ts'

/** Options of {@link createOtlpBeaconClient}. */
export interface OtlpBeaconClientOptions {
  /** Where requests go, used as it is: one URL for all signals, or one each. */
  readonly url: string | Readonly<Record<Signal, string>>
  /** Body encoding of requests; sets Content-Type. Default 'protobuf'. */
  readonly encoding?: OtlpEncoding
  /** Beacons have no headers of their own: any given here makes every `send` fail with OTLP_OPTION. */
  readonly headers?: Readonly<Record<string, string>>
  /** What sends. Default `navigator.sendBeacon`. */
  readonly sendBeacon?: (url: string, body: Blob) => boolean
}

// Beacon specification, "Processing model", by way of fetch's limit for keepalive: what beacons hold together.
const maxBeaconBytes = 64 * 1024

/**
 * Makes a client that hands requests to `navigator.sendBeacon`, which sends them even when the page is being closed.
 *
 * There is no answer: 'accepted' means that the browser has taken the request, not that it arrived; nothing is retried and a
 * partial success is never seen. Requests above 64 KiB fail with OTLP_TOO_LARGE; when beacons that wait already fill that room the
 * send fails with OTLP_UNAVAILABLE and may be repeated. Beacons carry cookies, so a receiver on another origin must name the page's
 * origin in its CORS settings (`*` does not do). Where `sendBeacon` is absent `fetch` with `keepalive` does the same, once, and
 * tells the answer.
 *
 * @example
 * ```ts
 * import { createOtlpBeaconClient } from '@otel-ts/otlp/browser'
 * const client = createOtlpBeaconClient({
 *   url: 'https://collector.example/v1/traces',
 *   sendBeacon: (url, body) => {
 *     console.log(url, body.type, body.size) // https://collector.example/v1/traces application/x-protobuf 3
 *     return true
 *   },
 * })
 * const outcome = await client.send({ signal: 'traces', chunks: [Uint8Array.of(10, 1, 0)], itemCount: 1 })
 * console.log(outcome.result) // accepted
 * ```
 */
export function createOtlpBeaconClient(options: OtlpBeaconClientOptions): OtlpClient {
  return new BeaconClient(options)
}

interface BeaconNavigator {
  sendBeacon?(url: string, body: Blob): boolean
}

function browserBeacon(): ((url: string, body: Blob) => boolean) | undefined {
  const { navigator } = globalThis as { navigator?: BeaconNavigator }
  if (typeof navigator?.sendBeacon !== 'function') return undefined
  return (url, body) => navigator.sendBeacon!(url, body)
}

class BeaconClient implements OtlpClient {
  readonly #encoding: OtlpEncoding
  readonly #targets: Readonly<Record<Signal, HttpTarget | OtlpError>>
  readonly #headerNames: readonly string[]
  readonly #sendBeacon: ((url: string, body: Blob) => boolean) | undefined
  readonly #fallback: OtlpClient | undefined
  #shutDown = false

  constructor(options: OtlpBeaconClientOptions) {
    this.#encoding = options.encoding ?? 'protobuf'
    this.#targets = parseHttpTargets(options.url)
    this.#headerNames = Object.keys(options.headers ?? {})
    this.#sendBeacon = options.sendBeacon ?? browserBeacon()
    if (this.#sendBeacon === undefined) {
      this.#fallback = createOtlpFetchClient({ url: options.url, encoding: this.#encoding, credentials: 'include' })
    }
  }

  async send(request: OtlpRequest): Promise<OtlpOutcome> {
    const target = this.#targets[request.signal]
    if (target instanceof Error) return failedUnsent(target, false, grpcStatus.invalidArgument)
    if (this.#shutDown) return sentAfterShutdown(target.display, request)
    const problem = this.#problem(request, target)
    if (problem !== undefined) return problem
    if (this.#fallback !== undefined) return this.#fallback.send(request)
    return this.#hand(request, target)
  }

  #problem(request: OtlpRequest, target: HttpTarget): OtlpOutcome | undefined {
    const items = itemsText(request.signal, request.itemCount)
    const names = [...this.#headerNames, ...Object.keys(request.headers ?? {})]
    if (target.authorization !== undefined) names.push('authorization (credentials in the URL)')
    if (names.length > 0) {
      const error = otlpError(
        'OTLP_OPTION',
        `${target.display}: header ${names.join(', ')}; a beacon has no headers of its own: expected are none, or the client over fetch; ${items} not sent`,
      )
      return failedUnsent(error, false, grpcStatus.invalidArgument)
    }
    if (request.abort?.aborted === true) {
      const error = otlpError(
        'OTLP_ABORTED',
        `${target.display}: given up by the caller before it was sent; ${items} not sent`,
      )
      return failedUnsent(error, true, grpcStatus.cancelled)
    }
    const byteCount = requestByteCount(request)
    if (byteCount <= maxBeaconBytes) return undefined
    const error = otlpError(
      'OTLP_TOO_LARGE',
      `${target.display}: request of ${byteCount} bytes; browsers take beacons of up to ${maxBeaconBytes} bytes; ${items} not sent: lower the batch size, or send it with the client over fetch`,
    )
    return failedUnsent(error, false, grpcStatus.resourceExhausted)
  }

  #hand(request: OtlpRequest, target: HttpTarget): OtlpOutcome {
    const items = itemsText(request.signal, request.itemCount)
    const url = `${target.secure ? 'https' : 'http'}://${target.host}${target.path}`
    let taken: boolean
    try {
      const body = new Blob(request.chunks as Uint8Array<ArrayBuffer>[], { type: mediaTypes[this.#encoding] })
      taken = this.#sendBeacon!(url, body)
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      const refused = otlpError(
        'OTLP_REFUSED',
        `${target.display}: the browser refused the beacon with "${text}"; expected is an endpoint that the page may send to; ${items} not sent`,
        error,
      )
      return failedUnsent(refused, false, grpcStatus.permissionDenied)
    }
    if (taken) return { result: 'accepted', partialSuccess: undefined }
    const error = otlpError(
      'OTLP_UNAVAILABLE',
      `${target.display}: the browser did not take the beacon; allowed are ${maxBeaconBytes} bytes in all beacons that wait; ${items} not sent, which may be repeated`,
    )
    return failedUnsent(error, true, grpcStatus.unavailable)
  }

  async shutdown(): Promise<void> {
    this.#shutDown = true
    await this.#fallback?.shutdown()
  }
}
