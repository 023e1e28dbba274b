// SPDX-License-Identifier: Apache-2.0
import type { Consume, Consumer, Signal } from '@otel-ts/otlp'
import { createOtlpHttpClient, type OtlpClient, otlpSignalUrl } from '@otel-ts/otlp/client'
import type { ComponentSettings, ExporterComponent, Lifecycle } from '../../component.ts'
import { httpClientOptions } from '../../config/http-client-config.ts'
import { type ClientTlsConfig, checkClientTls, clientTlsOptions, tlsEvents } from '../../config/tls-config.ts'
import { createSending, type Sending } from '../../sending/sending.ts'
import { encodeJsonBody } from '../json-body.ts'
import { sendRequest } from '../send-request.ts'
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
  readonly #client: OtlpClient
  readonly #sending: Sending
  readonly #tls: ClientTlsConfig

  constructor(config: OtlpHttpExporterConfig, settings: ComponentSettings) {
    const isJson = config.encoding === 'json'
    const client = createOtlpHttpClient({
      ...httpClientOptions(config),
      url: { traces: urlOf(config, 'traces'), metrics: urlOf(config, 'metrics'), logs: urlOf(config, 'logs') },
      encoding: isJson ? 'json' : 'protobuf',
      userAgentProduct: `otel-ts-collector/${settings.buildVersion}`,
      // Retry and time limit are the sending stages' work: one of each is enough.
      timeoutMillis: 0,
      maxRequestBytes: Number.MAX_SAFE_INTEGER,
      observer: { tls: tlsEvents(settings.log) },
      clock: settings.clock,
    })
    this.#client = client
    this.#tls = config.tls
    this.#sending = createSending({
      queue: config.sending_queue,
      retry: config.retry_on_failure,
      timeoutMillis: config.timeout,
      settings,
      send: (batch, context) =>
        sendRequest(client, settings.events, batch, isJson ? [encodeJsonBody(batch)] : batch.chunks(), context),
    })
    this.consume = this.#sending.consume
  }

  readonly consume: Consume

  async start(): Promise<void> {
    checkClientTls(clientTlsOptions(this.#tls))
  }

  async shutdown(deadline: AbortSignal): Promise<void> {
    await this.#sending.shutdown(deadline)
    await this.#client.shutdown()
  }
}

// Neither is there only for signals that no pipeline sends here: signalProblem has seen to it.
function urlOf(config: OtlpHttpExporterConfig, signal: Signal): string {
  return config[`${signal}_endpoint`] ?? (config.endpoint === undefined ? '' : otlpSignalUrl(config.endpoint, signal))
}
