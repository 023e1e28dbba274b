// SPDX-License-Identifier: Apache-2.0
import type { OtlpEncoding, OtlpOutcome } from '@otel-ts/otlp'
import { createOtlpHttpClient, defaultRetryPolicy, type OtlpClient } from '@otel-ts/otlp/client'
import { messageOf, sdkEvents } from '../events.ts'
import type { ReadableSpan } from '../trace/readable-span.ts'
import { type ExportResult, ExportResultCode, type SpanExporter } from '../trace/span-processor.ts'
import { TraceRequestEncoder } from './encode-trace-request.ts'
import { TraceJsonEncoder } from './encode-trace-request-json.ts'
import {
  type OtlpHttpExporterOptions,
  type ResolvedOtlpHttpOptions,
  resolveOtlpHttpOptions,
} from './otlp-http-options.ts'

// About 0.3 ms of encoding on a 2026 server core: what a request of the application may have to wait for it.
const sliceSpanCount = 256

/** What {@link createOtlpTraceExporter} needs, everything explicit. */
export interface OtlpTraceExporterParts {
  readonly client: OtlpClient
  readonly encoding: OtlpEncoding
  /** For messages. */
  readonly destination: string
  /** Exports that may run at once; one more fails at once. */
  readonly concurrencyLimit: number
}

/** A span exporter over any OTLP client: reads no environment, has no defaults. */
export function createOtlpTraceExporter(parts: OtlpTraceExporterParts): SpanExporter {
  return new OtlpTraceExporter(parts)
}

/** The client that options describe. */
export function createTraceClient(options: ResolvedOtlpHttpOptions, encoding: OtlpEncoding): OtlpClient {
  const { url, headers, compression, timeoutMillis, userAgentProduct } = options
  return createOtlpHttpClient({
    url,
    headers,
    encoding,
    compression,
    timeoutMillis,
    retry: defaultRetryPolicy,
    ...(userAgentProduct === undefined ? {} : { userAgentProduct }),
  })
}

/** Exporter parts from a user's options and the environment. */
export function traceExporterParts(
  options: OtlpHttpExporterOptions | undefined,
  encoding: OtlpEncoding,
): OtlpTraceExporterParts {
  const resolved = resolveOtlpHttpOptions(options ?? {})
  return {
    client: createTraceClient(resolved, encoding),
    encoding,
    destination: displayUrl(resolved.url),
    concurrencyLimit: resolved.concurrencyLimit,
  }
}

// URLs may hold credentials and tokens: they have no place in a log.
function displayUrl(url: string): string {
  if (!URL.canParse(url)) return url
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

/** Encodes spans and sends them through an OTLP client. Base of the upstream-named classes. */
export class OtlpTraceExporter implements SpanExporter {
  readonly #parts: OtlpTraceExporterParts
  readonly #running = new Set<Promise<void>>()
  #shutdown: Promise<void> | undefined

  constructor(parts: OtlpTraceExporterParts) {
    this.#parts = parts
  }

  get destination(): string {
    return this.#parts.destination
  }

  // The batch processor may have this many requests under way, so that a slow answer does not fill its queue.
  get maxConcurrentExports(): number {
    return Math.min(4, this.#parts.concurrencyLimit)
  }

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    const { concurrencyLimit, destination } = this.#parts
    if (this.#shutdown !== undefined) {
      fail(resultCallback, `${destination}: the exporter is shut down; ${spans.length} spans are not sent`)
      return
    }
    if (this.#running.size >= concurrencyLimit) {
      fail(
        resultCallback,
        `${destination}: ${this.#running.size} exports run, the limit is ${concurrencyLimit}; ${spans.length} spans are not sent`,
      )
      return
    }
    if (spans.length === 0) {
      resultCallback({ code: ExportResultCode.SUCCESS })
      return
    }
    // Off the list before the callback: it may start the next export, whose place this one's is.
    const running: Promise<void> = this.#export(spans)
      .then(
        (result) => {
          this.#running.delete(running)
          resultCallback(result)
        },
        (error: unknown) => {
          this.#running.delete(running)
          fail(resultCallback, `${destination}: ${messageOf(error)}; ${spans.length} spans are not sent`)
        },
      )
      .catch(() => {})
    this.#running.add(running)
  }

  async #export(spans: readonly ReadableSpan[]): Promise<ExportResult> {
    const { client, destination, encoding } = this.#parts
    const chunks = await encode(spans, encoding)
    const outcome: OtlpOutcome = await client.send({ signal: 'traces', chunks, itemCount: spans.length })
    if (outcome.result === 'failed') return { code: ExportResultCode.FAILED, error: outcome.error }
    const { partialSuccess } = outcome
    if (partialSuccess !== undefined) {
      sdkEvents.partialSuccess(destination, partialSuccess.rejectedCount, partialSuccess.message)
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

function fail(resultCallback: (result: ExportResult) => void, message: string): void {
  resultCallback({ code: ExportResultCode.FAILED, error: new Error(message) })
}

async function encode(spans: readonly ReadableSpan[], encoding: OtlpEncoding): Promise<Uint8Array[]> {
  const encoder = encoding === 'json' ? new TraceJsonEncoder(spans) : new TraceRequestEncoder(spans)
  while (!encoder.next(sliceSpanCount)) await nextTurn()
  return encoder.finish()
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
