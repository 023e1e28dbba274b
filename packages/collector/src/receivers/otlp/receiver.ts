// SPDX-License-Identifier: Apache-2.0
import { isConsumeError, type Signal, signals } from '@otel-ts/otlp'
import {
  createOtlpGrpcServer,
  createOtlpHttpServer,
  type OtlpHandler,
  type OtlpServer,
  type OtlpServerObserver,
} from '@otel-ts/otlp/server'
import type { ComponentSettings, Lifecycle, NextBySignal, ReceiverComponent } from '../../component.ts'
import { grpcServerOptions } from '../../config/grpc-server-config.ts'
import { httpServerOptions } from '../../config/http-server-config.ts'
import { tlsEvents } from '../../config/tls-config.ts'
import { asConsumeError } from '../../pipeline/fan-out.ts'
import { type OtlpGrpcConfig, type OtlpHttpConfig, type OtlpReceiverConfig, otlpReceiverConfig } from './config.ts'
import { type ParsePool, startParsePool } from './parse-pool.ts'

/** Takes OTLP over gRPC and HTTP. */
export const otlpReceiver: ReceiverComponent<OtlpReceiverConfig> = {
  kind: 'receiver',
  type: 'otlp',
  aliases: [],
  description: 'Takes OTLP over gRPC and over HTTP, protobuf and JSON.',
  stability: { traces: 'stable', metrics: 'stable', logs: 'stable' },
  config: otlpReceiverConfig,
  create: (config, settings, next) => new OtlpReceiver(config, settings, next),
}

type Transport = 'grpc' | 'http'

class OtlpReceiver implements Lifecycle {
  readonly #config: OtlpReceiverConfig['protocols']
  readonly #settings: ComponentSettings
  readonly #next: NextBySignal
  readonly #servers: OtlpServer[] = []
  #pool: ParsePool | undefined

  constructor(config: OtlpReceiverConfig, settings: ComponentSettings, next: NextBySignal) {
    this.#config = config.protocols
    this.#settings = settings
    this.#next = next
  }

  async start(): Promise<void> {
    const { log, clock } = this.#settings
    const { grpc, http } = this.#config
    this.#pool = startParsePool({
      clock,
      maxBodyBytes: Math.max(
        grpc === undefined ? 0 : grpcServerOptions(grpc).maxReceiveMessageBytes,
        http === undefined ? 0 : httpServerOptions(http).maxRequestBodyBytes,
      ),
      onCrash: (error) =>
        log.warn('The process that reads large requests failed and is started again', { error: error.message }),
    })
    try {
      if (grpc !== undefined) this.#listens('gRPC', await this.#startGrpc(grpc))
      if (http !== undefined) this.#listens('HTTP', await this.#startHttp(http))
    } catch (error) {
      // A receiver that serves one of two protocols would be taken for one that runs.
      await this.#stop(0)
      throw error
    }
  }

  async shutdown(deadline: AbortSignal): Promise<void> {
    // Requests under way wait for their pipelines, which are still alive; the deadline cuts them.
    const cut = (): void => {
      for (const server of this.#servers) void server.shutdown(0)
    }
    deadline.addEventListener('abort', cut, { once: true })
    await this.#stop(deadline.aborted ? 0 : graceMillis)
    deadline.removeEventListener('abort', cut)
  }

  async #stop(grace: number): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.shutdown(grace)))
    await this.#pool?.close()
  }

  #startGrpc(config: OtlpGrpcConfig): Promise<OtlpServer> {
    return createOtlpGrpcServer({
      ...grpcServerOptions(config),
      ...this.#common('grpc'),
      // Of a signal that no pipeline takes, senders are told UNIMPLEMENTED before they send a body.
      signals: signals.filter((signal) => this.#next[signal] !== undefined),
    })
  }

  #startHttp(config: OtlpHttpConfig): Promise<OtlpServer> {
    const path = (signal: Signal): string | false =>
      this.#next[signal] === undefined ? false : config[`${signal}_url_path`]
    return createOtlpHttpServer({
      ...httpServerOptions(config),
      ...this.#common('http'),
      paths: { traces: path('traces'), metrics: path('metrics'), logs: path('logs') },
    })
  }

  #listens(protocol: string, server: OtlpServer): void {
    this.#servers.push(server)
    for (const address of server.addresses) this.#settings.log.info(`Listening for OTLP over ${protocol}`, { address })
  }

  #common(transport: Transport) {
    const { clock, events, log } = this.#settings
    const observer: OtlpServerObserver = {
      refused: ({ error, code, httpStatus, grpcStatus }) => {
        // What the pipelines refuse is reported by the handler, which knows how many items it was.
        if (isConsumeError(error)) return
        if (code === 'OTLP_TLS') events.connectionRefused({ error, transport })
        else events.requestRejected({ error, transport, status: grpcStatus ?? httpStatus })
      },
      tls: tlsEvents(log),
    }
    return { handler: this.#handler(transport), observer, parseLarge: this.#pool?.parse, clock }
  }

  #handler(transport: Transport): OtlpHandler {
    const { events } = this.#settings
    return async (batch, context) => {
      const { signal, itemCount } = batch
      // Nothing in it: success without troubling the pipelines, as upstream.
      if (itemCount === 0) return undefined
      try {
        await this.#next[signal]!(batch, context)
        events.received({ signal, itemCount, transport })
        return undefined
      } catch (error) {
        const failure = asConsumeError(error)
        const refused = (failure.rejected ?? batch).itemCount
        events.refused({ signal, itemCount: refused, transport, error: failure, retryable: failure.retryable })
        throw failure
      }
    }
  }
}

// Longer than any deadline worth setting: the deadline itself ends the wait.
const graceMillis = 3_600_000
