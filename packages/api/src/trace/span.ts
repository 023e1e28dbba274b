// SPDX-License-Identifier: Apache-2.0
import type { AnyValue, Attributes } from '../attributes.ts'
import type { Exception } from '../exception.ts'
import type { TimeInput } from '../time.ts'
import type { Link } from './link.ts'
import type { SpanContext } from './span-context.ts'
import type { SpanStatus } from './span-status.ts'

/**
 * Attributes of a span.
 * @deprecated Use {@link Attributes}.
 */
export type SpanAttributes = Attributes

/**
 * Value of a span attribute.
 * @deprecated Use {@link AnyValue}.
 */
export type SpanAttributeValue = AnyValue

/**
 * One operation in a trace. After `end()` every call but `spanContext()` and `isRecording()` is ignored; an ended span
 * can still be a parent. Times not given are taken at the call. Specification: trace/api.md#span.
 *
 * @example
 * ```ts
 * import { SpanStatusCode, trace } from '@otel-ts/api'
 * const span = trace.getTracer('shop').startSpan('checkout', { attributes: { 'cart.size': 3 } })
 * try {
 *   span.addEvent('paid', { method: 'card' })
 * } catch (error) {
 *   span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
 *   throw error
 * } finally {
 *   span.end()
 * }
 * console.log(span.isRecording()) // false
 * ```
 */
export interface Span {
  /** Identity of the span; the same for its whole life, also after `end()`. */
  spanContext(): SpanContext
  /**
   * Sets one attribute; an earlier value under the same key is replaced. Attributes that are known when the span starts
   * are better given to `startSpan`: samplers see only those.
   */
  setAttribute(key: string, value: AnyValue): this
  /** Sets several attributes. */
  setAttributes(attributes: Attributes): this
  /** Adds an event: `addEvent(name)`, `addEvent(name, attributes, time?)` or `addEvent(name, time)`. */
  addEvent(name: string, attributesOrStartTime?: Attributes | TimeInput, startTime?: TimeInput): this
  /** Adds a link. Links that are known when the span starts are better given to `startSpan`: samplers see only those. */
  addLink(link: Link): this
  /** Adds several links. */
  addLinks(links: Link[]): this
  /** Sets the status; see {@link SpanStatusCode} for what overrides what. */
  setStatus(status: SpanStatus): this
  /** Replaces the name. A sampler has already decided by the first one. */
  updateName(name: string): this
  /** Ends the span. It does not end children and does not deactivate the span. Only the first call counts. */
  end(endTime?: TimeInput): void
  /** Whether anything that is set now would be recorded; false after `end()`. */
  isRecording(): boolean
  /**
   * Adds an event `exception` with type, message and stack trace. `attributes` are added to these and win over them;
   * spans of `@opentelemetry/*` SDKs ignore that third argument.
   */
  recordException(exception: Exception, time?: TimeInput, attributes?: Attributes): void
}
