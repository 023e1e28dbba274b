// SPDX-License-Identifier: Apache-2.0
import type { Attributes, Sampler, TraceState } from '@otel-ts/api'

/**
 * What a {@link ComposableSampler} wants. {@link createCompositeSampler} makes the decision of it. The names are those
 * of opentelemetry-js, whose composable samplers fit.
 */
export interface SamplingIntent {
  /**
   * Traces with less randomness are rejected. Text: 1 to 14 lower-case hex digits as in `th`, `'0'` samples all. bigint:
   * 0 to 2^56 - 1. Undefined, or a number out of range: none is sampled.
   */
  readonly threshold: string | bigint | undefined
  /**
   * Whether spans can be counted by the threshold (`adjusted_count_reliable` of the specification). If so it is written
   * to `tracestate`; if not, randomness of its own decides over the span and `th` is taken out.
   */
  readonly thresholdReliable: boolean
  /** Attributes for the span, or what makes them; only sampled spans get them. */
  readonly attributes?: Attributes | (() => Attributes | undefined) | undefined
  /** Changes the trace state of the span. The member `ot` is not its business: changes there do not last. */
  readonly updateTraceState?: ((traceState: TraceState | undefined) => TraceState | undefined) | undefined
}

/** What samplers are asked with. */
export type SamplingArguments = Parameters<Sampler['shouldSample']>

/** A part of a sampler: says what it wants, and leaves the decision to {@link createCompositeSampler}. */
export interface ComposableSampler {
  getSamplingIntent(...args: SamplingArguments): SamplingIntent
  /** Name or short description with the configuration. */
  toString(): string
}

/** Whether a rule is for a span. */
export type SamplingPredicate = (...args: SamplingArguments) => boolean

/** A predicate, and what decides over spans that match it. */
export type SamplingRule = [SamplingPredicate, ComposableSampler]
