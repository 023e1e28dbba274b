// SPDX-License-Identifier: Apache-2.0
import type { Sampler } from '@otel-ts/api'
import { sdkEvents } from '../events.ts'
import { ProbabilitySampler } from '../sampling/probability-sampler.ts'
import { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler } from './samplers.ts'

/**
 * One sampler, made ready for the hot path: the built-in ones are decided on the words of the trace id, without hex,
 * call or result object.
 */
export interface SamplingLeaf {
  readonly rule: 'on' | 'off' | 'ratio' | 'probability' | 'custom'
  readonly sampler: Sampler
}

/** Which leaf decides, by what the parent is. */
export interface SamplingPlan {
  readonly root: SamplingLeaf
  readonly remoteSampled: SamplingLeaf
  readonly remoteNotSampled: SamplingLeaf
  readonly localSampled: SamplingLeaf
  readonly localNotSampled: SamplingLeaf
}

/** Reads a sampler into a plan. Subclasses of built-in samplers may have overridden anything: they count as custom. */
export function planSampling(sampler: Sampler): SamplingPlan {
  const plan = readPlan(sampler)
  const { remoteSampled, remoteNotSampled, localSampled, localNotSampled } = plan
  // Other languages and versions take other traces for the same ratio: below a parent that breaks traces.
  const deciding = [remoteSampled, remoteNotSampled, localSampled, localNotSampled].find(({ rule }) => rule === 'ratio')
  if (deciding !== undefined) sdkEvents.ratioDecidesOverChildren(deciding.sampler.toString())
  return plan
}

function readPlan(sampler: Sampler): SamplingPlan {
  if (sampler instanceof ParentBasedSampler && sampler.constructor === ParentBasedSampler) {
    return {
      root: leafOf(sampler.root),
      remoteSampled: leafOf(sampler.remoteParentSampled),
      remoteNotSampled: leafOf(sampler.remoteParentNotSampled),
      localSampled: leafOf(sampler.localParentSampled),
      localNotSampled: leafOf(sampler.localParentNotSampled),
    }
  }
  const leaf = leafOf(sampler)
  return { root: leaf, remoteSampled: leaf, remoteNotSampled: leaf, localSampled: leaf, localNotSampled: leaf }
}

function leafOf(sampler: Sampler): SamplingLeaf {
  const made: unknown = sampler.constructor
  if (made === AlwaysOnSampler) return { rule: 'on', sampler }
  if (made === AlwaysOffSampler) return { rule: 'off', sampler }
  if (made === TraceIdRatioBasedSampler) return { rule: 'ratio', sampler }
  if (made === ProbabilitySampler) return { rule: 'probability', sampler }
  return { rule: 'custom', sampler }
}
