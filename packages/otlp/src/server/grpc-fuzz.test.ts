// SPDX-License-Identifier: Apache-2.0
import { deflateSync, gzipSync } from 'node:zlib'
import { createOtlpGrpcServer } from '@otel-ts/otlp/server'
import {
  fuzzRounds,
  grpcFrame,
  http2Frame,
  openRawGrpc,
  openRawHttp2,
  plainHeaderBlock,
  type RawHttp2Connection,
} from '@otel-ts/testkit'
import { expect, test } from 'vitest'

// One span: ids 01… and 02…, name "a".
const oneSpan = Buffer.from(
  `0a23${'1221'}${'121f'}${'0a10'}${'01'.repeat(16)}${'1208'}${'02'.repeat(8)}${'2a0161'}`,
  'hex',
)
const spans = Buffer.concat(Array.from({ length: 20 }, () => oneSpan))
const service = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const bodies = [
  grpcFrame(oneSpan),
  grpcFrame(spans),
  grpcFrame(new Uint8Array()),
  grpcFrame(gzipSync(spans), 1),
  grpcFrame(deflateSync(spans), 1),
  grpcFrame(Buffer.alloc(5000)),
  Buffer.concat([grpcFrame(oneSpan), grpcFrame(oneSpan)]),
]
const headerSets = [
  [],
  [['grpc-encoding', 'gzip']],
  [['grpc-encoding', 'deflate']],
  [['grpc-encoding', 'br']],
  [['grpc-timeout', '1S']],
  [['grpc-timeout', '1n']],
  [['grpc-timeout', 'x']],
  [['x-bin', 'AQI']],
  [['content-length', '7']],
] as const
const paths = [service, service, service, '/grpc.health.v1.Health/Check', '/grpc.health.v1.Health/Watch', '/', '']
const contentTypes = ['application/grpc', 'application/grpc', 'application/grpc+proto', 'application/json']

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Some calls as frames, in a random order of events, and then bytes changed here and there. */
function conversation(random: () => number): Buffer {
  const below = (limit: number): number => Math.floor(random() * limit)
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!
  const frames: Uint8Array[] = []
  for (let count = 1 + below(3), id = 1; count > 0; count--, id += 2) {
    const block = plainHeaderBlock([
      [':method', random() < 0.95 ? 'POST' : 'GET'],
      [':scheme', 'http'],
      [':path', one(paths)],
      [':authority', 'a'],
      ['content-type', one(contentTypes)],
      ['te', 'trailers'],
      ...one(headerSets),
    ])
    const split = random() < 0.2 ? below(block.length) : block.length
    frames.push(http2Frame(1, split === block.length ? 4 : 0, id, block.subarray(0, split)))
    if (split < block.length) frames.push(http2Frame(9, 4, id, block.subarray(split)))
    let body = one(bodies)
    if (random() < 0.2) body = body.subarray(0, below(body.length))
    while (body.length > 0) {
      const size = random() < 0.5 ? body.length : 1 + below(body.length)
      frames.push(http2Frame(0, size === body.length && random() < 0.7 ? 1 : 0, id, body.subarray(0, size)))
      body = body.subarray(size)
    }
    // What does not belong there, or does.
    if (random() < 0.2) frames.push(http2Frame(3, 0, id, Uint8Array.of(0, 0, 0, below(14))))
    if (random() < 0.2) frames.push(http2Frame(8, 0, one([0, id]), Uint8Array.of(below(256), 0, 0, below(256))))
    if (random() < 0.1) frames.push(http2Frame(6, below(2), 0, Buffer.alloc(8)))
    if (random() < 0.1)
      frames.push(http2Frame(4, below(2), 0, Uint8Array.of(0, below(9), 0, 0, below(256), below(256))))
    if (random() < 0.1) frames.push(http2Frame(1, 5, id, plainHeaderBlock([['x-trailer', '1']])))
    if (random() < 0.05) frames.push(http2Frame(7, 0, 0, Buffer.alloc(8)))
    if (random() < 0.05) frames.push(http2Frame(below(256), below(256), below(8), Buffer.alloc(below(40))))
  }
  let bytes = Buffer.concat(frames)
  for (let count = random() < 0.5 ? 0 : 1 + below(4); count > 0; count--) {
    const at = below(bytes.length)
    if (random() < 0.7) bytes[at] = below(256)
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + below(40)))])
  }
  return bytes
}

async function send(random: () => number, port: number): Promise<RawHttp2Connection> {
  const bytes = conversation(random)
  const bad = await openRawHttp2(port, random() < 0.1 ? 5 : 1000)
  if (random() < 0.3) {
    const cut = Math.floor(random() * bytes.length)
    await bad.write(bytes.subarray(0, cut))
    await bad.write(bytes.subarray(cut))
  } else {
    await bad.write(bytes)
  }
  return bad
}

// The account is so small that forty calls whose bytes are not given back would shut the good client out.
test('whatever frames come, the next good call is served and no memory stays accounted', async () => {
  const codes = new Set<string>()
  let acceptedCount = 0
  const server = await createOtlpGrpcServer({
    endpoint: '127.0.0.1:0',
    maxReceiveMessageBytes: 4096,
    maxInFlightBytes: 40 * 1024,
    // Connections that broke the protocol are found by it: node stops reading them.
    keepAlive: { timeMillis: 50, timeoutMillis: 50 },
    observer: { refused: ({ code }) => codes.add(code), accepted: () => acceptedCount++ },
    handler: async () => undefined,
  })
  const port = Number(server.addresses[0]!.split(':')[1])
  const random = randomFrom(20_261_120)
  const good = openRawGrpc(`http://127.0.0.1:${port}`)
  const rounds = fuzzRounds(2000)
  for (let round = 0; round < rounds; round++) {
    const bad = await send(random, port)
    const before = acceptedCount
    const { grpcStatus } = await good.call(service, grpcFrame(oneSpan)).answer
    if (grpcStatus !== 0) throw new Error(`round ${round}: good call answered ${grpcStatus}`)
    expect(acceptedCount).toBeGreaterThan(before)
    await bad.close()
  }
  // Conversations that never get past the first check would prove little.
  for (const code of [
    'OTLP_ABORTED',
    'OTLP_CONTENT_TYPE',
    'OTLP_DEADLINE',
    'OTLP_DECOMPRESS',
    'OTLP_ENCODING',
    'OTLP_GRPC',
    'OTLP_METHOD',
    'OTLP_PATH',
    'OTLP_TOO_LARGE',
    'OTLP_TRUNCATED',
  ]) {
    expect(codes).toContain(code)
  }
  await good.close()
  await server.shutdown(0)
})
