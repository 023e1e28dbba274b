// SPDX-License-Identifier: Apache-2.0
import { type Context, type Sampler, SamplingDecision, type SamplingResult, type TraceState } from '@otel-ts/api'
import { spanContextOf } from '../context/span-of.ts'
import { sdkEvents } from '../events.ts'
import { parseWord } from '../trace/ids.ts'
import { isRatioSampled, type RatioThreshold } from '../trace/samplers.ts'
import { parseOtelTraceState, withThreshold } from './ot-trace-state.ts'
import { defaultPrecision, thresholdOf, wordsOfThreshold } from './threshold.ts'

/** Options of a {@link ProbabilitySampler}. */
export interface ProbabilitySamplerOptions {
  /** Significant hex digits of the threshold, from 1 to 14: fewer keep `tracestate` short. Default 4. */
  precision?: number
}

const randomFlag = 2

/**
 * Samples a share of traces, the same traces in every service and language, and says in `tracestate` which share:
 * `ot=th:…`. Backends count spans by it. Decides by `rv` of `ot` where a parent sent one, else by the last 56 bits of the
 * trace id. The parent's decision is ignored: use it as the root of a {@link ParentBasedSampler}. Specification:
 * trace/sdk.md#probabilitysampler (in development).
 *
 * @example
 * ```ts
 * import { ROOT_CONTEXT } from '@otel-ts/api'
 * import { ProbabilitySampler } from '@otel-ts/sdk'
 * const sampler = new ProbabilitySampler(0.1)
 * const result = sampler.shouldSample(ROOT_CONTEXT, '4bf92f3577b34da6a3ffffffffffffff')
 * console.log(`${sampler}`, result.decision, result.traceState?.serialize()) // ProbabilitySampler{0.1} 2 ot=th:e666
 * ```
 */
export class ProbabilitySampler implements Sampler, RatioThreshold {
  readonly #ratio: number
  readonly #threshold: string | undefined
  readonly #rootTraceState: TraceState | undefined
  #hasWarned = false
  /** @internal Upper 24 and lower 32 bits of the least randomness that is sampled. */
  readonly thresholdHigh: number
  /** @internal */
  readonly thresholdLow: number

  /**
   * `ratio`: share of traces from 2^-56 to 1; 0 samples none. More counts as 1, less or no number as 0, each with a
   * warning.
   */
  constructor(ratio: number, options?: ProbabilitySamplerOptions) {
    this.#ratio = usableRatio('ProbabilitySampler', ratio)
    this.#threshold = thresholdOf(this.#ratio, usablePrecision(options?.precision))
    this.#rootTraceState = withThreshold(undefined, this.#threshold)
    const { high, low } = wordsOfThreshold(this.#threshold)
    this.thresholdHigh = high
    this.thresholdLow = low
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    const parent = spanContextOf(context)
    const parentTraceState = parent?.traceState
    if (parent !== undefined) this.notePresumption(parent.traceFlags, parentTraceState)
    const isSampled =
      typeof traceId === 'string' &&
      traceId.length === 32 &&
      this.isSampled(parseWord(traceId, 16), parseWord(traceId, 24), parentTraceState)
    const decision = isSampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD
    const traceState = this.traceStateFor(isSampled, parentTraceState)
    return traceState === undefined ? { decision } : { decision, traceState }
  }

  /** @internal Decides by the last words of the trace id, or `rv` in their place. */
  isSampled(word2: number, word3: number, parentTraceState: TraceState | undefined): boolean {
    if (parentTraceState !== undefined) {
      const { randomness } = parseOtelTraceState(parentTraceState)
      if (randomness !== undefined) return this.#threshold !== undefined && randomness >= this.#threshold
    }
    return isRatioSampled(this, word2, word3)
  }

  /** @internal Trace state of the new span. An unsampled one has no threshold, whatever the parent's was. */
  traceStateFor(isSampled: boolean, parentTraceState: TraceState | undefined): TraceState | undefined {
    if (parentTraceState === undefined) return isSampled ? this.#rootTraceState : undefined
    return withThreshold(parentTraceState, isSampled ? this.#threshold : undefined)
  }

  /** @internal Warns once when a parent does not say that its trace id is random: the decision presumes it. */
  notePresumption(parentFlags: number, parentTraceState: TraceState | undefined): void {
    if (this.#hasWarned || (parentFlags & randomFlag) !== 0) return
    if (parseOtelTraceState(parentTraceState).randomness !== undefined) return
    this.#hasWarned = true
    sdkEvents.randomnessPresumed(this.toString())
  }

  toString(): string {
    return `ProbabilitySampler{${this.#ratio}}`
  }
}

/** A ratio from 0 to 1; what is none is reported and moved to the nearer end. */
export function usableRatio(owner: string, ratio: number): number {
  if (typeof ratio === 'number' && ratio >= 0 && ratio <= 1) return ratio
  const used = ratio > 1 ? 1 : 0
  sdkEvents.invalidSetting(`${owner} ratio`, String(ratio), 'a number from 0 to 1', `${used} is used`)
  return used
}

function usablePrecision(precision: number | undefined): number {
  if (precision === undefined) return defaultPrecision
  if (Number.isInteger(precision) && precision >= 1 && precision <= 14) return precision
  sdkEvents.invalidSetting(
    'ProbabilitySampler precision',
    String(precision),
    'a whole number from 1 to 14',
    `${defaultPrecision} is used`,
  )
  return defaultPrecision
}
