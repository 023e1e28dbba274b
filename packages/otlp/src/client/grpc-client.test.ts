// SPDX-License-Identifier: Apache-2.0
import { gunzipSync, inflateSync } from 'node:zlib'
import type { OtlpClient, OtlpGrpcClientOptions, OtlpOutcome, OtlpRequest, RetryPolicy } from '@otel-ts/otlp/client'
import { createOtlpGrpcClient } from '@otel-ts/otlp/client'
import {
  captureGrpc,
  fakeClock,
  type GrpcCapture,
  type GrpcCaptureAnswer,
  type GrpcCaptureOptions,
} from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { encodeStatusDetailsBin } from '../transport/grpc-metadata.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function capture(options: GrpcCaptureOptions = {}): Promise<GrpcCapture> {
  const wire = await captureGrpc(options)
  cleanups.push(() => wire.close())
  return wire
}

function client(options: OtlpGrpcClientOptions): OtlpClient {
  const made = createOtlpGrpcClient({ insecure: true, ...options })
  cleanups.push(() => made.shutdown())
  return made
}

function traces(text: string, more: Partial<OtlpRequest> = {}): OtlpRequest {
  return { signal: 'traces', chunks: [Buffer.from(text)], itemCount: 1, ...more }
}

function failed(outcome: OtlpOutcome): Extract<OtlpOutcome, { result: 'failed' }> {
  if (outcome.result !== 'failed') throw new Error(`expected a failure, got ${JSON.stringify(outcome)}`)
  return outcome
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

const accepted: OtlpOutcome = { result: 'accepted', partialSuccess: undefined }

const steadyRetry: RetryPolicy = {
  initialDelayMillis: 1000,
  maxDelayMillis: 5000,
  multiplier: 2,
  jitter: 0.2,
  maxAttempts: 5,
}

describe('what goes over the wire', () => {
  test('calls Export with the chunks in order as one message, and the headers of gRPC', async () => {
    const wire = await capture()
    const outcome = await client({ endpoint: wire.endpoint, clock: fakeClock() }).send({
      signal: 'traces',
      chunks: [Buffer.from('ab'), Buffer.from('c')],
      itemCount: 3,
    })
    expect(outcome).toEqual(accepted)
    const [call] = wire.calls
    expect(hex(call!.body)).toBe('0000000003616263')
    expect(Object.fromEntries(Object.entries(call!.headers))).toEqual({
      ':method': 'POST',
      ':scheme': 'http',
      ':authority': wire.endpoint,
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      te: 'trailers',
      'content-type': 'application/grpc+proto',
      'user-agent': 'OTel-OTLP-Exporter-JavaScript/0.1.0',
      'grpc-accept-encoding': 'identity,gzip,deflate,zstd,snappy',
      'grpc-timeout': '10000m',
    })
  })

  test('calls the service of each signal, all on one connection', async () => {
    const wire = await capture()
    const otlp = client({ endpoint: wire.endpoint })
    for (const signal of ['logs', 'metrics', 'traces'] as const) await otlp.send(traces('x', { signal }))
    expect(wire.calls.map((call) => call.headers[':path'])).toEqual([
      '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
      '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    ])
    expect(wire.connectionCount).toBe(1)
  })

  test('names the version of this package in the user agent, after a product, or what it is told', async () => {
    const wire = await capture()
    await client({ endpoint: wire.endpoint, userAgentProduct: 'Shop/1.2' }).send(traces('x'))
    await client({ endpoint: wire.endpoint, userAgentProduct: 'Shop/1.2', userAgent: 'mine' }).send(traces('x'))
    expect(wire.calls.map((call) => call.headers['user-agent'])).toEqual([
      `Shop/1.2 OTel-OTLP-Exporter-JavaScript/${packageJson.version}`,
      'mine',
    ])
  })

  test('sends messages of any size whole, in one piece or in many', async () => {
    const wire = await capture()
    const otlp = client({ endpoint: wire.endpoint })
    for (const size of [0, 1, 4000, 4001, 3_000_000]) {
      const body = Buffer.alloc(size, 'otlp ')
      const third = Math.ceil(size / 3)
      const chunks = [body.subarray(0, third), body.subarray(third, 2 * third), body.subarray(2 * third)]
      expect(await otlp.send(traces('', { chunks }))).toEqual(accepted)
      const received = Buffer.from(wire.calls.at(-1)!.body)
      expect(received[0]).toBe(0)
      expect(received.readUInt32BE(1)).toBe(size)
      expect(received.subarray(5).equals(body)).toBe(true)
    }
  })

  test('joins many small chunks of a large message', async () => {
    const wire = await capture()
    const chunks = Array.from({ length: 2000 }, (_, at) => Buffer.alloc(100, at))
    await client({ endpoint: wire.endpoint }).send(traces('', { chunks }))
    expect(Buffer.from(wire.calls[0]!.body).subarray(5).equals(Buffer.concat(chunks))).toBe(true)
  })

  test.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
  ] as const)('compresses with %s, marks the message and names the encoding', async (compression, undo) => {
    const wire = await capture()
    const otlp = client({ endpoint: wire.endpoint, compression })
    for (const size of [10, 256 * 1024, 256 * 1024 + 1]) {
      const body = Buffer.alloc(size, 'otlp ')
      expect(await otlp.send(traces('', { chunks: [body.subarray(0, 5), body.subarray(5)] }))).toEqual(accepted)
      const call = wire.calls.at(-1)!
      const received = Buffer.from(call.body)
      expect([call.headers['grpc-encoding'], received[0]]).toEqual([compression, 1])
      expect(received.readUInt32BE(1)).toBe(received.byteLength - 5)
      expect(undo(received.subarray(5)).equals(body)).toBe(true)
    }
  })

  test('sends metadata with lower-case names and -bin values as base64, and none that gRPC reserves', async () => {
    const wire = await capture()
    const otlp = client({
      endpoint: wire.endpoint,
      headers: {
        Authorization: 'Bearer a',
        'X-Tenant': ' 7 ',
        'trace-bin': Uint8Array.of(0, 255),
        'text-bin': 'ab',
        'grpc-timeout': '1H',
        'Content-Type': 'text/html',
        te: 'gzip',
        ':path': '/',
        connection: 'close',
        'user-agent': 'mine',
      },
    })
    await otlp.send(traces('x', { headers: { authorization: 'Bearer b' } }))
    await otlp.send(traces('x'))
    expect(wire.calls[0]!.headers).toMatchObject({
      authorization: 'Bearer b',
      'x-tenant': '7',
      'trace-bin': 'AP8',
      'text-bin': 'YWI',
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      'user-agent': 'mine',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    })
    expect(wire.calls[0]!.headers['grpc-timeout']).not.toBe('1H')
    expect(wire.calls[0]!.headers['connection']).toBeUndefined()
    expect(wire.calls[1]!.headers['authorization']).toBe('Bearer a')
  })

  test.each([
    ['naïve', 'x', 'header name "naïve"'],
    ['two words', 'x', 'header name "two words"'],
    ['x-token', 'gehäim', 'value of header "x-token"'],
    ['x-token', 'a\nb', 'value of header "x-token"'],
  ])('refuses the metadata %s: %s without sending or repeating it', async (name, value, what) => {
    const wire = await capture()
    const outcome = failed(await client({ endpoint: wire.endpoint, headers: { [name]: value } }).send(traces('x')))
    expect([outcome.error.code, outcome.retryable, wire.calls.length]).toEqual(['OTLP_OPTION', false, 0])
    expect(outcome.error.message).toBe(
      `${wire.endpoint}: ${what}; expected are names and values of printable ASCII, or a name that ends in -bin; 1 span not sent`,
    )
  })

  test('asks a headers function before each call and reports its failure as retryable', async () => {
    const wire = await capture()
    let count = 0
    const otlp = client({
      endpoint: wire.endpoint,
      headers: async () => {
        if (++count === 3) throw new Error('no token')
        return { 'x-token': String(count) }
      },
    })
    await otlp.send(traces('x'))
    await otlp.send(traces('x'))
    const third = failed(await otlp.send(traces('x')))
    expect(wire.calls.map((call) => call.headers['x-token'])).toEqual(['1', '2'])
    expect([third.error.code, third.retryable]).toEqual(['OTLP_OPTION', true])
    expect(third.error.message).toBe(
      'headers function: failed with "no token"; expected is an object of header values; 1 span not sent',
    )
  })

  test('puts the authority given into :authority, and credentials of a URL into authorization', async () => {
    const wire = await capture()
    await client({ endpoint: `http://me:s%40crit@${wire.endpoint}/ignored`, authority: 'collector.example' }).send(
      traces('x'),
    )
    expect(wire.calls[0]!.headers[':authority']).toBe('collector.example')
    expect(wire.calls[0]!.headers['authorization']).toBe(`Basic ${Buffer.from('me:s@crit').toString('base64')}`)
  })
})

describe('limits', () => {
  test('sends a request of exactly maxRequestBytes, and nothing of one a byte larger', async () => {
    const wire = await capture()
    const otlp = client({ endpoint: wire.endpoint, maxRequestBytes: 8, compression: 'gzip' })
    expect(await otlp.send(traces('12345678'))).toEqual(accepted)
    const outcome = failed(await otlp.send(traces('123456789', { itemCount: 2 })))
    expect([outcome.error.code, outcome.retryable, outcome.grpcStatus, wire.calls.length]).toEqual([
      'OTLP_TOO_LARGE',
      false,
      8,
      1,
    ])
    expect(outcome.error.message).toBe(
      `${wire.endpoint}: request of 9 bytes; the limit is 8 bytes before compression; 2 spans not sent: lower the batch size`,
    )
  })

  test('keeps the calls of an endpoint within its MAX_CONCURRENT_STREAMS, and begins waiting ones in order', async () => {
    const wire = await capture({ maxConcurrentStreams: 2, script: 'hang' })
    const otlp = client({ endpoint: wire.endpoint })
    const sent = ['a', 'b', 'c', 'd'].map((text) => otlp.send(traces(text)))
    await wire.call(1)
    const text = (index: number): string => Buffer.from(wire.calls[index]!.body).toString('latin1').slice(5)
    const finish = (index: number): void => {
      const { stream } = wire.calls[index]!
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.alloc(5))
    }
    expect(wire.calls.length).toBe(2)
    finish(0)
    await wire.call(2)
    expect([text(0), text(1), text(2), wire.calls.length]).toEqual(['a', 'b', 'c', 3])
    finish(1)
    await wire.call(3)
    finish(2)
    finish(3)
    expect(await Promise.all(sent)).toEqual([accepted, accepted, accepted, accepted])
    expect(wire.connectionCount).toBe(1)
  })

  test('runs no more than maxConcurrentCalls at a time', async () => {
    const wire = await capture({ script: 'hang' })
    const otlp = client({ endpoint: wire.endpoint, maxConcurrentCalls: 1 })
    const first = otlp.send(traces('a'))
    const second = otlp.send(traces('b'))
    const call = await wire.call(0)
    expect(wire.calls.length).toBe(1)
    wire.answer({})
    call.stream.close(8)
    expect(failed(await first).grpcStatus).toBe(1)
    expect(await second).toEqual(accepted)
  })
})

describe('retries', () => {
  test('repeats calls with growing, jittered waits until accepted', async () => {
    const clock = fakeClock()
    const wire = await capture({
      script: (_call, index): GrpcCaptureAnswer =>
        index < 3 ? { only: { 'grpc-status': ['14', '10', '4'][index]! } } : {},
    })
    const waits: [attempt: number, delayMillis: number][] = []
    const otlp = client({
      endpoint: wire.endpoint,
      clock,
      // Numbers that binary fractions hold exactly.
      retry: { ...steadyRetry, initialDelayMillis: 500, jitter: 0.5 },
      random: () => 1,
      observer: { retry: ({ attempt, delayMillis }) => waits.push([attempt, delayMillis]) },
    })
    const sent = otlp.send(traces('x'))
    for (const [index, millis] of [750, 1500, 3000].entries()) {
      await wire.call(index)
      await untilPending(clock, 2)
      expect(wire.calls.length).toBe(index + 1)
      await clock.advance(millis - 1)
      expect(wire.calls.length).toBe(index + 1)
      await clock.advance(1)
    }
    expect(await sent).toEqual(accepted)
    expect(waits).toEqual([
      [1, 750],
      [2, 1500],
      [3, 3000],
    ])
    expect(wire.calls.map((call) => call.headers['grpc-timeout'])).toEqual(['10000m', '9250m', '7750m', '4750m'])
    expect(new Set(wire.calls.map((call) => hex(call.body)))).toEqual(new Set(['000000000178']))
  })

  test('waits as long as RetryInfo asks when that is longer than the back-off', async () => {
    const clock = fakeClock()
    const details = encodeStatusDetailsBin({
      code: 8,
      message: 'slow down',
      details: [{ type: 'retryInfo', retryDelayMillis: 4000 }],
    })
    const wire = await capture({
      script: (_call, index): GrpcCaptureAnswer =>
        index === 0 ? { only: { 'grpc-status': '8', 'grpc-status-details-bin': details } } : {},
    })
    const sent = client({ endpoint: wire.endpoint, clock, retry: steadyRetry, random: () => 0 }).send(traces('x'))
    await wire.call(0)
    await untilPending(clock, 2)
    await clock.advance(3999)
    expect(wire.calls.length).toBe(1)
    await clock.advance(1)
    expect(await sent).toEqual(accepted)
  })

  test('fails at once when the wait would reach past the deadline', async () => {
    const clock = fakeClock()
    const details = encodeStatusDetailsBin({
      code: 14,
      message: '',
      details: [{ type: 'retryInfo', retryDelayMillis: 10_000 }],
    })
    const wire = await capture({ script: { only: { 'grpc-status': '14', 'grpc-status-details-bin': details } } })
    const outcome = failed(await client({ endpoint: wire.endpoint, clock, retry: steadyRetry }).send(traces('x')))
    expect([outcome.retryable, outcome.retryAfterMillis, outcome.grpcStatus]).toEqual([true, 10_000, 14])
    expect(outcome.error.message).toMatch(
      /; 1 span not delivered in 1 try, and the next would come after the deadline of 10000 ms$/,
    )
  })

  test('never repeats a partial success', async () => {
    const wire = await capture({
      // partial_success { rejected_spans: 5, error_message: "world" }
      script: { data: [Buffer.from('000000000b0a0908051205776f726c64', 'hex')] },
    })
    const outcome = await client({ endpoint: wire.endpoint, retry: steadyRetry }).send(traces('x'))
    expect(outcome).toEqual({ result: 'accepted', partialSuccess: { rejectedCount: 5n, message: 'world' } })
    expect(wire.calls.length).toBe(1)
  })
})

describe('ends', () => {
  test('at the deadline, telling the endpoint, and not a millisecond earlier', async () => {
    const clock = fakeClock()
    const wire = await capture({ script: 'hang' })
    let outcome: OtlpOutcome | undefined
    const sent = client({ endpoint: wire.endpoint, clock, timeoutMillis: 500 })
      .send(traces('x'))
      .then((settled) => {
        outcome = settled
      })
    const call = await wire.call(0)
    await clock.advance(499)
    expect(outcome).toBeUndefined()
    await clock.advance(1)
    await sent
    expect(call.headers['grpc-timeout']).toBe('500m')
    expect(failed(outcome!)).toMatchObject({ retryable: true, grpcStatus: 4 })
    expect(failed(outcome!).error.message).toBe(
      `${wire.endpoint}: no answer within 500 ms (1 try); expected was one before the deadline: raise the time-out or look at the load of the endpoint; 1 span not delivered as far as known`,
    )
    if (!call.stream.closed) await new Promise((resolve) => call.stream.once('close', resolve))
    expect(call.stream.rstCode).toBe(8)
  })

  test('never by itself when the time-out is 0, and sends no grpc-timeout then', async () => {
    const clock = fakeClock()
    const wire = await capture({ script: 'hang' })
    const otlp = client({ endpoint: wire.endpoint, clock, timeoutMillis: 0 })
    const sent = otlp.send(traces('x'))
    const call = await wire.call(0)
    await clock.advance(1e9)
    expect(call.headers['grpc-timeout']).toBeUndefined()
    await otlp.shutdown()
    expect(failed(await sent).error.code).toBe('OTLP_SHUTDOWN')
  })

  test('when aborted: before, while waiting for the answer, during back-off', async () => {
    const clock = fakeClock()
    const wire = await capture({ script: 'hang' })
    const otlp = client({ endpoint: wire.endpoint, clock, retry: steadyRetry })
    expect(failed(await otlp.send(traces('x', { abort: AbortSignal.abort() }))).error.code).toBe('OTLP_ABORTED')
    const first = new AbortController()
    const sent = otlp.send(traces('x', { abort: first.signal }))
    const call = await wire.call(0)
    first.abort()
    expect(failed(await sent)).toMatchObject({ retryable: true, grpcStatus: 1 })
    if (!call.stream.closed) await new Promise((resolve) => call.stream.once('close', resolve))
    wire.answer({ only: { 'grpc-status': '14' } })
    const second = new AbortController()
    const again = otlp.send(traces('x', { abort: second.signal }))
    await wire.call(1)
    await untilPending(clock, 2)
    second.abort()
    expect(failed(await again).error.code).toBe('OTLP_ABORTED')
    expect(clock.pendingCount).toBe(0)
  })

  test('running calls at shutdown, and refuses later ones', async () => {
    const wire = await capture({ script: 'hang' })
    const otlp = client({ endpoint: wire.endpoint })
    const sent = otlp.send(traces('x'))
    await wire.call(0)
    await otlp.shutdown()
    expect(failed(await sent).error.message).toBe(
      `${wire.endpoint}: the client was shut down before an answer; 1 span not delivered as far as known`,
    )
    const later = failed(await otlp.send(traces('x')))
    expect([later.error.code, later.retryable]).toEqual(['OTLP_SHUTDOWN', false])
    expect(later.error.message).toBe(
      `${wire.endpoint}: the client is shut down; expected is a client in use; 1 span not sent`,
    )
    await otlp.shutdown()
  })
})

/** Waits until this many timers are pending: what sets them comes by the network. */
async function untilPending(clock: { readonly pendingCount: number }, count: number): Promise<void> {
  while (clock.pendingCount < count) await new Promise((resolve) => setImmediate(resolve))
}
