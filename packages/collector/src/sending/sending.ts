// SPDX-License-Identifier: Apache-2.0
import {
  type Batch,
  type Consume,
  type ConsumeContext,
  type ConsumeError,
  consumeError,
  mergeBatches,
  type Signal,
  splitBySource,
} from '@otel-ts/otlp'
import type { ComponentSettings } from '../component.ts'
import { asConsumeError } from '../pipeline/fan-out.ts'
import type { QueueConfig, RetryConfig } from './config.ts'
import { Lane } from './lane.ts'
import { mayBeOneSource, partFailure } from './part-failure.ts'

/**
 * Sends one batch to the destination, once. Resolves when the destination has taken it; rejects with a `ConsumeError`
 * whose `rejected` is what was not taken, if that is less than all. Must stop when `context.signal` aborts.
 */
export type Send = (batch: Batch, context: ConsumeContext) => Promise<void>

/** What {@link createSending} needs. */
export interface SendingOptions {
  readonly queue: QueueConfig
  readonly retry: RetryConfig
  /** Time limit of one try; 0 = none. */
  readonly timeoutMillis: number
  readonly settings: ComponentSettings
  readonly send: Send
}

/** The way from a pipeline to a destination. */
export interface Sending {
  consume: Consume
  /** Sends what waits, with retries, until nothing is left or `deadline` aborts; what is left then is lost and counted. */
  shutdown(deadline: AbortSignal): Promise<void>
}

/**
 * The four stages of sending, in call order: queue (with batching) → retry → timeout → send. Each signal has a queue of its
 * own, so that a flood of logs does not push out traces. What an exporter of one's own is made of: it brings `send`.
 *
 * @example
 * ```ts
 * import { createSending, queueField, retryField } from '@otel-ts/collector'
 * import { testSettings } from '@otel-ts/collector/testing'
 * import { object, parseYaml, readConfig } from '@otel-ts/confmap'
 * import { batchFromJson } from '@otel-ts/otlp'
 *
 * const schema = object({ sending_queue: queueField, retry_on_failure: retryField })
 * const config = readConfig(schema, parseYaml('sending_queue: {queue_size: 10}', 'x').node).value!
 * const sending = createSending({
 *   queue: config.sending_queue,
 *   retry: config.retry_on_failure,
 *   timeoutMillis: 5000,
 *   settings: testSettings({ kind: 'exporter', id: 'mine' }),
 *   send: async (batch) => console.log('sent', batch.itemCount), // sent 2
 * })
 * const text = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{}]}]}]}'
 * const context = { metadata: new Map(), signal: new AbortController().signal }
 * await sending.consume(batchFromJson('logs', new TextEncoder().encode(text)), context)
 * await sending.shutdown(AbortSignal.timeout(1000))
 * ```
 */
export function createSending(options: SendingOptions): Sending {
  return new SendingStages(options)
}

class SendingStages implements Sending {
  readonly #options: SendingOptions
  readonly #lanes = new Map<Signal, Lane>()
  /** Aborts what is under way when the shutdown deadline has come. */
  readonly #giveUp = new AbortController()
  /** Cuts back-off waits short once shutdown begins. */
  readonly #drain = new AbortController()
  #stopped = false

  constructor(options: SendingOptions) {
    this.#options = options
  }

  // Stage 1: queue. With it, the batch is ours once it is in; without it, the caller waits for the stages below.
  consume: Consume = async (batch, context) => {
    if (batch.itemCount === 0) return
    const { settings, queue } = this.#options
    if (this.#stopped) {
      throw consumeError('COLLECTOR_SHUTDOWN', `exporter ${settings.id} is shutting down; send the data again later`, {
        retryable: true,
      })
    }
    if (queue.enabled) return this.#lane(batch.signal).put(batch, context)
    const abort = new AbortController()
    const unlink = link([context.signal, this.#giveUp.signal], abort)
    settings.memory.hold(batch)
    try {
      await this.#deliver(batch, { ...context, signal: abort.signal })
    } catch (error) {
      const failure = asConsumeError(error)
      const { itemCount } = failure.rejected ?? batch
      settings.events.sendFailed({ signal: batch.signal, itemCount, error: failure, returned: true })
      throw failure
    } finally {
      unlink()
      settings.memory.release(batch)
    }
  }

  async shutdown(deadline: AbortSignal): Promise<void> {
    this.#stopped = true
    this.#drain.abort()
    const giveUp = (): void => this.#giveUp.abort()
    if (deadline.aborted) giveUp()
    deadline.addEventListener('abort', giveUp, { once: true })
    await Promise.all([...this.#lanes.values()].map((lane) => lane.drain()))
    deadline.removeEventListener('abort', giveUp)
  }

  #lane(signal: Signal): Lane {
    let lane = this.#lanes.get(signal)
    if (lane === undefined) {
      const { queue, settings } = this.#options
      lane = new Lane(signal, queue, settings, this.#giveUp.signal, (batch, context) => this.#deliver(batch, context))
      this.#lanes.set(signal, lane)
    }
    return lane
  }

  // Stage 2: retry, until taken, refused for good, or out of time. Rejects with what is left of the batch.
  async #deliver(batch: Batch, context: ConsumeContext): Promise<void> {
    const { retry, settings } = this.#options
    const { clock, events, random } = settings
    const beganMillis = clock.nowMillis()
    const whole = batch
    let interval = retry.initial_interval
    for (let attempt = 1; ; attempt++) {
      let failure: ConsumeError
      try {
        await this.#sendInTime(batch, context)
        events.sent({ signal: batch.signal, itemCount: batch.itemCount })
        return
      } catch (error) {
        failure = asConsumeError(error)
      }
      const rest = failure.rejected ?? batch
      if (rest !== batch) events.sent({ signal: batch.signal, itemCount: batch.itemCount - rest.itemCount })
      batch = rest
      if (!failure.retryable) return this.#resendBySource(batch, context, withRest(failure, batch, whole))
      if (!retry.enabled) throw withRest(failure, batch, whole)
      if (context.signal.aborted) throw cancelled(batch, failure)

      const jitter = 1 + retry.randomization_factor * (2 * random() - 1)
      const delayMillis = Math.max(interval * jitter, failure.retryAfterMillis ?? 0)
      interval = Math.min(interval * retry.multiplier, retry.max_interval)
      const elapsed = clock.nowMillis() - beganMillis
      if (retry.max_elapsed_time > 0 && elapsed + delayMillis > retry.max_elapsed_time) {
        const spent = `${attempt} tries in ${(elapsed / 1000).toFixed(1)} s`
        throw giveUp('SEND_RETRIES', `no more retries left after ${spent}: ${failure.message}`, batch, failure)
      }
      events.retrying({ signal: batch.signal, itemCount: batch.itemCount, error: failure, delayMillis, attempt })
      await this.#pause(delayMillis, context.signal)
      if (context.signal.aborted) throw cancelled(batch, failure)
    }
  }

  // A merged request that is refused for good may hold one bad source among good ones: each gets a chance of its own.
  async #resendBySource(batch: Batch, context: ConsumeContext, failure: ConsumeError): Promise<void> {
    const sources = splitBySource(batch)
    if (sources.length < 2 || !mayBeOneSource(failure)) throw failure
    const { events } = this.#options.settings
    events.splitting({
      signal: batch.signal,
      itemCount: batch.itemCount,
      error: failure,
      requestCount: sources.length,
    })
    const left: Batch[] = []
    let told: ConsumeError | undefined
    for (const source of sources) {
      try {
        await this.#deliver(source, context)
      } catch (error) {
        const own = asConsumeError(error)
        // What can still be sent again decides over the whole.
        if (told === undefined || (own.retryable && !told.retryable)) told = own
        left.push(own.rejected ?? source)
      }
    }
    if (told !== undefined) throw partFailure(told, mergeBatches(left))
  }

  // Stage 3: timeout of one try. The signal tells `send` to stop; one that does not listen is no longer waited for.
  async #sendInTime(batch: Batch, context: ConsumeContext): Promise<void> {
    const { timeoutMillis, settings, send } = this.#options
    if (timeoutMillis === 0) return settings.untraced(() => send(batch, context))
    const abort = new AbortController()
    const unlink = link([context.signal], abort)
    let timer: { cancel(): void } | undefined
    const late = new Promise<never>((_, reject) => {
      timer = settings.clock.after(timeoutMillis, () => {
        const message = `sending ${batch.itemCount} items took longer than timeout ${timeoutMillis} ms`
        reject(consumeError('SEND_TIMEOUT', message, { retryable: true }))
        abort.abort()
      })
    })
    try {
      // Stage 4: send. A batch may come in the context of a traced caller, with which its export has nothing to do.
      const sent = settings.untraced(() => send(batch, { ...context, signal: abort.signal }))
      await Promise.race([sent, late])
    } finally {
      timer?.cancel()
      unlink()
    }
  }

  /** Waits; ends early when the request is called off or shutdown begins (then the next try comes at once). */
  #pause(delayMillis: number, abort: AbortSignal): Promise<void> {
    // While draining, the first cut is spent: from then on waits are kept, so that a dead endpoint is not hammered.
    const cut = this.#drain.signal.aborted ? undefined : this.#drain.signal
    return new Promise((resolve) => {
      if (abort.aborted) return resolve()
      const end = (): void => {
        timer.cancel()
        abort.removeEventListener('abort', end)
        cut?.removeEventListener('abort', end)
        resolve()
      }
      const timer = this.#options.settings.clock.after(delayMillis, end)
      abort.addEventListener('abort', end, { once: true })
      cut?.addEventListener('abort', end, { once: true })
    })
  }
}

/** Aborts `target` with the first of `sources`. AbortSignal.any would stay on sources that live as long as the process. */
function link(sources: readonly AbortSignal[], target: AbortController): () => void {
  const onAbort = (event: Event): void => target.abort((event.target as AbortSignal).reason)
  for (const source of sources) {
    if (source.aborted) target.abort(source.reason)
    source.addEventListener('abort', onAbort, { once: true })
  }
  return () => {
    for (const source of sources) source.removeEventListener('abort', onAbort)
  }
}

function cancelled(rest: Batch, failure: ConsumeError): ConsumeError {
  return giveUp('SEND_RETRIES', `request cancelled before its next retry: ${failure.message}`, rest, failure)
}

function withRest(failure: ConsumeError, rest: Batch, whole: Batch): ConsumeError {
  return rest === whole ? failure : giveUp(failure.code, failure.message, rest, failure)
}

function giveUp(code: string, message: string, rejected: Batch, cause: ConsumeError): ConsumeError {
  return consumeError(code, message, {
    retryable: cause.retryable,
    rejected,
    ...(cause.status === undefined ? {} : { status: cause.status }),
    cause,
  })
}
