// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

// Expected: Go's time.ParseDuration and Duration.String.
describe('durations are read and written as Go does', () => {
  test.each<[string, bigint, string]>([
    ['0', 0n, '0s'],
    ['1ns', 1n, '1ns'],
    ['1.5us', 1500n, '1.5µs'],
    ['200ms', 200_000_000n, '200ms'],
    ['1s', 1_000_000_000n, '1s'],
    ['.5s', 500_000_000n, '500ms'],
    ['1.s', 1_000_000_000n, '1s'],
    ['90s', 90_000_000_000n, '1m30s'],
    ['1h', 3_600_000_000_000n, '1h0m0s'],
    ['1h15m30.918s', 4_530_918_000_000n, '1h15m30.918s'],
    ['-1.5h', -5_400_000_000_000n, '-1h30m0s'],
    ['+5s', 5_000_000_000n, '5s'],
    ['0.9ns', 0n, '0s'],
    ['9223372036854775807ns', 9223372036854775807n, '2562047h47m16.854775807s'],
  ])('%s', (text, nanos, written) => {
    expect(parseDuration(text)).toBe(nanos)
    expect(formatDuration(nanos)).toBe(written)
  })

  test.each(['', '-', '5', '5 s', 's', '.s', '1d', '1s ', '1S', 'fast', '9223372036854775808ns'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )
})
