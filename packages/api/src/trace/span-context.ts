// SPDX-License-Identifier: Apache-2.0
import type { TraceState } from './trace-state.ts'

/**
 * Identity of a span: what travels to other processes. Immutable.
 *
 * @example
 * ```ts
 * import { isSpanContextValid, TraceFlags, type SpanContext } from '@otel-ts/api'
 * const spanContext: SpanContext = {
 *   traceId: '0af7651916cd43dd8448eb211c80319c',
 *   spanId: 'b7ad6b7169203331',
 *   traceFlags: TraceFlags.SAMPLED,
 * }
 * console.log(isSpanContextValid(spanContext)) // true
 * ```
 */
export interface SpanContext {
  /** 16 bytes as 32 lower-case hexadecimal digits. */
  traceId: string
  /** 8 bytes as 16 lower-case hexadecimal digits. */
  spanId: string
  /** Whether it came from another process. */
  isRemote?: boolean
  /** One byte of bits: {@link TraceFlags}. Test a bit with `&`, never the whole byte with `===`. */
  traceFlags: number
  /** What tracing systems send along; absent when there is none. */
  traceState?: TraceState
}
