// SPDX-License-Identifier: Apache-2.0
import type { Attributes } from '../attributes.ts'
import type { Context } from '../context/context.ts'
import type { Link } from './link.ts'
import type { SpanKind } from './span-kind.ts'
import type { TraceState } from './trace-state.ts'

/** What a sampler decides. */
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

/** Decision of a sampler, with what it adds to the span. */
export interface SamplingResult {
  decision: SamplingDecision
  /** Attributes added to the span. */
  attributes?: Readonly<Attributes>
  /** Trace state of the new span; undefined leaves the parent's. */
  traceState?: TraceState
}

/** Decides which spans are recorded and sampled. Specification: trace/sdk.md#sampler. */
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
