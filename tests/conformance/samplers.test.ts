// SPDX-License-Identifier: Apache-2.0
// trace/sdk.md: the samplers beside those that opentelemetry-js has in its SDK.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTraceState, ROOT_CONTEXT, type Sampler, trace } from '@otel-ts/api'
import * as sdk from '@otel-ts/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// Randomness of the id: its last 14 digits.
const traceId = '0af7651916cd43dd84e6660000000000'
const parentContext = (traceState: string, traceFlags: number) =>
  trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: 'b7ad6b7169203331',
    traceFlags,
    isRemote: true,
    traceState: createTraceState(traceState),
  })

/** Flags and trace state of a span that a provider with the sampler starts. */
function started(sampler: Sampler, context = ROOT_CONTEXT) {
  const provider = new sdk.TracerProvider({
    sampler,
    idGenerator: { generateTraceId: () => traceId, generateSpanId: () => 'b7ad6b7169203332', isRandom: true },
  })
  const { traceFlags, traceState } = provider.getTracer('a').startSpan('a', {}, context).spanContext()
  return [traceFlags, traceState?.serialize() ?? '']
}

describe('probability sampling', () => {
  test.each([
    [1, 'th:0'],
    [1 / 2, 'th:8'],
    [1 / 10, 'th:e666'],
  ])('a ratio of %d writes its threshold to the trace state: %s', (ratio, threshold) => {
    expect(started(new sdk.ProbabilitySampler(ratio))).toEqual([3, `ot=${threshold}`])
  })

  test('randomness equal to the threshold is sampled, and one less is not', () => {
    const decide = (rv: string) => started(new sdk.ProbabilitySampler(0.1), parentContext(`ot=rv:${rv}`, 3))
    expect(decide('e6660000000000')).toEqual([3, 'ot=th:e666;rv:e6660000000000'])
    expect(decide('e665ffffffffff')).toEqual([2, 'ot=rv:e665ffffffffff'])
  })

  test('other sub-keys and other members stay as they are', () => {
    const context = parentContext('a=1,ot=k1:13;th:0', 3)
    expect(started(new sdk.ProbabilitySampler(0.1), context)).toEqual([3, 'ot=th:e666;k1:13,a=1'])
  })
})

describe('composite sampling', () => {
  const on = sdk.createComposableAlwaysOnSampler()
  const off = sdk.createComposableAlwaysOffSampler()
  const { createCompositeSampler } = sdk

  test('always on writes the threshold 0, always off samples nothing and takes a threshold out', () => {
    expect(started(createCompositeSampler(on))).toEqual([3, 'ot=th:0'])
    expect(started(createCompositeSampler(off), parentContext('ot=th:0', 3))).toEqual([2, ''])
  })

  test('probability decides as the probability sampler does', () => {
    expect(started(createCompositeSampler(sdk.createComposableProbabilitySampler(0.1)))).toEqual([3, 'ot=th:e666'])
    expect(started(createCompositeSampler(sdk.createComposableProbabilitySampler(0.0999)))).toEqual([2, ''])
  })

  test('parent threshold asks its root without a parent, and follows a parent with its threshold', () => {
    const sampler = createCompositeSampler(sdk.createComposableParentThresholdSampler(off))
    expect(started(sampler)).toEqual([2, ''])
    expect(started(sampler, parentContext('ot=th:e', 3))).toEqual([3, 'ot=th:e'])
    expect(started(sampler, parentContext('ot=th:f', 2))).toEqual([2, ''])
    expect(started(sampler, parentContext('a=1', 3))).toEqual([3, 'a=1'])
  })

  test('rules are asked in order, and without one that matches nothing is sampled', () => {
    const rules = (name: string) =>
      createCompositeSampler(
        sdk.createComposableRuleBasedSampler([
          [(_context, _traceId, spanName) => spanName === name, on],
          [(_context, _traceId, spanName) => spanName === 'a', off],
        ]),
      )
    expect(started(rules('a'))).toEqual([3, 'ot=th:0'])
    expect(started(rules('b'))).toEqual([2, ''])
  })

  test('annotations are attributes of sampled spans', () => {
    const attributesOf = (delegate: sdk.ComposableSampler) =>
      createCompositeSampler(sdk.createComposableAnnotatingSampler(delegate, { rule: 'all' })).shouldSample(
        ROOT_CONTEXT,
        traceId,
        'a',
        0,
        {},
        [],
      ).attributes
    expect([attributesOf(on), attributesOf(off)]).toEqual([{ rule: 'all' }, undefined])
  })
})

describe('the always-record sampler', () => {
  test('records what its root drops without sampling it, and leaves the rest as it is', () => {
    const names: string[] = []
    const exporter = new sdk.InMemorySpanExporter()
    const provider = new sdk.TracerProvider({
      sampler: new sdk.AlwaysRecordSampler({
        shouldSample: (_context, _traceId, name) => ({ decision: name === 'kept' ? 2 : 0 }),
        toString: () => 'root',
      }),
      spanProcessors: [
        {
          onStart() {},
          onEnd: (span) => void names.push(span.name),
          forceFlush: () => Promise.resolve(),
          shutdown: () => Promise.resolve(),
        },
        new sdk.SimpleSpanProcessor({ exporter }),
      ],
    })
    for (const name of ['kept', 'dropped']) provider.getTracer('a').startSpan(name, {}, ROOT_CONTEXT).end()
    expect(names).toEqual(['kept', 'dropped'])
    expect(exporter.getFinishedSpans().map((span) => span.name)).toEqual(['kept'])
  })
})

describe('the Jaeger remote sampler', () => {
  let strategy: object = { strategyType: 'PROBABILISTIC', probabilisticSampling: { samplingRate: 0 } }
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/sampling?service=shop' ? 200 : 404).end(JSON.stringify(strategy))
  })
  beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())))

  test('uses the initial sampler first, then each strategy of the endpoint: by share, by second, by operation', async () => {
    const sampler = new sdk.JaegerRemoteSampler({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      serviceName: 'shop',
      pollingIntervalMillis: 60_000,
      initialSampler: new sdk.AlwaysOnSampler(),
    })
    const decide = (name: string) => sampler.shouldSample(ROOT_CONTEXT, traceId, name, 0, {}, []).decision
    const use = async (next: object) => {
      strategy = next
      await sampler.update()
    }
    expect(decide('a')).toBe(2)
    await sampler.update()
    expect(decide('a')).toBe(0)
    await use({ strategyType: 'RATE_LIMITING', rateLimitingSampling: { maxTracesPerSecond: 0.001 } })
    expect([decide('a'), decide('a')]).toEqual([2, 0])
    await use({
      strategyType: 'PROBABILISTIC',
      operationSampling: {
        defaultSamplingProbability: 0,
        perOperationStrategies: [{ operation: 'GET /a', probabilisticSampling: { samplingRate: 1 } }],
      },
    })
    expect([decide('GET /a'), decide('GET /b')]).toEqual([2, 0])
    await sampler.shutdown()
  })
})
