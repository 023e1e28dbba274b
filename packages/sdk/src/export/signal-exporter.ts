// SPDX-License-Identifier: Apache-2.0
import type { OtlpEncoding, OtlpOutcome, Signal } from '@otel-ts/otlp'
import type { OtlpClient } from '@otel-ts/otlp/client'
import { messageOf, sdkEvents } from '../events.ts'
import { type ExportResult, ExportResultCode } from '../trace/span-processor.ts'
import type { RequestEncoder } from './request-encoder.ts'

// About 0.3 ms of encoding on a 2026 server core: what a request of the application may have to wait for it.
const sliceItemCount = 256

/** What an OTLP exporter needs, everything explicit: no environment, no defaults. */
export interface OtlpExporterParts {
  readonly client: OtlpClient
  readonly encoding: OtlpEncoding
  /** For messages. */
  readonly destination: string
  /** Exports that may run at once; one more fails at once. */
  readonly concurrencyLimit: number
  /** Exports that a batch processor should run at once. Default 4, and never more than `concurrencyLimit`. */
  readonly maxConcurrentExports?: number
}

/** What differs between the signals. */
export interface ExportedSignal<Batch> {
  readonly signal: Signal
  /** What is counted, for messages: "spans", "data points", "log records". */
  readonly items: string
  /** Spans, data points or log records in a batch. */
  countItems(batch: Batch): number
  /** The encoder of one batch. */
  encoder(batch: Batch, encoding: OtlpEncoding): RequestEncoder
}

/** Encodes batches of one signal and sends them through an OTLP client. Base of the exporters of all signals. */
export class SignalExporter<Batch> {
  readonly #parts: OtlpExporterParts
  readonly #signal: ExportedSignal<Batch>
  readonly #running = new Set<Promise<void>>()
  #shutdown: Promise<void> | undefined

  constructor(parts: OtlpExporterParts, signal: ExportedSignal<Batch>) {
    this.#parts = parts
    this.#signal = signal
  }

  /** Where it sends to, without credentials and query. */
  get destination(): string {
    return this.#parts.destination
  }

  /** Exports that a batch processor may have under way, so that a slow answer does not fill its queue. */
  get maxConcurrentExports(): number {
    return Math.min(this.#parts.maxConcurrentExports ?? 4, this.#parts.concurrencyLimit)
  }

  /** Encodes and sends; calls back once, with the result. Never throws. */
  export(batch: Batch, resultCallback: (result: ExportResult) => void): void {
    const { concurrencyLimit, destination } = this.#parts
    let count = 0
    let problem: string | undefined
    try {
      count = this.#signal.countItems(batch)
    } catch (error) {
      problem = messageOf(error)
    }
    if (this.#shutdown !== undefined) problem = 'the exporter is shut down'
    else if (this.#running.size >= concurrencyLimit) {
      problem = `${this.#running.size} exports run, the limit is ${concurrencyLimit}`
    }
    if (problem !== undefined) {
      resultCallback(this.#failure(problem, count))
      return
    }
    if (count === 0) {
      resultCallback({ code: ExportResultCode.SUCCESS })
      return
    }
    // Off the list before the callback: it may start the next export, whose place this one's is.
    const running: Promise<void> = this.#export(batch, count)
      .then(
        (result) => {
          this.#running.delete(running)
          resultCallback(result)
        },
        (error: unknown) => {
          this.#running.delete(running)
          resultCallback(this.#failure(messageOf(error), count))
        },
      )
      .catch((error: unknown) => sdkEvents.callbackThrew(`the callback of an export to ${destination}`, error))
    this.#running.add(running)
  }

  #failure(problem: string, count: number): ExportResult {
    const { destination } = this.#parts
    const error = new Error(`${destination}: ${problem}; ${count} ${this.#signal.items} are not sent`)
    return { code: ExportResultCode.FAILED, error }
  }

  async #export(batch: Batch, itemCount: number): Promise<ExportResult> {
    const { client, destination, encoding } = this.#parts
    const { signal, items } = this.#signal
    const encoder = this.#signal.encoder(batch, encoding)
    while (!encoder.next(sliceItemCount)) await nextTurn()
    const outcome: OtlpOutcome = await client.send({ signal, chunks: encoder.finish(), itemCount })
    if (outcome.result === 'failed') return { code: ExportResultCode.FAILED, error: outcome.error }
    const { partialSuccess } = outcome
    if (partialSuccess !== undefined) {
      sdkEvents.partialSuccess(destination, partialSuccess.rejectedCount, partialSuccess.message, items)
    }
    return { code: ExportResultCode.SUCCESS }
  }

  /** Resolves when the exports that run now have ended. */
  async forceFlush(): Promise<void> {
    await Promise.all(this.#running)
  }

  /** Ends running exports and closes the connections. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#parts.client.shutdown()
    return this.#shutdown
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
