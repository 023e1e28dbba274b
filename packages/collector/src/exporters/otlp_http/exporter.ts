// SPDX-License-Identifier: Apache-2.0
import { type Batch, type Consume, type ConsumeContext, type Consumer, consumeError, type Signal } from '@otel-ts/otlp'
import { createOtlpHttpClient, type OtlpClient, otlpSignalUrl } from '@otel-ts/otlp/client'
import type { ComponentSettings, ExporterComponent, Lifecycle } from '../../component.ts'
import { headerPairs } from '../../config/http-headers.ts'
import { createSending, type Sending } from '../../sending/sending.ts'
import { encodeJsonBody } from '../json-body.ts'
import { type OtlpHttpExporterConfig, otlpHttpConfig } from './config.ts'

/** Sends OTLP over HTTP. */
export const otlpHttpExporter: ExporterComponent<OtlpHttpExporterConfig> = {
  kind: 'exporter',
  type: 'otlp_http',
  aliases: ['otlphttp'],
  description: 'Sends OTLP over HTTP, protobuf or JSON.',
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable' },
  config: otlpHttpConfig,
  signalProblem(config, signal) {
    const key = `${signal}_endpoint` as const
    return (config.endpoint ?? config[key]) === undefined ? `either endpoint or ${key} must be specified` : undefined
  },
  create: (config, settings) => new OtlpHttpExporter(config, settings),
}

class OtlpHttpExporter implements Lifecycle, Consumer {
  readonly #config: OtlpHttpExporterConfig
  readonly #settings: ComponentSettings
  readonly #client: OtlpClient
  readonly #sending: Sending

  constructor(config: OtlpHttpExporterConfig, settings: ComponentSettings) {
    this.#config = config
    this.#settings = settings
    this.#client = createOtlpHttpClient({
      url: { traces: urlOf(config, 'traces'), metrics: urlOf(config, 'metrics'), logs: urlOf(config, 'logs') },
      encoding: config.encoding === 'json' ? 'json' : 'protobuf',
      compression: config.compression === 'gzip' ? 'gzip' : 'none',
      headers: Object.fromEntries(headerPairs(config.headers).map(([name, value]) => [name, value.reveal()])),
      userAgentProduct: `otel-ts-collector/${settings.buildVersion}`,
      // Retry and time limit are the sending stages' work: one of each is enough.
      timeoutMillis: 0,
      maxRequestBytes: Number.MAX_SAFE_INTEGER,
      maxIdleConnections: config.disable_keep_alives ? 0 : config.max_idle_conns || 100,
      ...(config.max_conns_per_host > 0 ? { maxConnections: config.max_conns_per_host } : {}),
      ...(config.idle_conn_timeout > 0 ? { idleTimeoutMillis: config.idle_conn_timeout } : {}),
      clock: settings.clock,
    })
    this.#sending = createSending({
      queue: config.sending_queue,
      retry: config.retry_on_failure,
      timeoutMillis: config.timeout,
      settings,
      send: (batch, context) => this.#send(batch, context),
    })
    this.consume = this.#sending.consume
  }

  readonly consume: Consume

  async shutdown(deadline: AbortSignal): Promise<void> {
    await this.#sending.shutdown(deadline)
    await this.#client.shutdown()
  }

  async #send(batch: Batch, context: ConsumeContext): Promise<void> {
    const { signal, itemCount } = batch
    const chunks = this.#config.encoding === 'json' ? [encodeJsonBody(batch)] : batch.chunks()
    const outcome = await this.#client.send({ signal, chunks, itemCount, abort: context.signal })
    if (outcome.result === 'accepted') {
      if (outcome.partialSuccess !== undefined) {
        this.#settings.events.partialSuccess({ signal, itemCount, ...outcome.partialSuccess })
      }
      return
    }
    const { error, retryable, retryAfterMillis, grpcStatus } = outcome
    throw consumeError(error.code, error.message, {
      retryable,
      ...(retryAfterMillis === undefined ? {} : { retryAfterMillis }),
      ...(grpcStatus === undefined ? {} : { status: grpcStatus }),
      cause: error,
    })
  }
}

// Neither is there only for signals that no pipeline sends here: signalProblem has seen to it.
function urlOf(config: OtlpHttpExporterConfig, signal: Signal): string {
  return config[`${signal}_endpoint`] ?? (config.endpoint === undefined ? '' : otlpSignalUrl(config.endpoint, signal))
}
