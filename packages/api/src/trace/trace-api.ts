// SPDX-License-Identifier: Apache-2.0
import type { Context } from '../context/context.ts'
import { apiGlobal } from '../global/api-global.ts'
import { removeGlobal, setGlobal } from '../global/register.ts'
import { wrapSpanContext } from './non-recording-span.ts'
import { ProxyTracerProvider } from './proxy-tracer.ts'
import type { Span } from './span.ts'
import { isSpanContextValid, type SpanContext } from './span-context.ts'
import { deleteSpan, getActiveSpan, getSpan, getSpanContext, setSpan, setSpanContext } from './span-in-context.ts'
import type { Tracer, TracerOptions, TracerProvider } from './tracer.ts'

/** Functions of {@link trace}. */
export interface TraceAPI {
  /**
   * Registers `provider` for the whole process. A registration call: it creates the OpenTelemetry global if there is
   * none. False, with a diagnostic error, if another one is registered.
   */
  setGlobalTracerProvider(provider: TracerProvider): boolean
  /** The registered tracer provider; without one, a provider whose tracers find it when it comes. */
  getTracerProvider(): TracerProvider
  /**
   * A tracer of the registered provider. May be called before an SDK is registered, and kept: such a tracer finds the SDK
   * when it comes, through whichever copy of the API it registers.
   */
  getTracer(name: string, version?: string, options?: TracerOptions): Tracer
  /** Removes the registered provider. */
  disable(): void
  /** A span that records nothing and carries `spanContext`. */
  wrapSpanContext(spanContext: SpanContext): Span
  /** Whether both ids of `spanContext` are valid. */
  isSpanContextValid(spanContext: SpanContext): boolean
  /** A context like `context` that holds no span. */
  deleteSpan(context: Context): Context
  /** The span in `context`, if any. */
  getSpan(context: Context): Span | undefined
  /** The span in the active context, if any. */
  getActiveSpan(): Span | undefined
  /** The span context of the span in `context`, if any. */
  getSpanContext(context: Context): SpanContext | undefined
  /** A context like `context` that holds `span`. */
  setSpan(context: Context, span: Span): Context
  /** A context like `context` that holds a non-recording span with `spanContext`. */
  setSpanContext(context: Context, spanContext: SpanContext): Context
}

/**
 * Stands for whatever provider is in the OpenTelemetry global. It looks there at each call instead of being told, since
 * an SDK may register through a copy of the API that knows nothing of this one.
 */
class GlobalTracerProvider extends ProxyTracerProvider {
  override getDelegate(): TracerProvider {
    return apiGlobal()?.trace ?? super.getDelegate()
  }

  override getDelegateTracer(name: string, version?: string, options?: TracerOptions): Tracer | undefined {
    const registered = apiGlobal()?.trace
    return registered === undefined
      ? super.getDelegateTracer(name, version, options)
      : registered.getTracer(name, version, options)
  }

  override delegateSource(): unknown {
    return apiGlobal()?.trace ?? super.delegateSource()
  }
}

const globalTracerProvider = new GlobalTracerProvider()

/**
 * The trace API: tracers, and spans in contexts. Specification: trace/api.md.
 *
 * @example
 * ```ts
 * import { trace } from '@otel-ts/api'
 * const tracer = trace.getTracer('shop', '1.2.0', { attributes: { 'shop.region': 'eu' } })
 * const total = tracer.startActiveSpan('checkout', (span) => {
 *   try {
 *     return 3 * 14
 *   } finally {
 *     span.end()
 *   }
 * })
 * console.log(total) // 42
 * ```
 */
export const trace: TraceAPI = {
  setGlobalTracerProvider: (provider) => setGlobal('trace', provider),
  getTracerProvider: () => apiGlobal()?.trace ?? globalTracerProvider,
  getTracer: (name, version, options) => globalTracerProvider.getTracer(name, version, options),
  disable: () => removeGlobal('trace'),
  wrapSpanContext,
  isSpanContextValid,
  deleteSpan,
  getSpan,
  getActiveSpan,
  getSpanContext,
  setSpan,
  setSpanContext,
}
