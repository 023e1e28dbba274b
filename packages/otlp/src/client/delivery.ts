// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '../clock.ts'
import type { OtlpError } from '../errors.ts'
import { otlpError } from '../errors.ts'
import { backoffMillis } from '../transport/retry.ts'
import { grpcStatus } from '../transport/status-code.ts'
import type { AnsweredRequest } from './answer.ts'
import type { OtlpClientObserver, OtlpOutcome, OtlpRequest, RetryPolicy } from './client.ts'
import { itemsText, lastTryError } from './failure.ts'

/** What deliveries of every transport share: the options with every default filled in. */
export interface DeliverySettings {
  /** Time for one delivery with all its tries; 0 = no limit. */
  readonly timeoutMillis: number
  /** Undefined = one try. */
  readonly retry: RetryPolicy | undefined
  readonly observer: OtlpClientObserver | undefined
  readonly clock: Clock
  /** Source of the jitter: from 0 to 1. */
  readonly random: () => number
}

/**
 * One `send` from its first try to its outcome, whatever the transport: deadline, retries, giving up. At most one thing
 * is under way at a time, a try or a wait; whatever ends the delivery stops that one and calls `settled` exactly once.
 *
 * A transport extends this by what a try is (a base class rather than a part, since a request costs some 20 us and each
 * closure between the two would be made anew for it).
 */
export abstract class Delivery implements AnsweredRequest {
  readonly signal: OtlpRequest['signal']
  readonly display: string
  protected readonly request: OtlpRequest
  readonly #settings: DeliverySettings
  #deadline: Timer | undefined
  #deadlineAtMillis = Number.POSITIVE_INFINITY
  #wait: Timer | undefined
  #attempt = 0
  #lastError: OtlpError | undefined
  #done = false

  /** `display` is what messages call the endpoint. */
  constructor(settings: DeliverySettings, display: string, request: OtlpRequest) {
    this.signal = request.signal
    this.display = display
    this.request = request
    this.#settings = settings
  }

  get items(): string {
    return itemsText(this.request.signal, this.request.itemCount)
  }

  /** Whether the outcome is known: what comes later must be ignored. */
  protected get isDone(): boolean {
    return this.#done
  }

  /** What is left until the deadline, in milliseconds; infinity without one. */
  protected get remainingMillis(): number {
    if (this.#deadlineAtMillis === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
    return this.#deadlineAtMillis - this.#settings.clock.nowMillis()
  }

  /** Makes ready what all tries share, such as the compressed body, and calls {@link try} when it is, at once or later. */
  protected abstract prepare(): void

  /** Sends the request; calls {@link conclude} once when it has an outcome, unless stopped before. */
  protected abstract startTry(): void

  /** Stops the try under way, if there is one; it must not conclude any more. */
  protected abstract stopTry(): void

  /** Takes the outcome; called once. */
  protected abstract settled(outcome: OtlpOutcome): void

  start(): void {
    const { timeoutMillis, clock } = this.#settings
    if (this.request.abort !== undefined) {
      if (this.request.abort.aborted) {
        this.#onAbort()
        return
      }
      this.request.abort.addEventListener('abort', this.#onAbort)
    }
    if (timeoutMillis > 0) {
      this.#deadlineAtMillis = clock.nowMillis() + timeoutMillis
      this.#deadline = clock.after(timeoutMillis, () => this.#onDeadline())
    }
    this.prepare()
  }

  /** Ends the delivery from outside, when the client shuts down. */
  cancel(error: OtlpError): void {
    this.fail(error, true, grpcStatus.unavailable)
  }

  protected try(): void {
    this.#attempt++
    this.startTry()
  }

  /** Settles, or waits and tries again when policy and deadline allow it. */
  protected conclude(outcome: OtlpOutcome): void {
    const { retry, clock, random, observer } = this.#settings
    if (outcome.result === 'accepted' || !outcome.retryable || retry === undefined) {
      this.#settle(outcome)
      return
    }
    if (this.#attempt >= retry.maxAttempts) {
      this.#settleAfterLastTry(outcome, 'as many as are made')
      return
    }
    const delayMillis = Math.max(backoffMillis(retry, this.#attempt, random()), outcome.retryAfterMillis ?? 0)
    // No use in waiting for a moment when there is no time left to send.
    if (clock.nowMillis() + delayMillis >= this.#deadlineAtMillis) {
      const { timeoutMillis } = this.#settings
      this.#settleAfterLastTry(outcome, `and the next would come after the deadline of ${timeoutMillis} ms`)
      return
    }
    this.#lastError = outcome.error
    this.#wait = clock.after(delayMillis, () => {
      this.#wait = undefined
      this.try()
    })
    observer?.retry?.({ error: outcome.error, attempt: this.#attempt, delayMillis })
  }

  #settleAfterLastTry(outcome: Extract<OtlpOutcome, { result: 'failed' }>, why: string): void {
    this.#settle({ ...outcome, error: lastTryError(outcome.error, this.#attempt, why) })
  }

  /** Settles with a failure that no further try can mend. */
  protected fail(error: OtlpError, retryable: boolean, status?: number): void {
    this.#settle({
      result: 'failed',
      error,
      retryable,
      retryAfterMillis: undefined,
      httpStatus: undefined,
      grpcStatus: status,
    })
  }

  #onDeadline(): void {
    const tries = this.#attempt === 1 ? '1 try' : `${this.#attempt} tries`
    const last = this.#lastError === undefined ? '' : `, the last finished one: ${this.#lastError.message}`
    this.fail(
      otlpError(
        'OTLP_DEADLINE',
        `${this.display}: no answer within ${this.#settings.timeoutMillis} ms (${tries}${last}); expected was one before the deadline: raise the time-out or look at the load of the endpoint; ${this.items} not delivered as far as known`,
        this.#lastError,
      ),
      true,
      grpcStatus.deadlineExceeded,
    )
  }

  readonly #onAbort = (): void => {
    this.fail(
      otlpError(
        'OTLP_ABORTED',
        `${this.display}: given up by the caller before an answer; ${this.items} not delivered as far as known`,
      ),
      true,
      grpcStatus.cancelled,
    )
  }

  #settle(outcome: OtlpOutcome): void {
    if (this.#done) return
    this.#done = true
    this.#deadline?.cancel()
    this.#wait?.cancel()
    this.request.abort?.removeEventListener('abort', this.#onAbort)
    this.stopTry()
    this.settled(outcome)
  }
}
