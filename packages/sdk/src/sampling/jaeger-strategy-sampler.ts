// SPDX-License-Identifier: Apache-2.0
import { type Context, type Sampler, SamplingDecision, type SamplingResult } from '@otel-ts/api'
import type { Clock } from '@otel-ts/otlp/clock'
import { TraceIdRatioBasedSampler } from '../trace/samplers.ts'
import type { JaegerStrategy } from './jaeger-strategy.ts'

// Span names may hold ids: operations that the endpoint did not name have a lower bound of their own up to this many,
// and share one rate beyond, as Jaeger's own clients do.
const maxOperations = 2000

const sampled: SamplingResult = Object.freeze({ decision: SamplingDecision.RECORD_AND_SAMPLED })
const dropped: SamplingResult = Object.freeze({ decision: SamplingDecision.NOT_RECORD })

/** The sampler that does what a strategy says. */
export function samplerOfStrategy(strategy: JaegerStrategy, clock: Clock): Sampler {
  switch (strategy.kind) {
    case 'probabilistic':
      return new TraceIdRatioBasedSampler(strategy.samplingRate)
    case 'rate-limiting':
      return new RateLimitingSampler(strategy.maxTracesPerSecond, clock)
    case 'per-operation':
      return new PerOperationSampler(strategy, clock)
  }
}

/** A bucket that fills with time and is empty after each burst. */
class RateLimiter {
  readonly #perSecond: number
  readonly #maxBalance: number
  readonly #clock: Clock
  #balance: number
  #atMillis: number

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond
    // Below one a second it still has to reach the price of one.
    this.#maxBalance = perSecond > 0 ? Math.max(1, perSecond) : 0
    this.#clock = clock
    this.#balance = this.#maxBalance
    this.#atMillis = clock.nowMillis()
  }

  take(): boolean {
    const now = this.#clock.nowMillis()
    this.#balance = Math.min(this.#maxBalance, this.#balance + ((now - this.#atMillis) * this.#perSecond) / 1000)
    this.#atMillis = now
    if (this.#balance < 1) return false
    this.#balance--
    return true
  }
}

class RateLimitingSampler implements Sampler {
  readonly #perSecond: number
  readonly #limiter: RateLimiter

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond
    this.#limiter = new RateLimiter(perSecond, clock)
  }

  shouldSample(): SamplingResult {
    return this.#limiter.take() ? sampled : dropped
  }

  toString(): string {
    return `RateLimitingSampler{${this.#perSecond}}`
  }
}

/** A share of traces, and some each second whatever the share. */
class GuaranteedThroughputSampler {
  readonly #ratio: TraceIdRatioBasedSampler
  readonly #lowerBound: RateLimiter

  constructor(ratio: TraceIdRatioBasedSampler, lowerBound: number, clock: Clock) {
    this.#ratio = ratio
    this.#lowerBound = new RateLimiter(lowerBound, clock)
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    // What the share takes counts towards the bound.
    const isWithinBound = this.#lowerBound.take()
    if (this.#ratio.shouldSample(context, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED) return sampled
    return isWithinBound ? sampled : dropped
  }
}

class PerOperationSampler implements Sampler {
  readonly #samplers = new Map<string, GuaranteedThroughputSampler>()
  readonly #default: TraceIdRatioBasedSampler
  readonly #lowerBound: number
  readonly #clock: Clock
  readonly #description: string

  constructor(strategy: JaegerStrategy & { kind: 'per-operation' }, clock: Clock) {
    const { defaultSamplingRate, lowerBoundTracesPerSecond, samplingRates } = strategy
    this.#default = new TraceIdRatioBasedSampler(defaultSamplingRate)
    this.#lowerBound = lowerBoundTracesPerSecond
    this.#clock = clock
    for (const [operation, samplingRate] of samplingRates) {
      if (this.#samplers.size === maxOperations) break
      this.#add(operation, new TraceIdRatioBasedSampler(samplingRate))
    }
    this.#description = `PerOperationSampler{default=${defaultSamplingRate}, lowerBound=${lowerBoundTracesPerSecond}, operations=${samplingRates.size}}`
  }

  #add(operation: string, ratio: TraceIdRatioBasedSampler): GuaranteedThroughputSampler {
    const sampler = new GuaranteedThroughputSampler(ratio, this.#lowerBound, this.#clock)
    this.#samplers.set(operation, sampler)
    return sampler
  }

  shouldSample(context: Context, traceId: string, spanName: string): SamplingResult {
    let sampler = this.#samplers.get(spanName)
    if (sampler === undefined) {
      if (this.#samplers.size >= maxOperations) return this.#default.shouldSample(context, traceId)
      sampler = this.#add(spanName, this.#default)
    }
    return sampler.shouldSample(context, traceId)
  }

  toString(): string {
    return this.#description
  }
}
