// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { settleWithin } from './deadline.ts'

// Only timers that keep the process alive are listed.
const keptAlive = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

test.each([0, 60_000])('a flush keeps the process alive until it is through (time-out %i)', async (timeoutMillis) => {
  const before = keptAlive()
  let done = (): void => {}
  const flushed = settleWithin('a', [() => new Promise((resolve) => (done = resolve))], timeoutMillis)
  expect(keptAlive()).toBe(before + 1)
  done()
  await flushed
  expect(keptAlive()).toBe(before)
})

test('a flush that fails keeps nothing alive', async () => {
  const before = keptAlive()
  await expect(settleWithin('a', [() => Promise.reject(new Error('no'))], 0)).rejects.toThrow('no')
  await expect(settleWithin('a', [() => new Promise(() => {})], 1)).rejects.toThrow('not done after 1 ms')
  expect(keptAlive()).toBe(before)
})
