// SPDX-License-Identifier: Apache-2.0
import type { Context } from '../context/context.ts'
import { noopTracer, noopTracerProvider } from './noop-tracer.ts'
import type { Span } from './span.ts'
import type { SpanOptions, Tracer, TracerEnabledOptions, TracerOptions, TracerProvider } from './tracer.ts'

/**
 * Where a {@link ProxyTracer} gets the tracer it stands for.
 *
 * @example
 * ```ts
 * import { ProxyTracer, type TracerDelegator } from '@otel-ts/api'
 * const delegator: TracerDelegator = { getDelegateTracer: () => undefined }
 * console.log(new ProxyTracer(delegator, 'shop').startSpan('early').isRecording()) // false
 * ```
 */
export interface TracerDelegator {
  /** The tracer, or undefined as long as there is no provider. */
  getDelegateTracer(name: string, version?: string, options?: TracerOptions): Tracer | undefined
  /**
   * Stands for the provider: another value when the provider is another one, undefined when there is none. Tracers then
   * follow. Without this method a tracer stays with the first provider it finds.
   */
  delegateSource?(): unknown
}

/**
 * A tracer that can be had before an SDK is registered: it passes each call on to the SDK's tracer as soon as there is
 * one, and follows when another SDK takes over.
 *
 * @example
 * ```ts
 * import { ProxyTracer, ProxyTracerProvider } from '@otel-ts/api'
 * const provider = new ProxyTracerProvider()
 * const tracer = new ProxyTracer(provider, 'shop', '1.2.0')
 * console.log(tracer.name, tracer.startSpan('early').isRecording()) // shop false
 * ```
 */
export class ProxyTracer implements Tracer {
  readonly name: string
  readonly version?: string
  readonly options?: TracerOptions
  readonly #delegator: TracerDelegator
  #source: unknown
  #delegate: Tracer = noopTracer

  constructor(delegator: TracerDelegator, name: string, version?: string, options?: TracerOptions) {
    this.#delegator = delegator
    this.name = name
    if (version !== undefined) this.version = version
    if (options !== undefined) this.options = options
  }

  startSpan(name: string, options?: SpanOptions, context?: Context): Span {
    return this.#tracer().startSpan(name, options, context)
  }

  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    optionsOrFn: SpanOptions | F,
    contextOrFn?: Context | F,
    fn?: F,
  ): ReturnType<F> {
    const tracer = this.#tracer()
    // SDKs tell the overloads apart by the number of arguments, so no undefined may be added at the end.
    if (typeof optionsOrFn === 'function') return tracer.startActiveSpan(name, optionsOrFn)
    if (typeof contextOrFn === 'function') return tracer.startActiveSpan(name, optionsOrFn, contextOrFn)
    return tracer.startActiveSpan(name, optionsOrFn, contextOrFn as Context, fn as F)
  }

  enabled(options?: TracerEnabledOptions): boolean {
    return this.#tracer().enabled?.(options) ?? true
  }

  #tracer(): Tracer {
    if (this.#delegator.delegateSource === undefined) {
      if (this.#delegate === noopTracer) this.#look()
    } else {
      const source = this.#delegator.delegateSource()
      if (source !== this.#source) {
        this.#source = source
        this.#look()
      }
    }
    return this.#delegate
  }

  #look(): void {
    this.#delegate = this.#delegator.getDelegateTracer(this.name, this.version, this.options) ?? noopTracer
  }
}

/** What a provider of an SDK may have besides `getTracer`. */
interface FlushableProvider {
  forceFlush?(): Promise<void>
  shutdown?(): Promise<void>
}

/**
 * A tracer provider that stands for another one, its delegate, which can be set later. This is what registration puts
 * into the OpenTelemetry global; `getDelegate()` gives the SDK's provider.
 *
 * @example
 * ```ts
 * import { ProxyTracerProvider, trace } from '@otel-ts/api'
 * const provider = new ProxyTracerProvider()
 * const early = provider.getTracer('shop')
 * const span = trace.wrapSpanContext({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 })
 * provider.setDelegate({ getTracer: () => ({ startSpan: () => span, startActiveSpan: () => undefined as never }) })
 * console.log(early.startSpan('checkout') === span) // true
 * ```
 */
export class ProxyTracerProvider implements TracerProvider, TracerDelegator {
  #delegate: TracerProvider | undefined

  getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    return this.getDelegateTracer(name, version, options) ?? new ProxyTracer(this, name, version, options)
  }

  /** The provider this one stands for; one whose spans record nothing if none was set. */
  getDelegate(): TracerProvider {
    return this.#delegate ?? noopTracerProvider
  }

  setDelegate(delegate: TracerProvider): void {
    this.#delegate = delegate
  }

  getDelegateTracer(name: string, version?: string, options?: TracerOptions): Tracer | undefined {
    return this.#delegate?.getTracer(name, version, options)
  }

  delegateSource(): unknown {
    return this.#delegate
  }

  /** Exports what the delegate still holds, if it can. */
  async forceFlush(): Promise<void> {
    await (this.getDelegate() as FlushableProvider).forceFlush?.()
  }

  /** Shuts the delegate down, if it can. */
  async shutdown(): Promise<void> {
    await (this.getDelegate() as FlushableProvider).shutdown?.()
  }
}
