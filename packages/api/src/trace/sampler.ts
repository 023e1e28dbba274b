// SPDX-License-Identifier: Apache-2.0
import type { Attributes } from '../attributes.ts'
import type { Context } from '../context/context.ts'
import type { Link } from './link.ts'
import type { SpanKind } from './span-kind.ts'
import type { TraceState } from './trace-state.ts'

/**
 * What a sampler decides.
 *
 * @example
 * ```ts
 * import { SamplingDecision } from '@otel-ts/api'
 * console.log(SamplingDecision.RECORD_AND_SAMPLED) // 2
 * ```
 */
export const SamplingDecision: {
  /** Neither recorded nor exported. */
  readonly NOT_RECORD: 0
  /** Recorded for processors in this process, not sampled. */
  readonly RECORD: 1
  /** Recorded, and the sampled flag is set. */
  readonly RECORD_AND_SAMPLED: 2
  readonly [value: number]: string
} = { NOT_RECORD: 0, RECORD: 1, RECORD_AND_SAMPLED: 2, 0: 'NOT_RECORD', 1: 'RECORD', 2: 'RECORD_AND_SAMPLED' }

/** A value of {@link SamplingDecision}. */
export type SamplingDecision = 0 | 1 | 2

/**
 * Decision of a sampler, with what it adds to the span.
 *
 * @example
 * ```ts
 * import { SamplingDecision, type SamplingResult } from '@otel-ts/api'
 * const result: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED, attributes: { 'sampling.rule': 'errors' } }
 * console.log(result.decision) // 2
 * ```
 */
export interface SamplingResult {
  decision: SamplingDecision
  /** Attributes added to the span. */
  attributes?: Readonly<Attributes>
  /** Trace state of the new span; undefined leaves the parent's. */
  traceState?: TraceState
}

/**
 * Decides which spans are recorded and sampled. Specification: trace/sdk.md#sampler.
 *
 * @example
 * ```ts
 * import { ROOT_CONTEXT, SamplingDecision, SpanKind, type Sampler } from '@otel-ts/api'
 * const noHealthChecks: Sampler = {
 *   shouldSample: (_context, _traceId, name) => ({
 *     decision: name === 'GET /health' ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED,
 *   }),
 *   toString: () => 'NoHealthChecks',
 * }
 * console.log(noHealthChecks.shouldSample(ROOT_CONTEXT, '', 'GET /health', SpanKind.SERVER, {}, []).decision) // 0
 * ```
 */
export interface Sampler {
  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult
  /** Name or short description, with its configuration. */
  toString(): string
}
