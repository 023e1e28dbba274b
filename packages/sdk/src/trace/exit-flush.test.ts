// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ExitWatched } from './exit-flush.ts'

type Listener = () => void

// Each test loads the module anew, and so gets listeners of its own, which are called here instead of by the process.
async function setUp() {
  vi.resetModules()
  const listeners = new Map<string, Listener>()
  vi.spyOn(process, 'on').mockImplementation(((event: string, listener: Listener) => {
    listeners.set(event, listener)
    return process
  }) as never)
  const { watchExit } = await import('./exit-flush.ts')
  const { sdkEvents } = await import('../events.ts')
  const said = vi.spyOn(sdkEvents, 'droppedAtShutdown').mockImplementation(() => {})
  return { watchExit, said, listeners, emit: (event: 'beforeExit' | 'exit') => listeners.get(event)?.() }
}

class Queue implements ExitWatched {
  unfinishedCount = 0
  flushCount = 0
  finish = (): void => {}
  flush(): Promise<void> {
    this.flushCount++
    return new Promise((resolve) => {
      this.finish = () => {
        this.unfinishedCount = 0
        resolve()
      }
    })
  }
}

const keptAlive = (): number => vi.getTimerCount()

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('a queue in which spans wait is flushed before the process ends, which is kept alive until that is done', async () => {
  const { watchExit, emit, said } = await setUp()
  const [waiting, empty] = [new Queue(), new Queue()]
  waiting.unfinishedCount = 3
  watchExit(waiting)
  watchExit(empty)
  emit('beforeExit')
  expect([waiting.flushCount, empty.flushCount, keptAlive()]).toEqual([1, 0, 1])
  waiting.finish()
  await vi.advanceTimersByTimeAsync(0)
  expect(keptAlive()).toBe(0)
  emit('beforeExit')
  emit('exit')
  expect([waiting.flushCount, said.mock.calls]).toEqual([1, []])
})

test('spans that end while the process was about to are flushed too', async () => {
  const { watchExit, emit } = await setUp()
  const queue = new Queue()
  queue.unfinishedCount = 1
  watchExit(queue)
  emit('beforeExit')
  queue.finish()
  await vi.advanceTimersByTimeAsync(0)
  queue.unfinishedCount = 1
  emit('beforeExit')
  expect(queue.flushCount).toBe(2)
})

test('an exporter that does not answer holds the process up for five seconds, once, and the loss is said', async () => {
  const { watchExit, emit, said } = await setUp()
  const queue = new Queue()
  queue.unfinishedCount = 7
  watchExit(queue)
  emit('beforeExit')
  await vi.advanceTimersByTimeAsync(4999)
  expect(keptAlive()).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(keptAlive()).toBe(0)
  emit('beforeExit')
  expect([queue.flushCount, keptAlive()]).toEqual([1, 0])
  emit('exit')
  expect(said).toHaveBeenCalledExactlyOnceWith(7, 'the process ended before they were exported')
})

test('what all queues lose is said together, and a queue that is shut down counts no more', async () => {
  const { watchExit, emit, said } = await setUp()
  const [a, b, c] = [new Queue(), new Queue(), new Queue()]
  const stops = [a, b, c].map((queue) => {
    queue.unfinishedCount = 2
    return watchExit(queue)
  })
  stops[1]?.()
  emit('exit')
  expect(said.mock.calls.map(([count]) => count)).toEqual([4])
})

test('a thousand queues share one listener for each event', async () => {
  const { watchExit, listeners } = await setUp()
  for (let i = 0; i < 1000; i++) watchExit(new Queue())
  expect([...listeners.keys()]).toEqual(['beforeExit', 'exit'])
  expect(process.on).toHaveBeenCalledTimes(2)
})
