// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import {
  type Batch,
  type ConsumeContext,
  consumeError,
  decodeExportResponse,
  decodeStatus,
  otlpError,
  type PartialSuccess,
  type Signal,
} from '@otel-ts/otlp'
import { createOtlpHttpClient } from '@otel-ts/otlp/client'
import { createOtlpHttpServer, type OtlpHttpServerOptions, type OtlpServer } from '@otel-ts/otlp/server'
import { fakeClock, openRaw } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'

// One span: ids 01… and 02…, name "a".
const oneSpan = Buffer.from(
  `0a23${'1221'}${'121f'}${'0a10'}${'01'.repeat(16)}${'1208'}${'02'.repeat(8)}${'2a0161'}`,
  'hex',
)
const protobuf = 'application/x-protobuf'
const json = 'application/json'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function start(
  options: Partial<OtlpHttpServerOptions> = {},
): Promise<{ server: OtlpServer; base: string; port: number; batches: Batch[] }> {
  const batches: Batch[] = []
  const server = await createOtlpHttpServer({
    endpoint: '127.0.0.1:0',
    handler: async (batch) => {
      batches.push(batch)
      return undefined
    },
    ...options,
  })
  cleanups.push(() => server.shutdown(0))
  return { server, base: `http://${server.addresses[0]}`, port: Number(server.addresses[0]!.split(':')[1]), batches }
}

function post(
  url: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': typeof body === 'string' ? json : protobuf, ...headers },
    body: body as Uint8Array<ArrayBuffer>,
    ...(signal === undefined ? {} : { signal }),
  })
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer())
}

const oneOfEach: Record<Signal, string> = {
  traces: '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}',
  metrics: '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{"asInt":"1"}]}}]}]}]}',
  logs: '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}',
}

describe('success', () => {
  test.each(['traces', 'metrics', 'logs'] as const)(
    '%s in JSON reach the handler and are answered in JSON',
    async (signal) => {
      const { base, batches } = await start()
      const response = await post(`${base}/v1/${signal}`, oneOfEach[signal])
      expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, json, '{}'])
      expect(batches.map((batch) => [batch.signal, batch.itemCount])).toEqual([[signal, 1]])
    },
  )

  test('protobuf reaches the handler byte for byte and is answered with an empty message', async () => {
    const { base, batches } = await start()
    const response = await post(`${base}/v1/traces`, oneSpan)
    expect([response.status, response.headers.get('content-type'), response.headers.get('content-length')]).toEqual([
      200,
      protobuf,
      '0',
    ])
    expect(Buffer.concat(batches[0]!.chunks()).equals(oneSpan)).toBe(true)
  })

  test('a large gzip body reaches the handler whole', async () => {
    const { base, batches } = await start()
    const body = Buffer.concat(Array.from({ length: 200_000 }, () => oneSpan)) // 7.4 MB: inflated in the thread pool
    const response = await post(`${base}/v1/traces`, gzipSync(body), { 'content-encoding': 'gzip' })
    expect(response.status).toBe(200)
    expect(batches[0]!.itemCount).toBe(200_000)
    expect(Buffer.concat(batches[0]!.chunks()).equals(body)).toBe(true)
  })

  test.each([
    ['an empty body', new Uint8Array(), '0'],
    ['a resource without spans', Uint8Array.of(0x0a, 0x00), '0'],
    ['an empty JSON object', '{}', '2'],
    ['JSON without spans', '{"resourceSpans":[]}', '2'],
  ])('%s is a success that the handler does not see', async (_name, body, length) => {
    const { base, batches } = await start()
    const response = await post(`${base}/v1/traces`, body)
    expect([response.status, response.headers.get('content-length'), batches]).toEqual([200, length, []])
  })

  test('tells the observer of each accepted request', async () => {
    const seen: unknown[] = []
    const { base } = await start({
      observer: { accepted: ({ batch, byteCount }) => seen.push([batch.itemCount, byteCount]) },
    })
    const body = gzipSync(oneSpan)
    await post(`${base}/v1/traces`, body, { 'content-encoding': 'gzip' })
    expect(seen).toEqual([[1, body.byteLength]])
  })

  test.each<[PartialSuccess, string]>([
    [{ rejectedCount: 3n, message: 'no name' }, '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no name"}}'],
    [{ rejectedCount: 0n, message: 'old field' }, '{"partialSuccess":{"errorMessage":"old field"}}'],
  ])('answers the partial success %o of the handler in either encoding', async (partial, text) => {
    const { base } = await start({ handler: async () => partial })
    const inJson = await post(`${base}/v1/traces`, oneOfEach.traces)
    expect([inJson.status, await inJson.text()]).toEqual([200, text])
    const inProtobuf = await post(`${base}/v1/traces`, oneSpan)
    expect([inProtobuf.status, decodeExportResponse(await bytesOf(inProtobuf), 'protobuf')]).toEqual([200, partial])
  })

  test('shortens a message that would not fit into an answer', async () => {
    const { base } = await start({ handler: async () => ({ rejectedCount: 1n, message: 'x'.repeat(5_000_000) }) })
    const body = await bytesOf(await post(`${base}/v1/traces`, oneSpan))
    expect(body.byteLength).toBeLessThan(20_000)
    expect(decodeExportResponse(body, 'protobuf')!.message).toBe(`${'x'.repeat(16 * 1024)}…`)
  })

  test('serves signals at other paths, and adds headers to every answer', async () => {
    const { base, batches } = await start({ paths: { traces: '/t' }, responseHeaders: { 'X-Gate': '7' } })
    const moved = await post(`${base}/t`, oneSpan)
    expect([moved.status, moved.headers.get('x-gate')]).toEqual([200, '7'])
    expect((await post(`${base}/v1/logs`, oneOfEach.logs)).status).toBe(200)
    const old = await post(`${base}/v1/traces`, oneSpan)
    expect([old.status, old.headers.get('x-gate')]).toEqual([404, '7'])
    expect(batches.length).toBe(2)
  })

  test.each([
    [{ 'X Gate': '7' }, 'responseHeaders "X Gate": Header name must be a valid HTTP token ["X Gate"]'],
    [{ 'X-Gate': 'a\nb' }, 'responseHeaders "X-Gate": Invalid character in header content ["X-Gate"]'],
  ])('refuses to start with headers that HTTP does not allow: %j', async (responseHeaders, error) => {
    await expect(start({ responseHeaders })).rejects.toMatchObject({
      code: 'OTLP_OPTION',
      message: `${error}; expected are names and values that HTTP allows; the server was not started`,
    })
  })

  test('does not serve a signal whose path is false', async () => {
    const { base } = await start({ paths: { metrics: false } })
    const response = await post(`${base}/v1/metrics`, oneOfEach.metrics)
    expect([response.status, decodeStatus(await bytesOf(response), 'json').message]).toEqual([
      404,
      'path "/v1/metrics": no signal is served there; served are /v1/traces, /v1/logs; request refused with 404',
    ])
    expect((await post(`${base}/v1/logs`, oneOfEach.logs)).status).toBe(200)
  })

  test('leaves other paths to the fallback', async () => {
    const { base } = await start({ fallback: (_request, response) => response.end('page') })
    expect(await (await fetch(`${base}/index.html`)).text()).toBe('page')
    expect((await post(`${base}/v1/traces`, oneSpan)).status).toBe(200)
    expect((await fetch(`${base}/v1/traces`)).status).toBe(405)
  })
})

describe('refusals by the handler', () => {
  const refusal = (retryable: boolean, more: object = {}) =>
    consumeError('QUEUE_FULL', 'queue: full', { retryable, ...more })
  test.each<[string, unknown, number, number, string | null, string]>([
    ['retryable', refusal(true), 503, 14, null, 'queue: full'],
    ['retryable with a wait', refusal(true, { retryAfterMillis: 1500 }), 503, 14, '2', 'queue: full'],
    ['permanent', refusal(false), 500, 13, null, 'queue: full'],
    ['permanent with a wait', refusal(false, { retryAfterMillis: 1500 }), 500, 13, null, 'queue: full'],
    ['CANCELLED', refusal(true, { status: 1 }), 503, 1, null, 'queue: full'],
    ['UNKNOWN', refusal(true, { status: 2 }), 500, 2, null, 'queue: full'],
    ['INVALID_ARGUMENT', refusal(false, { status: 3 }), 400, 3, null, 'queue: full'],
    ['DEADLINE_EXCEEDED', refusal(true, { status: 4 }), 503, 4, null, 'queue: full'],
    ['PERMISSION_DENIED', refusal(false, { status: 7 }), 403, 7, null, 'queue: full'],
    ['RESOURCE_EXHAUSTED', refusal(true, { status: 8, retryAfterMillis: 3000 }), 429, 8, '3', 'queue: full'],
    ['ABORTED', refusal(true, { status: 10 }), 503, 10, null, 'queue: full'],
    ['OUT_OF_RANGE', refusal(true, { status: 11 }), 503, 11, null, 'queue: full'],
    ['UNIMPLEMENTED', refusal(false, { status: 12 }), 404, 12, null, 'queue: full'],
    ['UNAVAILABLE', refusal(true, { status: 14 }), 503, 14, null, 'queue: full'],
    ['DATA_LOSS', refusal(true, { status: 15 }), 503, 15, null, 'queue: full'],
    ['UNAUTHENTICATED', refusal(false, { status: 16 }), 401, 16, null, 'queue: full'],
    [
      'any other error',
      new Error('secret path /etc/x'),
      500,
      13,
      null,
      'receiver: failed on this request; expected was a result or a refusal; it is not accepted and not worth repeating',
    ],
    [
      'an OtlpError',
      otlpError('OTLP_UNAVAILABLE', 'inner'),
      500,
      13,
      null,
      'receiver: failed on this request; expected was a result or a refusal; it is not accepted and not worth repeating',
    ],
    [
      'undefined',
      undefined,
      500,
      13,
      null,
      'receiver: failed on this request; expected was a result or a refusal; it is not accepted and not worth repeating',
    ],
  ])('%s', async (_name, error, http, grpc, retryAfter, message) => {
    const refused: unknown[] = []
    const { base } = await start({
      handler: () => Promise.reject(error),
      observer: {
        refused: (event) => refused.push([event.httpStatus, event.remoteAddress, event.error instanceof Error]),
      },
    })
    for (const [body, encoding, type] of [
      [oneSpan, 'protobuf', protobuf],
      [oneOfEach.traces, 'json', json],
    ] as const) {
      const response = await post(`${base}/v1/traces`, body)
      expect([response.status, response.headers.get('content-type'), response.headers.get('retry-after')]).toEqual([
        http,
        type,
        retryAfter,
      ])
      const status = decodeStatus(await bytesOf(response), encoding)
      expect([status.code, status.message]).toEqual([grpc, message])
      expect(status.details).toEqual(
        retryAfter === null ? [] : [{ type: 'retryInfo', retryDelayMillis: Number(retryAfter) * 1000 }],
      )
    }
    expect(refused).toEqual([
      [http, '127.0.0.1', true],
      [http, '127.0.0.1', true],
    ])
  })

  test('a handler that throws instead of rejecting is answered 500 too', async () => {
    const { base } = await start({
      handler: () => {
        throw new Error('at once')
      },
    })
    expect((await post(`${base}/v1/traces`, oneSpan)).status).toBe(500)
  })

  test('bad data name what is wrong as BadRequest detail', async () => {
    const { base } = await start()
    const response = await post(`${base}/v1/traces`, oneSpan.subarray(0, 20))
    const status = decodeStatus(await bytesOf(response), 'protobuf')
    expect(response.status).toBe(400)
    expect(status.details).toEqual([
      { type: 'badRequest', fieldViolations: [{ field: '', description: status.message }] },
    ])
  })
})

describe('the context of a request', () => {
  test('has no metadata unless asked for, and then all headers by lower-case name', async () => {
    const contexts: ConsumeContext[] = []
    const handler = async (_batch: Batch, context: ConsumeContext): Promise<undefined> => {
      contexts.push(context)
      return undefined
    }
    const without = await start({ handler })
    await post(`${without.base}/v1/traces`, oneSpan, { 'X-Tenant': '7' })
    expect(contexts[0]!.metadata.size).toBe(0)
    const withMetadata = await start({ handler, includeMetadata: true })
    const connection = await openRaw(withMetadata.port)
    connection.write(
      `POST /v1/traces HTTP/1.1\r\nHost: a\r\nX-Tenant: 7\r\nx-tenant: 8\r\n__proto__: p\r\nContent-Type: ${protobuf}\r\nContent-Length: 37\r\n\r\n`,
    )
    connection.write(oneSpan)
    await connection.response()
    connection.reset()
    expect([...contexts[1]!.metadata]).toEqual([
      ['host', ['a']],
      ['x-tenant', ['7', '8']],
      ['__proto__', ['p']],
      ['content-type', [protobuf]],
      ['content-length', ['37']],
    ])
  })

  test('aborts its signal when the sender goes away before the answer, also in a copy of the context', async () => {
    const called = deferred<ConsumeContext>()
    const done = deferred<undefined>()
    const { base } = await start({
      handler: (_batch, context) => {
        called.resolve({ ...context })
        return done.promise
      },
    })
    const sender = new AbortController()
    const sent = post(`${base}/v1/traces`, oneSpan, {}, sender.signal).catch(() => 'gone')
    const { signal } = await called.promise
    expect(signal.aborted).toBe(false)
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    sender.abort()
    await aborted
    expect(await sent).toBe('gone')
    done.resolve(undefined)
  })

  test('does not abort its signal after an answer', async () => {
    let signal: AbortSignal | undefined
    const { base } = await start({
      handler: async (_batch, context) => {
        signal = context.signal
        return undefined
      },
    })
    await (await post(`${base}/v1/traces`, oneSpan)).text()
    await post(`${base}/v1/logs`, oneOfEach.logs)
    expect(signal!.aborted).toBe(false)
  })
})

describe('bounds', () => {
  test('requests beyond maxInFlightBytes are answered 429 until others are answered', async () => {
    const waiting: ((value: undefined) => void)[] = []
    // Room for two requests of 37 bytes, each counting 1 KiB for itself.
    const { base } = await start({
      maxInFlightBytes: 2 * (1024 + 37),
      handler: () => new Promise((resolve) => waiting.push(resolve)),
    })
    const first = post(`${base}/v1/traces`, oneSpan)
    const second = post(`${base}/v1/traces`, oneSpan)
    while (waiting.length < 2) await new Promise((resolve) => setImmediate(resolve))
    const third = await post(`${base}/v1/traces`, oneSpan)
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '1'])
    expect(decodeStatus(await bytesOf(third), 'protobuf')).toEqual({
      code: 8,
      message:
        'receiver: no room for 1024 bytes more, requests being served hold 2122 bytes; the limit is 2122 bytes; request refused with 429, send it again later',
      details: [{ type: 'retryInfo', retryDelayMillis: 1000 }],
    })
    waiting[0]!(undefined)
    expect((await first).status).toBe(200)
    const fourth = post(`${base}/v1/traces`, oneSpan)
    while (waiting.length < 3) await new Promise((resolve) => setImmediate(resolve))
    waiting[1]!(undefined)
    waiting[2]!(undefined)
    expect([(await second).status, (await fourth).status]).toEqual([200, 200])
  })

  test('a request that fills maxInFlightBytes is served, one of a byte more is not', async () => {
    const fits = await start({ maxInFlightBytes: 1024 + 37 })
    expect((await post(`${fits.base}/v1/traces`, oneSpan)).status).toBe(200)
    const short = await start({ maxInFlightBytes: 1024 + 36 })
    expect((await post(`${short.base}/v1/traces`, oneSpan)).status).toBe(429)
  })

  test('a body that would not fit beside the others is refused while it is read, and inflated bytes count', async () => {
    const { base, batches } = await start({ maxInFlightBytes: 1024 + 3700 })
    // Field 100, unknown, of 3,659 bytes.
    const body = Buffer.concat([oneSpan, Buffer.from('a206cb1c', 'hex'), Buffer.alloc(3659)])
    expect((await post(`${base}/v1/traces`, body)).status).toBe(200)
    expect((await post(`${base}/v1/traces`, Buffer.concat([body, oneSpan]))).status).toBe(429)
    expect((await post(`${base}/v1/traces`, gzipSync(body), { 'content-encoding': 'gzip' })).status).toBe(429)
    expect((await post(`${base}/v1/traces`, body)).status).toBe(200)
    expect(batches.length).toBe(2)
  })

  test('the index of a dense request counts beside its bytes', async () => {
    // 100 spans of 37 bytes are 300 nodes of 40 bytes each.
    const body = Buffer.concat(Array.from({ length: 100 }, () => oneSpan))
    const fits = await start({ maxInFlightBytes: 3700 + 12_000 })
    expect((await post(`${fits.base}/v1/traces`, body)).status).toBe(200)
    const short = await start({ maxInFlightBytes: 3700 + 11_999 })
    expect((await post(`${short.base}/v1/traces`, body)).status).toBe(429)
  })

  test('a flood of requests on one connection does not pile up while the handler is stuck', async () => {
    let called = 0
    const { port } = await start({
      maxInFlightBytes: 5 * (1024 + 37),
      handler: () => {
        called++
        return new Promise(() => {})
      },
    })
    const connection = await openRaw(port)
    const request = Buffer.concat([
      Buffer.from(`POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: ${protobuf}\r\nContent-Length: 37\r\n\r\n`),
      oneSpan,
    ])
    connection.write(Buffer.concat(Array.from({ length: 2000 }, () => request)))
    while (called < 5) await new Promise((resolve) => setImmediate(resolve))
    const other = await openRaw(port)
    other.write(request)
    expect((await other.response()).status).toBe(429)
    expect(called).toBe(5)
    connection.reset()
    other.reset()
  })

  test('connections beyond maxConnections are closed, those within are served', async () => {
    const { port } = await start({ maxConnections: 1 })
    const first = await openRaw(port)
    first.write(`POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: ${protobuf}\r\nContent-Length: 0\r\n\r\n`)
    expect((await first.response()).status).toBe(200)
    const second = await openRaw(port)
    await second.closed
    first.write(`POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: ${protobuf}\r\nContent-Length: 0\r\n\r\n`)
    expect((await first.response()).status).toBe(200)
    first.reset()
  })

  test('keepAlive false closes each connection with its answer', async () => {
    const { port } = await start({ keepAlive: false })
    const connection = await openRaw(port)
    connection.write(`POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: ${protobuf}\r\nContent-Length: 0\r\n\r\n`)
    expect((await connection.response()).headers['connection']).toBe('close')
    await connection.closed
  })
})

describe('CORS', () => {
  const cors = {
    allowedOrigins: ['https://shop.example', 'https://*.test', 'http://ab*b.c'],
    allowedHeaders: ['X-Tenant'],
    exposedHeaders: ['X-Gate'],
    maxAgeSeconds: 600,
  }

  async function preflight(base: string, origin: string, headers: string): Promise<Record<string, string | null>> {
    const response = await fetch(`${base}/v1/traces`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': headers },
    })
    return {
      status: String(response.status),
      origin: response.headers.get('access-control-allow-origin'),
      methods: response.headers.get('access-control-allow-methods'),
      headers: response.headers.get('access-control-allow-headers'),
      credentials: response.headers.get('access-control-allow-credentials'),
      maxAge: response.headers.get('access-control-max-age'),
      vary: response.headers.get('vary'),
    }
  }

  test('a preflight of an allowed origin with allowed headers is granted', async () => {
    const { base } = await start({ cors })
    for (const origin of ['https://shop.example', 'https://a.b.test', 'https://SHOP.example']) {
      expect(await preflight(base, origin, 'content-type, x-tenant')).toEqual({
        status: '204',
        origin,
        methods: 'POST',
        headers: 'content-type, x-tenant',
        credentials: 'true',
        maxAge: '600',
        vary: 'Origin',
      })
    }
  })

  test.each([
    ['another origin', 'https://evil.example', 'content-type'],
    ['an origin that only begins like an allowed one', 'https://shop.example.evil', 'content-type'],
    ['an origin in which the ends of a pattern overlap', 'http://ab.c', 'content-type'],
    ['a header that is not allowed', 'https://shop.example', 'content-type, authorization'],
  ])('a preflight with %s is not granted', async (_name, origin, headers) => {
    const { base } = await start({ cors })
    const answer = await preflight(base, origin, headers)
    expect([answer['status'], answer['origin'], answer['methods'], answer['headers']]).toEqual([
      '204',
      null,
      null,
      null,
    ])
  })

  test('answers, errors too, carry the headers that let the page read them', async () => {
    const { base } = await start({ cors })
    for (const body of [oneSpan, oneSpan.subarray(1)]) {
      const response = await post(`${base}/v1/traces`, body, { origin: 'https://a.test' })
      expect([
        response.headers.get('access-control-allow-origin'),
        response.headers.get('access-control-expose-headers'),
        response.headers.get('vary'),
      ]).toEqual(['https://a.test', 'X-Gate', 'Origin'])
    }
    const other = await post(`${base}/v1/traces`, oneSpan, { origin: 'https://evil.example' })
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([200, null])
  })

  test('any origin is allowed by *, without credentials', async () => {
    const { base } = await start({ cors: { allowedOrigins: ['*'], allowedHeaders: ['*'] } })
    expect(await preflight(base, 'https://any.example', 'x-anything')).toMatchObject({
      origin: '*',
      headers: 'x-anything',
      credentials: null,
      maxAge: null,
    })
  })
})

describe('listening', () => {
  test('localhost binds both loopback addresses, with port 0 to the same port', async () => {
    const { server, port, batches } = await start({ endpoint: 'localhost:0' })
    expect(server.addresses[0]).toBe(`127.0.0.1:${port}`)
    // A machine without IPv6 has the first one alone.
    if (server.addresses.length === 2) {
      expect(server.addresses[1]).toBe(`[::1]:${port}`)
      expect((await post(`http://[::1]:${port}/v1/traces`, oneSpan)).status).toBe(200)
    }
    expect((await post(`http://127.0.0.1:${port}/v1/traces`, oneSpan)).status).toBe(200)
    expect(batches.length).toBe(server.addresses.length)
  })

  test('a port in use is an error that says so', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => void taken.close())
    const { port } = taken.address() as { port: number }
    const error = await createOtlpHttpServer({ endpoint: `localhost:${port}`, handler: async () => undefined }).catch(
      (caught) => caught,
    )
    expect(error).toMatchObject({
      code: 'OTLP_LISTEN',
      message: `endpoint "localhost:${port}": listen EADDRINUSE: address already in use 127.0.0.1:${port}; expected is an address of this machine with a free port (another process, or another receiver of this one, listens there); not started`,
    })
  })

  test.each(['localhost', '4318', 'localhost:65536', 'http://localhost:4318', '[::1:4318', 'a:b:1', ''])(
    'refuses the endpoint %o',
    async (endpoint) => {
      const error = await createOtlpHttpServer({ endpoint, handler: async () => undefined }).catch((caught) => caught)
      expect(error).toMatchObject({
        code: 'OTLP_OPTION',
        message: `endpoint "${endpoint}": not an address to listen on; expected host:port such as localhost:4318, 0.0.0.0:4318 or [::1]:4318 with a port from 0 to 65535; not started`,
      })
    },
  )
})

describe('shutdown', () => {
  test('lets running requests finish, refuses new connections, and closes idle ones', async () => {
    const called = deferred<void>()
    const done = deferred<undefined>()
    const { server, base, port } = await start({
      handler: () => {
        called.resolve()
        return done.promise
      },
    })
    const idle = await openRaw(port)
    idle.write(`POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: ${protobuf}\r\nContent-Length: 0\r\n\r\n`)
    await idle.response()
    const running = post(`${base}/v1/traces`, oneSpan)
    await called.promise
    const ended = server.shutdown(60_000)
    await idle.closed
    await expect(openRaw(port)).rejects.toThrow('ECONNREFUSED')
    done.resolve(undefined)
    const response = await running
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close'])
    await ended
    await server.shutdown()
  })

  test('cuts what still runs when the grace time is over, and not before', async () => {
    const clock = fakeClock()
    const called = deferred<void>()
    const { server, base } = await start({
      clock,
      handler: () => {
        called.resolve()
        return new Promise(() => {})
      },
    })
    let result = 'running'
    const running = post(`${base}/v1/traces`, oneSpan).then(
      () => (result = 'answered'),
      () => (result = 'cut'),
    )
    await called.promise
    const ended = server.shutdown(1000)
    await clock.advance(999)
    expect(result).toBe('running')
    await clock.advance(1)
    await ended
    await running
    expect(result).toBe('cut')
  })

  test('a second call shortens the grace time', async () => {
    const called = deferred<void>()
    const { server, base } = await start({
      handler: () => {
        called.resolve()
        return new Promise(() => {})
      },
    })
    const running = post(`${base}/v1/traces`, oneSpan).catch(() => 'cut')
    await called.promise
    const ended = server.shutdown(3_600_000)
    await server.shutdown(0)
    await ended
    expect(await running).toBe('cut')
  })

  test('answers 503 to a request that had begun before and comes whole only now', async () => {
    const { server, port } = await start()
    const connection = await openRaw(port)
    const request = Buffer.concat([
      Buffer.from(`POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: ${protobuf}\r\nContent-Length: 37\r\n\r\n`),
      oneSpan,
    ])
    connection.write(Buffer.concat([request, request.subarray(0, 20)]))
    expect((await connection.response()).status).toBe(200)
    const ended = server.shutdown(60_000)
    connection.write(request.subarray(20))
    const response = await connection.response()
    expect([response.status, response.headers['connection'], response.headers['retry-after']]).toEqual([
      503,
      'close',
      '1',
    ])
    expect(decodeStatus(response.body, 'protobuf')).toMatchObject({
      code: 14,
      message:
        'receiver: shutting down; expected is a running one; request refused with 503, send it again elsewhere or later',
    })
    await connection.closed
    await ended
  })
})

test('client and server understand each other in every encoding and compression', async () => {
  const { base, batches } = await start()
  for (const compression of ['none', 'gzip'] as const) {
    const inProtobuf = createOtlpHttpClient({ url: `${base}/v1/traces`, compression })
    expect(await inProtobuf.send({ signal: 'traces', chunks: [oneSpan, oneSpan], itemCount: 2 })).toEqual({
      result: 'accepted',
      partialSuccess: undefined,
    })
    const inJson = createOtlpHttpClient({ url: `${base}/v1/traces`, compression, encoding: 'json' })
    expect(
      (await inJson.send({ signal: 'traces', chunks: [Buffer.from(oneOfEach.traces)], itemCount: 1 })).result,
    ).toBe('accepted')
    const refused = await inJson.send({ signal: 'traces', chunks: [Buffer.from('[')], itemCount: 1 })
    expect(refused).toMatchObject({ result: 'failed', retryable: false, httpStatus: 400, grpcStatus: 3 })
    await Promise.all([inProtobuf.shutdown(), inJson.shutdown()])
  }
  expect(batches.map((batch) => batch.itemCount)).toEqual([2, 1, 2, 1])
})

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
