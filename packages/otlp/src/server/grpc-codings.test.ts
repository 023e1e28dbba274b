// SPDX-License-Identifier: Apache-2.0
// Every coding of gRPC through our client and our server, and large messages that are read elsewhere.
import type { Batch } from '@otel-ts/otlp'
import { batchFromBytes, encodeTraces, otlpError } from '@otel-ts/otlp'
import { createOtlpGrpcClient, type OtlpClient, type OtlpGrpcClientOptions } from '@otel-ts/otlp/client'
import { createOtlpGrpcServer, type OtlpGrpcServerOptions } from '@otel-ts/otlp/server'
import { captureGrpc, grpcFrame, openRawGrpc, spanRecord, spansOfService } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { canEncodeContent, encodeContent } from '../transport/content-encoding.ts'
import type { ParseLarge } from './server.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function start(options: Partial<OtlpGrpcServerOptions> = {}) {
  const batches: Batch[] = []
  const refused: string[] = []
  const server = await createOtlpGrpcServer({
    endpoint: '127.0.0.1:0',
    handler: async (batch) => void batches.push(batch),
    observer: { refused: ({ code }) => refused.push(code) },
    ...options,
  })
  cleanups.push(() => server.shutdown(0))
  return { endpoint: server.addresses[0]!, batches, refused, server }
}

function client(options: OtlpGrpcClientOptions): OtlpClient {
  const made = createOtlpGrpcClient({ insecure: true, ...options })
  cleanups.push(() => made.shutdown())
  return made
}

function body(spanCount: number): Uint8Array {
  const spans = Array.from({ length: spanCount }, (_, n) =>
    spanRecord({ traceId: 'a'.repeat(32), spanId: (n + 1).toString(16).padStart(16, '0'), name: `span ${n}` }),
  )
  return encodeTraces([spansOfService('shop', spans)])
}

test.each(['none', 'gzip', 'deflate', 'zstd', 'snappy'] as const)(
  'what a client sends with compression %s arrives, small and large',
  async (compression) => {
    const { endpoint, batches } = await start()
    const otlp = client({ endpoint, compression })
    for (const spanCount of [1, 20_000]) {
      const chunks = [body(spanCount)]
      expect(await otlp.send({ signal: 'traces', chunks, itemCount: spanCount })).toEqual({
        result: 'accepted',
        partialSuccess: undefined,
      })
      expect(Buffer.concat(batches.at(-1)!.chunks()).equals(chunks[0]!)).toBe(true)
    }
  },
)

// Where Node cannot write zstd a client says so and sends gzip.
test.each([
  ['snappy', 'snappy'],
  ['zstd', canEncodeContent('zstd') ? 'zstd' : 'gzip'],
] as const)('compression %s is named %s and the message flagged', async (compression, encoding) => {
  const wire = await captureGrpc()
  cleanups.push(() => wire.close())
  await client({ endpoint: wire.endpoint, compression }).send({ signal: 'traces', chunks: [body(1)], itemCount: 1 })
  expect([wire.calls[0]!.headers['grpc-encoding'], wire.calls[0]!.body[0]]).toEqual([encoding, 1])
})

// A request with one empty ResourceSpans, "0a 00": one zstd frame, stored; snappy's framing format, stored, with the
// masked CRC-32C of the two bytes; one block of snappy, which gRPC does not mean by the name.
const emptyResource = '0a00'
const zstd = Buffer.from(`28b52ffd2002110000${emptyResource}`, 'hex')
const snappyBlock = Buffer.from(`0204${emptyResource}`, 'hex')

describe('a server', () => {
  async function answerTo(encoding: string, message: Uint8Array) {
    const { endpoint } = await start()
    const connection = openRawGrpc(`http://${endpoint}`)
    cleanups.push(() => connection.close())
    const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
    return connection.call(path, grpcFrame(message, 1), { 'grpc-encoding': encoding }).answer
  }

  test('reads zstd on every Node', async () => {
    expect((await answerTo('zstd', zstd)).grpcStatus).toBe(0)
  })

  test('means the framing format by snappy', async () => {
    const framed = await new Promise<Uint8Array>((resolve) =>
      encodeContent('snappy-framed', undefined, [Buffer.from(emptyResource, 'hex')], 2, (_error, pieces) =>
        resolve(Buffer.concat(pieces)),
      ),
    )
    expect((await answerTo('snappy', framed)).grpcStatus).toBe(0)
    expect((await answerTo('snappy', snappyBlock)).grpcStatus).toBe(3)
  })

  test.each(['zlib', 'x-snappy-framed', 'x-gzip', 'lz4'])(
    'does not know %s, which is no name of gRPC',
    async (name) => {
      const answer = await answerTo(name, zstd)
      expect(answer.grpcStatus).toBe(12)
      expect(answer.headers['grpc-accept-encoding']).toBe('identity,gzip,deflate,zstd,snappy')
    },
  )
})

describe('a client', () => {
  const partial = Buffer.from('0a0908051205776f726c64', 'hex')

  test.each([
    ['zstd', Buffer.concat([Buffer.from('28b52ffd200b590000', 'hex'), partial])],
    ['snappy', undefined],
  ] as const)('reads answers in %s', async (encoding, stored) => {
    const message =
      stored ??
      (await new Promise<Uint8Array>((resolve) =>
        encodeContent('snappy-framed', undefined, [partial], partial.length, (_error, pieces) =>
          resolve(Buffer.concat(pieces)),
        ),
      ))
    const wire = await captureGrpc({
      script: { headers: { 'grpc-encoding': encoding }, data: [grpcFrame(message, 1)] },
    })
    cleanups.push(() => wire.close())
    const outcome = await client({ endpoint: wire.endpoint }).send({ signal: 'traces', chunks: [], itemCount: 1 })
    expect(outcome).toEqual({ result: 'accepted', partialSuccess: { rejectedCount: 5n, message: 'world' } })
  })
})

describe('messages beyond the limit are read elsewhere', () => {
  /** A server whose large messages are read when the test says so. */
  async function startLarge(options: Partial<OtlpGrpcServerOptions> = {}) {
    const calls: { byteCount: number; abort: AbortSignal; read(): void; fail(error: Error): void }[] = []
    let called = (): void => undefined
    const parseLarge: ParseLarge = (signal, _encoding, bytes, abort) =>
      new Promise((resolve, reject) => {
        // As handing over to a thread does.
        const moved = structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] })
        const read = (): void => resolve(batchFromBytes(signal, moved))
        calls.push({ byteCount: moved.byteLength, abort, read, fail: reject })
        called()
      })
    const started = await start({ parseLarge, largeBodyBytes: 1000, ...options })
    const firstCall = () =>
      new Promise<(typeof calls)[number]>((resolve) => {
        called = () => {
          if (calls.length > 0) resolve(calls[0]!)
        }
        called()
      })
    return { ...started, calls, firstCall }
  }

  // One span, and field 100, unknown, as long as it takes: its tag, a length of two bytes, zeros.
  const one = body(1)
  const sized = (byteCount: number) => {
    const content = Buffer.alloc(byteCount - one.length - 4)
    return Buffer.concat([one, Uint8Array.of(0xa2, 0x06, 0x80 | (content.length & 127), content.length >> 7), content])
  }
  const largest = sized(1000)
  const smallest = sized(1001)
  const send = (otlp: OtlpClient, bytes: Uint8Array) => otlp.send({ signal: 'traces', chunks: [bytes], itemCount: 1 })

  test.each(['none', 'gzip', 'snappy'] as const)(
    'the largest here and the smallest there, as inflated, with compression %s',
    async (compression) => {
      const { endpoint, calls, firstCall, batches } = await startLarge()
      const otlp = client({ endpoint, compression })
      expect((await send(otlp, largest)).result).toBe('accepted')
      expect(calls).toEqual([])
      const sent = send(otlp, smallest)
      const call = await firstCall()
      expect([call.byteCount, batches.length]).toEqual([1001, 1])
      call.read()
      expect((await sent).result).toBe('accepted')
      expect(Buffer.concat(batches[1]!.chunks()).equals(smallest)).toBe(true)
    },
  )

  test.each([
    [otlpError('OTLP_TOO_MANY', 'too many parts'), 8, 'too many parts'],
    [otlpError('OTLP_TRUNCATED', 'at offset 7'), 3, 'at offset 7'],
    [otlpError('OTLP_SHUTDOWN', 'later'), 14, 'later'],
    [new TypeError('secret'), 13, 'failed to read the request'],
  ])('rejecting with %s answers %i', async (error, grpcStatus, text) => {
    const { endpoint, firstCall, batches } = await startLarge()
    const sent = send(client({ endpoint }), smallest)
    ;(await firstCall()).fail(error)
    const outcome = await sent
    expect(outcome).toMatchObject({ result: 'failed', grpcStatus })
    const said = outcome.result === 'failed' ? outcome.error.message : ''
    expect(said).toContain(text)
    expect(said).not.toContain('secret')
    expect(batches).toEqual([])
  })

  test('a sender that leaves meanwhile: the reader is told, and nothing of it reaches the handler', async () => {
    const { endpoint, firstCall, batches, server } = await startLarge()
    const leaving = new AbortController()
    const chunks = [smallest]
    const sent = client({ endpoint }).send({ signal: 'traces', chunks, itemCount: 1, abort: leaving.signal })
    const call = await firstCall()
    const told = new Promise<void>((resolve) => call.abort.addEventListener('abort', () => resolve(), { once: true }))
    leaving.abort()
    expect(await sent).toMatchObject({ result: 'failed', grpcStatus: 1 })
    await told
    call.read()
    await server.shutdown(0)
    expect(batches).toEqual([])
  })
})
