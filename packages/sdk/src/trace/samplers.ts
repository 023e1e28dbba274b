// SPDX-License-Identifier: Apache-2.0
import {
  type Attributes,
  type Context,
  type Link,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  type SpanContext,
  type SpanKind,
} from '@otel-ts/api'
import { spanContextOf } from '../context/span-of.ts'
import { parseWord } from './ids.ts'

const recordAndSample: SamplingResult = Object.freeze({ decision: SamplingDecision.RECORD_AND_SAMPLED })
const drop: SamplingResult = Object.freeze({ decision: SamplingDecision.NOT_RECORD })

/**
 * Samples every span.
 *
 * @example
 * ```ts
 * import { AlwaysOnSampler } from '@otel-ts/sdk'
 * console.log(new AlwaysOnSampler().toString()) // AlwaysOnSampler
 * ```
 */
export class AlwaysOnSampler implements Sampler {
  shouldSample(): SamplingResult {
    return recordAndSample
  }
  toString(): string {
    return 'AlwaysOnSampler'
  }
}

/** Samples no span. */
export class AlwaysOffSampler implements Sampler {
  shouldSample(): SamplingResult {
    return drop
  }
  toString(): string {
    return 'AlwaysOffSampler'
  }
}

/**
 * Samples a share of traces, the same traces everywhere: the last 56 bits of the trace id, which W3C Level 2 has
 * random, decide. A trace that a low ratio takes, every higher ratio takes too. The parent's decision is ignored: use
 * it as the root of a {@link ParentBasedSampler}. The specification deprecates it for {@link ProbabilitySampler}, which
 * also tells backends the ratio; where it decides over spans that have a parent, a warning says so.
 *
 * @example
 * ```ts
 * import { TraceIdRatioBasedSampler } from '@otel-ts/sdk'
 * console.log(new TraceIdRatioBasedSampler(0.25).toString()) // TraceIdRatioBased{0.25}
 * ```
 */
export class TraceIdRatioBasedSampler implements Sampler {
  readonly #ratio: number
  /** @internal Upper 24 and lower 32 bits of the least randomness that is sampled. */
  readonly thresholdHigh: number
  /** @internal */
  readonly thresholdLow: number

  /** `ratio`: share of traces from 0 to 1; less counts as 0, more as 1, no number as 0. Default 0. */
  constructor(ratio = 0) {
    this.#ratio = typeof ratio === 'number' && ratio > 0 ? Math.min(ratio, 1) : 0
    const threshold = 2n ** 56n - BigInt(Math.round(this.#ratio * 2 ** 56))
    this.thresholdHigh = Number(threshold >> 32n)
    this.thresholdLow = Number(threshold & 0xffffffffn)
  }

  shouldSample(_context: Context, traceId: string): SamplingResult {
    if (typeof traceId !== 'string' || traceId.length !== 32) return drop
    return isRatioSampled(this, parseWord(traceId, 16), parseWord(traceId, 24)) ? recordAndSample : drop
  }

  toString(): string {
    return `TraceIdRatioBased{${this.#ratio}}`
  }
}

/** Least randomness that is sampled: its upper 24 and its lower 32 bits. */
export interface RatioThreshold {
  readonly thresholdHigh: number
  readonly thresholdLow: number
}

/** Whether the randomness in the last two words of a trace id reaches the sampler's threshold. */
export function isRatioSampled(sampler: RatioThreshold, word2: number, word3: number): boolean {
  const high = word2 & 0xffffff
  return high > sampler.thresholdHigh || (high === sampler.thresholdHigh && word3 >>> 0 >= sampler.thresholdLow)
}

/** Samplers that a {@link ParentBasedSampler} asks, by what the parent is. */
export interface ParentBasedSamplerOptions {
  /** Asked when there is no parent. */
  root: Sampler
  /** Parent from another process, sampled. Default {@link AlwaysOnSampler}. */
  remoteParentSampled?: Sampler
  /** Parent from another process, not sampled. Default {@link AlwaysOffSampler}. */
  remoteParentNotSampled?: Sampler
  /** Parent from this process, sampled. Default {@link AlwaysOnSampler}. */
  localParentSampled?: Sampler
  /** Parent from this process, not sampled. Default {@link AlwaysOffSampler}. */
  localParentNotSampled?: Sampler
}

/**
 * Follows the parent's decision, and asks another sampler for spans without a parent.
 *
 * @example
 * ```ts
 * import { AlwaysOnSampler, ParentBasedSampler } from '@otel-ts/sdk'
 * const sampler = new ParentBasedSampler({ root: new AlwaysOnSampler() })
 * console.log(sampler.toString()) // ParentBased{root=AlwaysOnSampler, remoteParentSampled=AlwaysOnSampler, remoteParentNotSampled=AlwaysOffSampler, localParentSampled=AlwaysOnSampler, localParentNotSampled=AlwaysOffSampler}
 * ```
 */
export class ParentBasedSampler implements Sampler {
  /** @internal */
  readonly root: Sampler
  /** @internal */
  readonly remoteParentSampled: Sampler
  /** @internal */
  readonly remoteParentNotSampled: Sampler
  /** @internal */
  readonly localParentSampled: Sampler
  /** @internal */
  readonly localParentNotSampled: Sampler

  constructor(options: ParentBasedSamplerOptions) {
    this.root = options?.root ?? new AlwaysOnSampler()
    this.remoteParentSampled = options?.remoteParentSampled ?? new AlwaysOnSampler()
    this.remoteParentNotSampled = options?.remoteParentNotSampled ?? new AlwaysOffSampler()
    this.localParentSampled = options?.localParentSampled ?? new AlwaysOnSampler()
    this.localParentNotSampled = options?.localParentNotSampled ?? new AlwaysOffSampler()
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const delegate = this.#delegateFor(spanContextOf(context))
    return delegate.shouldSample(context, traceId, spanName, spanKind, attributes, links)
  }

  #delegateFor(parent: SpanContext | undefined): Sampler {
    if (parent === undefined) return this.root
    const isSampled = (parent.traceFlags & 1) === 1
    if (parent.isRemote) return isSampled ? this.remoteParentSampled : this.remoteParentNotSampled
    return isSampled ? this.localParentSampled : this.localParentNotSampled
  }

  toString(): string {
    return `ParentBased{root=${this.root.toString()}, remoteParentSampled=${this.remoteParentSampled.toString()}, remoteParentNotSampled=${this.remoteParentNotSampled.toString()}, localParentSampled=${this.localParentSampled.toString()}, localParentNotSampled=${this.localParentNotSampled.toString()}}`
  }
}
