// SPDX-License-Identifier: Apache-2.0
import {
  type Attributes,
  type Context,
  createTraceState,
  type Link,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  type SpanKind,
  type TraceState,
} from '@otel-ts/api'
import { spanContextOf } from '../context/span-of.ts'
import { sdkEvents } from '../events.ts'
import { hexOfWords, randomWord } from '../trace/ids.ts'
import type { ComposableSampler, SamplingIntent } from './composable-sampler.ts'
import { parseOtelTraceState, withThreshold } from './ot-trace-state.ts'
import { randomnessOfTraceId, textOfThreshold } from './threshold.ts'

const thresholdPattern = /^[0-9a-f]{1,14}$/

/**
 * A sampler made of composable ones: decides by the threshold they want and keeps `ot` in `tracestate`. Specification:
 * trace/sdk.md#compositesampler (in development).
 *
 * @example
 * ```ts
 * import { ROOT_CONTEXT, SpanKind } from '@otel-ts/api'
 * import { createComposableProbabilitySampler, createCompositeSampler } from '@otel-ts/sdk'
 * const sampler = createCompositeSampler(createComposableProbabilitySampler(0.25))
 * const result = sampler.shouldSample(ROOT_CONTEXT, '4bf92f3577b34da6a3ffffffffffffff', 'work', SpanKind.INTERNAL, {}, [])
 * console.log(result.decision, result.traceState?.serialize()) // 2 ot=th:c
 * ```
 */
export function createCompositeSampler(delegate: ComposableSampler): Sampler {
  return new CompositeSampler(delegate)
}

class CompositeSampler implements Sampler {
  readonly #delegate: ComposableSampler

  constructor(delegate: ComposableSampler) {
    this.#delegate = delegate
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const intent = this.#delegate.getSamplingIntent(context, traceId, spanName, spanKind, attributes, links)
    const parentTraceState = spanContextOf(context)?.traceState
    const threshold = usableThreshold(intent.threshold)
    const isReliable = intent.thresholdReliable === true
    const isSampled = threshold !== undefined && randomnessFor(isReliable, traceId, parentTraceState) >= threshold
    const updated = updatedTraceState(intent, parentTraceState)
    const traceState = withThreshold(updated, isSampled && isReliable ? threshold : undefined)
    const result: SamplingResult = {
      decision: isSampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
    }
    if (traceState !== undefined) result.traceState = traceState
    if (isSampled) {
      const added = typeof intent.attributes === 'function' ? intent.attributes() : intent.attributes
      if (added !== undefined) result.attributes = added
    }
    return result
  }

  toString(): string {
    return `CompositeSampler{${this.#delegate.toString()}}`
  }
}

// Text stays as it is; what cannot be a threshold samples nothing.
function usableThreshold(threshold: string | bigint | undefined): string | undefined {
  if (typeof threshold === 'bigint') return textOfThreshold(threshold)
  return typeof threshold === 'string' && thresholdPattern.test(threshold) ? threshold : undefined
}

// Spans that cannot be counted by their threshold must not share the randomness of those that can: it would tie their
// decision to a threshold of somebody else.
function randomnessFor(isReliable: boolean, traceId: string, parentTraceState: TraceState | undefined): string {
  if (!isReliable) return hexOfWords(randomWord(), randomWord()).slice(2)
  return parseOtelTraceState(parentTraceState).randomness ?? randomnessOfTraceId(traceId)
}

// `ot` of the result is always the parent's: composable samplers must not change it.
function updatedTraceState(intent: SamplingIntent, parentTraceState: TraceState | undefined): TraceState | undefined {
  if (intent.updateTraceState === undefined) return parentTraceState
  let updated: TraceState | undefined
  try {
    updated = intent.updateTraceState(parentTraceState)
  } catch (error) {
    sdkEvents.callbackThrew('updateTraceState of a composable sampler', error)
    return parentTraceState
  }
  // Undefined would leave the parent's.
  updated ??= createTraceState()
  const own = parentTraceState?.get('ot')
  if (updated.get('ot') === own) return updated
  return own === undefined ? updated.unset('ot') : updated.set('ot', own)
}
