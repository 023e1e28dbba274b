// SPDX-License-Identifier: Apache-2.0
import { type Batch, type ConsumeContext, isConsumeError, type Signal } from '@otel-ts/otlp'
import { createOtlpHttpServer, type OtlpServer } from '@otel-ts/otlp/server'
import type { ComponentSettings, Lifecycle, NextBySignal, ReceiverComponent } from '../../component.ts'
import { headerPairs } from '../../config/http-headers.ts'
import { asConsumeError } from '../../pipeline/fan-out.ts'
import { type OtlpHttpConfig, type OtlpReceiverConfig, otlpReceiverConfig } from './config.ts'
import { type ParsePool, startParsePool } from './parse-pool.ts'

/** Takes OTLP over HTTP. */
export const otlpReceiver: ReceiverComponent<OtlpReceiverConfig> = {
  kind: 'receiver',
  type: 'otlp',
  aliases: [],
  description: 'Takes OTLP over HTTP, protobuf and JSON.',
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable' },
  config: otlpReceiverConfig,
  create: (config, settings, next) => new OtlpReceiver(config, settings, next),
}

class OtlpReceiver implements Lifecycle {
  readonly #config: OtlpHttpConfig | undefined
  readonly #settings: ComponentSettings
  readonly #next: NextBySignal
  #server: OtlpServer | undefined
  #pool: ParsePool | undefined

  constructor(config: OtlpReceiverConfig, settings: ComponentSettings, next: NextBySignal) {
    this.#config = config.protocols.http
    this.#settings = settings
    this.#next = next
  }

  async start(): Promise<void> {
    const config = this.#config
    if (config === undefined) return
    const { events, log, clock } = this.#settings
    const maxRequestBodyBytes = config.max_request_body_size > 0 ? config.max_request_body_size : defaultMaxBodyBytes
    this.#pool = startParsePool({
      clock,
      maxBodyBytes: maxRequestBodyBytes,
      onCrash: (error) =>
        log.warn('The thread that reads large requests failed and is started again', { error: error.message }),
    })
    this.#server = await createOtlpHttpServer({
      endpoint: config.endpoint,
      handler: (batch, context) => this.#handle(batch, context),
      paths: { traces: this.#path('traces'), metrics: this.#path('metrics'), logs: this.#path('logs') },
      maxRequestBodyBytes,
      readTimeoutMillis: config.read_timeout,
      readHeaderTimeoutMillis: config.read_header_timeout,
      idleTimeoutMillis: config.idle_timeout,
      keepAlive: config.keep_alives_enabled,
      includeMetadata: config.include_metadata,
      responseHeaders: Object.fromEntries(headerPairs(config.response_headers)),
      cors:
        config.cors === undefined
          ? undefined
          : {
              allowedOrigins: config.cors.allowed_origins,
              allowedHeaders: config.cors.allowed_headers,
              exposedHeaders: config.cors.exposed_headers,
              ...(config.cors.max_age === undefined ? {} : { maxAgeSeconds: config.cors.max_age }),
            },
      observer: {
        refused: ({ error, httpStatus }) => {
          // What the pipelines refuse is reported by the handler, which knows how many items it was.
          if (!isConsumeError(error)) events.requestRejected({ error, transport: 'http', status: httpStatus })
        },
      },
      parseLarge: this.#pool?.parse,
      clock,
    })
    for (const address of this.#server.addresses) log.info('Listening for OTLP over HTTP', { address })
  }

  async shutdown(deadline: AbortSignal): Promise<void> {
    if (this.#server === undefined) return
    // Requests under way wait for their pipelines, which are still alive; the deadline cuts them.
    const server = this.#server
    const cut = (): void => void server.shutdown(0)
    deadline.addEventListener('abort', cut, { once: true })
    await server.shutdown(deadline.aborted ? 0 : graceMillis)
    deadline.removeEventListener('abort', cut)
    await this.#pool?.close()
  }

  /** Where a signal is served: nowhere when no pipeline takes it, so that its senders are told before they send a body. */
  #path(signal: Signal): string | false {
    return this.#next[signal] === undefined ? false : this.#config![`${signal}_url_path`]
  }

  async #handle(batch: Batch, context: ConsumeContext): Promise<undefined> {
    const { events } = this.#settings
    const { signal, itemCount } = batch
    // Nothing in it: success without troubling the pipelines, as upstream.
    if (itemCount === 0) return
    try {
      await this.#next[signal]!(batch, context)
      events.received({ signal, itemCount, transport: 'http' })
    } catch (error) {
      const failure = asConsumeError(error)
      const refused = (failure.rejected ?? batch).itemCount
      events.refused({ signal, itemCount: refused, transport: 'http', error: failure, retryable: failure.retryable })
      throw failure
    }
  }
}

// The configuration's default, which 0 stands for.
const defaultMaxBodyBytes = 20 * 1024 * 1024

// Longer than any deadline worth setting: the deadline itself ends the wait.
const graceMillis = 3_600_000
