// SPDX-License-Identifier: Apache-2.0
import { ROOT_CONTEXT } from '@otel-ts/api'
import { fakeClock } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { parseJaegerStrategy } from './jaeger-strategy.ts'
import { samplerOfStrategy } from './jaeger-strategy-sampler.ts'

const low = '0af7651916cd43dd8400000000000000'
const high = '0af7651916cd43dd84ffffffffffffff'

describe('a strategy of Jaeger', () => {
  // As Jaeger's collector and agent write them, with enums by name and by number.
  test.each([
    [
      '{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5}}',
      { kind: 'probabilistic', samplingRate: 0.5 },
    ],
    ['{"strategyType":0,"probabilisticSampling":{"samplingRate":1}}', { kind: 'probabilistic', samplingRate: 1 }],
    ['{"probabilisticSampling":{}}', { kind: 'probabilistic', samplingRate: 0 }],
    [
      '{"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":2}}',
      { kind: 'rate-limiting', maxTracesPerSecond: 2 },
    ],
    [
      '{"strategyType":1,"rateLimitingSampling":{"maxTracesPerSecond":2}}',
      { kind: 'rate-limiting', maxTracesPerSecond: 2 },
    ],
    [
      '{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5},"rateLimitingSampling":null,"operationSampling":null}',
      { kind: 'probabilistic', samplingRate: 0.5 },
    ],
    [
      '{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5},"operationSampling":{"defaultSamplingProbability":0.1,"defaultLowerBoundTracesPerSecond":0.25,"perOperationStrategies":[{"operation":"GET /a","probabilisticSampling":{"samplingRate":1}},{"operation":"__proto__","probabilisticSampling":{}}]}}',
      {
        kind: 'per-operation',
        defaultSamplingRate: 0.1,
        lowerBoundTracesPerSecond: 0.25,
        samplingRates: new Map([
          ['GET /a', 1],
          ['__proto__', 0],
        ]),
      },
    ],
    [
      '{"operationSampling":{}}',
      { kind: 'per-operation', defaultSamplingRate: 0, lowerBoundTracesPerSecond: 0, samplingRates: new Map() },
    ],
  ])('is read from %s', (text, strategy) => {
    expect(parseJaegerStrategy(text)).toEqual(strategy)
  })

  test.each([
    ['', 'JSON'],
    ['<html>', 'JSON'],
    ['null', 'no JSON object'],
    ['[]', 'no JSON object'],
    ['{}', 'probabilisticSampling is missing'],
    ['{"strategyType":"RATE_LIMITING"}', 'rateLimitingSampling is missing'],
    ['{"strategyType":"CONST"}', 'strategyType "CONST" is neither'],
    ['{"probabilisticSampling":{"samplingRate":1.1}}', 'samplingRate is 1.1'],
    ['{"probabilisticSampling":{"samplingRate":-0.1}}', 'samplingRate is -0.1'],
    ['{"probabilisticSampling":{"samplingRate":"1"}}', 'samplingRate is "1"'],
    ['{"strategyType":1,"rateLimitingSampling":{"maxTracesPerSecond":-1}}', 'maxTracesPerSecond is -1'],
    ['{"operationSampling":{"perOperationStrategies":{}}}', 'perOperationStrategies is no list'],
    ['{"operationSampling":{"perOperationStrategies":[{"operation":"a"}]}}', 'one of perOperationStrategies'],
    ['{"operationSampling":{"defaultSamplingProbability":2}}', 'defaultSamplingProbability is 2'],
  ])('is refused from %j: %s', (text, reason) => {
    expect(() => parseJaegerStrategy(text)).toThrow(reason)
  })
})

describe('the sampler of a strategy', () => {
  const decisionsOf = (sampler: ReturnType<typeof samplerOfStrategy>, ids: string[], name = 'a') =>
    ids.map((id) => sampler.shouldSample(ROOT_CONTEXT, id, name, 0, {}, []).decision).join('')

  test('samples a share of traces', () => {
    const sampler = samplerOfStrategy({ kind: 'probabilistic', samplingRate: 0.5 }, fakeClock())
    expect([decisionsOf(sampler, [low, high]), `${sampler}`]).toEqual(['02', 'TraceIdRatioBased{0.5}'])
  })

  test('samples as many traces a second as it may, saves up one second at most, and starts full', async () => {
    const clock = fakeClock()
    const sampler = samplerOfStrategy({ kind: 'rate-limiting', maxTracesPerSecond: 2 }, clock)
    expect(decisionsOf(sampler, [low, low, low])).toBe('220')
    await clock.advance(499)
    expect(decisionsOf(sampler, [low])).toBe('0')
    await clock.advance(1)
    expect(decisionsOf(sampler, [low, low])).toBe('20')
    await clock.advance(10_000)
    expect(decisionsOf(sampler, [low, low, low])).toBe('220')
    expect(`${sampler}`).toBe('RateLimitingSampler{2}')
  })

  test('samples none at no traces a second', async () => {
    const clock = fakeClock()
    const sampler = samplerOfStrategy({ kind: 'rate-limiting', maxTracesPerSecond: 0 }, clock)
    await clock.advance(10_000)
    expect(decisionsOf(sampler, [low, high])).toBe('00')
  })

  test('samples each operation at its rate, others at the default one, and each at least at the lower bound', async () => {
    const clock = fakeClock()
    const sampler = samplerOfStrategy(
      {
        kind: 'per-operation',
        defaultSamplingRate: 0.5,
        lowerBoundTracesPerSecond: 0.5,
        samplingRates: new Map([
          ['all', 1],
          ['none', 0],
        ]),
      },
      clock,
    )
    expect(decisionsOf(sampler, [low, low, high], 'all')).toBe('222')
    // The first of each comes from the bound; then only the rate counts.
    expect(decisionsOf(sampler, [high, high], 'none')).toBe('20')
    expect(decisionsOf(sampler, [low, low, high], 'other')).toBe('202')
    // What the rate took has used up the bound.
    expect(decisionsOf(sampler, [high, low], 'another')).toBe('20')
    await clock.advance(1999)
    expect(decisionsOf(sampler, [high], 'none')).toBe('0')
    await clock.advance(1)
    expect(decisionsOf(sampler, [high, high], 'none')).toBe('20')
  })

  test('knows 2000 operations; more share the default rate, without a bound', () => {
    const sampler = samplerOfStrategy(
      {
        kind: 'per-operation',
        defaultSamplingRate: 0,
        lowerBoundTracesPerSecond: 1,
        samplingRates: new Map([['a', 1]]),
      },
      fakeClock(),
    )
    let sampledCount = 0
    for (let i = 0; i < 2100; i++) sampledCount += Number(decisionsOf(sampler, [low], `operation ${i}`)) / 2
    expect(sampledCount).toBe(1999)
  })
})
