// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { OtlpClientObserver } from './client.ts'
import { usableCompression } from './compression.ts'

type Replaced = Parameters<NonNullable<OtlpClientObserver['compressionReplaced']>>[0]

test('zstd is used with its level where Node can write it', () => {
  const told: Replaced[] = []
  const observer = { compressionReplaced: (event: Replaced) => void told.push(event) }
  expect(usableCompression('zstd', 19, observer, () => true)).toEqual({ compression: 'zstd', level: 19 })
  expect(told).toEqual([])
})

test('zstd becomes gzip at its own default level where Node cannot write it, and the observer hears of it once', () => {
  const told: Replaced[] = []
  const observer = { compressionReplaced: (event: Replaced) => void told.push(event) }
  expect(usableCompression('zstd', 19, observer, () => false)).toEqual({ compression: 'gzip', level: undefined })
  expect(told).toEqual([{ wanted: 'zstd', used: 'gzip', message: expect.stringContaining('gzip is used instead') }])
})

test.each(['none', 'gzip', 'deflate', 'snappy'])('%s is used everywhere', (name) => {
  expect(usableCompression(name, 5, undefined, () => false)).toEqual({ compression: name, level: 5 })
})
