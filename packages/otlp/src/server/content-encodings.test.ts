// SPDX-License-Identifier: Apache-2.0
// Every content coding through a running server and back through a client.
import type { Batch } from '@otel-ts/otlp'
import { encodeTraces } from '@otel-ts/otlp'
import { createOtlpHttpClient } from '@otel-ts/otlp/client'
import { createOtlpHttpServer, type OtlpServer } from '@otel-ts/otlp/server'
import { captureOtlp, spanRecord, spansOfService } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { canEncodeContent, encodeContent } from '../transport/content-encoding.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const received: Batch[] = []

async function server(contentEncodings?: readonly string[]): Promise<string> {
  received.length = 0
  const made: OtlpServer = await createOtlpHttpServer({
    endpoint: '127.0.0.1:0',
    ...(contentEncodings === undefined ? {} : { contentEncodings }),
    handler: async (batch) => {
      received.push(batch)
      return undefined
    },
  })
  cleanups.push(() => made.shutdown(0))
  return `http://${made.addresses[0]}/v1/traces`
}

function body(spanCount: number): Uint8Array {
  const spans = Array.from({ length: spanCount }, (_, n) =>
    spanRecord({ traceId: 'a'.repeat(32), spanId: (n + 1).toString(16).padStart(16, '0'), name: `span ${n}` }),
  )
  return encodeTraces([spansOfService('shop', spans)])
}

test.each(['none', 'gzip', 'deflate', 'zlib', 'zstd', 'snappy', 'x-snappy-framed'] as const)(
  'what a client sends with compression %s arrives, small and large',
  async (compression) => {
    const client = createOtlpHttpClient({ url: await server(), compression })
    cleanups.push(() => client.shutdown())
    for (const spanCount of [1, 40_000]) {
      const chunks = [body(spanCount)]
      expect(await client.send({ signal: 'traces', chunks, itemCount: spanCount })).toMatchObject({
        result: 'accepted',
      })
      expect(received.at(-1)!.itemCount).toBe(spanCount)
    }
  },
)

function post(url: string, encoding: string | undefined, bytes: Uint8Array): Promise<Response> {
  const headers = {
    'content-type': 'application/x-protobuf',
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  }
  return fetch(url, { method: 'POST', headers, body: bytes as Uint8Array<ArrayBuffer> })
}

// One zstd frame, stored: a request with one empty ResourceSpans.
const zstdRequest = Buffer.from('28b52ffd20021100000a00', 'hex')

describe('a server', () => {
  test('reads zstd on every Node', async () => {
    expect((await post(await server(), 'zstd', zstdRequest)).status).toBe(200)
  })

  test('takes only the encodings it is told to, and names them', async () => {
    const url = await server(['gzip', 'snappy'])
    const snappy = await new Promise<Uint8Array>((resolve) =>
      encodeContent('snappy', undefined, [body(1)], body(1).byteLength, (_error, pieces) => resolve(pieces[0]!)),
    )
    expect((await post(url, 'snappy', snappy)).status).toBe(200)
    expect((await post(url, 'SNAPPY', snappy)).status).toBe(200)
    for (const [encoding, bytes] of [
      ['zstd', zstdRequest],
      ['x-snappy-framed', snappy],
      ['identity', body(1)],
      [undefined, body(1)],
      ['lz4', snappy],
      ['gzip, snappy', snappy],
    ] as const) {
      const answer = await post(url, encoding, bytes)
      expect([encoding, answer.status, answer.headers.get('accept-encoding')]).toEqual([encoding, 415, 'gzip, snappy'])
    }
  })

  test.each([
    [['gzip', ''], undefined, 200],
    [['gzip', 'identity'], 'identity', 200],
    [['gzip'], undefined, 415],
  ])('told %o answers bodies with Content-Encoding %o with %d', async (encodings, encoding, status) => {
    expect((await post(await server(encodings), encoding, body(1))).status).toBe(status)
  })

  test.each(['lz4', 'br', 'gzip2'])('does not start with an encoding it does not have: %s', async (name) => {
    await expect(server(['gzip', name])).rejects.toMatchObject({
      code: 'OTLP_OPTION',
      message: expect.stringContaining(`"${name}": not supported; allowed are gzip, deflate, zlib, zstd`),
    })
  })

  test.each(['snappy', 'snappy-framed', 'zstd', 'gzip', 'zlib'] as const)(
    'refuses a bomb in %s with 413 and serves on',
    async (coding) => {
      const url = await server()
      // 64 MB of zeros, or half a gigabyte of them in blocks of 4 bytes where Node cannot write the coding.
      const bomb = canEncodeContent(coding)
        ? await new Promise<Buffer>((resolve) =>
            encodeContent(coding, undefined, [Buffer.alloc(64_000_000)], 64_000_000, (_error, pieces) =>
              resolve(Buffer.concat(pieces)),
            ),
          )
        : Buffer.concat([
            Buffer.from('28b52ffd0058', 'hex'),
            ...new Array<Buffer>(4000).fill(Buffer.from('02001000', 'hex')),
            Buffer.from('010000', 'hex'),
          ])
      const name = coding === 'snappy-framed' ? 'x-snappy-framed' : coding
      expect((await post(url, name, bomb)).status).toBe(413)
      expect((await post(url, undefined, body(1))).status).toBe(200)
    },
  )
})

test.each(['snappy', 'x-snappy-framed', 'zstd', 'gzip'] as const)('a client reads answers in %s', async (encoding) => {
  const status = Buffer.from('{"code":3,"message":"not so"}')
  const stored: Record<string, Buffer> = {
    zstd: Buffer.concat([Buffer.from(`28b52ffd20${status.length.toString(16)}`, 'hex'), blockHeader(status), status]),
  }
  const coding = encoding === 'x-snappy-framed' ? 'snappy-framed' : encoding
  const answer =
    stored[encoding] ??
    (await new Promise<Buffer>((resolve) =>
      encodeContent(coding, undefined, [status], status.length, (_error, pieces) => resolve(Buffer.concat(pieces))),
    ))
  const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
  const wire = await captureOtlp({ status: 400, headers, body: answer })
  cleanups.push(() => wire.close())
  const client = createOtlpHttpClient({ url: wire.url })
  cleanups.push(() => client.shutdown())
  const outcome = await client.send({ signal: 'traces', chunks: [], itemCount: 1 })
  expect(outcome).toMatchObject({ result: 'failed', grpcStatus: 3 })
  if (outcome.result === 'failed') expect(outcome.error.message).toContain('saying "not so"')
})

// A stored block, the last one.
function blockHeader(content: Buffer): Buffer {
  const header = Buffer.alloc(3)
  header.writeUIntLE((content.length << 3) | 1, 0, 3)
  return header
}
