// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { LatencyHistogram } from './latency.ts'

test('percentiles are those of the sorted values, at most 1.6 % too high and never above the highest', () => {
  const histogram = new LatencyHistogram()
  const values = Array.from({ length: 1000 }, (_, index) => 0.001 * 1.02 ** index)
  for (const value of values) histogram.add(value)
  for (const share of [0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1]) {
    const exact = values[Math.ceil(values.length * share) - 1]!
    const told = histogram.percentileMillis(share)
    expect(told).toBeGreaterThanOrEqual(exact - 0.0005)
    expect(told).toBeLessThanOrEqual(exact * (1 + 1 / 64) + 0.0005)
  }
  expect(histogram.maxMillis).toBe(values.at(-1))
  expect(histogram.percentileMillis(1)).toBe(values.at(-1))
  expect(histogram.count).toBe(1000)
})

test.each([0, 0.001, 0.063, 0.064, 0.127, 0.128, 1, 3.2, 10_000, 3_600_000])(
  '%d ms alone is every percentile',
  (value) => {
    const histogram = new LatencyHistogram()
    histogram.add(value)
    expect([histogram.percentileMillis(0), histogram.percentileMillis(0.5), histogram.percentileMillis(1)]).toEqual([
      value,
      value,
      value,
    ])
  },
)

test('of nothing every percentile is 0', () => {
  const histogram = new LatencyHistogram()
  expect([histogram.percentileMillis(0.99), histogram.maxMillis, histogram.count]).toEqual([0, 0, 0])
})
