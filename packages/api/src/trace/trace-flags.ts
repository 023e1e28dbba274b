// SPDX-License-Identifier: Apache-2.0

/**
 * Bits of {@link SpanContext.traceFlags} that W3C Trace Context Level 2 defines.
 *
 * @example
 * ```ts
 * import { TraceFlags } from '@otel-ts/api'
 * const flags = TraceFlags.SAMPLED | TraceFlags.RANDOM
 * console.log(flags, (flags & TraceFlags.SAMPLED) !== 0) // 3 true
 * ```
 */
export const TraceFlags: {
  readonly NONE: 0
  /** The caller may have recorded the trace. */
  readonly SAMPLED: 1
  /** At least the right-most 7 bytes of the trace id are random. */
  readonly RANDOM: 2
  readonly [value: number]: string
} = { NONE: 0, SAMPLED: 1, RANDOM: 2, 0: 'NONE', 1: 'SAMPLED', 2: 'RANDOM' }

/** A single bit of {@link TraceFlags}, or none. */
export type TraceFlags = 0 | 1 | 2
