// SPDX-License-Identifier: Apache-2.0
import type { Context, Span, SpanContext } from '@otel-ts/api'
import { spanKey } from './keys.ts'

const traceIdPattern = /^[0-9a-f]{32}$/
const spanIdPattern = /^[0-9a-f]{16}$/

/** Whether both ids are well-formed and not all zero. */
export function isValidSpanContext(context: SpanContext): boolean {
  return (
    traceIdPattern.test(context.traceId) &&
    spanIdPattern.test(context.spanId) &&
    context.traceId !== '00000000000000000000000000000000' &&
    context.spanId !== '0000000000000000'
  )
}

/** Context of the span that a context holds; undefined without one or when its ids are invalid. */
export function spanContextOf(context: Context): SpanContext | undefined {
  const span = context.getValue(spanKey) as Span | undefined
  if (span === undefined || span === null) return undefined
  const spanContext = span.spanContext()
  return isValidSpanContext(spanContext) ? spanContext : undefined
}
