// SPDX-License-Identifier: Apache-2.0
import type { Batch } from '../batch/batch.ts'
import type { ConsumeContext } from '../batch/consume.ts'
import { batchFromBytes } from '../batch/from-bytes.ts'
import { batchFromJson } from '../batch/from-json.ts'
import type { OtlpEncoding, PartialSuccess } from '../client/client.ts'
import { isOtlpError, type OtlpError, type OtlpErrorCode, otlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import type { ByteAccount } from '../transport/content-encoding.ts'
import type { MemoryAccount } from './memory-account.ts'
import type { Refusal } from './refusal.ts'
import type { OtlpHandler, OtlpServerObserver, ParseLarge } from './server.ts'

/** What all requests of one server share, whatever they come over. */
export interface ServingCore {
  readonly handler: OtlpHandler
  readonly account: MemoryAccount
  readonly observer: OtlpServerObserver | undefined
  /** Reads bodies larger than `largeBodyBytes` away from the event loop; without it they are read here. */
  readonly parseLarge: ParseLarge | undefined
  readonly largeBodyBytes: Readonly<Record<OtlpEncoding, number>>
}

/** Each request counts for its objects too, so that a flood of empty ones waiting for the handler is bounded. */
export const requestBytes = 1024

export const emptyMetadata: ReadonlyMap<string, readonly string[]> = new Map()

/**
 * The part of serving a request that no transport changes: from its whole body to what the handler says. Memory is
 * accounted from the first byte until the answer.
 */
export abstract class InFlightRequest implements ByteAccount {
  readonly #core: ServingCore
  #heldBytes = 0
  #controller: AbortController | undefined

  constructor(core: ServingCore) {
    this.#core = core
  }

  take(byteCount: number): boolean {
    if (!this.#core.account.take(byteCount)) return false
    this.#heldBytes += byteCount
    return true
  }

  /** Gives back all that was taken: the request is answered, or lost. */
  protected release(): void {
    this.#core.account.give(this.#heldBytes)
    this.#heldBytes = 0
  }

  /** Whether nobody waits for the answer any more. */
  protected abstract get isAbandoned(): boolean
  /** Calls `run` once, when nobody waits for the answer any more. Asked for only when needed. */
  protected abstract onAbandoned(run: () => void): void
  /** The request ended without an answer, before the handler was called. `when` completes "the sender left …". */
  protected abstract abandoned(when: string): void
  /** The handler took the batch, or it was empty. */
  protected abstract accept(batch: Batch, partialSuccess: PartialSuccess | undefined): void
  protected abstract refuseAs(refused: Refusal, error: Error): void
  /** How the transport puts what the handler rejected with. */
  protected abstract refusalOf(error: unknown): Refusal
  /** Answers with an error met before the handler was called. */
  abstract refuse(error: OtlpError): void
  /** What happens with a request that is refused with `code`, for messages. */
  protected abstract consequence(code: OtlpErrorCode): string
  protected abstract metadata(): ReadonlyMap<string, readonly string[]>

  /** Makes the batch of a whole, inflated body and hands it to the handler. */
  protected consume(signal: Signal, encoding: OtlpEncoding, body: Uint8Array): void {
    if (this.isAbandoned) {
      // Inflating took longer than the sender stayed: it will send the data again, so taking them would double them.
      this.abandoned('before its body was inflated')
      return
    }
    const { parseLarge, largeBodyBytes } = this.#core
    if (parseLarge !== undefined && body.byteLength > largeBodyBytes[encoding]) {
      this.#parseElsewhere(parseLarge, signal, encoding, body)
      return
    }
    let batch: Batch
    try {
      batch = encoding === 'json' ? batchFromJson(signal, body) : batchFromBytes(signal, body)
    } catch (error) {
      this.refuse(isOtlpError(error) ? error : this.#internalError(error))
      return
    }
    this.#handle(batch, body.byteLength)
  }

  #parseElsewhere(parseLarge: ParseLarge, signal: Signal, encoding: OtlpEncoding, body: Uint8Array): void {
    // The body is given away with the call: its length reads 0 afterwards.
    const bodyBytes = body.byteLength
    const gone = new AbortController()
    this.onAbandoned(() => gone.abort())
    parseLarge(signal, encoding, body, gone.signal).then(
      (batch) => {
        if (gone.signal.aborted) this.abandoned('before its body was checked')
        else this.#handle(batch, bodyBytes)
      },
      (error: unknown) => {
        if (gone.signal.aborted) this.abandoned('before its body was checked')
        else this.refuse(isOtlpError(error) ? error : this.#internalError(error))
      },
    )
  }

  #handle(batch: Batch, bodyBytes: number): void {
    // The index of a dense request is several times its bytes. Whoever reads it first builds it, and it lives as long as
    // the batch: its room is taken now. A small one is in what every request counts for.
    const indexBytes = batch.byteCount - bodyBytes - requestBytes
    if (indexBytes > 0 && !this.take(indexBytes)) {
      this.refuse(this.overloaded(indexBytes))
      return
    }
    if (batch.itemCount === 0) {
      // OTLP specification, "Full success": an empty request is a success; the pipeline has nothing to do with it.
      this.accept(batch, undefined)
      return
    }
    try {
      this.#core.handler(batch, consumeContext(this, this.metadata())).then(
        (partialSuccess) => this.accept(batch, partialSuccess),
        (error: unknown) => this.refuseAs(this.refusalOf(error), asError(error)),
      )
    } catch (error) {
      this.refuseAs(this.refusalOf(error), asError(error))
    }
  }

  /** The signal of the handler's context. */
  abortSignal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController()
      this.#controller = controller
      if (this.isAbandoned) controller.abort()
      else this.onAbandoned(() => controller.abort())
    }
    return this.#controller.signal
  }

  protected overloaded(byteCount: number): OtlpError {
    const { heldBytes, limitBytes } = this.#core.account
    return otlpError(
      'OTLP_OVERLOADED',
      `receiver: no room for ${byteCount} bytes more, requests being served hold ${heldBytes} bytes; the limit is ${limitBytes} bytes; ${this.consequence('OTLP_OVERLOADED')}, send it again later`,
    )
  }

  #internalError(cause: unknown): OtlpError {
    return otlpError(
      'OTLP_INTERNAL',
      `receiver: failed to read the request; expected was a batch or an error with an offset; ${this.consequence('OTLP_INTERNAL')}`,
      cause,
    )
  }
}

const requestOf: unique symbol = Symbol('otlp.request')
interface RequestContext {
  readonly metadata: ReadonlyMap<string, readonly string[]>
  readonly [requestOf]: InFlightRequest
}

// The signal is made when asked for: an AbortController costs 2.4 us, an eighth of a whole request, and most pipelines
// own the batch before the sender can be gone. The getter is one function for all requests, since a closure each
// would give every context a hidden class of its own (4 us more, nearly all of it garbage collection); it is the
// object's own, so that it survives `{...context}`.
const lazySignal = {
  enumerable: true,
  get(this: RequestContext): AbortSignal {
    return this[requestOf].abortSignal()
  },
}

function consumeContext(
  request: InFlightRequest,
  metadata: ReadonlyMap<string, readonly string[]>,
): RequestContext & ConsumeContext {
  const context: RequestContext = { metadata, [requestOf]: request }
  return Object.defineProperty(context, 'signal', lazySignal) as RequestContext & ConsumeContext
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value))
}
