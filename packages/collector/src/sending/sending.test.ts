// SPDX-License-Identifier: Apache-2.0
import {
  type Batch,
  batchFromRecords,
  type ConsumeContext,
  consumeError,
  mergeBatches,
  splitBatch,
} from '@otel-ts/otlp'
import { fakeClock, logRecord, logsOfService, spanRecord, spansOfService } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { testSettings } from '../testing/settings.ts'
import type { QueueConfig, RetryConfig } from './config.ts'
import { createSending, type Send } from './sending.ts'

const traces = (...names: string[]): Batch =>
  batchFromRecords('traces', [
    spansOfService(
      'shop',
      names.map((name) => spanRecord({ name })),
    ),
  ])

const namesOf = (batch: Batch): string[] =>
  (batch as Batch<'traces'>)
    .records()
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map((s) => s.name)))

const queue: QueueConfig = {
  enabled: true,
  num_consumers: 10,
  queue_size: 1000,
  sizer: undefined,
  queue_bytes: 1024 * 1024,
  block_on_overflow: false,
  wait_for_result: false,
  batch: undefined,
}
const retry: RetryConfig = {
  enabled: true,
  initial_interval: 5000,
  randomization_factor: 0.5,
  multiplier: 1.5,
  max_interval: 30_000,
  max_elapsed_time: 300_000,
}

/** A destination that holds every request until the test answers it. */
function heldDestination() {
  const calls: { batch: Batch; context: ConsumeContext; resolve: () => void; reject: (error: Error) => void }[] = []
  const send: Send = (batch, context) =>
    new Promise((resolve, reject) => {
      calls.push({ batch, context, resolve, reject })
    })
  return { calls, send }
}

function setUp(options: {
  send: Send
  queue?: Partial<QueueConfig>
  retry?: Partial<RetryConfig>
  timeoutMillis?: number
}) {
  const clock = fakeClock()
  const settings = testSettings({ kind: 'exporter', id: 'test', clock })
  const sending = createSending({
    queue: { ...queue, ...options.queue },
    retry: { ...retry, ...options.retry },
    timeoutMillis: options.timeoutMillis ?? 5000,
    settings,
    send: options.send,
  })
  const abort = new AbortController()
  const context: ConsumeContext = { metadata: new Map(), signal: abort.signal }
  return { clock, settings, sending, context, abort, consume: (batch: Batch) => sending.consume(batch, context) }
}

const never = new AbortController().signal
const unavailable = (retryAfterMillis?: number) =>
  consumeError('OTLP_UNAVAILABLE', 'the endpoint answered 503', {
    retryable: true,
    ...(retryAfterMillis === undefined ? {} : { retryAfterMillis }),
  })
const refusedForGood = () => consumeError('OTLP_REFUSED', 'the endpoint answered 400', { retryable: false })

describe('queue', () => {
  test('acknowledges on entry, before anything is sent', async () => {
    const { calls, send } = heldDestination()
    const { consume, settings } = setUp({ send })
    await consume(traces('a'))
    expect([calls.length, settings.count('exporter_sent_spans'), settings.count('exporter_queue_size')]).toEqual([
      1, 0, 1,
    ])
  })

  test('takes requests up to queue_size and refuses the next as retryable, counted', async () => {
    const { send } = heldDestination()
    const { consume, settings } = setUp({ send, queue: { queue_size: 2, num_consumers: 1 } })
    await consume(traces('a'))
    await consume(traces('b'))
    await expect(consume(traces('c', 'd'))).rejects.toMatchObject({ code: 'QUEUE_FULL', retryable: true })
    expect(settings.count('exporter_enqueue_failed_spans')).toBe(2)
    expect(settings.lines.map(({ level, message }) => [level, message])).toEqual([['warn', 'Refused data']])
  })

  test.each([
    ['items', 3, 4],
    ['bytes', traces('a').byteCount * 3, traces('a').byteCount * 3 + 1],
  ] as const)('counts in %s when the sizer says so', async (sizer, size, _) => {
    const { send } = heldDestination()
    const { consume } = setUp({ send, queue: { queue_size: size, sizer } })
    for (const name of ['a', 'b', 'c']) await consume(traces(name))
    await expect(consume(traces('d'))).rejects.toMatchObject({ code: 'QUEUE_FULL' })
  })

  test('is bounded in bytes whatever the sizer is', async () => {
    const { send } = heldDestination()
    const one = traces('a').byteCount
    const { consume } = setUp({ send, queue: { queue_bytes: one * 2 } })
    await consume(traces('a'))
    await consume(traces('b'))
    await expect(consume(traces('c'))).rejects.toMatchObject({ code: 'QUEUE_FULL', retryable: true })
  })

  test('refuses for good what is larger than the whole queue', async () => {
    const { send } = heldDestination()
    const { consume } = setUp({ send, queue: { queue_size: 2, sizer: 'items' } })
    await expect(consume(traces('a', 'b', 'c'))).rejects.toMatchObject({ code: 'QUEUE_TOO_LARGE', retryable: false })
    await consume(traces('a', 'b'))
  })

  test('sends at most num_consumers requests at once, in order', async () => {
    const { calls, send } = heldDestination()
    const { consume, clock } = setUp({ send, queue: { num_consumers: 2 } })
    for (const name of ['a', 'b', 'c']) await consume(traces(name))
    expect(calls.map(({ batch }) => namesOf(batch))).toEqual([['a'], ['b']])
    calls[1]!.resolve()
    await clock.advance(0)
    expect(calls.map(({ batch }) => namesOf(batch))).toEqual([['a'], ['b'], ['c']])
  })

  test('with block_on_overflow a sender waits for room', async () => {
    const { calls, send } = heldDestination()
    const { consume, clock } = setUp({ send, queue: { queue_size: 1, block_on_overflow: true } })
    await consume(traces('a'))
    let taken = false
    const waiting = consume(traces('b')).then(() => {
      taken = true
    })
    await clock.advance(0)
    expect(taken).toBe(false)
    calls[0]!.resolve()
    await waiting
    expect(namesOf(calls[1]!.batch)).toEqual(['b'])
  })

  test('a sender that goes away while it waits keeps its data', async () => {
    const { send } = heldDestination()
    const { consume, abort } = setUp({ send, queue: { queue_size: 1, block_on_overflow: true } })
    await consume(traces('a'))
    const waiting = consume(traces('b'))
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'BATCH_ABORTED', retryable: true })
  })

  test('with wait_for_result the sender learns of a refusal', async () => {
    const { consume, settings } = setUp({
      send: () => Promise.reject(refusedForGood()),
      queue: { wait_for_result: true },
    })
    await expect(consume(traces('a'))).rejects.toMatchObject({ code: 'OTLP_REFUSED', retryable: false })
    expect(settings.lines.map(({ level }) => level)).toEqual(['warn'])
  })

  test('keeps nothing of the request but its metadata and its sender', async () => {
    const { calls, send } = heldDestination()
    const { sending, clock } = setUp({ send })
    const auth = { get: () => 'me', names: () => ['subject'] }
    await sending.consume(traces('a'), {
      metadata: new Map([['x-tenant', ['a']]]),
      auth,
      // The receiver makes it when it is asked for, and it holds the whole HTTP exchange.
      get signal(): AbortSignal {
        throw new Error('the signal of the request was taken')
      },
    })
    await clock.advance(0)
    expect([calls[0]!.context.metadata.get('x-tenant'), calls[0]!.context.auth]).toEqual([['a'], auth])
  })

  test('each signal has a queue of its own', async () => {
    const { send } = heldDestination()
    const { consume } = setUp({ send, queue: { queue_size: 1 } })
    await consume(traces('a'))
    await consume(batchFromRecords('logs', [logsOfService('shop', [logRecord()])]))
  })

  test('an empty batch is taken and not sent', async () => {
    const { calls, send } = heldDestination()
    const { consume } = setUp({ send })
    await consume(batchFromRecords('traces', []))
    expect(calls).toEqual([])
  })
})

describe('batching in the queue', () => {
  const batch = {
    flush_timeout: 200,
    min_size: 3,
    max_size: 0,
    sizer: undefined,
    partition: { metadata_keys: [] as string[] },
  }

  test('merges until min_size', async () => {
    const { calls, send } = heldDestination()
    const { consume } = setUp({ send, queue: { batch } })
    await consume(traces('a', 'b'))
    expect(calls).toEqual([])
    await consume(traces('c'))
    expect(calls.map(({ batch: sent }) => namesOf(sent))).toEqual([['a', 'b', 'c']])
  })

  test('sends what is there after flush_timeout', async () => {
    const { calls, send } = heldDestination()
    const { consume, clock } = setUp({ send, queue: { batch } })
    await consume(traces('a'))
    await clock.advance(199)
    expect(calls).toEqual([])
    await clock.advance(1)
    expect(calls.map(({ batch: sent }) => namesOf(sent))).toEqual([['a']])
  })

  test('keeps requests with different metadata apart', async () => {
    const { calls, send } = heldDestination()
    const { sending, clock } = setUp({ send, queue: { batch: { ...batch, partition: { metadata_keys: ['Tenant'] } } } })
    for (const [tenant, name] of [
      ['1', 'a'],
      ['2', 'b'],
      ['1', 'c'],
    ] as const) {
      await sending.consume(traces(name), {
        metadata: new Map([
          ['tenant', [tenant]],
          ['other', ['x']],
        ]),
        signal: never,
      })
    }
    await clock.advance(200)
    expect(calls.map(({ batch: sent, context }) => [namesOf(sent), [...context.metadata]])).toEqual([
      [['a', 'c'], [['tenant', ['1']]]],
      [['b'], [['tenant', ['2']]]],
    ])
  })
})

describe('retry', () => {
  test('waits 5 s, 7.5 s, 11.25 s … up to 30 s, until the budget is spent', async () => {
    const times: number[] = []
    const { clock, settings, consume } = setUp({
      send: () => {
        times.push(clock.nowMillis())
        return Promise.reject(unavailable())
      },
    })
    await consume(traces('a'))
    await clock.advance(400_000)
    expect(times.slice(0, 7)).toEqual([0, 5000, 12_500, 23_750, 40_625, 65_937.5, 95_937.5])
    expect(times.at(-1)).toBe(275_937.5)
    expect(settings.count('exporter_send_failed_spans')).toBe(1)
    expect(settings.lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'Exporting failed; the data is lost',
      fields: { items: 1, error: 'no more retries left after 13 tries in 275.9 s: the endpoint answered 503' },
    })
  })

  test.each([
    [0, 2500],
    [1, 7500],
  ])('jitter: random %d makes the first wait %d ms', async (value, wait) => {
    const clock = fakeClock()
    let tries = 0
    const sending = createSending({
      queue,
      retry,
      timeoutMillis: 0,
      settings: testSettings({ kind: 'exporter', id: 'x', clock, random: () => value }),
      send: () => {
        tries++
        return Promise.reject(unavailable())
      },
    })
    await sending.consume(traces('a'), { metadata: new Map(), signal: never })
    await clock.advance(wait - 1)
    expect(tries).toBe(1)
    await clock.advance(1)
    expect(tries).toBe(2)
  })

  test('a longer Retry-After wins over the back-off, a shorter does not', async () => {
    const times: number[] = []
    const waits = [60_000, 1000]
    const { clock, consume } = setUp({
      send: async () => {
        times.push(clock.nowMillis())
        const wait = waits.shift()
        if (wait !== undefined) throw unavailable(wait)
      },
    })
    await consume(traces('a'))
    await clock.advance(100_000)
    expect(times).toEqual([0, 60_000, 67_500])
  })

  test('sends again only what was not taken', async () => {
    const sent: string[][] = []
    const whole = traces('a', 'b', 'c')
    const [, rest] = splitBatch(whole, 2)
    const { clock, settings, consume } = setUp({
      send: async (batch) => {
        sent.push(namesOf(batch))
        if (sent.length === 1) throw consumeError('OTLP_UNAVAILABLE', 'partly', { retryable: true, rejected: rest! })
      },
    })
    await consume(whole)
    await clock.advance(5000)
    expect(sent).toEqual([['a', 'b', 'c'], ['c']])
    expect(settings.count('exporter_sent_spans')).toBe(3)
  })

  test('without the queue the caller waits and gets the error back', async () => {
    const { clock, settings, consume } = setUp({
      send: () => Promise.reject(unavailable()),
      queue: { enabled: false },
      retry: { max_elapsed_time: 6000, initial_interval: 5000 },
    })
    const result = consume(traces('a'))
    result.catch(() => {})
    await clock.advance(5000)
    await expect(result).rejects.toMatchObject({ code: 'SEND_RETRIES', retryable: true })
    expect(settings.lines.map(({ level }) => level)).toEqual(['warn', 'warn'])
  })

  test('switched off, one failure ends it', async () => {
    let tries = 0
    const { consume, clock, settings } = setUp({
      send: () => {
        tries++
        return Promise.reject(unavailable())
      },
      retry: { enabled: false },
    })
    await consume(traces('a'))
    await clock.advance(1_000_000)
    expect([tries, settings.count('exporter_send_failed_spans')]).toEqual([1, 1])
  })
})

describe('a merged request that is refused for good', () => {
  test('is sent again source by source, so that only the bad one is lost', async () => {
    const sent: string[][] = []
    const { consume, clock, settings } = setUp({
      send: async (batch) => {
        const names = namesOf(batch)
        sent.push(names)
        if (names.includes('bad')) throw refusedForGood()
      },
    })
    await consume(mergeBatches([traces('a'), traces('bad', 'x'), traces('b')]))
    await clock.advance(0)
    expect(sent).toEqual([['a', 'bad', 'x', 'b'], ['a'], ['bad', 'x'], ['b']])
    expect([settings.count('exporter_sent_spans'), settings.count('exporter_send_failed_spans')]).toEqual([2, 2])
    expect(settings.lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'A merged request was refused; sending its parts one by one'],
      ['error', 'Exporting failed; the data is lost'],
    ])
  })

  test('a single source is not repeated', async () => {
    let tries = 0
    const { consume, clock } = setUp({
      send: () => {
        tries++
        return Promise.reject(refusedForGood())
      },
    })
    await consume(traces('a'))
    await clock.advance(1_000_000)
    expect(tries).toBe(1)
  })

  test('is not sent in parts when the destination refuses the sender, not the data', async () => {
    let tries = 0
    const { consume, clock, settings } = setUp({
      send: () => {
        tries++
        return Promise.reject(consumeError('OTLP_REFUSED', 'answered 401', { retryable: false, status: 16 }))
      },
    })
    await consume(mergeBatches([traces('a'), traces('b')]))
    await clock.advance(0)
    expect([tries, settings.count('exporter_send_failed_spans')]).toEqual([1, 2])
  })

  test('with wait_for_result only the sender of the bad one is told', async () => {
    const { consume, clock } = setUp({
      send: async (batch) => {
        if (namesOf(batch).includes('bad')) throw refusedForGood()
      },
      queue: {
        wait_for_result: true,
        batch: { flush_timeout: 200, min_size: 2, max_size: 0, sizer: 'items', partition: { metadata_keys: [] } },
      },
    })
    const results = Promise.allSettled([consume(traces('good')), consume(traces('bad'))])
    await clock.advance(0)
    const [good, bad] = await results
    expect(good.status).toBe('fulfilled')
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'OTLP_REFUSED', retryable: false } })
  })

  test('one part of which can be sent again later makes the whole retryable, with its wait', async () => {
    const { consume, clock } = setUp({
      send: async (batch) => {
        const names = namesOf(batch)
        if (names.length > 1 || names[0] === 'bad') throw refusedForGood()
        if (names[0] === 'later') throw unavailable(7000)
      },
      queue: { enabled: false },
      retry: { max_elapsed_time: 1, initial_interval: 1 },
    })
    const result = Promise.allSettled([consume(mergeBatches([traces('bad'), traces('later'), traces('good')]))])
    await clock.advance(0)
    const [{ reason }] = (await result) as [PromiseRejectedResult]
    expect(reason).toMatchObject({ retryable: true })
    expect(namesOf(reason.rejected)).toEqual(['bad', 'later'])
  })

  test('an error that is no ConsumeError counts as refused for good', async () => {
    const { consume, clock, settings } = setUp({ send: () => Promise.reject(new TypeError('a bug')) })
    await consume(traces('a'))
    await clock.advance(0)
    expect(settings.lines.at(-1)?.fields['error']).toBe('a bug')
  })
})

test.each([0, 5000])('with a timeout of %d ms, sending runs untraced', async (timeoutMillis) => {
  let depth = 0
  const untraced = <T>(work: () => T): T => {
    depth++
    try {
      return work()
    } finally {
      depth--
    }
  }
  const depths: number[] = []
  const sending = createSending({
    queue,
    retry,
    timeoutMillis,
    settings: testSettings({ kind: 'exporter', id: 'test', clock: fakeClock(), untraced }),
    send: async () => void depths.push(depth),
  })
  await sending.consume(traces('a'), { metadata: new Map(), signal: never })
  await sending.shutdown(never)
  expect(depths).toEqual([1])
})

describe('timeout', () => {
  test('ends a try that takes too long, tells it to stop, and tries again', async () => {
    const { calls, send } = heldDestination()
    const { consume, clock, settings } = setUp({ send, timeoutMillis: 100 })
    await consume(traces('a'))
    await clock.advance(99)
    expect(calls[0]!.context.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(calls[0]!.context.signal.aborted).toBe(true)
    expect(settings.lines[0]?.fields['error']).toBe('sending 1 items took longer than timeout 100 ms')
    await clock.advance(5000)
    expect(calls.length).toBe(2)
  })

  test('0 means none', async () => {
    const { calls, send } = heldDestination()
    const { consume, clock } = setUp({ send, timeoutMillis: 0 })
    await consume(traces('a'))
    await clock.advance(10_000_000)
    expect([calls.length, calls[0]!.context.signal.aborted]).toEqual([1, false])
  })
})

describe('shutdown', () => {
  test('sends everything that was acknowledged, at num_consumers a time', async () => {
    const sent: string[] = []
    const { consume, sending } = setUp({
      send: async (batch) => {
        await Promise.resolve()
        sent.push(...namesOf(batch))
      },
      queue: { num_consumers: 2 },
    })
    const names = Array.from({ length: 50 }, (_, index) => `s${index}`)
    for (const name of names) await consume(traces(name))
    await sending.shutdown(never)
    expect(sent.toSorted()).toEqual(names.toSorted())
  })

  test('cuts a back-off wait short and tries at once', async () => {
    let tries = 0
    const { consume, sending, clock } = setUp({
      send: async () => {
        if (++tries === 1) throw unavailable()
      },
    })
    await consume(traces('a'))
    await clock.advance(0)
    await sending.shutdown(never)
    expect([tries, clock.nowMillis()]).toEqual([2, 0])
  })

  test('refuses what comes after it', async () => {
    const { consume, sending } = setUp({ send: async () => {} })
    await sending.shutdown(never)
    await expect(consume(traces('a'))).rejects.toMatchObject({ code: 'COLLECTOR_SHUTDOWN', retryable: true })
  })

  test('at its deadline counts what is left as lost', async () => {
    const { consume, sending, clock, settings } = setUp({ send: () => Promise.reject(unavailable()) })
    const deadline = new AbortController()
    await consume(traces('a', 'b'))
    await clock.advance(0)
    const stopped = sending.shutdown(deadline.signal)
    await clock.advance(1000)
    deadline.abort()
    await stopped
    expect(settings.count('exporter_send_failed_spans')).toBe(2)
    expect(settings.lines.at(-1)).toMatchObject({ level: 'error', message: 'Exporting failed; the data is lost' })
  })

  test('announces no further try once the deadline has passed', async () => {
    const { consume, sending, settings } = setUp({
      send: (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(unavailable()))),
    })
    await consume(traces('a'))
    await sending.shutdown(AbortSignal.abort())
    expect([settings.count('exporter_send_retries'), settings.count('exporter_send_failed_spans')]).toEqual([0, 1])
  })

  test('with senders waiting for room turns them away, still in possession of their data', async () => {
    const { calls, send } = heldDestination()
    const { consume, sending, clock } = setUp({ send, queue: { queue_size: 1, block_on_overflow: true } })
    await consume(traces('a'))
    const waiting = consume(traces('b'))
    waiting.catch(() => {})
    await clock.advance(0)
    const stopped = sending.shutdown(never)
    calls[0]!.resolve()
    await stopped
    await expect(waiting).rejects.toMatchObject({ retryable: true })
  })
})
