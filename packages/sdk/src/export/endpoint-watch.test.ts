// SPDX-License-Identifier: Apache-2.0
import { type OtlpErrorCode, type OtlpOutcome, type OtlpRequest, otlpError } from '@otel-ts/otlp'
import { fakeClock } from '@otel-ts/testkit'
import { afterEach, expect, test, vi } from 'vitest'
import { SdkEvents, sdkEvents } from '../events.ts'
import { watchedClient } from './endpoint-watch.ts'

afterEach(() => vi.restoreAllMocks())

const request: OtlpRequest = { signal: 'traces', chunks: [], itemCount: 5 }
const accepted: OtlpOutcome = { result: 'accepted', partialSuccess: undefined }

function failure(code: OtlpErrorCode = 'OTLP_CONNECTION', httpStatus?: number): OtlpOutcome {
  const error = otlpError(code, 'http://x: connect ECONNREFUSED; nothing listens there; 5 spans not delivered')
  return {
    result: 'failed',
    error,
    retryable: true,
    retryAfterMillis: undefined,
    httpStatus,
    grpcStatus: 14,
  }
}

function setUp() {
  const clock = fakeClock()
  const lines: string[] = []
  const log = (level: string) => (message: string) => lines.push(`${level}: ${message}`)
  const events = new SdkEvents({ error: log('error'), warn: log('warn') }, () => clock.nowMillis())
  vi.spyOn(sdkEvents, 'endpointNotReached').mockImplementation((event) => events.endpointNotReached(event))
  vi.spyOn(sdkEvents, 'endpointReached').mockImplementation((event) => events.endpointReached(event))
  let outcome = accepted
  const shutdown = vi.fn(() => Promise.resolve())
  const inner = { send: () => Promise.resolve(outcome), shutdown }
  const client = watchedClient(inner, { signal: 'traces', destination: 'http://x', protocol: 'grpc' }, clock)
  return {
    clock,
    lines,
    events,
    client,
    shutdown,
    async send(next: OtlpOutcome): Promise<OtlpOutcome> {
      outcome = next
      return client.send(request)
    },
  }
}

const notReached =
  'error: No traces arrive at http://x over grpc: no export has succeeded since the start. Last error: http://x: connect ECONNREFUSED; nothing listens there; 5 spans not delivered. This is said once, and again when an export succeeds.'

test('the first failure after the start is said at once, and only once', async () => {
  const { lines, send, clock } = setUp()
  for (let i = 0; i < 100; i++) {
    await send(failure())
    await clock.advance(10_000)
  }
  expect(lines).toEqual([notReached])
})

test('the first success after that is said with what was lost', async () => {
  const { lines, send, clock } = setUp()
  await send(failure())
  await clock.advance(41_000)
  await send(failure())
  await clock.advance(1000)
  await send(accepted)
  await send(accepted)
  expect(lines).toEqual([
    notReached,
    'warn: Traces arrive at http://x over grpc again: after 42 s in which 2 exports with 10 spans failed.',
  ])
})

test.each([
  [29_999, 0],
  [30_000, 1],
])('a failure %i ms after the last success is said %i times', async (millis, count) => {
  const { lines, send, clock } = setUp()
  await send(accepted)
  await clock.advance(millis)
  await send(failure())
  expect(lines).toHaveLength(count)
  if (count === 1) expect(lines[0]).toContain('no export has succeeded for 30 s.')
})

test('failures that were never said are not said to be over', async () => {
  const { lines, send } = setUp()
  await send(accepted)
  await send(failure())
  await send(accepted)
  expect(lines).toEqual([])
})

test('each outage is said anew', async () => {
  const { lines, send, clock } = setUp()
  await send(failure())
  await clock.advance(60_000)
  await send(accepted)
  await clock.advance(60_000)
  await send(failure())
  await send(accepted)
  expect(lines.map((line) => line.slice(0, 12))).toEqual([
    'error: No tr',
    'warn: Traces',
    'error: No tr',
    'warn: Traces',
  ])
  expect(lines[3]).toContain('1 exports with 5 spans failed')
})

test.each<OtlpErrorCode>(['OTLP_SHUTDOWN', 'OTLP_ABORTED', 'OTLP_VALUE', 'OTLP_TOO_LARGE'])(
  '%s before anything is sent says nothing of the endpoint',
  async (code) => {
    const { lines, send } = setUp()
    await send(failure(code))
    expect(lines).toEqual([])
  },
)

test('an endpoint that finds requests too large is not reached', async () => {
  const { lines, send } = setUp()
  await send(failure('OTLP_TOO_LARGE', 413))
  expect(lines).toHaveLength(1)
})

test('the loss of the same export does not repeat the reason', async () => {
  const { lines, events, send } = setUp()
  const outcome = failure()
  await send(outcome)
  const loss = { count: 5, maxQueueSize: 2048, destination: 'http://x', sinceSuccessMillis: undefined }
  if (outcome.result === 'failed') events.exportFailed(loss, outcome.error)
  expect(lines[1]).toBe(
    'error: Lost 5 spans: export to http://x failed (as said before); the exporter has never succeeded. Check the endpoint.',
  )
})

test('outcomes and shutdown pass through', async () => {
  const { client, send, shutdown } = setUp()
  const outcome = failure()
  expect(await send(outcome)).toBe(outcome)
  await client.shutdown()
  expect(shutdown).toHaveBeenCalledOnce()
})
