// SPDX-License-Identifier: Apache-2.0
import type { Attributes } from '../attributes.ts'
import type { Context } from '../context/context.ts'
import type { TimeInput } from '../time.ts'
import type { Link } from './link.ts'
import type { Span } from './span.ts'
import type { SpanKind } from './span-kind.ts'

/**
 * What a span can be given when it starts.
 *
 * @example
 * ```ts
 * import { SpanKind, trace, type SpanOptions } from '@otel-ts/api'
 * const options: SpanOptions = { kind: SpanKind.SERVER, attributes: { 'http.request.method': 'GET' }, root: true }
 * trace.getTracer('shop').startSpan('GET /cart', options).end()
 * console.log(options.kind) // 1
 * ```
 */
export interface SpanOptions {
  /** Default {@link SpanKind.INTERNAL}. */
  kind?: SpanKind
  /** Attributes known at the start. Better here than through `setAttribute` later: samplers see only these. */
  attributes?: Attributes
  /** Links known at the start. Better here than through `addLink` later: samplers see only these. */
  links?: Link[]
  /** Default: now. */
  startTime?: TimeInput
  /** Start a new trace whatever the context holds. */
  root?: boolean
}

/**
 * Identity of a tracer beside name and version.
 *
 * @example
 * ```ts
 * import { trace, type TracerOptions } from '@otel-ts/api'
 * const options: TracerOptions = { schemaUrl: 'https://opentelemetry.io/schemas/1.44.0', attributes: { 'shop.region': 'eu' } }
 * console.log(typeof trace.getTracer('shop', '1.2.0', options).startSpan) // function
 * ```
 */
export interface TracerOptions {
  /** Schema of the telemetry this tracer writes. */
  schemaUrl?: string
  /** Attributes of the instrumentation scope; part of its identity. SDKs of `@opentelemetry/*` ignore them. */
  attributes?: Attributes
}

/**
 * What {@link Tracer.enabled} may look at.
 *
 * @example
 * ```ts
 * import { context, trace, type TracerEnabledOptions } from '@otel-ts/api'
 * const options: TracerEnabledOptions = { context: context.active() }
 * console.log(trace.getTracer('shop').enabled?.(options)) // false
 * ```
 */
export interface TracerEnabledOptions {
  /** Default: the active context. */
  context?: Context
}

/**
 * Starts spans. Specification: trace/api.md#tracer.
 *
 * @example
 * ```ts
 * import { trace, type Tracer } from '@otel-ts/api'
 * const tracer: Tracer = trace.getTracer('shop', '1.2.0')
 * const span = tracer.startSpan('checkout', { attributes: { 'cart.size': 3 } })
 * span.end()
 * const size = tracer.startActiveSpan('pack', (active) => {
 *   active.end()
 *   return 3
 * })
 * console.log(size, tracer.enabled?.()) // 3 false
 * ```
 */
export interface Tracer {
  /**
   * Starts a span and leaves the active context alone. Its parent is the span in `context` (default: the active
   * context). Specification: trace/api.md#span-creation.
   */
  startSpan(name: string, options?: SpanOptions, context?: Context): Span
  /**
   * Starts a span, calls `fn` with it while it is the active span, and returns what `fn` returns. `fn` must end the
   * span: it is not ended for it.
   */
  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: SpanOptions, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    context: Context,
    fn: F,
  ): ReturnType<F>
  /**
   * Whether a span started now could be recorded; ask before costly work that only feeds a span, each time anew.
   * Tracers of `@opentelemetry/*` SDKs lack it: read absence as true. Specification: trace/api.md#enabled.
   */
  enabled?(options?: TracerEnabledOptions): boolean
}

/**
 * Gives tracers, one for each name, version, schema URL and scope attributes.
 *
 * @example
 * ```ts
 * import { trace, type TracerProvider } from '@otel-ts/api'
 * const provider: TracerProvider = trace.getTracerProvider()
 * console.log(provider.getTracer('shop').startSpan('checkout').isRecording()) // false
 * ```
 */
export interface TracerProvider {
  getTracer(name: string, version?: string, options?: TracerOptions): Tracer
}
