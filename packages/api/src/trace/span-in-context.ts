// SPDX-License-Identifier: Apache-2.0
import { activeContext } from '../context/active-context.ts'
import { type Context, spanKey } from '../context/context.ts'
import { wrapSpanContext } from './non-recording-span.ts'
import type { Span } from './span.ts'
import type { SpanContext } from './span-context.ts'

/** The span in `context`, if any. */
export function getSpan(context: Context): Span | undefined {
  return (context.getValue(spanKey) as Span | undefined) || undefined
}

/** The span in the active context, if any. */
export function getActiveSpan(): Span | undefined {
  return getSpan(activeContext())
}

/** A context like `context` that holds `span`. */
export function setSpan(context: Context, span: Span): Context {
  return context.setValue(spanKey, span)
}

/** A context like `context` that holds no span. */
export function deleteSpan(context: Context): Context {
  return context.deleteValue(spanKey)
}

/** A context like `context` that holds a non-recording span with `spanContext`. */
export function setSpanContext(context: Context, spanContext: SpanContext): Context {
  return setSpan(context, wrapSpanContext(spanContext))
}

/** The span context of the span in `context`, if any. */
export function getSpanContext(context: Context): SpanContext | undefined {
  return getSpan(context)?.spanContext()
}
