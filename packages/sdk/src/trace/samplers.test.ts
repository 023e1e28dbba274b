// SPDX-License-Identifier: Apache-2.0
import { ROOT_CONTEXT, trace } from '@otel-ts/api'
import { describe, expect, test } from 'vitest'
import { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler } from './samplers.ts'

const decide = (ratio: number, traceId: string) =>
  new TraceIdRatioBasedSampler(ratio).shouldSample(ROOT_CONTEXT, traceId).decision

describe('TraceIdRatioBasedSampler', () => {
  // Threshold of one half: 2^55. The first 18 digits of the id do not count.
  test.each([
    [0.5, 'ffffffffffffffffff7fffffffffffff', 0],
    [0.5, '00000000000000000080000000000000', 2],
    [0.25, '000000000000000000bfffffffffffff', 0],
    [0.25, '000000000000000000c0000000000000', 2],
    [1, '00000000000000000100000000000000', 2],
    [1, '00000000000000010000000000000000', 2],
    [0, 'ffffffffffffffffffffffffffffffff', 0],
    // 2^-56: only the highest randomness is sampled.
    [2 ** -56, '000000000000000000fffffffffffffe', 0],
    [2 ** -56, '000000000000000000ffffffffffffff', 2],
    [7, '00000000000000000100000000000000', 2],
    [-1, 'ffffffffffffffffffffffffffffffff', 0],
    [Number.NaN, 'ffffffffffffffffffffffffffffffff', 0],
    [0.5, 'short', 0],
  ])('ratio %d decides %s as %d', (ratio, traceId, decision) => {
    expect(decide(ratio, traceId)).toBe(decision)
  })

  test('a trace that a ratio takes, every higher ratio takes', () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const taken = [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 1].map((ratio) => decide(ratio, traceId) === 2)
    expect(taken.join()).toBe([...taken].sort((a, b) => Number(a) - Number(b)).join())
  })

  test('is described as the specification says', () => {
    expect(`${new TraceIdRatioBasedSampler(0.0001)}`).toBe('TraceIdRatioBased{0.0001}')
    expect(`${new AlwaysOnSampler()} ${new AlwaysOffSampler()}`).toBe('AlwaysOnSampler AlwaysOffSampler')
  })
})

describe('ParentBasedSampler', () => {
  const named = (name: string) => ({ shouldSample: () => ({ decision: 2, name }) as never, toString: () => name })
  const sampler = new ParentBasedSampler({
    root: named('root'),
    remoteParentSampled: named('remote-on'),
    remoteParentNotSampled: named('remote-off'),
    localParentSampled: named('local-on'),
    localParentNotSampled: named('local-off'),
  })

  test.each([
    [undefined, 'root'],
    [{ isRemote: true, traceFlags: 1 }, 'remote-on'],
    [{ isRemote: true, traceFlags: 3 }, 'remote-on'],
    [{ isRemote: true, traceFlags: 2 }, 'remote-off'],
    [{ traceFlags: 1 }, 'local-on'],
    [{ traceFlags: 0 }, 'local-off'],
    [{ traceFlags: 1, traceId: '0'.repeat(32) }, 'root'],
  ])('a parent like %j is for %s', (parent, expected) => {
    const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
    const context =
      parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...ids, ...parent } as never)
    expect(sampler.shouldSample(context, ids.traceId, 'x', 0, {}, [])).toMatchObject({ name: expected })
  })
})
