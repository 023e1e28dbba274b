// SPDX-License-Identifier: Apache-2.0
import { batchFromBytes, type OtlpClient, type OtlpOutcome, otlpError, parseJson, type Signal } from '@otel-ts/otlp'
import { fakeClock } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { generateLoad, type LoadOptions } from './load.ts'
import { reportJson, reportLines, shortfall } from './report.ts'

const accepted: OtlpOutcome = { result: 'accepted', partialSuccess: undefined }
const refused: OtlpOutcome = {
  result: 'failed',
  error: otlpError('OTLP_OPTION', 'no room'),
  retryable: true,
  retryAfterMillis: undefined,
  httpStatus: 503,
  grpcStatus: 14,
}

/** A client whose n-th answer is `answer(n)`, and the bodies that it was given. */
function fakeClient(answer: (number: number) => OtlpOutcome | Promise<OtlpOutcome> = () => accepted) {
  const bodies: Uint8Array[] = []
  const client: OtlpClient = {
    async send({ chunks }) {
      bodies.push(chunks[0]!)
      return answer(bodies.length)
    },
    shutdown: async () => {},
  }
  return { client, bodies }
}

function options(client: OtlpClient, more: Partial<LoadOptions> = {}): LoadOptions {
  return {
    signal: 'traces',
    encoding: 'protobuf',
    clients: [client],
    clock: fakeClock(),
    ratePerSecond: 0,
    batchSize: 10,
    durationMillis: Number.POSITIVE_INFINITY,
    itemCount: Number.POSITIVE_INFINITY,
    maxInFlight: 4,
    runId: 0xabc,
    unique: false,
    abort: new AbortController().signal,
    ...more,
  }
}

const spanIds = (bodies: readonly Uint8Array[]): string[] =>
  bodies
    .flatMap((body) => batchFromBytes('traces', body).records())
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)))

describe('what is sent', () => {
  test('exactly --count items, the last request with the rest, whose ids are the run and 1 to count', async () => {
    const { client, bodies } = fakeClient()
    const result = await generateLoad(options(client, { itemCount: 25 }))
    expect([result.sentItemCount, result.acceptedItemCount, result.requestCount]).toEqual([25, 25, 3])
    const expected = Array.from({ length: 25 }, (_, index) => `00000abc${(index + 1).toString(16).padStart(8, '0')}`)
    expect(spanIds(bodies).toSorted()).toEqual(expected)
  })

  test('the same run gives the same ids, another run others', async () => {
    const sent = async (runId: number) => {
      const { client, bodies } = fakeClient()
      await generateLoad(options(client, { itemCount: 10, runId }))
      return spanIds(bodies)
    }
    expect(await sent(7)).toEqual(await sent(7))
    expect(new Set([...(await sent(7)), ...(await sent(8))]).size).toBe(20)
  })

  test.each<Signal>(['traces', 'metrics', 'logs'])('with unique each of %s has its running number', async (signal) => {
    const { client, bodies } = fakeClient()
    await generateLoad(options(client, { signal, itemCount: 300, batchSize: 300, unique: true }))
    const numbers: number[] = []
    const index = batchFromBytes(signal, bodies[0]!).records()
    JSON.stringify(index, (_, value) => {
      if (typeof value === 'bigint') return ''
      if (value?.key === 'generate.item') numbers.push(value.value)
      return value
    })
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, number) => number + 1))
  })

  test('JSON has the same ids', async () => {
    const { client, bodies } = fakeClient()
    await generateLoad(options(client, { encoding: 'json', itemCount: 3 }))
    const [resource] = parseJson('traces', new TextDecoder().decode(bodies[0]))
    expect(resource!.scopeSpans[0]!.spans[0]!.spanId).toBe('00000abc00000001')
  })

  test('several clients are used in turn', async () => {
    const fakes = [fakeClient(), fakeClient(), fakeClient()]
    await generateLoad(options(fakes[0]!.client, { clients: fakes.map(({ client }) => client), itemCount: 60 }))
    expect(fakes.map(({ bodies }) => bodies.length)).toEqual([2, 2, 2])
  })
})

describe('when it is sent', () => {
  test('at the rate, until the time is over', async () => {
    const clock = fakeClock()
    const { client, bodies } = fakeClient()
    const running = generateLoad(options(client, { clock, ratePerSecond: 100, durationMillis: 1000 }))
    await clock.advance(450)
    expect(bodies).toHaveLength(5)
    await clock.advance(550)
    const result = await running
    expect([bodies.length, result.missedRequestCount, result.lateRequestCount]).toEqual([10, 0, 0])
    expect(result.elapsedMillis).toBe(1000)
  })

  test('a slow endpoint makes requests late, not fewer, and the wait counts as latency', async () => {
    const clock = fakeClock()
    let release = (): void => {}
    const held = new Promise<OtlpOutcome>((resolve) => (release = () => resolve(accepted)))
    const { client, bodies } = fakeClient((number) => (number === 1 ? held : accepted))
    const running = generateLoad(options(client, { clock, ratePerSecond: 100, durationMillis: 2000, maxInFlight: 1 }))
    await clock.advance(500)
    expect(bodies).toHaveLength(1)
    release()
    await clock.advance(1500)
    const result = await running
    expect([bodies.length, result.missedRequestCount]).toEqual([20, 0])
    expect(result.lateRequestCount).toBeGreaterThan(4)
    expect(result.latency.maxMillis).toBeGreaterThanOrEqual(500)
  })

  test('requests that were due when the time was over are counted as missed, and it says so', async () => {
    const clock = fakeClock()
    let release = (): void => {}
    const held = new Promise<OtlpOutcome>((resolve) => (release = () => resolve(accepted)))
    const { client } = fakeClient(() => held)
    const running = generateLoad(options(client, { clock, ratePerSecond: 100, durationMillis: 1000, maxInFlight: 3 }))
    await clock.advance(1000)
    release()
    const result = await running
    expect([result.requestCount, result.missedRequestCount]).toEqual([3, 7])
    const subject = { signal: 'traces', protocol: 'grpc', endpoint: 'h:1', runId: 1, ratePerSecond: 100 } as const
    expect(shortfall(result, subject)).toMatch(/^Could not keep up: 7 of 10 requests .* \(30\.0 % were\)/)
    expect(JSON.parse(reportJson(result, subject))).toMatchObject({ missedRequestCount: 7, acceptedItemCount: 30 })
  })

  test('waiting for answers leaves no timer behind', async () => {
    const clock = fakeClock()
    const { client } = fakeClient()
    await generateLoad(options(client, { clock, itemCount: 500, maxInFlight: 1 }))
    expect(clock.pendingCount).toBe(0)
  })

  test('it ends when it is asked to, after the last answers', async () => {
    const clock = fakeClock()
    const abort = new AbortController()
    const { client } = fakeClient()
    const running = generateLoad(options(client, { clock, ratePerSecond: 10, abort: abort.signal }))
    await clock.advance(2500)
    abort.abort()
    expect((await running).sentItemCount).toBe(30)
  })
})

test('what was refused, in part or whole, is counted apart, and the report says it in columns', async () => {
  const { client } = fakeClient((number) => {
    if (number === 2) return refused
    if (number === 3) return { result: 'accepted', partialSuccess: { rejectedCount: 4n, message: 'too old' } }
    return accepted
  })
  const result = await generateLoad(options(client, { itemCount: 40, maxInFlight: 1 }))
  expect([result.sentItemCount, result.acceptedItemCount, result.rejectedItemCount, result.failedItemCount]).toEqual([
    40, 26, 4, 10,
  ])
  expect(result.lastError).toBe('too old')
  const lines = reportLines(result, {
    signal: 'traces',
    protocol: 'grpc',
    endpoint: 'localhost:4317',
    runId: 0xabc,
    ratePerSecond: 0,
  })
  expect(lines).toEqual([
    'traces over grpc to localhost:4317, ids of run 00000abc',
    expect.stringMatching(/^sent {6}40 {2}spans, 4 requests, 0\.0 MB, 0\.0 s$/),
    'accepted  26  0/s',
    'rejected   4  taken out of accepted requests by the endpoint',
    'failed    10  in requests that were refused or lost',
    'late       0  requests more than 10 ms behind schedule, at most 0.0 ms',
    'missed     0  requests due but not sent',
    'latency   p50 0.0 ms, p90 0.0 ms, p99 0.0 ms, max 0.0 ms, from when a request was due',
  ])
})
