// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { clockStep, niceStep, ticksBetween } from './ticks.ts'

describe('steps of 1, 2 and 5', () => {
  test.each([
    [100, 10, 10],
    [100, 9, 20],
    [100, 4, 50],
    [100, 2, 50],
    [100, 1, 100],
    [3_010_000, 9, 500_000],
    [0.3, 3, 0.1],
    [1, 3, 0.5],
    [7, 7, 1],
  ])('length %d in at most %d steps: %d', (length, maxCount, expected) => {
    expect(niceStep(length, maxCount)).toBeCloseTo(expected, 12)
  })

  test.each([0, -5, Number.NaN])('a length of %d still gives a usable step', (length) => {
    expect(niceStep(length, 5)).toBe(1)
  })
})

describe('ticks', () => {
  test('are the multiples within the bounds, bounds included', () => {
    expect(ticksBetween(0, 100, 50)).toEqual([0, 50, 100])
    expect(ticksBetween(1, 99, 50)).toEqual([50])
    expect(ticksBetween(10, 40, 50)).toEqual([])
  })

  test('never more than a thousand, whatever the step', () => {
    expect(ticksBetween(0, 1e9, 1)).toHaveLength(1000)
  })
})

describe('steps of a clock', () => {
  test.each([
    [60_000, 6, 10_000],
    [90_000, 6, 15_000],
    [3_600_000, 6, 600_000],
    [86_400_000, 4, 21_600_000],
    [86_400_000 * 30, 6, 86_400_000 * 5],
  ])('%d ms in at most %d steps: %d ms', (length, maxCount, expected) => {
    expect(clockStep(length, maxCount)).toBe(expected)
  })
})
