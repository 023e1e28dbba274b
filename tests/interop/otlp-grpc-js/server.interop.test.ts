// SPDX-License-Identifier: Apache-2.0
// Our gRPC client against a server of grpc-js.
import { encodeExportResponse, encodeStatus, type Signal, signals } from '@otel-ts/otlp'
import { createOtlpGrpcClient, type OtlpGrpcClientOptions, type OtlpOutcome } from '@otel-ts/otlp/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { oracleMessages, requestOfSize, requestWithSpan } from '../otlp/messages.ts'
import { pythonPeerOrSkip } from '../otlp/python-peer.ts'
import { type Answer, grpcJsOrSkip, type Metadata, type Server, type ServerCall, startServer } from './grpc-js.ts'

const grpcJs = grpcJsOrSkip()
const python = pythonPeerOrSkip('otlp-oracle')
const request = requestWithSpan(Buffer.from('2a026f6b', 'hex'))
const accepted = { result: 'accepted', partialSuccess: undefined } as const
const empty = Buffer.alloc(0)

describe.skipIf(grpcJs === undefined)('our client calls a server of grpc-js', () => {
  let server: Server
  let address = ''
  const calls: { signal: Signal; call: ServerCall }[] = []
  let handle: (call: ServerCall, answer: Answer) => void

  beforeAll(async () => {
    ;({ server, address } = await startServer(grpcJs!, take))
  })
  afterAll(() => server?.forceShutdown())
  beforeEach(() => {
    calls.length = 0
    handle = (_call, answer) => answer(null, empty)
  })

  function take(signal: Signal, call: ServerCall, answer: Answer): void {
    calls.push({ signal, call })
    handle(call, answer)
  }

  async function sendAll(
    sent: readonly Uint8Array[],
    signal: Signal = 'traces',
    options: Partial<OtlpGrpcClientOptions> = {},
  ): Promise<OtlpOutcome[]> {
    const client = createOtlpGrpcClient({ endpoint: address, insecure: true, proxy: 'none', ...options })
    const outcomes: OtlpOutcome[] = []
    for (const message of sent) outcomes.push(await client.send({ signal, chunks: [message], itemCount: 1 }))
    await client.shutdown()
    return outcomes
  }
  const send = async (options: Partial<OtlpGrpcClientOptions> = {}, message = request): Promise<OtlpOutcome> =>
    (await sendAll([message], 'traces', options))[0]!

  describe.skipIf(python === undefined).each(['none', 'gzip', 'deflate'] as const)('with compression %s', (coding) => {
    test.each(signals)('every byte of %s arrives', async (signal) => {
      const sent = oracleMessages(python!).get(signal)!
      const outcomes = await sendAll(sent, signal, { compression: coding })
      expect(outcomes.filter(({ result }) => result !== 'accepted')).toEqual([])
      expect(calls.map((call) => call.signal)).toEqual(sent.map(() => signal))
      expect(calls.map(({ call }) => call.request.toString('hex'))).toEqual(
        sent.map((message) => message.toString('hex')),
      )
    })
  })

  test('a compression that the server does not have is UNIMPLEMENTED and not sent again', async () => {
    expect(await send({ compression: 'snappy' })).toMatchObject({ result: 'failed', grpcStatus: 12, retryable: false })
    expect(calls).toEqual([])
  })

  test('metadata and the deadline arrive', async () => {
    const before = Date.now()
    await send({ headers: { tenant: 'a b', 'token-bin': new Uint8Array([0, 255, 1]) }, timeoutMillis: 5000 })
    const { metadata } = calls[0]!.call
    expect([metadata.get('tenant'), metadata.get('token-bin')]).toEqual([['a b'], [Buffer.from([0, 255, 1])]])
    // The rest of the time-out counts from when the server has the call.
    const deadline = Number(calls[0]!.call.getDeadline()) - before
    expect(deadline).toBeGreaterThan(4000)
    expect(deadline).toBeLessThan(10_000)
  })

  test('partial success is read', async () => {
    const response = Buffer.from(
      encodeExportResponse({ rejectedCount: 2n, message: 'zwei Stück' }, 'protobuf', 'traces'),
    )
    handle = (_call, answer) => answer(null, response)
    expect(await send()).toEqual({ ...accepted, partialSuccess: { rejectedCount: 2n, message: 'zwei Stück' } })
  })

  // OTLP specification, "Failures" of OTLP/gRPC.
  test.each([
    [1, true],
    [2, false],
    [3, false],
    [4, true],
    [5, false],
    [6, false],
    [7, false],
    [8, false],
    [9, false],
    [10, true],
    [11, true],
    [12, false],
    [13, false],
    [14, true],
    [15, true],
    [16, false],
  ])('status %i: may be sent again: %s', async (code, retryable) => {
    handle = (_call, answer) => answer({ code, details: 'bitte nicht: 100 % späth' })
    const outcome = await send()
    expect(outcome).toMatchObject({ result: 'failed', grpcStatus: code, retryable })
    expect(outcome.result === 'failed' && outcome.error.message).toContain('bitte nicht: 100 % späth')
  })

  test.each([
    [8, 'RESOURCE_EXHAUSTED'],
    [14, 'UNAVAILABLE'],
  ])('RetryInfo of status %i (%s) is the wait that is asked for', async (code) => {
    handle = (_call, answer) => answer({ code, details: 'later', metadata: retryInfo(code, 3500) })
    expect(await send()).toMatchObject({ result: 'failed', retryable: true, retryAfterMillis: 3500 })
  })

  test('retries wait as long as RetryInfo asks, then the request arrives once more', async () => {
    handle = (_call, answer) => {
      if (calls.length < 3) answer({ code: 14, details: 'later', metadata: retryInfo(14, 20) })
      else answer(null, empty)
    }
    const delays: number[] = []
    const outcome = await send({
      retry: { initialDelayMillis: 1, maxDelayMillis: 1, multiplier: 1, jitter: 0, maxAttempts: 5 },
      observer: { retry: ({ delayMillis }) => delays.push(delayMillis) },
    })
    expect([outcome, calls.length]).toEqual([accepted, 3])
    for (const delay of delays) expect(delay).toBeGreaterThanOrEqual(20)
  })

  function retryInfo(code: number, retryDelayMillis: number): Metadata {
    const metadata = new grpcJs!.Metadata()
    const details = [{ type: 'retryInfo', retryDelayMillis }] as const
    metadata.set('grpc-status-details-bin', Buffer.from(encodeStatus({ code, message: 'later', details }, 'protobuf')))
    return metadata
  }

  test('a server that never answers: DEADLINE_EXCEEDED, and the server learns that the call is over', async () => {
    handle = () => undefined
    expect(await send({ timeoutMillis: 200 })).toMatchObject({ result: 'failed', grpcStatus: 4, retryable: true })
  })

  test('4 MiB arrive; what is over the limit of the server is RESOURCE_EXHAUSTED, for good', async () => {
    const limit = 4 * 2 ** 20
    expect(await send({}, requestOfSize(limit - 20))).toEqual(accepted)
    expect(calls[0]!.call.request).toHaveLength(limit)
    expect(await send({}, requestOfSize(limit - 19))).toMatchObject({ grpcStatus: 8, retryable: false })
    expect(await send({ compression: 'gzip' }, requestOfSize(limit - 19))).toMatchObject({ grpcStatus: 8 })
    expect(calls).toHaveLength(1)
  })

  test('responses may be gzipped; those over maxResponseBytes are refused', async () => {
    const response = Buffer.from(
      encodeExportResponse({ rejectedCount: 1n, message: 'x'.repeat(5000) }, 'protobuf', 'traces'),
    )
    const zipping = await startServer(grpcJs!, (_signal, _call, answer) => answer(null, response), {
      'grpc.default_compression_algorithm': 2,
    })
    const outcome = await send({ endpoint: zipping.address })
    expect(outcome).toEqual({ ...accepted, partialSuccess: { rejectedCount: 1n, message: 'x'.repeat(5000) } })
    expect(await send({ endpoint: zipping.address, maxResponseBytes: response.length })).toMatchObject(outcome)
    expect(await send({ endpoint: zipping.address, maxResponseBytes: response.length - 1 })).toMatchObject({
      result: 'failed',
      retryable: false,
    })
    zipping.server.forceShutdown()
  })

  describe('with a server that goes away', () => {
    const others: Server[] = []
    afterEach(() => {
      for (const other of others.splice(0)) other.forceShutdown()
    })
    const start = async (
      handler: (answer: Answer) => void,
      options: Readonly<Record<string, unknown>> = {},
      port = 0,
    ): Promise<string> => {
      const started = await startServer(grpcJs!, (_s, _c, answer) => handler(answer), options, undefined, port)
      others.push(started.server)
      return started.address
    }

    test('a call that is cut off may be sent again, and reaches the server that comes after it', async () => {
      let called = (): void => undefined
      const isCalled = new Promise<void>((resolve) => (called = resolve))
      const endpoint = await start(() => called())
      const retry = { initialDelayMillis: 100, maxDelayMillis: 500, multiplier: 1.5, jitter: 0.2, maxAttempts: 20 }
      const running = send({ endpoint, retry, timeoutMillis: 20_000 })
      await isCalled
      others.pop()!.forceShutdown()
      await start((answer) => answer(null, empty), {}, Number(endpoint.split(':')[1]))
      expect(await running).toEqual(accepted)
    })

    test('connections that the server ends for their age cost no call', async () => {
      let count = 0
      const endpoint = await start(
        (answer) => {
          count++
          answer(null, empty)
        },
        { 'grpc.max_connection_age_ms': 50, 'grpc.max_connection_age_grace_ms': 1000 },
      )
      const outcomes = await sendAll(
        Array.from({ length: 500 }, () => request),
        'traces',
        { endpoint },
      )
      expect(outcomes.filter(({ result }) => result !== 'accepted')).toEqual([])
      expect(count).toBe(500)
    })
  })
})
