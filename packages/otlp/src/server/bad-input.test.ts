// SPDX-License-Identifier: Apache-2.0
import { deflateSync, gzipSync } from 'node:zlib'
import { type Batch, decodeStatus } from '@otel-ts/otlp'
import { createOtlpHttpServer, type OtlpHttpServerOptions, type OtlpServer } from '@otel-ts/otlp/server'
import { openRaw, type RawConnection, type RawResponse } from '@otel-ts/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

// One span: ids 01… and 02…, name "a".
const oneSpan = Buffer.from(
  `0a23${'1221'}${'121f'}${'0a10'}${'01'.repeat(16)}${'1208'}${'02'.repeat(8)}${'2a0161'}`,
  'hex',
)
const limit = 37 * 100
const atLimit = Buffer.concat(Array.from({ length: 100 }, () => oneSpan))
const overLimit = Buffer.concat([atLimit, Buffer.from([0])])
const oneSpanJson = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}'

let server: OtlpServer
let port: number
let batches: Batch[]
let refusals: [code: string, httpStatus: number][]
const connections: RawConnection[] = []

async function start(options: Partial<OtlpHttpServerOptions> = {}): Promise<void> {
  batches = []
  refusals = []
  server = await createOtlpHttpServer({
    endpoint: '127.0.0.1:0',
    maxRequestBodyBytes: limit,
    handler: async (batch) => {
      batches.push(batch)
      return undefined
    },
    observer: { refused: ({ code, httpStatus }) => refusals.push([code, httpStatus]) },
    ...options,
  })
  port = Number(server.addresses[0]!.split(':')[1])
}

async function open(): Promise<RawConnection> {
  const connection = await openRaw(port)
  connections.push(connection)
  return connection
}

afterEach(async () => {
  for (const connection of connections.splice(0)) connection.reset()
  await server.shutdown(0)
})

function head(lines: Record<string, string | number>, method = 'POST', path = '/v1/traces'): string {
  const text = Object.entries({ Host: 'test', ...lines }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${path} HTTP/1.1\r\n${text.join('')}\r\n`
}

const protobuf = 'application/x-protobuf'
const json = 'application/json'

function post(body: Uint8Array | string, headers: Record<string, string | number> = {}, path?: string): Buffer {
  const bytes = Buffer.from(body as string)
  return Buffer.concat([
    Buffer.from(head({ 'Content-Type': protobuf, 'Content-Length': bytes.length, ...headers }, 'POST', path)),
    bytes,
  ])
}

function chunked(pieces: readonly Uint8Array[]): Buffer {
  const parts = pieces.map((piece) =>
    Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
  )
  return Buffer.concat([
    Buffer.from(head({ 'Content-Type': protobuf, 'Transfer-Encoding': 'chunked' })),
    ...parts,
    Buffer.from('0\r\n\r\n'),
  ])
}

function statusOf(response: RawResponse): { code: number; message: string } {
  const encoding = response.headers['content-type'] === protobuf ? 'protobuf' : 'json'
  const { code, message } = decodeStatus(response.body, encoding)
  return { code, message }
}

async function expectGoodClientServed(): Promise<void> {
  const before = batches.length
  const connection = await open()
  connection.write(post(oneSpan))
  expect((await connection.response()).status).toBe(200)
  expect(batches.length).toBe(before + 1)
  expect(batches.at(-1)!.itemCount).toBe(1)
  connection.reset()
}

interface BadRequest {
  readonly bytes: Buffer | string
  readonly status: number
  /** Content-Type of the answer. Default protobuf. */
  readonly type?: string
  readonly grpc: number
  readonly code: string
  readonly message: string | RegExp
  readonly headers?: Record<string, string>
}

const json415 = `supported are ${protobuf} and ${json}; request refused with 415`
const unsupportedCoding =
  'supported are gzip, deflate, zlib, zstd, snappy, x-snappy-framed, identity; request refused with 415'
const gzipped = gzipSync(oneSpan)
const corrupt = Buffer.from(gzipped)
corrupt[12]! ^= 0xff
const badChecksum = Buffer.from(gzipped)
badChecksum[gzipped.length - 8]! ^= 0xff
const bomb = gzipSync(Buffer.alloc(50_000_000))

const badRequests: Record<string, BadRequest> = {
  'an unknown path': {
    bytes: post(oneSpan, {}, '/v2/traces'),
    status: 404,
    grpc: 12,
    code: 'OTLP_PATH',
    message:
      'path "/v2/traces": no signal is served there; served are /v1/traces, /v1/metrics, /v1/logs; request refused with 404',
  },
  'a path with a slash too many': {
    bytes: post(oneSpan, {}, '/v1/traces/'),
    status: 404,
    grpc: 12,
    code: 'OTLP_PATH',
    message: /^path "\/v1\/traces\/"/,
  },
  GET: {
    bytes: head({}, 'GET'),
    status: 405,
    type: json,
    grpc: 12,
    code: 'OTLP_METHOD',
    message: 'method GET at "/v1/traces": not allowed; supported is POST; request refused with 405',
    headers: { allow: 'POST' },
  },
  'PUT in protobuf': {
    bytes: head({ 'Content-Type': protobuf, 'Content-Length': 0 }, 'PUT'),
    status: 405,
    grpc: 12,
    code: 'OTLP_METHOD',
    message: 'method PUT at "/v1/traces": not allowed; supported is POST; request refused with 405',
    headers: { allow: 'POST' },
  },
  'a preflight without CORS': {
    bytes: head({ Origin: 'http://a' }, 'OPTIONS'),
    status: 405,
    type: json,
    grpc: 12,
    code: 'OTLP_METHOD',
    message: /^method OPTIONS/,
  },
  'no content type': {
    bytes: post(oneSpan, { 'Content-Type': '' }),
    status: 415,
    type: json,
    grpc: 3,
    code: 'OTLP_CONTENT_TYPE',
    message: `Content-Type "": not supported; ${json415}`,
    headers: { accept: `${protobuf}, ${json}` },
  },
  'text/plain': {
    bytes: post('hello', { 'Content-Type': 'text/plain' }),
    status: 415,
    type: json,
    grpc: 3,
    code: 'OTLP_CONTENT_TYPE',
    message: `Content-Type "text/plain": not supported; ${json415}`,
  },
  'application/protobuf': {
    bytes: post(oneSpan, { 'Content-Type': 'application/protobuf' }),
    status: 415,
    type: json,
    grpc: 3,
    code: 'OTLP_CONTENT_TYPE',
    message: `Content-Type "application/protobuf": not supported; ${json415}`,
  },
  'an unknown content encoding': {
    bytes: post(oneSpan, { 'Content-Encoding': 'br' }),
    status: 415,
    grpc: 12,
    code: 'OTLP_ENCODING',
    message: `Content-Encoding "br": not supported; ${unsupportedCoding}`,
    headers: { 'accept-encoding': 'gzip, deflate, zlib, zstd, snappy, x-snappy-framed, identity' },
  },
  'gzip twice': {
    bytes: post(gzipSync(gzipped), { 'Content-Encoding': 'gzip, gzip' }),
    status: 415,
    grpc: 12,
    code: 'OTLP_ENCODING',
    message: `Content-Encoding "gzip, gzip": not supported; ${unsupportedCoding}`,
  },
  'a body one byte over the limit': {
    bytes: post(overLimit),
    status: 413,
    grpc: 8,
    code: 'OTLP_TOO_LARGE',
    message:
      'request body of 3701 bytes: larger than the limit of 3700 bytes; request refused with 413, send smaller ones',
  },
  'a chunked body one byte over the limit': {
    bytes: chunked([atLimit, Buffer.from([0])]),
    status: 413,
    grpc: 8,
    code: 'OTLP_TOO_LARGE',
    message:
      'request body of more than 3700 bytes: larger than the limit of 3700 bytes; request refused with 413, send smaller ones',
  },
  'a body that inflates to one byte over the limit': {
    bytes: post(gzipSync(overLimit), { 'Content-Encoding': 'gzip' }),
    status: 413,
    grpc: 8,
    code: 'OTLP_TOO_LARGE',
    message:
      /^gzip body of \d+ bytes: inflates to more than the limit of 3700 bytes; inflating stopped there and nothing of it is used$/,
  },
  'deflate that inflates to one byte over the limit': {
    bytes: post(deflateSync(overLimit), { 'Content-Encoding': 'deflate' }),
    status: 413,
    grpc: 8,
    code: 'OTLP_TOO_LARGE',
    message: /^deflate \(zlib\) body of \d+ bytes: inflates to more than the limit of 3700 bytes/,
  },
  'corrupt gzip': {
    bytes: post(corrupt, { 'Content-Encoding': 'gzip' }),
    status: 400,
    grpc: 3,
    code: 'OTLP_DECOMPRESS',
    message:
      /^gzip body of \d+ bytes: .+; expected one whole gzip stream as Content-Encoding says; nothing of it is used$/,
  },
  'a wrong gzip checksum': {
    bytes: post(badChecksum, { 'Content-Encoding': 'gzip' }),
    status: 400,
    grpc: 3,
    code: 'OTLP_DECOMPRESS',
    message: /incorrect data check/,
  },
  'truncated gzip': {
    bytes: post(gzipped.subarray(0, -9), { 'Content-Encoding': 'gzip' }),
    status: 400,
    grpc: 3,
    code: 'OTLP_DECOMPRESS',
    message: /unexpected end of file/,
  },
  'garbage after gzip': {
    bytes: post(Buffer.concat([gzipped, Buffer.from('garbage')]), { 'Content-Encoding': 'gzip' }),
    status: 400,
    grpc: 3,
    code: 'OTLP_DECOMPRESS',
    message: /incorrect header check/,
  },
  'garbage after deflate': {
    bytes: post(Buffer.concat([deflateSync(oneSpan), Buffer.from('xyz')]), { 'Content-Encoding': 'deflate' }),
    status: 400,
    grpc: 3,
    code: 'OTLP_DECOMPRESS',
    message: /3 bytes follow the end of the stream/,
  },
  'plain bytes called gzip': {
    bytes: post(oneSpan, { 'Content-Encoding': 'gzip' }),
    status: 400,
    grpc: 3,
    code: 'OTLP_DECOMPRESS',
    message: /incorrect header check/,
  },
  'an empty body called gzip': {
    bytes: post('', { 'Content-Encoding': 'gzip' }),
    status: 400,
    grpc: 3,
    code: 'OTLP_DECOMPRESS',
    message: /^gzip body of 0 bytes: the body is empty/,
  },
  'truncated protobuf': {
    bytes: post(oneSpan.subarray(0, -1)),
    status: 400,
    grpc: 3,
    code: 'OTLP_TRUNCATED',
    message: /./,
  },
  'a lying length in protobuf': {
    bytes: post(Buffer.from('0affffffff0f00', 'hex')),
    status: 400,
    grpc: 3,
    code: 'OTLP_TRUNCATED',
    message: /./,
  },
  'JSON called protobuf': { bytes: post(oneSpanJson), status: 400, grpc: 3, code: '', message: /./ },
  'protobuf called JSON': {
    bytes: post(oneSpan, { 'Content-Type': json }),
    status: 400,
    type: json,
    grpc: 3,
    code: 'OTLP_JSON',
    message: /./,
  },
  'truncated JSON': {
    bytes: post(oneSpanJson.slice(0, -3), { 'Content-Type': json }),
    status: 400,
    type: json,
    grpc: 3,
    code: 'OTLP_JSON',
    message: /./,
  },
  'JSON of the wrong shape': {
    bytes: post('[1,2]', { 'Content-Type': json }),
    status: 400,
    type: json,
    grpc: 3,
    code: 'OTLP_JSON',
    message: /./,
  },
  'an empty JSON body': {
    bytes: post('', { 'Content-Type': json }),
    status: 400,
    type: json,
    grpc: 3,
    code: 'OTLP_JSON',
    message: /./,
  },
  'no HTTP at all': {
    bytes: 'hello there\r\n\r\n',
    status: 400,
    type: json,
    grpc: 3,
    code: 'OTLP_HTTP',
    message:
      /^request: not HTTP\/1\.1 \(".+", HPE_[A-Z_]+\); expected is a request as RFC 9112 frames it; request refused with 400, connection closed$/,
  },
  'an HTTP/2 preface': {
    bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    status: 400,
    type: json,
    grpc: 3,
    code: 'OTLP_HTTP',
    message:
      'request: HTTP/2, as gRPC speaks it; this port takes OTLP over HTTP/1.1; OTLP/gRPC is usually at port 4317; request refused with 400, connection closed',
  },
  'a TLS handshake': {
    bytes: '\x16\x03\x01\x00\x05hello',
    status: 400,
    type: json,
    grpc: 3,
    code: 'OTLP_HTTP',
    message:
      'request: a TLS handshake; expected is plain HTTP: this port has no TLS, use http:// in the endpoint; request refused with 400, connection closed',
  },
  'two content lengths': {
    bytes: 'POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    status: 400,
    type: json,
    grpc: 3,
    code: 'OTLP_HTTP',
    message: /HPE_UNEXPECTED_CONTENT_LENGTH/,
  },
  'a content length that is none': {
    bytes: head({ 'Content-Type': protobuf, 'Content-Length': '1e3' }),
    status: 400,
    type: json,
    grpc: 3,
    code: 'OTLP_HTTP',
    message: /HPE_INVALID_CONTENT_LENGTH/,
  },
  'content length beside chunked': {
    bytes: head({ 'Content-Length': 3, 'Transfer-Encoding': 'chunked' }),
    status: 400,
    type: json,
    grpc: 3,
    code: 'OTLP_HTTP',
    message: /HPE_/,
  },
  'a broken chunk size': {
    bytes: `${head({ 'Content-Type': protobuf, 'Transfer-Encoding': 'chunked' })}zz\r\n`,
    status: 400,
    grpc: 3,
    code: 'OTLP_HTTP',
    message: /^request body: not HTTP\/1\.1 \(".+", HPE_INVALID_CHUNK_SIZE\)/,
  },
  'headers over the limit': {
    bytes: head({ 'X-Long': 'x'.repeat(20_000) }),
    status: 431,
    type: json,
    grpc: 8,
    code: 'OTLP_HEADERS',
    message:
      'request: its headers are larger than the limit of this server; expected are shorter ones; request refused with 431',
  },
  'very many headers': {
    bytes: head(Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`X-${at}`, '1']))),
    status: 431,
    type: json,
    grpc: 8,
    code: 'OTLP_HEADERS',
    message: /larger than the limit/,
  },
}

describe('bad input is answered with its status and a Status in its encoding, beside a good client', () => {
  beforeEach(() => start())

  test.each(Object.entries(badRequests))('%s', async (_name, bad) => {
    const connection = await open()
    connection.write(bad.bytes)
    const response = await connection.response()
    const status = statusOf(response)
    expect({ status: response.status, type: response.headers['content-type'], grpc: status.code }).toEqual({
      status: bad.status,
      type: bad.type ?? protobuf,
      grpc: bad.grpc,
    })
    if (typeof bad.message === 'string') expect(status.message).toBe(bad.message)
    else expect(status.message).toMatch(bad.message)
    expect(response.headers).toMatchObject(bad.headers ?? {})
    if (bad.code !== '') expect(refusals).toEqual([[bad.code, bad.status]])
    expect(batches).toEqual([])
    await expectGoodClientServed()
  })

  test('a bomb is inflated no further than the limit', async () => {
    await server.shutdown(0)
    await start({ maxRequestBodyBytes: 60_000 })
    const connection = await open()
    connection.write(post(bomb, { 'Content-Encoding': 'gzip' }))
    const response = await connection.response()
    expect(response.status).toBe(413)
    expect(statusOf(response).message).toBe(
      `gzip body of ${bomb.length} bytes: inflates to more than the limit of 60000 bytes; inflating stopped there and nothing of it is used`,
    )
    await expectGoodClientServed()
  })
})

describe('input that is odd but good', () => {
  beforeEach(() => start())

  const good: Record<string, Buffer> = {
    'a body of exactly the limit': post(atLimit),
    'a chunked body of exactly the limit': chunked([
      atLimit.subarray(0, 1),
      atLimit.subarray(1, 2000),
      atLimit.subarray(2000),
    ]),
    'a body that inflates to exactly the limit': post(gzipSync(atLimit), { 'Content-Encoding': 'gzip' }),
    'deflate that inflates to exactly the limit': post(deflateSync(atLimit), { 'Content-Encoding': 'deflate' }),
    'gzip in several members': post(
      Buffer.concat([gzipSync(atLimit.subarray(0, 37)), gzipSync(atLimit.subarray(37))]),
      { 'Content-Encoding': 'x-gzip' },
    ),
    'gzip padded with zeros': post(Buffer.concat([gzipSync(atLimit), Buffer.alloc(64)]), {
      'Content-Encoding': 'gzip',
    }),
    'a content type with parameters': post(atLimit, { 'Content-Type': 'Application/X-Protobuf ; charset=utf-8' }),
    'a query behind the path': post(atLimit, {}, '/v1/traces?tenant=7'),
    'a target in absolute form': post(atLimit, {}, 'http://test:4318/v1/traces?a=/b'),
    'HTTP/1.0': Buffer.from(post(atLimit).toString('latin1').replace('HTTP/1.1', 'HTTP/1.0'), 'latin1'),
    'Content-Encoding: identity': post(atLimit, { 'Content-Encoding': 'identity' }),
    'an expectation nobody defines': post(atLimit, { Expect: 'the unexpected' }),
  }
  test.each(Object.entries(good))('%s', async (_name, bytes) => {
    const connection = await open()
    connection.write(bytes)
    const response = await connection.response()
    expect([response.status, response.headers['content-type'], response.body.byteLength]).toEqual([200, protobuf, 0])
    expect(batches.map((batch) => batch.itemCount)).toEqual([100])
  })

  test('requests written at once are answered in order', async () => {
    const connection = await open()
    connection.write(
      Buffer.concat(
        [post(oneSpan), post('x'), post(oneSpanJson, { 'Content-Type': json }), head({}, 'GET'), post(atLimit)].map(
          (part) => Buffer.from(part),
        ),
      ),
    )
    const statuses: number[] = []
    for (let count = 0; count < 5; count++) statuses.push((await connection.response()).status)
    expect(statuses).toEqual([200, 400, 200, 405, 200])
    expect(batches.map((batch) => batch.itemCount)).toEqual([1, 1, 100])
  })

  test('bytes that come one by one', async () => {
    const connection = await open()
    for (const byte of post(oneSpan)) {
      connection.write(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await connection.response()).status).toBe(200)
  })

  test('__proto__ keys in JSON stay data', async () => {
    const connection = await open()
    connection.write(
      post(
        '{"__proto__":{"polluted":1},"resourceSpans":[{"__proto__":{"polluted":1},"scopeSpans":[{"spans":[{"name":"a","attributes":[{"key":"__proto__","value":{"kvlistValue":{"values":[{"key":"__proto__","value":{"stringValue":"x"}}]}}}]}]}]}]}',
        { 'Content-Type': json },
      ),
    )
    expect((await connection.response()).status).toBe(200)
    expect(batches.length).toBe(1)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('Expect: 100-continue', () => {
  beforeEach(() => start())

  test('lets the body come when the headers are good', async () => {
    const connection = await open()
    connection.write(head({ 'Content-Type': protobuf, 'Content-Length': 37, Expect: '100-continue' }))
    expect((await connection.response()).status).toBe(100)
    connection.write(oneSpan)
    expect((await connection.response()).status).toBe(200)
  })

  test.each([
    ['too large', { 'Content-Type': protobuf, 'Content-Length': 1e9 }, 413],
    ['of the wrong type', { 'Content-Type': 'text/plain', 'Content-Length': 10 }, 415],
  ])('answers at once when the request is %s', async (_name, headers, status) => {
    const connection = await open()
    connection.write(head({ ...headers, Expect: '100-continue' }))
    expect((await connection.response()).status).toBe(status)
  })
})

describe('nesting', () => {
  test('20,000-deep JSON is refused with the nesting limit and a good client is served', async () => {
    await start({ maxRequestBodyBytes: 10_000_000 })
    const deep = `${'{"arrayValue":{"values":['.repeat(20_000)}{}${']}}'.repeat(20_000)}`
    const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"k","value":${deep}}]}]}]}]}`
    const connection = await open()
    connection.write(post(body, { 'Content-Type': json }))
    const response = await connection.response()
    expect(response.status).toBe(400)
    expect(statusOf(response).code).toBe(3)
    expect(refusals).toEqual([['OTLP_NESTING', 400]])
    await expectGoodClientServed()
  })
})

describe('senders that break off or dawdle', () => {
  test('a sender that resets in the middle of its body is counted and forgotten', async () => {
    const refused: { resolve(): void } = { resolve: () => {} }
    const seen = new Promise<void>((resolve) => {
      refused.resolve = resolve
    })
    await start({
      observer: {
        refused: ({ code, httpStatus }) => {
          refusals.push([code, httpStatus])
          refused.resolve()
        },
      },
    })
    const connection = await open()
    connection.write(post(oneSpan).subarray(0, -5))
    await expectGoodClientServed()
    connection.reset()
    await seen
    expect(refusals).toEqual([['OTLP_ABORTED', 499]])
    await expectGoodClientServed()
  })

  test('a sender that announces more than it sends is answered 408 once the read time-out is over', async () => {
    await start({ readTimeoutMillis: 250 })
    const connection = await open()
    connection.write(post(oneSpan, { 'Content-Length': 100 }))
    const response = await connection.response()
    expect([response.status, response.headers['connection'], response.headers['content-type']]).toEqual([
      408,
      'close',
      protobuf,
    ])
    expect(statusOf(response)).toEqual({
      code: 4,
      message:
        'request to "/v1/traces": only 37 bytes of its body arrived in time; expected was the whole body within the read time-out; request refused with 408',
    })
    await connection.closed
    expect(refusals).toEqual([['OTLP_TIMEOUT', 408]])
    await expectGoodClientServed()
  })

  test('a sender that announces less than it sends gets its answer; the rest is no request', async () => {
    await start()
    const connection = await open()
    connection.write(post(Buffer.concat([oneSpan, Buffer.from('rest\r\n\r\n')]), { 'Content-Length': 37 }))
    expect((await connection.response()).status).toBe(200)
    const broken = await connection.response().catch(() => undefined)
    if (broken !== undefined) expect(broken.status).toBe(400)
    await connection.closed
    expect(batches.length).toBe(1)
    await expectGoodClientServed()
  })

  test('a sender that stops in the middle of its body, but still reads, is answered 400', async () => {
    await start()
    const connection = await open()
    connection.write(post(oneSpan).subarray(0, -5))
    connection.end()
    const response = await connection.response()
    expect([response.status, response.headers['content-type']]).toEqual([400, protobuf])
    expect(statusOf(response).message).toMatch(/^request body: not HTTP\/1\.1 \(".+", HPE_INVALID_EOF_STATE\)/)
    await connection.closed
    expect(refusals).toEqual([['OTLP_HTTP', 400]])
    await expectGoodClientServed()
  })

  test('headers that do not end are answered 408 once the header time-out is over', async () => {
    await start({ readHeaderTimeoutMillis: 250 })
    const connection = await open()
    connection.write('POST /v1/traces HTTP/1.1\r\nHost: a\r\nX-Slow: ')
    const response = await connection.response()
    expect([response.status, response.headers['connection']]).toEqual([408, 'close'])
    expect(statusOf(response)).toEqual({
      code: 4,
      message:
        'request: its headers did not arrive in time; expected were whole headers within the read time-outs; request refused with 408',
    })
    connection.end()
    await connection.closed
    await expectGoodClientServed()
  })

  test('a dawdling sender of a refused request is cut off without a second answer', async () => {
    await start({ readTimeoutMillis: 250 })
    const connection = await open()
    connection.write(`${head({ 'Content-Type': 'text/plain', 'Content-Length': 1000 })}abc`)
    expect((await connection.response()).status).toBe(415)
    await expect(connection.response()).rejects.toThrow('connection ended; unparsed: ""')
    await connection.closed
  })

  test('a sender of far too much reads its answer although it is still writing', async () => {
    await start()
    const connection = await open()
    const length = 8_000_000
    connection.write(head({ 'Content-Type': protobuf, 'Content-Length': length }))
    connection.write(Buffer.alloc(length))
    const response = await connection.response()
    expect([response.status, response.headers['connection']]).toEqual([413, 'close'])
    await connection.closed
    await expectGoodClientServed()
  })
})
