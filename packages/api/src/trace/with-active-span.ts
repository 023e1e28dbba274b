// SPDX-License-Identifier: Apache-2.0
import type { Context } from '../context/context.ts'
import { diag } from '../diag/diag-api.ts'
import type { Exception } from '../exception.ts'
import type { Span } from './span.ts'
import { SpanStatusCode } from './span-status.ts'
import type { SpanOptions, Tracer } from './tracer.ts'

/**
 * Options of {@link withActiveSpan}.
 *
 * @example
 * ```ts
 * import { trace, withActiveSpan, type ActiveSpanOptions } from '@otel-ts/api'
 * const options: ActiveSpanOptions = { onException: (error, span) => void span.setAttribute('error.type', String(error)) }
 * console.log(withActiveSpan(trace.getTracer('shop'), 'checkout', options, () => 'paid')) // paid
 * ```
 */
export interface ActiveSpanOptions extends SpanOptions {
  /**
   * Called with what the function threw or rejected with, in the place of what is done otherwise: recording it as an
   * exception and setting the status to error. For errors that are none, such as an abort that was asked for.
   */
  onException?: (error: unknown, span: Span) => void
}

interface Thenable {
  then(onFulfilled: (value: unknown) => unknown, onRejected: (error: unknown) => never): unknown
}

/**
 * Runs `fn` in a new active span and ends the span when `fn` is through: when it returns, or, if it returns a promise,
 * when that settles. What it throws or rejects with is recorded as an exception of the span, whose status becomes error,
 * and reaches the caller unchanged. Works with tracers of any SDK.
 *
 * A span that `fn` has ended itself stays as it is. Of a generator or stream that `fn` returns only the making is in the
 * span, not the reading.
 *
 * @example
 * ```ts
 * import { trace, withActiveSpan } from '@otel-ts/api'
 * const tracer = trace.getTracer('shop')
 * const total = withActiveSpan(tracer, 'add up', () => 3 * 14)
 * const charged = await withActiveSpan(tracer, 'charge', { attributes: { 'shop.total': total } }, async (span) => {
 *   span.setAttribute('shop.currency', 'EUR')
 *   return true
 * })
 * console.log(total, charged) // 42 true
 * ```
 */
export function withActiveSpan<F extends (span: Span) => unknown>(tracer: Tracer, name: string, fn: F): ReturnType<F>
export function withActiveSpan<F extends (span: Span) => unknown>(
  tracer: Tracer,
  name: string,
  options: ActiveSpanOptions,
  fn: F,
): ReturnType<F>
export function withActiveSpan<F extends (span: Span) => unknown>(
  tracer: Tracer,
  name: string,
  options: ActiveSpanOptions,
  context: Context,
  fn: F,
): ReturnType<F>
export function withActiveSpan(
  tracer: Tracer,
  name: string,
  second: unknown,
  third?: unknown,
  fourth?: unknown,
): unknown {
  if (typeof second === 'function') {
    return tracer.startActiveSpan(name, (span) => runAndEnd(span, undefined, second as (span: Span) => unknown))
  }
  const options = (second ?? {}) as ActiveSpanOptions
  if (typeof third === 'function') {
    return tracer.startActiveSpan(name, options, (span) => runAndEnd(span, options, third as (span: Span) => unknown))
  }
  return tracer.startActiveSpan(name, options, third as Context, (span) =>
    runAndEnd(span, options, fourth as (span: Span) => unknown),
  )
}

function runAndEnd(span: Span, options: ActiveSpanOptions | undefined, fn: (span: Span) => unknown): unknown {
  let result: unknown
  try {
    result = fn(span)
  } catch (error) {
    fail(span, options, error)
    throw error
  }
  if (!isThenable(result)) {
    end(span)
    return result
  }
  // One call of then, whose result goes to the caller: queries that run when they are awaited would run twice otherwise,
  // and a rejection that nobody handles must stay one.
  return result.then(
    (value) => {
      end(span)
      return value
    },
    (error) => {
      fail(span, options, error)
      throw error
    },
  )
}

function isThenable(value: unknown): value is Thenable {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as Partial<Thenable>).then === 'function'
  )
}

function fail(span: Span, options: ActiveSpanOptions | undefined, error: unknown): void {
  try {
    if (options?.onException !== undefined) options.onException(error, span)
    else {
      span.recordException(error as Exception)
      const message: unknown = typeof error === 'object' && error !== null ? (error as Error).message : error
      span.setStatus(
        typeof message === 'string' ? { code: SpanStatusCode.ERROR, message } : { code: SpanStatusCode.ERROR },
      )
    }
  } catch (failure) {
    diag.error(
      'withActiveSpan: onException or the span threw; it must not; the first error goes to the caller',
      failure,
    )
  }
  end(span)
}

// A function that needs the span to end at a certain moment ends it: a second end() would only be a warning.
function end(span: Span): void {
  if (span.isRecording()) span.end()
}
