// SPDX-License-Identifier: Apache-2.0
import type { TracerProvider as ApiTracerProvider } from '@otel-ts/api'
import type { Registration } from '@otel-ts/api/registration'
import { readBoolean, readList } from '../env/read.ts'
import { exporterParts } from '../export/otlp-parts.ts'
import { environmentProtocol } from '../export/otlp-settings.ts'
import { OtlpTraceExporter } from '../export/otlp-trace-exporter.ts'
import { OtlpFileTraceExporter } from '../otlp-file/index.ts'
import { defaultResource } from '../resource/default-resource.ts'
import { environmentResource } from '../resource/env-resource.ts'
import { type Resource, resourceFromAttributes } from '../resource/resource.ts'
import { BatchSpanProcessor } from '../trace/batch-span-processor.ts'
import { ConsoleSpanExporter } from '../trace/console-span-exporter.ts'
import { SimpleSpanProcessor } from '../trace/simple-span-processor.ts'
import type { SpanExporter, SpanProcessor } from '../trace/span-processor.ts'
import { TracerProvider, type TracerProviderOptions } from '../trace/tracer-provider.ts'
import { registerSdk, type SdkRegistrationConfig } from './register.ts'

/** What the SDK needs of an instrumentation, ours or one of npm's. */
export interface Instrumentation {
  setTracerProvider(provider: ApiTracerProvider): void
  enable(): void
  disable(): void
}

/** Options of a {@link NodeSDK}; what is left out comes from the environment. */
export interface NodeSDKConfiguration extends Omit<TracerProviderOptions, 'spanProcessors'> {
  /** `service.name` of the resource. Default `OTEL_SERVICE_NAME`. */
  serviceName?: string
  /** Exports in batches. Default: what `OTEL_TRACES_EXPORTER` names, else OTLP. Ignored with `spanProcessors`. */
  traceExporter?: SpanExporter
  /** Takes the place of the batch processor that is made otherwise. */
  spanProcessors?: SpanProcessor[]
  /** Default: those of `OTEL_PROPAGATORS`. `null`: none. */
  textMapPropagator?: SdkRegistrationConfig['propagator']
  /** Default: on AsyncLocalStorage. `null`: none. */
  contextManager?: SdkRegistrationConfig['contextManager']
  /** See {@link SdkRegistrationConfig}. */
  apis?: SdkRegistrationConfig['apis']
  /** Given the provider and enabled by `start()`, disabled by `shutdown()`. Lists may be nested. */
  instrumentations?: (Instrumentation | Instrumentation[])[]
}

/**
 * The tracing SDK in one call: resource, exporter, batch processor, context and propagators from options and
 * environment. `OTEL_SDK_DISABLED=true` leaves only context and propagators active.
 *
 * @example
 * ```ts
 * import { InMemorySpanExporter, NodeSDK } from '@otel-ts/sdk'
 * import { trace } from '@otel-ts/api'
 * const traceExporter = new InMemorySpanExporter()
 * const sdk = new NodeSDK({ serviceName: 'shop', traceExporter })
 * sdk.start()
 * trace.getTracer('example').startSpan('work').end()
 * await sdk.forceFlush()
 * console.log(traceExporter.getFinishedSpans()[0]?.resource.attributes['service.name']) // shop
 * await sdk.shutdown()
 * ```
 */
export class NodeSDK {
  readonly #configuration: NodeSDKConfiguration
  #provider: TracerProvider | undefined
  #registration: Registration | undefined
  #shutdown: Promise<void> | undefined

  constructor(configuration: NodeSDKConfiguration = {}) {
    this.#configuration = configuration
  }

  /** Registers the SDK for the process. A second call does nothing. */
  start(): void {
    if (this.#registration !== undefined) return
    const { textMapPropagator, contextManager, apis, instrumentations } = this.#configuration
    const config: SdkRegistrationConfig = {}
    if (textMapPropagator !== undefined) config.propagator = textMapPropagator
    if (contextManager !== undefined) config.contextManager = contextManager
    if (apis !== undefined) config.apis = apis
    if (!readBoolean('OTEL_SDK_DISABLED')) {
      const spanProcessors = this.#configuration.spanProcessors ?? this.#defaultProcessors()
      // Without anywhere to send spans to no tracer provider is registered: tracing then costs nothing.
      if (spanProcessors.length > 0) {
        this.#provider = new TracerProvider({ ...this.#configuration, resource: this.#resource(), spanProcessors })
      }
    }
    this.#registration = registerSdk(this.#provider, config)
    for (const instrumentation of (instrumentations ?? []).flat()) {
      if (this.#provider !== undefined) instrumentation.setTracerProvider(this.#provider)
      instrumentation.enable()
    }
  }

  #resource(): Resource {
    const { resource, serviceName } = this.#configuration
    let merged = defaultResource().merge(environmentResource())
    if (resource !== undefined) merged = merged.merge(resource)
    return serviceName === undefined ? merged : merged.merge(resourceFromAttributes({ 'service.name': serviceName }))
  }

  #defaultProcessors(): SpanProcessor[] {
    const { traceExporter } = this.#configuration
    if (traceExporter !== undefined) return [new BatchSpanProcessor({ exporter: traceExporter })]
    const names = readList('OTEL_TRACES_EXPORTER') ?? ['otlp']
    if (names.includes('none')) return []
    return names.map((name) =>
      name === 'console'
        ? new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() })
        : new BatchSpanProcessor({ exporter: environmentExporter(name) }),
    )
  }

  /** Resolves when every span that has ended is exported. */
  forceFlush(): Promise<void> {
    return this.#provider?.forceFlush() ?? Promise.resolve()
  }

  /** Exports what is left, stops, and takes the registration back. Later calls give the same promise. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#stop()
    return this.#shutdown
  }

  async #stop(): Promise<void> {
    for (const instrumentation of (this.#configuration.instrumentations ?? []).flat()) instrumentation.disable()
    try {
      await this.#provider?.shutdown()
    } finally {
      this.#registration?.unregister()
    }
  }
}

function environmentExporter(name: string): SpanExporter {
  if (name === 'otlp/stdout') return new OtlpFileTraceExporter()
  return new OtlpTraceExporter(exporterParts('traces', undefined, environmentProtocol('traces')))
}
