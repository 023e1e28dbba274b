// SPDX-License-Identifier: Apache-2.0
import { formatProblem, parseYaml, readConfig } from '@otel-ts/confmap'
import {
  type Batch,
  batchFromRecords,
  type Consume,
  type ConsumeContext,
  consumeError,
  mergeBatches,
} from '@otel-ts/otlp'
import { fakeClock, spanRecord, spansOfService } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { testSettings } from '../../testing/settings.ts'
import { type BatchConfig, batchConfig } from './config.ts'
import { batchProcessor } from './processor.ts'

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

const never = new AbortController().signal
const context = (metadata: Record<string, string> = {}, signal = never): ConsumeContext => ({
  metadata: new Map(Object.entries(metadata).map(([name, value]) => [name, [value]])),
  signal,
})

const defaults = readConfig(batchConfig, parseYaml('{}', 'x').node).value!

function setUp(config: Partial<BatchConfig> = {}, next?: Consume) {
  const clock = fakeClock()
  const settings = testSettings({ kind: 'processor', id: 'batch', clock })
  const calls: { batch: Batch; context: ConsumeContext; resolve: () => void; reject: (error: Error) => void }[] = []
  const hold: Consume = (batch, own) =>
    new Promise((resolve, reject) => calls.push({ batch, context: own, resolve, reject }))
  const processor = batchProcessor.create({ ...defaults, ...config }, settings, 'traces', next ?? hold)
  const sent = (): string[][] => calls.map(({ batch }) => namesOf(batch))
  return {
    clock,
    settings,
    calls,
    sent,
    processor,
    consume: (batch: Batch, own = context()) => processor.consume(batch, own),
  }
}

test('sends as soon as send_batch_size items wait, not one item earlier', async () => {
  const { consume, sent } = setUp({ send_batch_size: 3 })
  await consume(traces('a', 'b'))
  expect(sent()).toEqual([])
  await consume(traces('c', 'd'))
  expect(sent()).toEqual([['a', 'b', 'c', 'd']])
})

test('sends what waits after timeout, counted from the first request', async () => {
  const { consume, sent, clock, settings } = setUp()
  await consume(traces('a'))
  await clock.advance(150)
  await consume(traces('b'))
  await clock.advance(49)
  expect(sent()).toEqual([])
  await clock.advance(1)
  expect(sent()).toEqual([['a', 'b']])
  expect(settings.count('processor_batch_timeout_trigger_send')).toBe(1)
})

test.each([{ timeout: 0 }, { send_batch_size: 0 }])('sends at once with %j', async (config) => {
  const { consume, sent } = setUp(config)
  await consume(traces('a'))
  expect(sent()).toEqual([['a']])
})

test('splits at send_batch_max_size; the rest starts a wait of its own', async () => {
  const { consume, sent, clock, calls } = setUp({ send_batch_size: 2, send_batch_max_size: 3 })
  await consume(traces('a'))
  await consume(traces('b', 'c', 'd', 'e', 'f', 'g', 'h'))
  for (let i = 0; i < 3; i++) {
    calls[i]?.resolve()
    await clock.advance(0)
  }
  expect(sent()).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e', 'f'],
    ['g', 'h'],
  ])
})

test('a remainder below send_batch_size waits for more or for the timeout', async () => {
  const { consume, sent, clock, calls } = setUp({ send_batch_size: 3, send_batch_max_size: 3 })
  await consume(traces('a', 'b', 'c', 'd'))
  calls[0]!.resolve()
  await clock.advance(199)
  expect(sent()).toEqual([['a', 'b', 'c']])
  await clock.advance(1)
  expect(sent()).toEqual([['a', 'b', 'c'], ['d']])
})

test('acknowledges on entry', async () => {
  const { consume, calls } = setUp({ send_batch_size: 1 })
  await consume(traces('a'))
  expect(calls.length).toBe(1)
})

test('with wait_for_result acknowledges when the next owner has it, and passes refusals back', async () => {
  const { consume, calls, clock, settings } = setUp({ send_batch_size: 2, wait_for_result: true })
  const states: string[] = []
  const track = (name: string, promise: Promise<void>): void =>
    void promise.then(
      () => states.push(`${name} ok`),
      (error: Error) => states.push(`${name} ${error.message}`),
    )
  track('a', consume(traces('a')))
  track('b', consume(traces('b')))
  await clock.advance(0)
  expect(states).toEqual([])
  calls[0]!.reject(consumeError('OTLP_UNAVAILABLE', 'later', { retryable: true }))
  await clock.advance(0)
  expect(states).toEqual(['a later', 'b later'])
  expect(settings.count('processor_lost_spans')).toBe(0)
})

test('a failure after the acknowledgement is counted and logged as loss', async () => {
  const { consume, calls, clock, settings } = setUp({ send_batch_size: 2 })
  await consume(traces('a', 'b'))
  calls[0]!.reject(consumeError('QUEUE_FULL', 'sending queue is full', { retryable: true }))
  await clock.advance(0)
  expect(settings.count('processor_lost_spans')).toBe(2)
  expect(settings.lines).toMatchObject([
    { level: 'error', message: 'Lost acknowledged data', fields: { items: 2, error: 'sending queue is full' } },
  ])
})

test('what is refused for good is tried again request by request: only the bad request is lost', async () => {
  const seen: string[][] = []
  const { consume, clock, settings } = setUp({ send_batch_size: 4 }, async (batch) => {
    seen.push(namesOf(batch))
    if (namesOf(batch).includes('bad')) throw consumeError('OTLP_REFUSED', 'no', { retryable: false })
  })
  await consume(traces('a'))
  await consume(traces('bad', 'x'))
  await consume(traces('b'))
  await clock.advance(0)
  expect(seen).toEqual([['a', 'bad', 'x', 'b'], ['a'], ['bad', 'x'], ['b']])
  expect(settings.count('processor_lost_spans')).toBe(2)
})

test('a request that was merged before it came is tried source by source too', async () => {
  const seen: string[][] = []
  const { consume, clock, settings } = setUp({ send_batch_size: 3, wait_for_result: true }, async (batch) => {
    seen.push(namesOf(batch))
    if (namesOf(batch).includes('bad')) throw consumeError('OTLP_REFUSED', 'no', { retryable: false })
  })
  const result = consume(mergeBatches([traces('a'), traces('bad'), traces('b')])).catch((error: unknown) => error)
  await clock.advance(0)
  expect(seen).toEqual([['a', 'bad', 'b'], ['a'], ['bad'], ['b']])
  const error = (await result) as { code: string; rejected: Batch }
  expect([error.code, namesOf(error.rejected)]).toEqual(['OTLP_REFUSED', ['bad']])
  expect(settings.count('processor_lost_spans')).toBe(0)
})

test('is not tried request by request when the destination refuses the sender, not the data', async () => {
  let calls = 0
  const { consume, clock, settings } = setUp({ send_batch_size: 2 }, () => {
    calls++
    return Promise.reject(consumeError('OTLP_REFUSED', 'no', { retryable: false, status: 16 }))
  })
  await consume(traces('a'))
  await consume(traces('b'))
  await clock.advance(0)
  expect([calls, settings.count('processor_lost_spans')]).toEqual([1, 2])
})

test('with wait_for_result only the senders of what was rejected are told, and only of their own data', async () => {
  const bad = traces('bad')
  const { consume, calls, clock } = setUp({ send_batch_size: 3, wait_for_result: true })
  const results = Promise.allSettled([consume(traces('a')), consume(bad), consume(traces('b'))])
  await clock.advance(0)
  calls[0]!.reject(consumeError('OTLP_REFUSED', 'no', { retryable: false, rejected: bad }))
  await clock.advance(0)
  const [a, own, b] = await results
  expect([a.status, b.status]).toEqual(['fulfilled', 'fulfilled'])
  expect(own).toMatchObject({ status: 'rejected', reason: { code: 'OTLP_REFUSED' } })
  expect((own as PromiseRejectedResult).reason.rejected).toBeUndefined()
})

describe('back-pressure', () => {
  test('while one batch is under way one more may gather; then senders wait', async () => {
    const { consume, calls, clock, sent } = setUp({ send_batch_size: 1 })
    await consume(traces('a'))
    await consume(traces('b'))
    let taken = false
    const waiting = consume(traces('c')).then(() => {
      taken = true
    })
    await clock.advance(0)
    expect([taken, sent()]).toEqual([false, [['a']]])
    calls[0]!.resolve()
    await waiting
    expect(sent()).toEqual([['a'], ['b']])
  })

  test('a sender that goes away while waiting keeps its data', async () => {
    const { consume } = setUp({ send_batch_size: 1 })
    const abort = new AbortController()
    await consume(traces('a'))
    await consume(traces('b'))
    const waiting = consume(traces('c'), context({}, abort.signal))
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'BATCH_ABORTED', retryable: true })
  })
})

describe('metadata', () => {
  test('requests that differ in metadata_keys are batched apart, and only those keys go on', async () => {
    const { consume, calls, clock } = setUp({ send_batch_size: 2, metadata_keys: ['Tenant'] })
    await consume(traces('a'), context({ tenant: '1', other: 'x' }))
    await consume(traces('b'), context({ tenant: '2' }))
    await consume(traces('c'), context({ tenant: '1' }))
    await consume(traces('d'))
    await clock.advance(200)
    expect(calls.map(({ batch, context: own }) => [namesOf(batch), [...own.metadata]])).toEqual([
      [['a', 'c'], [['tenant', ['1']]]],
      [['b'], [['tenant', ['2']]]],
      [['d'], []],
    ])
  })

  test('takes metadata_cardinality_limit combinations and refuses the next for good', async () => {
    const { consume, calls, clock } = setUp({ metadata_keys: ['t'], metadata_cardinality_limit: 2 })
    await consume(traces('a'), context({ t: '1' }))
    await consume(traces('b'), context({ t: '2' }))
    await expect(consume(traces('c'), context({ t: '3' }))).rejects.toMatchObject({
      code: 'BATCH_CARDINALITY',
      retryable: false,
    })
    await clock.advance(200)
    for (const call of calls) call.resolve()
    await clock.advance(0)
    await consume(traces('c'), context({ t: '3' }))
  })
})

test('shutdown sends what waits, in order, and refuses what comes after', async () => {
  const { consume, processor, calls, clock, sent } = setUp({ send_batch_size: 2 })
  await consume(traces('a', 'b'))
  await consume(traces('c'))
  let done = false
  const stopped = processor.shutdown!(never).then(() => {
    done = true
  })
  await clock.advance(0)
  calls[0]!.resolve()
  await clock.advance(0)
  expect([done, sent()]).toEqual([false, [['a', 'b'], ['c']]])
  calls[1]!.resolve()
  await stopped
  await expect(consume(traces('d'))).rejects.toMatchObject({ code: 'COLLECTOR_SHUTDOWN', retryable: true })
})

test('holds the bytes it has in the memory account until they are handed on', async () => {
  const { consume, settings, clock, calls } = setUp()
  settings.memory.watch()
  const batch = traces('a')
  await consume(batch)
  expect(settings.memory.heldBytes).toBe(batch.byteCount)
  await clock.advance(200)
  calls[0]!.resolve()
  await clock.advance(0)
  expect(settings.memory.heldBytes).toBe(0)
})

test.each([
  [
    '{send_batch_size: 10, send_batch_max_size: 9}',
    'x:1:44: p::send_batch_max_size: must be greater or equal to send_batch_size 10, got 9',
  ],
  ['{timeout: -1s}', 'x:1:11: p::timeout: expected a duration of at least 0s, such as 200ms or 1m30s, got -1s'],
  ['{send_batch_size: -1}', 'x:1:19: p::send_batch_size: expected an integer >= 0, got -1'],
  [
    '{metadata_keys: [a, A]}',
    'x:1:17: p::metadata_keys: duplicate entry in metadata_keys: "A" (upper and lower case are the same)',
  ],
  [
    '{send_batch_sizes: 1}',
    'x:1:2: p: unknown key "send_batch_sizes"; did you mean "send_batch_size"? known: send_batch_size, timeout, send_batch_max_size, metadata_keys, metadata_cardinality_limit, wait_for_result',
  ],
])('refuses %s', (yaml, message) => {
  expect(readConfig(batchConfig, parseYaml(yaml, 'x').node, ['p']).problems.map(formatProblem)).toEqual([message])
})
