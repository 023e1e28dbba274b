// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.restoreAllMocks()
  vi.resetModules()
})

test.each([
  ['error', 'error'],
  ['warn', 'warn'],
  ['info', 'info'],
  ['debug', 'debug'],
  ['verbose', 'trace'],
] as const)('%s goes to console.%s', async (level, method) => {
  const spy = vi.spyOn(console, method).mockImplementation(() => {})
  const { DiagConsoleLogger } = await import('./console-logger.ts')
  new DiagConsoleLogger()[level]('message', 1)
  expect(spy.mock.calls).toEqual([['message', 1]])
})

test('a console that is patched later does not see diagnostics', async () => {
  const spy = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { DiagConsoleLogger } = await import('./console-logger.ts')
  const patched = vi.fn()
  console.error = patched
  new DiagConsoleLogger().error('message')
  expect([spy.mock.calls.length, patched.mock.calls.length]).toEqual([1, 0])
})

test('without console.debug the message goes to console.log', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const debug = console.debug
  try {
    Object.assign(console, { debug: undefined })
    const { DiagConsoleLogger } = await import('./console-logger.ts')
    new DiagConsoleLogger().debug('message')
  } finally {
    console.debug = debug
  }
  expect(log.mock.calls).toEqual([['message']])
})
