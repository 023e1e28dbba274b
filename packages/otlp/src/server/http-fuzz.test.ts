// SPDX-License-Identifier: Apache-2.0
import { deflateSync, gzipSync } from 'node:zlib'
import { createOtlpHttpServer } from '@otel-ts/otlp/server'
import { fuzzRounds, openRaw } from '@otel-ts/testkit'
import { expect, test } from 'vitest'

// One span: ids 01… and 02…, name "a".
const oneSpan = Buffer.from(
  `0a23${'1221'}${'121f'}${'0a10'}${'01'.repeat(16)}${'1208'}${'02'.repeat(8)}${'2a0161'}`,
  'hex',
)
const spans = Buffer.concat(Array.from({ length: 20 }, () => oneSpan))
const json = Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a","kind":2}]}]}]}')

function request(headers: string, body: Buffer, line = 'POST /v1/traces HTTP/1.1'): Buffer {
  return Buffer.concat([Buffer.from(`${line}\r\nHost: a\r\n${headers}\r\n\r\n`), body])
}

const protobufHeaders = (body: Buffer): string =>
  `Content-Type: application/x-protobuf\r\nContent-Length: ${body.length}`
const corpus: Buffer[] = [
  request(protobufHeaders(oneSpan), oneSpan),
  request(protobufHeaders(spans), spans),
  request(
    `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${json.length}`,
    json,
    'POST /v1/logs?x=1 HTTP/1.1',
  ),
  request(`${protobufHeaders(gzipSync(spans))}\r\nContent-Encoding: gzip`, gzipSync(spans)),
  request(`${protobufHeaders(deflateSync(spans))}\r\nContent-Encoding: deflate`, deflateSync(spans)),
  request(
    `${protobufHeaders(oneSpan)}\r\nExpect: 100-continue\r\nOrigin: http://a`,
    oneSpan,
    'POST /v1/metrics HTTP/1.1',
  ),
  request(
    'Content-Type: application/x-protobuf\r\nTransfer-Encoding: chunked',
    Buffer.concat([Buffer.from('25;ext=1\r\n'), oneSpan, Buffer.from('\r\n0\r\nTrailer: x\r\n\r\n')]),
  ),
  request('Origin: http://a\r\nAccess-Control-Request-Method: POST', Buffer.alloc(0), 'OPTIONS /v1/traces HTTP/1.1'),
  request('Connection: Upgrade\r\nUpgrade: websocket', Buffer.alloc(0), 'GET / HTTP/1.1'),
  request('', Buffer.alloc(0), 'CONNECT a:1 HTTP/1.1'),
  request('', Buffer.alloc(0), 'GET /v1/traces HTTP/1.1'),
  request(protobufHeaders(Buffer.alloc(5000)), Buffer.alloc(5000)),
]
const fragments = [
  '\r\n',
  '\r\n\r\n',
  '0\r\n\r\n',
  ' ',
  '\0',
  'ffffffff\r\n',
  'Content-Length: 99999999\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Encoding: gzip\r\n',
  'Expect: 100-continue\r\n',
  'HTTP/1.1',
  'é',
]

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function mutate(random: () => number): Buffer {
  const below = (limit: number): number => Math.floor(random() * limit)
  if (random() < 0.05) return Buffer.from(Array.from({ length: below(2000) }, () => below(256)))
  let bytes = Buffer.from(corpus[below(corpus.length)]!)
  if (random() < 0.3) bytes = Buffer.concat([bytes, corpus[below(corpus.length)]!])
  for (let count = below(4); count > 0; count--) {
    const at = below(bytes.length + 1)
    switch (below(5)) {
      case 0:
        if (at < bytes.length) bytes[at] = below(256)
        break
      case 1:
        bytes = bytes.subarray(0, at)
        break
      case 2:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(fragments[below(fragments.length)]!),
          bytes.subarray(at),
        ])
        break
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + below(40)))])
        break
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(below(at + 1), at), bytes.subarray(at)])
        break
    }
    bytes = Buffer.from(bytes)
  }
  return bytes
}

// The account is so small that forty requests whose bytes are not given back would shut the good client out.
test('whatever comes, the next good request is served and no memory stays accounted', async () => {
  let served = 0
  const codes = new Set<string>()
  const server = await createOtlpHttpServer({
    endpoint: '127.0.0.1:0',
    maxRequestBodyBytes: 4096,
    maxInFlightBytes: 40 * 1024,
    cors: { allowedOrigins: ['*'] },
    observer: { refused: ({ code }) => codes.add(code) },
    handler: async () => {
      served++
      return undefined
    },
  })
  const port = Number(server.addresses[0]!.split(':')[1])
  const random = randomFrom(20_261_120)
  const good = await openRaw(port)
  const rounds = fuzzRounds(5000)
  for (let round = 0; round < rounds; round++) {
    const bytes = mutate(random)
    const bad = await openRaw(port)
    const cut = Math.floor(random() * bytes.length)
    if (random() < 0.3) {
      bad.write(bytes.subarray(0, cut))
      await new Promise((resolve) => setImmediate(resolve))
      bad.write(bytes.subarray(cut))
    } else {
      bad.write(bytes)
    }
    const ending = random()
    if (ending < 0.8) bad.end()
    else bad.reset()
    good.write(corpus[0]!)
    const before = served
    const response = await good.response()
    if (response.status !== 200) {
      throw new Error(
        `round ${round}: good request answered ${response.status} after ${JSON.stringify(bytes.toString('latin1'))}`,
      )
    }
    expect(served).toBeGreaterThan(before)
    await bad.closed
  }
  // Mutations that never get past the first check would prove little.
  for (const code of [
    'OTLP_HTTP',
    'OTLP_PATH',
    'OTLP_METHOD',
    'OTLP_CONTENT_TYPE',
    'OTLP_ENCODING',
    'OTLP_TOO_LARGE',
    'OTLP_DECOMPRESS',
    'OTLP_TRUNCATED',
    'OTLP_JSON',
  ]) {
    expect(codes).toContain(code)
  }
  good.reset()
  await server.shutdown(0)
})
