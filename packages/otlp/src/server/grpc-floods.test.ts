// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:http2'
import { createOtlpGrpcServer, type OtlpGrpcServerOptions } from '@otel-ts/otlp/server'
import {
  fakeClock,
  grpcFrame,
  http2Frame,
  openRawGrpc,
  openRawHttp2,
  plainHeaderBlock,
  http2FrameType as type,
} from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'

const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
// Resource, scope, log record.
const oneLog = grpcFrame(Buffer.from('0a0412021200', 'hex'))
const flag = { endStream: 1, ack: 1, endHeaders: 4 } as const

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function start(options: Partial<OtlpGrpcServerOptions> = {}) {
  const clock = fakeClock()
  const server = await createOtlpGrpcServer({
    endpoint: '127.0.0.1:0',
    handler: async () => undefined,
    clock,
    // Room for one small call: a byte that stays accounted makes the next one fail.
    maxInFlightBytes: 1024 + 200,
    ...options,
  })
  cleanups.push(() => server.shutdown(0))
  const good = openRawGrpc(`http://${server.addresses[0]}`)
  cleanups.push(() => good.close())
  const port = Number(server.addresses[0]!.split(':')[1])
  const open = async () => {
    const connection = await openRawHttp2(port)
    cleanups.push(() => connection.close())
    await connection.until((frame) => frame.type === type.settings && frame.flags === flag.ack)
    return connection
  }
  const isServed = async () => {
    const { grpcStatus } = await good.call(path, oneLog).answer
    return grpcStatus === 0
  }
  return { open, isServed, good, clock }
}

const callHeaders = plainHeaderBlock([
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', path],
  [':authority', 'a'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
])
const headers = (streamId: number, flags: number = flag.endHeaders) =>
  http2Frame(type.headers, flags, streamId, callHeaders)
const reset = (streamId: number) => http2Frame(type.rstStream, 0, streamId, Uint8Array.of(0, 0, 0, 8))
const odd = (count: number) => Array.from({ length: count }, (_, at) => 2 * at + 1)
const codeOf = (goaway: { readonly payload: Uint8Array }) => Buffer.from(goaway.payload).readUInt32BE(4)
const textOf = (goaway: { readonly payload: Uint8Array }) => Buffer.from(goaway.payload.subarray(8)).toString()

test('frames by hand are served: the raw client of these tests is good for something', async () => {
  const { open } = await start()
  const { write, until } = await open()
  await write(Buffer.concat([headers(1), http2Frame(type.data, flag.endStream, 1, oneLog)]))
  const trailers = await until((frame) => frame.type === type.headers && (frame.flags & flag.endStream) !== 0)
  expect(trailers.streamId).toBe(1)
})

describe('a flood ends its connection, and leaves nothing behind for the good client beside it', () => {
  test('calls begun and reset at once (CVE-2023-44487)', async () => {
    const { open, isServed } = await start()
    const flood = await open()
    await flood.write(Buffer.concat(odd(5000).flatMap((id) => [headers(id), reset(id)])))
    const goaway = await flood.until((frame) => frame.type === type.goaway)
    expect([codeOf(goaway), textOf(goaway)]).toEqual([constants.NGHTTP2_ENHANCE_YOUR_CALM, 'too_many_resets'])
    await flood.closed
    expect(await isServed()).toBe(true)
  })

  test('800 resets are let be, and 33 more each second', async () => {
    const { open, isServed, clock } = await start()
    const connection = await open()
    let next = 1
    const resets = async (count: number) => {
      const ids = Array.from({ length: count }, () => {
        next += 2
        return next - 2
      })
      await connection.write(Buffer.concat(ids.flatMap((id) => [headers(id), reset(id)])))
      if (connection.isClosed) return
      // A call that is served shows that all before it were seen.
      const last = next
      next += 2
      await connection.write(Buffer.concat([headers(last), http2Frame(type.data, flag.endStream, last, oneLog)]))
      await connection.until((frame) => frame.streamId === last && (frame.flags & flag.endStream) !== 0)
    }
    await resets(800)
    await clock.advance(2000)
    await resets(66)
    expect(connection.isClosed).toBe(false)
    await connection.write(Buffer.concat([headers(next), reset(next)]))
    await connection.closed
    expect(await isServed()).toBe(true)
  })

  test.each([
    // The first ones came with the connection.
    [99, false],
    [100, true],
  ])('%d settings more: closed %s', async (count, closes) => {
    const { open, isServed } = await start()
    const flood = await open()
    await flood.write(Buffer.concat(Array.from({ length: count }, () => http2Frame(type.settings, 0, 0))))
    if (closes) {
      const goaway = await flood.until((frame) => frame.type === type.goaway)
      expect([codeOf(goaway), textOf(goaway)]).toEqual([constants.NGHTTP2_ENHANCE_YOUR_CALM, 'too_many_settings'])
      await flood.closed
    } else {
      await flood.write(Buffer.concat([headers(1), http2Frame(type.data, flag.endStream, 1, oneLog)]))
      await flood.until((frame) => frame.streamId === 1 && (frame.flags & flag.endStream) !== 0)
    }
    expect(await isServed()).toBe(true)
  })

  test('pings', async () => {
    const { open, isServed } = await start()
    const flood = await open()
    await flood.write(Buffer.concat(Array.from({ length: 1000 }, () => http2Frame(type.ping, 0, 0, Buffer.alloc(8)))))
    const goaway = await flood.until((frame) => frame.type === type.goaway)
    expect([codeOf(goaway), textOf(goaway)]).toEqual([constants.NGHTTP2_ENHANCE_YOUR_CALM, 'too_many_pings'])
    await flood.closed
    expect(await isServed()).toBe(true)
  })

  test.each([
    [101, false],
    [102, true],
  ])('%d DATA frames with nothing in them: closed %s', async (count, closes) => {
    const { open, isServed } = await start()
    const flood = await open()
    const empty = Array.from({ length: count }, () => http2Frame(type.data, 0, 1))
    await flood.write(Buffer.concat([headers(1), ...empty]))
    if (closes) {
      await flood.closed
    } else {
      await flood.write(http2Frame(type.data, flag.endStream, 1, oneLog))
      await flood.until((frame) => frame.streamId === 1 && (frame.flags & flag.endStream) !== 0)
    }
    expect(await isServed()).toBe(true)
  })

  test('headers without end (CONTINUATION)', async () => {
    const { open, isServed } = await start()
    const flood = await open()
    const more = http2Frame(type.continuation, 0, 1, plainHeaderBlock([['x', 'y'.repeat(1000)]]))
    await flood.write(Buffer.concat([headers(1, 0), ...Array.from({ length: 1000 }, () => more)]))
    await flood.closed
    expect(await isServed()).toBe(true)
  })

  test('headers that grow from a small table (HPACK bomb)', async () => {
    const { open, isServed } = await start()
    const flood = await open()
    // One literal that enters the table, then references of one byte to it: 4000 bytes each time.
    const value = Buffer.alloc(3900, 'v')
    const literal = Buffer.concat([Buffer.from([0x40, 1, 0x78, 0x7f, 0xbd, 0x1d]), value])
    const block = Buffer.concat([callHeaders, literal, Buffer.alloc(12_000, 0xbe)])
    await flood.write(http2Frame(type.headers, flag.endHeaders, 1, block))
    await Promise.race([flood.closed, flood.until((frame) => frame.type === type.rstStream && frame.streamId === 1)])
    expect(await isServed()).toBe(true)
  })

  test('calls that send nothing: as many as there is room, then UNAVAILABLE; with their connection they are gone', async () => {
    const { open, isServed, good } = await start({ maxInFlightBytes: 100 * 1024 })
    const flood = await open()
    await flood.write(Buffer.concat(odd(300).map((id) => headers(id))))
    // The 101st is the first that gets an answer.
    const refused = await flood.until((frame) => frame.type === type.headers)
    expect(refused.streamId).toBe(201)
    expect((await good.call(path, oneLog).answer).grpcStatus).toBe(14)
    await flood.close()
    for (;;) if (await isServed()) break
  })

  test('more calls at a time than are allowed are refused one by one', async () => {
    const { open, isServed } = await start({ maxConcurrentStreams: 3, maxInFlightBytes: 100_000 })
    const connection = await open()
    await connection.write(http2Frame(type.settings, flag.ack, 0))
    await connection.write(Buffer.concat(odd(3).map((id) => headers(id))))
    expect(await isServed()).toBe(true)
    expect(connection.received.filter((frame) => frame.type === type.rstStream || frame.type === type.goaway)).toEqual(
      [],
    )
    await connection.write(headers(7))
    await connection.until(
      (frame) => frame.type === type.goaway || (frame.type === type.rstStream && frame.streamId === 7),
    )
    expect(await isServed()).toBe(true)
  })
})

describe('broken frames', () => {
  test('GOAWAY, a call and settings of a wrong size in one piece do not end the process (CVE-2026-27135)', async () => {
    const { open, isServed } = await start({ maxInFlightBytes: 10_000 })
    const broken = await open()
    // Without a path: nghttp2 refuses it by itself, and no call is open when GOAWAY comes.
    const empty = plainHeaderBlock([
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', ''],
      [':authority', 'a'],
    ])
    const goaway = http2Frame(type.goaway, 0, 0, Buffer.alloc(8))
    const settings = http2Frame(type.settings, flag.ack, 0, Buffer.alloc(6))
    await broken.write(
      Buffer.concat([http2Frame(type.headers, flag.endHeaders, 1, empty), goaway, headers(3), settings]),
    )
    await broken.until((frame) => frame.type === type.goaway)
    expect(await isServed()).toBe(true)
  })

  test('a connection that node no longer reads is found by the keep-alive, and its calls end with it', async () => {
    const { open, isServed, clock, good } = await start({ keepAlive: { timeMillis: 1000, timeoutMillis: 100 } })
    const broken = await open()
    await broken.write(headers(1))
    await good.call(path, oneLog).answer
    // Of a wrong size: nghttp2 says GOAWAY by itself, and nobody else learns it.
    await broken.write(http2Frame(type.settings, flag.ack, 0, Buffer.alloc(6)))
    await broken.until((frame) => frame.type === type.goaway)
    await broken.close()
    // Node 20 still holds it here; newer ones do not.
    await good.call(path, oneLog).answer
    await clock.advance(1000)
    await good.call(path, oneLog).answer
    await clock.advance(1000)
    await good.call(path, oneLog).answer
    await clock.advance(100)
    expect(await isServed()).toBe(true)
  })
})

describe('metadata', () => {
  // Name, value and 32 for each entry: RFC 9113 section 6.5.2.
  const usual = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'a'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ] as const
  const usualBytes = usual.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0)

  test.each([
    [16 * 1024 - 32 - 1, true],
    [17 * 1024, false],
  ])('of %d bytes in one entry is served: %s', async (byteCount, served) => {
    const { open, isServed } = await start()
    const connection = await open()
    await connection.write(http2Frame(type.settings, flag.ack, 0))
    const value = 'v'.repeat(byteCount - usualBytes - 1)
    const block = plainHeaderBlock([...usual, ['x', value]])
    const first = http2Frame(type.headers, 0, 1, block.subarray(0, 16_000))
    const rest = http2Frame(type.continuation, flag.endHeaders, 1, block.subarray(16_000))
    await connection.write(Buffer.concat([first, rest, http2Frame(type.data, flag.endStream, 1, oneLog)]))
    const answer = await connection.until((frame) => frame.streamId === 1 && frame.type !== type.windowUpdate)
    expect(answer.type === type.headers).toBe(served)
    if (!served) expect(Buffer.from(answer.payload).readUInt32BE(0)).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    expect(await isServed()).toBe(true)
  })
})
