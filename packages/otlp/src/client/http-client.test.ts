// SPDX-License-Identifier: Apache-2.0
import http from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { OtlpClient, OtlpOutcome, OtlpRequest, RetryPolicy } from '@otel-ts/otlp/client'
import { createOtlpHttpClient, type OtlpHttpClientOptions } from '@otel-ts/otlp/client'
import { type CaptureAnswer, captureOtlp, fakeClock, type OtlpCapture } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function capture(script?: Parameters<typeof captureOtlp>[0]): Promise<OtlpCapture> {
  const wire = await captureOtlp(script)
  cleanups.push(() => wire.close())
  return wire
}

function client(options: OtlpHttpClientOptions): OtlpClient {
  const made = createOtlpHttpClient(options)
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

const steadyRetry: RetryPolicy = {
  initialDelayMillis: 1000,
  maxDelayMillis: 5000,
  multiplier: 2,
  jitter: 0.2,
  maxAttempts: 5,
}

describe('what goes over the wire', () => {
  test('posts the chunks in order, with the headers of OTLP/HTTP', async () => {
    const wire = await capture()
    const outcome = await client({ url: `${wire.url}/v1/traces` }).send({
      signal: 'traces',
      chunks: [Buffer.from('ab'), Buffer.from('cd'), Buffer.from('e')],
      itemCount: 3,
    })
    expect(outcome).toEqual({ result: 'accepted', partialSuccess: undefined })
    const [request] = wire.requests
    expect(request!.method).toBe('POST')
    expect(request!.path).toBe('/v1/traces')
    expect(Buffer.from(request!.rawBody).toString()).toBe('abcde')
    expect(request!.headers).toEqual({
      host: `127.0.0.1:${wire.port}`,
      'user-agent': 'OTel-OTLP-Exporter-JavaScript/0.1.0',
      'content-type': 'application/x-protobuf',
      'content-length': '5',
      connection: 'keep-alive',
    })
  })

  test('keeps its headers when an instrumentation wraps http.request and copies them as an object', async () => {
    const wire = await capture()
    const original = http.request
    http.request = ((options: http.RequestOptions) =>
      original({ ...options, headers: Object.assign({}, options.headers) })) as typeof http.request
    try {
      await client({ url: wire.url }).send(traces('x'))
    } finally {
      http.request = original
    }
    expect(wire.requests[0]!.headers['content-type']).toBe('application/x-protobuf')
  })

  test('names the version of this package in the user agent, after the product of a distribution', async () => {
    const wire = await capture()
    await client({ url: wire.url, userAgentProduct: 'Shop/1.2' }).send(traces('x'))
    expect(wire.requests[0]!.headers['user-agent']).toBe(
      `Shop/1.2 OTel-OTLP-Exporter-JavaScript/${packageJson.version}`,
    )
  })

  test('says application/json for JSON, and keeps path and query of the URL', async () => {
    const wire = await capture()
    await client({ url: `${wire.url}/otlp/v1/logs?tenant=7`, encoding: 'json' }).send(traces('{}'))
    expect(wire.requests[0]!.path).toBe('/otlp/v1/logs?tenant=7')
    expect(wire.requests[0]!.headers['content-type']).toBe('application/json')
  })

  test('sends each signal to its own URL', async () => {
    const wire = await capture()
    const otlp = client({ url: { traces: `${wire.url}/t`, metrics: `${wire.url}/m`, logs: `${wire.url}/l` } })
    for (const signal of ['logs', 'metrics', 'traces'] as const) await otlp.send(traces('x', { signal }))
    expect(wire.requests.map((request) => request.path)).toEqual(['/l', '/m', '/t'])
  })

  test('compresses with gzip below and above the size that is done on the calling thread', async () => {
    const wire = await capture()
    const otlp = client({ url: wire.url, compression: 'gzip' })
    for (const size of [10, 256 * 1024, 256 * 1024 + 1, 3_000_000]) {
      const body = Buffer.alloc(size, 'otlp ')
      const half = size >> 1
      const outcome = await otlp.send(traces('', { chunks: [body.subarray(0, half), body.subarray(half)] }))
      expect(outcome.result).toBe('accepted')
      const request = wire.requests.at(-1)!
      expect(request.headers['content-encoding']).toBe('gzip')
      expect(request.headers['content-length']).toBe(String(request.rawBody.byteLength))
      expect(gunzipSync(request.rawBody).equals(body)).toBe(true)
    }
  })

  test('lets headers of the options and of the request replace defaults, but not the framing', async () => {
    const wire = await capture()
    const otlp = client({
      url: wire.url,
      headers: {
        'User-Agent': 'mine',
        authorization: 'Bearer a',
        'content-length': '999',
        'Content-Type': 'text/html',
      },
    })
    await otlp.send(traces('abc', { headers: { Authorization: 'Bearer b', 'x-tenant': '7' } }))
    await otlp.send(traces('abc'))
    expect(wire.requests[0]!.headers).toMatchObject({
      'user-agent': 'mine',
      authorization: 'Bearer b',
      'x-tenant': '7',
      'content-length': '3',
      'content-type': 'application/x-protobuf',
    })
    expect(wire.requests[1]!.headers['authorization']).toBe('Bearer a')
    expect(wire.requests[1]!.headers['x-tenant']).toBeUndefined()
  })

  test('asks a headers function before each request and reports its failure as retryable', async () => {
    const wire = await capture()
    let count = 0
    const otlp = client({
      url: wire.url,
      headers: async () => {
        if (++count === 3) throw new Error('no token')
        return { 'x-token': String(count) }
      },
    })
    await otlp.send(traces('x'))
    await otlp.send(traces('x'))
    const third = failed(await otlp.send(traces('x')))
    expect(wire.requests.map((request) => request.headers['x-token'])).toEqual(['1', '2'])
    expect([third.error.code, third.retryable]).toEqual(['OTLP_OPTION', true])
    expect(third.error.message).toBe(
      'headers function: failed with "no token"; expected is an object of header values; 1 span not sent',
    )
  })

  test('turns credentials of the URL into an Authorization header and keeps them out of messages', async () => {
    const wire = await capture({ status: 401 })
    const outcome = failed(
      await client({ url: `http://me:s%40crit@127.0.0.1:${wire.port}/v1/traces?key=k` }).send(traces('x')),
    )
    expect(wire.requests[0]!.headers['authorization']).toBe(`Basic ${Buffer.from('me:s@crit').toString('base64')}`)
    expect(outcome.error.message).toBe(
      `http://127.0.0.1:${wire.port}/v1/traces: answered 401 Unauthorized; expected are valid credentials: check the headers of the exporter; 1 span not delivered, and not sent again`,
    )
  })

  test('keeps one connection for requests one after the other', async () => {
    const wire = await capture()
    const otlp = client({ url: wire.url })
    for (let count = 0; count < 5; count++) await otlp.send(traces('x'))
    expect(wire.requests.map((request) => request.connection)).toEqual([0, 0, 0, 0, 0])
  })
})

test('keeps no connection when none may lie idle', async () => {
  const wire = await capture()
  const otlp = client({ url: wire.url, maxIdleConnections: 0 })
  for (let count = 0; count < 3; count++) await otlp.send(traces('x'))
  expect(wire.requests.map((request) => [request.connection, request.headers['connection']])).toEqual([
    [0, 'close'],
    [1, 'close'],
    [2, 'close'],
  ])
})

describe('limits', () => {
  test('sends a request of exactly maxRequestBytes, and nothing of one a byte larger', async () => {
    const wire = await capture()
    const otlp = client({ url: wire.url, maxRequestBytes: 8, compression: 'gzip' })
    expect((await otlp.send(traces('12345678'))).result).toBe('accepted')
    const outcome = failed(await otlp.send(traces('123456789', { itemCount: 2 })))
    expect([outcome.error.code, outcome.retryable, wire.requests.length]).toEqual(['OTLP_TOO_LARGE', false, 1])
    expect(outcome.error.message).toBe(
      `${wire.url}/: request of 9 bytes; the limit is 8 bytes before compression; 2 spans not sent: lower the batch size`,
    )
  })

  const page = Buffer.alloc(1000, 0x20)
  test.each<[string, number, Partial<Extract<CaptureAnswer, object>>, string]>([
    ['1000 bytes, limit 1000', 1000, { body: page }, 'accepted'],
    ['1000 bytes, limit 999', 999, { body: page }, 'OTLP_RESPONSE_TOO_LARGE'],
    [
      '1000 bytes inflated, limit 1000',
      1000,
      { body: gzipSync(page), headers: { 'content-encoding': 'gzip' } },
      'accepted',
    ],
    [
      '1000 bytes inflated, limit 999',
      999,
      { body: gzipSync(page), headers: { 'content-encoding': 'gzip' } },
      'OTLP_RESPONSE_TOO_LARGE',
    ],
    ['an error of 1000 bytes, limit 999', 999, { status: 503, body: page }, 'OTLP_RESPONSE_TOO_LARGE'],
  ])('bounds the response: %s', async (_name, maxResponseBytes, answer, expected) => {
    const wire = await capture(answer)
    const outcome = await client({ url: wire.url, maxResponseBytes, retry: steadyRetry }).send(traces('x'))
    expect(outcome.result === 'failed' ? outcome.error.code : outcome.result).toBe(expected)
    if (outcome.result === 'failed') expect(outcome.retryable).toBe(false)
    expect(wire.requests.length).toBe(1)
  })
})

describe('answers', () => {
  test.each<[string, Extract<CaptureAnswer, object>, OtlpOutcome]>([
    ['an empty 200', {}, { result: 'accepted', partialSuccess: undefined }],
    ['204', { status: 204 }, { result: 'accepted', partialSuccess: undefined }],
    [
      'a partial success in protobuf',
      { headers: { 'content-type': 'application/x-protobuf' }, body: Buffer.from('0a0908051205776f726c64', 'hex') },
      { result: 'accepted', partialSuccess: { rejectedCount: 5n, message: 'world' } },
    ],
    [
      'a partial success in JSON',
      {
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"old"}}',
      },
      { result: 'accepted', partialSuccess: { rejectedCount: 2n, message: 'old' } },
    ],
    [
      'a warning that rejects nothing',
      { headers: { 'content-type': 'application/json' }, body: '{"partialSuccess":{"errorMessage":"slow down"}}' },
      { result: 'accepted', partialSuccess: { rejectedCount: 0n, message: 'slow down' } },
    ],
    [
      'an empty partial success',
      { headers: { 'content-type': 'application/json' }, body: '{"partialSuccess":{}}' },
      { result: 'accepted', partialSuccess: undefined },
    ],
    [
      '200 with a body that is no response',
      { headers: { 'content-type': 'application/json' }, body: 'ok' },
      { result: 'accepted', partialSuccess: undefined },
    ],
    [
      '200 with plain text',
      { headers: { 'content-type': 'text/plain' }, body: 'ok' },
      { result: 'accepted', partialSuccess: undefined },
    ],
  ])('takes %s', async (_name, answer, expected) => {
    const wire = await capture(answer)
    expect(await client({ url: wire.url }).send(traces('x'))).toEqual(expected)
  })

  test('warns when success comes as a page', async () => {
    const wire = await capture({ headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html>log in</html>' })
    expect(await client({ url: wire.url }).send(traces('x'))).toEqual({
      result: 'accepted',
      partialSuccess: {
        rejectedCount: 0n,
        message: `${wire.url}/: answered 200 with a page (text/html; charset=utf-8) instead of an OTLP response; check that the endpoint takes OTLP; 1 span count as delivered`,
      },
    })
  })

  const protobufStatus = Buffer.from('080312036e6f0a', 'hex') // code 3, message "no\n"
  test.each<[Extract<CaptureAnswer, object>, string, boolean, number, string]>([
    [
      { status: 301, headers: { location: 'https://elsewhere/v1/traces' } },
      'OTLP_REFUSED',
      false,
      2,
      'answered 301 Moved Permanently; redirects are not followed: set the endpoint to https://elsewhere/v1/traces; 1 span not delivered, and not sent again',
    ],
    [
      { status: 400, headers: { 'content-type': 'application/x-protobuf' }, body: protobufStatus },
      'OTLP_REFUSED',
      false,
      3,
      'answered 400 Bad Request, saying "no"; the endpoint could not read the data: expected is an OTLP request in the encoding of its Content-Type; 1 span not delivered, and not sent again',
    ],
    [
      { status: 403, headers: { 'content-type': 'application/json' }, body: '{"code":7,"message":"tenant unknown"}' },
      'OTLP_REFUSED',
      false,
      7,
      'answered 403 Forbidden, saying "tenant unknown"; expected are valid credentials: check the headers of the exporter; 1 span not delivered, and not sent again',
    ],
    [
      { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page\nnot found\n' },
      'OTLP_REFUSED',
      false,
      12,
      'answered 404 Not Found, saying "404 page not found"; expected is a path that takes OTLP, such as /v1/traces: check the endpoint; 1 span not delivered, and not sent again',
    ],
    [
      { status: 405, headers: { 'content-type': 'text/html' }, body: '<h1>no</h1>' },
      'OTLP_REFUSED',
      false,
      2,
      'answered 405 Method Not Allowed; expected is a path that takes POST: check the endpoint; 1 span not delivered, and not sent again',
    ],
    [
      { status: 413 },
      'OTLP_TOO_LARGE',
      false,
      8,
      'answered 413 Payload Too Large; the endpoint allows only smaller requests: lower the batch size or raise its limit; 1 span not delivered, and not sent again',
    ],
    [
      { status: 415, headers: { 'content-type': 'application/json' }, body: 'nonsense' },
      'OTLP_REFUSED',
      false,
      2,
      'answered 415 Unsupported Media Type; the endpoint takes other encodings or compressions only: check protocol and compression of the exporter; 1 span not delivered, and not sent again',
    ],
    [
      { status: 429 },
      'OTLP_OVERLOADED',
      true,
      8,
      'answered 429 Too Many Requests; the endpoint asks to send less or later; 1 span not delivered by this try, which may be repeated',
    ],
    [
      { status: 500 },
      'OTLP_REFUSED',
      false,
      13,
      'answered 500 Internal Server Error; expected was 200; 1 span not delivered, and not sent again',
    ],
    [
      { status: 501 },
      'OTLP_REFUSED',
      false,
      2,
      'answered 501 Not Implemented; expected was 200; 1 span not delivered, and not sent again',
    ],
    [
      { status: 502 },
      'OTLP_UNAVAILABLE',
      true,
      14,
      'answered 502 Bad Gateway; the endpoint, or what stands behind it, is not available now; 1 span not delivered by this try, which may be repeated',
    ],
    [
      { status: 503 },
      'OTLP_UNAVAILABLE',
      true,
      14,
      'answered 503 Service Unavailable; the endpoint, or what stands behind it, is not available now; 1 span not delivered by this try, which may be repeated',
    ],
    [
      { status: 504 },
      'OTLP_UNAVAILABLE',
      true,
      14,
      'answered 504 Gateway Timeout; the endpoint, or what stands behind it, is not available now; 1 span not delivered by this try, which may be repeated',
    ],
  ])('says what an answer of %o means', async (answer, code, retryable, grpcStatus, message) => {
    const wire = await capture(answer)
    const outcome = failed(await client({ url: wire.url }).send(traces('x')))
    expect({
      code: outcome.error.code,
      retryable: outcome.retryable,
      http: outcome.httpStatus,
      grpc: outcome.grpcStatus,
    }).toEqual({ code, retryable, http: answer.status, grpc: grpcStatus })
    expect(outcome.error.message).toBe(`${wire.url}/: ${message}`)
    expect(wire.requests.length).toBe(1)
  })

  test.each<[string, Record<string, string>, string, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, '', 7000],
    [
      'a date, against the Date of the answer',
      { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT', date: 'Thu, 01 Jan 2026 00:00:00 GMT' },
      '',
      9000,
    ],
    [
      'a date in the past',
      { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT', date: 'Thu, 01 Jan 2026 00:00:09 GMT' },
      '',
      0,
    ],
    ['nonsense', { 'retry-after': 'soon' }, '', undefined],
    ['a negative number', { 'retry-after': '-5' }, '', undefined],
    [
      'RetryInfo in the Status',
      { 'content-type': 'application/json' },
      '{"code":14,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.500s"}]}',
      1500,
    ],
  ])('passes on how long the endpoint asks to wait: %s', async (_name, headers, body, expected) => {
    const wire = await capture({ status: 503, headers, body })
    expect(failed(await client({ url: wire.url }).send(traces('x'))).retryAfterMillis).toBe(expected)
  })
})

describe('connections that fail', () => {
  async function closedPort(): Promise<number> {
    const wire = await captureOtlp()
    await wire.close()
    return wire.port
  }

  test('names the likely cause when nothing listens', async () => {
    const port = await closedPort()
    const outcome = failed(
      await client({ url: `http://127.0.0.1:${port}/v1/traces` }).send(traces('x', { itemCount: 512 })),
    )
    expect(outcome).toMatchObject({
      retryable: true,
      httpStatus: undefined,
      grpcStatus: 14,
      retryAfterMillis: undefined,
    })
    expect(outcome.error.code).toBe('OTLP_CONNECTION')
    expect(outcome.error.message).toBe(
      `http://127.0.0.1:${port}/v1/traces: connect ECONNREFUSED 127.0.0.1:${port}; nothing listens there: expected is a running collector or backend with OTLP over HTTP (usual port 4318); 512 spans not delivered by this try, which may be repeated`,
    )
  })

  test('finds the cause behind a name with several addresses', async () => {
    const port = await closedPort()
    const outcome = failed(await client({ url: `http://localhost:${port}` }).send(traces('x')))
    expect(outcome.error.message).toMatch(/ECONNREFUSED.*nothing listens there/)
  })

  test('guesses a gRPC port when the answer is not HTTP/1.1', async () => {
    const server = await rawServer((socket) =>
      socket.once('data', () => socket.end(Buffer.from('000012040000000000', 'hex'))),
    )
    const outcome = failed(await client({ url: `http://127.0.0.1:${server.port}` }).send(traces('x')))
    expect(outcome.error.message).toMatch(/is this a gRPC port/)
    expect(outcome.retryable).toBe(true)
  })

  test('reports an answer cut short as a failed connection', async () => {
    const server = await rawServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"pa')),
    )
    const outcome = failed(await client({ url: `http://127.0.0.1:${server.port}` }).send(traces('x')))
    expect([outcome.error.code, outcome.retryable]).toEqual(['OTLP_CONNECTION', true])
  })

  test('repeats at once, without a retry policy, when a kept connection turns out to be closed', async () => {
    // Closes the connection on seeing the second request on it, as a server does whose idle time-out runs out just then.
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
        socket.once('data', () => socket.resetAndDestroy())
      })
    })
    const otlp = client({ url: `http://127.0.0.1:${server.port}` })
    expect((await otlp.send(traces('x'))).result).toBe('accepted')
    expect((await otlp.send(traces('x'))).result).toBe('accepted')
    expect(server.connectionCount()).toBe(2)
  })

  test('does not repeat at once on a fresh connection', async () => {
    const wire = await capture('reset')
    const outcome = failed(await client({ url: wire.url }).send(traces('x')))
    expect([outcome.error.code, wire.requests.length]).toEqual(['OTLP_CONNECTION', 1])
  })

  test('refuses an URL that is none, and header values that HTTP does not allow, without throwing', async () => {
    const wire = await capture()
    const noUrl = failed(await client({ url: 'localhost:4318' }).send(traces('x')))
    expect([noUrl.error.code, noUrl.retryable]).toEqual(['OTLP_OPTION', false])
    expect(noUrl.error.message).toBe(
      'endpoint "localhost:4318": not a URL that OTLP/HTTP can use; expected http://host:port/path or https://host:port/path; nothing is sent',
    )
    const badHeader = failed(await client({ url: wire.url, headers: { 'x-a': 'a\nb' } }).send(traces('x')))
    expect([badHeader.error.code, badHeader.retryable]).toEqual(['OTLP_OPTION', false])
    expect(badHeader.error.message).toMatch(/Invalid character in header content \["x-a"\]/)
    expect(wire.connectionCount).toBe(0)
  })
})

describe('retries', () => {
  test('retries 429, 502, 503 and 504 with growing, jittered waits until accepted', async () => {
    const clock = fakeClock()
    const statuses = [429, 502, 503, 504]
    const wire = await capture((_request, index) => ({ status: statuses[index] ?? 200 }))
    const seen: unknown[] = []
    const randoms = [0, 1, 0.5, 0.5]
    const otlp = client({
      url: wire.url,
      clock,
      timeoutMillis: 0,
      retry: steadyRetry,
      random: () => randoms.shift()!,
      observer: {
        retry: ({ error, attempt, delayMillis }) => seen.push([error.code, attempt, Math.round(delayMillis)]),
      },
    })
    const outcome = runClock(clock, otlp.send(traces('x')))
    expect(await outcome).toEqual({ result: 'accepted', partialSuccess: undefined })
    expect(seen).toEqual([
      ['OTLP_OVERLOADED', 1, 800], // 1000 * 0.8
      ['OTLP_UNAVAILABLE', 2, 2400], // 2000 * 1.2
      ['OTLP_UNAVAILABLE', 3, 4000],
      ['OTLP_UNAVAILABLE', 4, 5000], // capped at maxDelayMillis
    ])
    expect(new Set(wire.requests.map((request) => Buffer.from(request.rawBody).toString()))).toEqual(new Set(['x']))
  })

  test('gives up after maxAttempts and reports the last failure', async () => {
    const clock = fakeClock()
    const wire = await capture({ status: 503, headers: { 'retry-after': '2' } })
    const otlp = client({ url: wire.url, clock, timeoutMillis: 0, retry: { ...steadyRetry, maxAttempts: 3 } })
    const outcome = failed(await runClock(clock, otlp.send(traces('x'))))
    expect([wire.requests.length, outcome.retryable, outcome.retryAfterMillis]).toEqual([3, true, 2000])
    expect(outcome.error.message).toMatch(/is not available now; 1 span not delivered in 3 tries, as many as are made$/)
    expect(clock.pendingCount).toBe(0)
  })

  test('retries connections that fail', async () => {
    const clock = fakeClock()
    const wire = await capture((_request, index) => (index < 2 ? 'reset' : {}))
    const otlp = client({ url: wire.url, clock, timeoutMillis: 0, retry: steadyRetry })
    expect((await runClock(clock, otlp.send(traces('x')))).result).toBe('accepted')
    expect(wire.requests.length).toBe(3)
  })

  test.each([400, 401, 404, 413, 500, 501])('does not retry %d', async (status) => {
    const wire = await capture({ status })
    failed(await client({ url: wire.url, retry: steadyRetry }).send(traces('x')))
    expect(wire.requests.length).toBe(1)
  })

  test('never repeats a partial success', async () => {
    const wire = await capture({
      headers: { 'content-type': 'application/json' },
      body: '{"partialSuccess":{"rejectedSpans":"1"}}',
    })
    expect((await client({ url: wire.url, retry: steadyRetry }).send(traces('x'))).result).toBe('accepted')
    expect(wire.requests.length).toBe(1)
  })

  test('waits as long as Retry-After asks when that is longer than the back-off', async () => {
    const clock = fakeClock()
    const wire = await capture((_request, index) =>
      index === 0 ? { status: 503, headers: { 'retry-after': '7' } } : {},
    )
    const delays: number[] = []
    const otlp = client({
      url: wire.url,
      clock,
      timeoutMillis: 0,
      retry: steadyRetry,
      observer: { retry: (event) => delays.push(event.delayMillis) },
    })
    expect((await runClock(clock, otlp.send(traces('x')))).result).toBe('accepted')
    expect(delays).toEqual([7000])
  })

  test('fails at once when the wait would reach past the deadline', async () => {
    const clock = fakeClock()
    const wire = await capture({ status: 503, headers: { 'retry-after': '10' } })
    const outcome = failed(
      await client({ url: wire.url, clock, timeoutMillis: 10_000, retry: steadyRetry }).send(traces('x')),
    )
    expect([outcome.error.code, outcome.retryAfterMillis, clock.nowMillis()]).toEqual(['OTLP_UNAVAILABLE', 10_000, 0])
    expect(outcome.error.message).toMatch(
      /; 1 span not delivered in 1 try, and the next would come after the deadline of 10000 ms$/,
    )
    expect(clock.pendingCount).toBe(0)
  })
})

describe('endings', () => {
  test('fails when the deadline passes, all tries included, and not a millisecond earlier', async () => {
    const clock = fakeClock()
    const wire = await capture((_request, index) => (index === 0 ? { status: 503 } : 'hang'))
    const otlp = client({
      url: `${wire.url}/v1/traces`,
      clock,
      timeoutMillis: 3000,
      retry: { ...steadyRetry, jitter: 0 },
      observer: {},
    })
    let outcome: OtlpOutcome | undefined
    const sent = otlp.send(traces('x')).then((result) => {
      outcome = result
    })
    await wire.request(0)
    while (clock.pendingCount < 2) await clock.advance(0) // deadline and back-off
    await clock.advance(1000)
    await wire.request(1)
    await clock.advance(1999)
    expect(outcome).toBeUndefined()
    await clock.advance(1)
    await sent
    const failure = failed(outcome!)
    expect([failure.error.code, failure.retryable, failure.grpcStatus]).toEqual(['OTLP_DEADLINE', true, 4])
    expect(failure.error.message).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/v1\/traces: no answer within 3000 ms \(2 tries, the last finished one: .*answered 503.*\); expected was one before the deadline/,
    )
  })

  test('has no deadline at 0', async () => {
    const clock = fakeClock()
    const wire = await capture('hang')
    const otlp = client({ url: wire.url, clock, timeoutMillis: 0 })
    const sent = otlp.send(traces('x'))
    await wire.request(0)
    expect(clock.pendingCount).toBe(0)
    await otlp.shutdown()
    expect(failed(await sent).error.code).toBe('OTLP_SHUTDOWN')
  })

  test('ends when the request is aborted: before, while waiting for the answer, and during back-off', async () => {
    const clock = fakeClock()
    const wire = await capture((_request, index) => (index === 0 ? 'hang' : { status: 503 }))
    const otlp = client({ url: wire.url, clock, retry: steadyRetry })
    const before = failed(await otlp.send(traces('x', { abort: AbortSignal.abort() })))
    expect([before.error.code, wire.requests.length]).toEqual(['OTLP_ABORTED', 0])

    const first = new AbortController()
    const hanging = otlp.send(traces('x', { abort: first.signal }))
    await wire.request(0)
    first.abort()
    expect(failed(await hanging).error.code).toBe('OTLP_ABORTED')

    const second = new AbortController()
    const waiting = otlp.send(traces('x', { abort: second.signal }))
    await wire.request(1)
    while (clock.pendingCount < 2) await clock.advance(0)
    second.abort()
    expect(failed(await waiting).error.code).toBe('OTLP_ABORTED')
    expect([clock.pendingCount, wire.requests.length]).toEqual([0, 2])
  })

  test('shutdown ends running requests and refuses later ones', async () => {
    const wire = await capture('hang')
    const otlp = client({ url: wire.url })
    const running = otlp.send(traces('x'))
    await wire.request(0)
    await otlp.shutdown()
    expect(failed(await running).error.code).toBe('OTLP_SHUTDOWN')
    const later = failed(await otlp.send(traces('x')))
    expect(later.error.message).toBe(
      `${wire.url}/: the client is shut down; expected is a client in use; 1 span not sent`,
    )
    expect(wire.requests.length).toBe(1)
    await otlp.shutdown()
  })
})

test('loads node:http on the first request only', async () => {
  const original = process.getBuiltinModule
  const loaded: string[] = []
  process.getBuiltinModule = ((id: string) => {
    loaded.push(id)
    return original(id)
  }) as typeof original
  try {
    const wire = await capture()
    const otlp = client({ url: wire.url })
    expect(loaded).toEqual([])
    await otlp.send(traces('x'))
    expect(loaded).toContain('node:http')
  } finally {
    process.getBuiltinModule = original
  }
})

/** Moves the clock whenever something waits, until `promise` settles. */
async function runClock<T>(clock: ReturnType<typeof fakeClock>, promise: Promise<T>): Promise<T> {
  let settled = false
  void promise.finally(() => {
    settled = true
  })
  while (!settled) await clock.advance(clock.pendingCount > 0 ? 100 : 0)
  return promise
}

async function rawServer(onConnection: (socket: Socket) => void): Promise<{ port: number; connectionCount(): number }> {
  let count = 0
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    count++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as { port: number }).port, connectionCount: () => count }
}
