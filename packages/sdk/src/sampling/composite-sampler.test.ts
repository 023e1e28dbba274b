// SPDX-License-Identifier: Apache-2.0
import { type Attributes, createTraceState, diag, ROOT_CONTEXT, trace } from '@otel-ts/api'
import { afterEach, describe, expect, test } from 'vitest'
import { InMemorySpanExporter } from '../trace/in-memory-span-exporter.ts'
import { AlwaysOffSampler, AlwaysOnSampler } from '../trace/samplers.ts'
import { SimpleSpanProcessor } from '../trace/simple-span-processor.ts'
import { TracerProvider } from '../trace/tracer-provider.ts'
import { AlwaysRecordSampler } from './always-record-sampler.ts'
import type { ComposableSampler, SamplingIntent } from './composable-sampler.ts'
import {
  createComposableAlwaysOffSampler as alwaysOff,
  createComposableAlwaysOnSampler as alwaysOn,
  createComposableAnnotatingSampler as annotating,
  createComposableParentThresholdSampler as parentThreshold,
  createComposableProbabilitySampler as probability,
  createComposableRuleBasedSampler as ruleBased,
} from './composable-samplers.ts'
import { createCompositeSampler } from './composite-sampler.ts'

const traceId = '0af7651916cd43dd8480000000000000'
const spanId = 'b7ad6b7169203331'
const always = () => true

function decide(delegate: ComposableSampler, traceState?: string, traceFlags = 3, name = 'a', id = traceId) {
  const parent = { traceId: id, spanId, traceFlags, isRemote: true }
  const context =
    traceState === undefined
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceState: createTraceState(traceState) })
  const result = createCompositeSampler(delegate).shouldSample(context, id, name, 0, {}, [])
  return {
    isSampled: result.decision === 2,
    traceState: result.traceState?.serialize(),
    attributes: result.attributes,
  }
}

const fixed = (intent: Partial<SamplingIntent>): ComposableSampler => ({
  getSamplingIntent: () => ({ threshold: '0', thresholdReliable: true, ...intent }),
  toString: () => 'fixed',
})

afterEach(() => diag.disable())

describe('the composite sampler', () => {
  test.each([
    // Roots: the last 56 bits of the id are 80000000000000.
    ['on', alwaysOn(), undefined, 0, true, 'ot=th:0'],
    ['off', alwaysOff(), undefined, 0, false, undefined],
    ['probability', probability(0.5), undefined, 0, true, 'ot=th:8'],
    ['probability', probability(0.4999), undefined, 0, false, undefined],
    ['probability 0', probability(0), undefined, 0, false, undefined],
    ['parent threshold', parentThreshold(probability(0.5)), undefined, 0, true, 'ot=th:8'],
    ['parent threshold', parentThreshold(alwaysOff()), undefined, 0, false, undefined],
    // Children.
    ['on', alwaysOn(), 'ot=th:8', 2, true, 'ot=th:0'],
    ['off', alwaysOff(), 'ot=th:8;k1:13,a=1', 3, false, 'ot=k1:13,a=1'],
    ['probability', probability(0.5), 'ot=rv:7fffffffffffff', 3, false, 'ot=rv:7fffffffffffff'],
    ['probability', probability(0.5), 'ot=rv:80000000000000,a=1', 3, true, 'ot=th:8;rv:80000000000000,a=1'],
    ['parent threshold', parentThreshold(alwaysOff()), 'ot=th:7,a=1', 3, true, 'ot=th:7,a=1'],
    ['parent threshold', parentThreshold(alwaysOn()), 'ot=th:9,a=1', 2, false, 'a=1'],
    [
      'parent threshold',
      parentThreshold(alwaysOff()),
      'ot=th:c;rv:c0000000000000',
      1,
      true,
      'ot=th:c;rv:c0000000000000',
    ],
    // No threshold, only the flag.
    ['parent threshold', parentThreshold(alwaysOff()), 'a=1', 1, true, 'a=1'],
    ['parent threshold', parentThreshold(alwaysOn()), 'a=1', 0, false, 'a=1'],
    // A threshold that the flag contradicts.
    ['parent threshold', parentThreshold(alwaysOff()), 'ot=th:9', 3, true, ''],
    ['parent threshold', parentThreshold(alwaysOn()), 'ot=th:7;k1:13', 2, false, 'ot=k1:13'],
    // Malformed thresholds count as none.
    ['parent threshold', parentThreshold(alwaysOff()), 'ot=th:XYZ', 1, true, ''],
  ])('of %s (%s) with parent %j and flags %d: %s, %j', (_name, delegate, state, flags, isSampled, after) => {
    const result = decide(delegate, state, flags)
    expect([result.isSampled, result.traceState]).toEqual([isSampled, after])
  })

  test('asks rules in order, and samples nothing without one that matches', () => {
    const sampler = ruleBased([
      [(_context, _traceId, name) => name === 'health', alwaysOff()],
      [(_context, _traceId, name) => name !== 'none', probability(0.5)],
    ])
    expect(decide(sampler, undefined, 0, 'health').isSampled).toBe(false)
    expect(decide(sampler, undefined, 0, 'cart')).toMatchObject({ isSampled: true, traceState: 'ot=th:8' })
    expect(decide(sampler, undefined, 0, 'none').isSampled).toBe(false)
  })

  test('passes over a rule whose predicate throws, and says so', () => {
    const lines: string[] = []
    diag.setLogger({ ...console, verbose() {}, error: (line: string) => void lines.push(line) })
    const sampler = ruleBased([
      [
        () => {
          throw new Error('broken')
        },
        alwaysOff(),
      ],
      [always, alwaysOn()],
    ])
    expect(decide(sampler).isSampled).toBe(true)
    expect(lines[0]).toContain('the predicate of a sampling rule threw')
  })

  test('gives annotations to sampled spans only, the outer ones winning', () => {
    const annotated = (delegate: ComposableSampler) =>
      annotating(annotating(delegate, { inner: 1, both: 1 }), { both: 2 })
    expect(decide(annotated(alwaysOn())).attributes).toEqual({ inner: 1, both: 2 })
    expect(decide(annotated(alwaysOff())).attributes).toBeUndefined()
  })

  test('keeps annotations as they were when the sampler was made', () => {
    const attributes: Attributes = { a: 1 }
    const sampler = annotating(alwaysOn(), attributes)
    attributes['a'] = 2
    expect(decide(sampler).attributes).toEqual({ a: 1 })
  })

  test('draws randomness of its own for a threshold that cannot be counted by, and writes none', () => {
    const sampler = fixed({ threshold: '8', thresholdReliable: false })
    const seen = new Set<string>()
    for (let i = 0; i < 200; i++) {
      const { isSampled, traceState } = decide(sampler, 'ot=th:4;rv:ffffffffffffff')
      seen.add(`${isSampled} ${traceState}`)
    }
    // By chance alone this fails once in 2^199 runs.
    expect([...seen].sort()).toEqual(['false ot=rv:ffffffffffffff', 'true ot=rv:ffffffffffffff'])
  })

  test.each([
    ['8', true, 'ot=th:8'],
    ['80000000000000', true, 'ot=th:80000000000000'],
    ['80000000000001', false, undefined],
    ['', false, undefined],
    ['xyz', false, undefined],
    ['8000000000000000', false, undefined],
    [0x80000000000000n, true, 'ot=th:8'],
    [0x80000000000001n, false, undefined],
    [0n, true, 'ot=th:0'],
    [-1n, false, undefined],
    [2n ** 56n, false, undefined],
    [undefined, false, undefined],
    [0.5, false, undefined],
  ])('with a composable sampler that wants the threshold %s: %s, %j', (threshold, isSampled, traceState) => {
    expect(decide(fixed({ threshold: threshold as string }))).toMatchObject({ isSampled, traceState })
  })

  test('lets composable samplers change the trace state, but not ot', () => {
    const changing = (change: SamplingIntent['updateTraceState']) => fixed({ updateTraceState: change })
    const changed = (change: SamplingIntent['updateTraceState'], before?: string) =>
      decide(changing(change), before).traceState
    expect(changed((state) => state?.set('b', '2'), 'a=1')).toBe('ot=th:0,b=2,a=1')
    expect(changed(() => createTraceState('b=2'))).toBe('ot=th:0,b=2')
    expect(changed((state) => state?.set('ot', 'th:8;k:1'), 'ot=rv:ffffffffffffff')).toBe('ot=th:0;rv:ffffffffffffff')
    expect(changed((state) => state?.unset('ot'), 'ot=k:1,a=1')).toBe('ot=th:0;k:1,a=1')
    expect(changed((state) => state?.set('ot', 'k:1'), 'a=1')).toBe('ot=th:0,a=1')
    expect(changed(() => undefined, 'ot=k:1,a=1')).toBe('ot=th:0;k:1')
    expect(
      changed(() => {
        throw new Error('broken')
      }, 'a=1'),
    ).toBe('ot=th:0,a=1')
  })

  test('is described by its parts', () => {
    const rules = ruleBased([
      [
        function isHealth() {
          return true
        },
        alwaysOff(),
      ],
      [() => true, annotating(alwaysOn(), { a: 1 })],
    ])
    expect(`${createCompositeSampler(parentThreshold(rules))}`).toBe(
      'CompositeSampler{ComposableParentThreshold{root=ComposableRuleBased{[(isHealth, ComposableAlwaysOff), (anonymous, ComposableAnnotating{ComposableAlwaysOn, attributes=[a]})]}}}',
    )
    expect(`${probability(0)} ${probability(1)} ${probability(1 / 3)}`).toBe(
      'ComposableAlwaysOff ComposableProbability{threshold=0, ratio=1} ComposableProbability{threshold=aaab, ratio=0.3333333333333333}',
    )
  })

  test('works in a provider: threshold and annotations reach the exported span', () => {
    const exporter = new InMemorySpanExporter()
    const provider = new TracerProvider({
      sampler: createCompositeSampler(parentThreshold(annotating(alwaysOn(), { rule: 'all' }))),
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    })
    provider
      .getTracer('a')
      .startSpan('a', { attributes: { k: 'v' } }, ROOT_CONTEXT)
      .end()
    const span = exporter.getFinishedSpans()[0]
    expect(span?.attributes).toEqual({ k: 'v', rule: 'all' })
    expect(span?.spanContext().traceState?.serialize()).toBe('ot=th:0')
  })
})

describe('the always-record sampler', () => {
  const resultOf = (decision: 0 | 1 | 2) => {
    const result = { decision, attributes: { a: 1 }, traceState: createTraceState('a=1') }
    const root = { shouldSample: () => result, toString: () => 'root' }
    return [result, new AlwaysRecordSampler(root).shouldSample(ROOT_CONTEXT, traceId, 'a', 0, {}, [])] as const
  }

  test('records what its root drops, with its attributes and trace state', () => {
    const [given, result] = resultOf(0)
    expect(result).toEqual({ ...given, decision: 1 })
    expect(given.decision).toBe(0)
  })

  test.each([1, 2] as const)('leaves the decision %d as it is', (decision) => {
    const [given, result] = resultOf(decision)
    expect(result).toBe(given)
  })

  test('hands its arguments on', () => {
    const seen: unknown[] = []
    const root = {
      shouldSample(...args: unknown[]) {
        seen.push(...args)
        return { decision: 2 as const }
      },
    }
    const args = [ROOT_CONTEXT, traceId, 'a', 2, { k: 'v' }, []] as const
    new AlwaysRecordSampler(root).shouldSample(args[0], args[1], args[2], args[3], args[4], [...args[5]])
    expect(seen).toEqual(args)
  })

  test('gives processors the spans that exporters do not get', () => {
    const ended: unknown[] = []
    const exporter = new InMemorySpanExporter()
    const provider = new TracerProvider({
      sampler: new AlwaysRecordSampler(new AlwaysOffSampler()),
      spanProcessors: [
        new SimpleSpanProcessor({ exporter }),
        {
          onStart() {},
          onEnd: (span) => void ended.push([span.name, span.spanContext().traceFlags]),
          forceFlush: async () => {},
          shutdown: async () => {},
        },
      ],
    })
    provider.getTracer('a').startSpan('a', {}, ROOT_CONTEXT).end()
    expect(ended).toEqual([['a', 2]])
    expect(exporter.getFinishedSpans()).toEqual([])
  })

  test('is described with its root', () => {
    expect(`${new AlwaysRecordSampler(new AlwaysOnSampler())}`).toBe('AlwaysRecordSampler{AlwaysOnSampler}')
  })
})
