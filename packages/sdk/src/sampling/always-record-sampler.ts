// SPDX-License-Identifier: Apache-2.0
import {
  type Attributes,
  type Context,
  type Link,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  type SpanKind,
} from '@otel-ts/api'

/**
 * Lets processors see every span, and exporters those that another sampler samples: what that one drops is recorded
 * without being sampled. For processors that make metrics of all spans. Specification: trace/sdk.md#alwaysrecord.
 *
 * @example
 * ```ts
 * import { ROOT_CONTEXT, SpanKind } from '@otel-ts/api'
 * import { AlwaysOffSampler, AlwaysRecordSampler } from '@otel-ts/sdk'
 * const sampler = new AlwaysRecordSampler(new AlwaysOffSampler())
 * const result = sampler.shouldSample(ROOT_CONTEXT, '4bf92f3577b34da6a3ce929d0e0e4736', 'work', SpanKind.INTERNAL, {}, [])
 * console.log(`${sampler}`, result.decision) // AlwaysRecordSampler{AlwaysOffSampler} 1
 * ```
 */
export class AlwaysRecordSampler implements Sampler {
  readonly #root: Sampler

  /** `root`: the sampler that decides what is sampled. Its attributes and trace state hold for recorded spans, too. */
  constructor(root: Sampler) {
    this.#root = root
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const result = this.#root.shouldSample(context, traceId, spanName, spanKind, attributes, links)
    if (result.decision !== SamplingDecision.NOT_RECORD) return result
    return { ...result, decision: SamplingDecision.RECORD }
  }

  toString(): string {
    return `AlwaysRecordSampler{${this.#root.toString()}}`
  }
}
