// SPDX-License-Identifier: Apache-2.0
import { object, parseYaml, readConfig } from '@otel-ts/confmap'
import { type Batch, batchFromRecords, consumeError, mergeBatches } from '@otel-ts/otlp'
import { fakeClock, spanRecord, spansOfService } from '@otel-ts/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { queueField, retryField } from '../../sending/config.ts'
import { createSending } from '../../sending/sending.ts'
import { testSettings } from '../../testing/settings.ts'
import { batchConfig } from '../batch/config.ts'
import { batchProcessor } from '../batch/processor.ts'
import { memoryLimiterConfig } from './config.ts'
import { memoryLimiterProcessor } from './processor.ts'

const parse = (yaml: string) => parseYaml(yaml, 'x').node
const blocks = object({ sending_queue: queueField, retry_on_failure: retryField })

function traces(count: number): Batch {
  return batchFromRecords('traces', [
    spansOfService(
      's',
      Array.from({ length: count }, () => spanRecord()),
    ),
  ])
}

// What a destination may do with a request, and what the sender does meanwhile.
const outcome = fc.constantFrom('takes', 'later', 'refuses', 'refuses a part', 'breaks', 'hangs')
const way = fc.record({
  outcomes: fc.array(outcome, { minLength: 1, maxLength: 8 }),
  requests: fc.array(
    fc.record({
      sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
      leaves: fc.boolean(),
    }),
    {
      minLength: 1,
      maxLength: 12,
    },
  ),
  queue: fc.constantFrom(
    '{enabled: false}',
    '{queue_size: 2}',
    '{queue_size: 2, block_on_overflow: true}',
    '{wait_for_result: true}',
    '{sizer: items, queue_size: 8, batch: {min_size: 4, max_size: 6}}',
    '{queue_size: 3, sizer: items, wait_for_result: true, block_on_overflow: true}',
  ),
  batch: fc.constantFrom(
    '{}',
    '{send_batch_size: 3, send_batch_max_size: 4}',
    '{wait_for_result: true, send_batch_size: 4}',
  ),
})

test('whatever happens to requests, no byte stays accounted once all is over', async () => {
  await fc.assert(
    fc.asyncProperty(way, async ({ outcomes, requests, queue, batch }) => {
      const clock = fakeClock()
      const settings = testSettings({ kind: 'exporter', id: 'x', clock })
      let calls = 0
      const retry = '{initial_interval: 1s, max_interval: 1s, max_elapsed_time: 3s}'
      const exporter = readConfig(blocks, parse(`{sending_queue: ${queue}, retry_on_failure: ${retry}}`))
      expect(exporter.problems).toEqual([])
      const sending = createSending({
        queue: exporter.value!.sending_queue,
        retry: exporter.value!.retry_on_failure,
        timeoutMillis: 500,
        settings,
        send: async (one) => {
          const what = outcomes[calls++ % outcomes.length]
          if (what === 'later') throw consumeError('X_LATER', 'later', { retryable: true })
          if (what === 'refuses') throw consumeError('X_NO', 'no', { retryable: false })
          if (what === 'refuses a part') throw consumeError('X_PART', 'part', { retryable: false, rejected: one })
          if (what === 'breaks') throw new TypeError('a bug')
          if (what === 'hangs') await new Promise(() => {})
        },
      })
      const batching = batchProcessor.create(
        readConfig(batchConfig, parse(batch)).value!,
        settings,
        'traces',
        sending.consume,
      )
      const limiter = memoryLimiterProcessor.create(
        readConfig(memoryLimiterConfig, parse('{check_interval: 1s, limit_mib: 1}')).value!,
        settings,
        'traces',
        batching.consume,
      )
      const settled: Promise<unknown>[] = []
      for (const { sizes, leaves } of requests) {
        const sender = new AbortController()
        const request = mergeBatches(sizes.map(traces))
        settled.push(limiter.consume(request, { metadata: new Map(), signal: sender.signal }).catch(() => {}))
        expect(settings.memory.heldBytes).toBeGreaterThan(0)
        await clock.advance(50)
        if (leaves) sender.abort()
      }
      await clock.advance(10_000)
      const deadline = new AbortController()
      const stopped = (async () => {
        await batching.shutdown!(deadline.signal)
        await sending.shutdown(deadline.signal)
      })()
      await clock.advance(60_000)
      deadline.abort()
      await clock.advance(1000)
      await stopped
      await Promise.all(settled)
      expect(settings.memory.heldBytes).toBe(0)
    }),
    { numRuns: 60, seed: 1 },
  )
})
