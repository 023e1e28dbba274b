// SPDX-License-Identifier: Apache-2.0
import { type Batch, batchFromRecords, consumeError, mergeBatches } from '@otel-ts/otlp'
import { spanRecord, spansOfService } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { failuresOfParts, mayBeOneSource } from './part-failure.ts'

const traces = (name: string): Batch => batchFromRecords('traces', [spansOfService('s', [spanRecord({ name })])])
const a = traces('a')
const b = traces('b')
const c = traces('c')
const failure = (rejected?: Batch) =>
  consumeError('X_NO', 'no', { retryable: true, retryAfterMillis: 5, status: 14, ...(rejected ? { rejected } : {}) })

describe('a failure of merged requests, told to each of them', () => {
  test('of all is the failure of each', () => {
    const whole = failure()
    expect(failuresOfParts([a, b], whole)).toEqual([whole, whole])
  })

  test('of some is none for the others, and none of what is told names data of another', () => {
    const [ofA, ofB, ofC] = failuresOfParts([a, b, c], failure(mergeBatches([a, c])))
    expect(ofB).toBeUndefined()
    for (const own of [ofA, ofC]) {
      expect(own).toMatchObject({ code: 'X_NO', retryable: true, retryAfterMillis: 5, status: 14 })
      expect(own?.rejected).toBeUndefined()
    }
  })

  test('of one source of a request that has two names that source', () => {
    const [ofBoth, ofC] = failuresOfParts([mergeBatches([a, b]), c], failure(b))
    expect(ofBoth?.rejected?.chunks()).toEqual(b.chunks())
    expect(ofC).toBeUndefined()
  })

  test('whose rejected data cannot be traced back is the failure of each, as a whole', () => {
    const failures = failuresOfParts([a, b], failure(traces('a')))
    expect(failures.map((own) => [own?.code, own?.rejected])).toEqual([
      ['X_NO', undefined],
      ['X_NO', undefined],
    ])
  })

  test('of the only request stays as it is', () => {
    const own = failure(traces('a'))
    expect(failuresOfParts([a], own)).toEqual([own])
  })
})

test.each([
  [undefined, true],
  [3, true],
  [13, true],
  [7, false],
  [12, false],
  [16, false],
])('gRPC status %s: one source may be at fault: %s', (status, expected) => {
  const error = consumeError('X_NO', 'no', { retryable: false, ...(status === undefined ? {} : { status }) })
  expect(mayBeOneSource(error)).toBe(expected)
})
