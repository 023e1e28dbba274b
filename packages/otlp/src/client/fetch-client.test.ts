// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import type { OtlpClient, OtlpOutcome, OtlpRequest, RetryPolicy } from '@otel-ts/otlp/browser'
import { createOtlpFetchClient, type OtlpFetchClientOptions } from '@otel-ts/otlp/browser'
import { captureOtlp, fakeClock, type OtlpCapture } from '@otel-ts/testkit'
import { build } from 'esbuild'
import { afterEach, describe, expect, test } from 'vitest'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function capture(script?: Parameters<typeof captureOtlp>[0]): Promise<OtlpCapture> {
  const wire = await captureOtlp(script)
  cleanups.push(() => wire.close())
  return wire
}

function client(options: OtlpFetchClientOptions): OtlpClient {
  const made = createOtlpFetchClient(options)
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
  jitter: 0,
  maxAttempts: 3,
}

describe('what goes over the wire', () => {
  test('posts the chunks joined, with the headers of OTLP/HTTP', async () => {
    const wire = await capture()
    const chunks = [Buffer.from('ab'), Buffer.from('cd')]
    const outcome = await client({ url: `${wire.url}/v1/traces?a=1` }).send(traces('', { chunks }))
    expect(outcome).toEqual({ result: 'accepted', partialSuccess: undefined })
    const [request] = wire.requests
    expect([request!.method, request!.path, Buffer.from(request!.rawBody).toString()]).toEqual([
      'POST',
      '/v1/traces?a=1',
      'abcd',
    ])
    expect(request!.headers).toMatchObject({
      'content-type': 'application/x-protobuf',
      'content-length': '4',
      'user-agent': 'OTel-OTLP-Exporter-JavaScript/0.1.0',
    })
  })

  test('says application/json for JSON, and sends each signal to its own URL', async () => {
    const wire = await capture()
    const url = { traces: `${wire.url}/t`, metrics: `${wire.url}/m`, logs: `${wire.url}/l` }
    const otlp = client({ url, encoding: 'json' })
    for (const signal of ['logs', 'traces', 'metrics'] as const) await otlp.send(traces('{}', { signal }))
    expect(wire.requests.map((request) => [request.path, request.headers['content-type']])).toEqual([
      ['/l', 'application/json'],
      ['/t', 'application/json'],
      ['/m', 'application/json'],
    ])
  })

  test.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
  ] as const)('compresses with %s', async (compression, decompress) => {
    const wire = await capture()
    const text = 'otlp '.repeat(50_000)
    expect((await client({ url: wire.url, compression }).send(traces(text))).result).toBe('accepted')
    expect(wire.requests[0]!.headers['content-encoding']).toBe(compression)
    expect(decompress(wire.requests[0]!.rawBody).toString()).toBe(text)
  })

  test('sends uncompressed, and says so once, where the runtime cannot compress', async () => {
    const wire = await capture()
    const { CompressionStream } = globalThis
    cleanups.push(() => void Object.assign(globalThis, { CompressionStream }))
    Reflect.deleteProperty(globalThis, 'CompressionStream')
    const told: unknown[] = []
    const observer = { compressionReplaced: (event: { used: string }) => void told.push(event.used) }
    const otlp = client({ url: wire.url, compression: 'gzip', observer })
    await otlp.send(traces('plain'))
    await otlp.send(traces('plain'))
    expect(told).toEqual(['none'])
    expect(wire.requests[1]!.headers['content-encoding']).toBeUndefined()
    expect(Buffer.from(wire.requests[1]!.rawBody).toString()).toBe('plain')
  })

  test('asks for headers before each send, turns credentials of the URL into one, and keeps the framing its own', async () => {
    const wire = await capture()
    let token = 0
    const headers = async (): Promise<Record<string, string>> => ({
      'X-Token': String(++token),
      'Content-Type': 'no/no',
    })
    const otlp = client({ url: wire.url.replace('http://', 'http://user:p%C3%A4ss@'), headers })
    await otlp.send(traces('x'))
    await otlp.send(traces('x', { headers: { 'x-token': 'mine', 'x-more': 'yes' } }))
    expect(wire.requests[0]!.headers).toMatchObject({
      'x-token': '1',
      'content-type': 'application/x-protobuf',
      authorization: `Basic ${Buffer.from('user:päss').toString('base64')}`,
    })
    expect(wire.requests[1]!.headers).toMatchObject({ 'x-token': 'mine', 'x-more': 'yes' })
    expect(token).toBe(2)
  })

  test('keeps requests alive beyond the page up to 64 KiB at a time, and sends larger ones without', async () => {
    const wire = await capture('hang')
    const { fetch } = globalThis
    cleanups.push(() => void Object.assign(globalThis, { fetch }))
    const asked: (boolean | undefined)[] = []
    globalThis.fetch = (url, init) => {
      asked.push(init?.keepalive)
      return fetch(url, init)
    }
    const abort = new AbortController()
    const send = (otlp: OtlpClient, size: number): Promise<OtlpOutcome> =>
      otlp.send(traces('', { chunks: [Buffer.alloc(size)], abort: abort.signal }))
    const otlp = client({ url: wire.url, timeoutMillis: 0 })
    const sends = [send(otlp, 65_537), send(otlp, 60_000), send(otlp, 5536), send(otlp, 1)]
    sends.push(send(client({ url: wire.url, keepalive: false }), 1))
    await wire.request(4)
    abort.abort()
    await Promise.all(sends)
    expect(asked).toEqual([false, true, true, false, false])
    // What has ended makes room again.
    wire.answer({})
    await client({ url: wire.url }).send(traces('x'))
    expect(asked.at(-1)).toBe(true)
  })
})

describe('what the endpoint answers', () => {
  test('a partial success is handed on', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}'
    const wire = await capture({ headers, body })
    expect(await client({ url: wire.url }).send(traces('x'))).toEqual({
      result: 'accepted',
      partialSuccess: { rejectedCount: 2n, message: 'too old' },
    })
  })

  test('a compressed answer is read', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    const wire = await capture({ status: 400, headers, body: gzipSync('{"code":3,"message":"not so"}') })
    const outcome = failed(await client({ url: wire.url }).send(traces('x')))
    expect(outcome).toMatchObject({ retryable: false, httpStatus: 400, grpcStatus: 3 })
    expect(outcome.error.message).toContain('answered 400 Bad Request, saying "not so"')
  })

  test('a redirect is not followed', async () => {
    const wire = await capture({ status: 307, headers: { location: 'http://127.0.0.1:1/elsewhere' } })
    const outcome = failed(await client({ url: wire.url }).send(traces('x')))
    expect([outcome.error.code, outcome.retryable, wire.requests.length]).toEqual(['OTLP_REFUSED', false, 1])
    expect(outcome.error.message).toContain('redirects are not followed')
  })

  test.each([429, 502, 503, 504])('%d is retried, and what else is refused is not', async (status) => {
    const wire = await capture((_request, index) => (index === 0 ? { status } : {}))
    const clock = fakeClock()
    const retries: number[] = []
    const observer = { retry: (event: { delayMillis: number }) => void retries.push(event.delayMillis) }
    const sent = client({ url: wire.url, retry: steadyRetry, clock, observer }).send(traces('x'))
    await wire.request(0)
    while (retries.length === 0) await new Promise(setImmediate)
    await clock.advance(1000)
    expect((await sent).result).toBe('accepted')
    expect(retries).toEqual([1000])
    wire.answer({ status: 500 })
    expect(failed(await client({ url: wire.url, retry: steadyRetry }).send(traces('x'))).retryable).toBe(false)
    expect(wire.requests.length).toBe(3)
  })

  test('the wait of Retry-After is kept, and not begun when it ends after the deadline', async () => {
    const wire = await capture({ status: 503, headers: { 'retry-after': '7' } })
    const retries: number[] = []
    const observer = { retry: (event: { delayMillis: number }) => void retries.push(event.delayMillis) }
    const clock = fakeClock()
    const sent = client({ url: wire.url, retry: steadyRetry, clock, observer }).send(traces('x'))
    while (retries.length === 0) await new Promise(setImmediate)
    expect(retries).toEqual([7000])
    await clock.advance(7000)
    expect(failed(await sent)).toMatchObject({ retryAfterMillis: 7000, httpStatus: 503 })
    expect(wire.requests.length).toBe(2)
  })

  test('an answer up to the limit is read, one byte more ends the request', async () => {
    const headers = { 'content-type': 'application/json' }
    const wire = await capture({ headers, body: `${' '.repeat(98)}{}` })
    expect((await client({ url: wire.url, maxResponseBytes: 100 }).send(traces('x'))).result).toBe('accepted')
    const outcome = failed(await client({ url: wire.url, maxResponseBytes: 99, retry: steadyRetry }).send(traces('x')))
    expect([outcome.error.code, outcome.retryable]).toEqual(['OTLP_RESPONSE_TOO_LARGE', false])
  })

  test('an answer without end is given up at the limit', async () => {
    let ended: () => void
    const closed = new Promise<void>((resolve) => (ended = resolve))
    const server = createServer((request, response) => {
      request.resume()
      response.on('close', () => ended())
      const piece = Buffer.alloc(64 * 1024)
      const write = (): void => {
        while (!response.destroyed && response.write(piece));
      }
      response.on('drain', write)
      write()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => void server.close())
    const { port } = server.address() as { port: number }
    const outcome = failed(await client({ url: `http://127.0.0.1:${port}/` }).send(traces('x')))
    expect(outcome.error.code).toBe('OTLP_RESPONSE_TOO_LARGE')
    await closed
  })
})

describe('what ends a send', () => {
  test('a request at the limit is sent, one byte more is not', async () => {
    const wire = await capture()
    const otlp = client({ url: wire.url, maxRequestBytes: 5 })
    expect((await otlp.send(traces('12345'))).result).toBe('accepted')
    expect(failed(await otlp.send(traces('123456'))).error.code).toBe('OTLP_TOO_LARGE')
    expect(wire.requests.length).toBe(1)
  })

  test('the deadline, which also ends the request', async () => {
    const wire = await capture('hang')
    const clock = fakeClock()
    const sent = client({ url: wire.url, clock, timeoutMillis: 500 }).send(traces('x'))
    await wire.request(0)
    await clock.advance(499)
    await clock.advance(1)
    expect(failed(await sent)).toMatchObject({ retryable: true, grpcStatus: 4, error: { code: 'OTLP_DEADLINE' } })
  })

  test('the caller, before and during the request', async () => {
    const wire = await capture('hang')
    const abort = new AbortController()
    const sent = client({ url: wire.url }).send(traces('x', { abort: abort.signal }))
    await wire.request(0)
    abort.abort()
    expect(failed(await sent).error.code).toBe('OTLP_ABORTED')
    expect(failed(await client({ url: wire.url }).send(traces('x', { abort: abort.signal }))).error.code).toBe(
      'OTLP_ABORTED',
    )
    expect(wire.requests.length).toBe(1)
  })

  test('shutdown, then and later', async () => {
    const wire = await capture('hang')
    const otlp = client({ url: wire.url })
    const sent = otlp.send(traces('x'))
    await wire.request(0)
    await otlp.shutdown()
    expect(failed(await sent)).toMatchObject({ retryable: true, error: { code: 'OTLP_SHUTDOWN' } })
    expect(failed(await otlp.send(traces('x'))).error.code).toBe('OTLP_SHUTDOWN')
  })

  test('a connection that fails, with the reason where the runtime tells it', async () => {
    const server = createTcpServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const outcome = failed(await client({ url: `http://127.0.0.1:${port}/v1/traces` }).send(traces('x')))
    expect(outcome).toMatchObject({ retryable: true, grpcStatus: 14, error: { code: 'OTLP_CONNECTION' } })
    expect(outcome.error.message).toContain('ECONNREFUSED')
  })

  test('a failure of which a browser tells nothing is described by what it may be', async () => {
    const { fetch } = globalThis
    cleanups.push(() => void Object.assign(globalThis, { fetch }))
    globalThis.fetch = () => Promise.reject(new TypeError('Failed to fetch'))
    const outcome = failed(await client({ url: 'https://collector.example/v1/traces' }).send(traces('x')))
    expect(outcome).toMatchObject({ retryable: true, error: { code: 'OTLP_CONNECTION' } })
    expect(outcome.error.message).toContain('(CORS)')
  })

  test.each([
    ['no URL', { url: 'collector:4318' }, {}],
    ['a header that HTTP does not allow', { url: 'http://127.0.0.1:1/' }, { 'x-a': 'line\nbreak' }],
    ['a header name that HTTP does not allow', { url: 'http://127.0.0.1:1/' }, { 'x a': 'b' }],
  ])('%s, without an exception', async (_name, options, headers) => {
    const outcome = failed(await client({ ...options, headers, retry: steadyRetry }).send(traces('x')))
    expect([outcome.error.code, outcome.retryable]).toEqual(['OTLP_OPTION', false])
  })

  test('a headers function that fails, and may go well the next time', async () => {
    const headers = (): never => {
      throw new Error('no token')
    }
    const outcome = failed(await client({ url: 'http://127.0.0.1:1/', headers }).send(traces('x')))
    expect([outcome.error.code, outcome.retryable]).toEqual(['OTLP_OPTION', true])
  })
})

test('the entry for browsers bundles without anything of Node', async () => {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const result = await build({
    entryPoints: [join(folder, 'browser.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    metafile: true,
    logLevel: 'silent',
  })
  const inputs = Object.keys(result.metafile.inputs)
  expect(inputs.filter((path) => /builtin|connections|content-encoding|http-client|grpc-client/.test(path))).toEqual([])
  const text = result.outputFiles[0]!.text
  expect(/node:|\bprocess\b|\brequire\(/.exec(text)).toBeNull()
  // Optional where it is named at all: strings are made faster with it.
  expect(text.match(/\bBuffer\b/g)?.length ?? 0).toBeLessThanOrEqual(1)
  expect(text.length).toBeLessThan(30_000)
})
