// SPDX-License-Identifier: Apache-2.0
import type {
  TracerProvider as ApiTracerProvider,
  Context,
  Sampler,
  Span,
  SpanOptions,
  Tracer,
  TracerOptions,
} from '@otel-ts/api'
import { activeContext, runInContext } from '../context/active.ts'
import { spanKey } from '../context/keys.ts'
import { environmentGeneralLimits, environmentSampler, environmentSpanLimits } from '../env/trace-settings.ts'
import { sdkEvents } from '../events.ts'
import { settleWithin } from '../export/deadline.ts'
import { defaultResource } from '../resource/default-resource.ts'
import { environmentResource } from '../resource/env-resource.ts'
import type { Resource } from '../resource/resource.ts'
import { keepAttributes } from './attributes.ts'
import { type IdGenerator, RandomIdGenerator } from './id-generator.ts'
import { type GeneralLimits, resolveSpanLimits, type SpanLimits } from './limits.ts'
import { ProcessorChain } from './processor-chain.ts'
import type { InstrumentationScope } from './readable-span.ts'
import { planSampling } from './sampling-plan.ts'
import type { SpanProcessor } from './span-processor.ts'
import { carryOn, SdkTracer, type TracerSettings } from './tracer.ts'
import { isScopeEnabled, type TracerConfigurator } from './tracer-configurator.ts'

/** Options of a {@link TracerProvider}. */
export interface TracerProviderOptions {
  /** Default: what `OTEL_TRACES_SAMPLER` names, else ParentBased over AlwaysOn. */
  sampler?: Sampler
  /** Default: `OTEL_SPAN_*` and `OTEL_ATTRIBUTE_*`, else those of the specification. */
  spanLimits?: SpanLimits
  /** Limits of attributes in general, for what `spanLimits` leaves open. */
  generalLimits?: GeneralLimits
  /** What the spans are about. Default: {@link defaultResource} with what the environment says. */
  resource?: Resource
  /** Default: random ids from the host's CSPRNG. */
  idGenerator?: IdGenerator
  /** Called in this order. Without any, `enabled()` of tracers is false, and what spans record goes nowhere. */
  spanProcessors?: SpanProcessor[]
  /**
   * Says of each scope whether its tracers record. Default: all do.
   *
   * @experimental The specification has it in development.
   */
  tracerConfigurator?: TracerConfigurator
  /**
   * Whether spans take the attributes that `addContextAttributes` of the API put into their context, behind their own.
   * Default false.
   *
   * @experimental The specification has it in development (OTEP 4931).
   */
  contextScopedAttributes?: boolean
}

/** Options of `forceFlush`. */
export interface ForceFlushOptions {
  /** Milliseconds; 0 is no limit. Default 30000. */
  timeoutMillis?: number
}

/** Options of `shutdown`. */
export interface ShutdownOptions {
  /** Milliseconds; 0 is no limit. Default 30000. */
  timeoutMillis?: number
}

const defaultFlushMillis = 30_000

/**
 * Makes tracers and owns what they share: sampler, limits, resource, processors. Settings that are left out come from
 * the environment. Neither it nor its spans ever throw.
 *
 * @example
 * ```ts
 * import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@otel-ts/sdk'
 * const exporter = new InMemorySpanExporter()
 * const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
 * provider.getTracer('example').startSpan('work').end()
 * console.log(exporter.getFinishedSpans().map((span) => span.name)) // [ 'work' ]
 * await provider.shutdown()
 * ```
 */
export class TracerProvider implements ApiTracerProvider {
  readonly #processors: readonly SpanProcessor[]
  readonly #settings: TracerSettings
  readonly #tracers = new Map<string, SdkTracer>()
  #tracerConfigurator: TracerConfigurator | undefined
  #shutdown: Promise<void> | undefined
  /** Of a sampler made here, from the environment; a given one is its owner's to end. */
  #shutdownSampler: (() => Promise<void>) | undefined

  constructor(options: TracerProviderOptions = {}) {
    this.#processors = [...(options.spanProcessors ?? [])]
    this.#tracerConfigurator = options.tracerConfigurator
    const { idGenerator } = options
    const resource = options.resource ?? defaultResource().merge(environmentResource())
    const serviceName = resource.attributes['service.name']
    const sampler =
      options.sampler ??
      environmentSampler(typeof serviceName === 'string' ? serviceName : '', (shutdown) => {
        this.#shutdownSampler = shutdown
      })
    this.#settings = {
      resource,
      limits: resolveSpanLimits(
        withDefaults(options.spanLimits, environmentSpanLimits()),
        withDefaults(options.generalLimits, environmentGeneralLimits()),
      ),
      processors: new ProcessorChain(this.#processors),
      sampling: planSampling(sampler),
      idGenerator: idGenerator?.constructor === RandomIdGenerator ? undefined : idGenerator,
      isContextScoped: options.contextScopedAttributes === true,
      isShutDown: false,
    }
  }

  /** What the spans of this provider are about. */
  get resource(): Resource {
    return this.#settings.resource
  }

  /** A tracer for one library. Asking twice with equal arguments gives the same tracer. */
  getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    if (this.#settings.isShutDown) return noopTracer
    if (typeof name !== 'string' || name === '') {
      sdkEvents.invalidSetting(
        'getTracer: name',
        String(name),
        'a text that is not empty',
        'a tracer without name is made',
      )
      name = ''
    }
    const schemaUrl = options?.schemaUrl ?? ''
    const attributes = options?.attributes
    const key = JSON.stringify([name, version ?? '', schemaUrl, attributeKey(attributes)])
    let tracer = this.#tracers.get(key)
    if (tracer === undefined) {
      const scope: { -readonly [K in keyof InstrumentationScope]: InstrumentationScope[K] } = { name }
      if (version) scope.version = version
      if (schemaUrl !== '') scope.schemaUrl = schemaUrl
      if (attributes !== undefined) {
        scope.attributes = keepAttributes(
          attributes,
          Number.POSITIVE_INFINITY,
          Number.POSITIVE_INFINITY,
          this.#settings.limits.attributeValueDepthLimit,
        ).attributes
      }
      tracer = new SdkTracer(scope, this.#settings)
      tracer.isActive = isScopeEnabled(this.#tracerConfigurator, scope)
      this.#tracers.set(key, tracer)
    }
    return tracer
  }

  /**
   * Puts another configurator in the place of the present one; `undefined` enables every tracer. It holds at once for
   * tracers that were handed out before, and for spans started from then on: those that run are not touched.
   *
   * @experimental The specification has it in development.
   */
  setTracerConfigurator(configurator: TracerConfigurator | undefined): void {
    this.#tracerConfigurator = configurator
    if (this.#settings.isShutDown) return
    for (const tracer of this.#tracers.values()) tracer.isActive = isScopeEnabled(configurator, tracer.scope)
  }

  /** Resolves when every span that has ended is exported; rejects when a processor fails or the time is over. */
  forceFlush(options?: ForceFlushOptions): Promise<void> {
    return settleWithin(
      'TracerProvider.forceFlush',
      this.#processors.map((processor) => () => processor.forceFlush()),
      options?.timeoutMillis ?? defaultFlushMillis,
    )
  }

  /**
   * Flushes and stops all processors; rejects when one of them fails or the time is over. Later spans are not recorded;
   * later calls give the same promise.
   */
  shutdown(options?: ShutdownOptions): Promise<void> {
    if (this.#shutdown === undefined) {
      this.#settings.isShutDown = true
      for (const tracer of this.#tracers.values()) tracer.isActive = false
      // Gives up its question at once and never rejects: nothing to wait for.
      void this.#shutdownSampler?.()
      this.#shutdown = settleWithin(
        'TracerProvider.shutdown',
        this.#processors.map((processor) => () => processor.shutdown()),
        options?.timeoutMillis ?? defaultFlushMillis,
      )
    }
    return this.#shutdown
  }
}

// Spread would let an option that is present but undefined hide what the environment says.
function withDefaults<T extends object>(given: T | undefined, defaults: T): T {
  const merged: T = { ...defaults }
  if (given !== undefined) {
    for (const key of Object.keys(given) as (keyof T)[]) if (given[key] !== undefined) merged[key] = given[key]
  }
  return merged
}

function attributeKey(attributes: unknown): unknown {
  if (attributes === undefined || attributes === null) return ''
  try {
    return JSON.stringify(attributes, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
  } catch {
    return ''
  }
}

// What a provider hands out after shutdown: its spans only carry the context on.
const noopTracer: Tracer = {
  startSpan: (_name, options, context) => carryOn(context ?? activeContext(), options),
  startActiveSpan(_name: string, ...rest: unknown[]): never {
    const fn = rest.at(-1) as (span: Span) => never
    const options = rest.length > 1 ? (rest[0] as SpanOptions | undefined) : undefined
    const context = rest.length > 2 ? (rest[1] as Context | undefined) : undefined
    const active = context ?? activeContext()
    const span = carryOn(active, options)
    return runInContext(active.setValue(spanKey, span), fn, span)
  },
  enabled: () => false,
}
