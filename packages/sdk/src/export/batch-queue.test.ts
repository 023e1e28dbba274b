// SPDX-License-Identifier: Apache-2.0
import { fakeClock } from '@otel-ts/testkit'
import { expect, test } from 'vitest'
import { BatchQueue, type BatchQueueOptions } from './batch-queue.ts'

interface Running {
  readonly batch: string[]
  readonly done: (error?: unknown) => void
}

function setUp(options: Partial<BatchQueueOptions<string>> = {}) {
  const clock = fakeClock()
  const exports: Running[] = []
  const losses: [number, string, number | undefined][] = []
  const queue = new BatchQueue<string>({
    maxQueueSize: 4,
    maxExportBatchSize: 2,
    scheduledDelayMillis: 100,
    exportTimeoutMillis: 1000,
    maxConcurrentExports: 1,
    isDeferred: false,
    clock,
    export: (batch, done) => exports.push({ batch, done }),
    onLoss: (count, reason, _error, sinceSuccessMillis) => losses.push([count, reason, sinceSuccessMillis]),
    ...options,
  })
  return { clock, exports, losses, queue, batches: () => exports.map(({ batch }) => batch.join('')) }
}

test('exports a full batch at once, and no second one before the first is through', () => {
  const { queue, exports, batches } = setUp()
  for (const item of ['a', 'b', 'c', 'd']) queue.add(item)
  expect(batches()).toEqual(['ab'])
  exports[0]?.done()
  expect(batches()).toEqual(['ab', 'cd'])
})

test('runs as many exports at once as it may', () => {
  const { queue, batches } = setUp({ maxConcurrentExports: 2 })
  for (const item of ['a', 'b', 'c', 'd', 'e', 'f']) queue.add(item)
  expect(batches()).toEqual(['ab', 'cd'])
  expect(queue.waitingCount).toBe(2)
})

test('exports what there is when the delay is over, counted from the first item', async () => {
  const { queue, clock, batches } = setUp()
  queue.add('a')
  await clock.advance(99)
  expect(batches()).toEqual([])
  await clock.advance(1)
  expect(batches()).toEqual(['a'])
})

test('no timer runs while nothing waits', () => {
  const { queue, clock, exports } = setUp({ exportTimeoutMillis: 0 })
  queue.add('a')
  queue.add('b')
  exports[0]?.done()
  expect(clock.pendingCount).toBe(0)
})

test('takes maxQueueSize waiting items, drops the next, and reports all drops of a second as one', async () => {
  const { queue, clock, losses } = setUp()
  for (const item of ['a', 'b']) queue.add(item) // exporting: these do not wait
  for (const item of ['c', 'd', 'e', 'f']) queue.add(item)
  expect(queue.waitingCount).toBe(4)
  expect(queue.droppedCount).toBe(0)
  queue.add('g')
  queue.add('h')
  expect(queue.droppedCount).toBe(2)
  expect(losses).toEqual([])
  await clock.advance(1000)
  expect(losses).toContainEqual([2, 'queue_full', undefined])
})

test('items that wait and items that are being exported share maxQueueBytes; one that would be over is dropped', async () => {
  const { queue, clock, exports, losses } = setUp({
    maxQueueSize: 100,
    maxQueueBytes: 10,
    estimateBytes: (item) => item.length,
  })
  for (const item of ['aaaa', 'bbbb']) queue.add(item) // exporting
  queue.add('cc') // 10 bytes: the last that fits
  queue.add('d')
  expect([queue.heldBytes, queue.waitingCount, queue.droppedCount]).toEqual([10, 1, 1])
  exports[0]?.done()
  expect(queue.heldBytes).toBe(2)
  queue.add('eeeeeeee')
  queue.add('') // weighs nothing, and the second batch is taken already
  expect([queue.heldBytes, queue.droppedCount]).toEqual([10, 1])
  queue.add('ffffffffffff')
  await clock.advance(1000)
  expect(losses).toContainEqual([2, 'queue_bytes_full', 1000])
})

test('without maxQueueBytes bytes are counted and nothing is dropped for them', () => {
  const { queue } = setUp({ estimateBytes: () => 1e12 })
  for (const item of ['a', 'b', 'c']) queue.add(item)
  expect([queue.heldBytes, queue.droppedCount]).toEqual([3e12, 0])
})

test('bytes of what is left at the deadline of shutdown are let go', async () => {
  const { queue, clock } = setUp({ exportTimeoutMillis: 0, estimateBytes: (item) => item.length })
  for (const item of ['aaa', 'bbb', 'cc', 'dd', 'e']) queue.add(item)
  expect(queue.heldBytes).toBe(11)
  const rejected = expect(queue.shutdown(50)).rejects.toThrow('flush')
  await clock.advance(50)
  await rejected
  expect([queue.heldBytes, queue.unfinishedCount]).toEqual([6, 2])
})

test('drops for different reasons are reported each with its own reason', async () => {
  const { queue, clock, losses } = setUp({ maxQueueBytes: 8, estimateBytes: (item) => item.length })
  for (const item of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) queue.add(item) // two exported, four wait, two find no room
  const shutdown = queue.shutdown(50)
  const rejected = expect(shutdown).rejects.toThrow('flush')
  queue.add('late')
  await clock.advance(50)
  await rejected
  expect(losses).toEqual([
    [4, 'shutdown_timeout', undefined],
    [2, 'queue_full', undefined],
    [1, 'after_shutdown', undefined],
  ])
})

test('says how long ago an export last succeeded', async () => {
  const { queue, clock, exports, losses } = setUp()
  for (const item of ['a', 'b', 'c', 'd']) queue.add(item)
  exports[0]?.done()
  await clock.advance(500)
  exports[1]?.done(new Error('no'))
  expect(losses).toEqual([[2, 'export_failed', 500]])
  expect([queue.exportedCount, queue.failedCount]).toEqual([2, 2])
})

test('an export that does not answer in time is lost, frees its slot, and may answer late without effect', async () => {
  const { queue, clock, exports, batches, losses } = setUp()
  for (const item of ['a', 'b', 'c', 'd']) queue.add(item)
  await clock.advance(999)
  expect(batches()).toEqual(['ab'])
  await clock.advance(1)
  expect(batches()).toEqual(['ab', 'cd'])
  exports[0]?.done()
  expect([queue.exportedCount, queue.failedCount]).toEqual([0, 2])
  expect(losses).toEqual([[2, 'export_failed', undefined]])
})

test('an exporter that throws or calls back twice costs its batch once', () => {
  let calls = 0
  const { queue, losses } = setUp({
    export: (_batch, done) => {
      calls++
      if (calls === 1) throw new Error('no')
      done(undefined)
      done(new Error('again'))
    },
  })
  for (const item of ['a', 'b', 'c', 'd']) queue.add(item)
  expect([queue.exportedCount, queue.failedCount]).toEqual([2, 2])
  expect(losses).toHaveLength(1)
})

test('an exporter that adds items while it exports is not entered again before it is through', () => {
  const order: string[] = []
  const { queue } = setUp({
    maxExportBatchSize: 1,
    export: (batch, done) => {
      order.push(`in ${batch.join('')}`)
      if (batch[0] === 'a') queue.add('b')
      order.push(`out ${batch.join('')}`)
      done(undefined)
    },
  })
  queue.add('a')
  expect(order).toEqual(['in a', 'out a', 'in b', 'out b'])
})

test('flush exports part batches at once and resolves when everything before it is through', async () => {
  const { queue, exports, batches } = setUp()
  for (const item of ['a', 'b', 'c']) queue.add(item)
  let isFlushed = false
  const flushed = queue.flush(0).then(() => {
    isFlushed = true
  })
  queue.add('d') // after the flush: not waited for, but it rides along
  exports[0]?.done()
  await Promise.resolve()
  expect(batches()).toEqual(['ab', 'cd'])
  expect(isFlushed).toBe(false)
  exports[1]?.done()
  await flushed
})

test('flush waits for the oldest export when a younger one is through first', async () => {
  const { queue, exports } = setUp({ maxConcurrentExports: 2 })
  for (const item of ['a', 'b', 'c', 'd']) queue.add(item)
  let isFlushed = false
  const flushed = queue.flush(0).then(() => {
    isFlushed = true
  })
  exports[1]?.done()
  await Promise.resolve()
  expect(isFlushed).toBe(false)
  exports[0]?.done()
  await flushed
})

test('flush rejects when its time is over, and the items stay queued', async () => {
  const { queue, clock } = setUp({ exportTimeoutMillis: 0 })
  for (const item of ['a', 'b', 'c']) queue.add(item)
  const flushed = queue.flush(50)
  const rejected = expect(flushed).rejects.toThrow('1 items wait and 1 exports run after 50 ms')
  await clock.advance(50)
  await rejected
  expect([queue.waitingCount, queue.droppedCount]).toEqual([1, 0])
})

test('flush of nothing resolves at once', async () => {
  await setUp().queue.flush(0)
})

test('shutdown exports what waits, and later items are dropped and counted', async () => {
  const { queue, clock, batches, losses } = setUp({
    export: (batch, done) => {
      recorded.push(batch.join(''))
      done(undefined)
    },
  })
  const recorded: string[] = []
  queue.add('a')
  await queue.shutdown(1000)
  expect([recorded, batches()]).toEqual([['a'], []])
  queue.add('b')
  expect(queue.droppedCount).toBe(1)
  await clock.advance(1000)
  expect(losses).toEqual([[1, 'after_shutdown', 1000]])
})

test('what is left at the deadline of shutdown is dropped and counted', async () => {
  const { queue, clock, losses } = setUp({ exportTimeoutMillis: 0 })
  for (const item of ['a', 'b', 'c', 'd', 'e']) queue.add(item)
  const shutdown = queue.shutdown(50)
  const rejected = expect(shutdown).rejects.toThrow('flush')
  await clock.advance(50)
  await rejected
  expect(losses).toEqual([[3, 'shutdown_timeout', undefined]])
  expect([queue.waitingCount, queue.droppedCount]).toEqual([0, 3])
})

test('every item is accounted for exactly once, whatever happens', async () => {
  let random = 12345
  const next = () => {
    random = (random * 1103515245 + 12345) & 0x7fffffff
    return random / 0x7fffffff
  }
  const { queue, clock, exports } = setUp({ maxConcurrentExports: 3, maxQueueSize: 7, exportTimeoutMillis: 30 })
  let added = 0
  for (let step = 0; step < 3000; step++) {
    const choice = next()
    if (choice < 0.6) {
      queue.add(String(added++))
    } else if (choice < 0.9 && exports.length > 0) {
      exports.splice(Math.floor(next() * exports.length), 1)[0]?.done(next() < 0.5 ? undefined : new Error('no'))
    } else if (step % 50 === 0) await clock.advance(20)
  }
  for (;;) {
    const running = exports.splice(0)
    for (const { done } of running) done()
    await clock.advance(200)
    if (running.length === 0 && queue.waitingCount === 0) break
  }
  expect(queue.exportedCount + queue.failedCount + queue.droppedCount).toBe(added)
  expect(Math.min(queue.exportedCount, queue.failedCount, queue.droppedCount)).toBeGreaterThan(0)
})
