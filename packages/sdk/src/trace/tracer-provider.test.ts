// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NoopSpanProcessor } from './span-processor.ts'
import { TracerProvider } from './tracer-provider.ts'

class HangingProcessor extends NoopSpanProcessor {
  override forceFlush(): Promise<void> {
    return new Promise(() => {})
  }
  override shutdown(): Promise<void> {
    return new Promise(() => {})
  }
}

class CountingProcessor extends NoopSpanProcessor {
  calls: string[] = []
  override forceFlush(): Promise<void> {
    this.calls.push('forceFlush')
    return Promise.resolve()
  }
  override shutdown(): Promise<void> {
    this.calls.push('shutdown')
    return Promise.resolve()
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe.each(['forceFlush', 'shutdown'] as const)('%s with a processor that hangs', (method) => {
  const outcome = (promise: Promise<void>) => {
    const seen = { text: 'pending' }
    promise.then(
      () => (seen.text = 'done'),
      (error: Error) => (seen.text = error.message),
    )
    return seen
  }

  test('reaches the others, and rejects when the given time is over, not before', async () => {
    const counting = new CountingProcessor()
    const provider = new TracerProvider({ spanProcessors: [new HangingProcessor(), counting] })
    const seen = outcome(provider[method]({ timeoutMillis: 200 }))
    await vi.advanceTimersByTimeAsync(199)
    expect([counting.calls, seen.text]).toEqual([[method], 'pending'])
    await vi.advanceTimersByTimeAsync(1)
    expect(seen.text).toBe(
      `TracerProvider.${method}: not done after 200 ms; it goes on, but nobody waits for it any more`,
    )
  })

  test('waits 30 seconds by default', async () => {
    const seen = outcome(new TracerProvider({ spanProcessors: [new HangingProcessor()] })[method]())
    await vi.advanceTimersByTimeAsync(29_999)
    expect(seen.text).toBe('pending')
    await vi.advanceTimersByTimeAsync(1)
    expect(seen.text).toMatch(/not done after 30000 ms/)
  })

  test('waits without end with 0', async () => {
    const seen = outcome(new TracerProvider({ spanProcessors: [new HangingProcessor()] })[method]({ timeoutMillis: 0 }))
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(seen.text).toBe('pending')
  })
})

test('a shutdown that took too long is not tried again: later calls give the same promise', async () => {
  const provider = new TracerProvider({ spanProcessors: [new HangingProcessor()] })
  const first = provider.shutdown({ timeoutMillis: 5 })
  await vi.advanceTimersByTimeAsync(5)
  await expect(first).rejects.toThrow('not done after 5 ms')
  expect(provider.shutdown()).toBe(first)
})

test('a processor that throws or rejects at shutdown does not keep the others from it', async () => {
  const counting = new CountingProcessor()
  const throwing = new NoopSpanProcessor()
  throwing.shutdown = () => {
    throw new Error('thrown')
  }
  const rejecting = new NoopSpanProcessor()
  rejecting.shutdown = () => Promise.reject(new Error('rejected'))
  const provider = new TracerProvider({ spanProcessors: [throwing, rejecting, counting] })
  await expect(provider.shutdown()).rejects.toMatchObject({
    message: 'TracerProvider.shutdown: 2 of 3 processors failed',
  })
  expect(counting.calls).toEqual(['shutdown'])
})

test('a provider that is shut down has nothing to flush but its processors may still be asked', async () => {
  const counting = new CountingProcessor()
  const provider = new TracerProvider({ spanProcessors: [counting] })
  await provider.shutdown()
  await provider.forceFlush()
  expect(counting.calls).toEqual(['shutdown', 'forceFlush'])
})
