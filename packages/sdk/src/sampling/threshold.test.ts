// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { textOfThreshold, thresholdOf, wordsOfThreshold } from './threshold.ts'

describe('the threshold of a probability', () => {
  // Calculated by hand: (1 - p) * 16^14, rounded to the nearest at 4 digits after leading digits f or 0.
  test.each([
    [1, '0'],
    [2 / 3, '5555'],
    [1 / 2, '8'],
    [1 / 3, 'aaab'],
    [1 / 4, 'c'],
    [1 / 10, 'e666'],
    [1 / 16, 'f'],
    [1 / 100, 'fd70a'],
    [1 / 256, 'ff'],
    [0.000_001, 'ffffef39'],
    [0.99, '028f6'],
    [2 ** -52, 'fffffffffffff'],
    [2 ** -56, 'ffffffffffffff'],
    [2 ** -57, undefined],
    [0, undefined],
    [-1, undefined],
    [Number.NaN, undefined],
  ])('of %d is %s', (probability, threshold) => {
    expect(thresholdOf(probability)).toBe(threshold)
  })

  test.each([
    [1, 'b'],
    [2, 'ab'],
    [5, 'aaaab'],
    // A double has 53 bits: 1/3 is 0x1.5555555555555p-2, so that the last bits of the threshold are 0xac.
    [14, 'aaaaaaaaaaaaac'],
  ])('of one third to %d digits is %s', (precision, threshold) => {
    expect(thresholdOf(1 / 3, precision)).toBe(threshold)
  })
})

test('a threshold is written without trailing zeros, and only within 56 bits', () => {
  expect([0n, 0x80000000000000n, 1n, 2n ** 56n - 1n, 2n ** 56n, -1n].map(textOfThreshold)).toEqual([
    '0',
    '8',
    '00000000000001',
    'ffffffffffffff',
    undefined,
    undefined,
  ])
})

test('a threshold has its bits in two words', () => {
  expect(wordsOfThreshold('e666')).toEqual({ high: 0xe66600, low: 0 })
  expect(wordsOfThreshold('0000008')).toEqual({ high: 0, low: 0x80000000 })
  expect(wordsOfThreshold(undefined)).toEqual({ high: 0x1000000, low: 0 })
})
