// SPDX-License-Identifier: Apache-2.0
import { activeContext, contextManager } from '../context/active-context.ts'
import type { Context } from '../context/context.ts'
import { invalidSpan, wrapSpanContext } from './non-recording-span.ts'
import type { Span } from './span.ts'
import { isSpanContextValid } from './span-context.ts'
import { getSpan, setSpan } from './span-in-context.ts'
import type { SpanOptions, Tracer, TracerProvider } from './tracer.ts'

/**
 * The span of a process without SDK: it carries the parent's span context, so that a trace passes through, and is the
 * parent itself if that does not record either. Specification: trace/api.md#behavior-of-the-api-in-the-absence-of-an-installed-sdk.
 */
function passThroughSpan(options: SpanOptions | undefined, context: Context | undefined): Span {
  if (options?.root === true) return invalidSpan
  // Callers without types pass whatever they have; a context is recognised by what we need of it.
  const parent = typeof context?.getValue === 'function' ? getSpan(context) : undefined
  if (parent === undefined || typeof parent.spanContext !== 'function') return invalidSpan
  const spanContext = parent.spanContext()
  if (spanContext === undefined || spanContext === null || !isSpanContextValid(spanContext)) return invalidSpan
  return parent.isRecording() ? wrapSpanContext(spanContext) : parent
}

class NoopTracer implements Tracer {
  startSpan(_name: string, options?: SpanOptions, context: Context = activeContext()): Span {
    return passThroughSpan(options, context)
  }

  startActiveSpan<F extends (span: Span) => unknown>(
    _name: string,
    optionsOrFn: SpanOptions | F,
    contextOrFn?: Context | F,
    fn?: F,
  ): ReturnType<F> {
    let call = fn as F
    let options: SpanOptions | undefined
    let parent: Context | undefined
    if (typeof optionsOrFn === 'function') call = optionsOrFn
    else {
      options = optionsOrFn
      if (typeof contextOrFn === 'function') call = contextOrFn
      else parent = contextOrFn
    }
    parent ??= activeContext()
    const span = passThroughSpan(options, parent)
    return contextManager().with(setSpan(parent, span), call as (span: Span) => ReturnType<F>, undefined, span)
  }

  enabled(): boolean {
    return false
  }
}

/** A tracer whose spans record nothing. */
export const noopTracer: Tracer = new NoopTracer()

/** Gives {@link noopTracer}. */
export const noopTracerProvider: TracerProvider = { getTracer: () => noopTracer }
