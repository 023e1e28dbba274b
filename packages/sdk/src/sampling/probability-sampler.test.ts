// SPDX-License-Identifier: Apache-2.0
import { createTraceState, diag, ROOT_CONTEXT, trace } from '@otel-ts/api'
import { afterEach, describe, expect, test } from 'vitest'
import { hexOfWords } from '../trace/ids.ts'
import { ParentBasedSampler, TraceIdRatioBasedSampler } from '../trace/samplers.ts'
import { TracerProvider } from '../trace/tracer-provider.ts'
import { ProbabilitySampler } from './probability-sampler.ts'

const spanId = 'b7ad6b7169203331'
const idWith = (randomness: string) => `0af7651916cd43dd84${randomness}`

function parentOf(randomness: string, traceState: string | undefined, traceFlags = 3) {
  const context = { traceId: idWith(randomness), spanId, traceFlags, isRemote: true }
  return trace.setSpanContext(
    ROOT_CONTEXT,
    traceState === undefined ? context : { ...context, traceState: createTraceState(traceState) },
  )
}

function warnings(): string[] {
  const lines: string[] = []
  diag.setLogger({ ...console, verbose() {}, warn: (line: string) => void lines.push(line) })
  return lines
}

afterEach(() => diag.disable())

/** Ids by a linear congruence of 2^32: Numerical Recipes. Its low bits are weak, so each word takes its high ones. */
function* traceIds(seed: number, count: number): Generator<string> {
  let state = seed
  const half = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state >>> 16
  }
  const word = () => (half() << 16) | half()
  for (let i = 0; i < count; i++) yield hexOfWords(word(), word()) + hexOfWords(word(), word())
}

// Both ways a decision is made: the sampler called like every other, and the short way of the tracer.
const decisions = {
  'asked like every sampler': (ratio: number, randomness: string, traceState: string | undefined) => {
    const result = new ProbabilitySampler(ratio).shouldSample(parentOf(randomness, traceState), idWith(randomness))
    return [result.decision === 2, result.traceState?.serialize() ?? traceState]
  },
  'in a tracer': (ratio: number, randomness: string, traceState: string | undefined) => {
    const provider = new TracerProvider({ sampler: new ProbabilitySampler(ratio) })
    const context = provider.getTracer('a').startSpan('a', {}, parentOf(randomness, traceState)).spanContext()
    expect(context.traceFlags & 2).toBe(2)
    return [(context.traceFlags & 1) === 1, context.traceState?.serialize()]
  },
}

describe.each(Object.entries(decisions))('ProbabilitySampler, %s', (_way, decide) => {
  test.each([
    // 1/10: threshold e666.
    [0.1, 'e665ffffffffff', undefined, false, undefined],
    [0.1, 'e6660000000000', undefined, true, 'ot=th:e666'],
    [1, '00000000000000', undefined, true, 'ot=th:0'],
    [0.5, '7fffffffffffff', undefined, false, undefined],
    [0.5, '80000000000000', undefined, true, 'ot=th:8'],
    [2 ** -56, 'fffffffffffffe', undefined, false, undefined],
    [2 ** -56, 'ffffffffffffff', undefined, true, 'ot=th:ffffffffffffff'],
    [2 ** -57, 'ffffffffffffff', undefined, false, undefined],
    [0, 'ffffffffffffff', undefined, false, undefined],
    // rv decides in place of the trace id, and stays.
    [0.5, 'ffffffffffffff', 'ot=rv:7fffffffffffff', false, 'ot=rv:7fffffffffffff'],
    [0.5, '00000000000000', 'ot=rv:80000000000000', true, 'ot=th:8;rv:80000000000000'],
    [0, '00000000000000', 'ot=rv:ffffffffffffff', false, 'ot=rv:ffffffffffffff'],
    // The parent's threshold is replaced, or taken out.
    [0.5, '80000000000000', 'ot=th:c;k1:13,a=1', true, 'ot=th:8;k1:13,a=1'],
    [0.5, '00000000000000', 'a=1,ot=th:c;k1:13', false, 'ot=k1:13,a=1'],
    [0.5, '80000000000000', 'a=1', true, 'ot=th:8,a=1'],
    [0.5, '00000000000000', 'a=1', false, 'a=1'],
  ])('decides at ratio %d with %s and %j: %s, %j', (ratio, randomness, traceState, isSampled, after) => {
    expect(decide(ratio, randomness, traceState)).toEqual([isSampled, after])
  })
})

describe('ProbabilitySampler', () => {
  test('as the root of a parent-based sampler decides over roots, whose children inherit the threshold', () => {
    const provider = new TracerProvider({
      sampler: new ParentBasedSampler({ root: new ProbabilitySampler(1) }),
      idGenerator: { generateTraceId: () => idWith('00000000000000'), generateSpanId: () => spanId, isRandom: true },
    })
    const tracer = provider.getTracer('a')
    const root = tracer.startSpan('root', {}, ROOT_CONTEXT)
    expect([root.spanContext().traceFlags, root.spanContext().traceState?.serialize()]).toEqual([3, 'ot=th:0'])
    const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, root)).spanContext()
    expect([child.traceFlags, child.traceState?.serialize()]).toEqual([3, 'ot=th:0'])
  })

  test.each([0.01, 0.1, 0.5])('samples a share of %d of a million ids within four sigma', (ratio) => {
    const sampler = new ProbabilitySampler(ratio)
    const count = 1_000_000
    let sampledCount = 0
    for (const traceId of traceIds(20_26, count)) sampledCount += sampler.shouldSample(ROOT_CONTEXT, traceId).decision
    const sigma = Math.sqrt(count * ratio * (1 - ratio))
    expect(Math.abs(sampledCount / 2 - count * ratio)).toBeLessThan(4 * sigma)
  })

  test('of two ratios, what the smaller one samples the larger one samples, too', () => {
    const ratios = [2 ** -56, 0.001, 0.01, 0.0999, 0.1, 1 / 3, 0.5, 0.9999, 1]
    const samplers = ratios.map((ratio) => new ProbabilitySampler(ratio))
    const seen = new Set<string>()
    for (const traceId of traceIds(7, 20_000)) {
      const taken = samplers.map((sampler) => sampler.shouldSample(ROOT_CONTEXT, traceId).decision / 2).join('')
      seen.add(taken)
      expect(taken).toMatch(/^0*1*$/)
    }
    expect(seen.size).toBeGreaterThan(6)
  })

  test('takes the traces that the trace-id ratio sampler takes where their thresholds are equal', () => {
    const [ours, theirs] = [new ProbabilitySampler(0.25), new TraceIdRatioBasedSampler(0.25)]
    for (const traceId of traceIds(3, 5000)) {
      expect(ours.shouldSample(ROOT_CONTEXT, traceId).decision).toBe(
        theirs.shouldSample(ROOT_CONTEXT, traceId).decision,
      )
    }
  })

  test('warns once when a parent has neither the random flag nor rv', () => {
    const lines = warnings()
    const sampler = new ProbabilitySampler(0.5)
    const tracer = new TracerProvider({ sampler }).getTracer('a')
    const id = 'ffffffffffffff'
    tracer.startSpan('root', {}, ROOT_CONTEXT)
    tracer.startSpan('random', {}, parentOf(id, undefined, 3))
    tracer.startSpan('explicit', {}, parentOf(id, `ot=rv:${id}`, 1))
    sampler.shouldSample(parentOf(id, undefined, 2), idWith(id))
    expect(lines).toEqual([])
    tracer.startSpan('presumed', {}, parentOf(id, undefined, 1))
    sampler.shouldSample(parentOf(id, undefined, 1), idWith(id))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('ProbabilitySampler{0.5} decides over a span whose parent has neither the random flag')
  })

  test.each([
    [Number.NaN, 'ProbabilitySampler{0}'],
    [-0.1, 'ProbabilitySampler{0}'],
    [1.1, 'ProbabilitySampler{1}'],
    ['0.5', 'ProbabilitySampler{0}'],
    [undefined, 'ProbabilitySampler{0}'],
    [null, 'ProbabilitySampler{0}'],
  ])('given the ratio %s is %s', (ratio, description) => {
    expect(`${new ProbabilitySampler(ratio as number)}`).toBe(description)
  })

  test.each(['', 'short', undefined, 7])('drops the trace id %j', (traceId) => {
    expect(new ProbabilitySampler(1).shouldSample(ROOT_CONTEXT, traceId as string).decision).toBe(0)
  })

  test.each([
    [3, 'ot=th:e66'],
    [14, 'ot=th:e6666666666666'],
    [0, 'ot=th:e666'],
    [15, 'ot=th:e666'],
    [2.5, 'ot=th:e666'],
  ])('writes the threshold to %d digits', (precision, expected) => {
    const sampler = new ProbabilitySampler(0.1, { precision })
    expect(sampler.shouldSample(ROOT_CONTEXT, idWith('ffffffffffffff')).traceState?.serialize()).toBe(expected)
  })
})

describe('a trace-id ratio sampler', () => {
  test('that decides over spans with a parent is warned of, and as the root of a parent-based one is not', () => {
    const lines = warnings()
    const ratio = new TraceIdRatioBasedSampler(0.5)
    new TracerProvider({ sampler: new ParentBasedSampler({ root: ratio }) })
    expect(lines).toEqual([])
    new TracerProvider({ sampler: new ParentBasedSampler({ root: ratio, localParentSampled: ratio }) })
    expect(lines[0]).toContain('TraceIdRatioBased{0.5} decides over spans that have a parent')
  })
})
