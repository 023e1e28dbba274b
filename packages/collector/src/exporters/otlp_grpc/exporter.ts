// SPDX-License-Identifier: Apache-2.0
import type { Consume, Consumer } from '@otel-ts/otlp'
import { createOtlpGrpcClient, type OtlpClient } from '@otel-ts/otlp/client'
import type { ComponentSettings, ExporterComponent, Lifecycle } from '../../component.ts'
import { grpcClientOptions } from '../../config/grpc-client-config.ts'
import { type ClientTlsConfig, checkClientTls, clientTlsOptions, tlsEvents } from '../../config/tls-config.ts'
import { createSending, type Sending } from '../../sending/sending.ts'
import { sendRequest } from '../send-request.ts'
import { type OtlpGrpcExporterConfig, otlpGrpcConfig } from './config.ts'

/** Sends OTLP over gRPC. */
export const otlpGrpcExporter: ExporterComponent<OtlpGrpcExporterConfig> = {
  kind: 'exporter',
  type: 'otlp_grpc',
  aliases: ['otlp'],
  description: 'Sends OTLP over gRPC.',
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable' },
  config: otlpGrpcConfig,
  create: (config, settings) => new OtlpGrpcExporter(config, settings),
}

class OtlpGrpcExporter implements Lifecycle, Consumer {
  readonly #client: OtlpClient
  readonly #sending: Sending
  readonly #tls: ClientTlsConfig

  constructor(config: OtlpGrpcExporterConfig, settings: ComponentSettings) {
    const client = createOtlpGrpcClient({
      ...grpcClientOptions(config),
      userAgentProduct: `otel-ts-collector/${settings.buildVersion}`,
      // Retry and time limit are the sending stages' work; the limit is known here too so that the server is told.
      timeoutMillis: config.timeout,
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
      send: (batch, context) => sendRequest(client, settings.events, batch, batch.chunks(), context),
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
