// SPDX-License-Identifier: Apache-2.0
import type { Attributes } from '@otel-ts/api'
import { spanContextOf } from '../context/span-of.ts'
import { sdkEvents } from '../events.ts'
import type { ComposableSampler, SamplingArguments, SamplingIntent, SamplingRule } from './composable-sampler.ts'
import { parseOtelTraceState } from './ot-trace-state.ts'
import { usableRatio } from './probability-sampler.ts'
import { randomnessOfTraceId, thresholdOf } from './threshold.ts'

const sampledFlag = 1

const all: SamplingIntent = Object.freeze({ threshold: '0', thresholdReliable: true })
const allUncounted: SamplingIntent = Object.freeze({ threshold: '0', thresholdReliable: false })
const none: SamplingIntent = Object.freeze({ threshold: undefined, thresholdReliable: false })

const alwaysOn: ComposableSampler = {
  getSamplingIntent: () => all,
  toString: () => 'ComposableAlwaysOn',
}

const alwaysOff: ComposableSampler = {
  getSamplingIntent: () => none,
  toString: () => 'ComposableAlwaysOff',
}

/** Wants every span. */
export function createComposableAlwaysOnSampler(): ComposableSampler {
  return alwaysOn
}

/** Wants no span. */
export function createComposableAlwaysOffSampler(): ComposableSampler {
  return alwaysOff
}

/**
 * Wants a share of traces, the same ones everywhere; see {@link ProbabilitySampler}, also for ratios out of range. With
 * 0 it is {@link createComposableAlwaysOffSampler}.
 *
 * @example
 * ```ts
 * import { createComposableProbabilitySampler } from '@otel-ts/sdk'
 * console.log(`${createComposableProbabilitySampler(0.01)}`) // ComposableProbability{threshold=fd70a, ratio=0.01}
 * ```
 */
export function createComposableProbabilitySampler(ratio: number): ComposableSampler {
  const used = usableRatio('ComposableProbability', ratio)
  const threshold = thresholdOf(used)
  if (threshold === undefined) return alwaysOff
  const intent: SamplingIntent = Object.freeze({ threshold, thresholdReliable: true })
  return {
    getSamplingIntent: () => intent,
    toString: () => `ComposableProbability{threshold=${threshold}, ratio=${used}}`,
  }
}

/**
 * Follows the parent's decision with its threshold, and asks `rootSampler` for spans without a parent. A parent's
 * threshold that does not fit its sampled flag is wrong: then the flag alone counts.
 *
 * @example
 * ```ts
 * import { createComposableParentThresholdSampler, createComposableProbabilitySampler, createCompositeSampler } from '@otel-ts/sdk'
 * const sampler = createCompositeSampler(createComposableParentThresholdSampler(createComposableProbabilitySampler(0.5)))
 * console.log(`${sampler}`) // CompositeSampler{ComposableParentThreshold{root=ComposableProbability{threshold=8, ratio=0.5}}}
 * ```
 */
export function createComposableParentThresholdSampler(rootSampler: ComposableSampler): ComposableSampler {
  return {
    getSamplingIntent(...args: SamplingArguments): SamplingIntent {
      const parent = spanContextOf(args[0])
      if (parent === undefined) return rootSampler.getSamplingIntent(...args)
      const isSampled = (parent.traceFlags & sampledFlag) !== 0
      const { threshold, randomness } = parseOtelTraceState(parent.traceState)
      if (threshold !== undefined && (randomness ?? randomnessOfTraceId(parent.traceId)) >= threshold === isSampled) {
        return { threshold, thresholdReliable: true }
      }
      return isSampled ? allUncounted : none
    },
    toString: () => `ComposableParentThreshold{root=${rootSampler.toString()}}`,
  }
}

/**
 * Asks the sampler of the first rule whose predicate matches; without one no span is wanted. A predicate that throws
 * does not match.
 *
 * @example
 * ```ts
 * import { ROOT_CONTEXT, SpanKind } from '@otel-ts/api'
 * import {
 *   createComposableAlwaysOffSampler, createComposableAlwaysOnSampler, createComposableRuleBasedSampler, createCompositeSampler,
 * } from '@otel-ts/sdk'
 * const sampler = createCompositeSampler(createComposableRuleBasedSampler([
 *   [(_context, _traceId, name) => name === 'GET /health', createComposableAlwaysOffSampler()],
 *   [() => true, createComposableAlwaysOnSampler()],
 * ]))
 * const decide = (name: string) =>
 *   sampler.shouldSample(ROOT_CONTEXT, '4bf92f3577b34da6a3ce929d0e0e4736', name, SpanKind.SERVER, {}, []).decision
 * console.log(decide('GET /health'), decide('GET /cart')) // 0 2
 * ```
 */
export function createComposableRuleBasedSampler(rules: readonly SamplingRule[]): ComposableSampler {
  const list = [...rules]
  return {
    getSamplingIntent(...args: SamplingArguments): SamplingIntent {
      for (const [predicate, sampler] of list) {
        try {
          if (!predicate(...args)) continue
        } catch (error) {
          sdkEvents.callbackThrew('the predicate of a sampling rule', error)
          continue
        }
        return sampler.getSamplingIntent(...args)
      }
      return none
    },
    toString() {
      const parts = list.map(([predicate, sampler]) => `(${predicate.name || 'anonymous'}, ${sampler.toString()})`)
      return `ComposableRuleBased{[${parts.join(', ')}]}`
    },
  }
}

/**
 * Wants what `delegate` wants, and gives sampled spans more attributes. Of one key, these win over the delegate's.
 *
 * @example
 * ```ts
 * import { ROOT_CONTEXT, SpanKind } from '@otel-ts/api'
 * import { createComposableAlwaysOnSampler, createComposableAnnotatingSampler, createCompositeSampler } from '@otel-ts/sdk'
 * const sampler = createCompositeSampler(
 *   createComposableAnnotatingSampler(createComposableAlwaysOnSampler(), { 'sampling.rule': 'all' }),
 * )
 * const result = sampler.shouldSample(ROOT_CONTEXT, '4bf92f3577b34da6a3ce929d0e0e4736', 'work', SpanKind.INTERNAL, {}, [])
 * console.log(result.attributes) // { 'sampling.rule': 'all' }
 * ```
 */
export function createComposableAnnotatingSampler(
  delegate: ComposableSampler,
  attributes: Attributes,
): ComposableSampler {
  const own: Attributes = Object.freeze({ ...attributes })
  return {
    getSamplingIntent(...args: SamplingArguments): SamplingIntent {
      const intent = delegate.getSamplingIntent(...args)
      const given = intent.attributes
      if (given === undefined) return { ...intent, attributes: own }
      return { ...intent, attributes: () => ({ ...(typeof given === 'function' ? given() : given), ...own }) }
    },
    toString: () => `ComposableAnnotating{${delegate.toString()}, attributes=[${Object.keys(own).join(', ')}]}`,
  }
}
