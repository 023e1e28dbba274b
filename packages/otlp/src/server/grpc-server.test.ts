// SPDX-License-Identifier: Apache-2.0
import { deflateSync, gzipSync } from 'node:zlib'
import {
  type Batch,
  type ConsumeContext,
  consumeError,
  decodeExportResponse,
  decodeStatus,
  type PartialSuccess,
} from '@otel-ts/otlp'
import { createOtlpGrpcServer, type OtlpGrpcServerOptions } from '@otel-ts/otlp/server'
import { fakeClock, grpcFrame, openRawGrpc, type RawGrpcAnswer } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'

// One span: ids 01… and 02…, name "a".
const oneSpan = Buffer.from(
  `0a23${'1221'}${'121f'}${'0a10'}${'01'.repeat(16)}${'1208'}${'02'.repeat(8)}${'2a0161'}`,
  'hex',
)
const oneLog = Buffer.from('0a0412021200', 'hex')
const paths = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

type Refused = Parameters<NonNullable<NonNullable<OtlpGrpcServerOptions['observer']>['refused']>>[0]

async function start(options: Partial<OtlpGrpcServerOptions> = {}) {
  const batches: Batch[] = []
  const refused: Refused[] = []
  const server = await createOtlpGrpcServer({
    endpoint: '127.0.0.1:0',
    handler: async (batch) => {
      batches.push(batch)
      return undefined
    },
    observer: { refused: (event) => refused.push(event) },
    ...options,
  })
  cleanups.push(() => server.shutdown(0))
  const open = () => {
    const connection = openRawGrpc(`http://${server.addresses[0]}`)
    cleanups.push(() => connection.close())
    return connection
  }
  const connection = open()
  return { server, batches, refused, open, connection, call: connection.call }
}

/** The `google.rpc.Status` of a refusal. */
function details(answer: RawGrpcAnswer) {
  const text = answer.headers['grpc-status-details-bin'] ?? answer.trailers['grpc-status-details-bin']
  return text === undefined ? undefined : decodeStatus(new Uint8Array(Buffer.from(text, 'base64')), 'protobuf')
}

const message = (answer: RawGrpcAnswer) =>
  decodeURIComponent(answer.headers['grpc-message'] ?? answer.trailers['grpc-message'] ?? '')

describe('success', () => {
  test.each([
    ['traces', oneSpan],
    ['metrics', Buffer.from('0a0812061204' + '2a020a00', 'hex')],
    ['logs', oneLog],
  ] as const)('%s reach the handler byte for byte and are answered with an empty message', async (signal, body) => {
    const { call, batches } = await start()
    const answer = await call(paths[signal], grpcFrame(body)).answer
    expect(answer).toMatchObject({ httpStatus: 200, resetCode: 0, trailers: { 'grpc-status': '0' } })
    expect(answer.headers).toEqual({ ':status': '200', 'content-type': 'application/grpc' })
    expect([...answer.body]).toEqual([0, 0, 0, 0, 0])
    expect(batches.map((batch) => batch.signal)).toEqual([signal])
    expect(Buffer.concat(batches[0]!.chunks()).equals(body)).toBe(true)
  })

  test.each([
    ['an empty message', new Uint8Array()],
    ['a resource without spans', Uint8Array.of(0x0a, 0x00)],
  ])('%s is a success that the handler does not see', async (_name, body) => {
    const { call, batches } = await start()
    const answer = await call(paths.traces, grpcFrame(body)).answer
    expect([answer.grpcStatus, [...answer.body], batches]).toEqual([0, [0, 0, 0, 0, 0], []])
  })

  test.each([
    'application/grpc',
    'application/grpc+proto',
    'application/grpc; charset=utf-8',
    'Application/GRPC+proto',
  ])('takes the Content-Type %s', async (contentType) => {
    const { call } = await start()
    const { answer } = call(paths.traces, grpcFrame(oneSpan), { 'content-type': contentType })
    expect((await answer).grpcStatus).toBe(0)
  })

  test.each([
    ['gzip', gzipSync(oneSpan), 1],
    ['deflate', deflateSync(oneSpan), 1],
    ['gzip', oneSpan, 0],
    ['identity', oneSpan, 0],
  ] as const)('with grpc-encoding %s it takes %o with flag %d', async (encoding, body, flag) => {
    const { call, batches } = await start()
    const { answer } = call(paths.traces, grpcFrame(body, flag), { 'grpc-encoding': encoding })
    expect((await answer).grpcStatus).toBe(0)
    expect(Buffer.concat(batches[0]!.chunks()).equals(oneSpan)).toBe(true)
  })

  test('a message may come byte by byte', async () => {
    const { call, batches } = await start()
    const { stream, answer } = call(paths.traces, undefined)
    for (const byte of grpcFrame(oneSpan)) {
      await new Promise((resolve) => stream.write(Uint8Array.of(byte), resolve))
    }
    stream.end()
    expect((await answer).grpcStatus).toBe(0)
    expect(Buffer.concat(batches[0]!.chunks()).equals(oneSpan)).toBe(true)
  })

  test.each<PartialSuccess>([
    { rejectedCount: 3n, message: 'no name' },
    { rejectedCount: 0n, message: 'old field' },
  ])('answers the partial success %o', async (partial) => {
    const { call } = await start({ handler: async () => partial })
    const answer = await call(paths.traces, grpcFrame(oneSpan)).answer
    expect([answer.grpcStatus, answer.body[0]]).toEqual([0, 0])
    expect(decodeExportResponse(answer.body.subarray(5), 'protobuf')).toEqual(partial)
  })

  test('shortens a message that would not fit into an answer', async () => {
    const { call } = await start({ handler: async () => ({ rejectedCount: 1n, message: 'x'.repeat(5_000_000) }) })
    const answer = await call(paths.traces, grpcFrame(oneSpan)).answer
    expect(decodeExportResponse(answer.body.subarray(5), 'protobuf')!.message).toBe(`${'x'.repeat(16 * 1024)}…`)
  })

  test('tells the observer of each accepted call, with the bytes that came', async () => {
    const seen: unknown[] = []
    const { call } = await start({
      observer: { accepted: ({ batch, byteCount }) => seen.push([batch.itemCount, byteCount]) },
    })
    const body = grpcFrame(gzipSync(oneSpan), 1)
    await call(paths.traces, body, { 'grpc-encoding': 'gzip' }).answer
    expect(seen).toEqual([[1, body.byteLength]])
  })

  test('many calls at once on one connection are all answered', async () => {
    const { call, batches } = await start()
    const body = Buffer.concat(Array.from({ length: 1000 }, () => oneSpan))
    const answers = await Promise.all(Array.from({ length: 200 }, () => call(paths.traces, grpcFrame(body)).answer))
    expect(answers.every(({ grpcStatus }) => grpcStatus === 0)).toBe(true)
    expect(batches.map((batch) => batch.itemCount)).toEqual(Array.from({ length: 200 }, () => 1000))
  })
})

describe('metadata', () => {
  const seen = async (options: Partial<OtlpGrpcServerOptions>, headers: Record<string, string>) => {
    let context: ConsumeContext | undefined
    const { call } = await start({
      handler: async (_batch, given) => {
        context = given
        return undefined
      },
      ...options,
    })
    await call(paths.traces, grpcFrame(oneSpan), headers).answer
    return context!.metadata
  }

  test('is handed on when asked for: lower case, -bin in base64, without what is the protocol’s own', async () => {
    const metadata = await seen(
      { includeMetadata: true },
      { 'X-Tenant': 'Seven', 'trace-bin': 'AQI=', 'grpc-timeout': '10S', 'user-agent': 'me/1' },
    )
    expect(Object.fromEntries(metadata)).toMatchObject({
      'x-tenant': ['Seven'],
      'trace-bin': ['AQI='],
      'user-agent': ['me/1'],
      'content-type': ['application/grpc'],
    })
    expect([...metadata.keys()].sort()).toEqual([':authority', 'content-type', 'trace-bin', 'user-agent', 'x-tenant'])
  })

  test('is empty by default', async () => {
    expect((await seen({}, { 'x-tenant': 'seven' })).size).toBe(0)
  })
})

describe('refusals before the handler', () => {
  test.each<[string, Record<string, string | undefined>, string, number, number, RegExp]>([
    ['another method', { ':method': 'GET' }, paths.traces, 405, 12, /method "GET".*only POST/],
    ['no Content-Type', { 'content-type': undefined }, paths.traces, 415, 3, /absent.*4318/],
    ['HTTP’s Content-Type', { 'content-type': 'application/x-protobuf' }, '/v1/traces', 415, 3, /x-protobuf.*4318/],
    ['another codec', { 'content-type': 'application/grpc+json' }, paths.traces, 415, 3, /grpc\+json/],
    ['gRPC-Web', { 'content-type': 'application/grpc-web+proto' }, paths.traces, 415, 3, /grpc-web/],
    [
      'another service',
      {},
      '/opentelemetry.proto.collector.profiles.v1.Profiles/Export',
      200,
      12,
      /TraceService.*UNIMPL/,
    ],
    ['another method of the service', {}, paths.traces.replace('Export', 'Import'), 200, 12, /Import.*UNIMPLEMENTED/],
    ['an unknown grpc-encoding', { 'grpc-encoding': 'br' }, paths.traces, 200, 12, /"br".*gzip/],
    ['an encoding named like a property', { 'grpc-encoding': 'constructor' }, paths.traces, 200, 12, /"constructor"/],
    ['a malformed grpc-timeout', { 'grpc-timeout': '10s' }, paths.traces, 200, 13, /"10s".*H, M, S/],
    ['no time at all', { 'grpc-timeout': '0n' }, paths.traces, 200, 4, /grpc-timeout of 0 ms/],
  ])('%s', async (_name, headers, path, httpStatus, grpcStatus, text) => {
    const { call, refused, batches } = await start()
    const answer = await call(path, grpcFrame(oneSpan), headers).answer
    expect([answer.httpStatus, answer.grpcStatus]).toEqual([httpStatus, grpcStatus])
    expect(message(answer)).toMatch(text)
    // The status stands in the headers: nothing follows them but, for who is no gRPC client, a text.
    expect(answer.trailers).toEqual({})
    expect(answer.headers['content-type']).toBe(httpStatus === 200 ? 'application/grpc' : 'text/plain; charset=utf-8')
    expect(Buffer.from(answer.body).toString()).toBe(httpStatus === 200 ? '' : `${message(answer)}\n`)
    expect(refused.map((event) => [event.grpcStatus, event.remoteAddress])).toEqual([[grpcStatus, '127.0.0.1']])
    expect(batches).toEqual([])
  })

  test('405 names the method, UNIMPLEMENTED the encodings', async () => {
    const { call } = await start()
    const { headers } = await call(paths.traces, undefined, { ':method': 'PUT' }).answer
    expect(headers['allow']).toBe('POST')
    const unknown = await call(paths.traces, undefined, { 'grpc-encoding': 'lz4' }).answer
    expect(unknown.headers['grpc-accept-encoding']).toMatch(/^identity,gzip,deflate/)
  })

  test('a signal that is not served is UNIMPLEMENTED', async () => {
    const { call } = await start({ signals: ['logs'] })
    expect((await call(paths.traces, grpcFrame(oneSpan)).answer).grpcStatus).toBe(12)
    expect((await call(paths.logs, grpcFrame(oneLog)).answer).grpcStatus).toBe(0)
  })

  test.each<[string, Uint8Array, number, RegExp]>([
    ['no message', new Uint8Array(), 13, /ended without a message/],
    ['half a prefix', Uint8Array.of(0, 0, 0), 13, /3 of the 5 bytes of its prefix/],
    ['half a message', grpcFrame(oneSpan).subarray(0, 20), 13, /15 of the 37 bytes of its message/],
    ['two messages', Buffer.concat([grpcFrame(oneSpan), grpcFrame(oneSpan)]), 13, /bytes follow its message/],
    ['a byte more', Buffer.concat([grpcFrame(oneSpan), Uint8Array.of(0)]), 13, /bytes follow its message/],
    ['a flag of 2', grpcFrame(oneSpan, 2), 13, /flag is 2/],
    ['the flag without an encoding', grpcFrame(oneSpan, 1), 13, /flag is set/],
    ['a broken message', grpcFrame(oneSpan.subarray(0, 30)), 3, /offset|truncated|claims/i],
  ])('%s', async (_name, body, grpcStatus, text) => {
    const { call, refused, batches } = await start()
    const answer = await call(paths.traces, body).answer
    expect([answer.httpStatus, answer.grpcStatus, answer.resetCode]).toEqual([200, grpcStatus, 0])
    expect(message(answer)).toMatch(text)
    expect([refused.length, batches]).toEqual([1, []])
  })

  test('what is wrong with a message stands in BadRequest', async () => {
    const { call } = await start()
    const answer = await call(paths.traces, grpcFrame(oneSpan.subarray(0, 30))).answer
    expect(details(answer)).toEqual({
      code: 3,
      message: message(answer),
      details: [{ type: 'badRequest', fieldViolations: [{ field: '', description: message(answer) }] }],
    })
  })

  test.each([
    ['gzip', Buffer.from('no gzip')],
    ['gzip', gzipSync(oneSpan).subarray(0, -9)],
    ['gzip', Buffer.concat([gzipSync(oneSpan), Buffer.from('more')])],
    ['deflate', gzipSync(oneSpan)],
    ['gzip', Buffer.alloc(0)],
  ])('%s of %o is INVALID_ARGUMENT', async (encoding, body) => {
    const { call, batches } = await start()
    const answer = await call(paths.traces, grpcFrame(body, 1), { 'grpc-encoding': encoding }).answer
    expect([answer.grpcStatus, batches]).toEqual([3, []])
  })
})

describe('limits', () => {
  // Field 100, unknown, of one byte each: "a0 06 00".
  const filled = (byteCount: number) =>
    Buffer.concat([oneLog, Buffer.alloc(byteCount - oneLog.length, Buffer.from('a00600', 'hex'))])

  test.each([
    ['plain', 4 * 1024 * 1024 - 1, 0],
    ['plain', 4 * 1024 * 1024 + 2, 8],
    ['gzip', 4 * 1024 * 1024 - 1, 0],
    ['gzip', 4 * 1024 * 1024 + 2, 8],
  ])('by default a message %s may have 4 MiB: of %d bytes it is answered %d', async (encoding, byteCount, status) => {
    const { call, batches } = await start()
    const body = filled(byteCount)
    const headers = encoding === 'gzip' ? { 'grpc-encoding': 'gzip' } : {}
    const { answer } = call(paths.logs, encoding === 'gzip' ? grpcFrame(gzipSync(body), 1) : grpcFrame(body), headers)
    const got = await answer
    expect(got.grpcStatus).toBe(status)
    expect(batches.length).toBe(status === 0 ? 1 : 0)
    // Final: no RetryInfo.
    expect(details(got)).toBeUndefined()
  })

  test('a message too large is refused as soon as its length is there, and the rest is not wanted', async () => {
    const { call } = await start({ maxReceiveMessageBytes: 100 })
    const { stream, answer } = call(paths.logs, undefined)
    stream.write(Uint8Array.of(0, 0, 0, 0, 101))
    const got = await answer
    expect([got.grpcStatus, got.resetCode]).toEqual([8, 0])
    expect(message(got)).toMatch(/101 bytes.*limit of 100 bytes.*RESOURCE_EXHAUSTED/)
  })

  test('the limit holds for a message of exactly its size, before and after decompression', async () => {
    const { call } = await start({ maxReceiveMessageBytes: 99 })
    expect((await call(paths.logs, grpcFrame(filled(99))).answer).grpcStatus).toBe(0)
    expect((await call(paths.logs, grpcFrame(filled(102))).answer).grpcStatus).toBe(8)
    const gzip = { 'grpc-encoding': 'gzip' }
    expect((await call(paths.logs, grpcFrame(gzipSync(filled(99)), 1), gzip).answer).grpcStatus).toBe(0)
    expect((await call(paths.logs, grpcFrame(gzipSync(filled(102)), 1), gzip).answer).grpcStatus).toBe(8)
  })

  test('room of all calls: a full server answers UNAVAILABLE with a wait, and takes the next when there is room', async () => {
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    let entered = (): void => undefined
    const first = new Promise<void>((resolve) => {
      entered = resolve
    })
    const { call, refused } = await start({
      maxInFlightBytes: 2 * 1024 + 200,
      handler: async () => {
        entered()
        await gate
        return undefined
      },
    })
    const held = call(paths.logs, grpcFrame(filled(90)))
    await first
    expect((await call(paths.logs, grpcFrame(new Uint8Array())).answer).grpcStatus).toBe(0)
    const full = await call(paths.logs, grpcFrame(filled(150))).answer
    expect([full.grpcStatus, refused[0]!.code]).toEqual([14, 'OTLP_OVERLOADED'])
    expect(message(full)).toMatch(/limit is 2248 bytes; call refused with UNAVAILABLE/)
    expect(details(full)!.details).toEqual([{ type: 'retryInfo', retryDelayMillis: 1000 }])
    open()
    expect((await held.answer).grpcStatus).toBe(0)
    expect((await call(paths.logs, grpcFrame(filled(150))).answer).grpcStatus).toBe(0)
  })

  test('bytes count as they arrive, not as announced', async () => {
    const { call } = await start({ maxInFlightBytes: 3 * 1024, maxReceiveMessageBytes: 1_000_000 })
    const slow = call(paths.logs, undefined)
    slow.stream.write(Uint8Array.of(0, 0, 15, 0, 0))
    expect((await call(paths.logs, grpcFrame(filled(300))).answer).grpcStatus).toBe(0)
    slow.stream.write(Buffer.alloc(4000))
    expect((await slow.answer).grpcStatus).toBe(14)
    expect((await call(paths.logs, grpcFrame(filled(300))).answer).grpcStatus).toBe(0)
  })
})

describe('what the handler rejects with', () => {
  test.each<[string, unknown, number, string | undefined, unknown]>([
    ['retryable', consumeError('X', 'busy', { retryable: true }), 14, 'busy', undefined],
    ['for good', consumeError('X', 'never', { retryable: false }), 13, 'never', undefined],
    ['a wait', consumeError('X', 'w', { retryable: true, retryAfterMillis: 1250 }), 14, 'w', 1250],
    ['a status', consumeError('X', 'who', { retryable: false, status: 16 }), 16, 'who', undefined],
    ['a retryable status', consumeError('X', 'a', { retryable: true, status: 10 }), 10, 'a', undefined],
    ['a status of OK', consumeError('X', 'ok', { retryable: true, status: 0 }), 14, 'ok', undefined],
    ['exhausted', consumeError('X', 'q', { retryable: true, status: 8 }), 8, 'q', 1000],
    ['exhausted, a wait', consumeError('X', 'q', { retryable: true, status: 8, retryAfterMillis: 7 }), 8, 'q', 7],
    [
      'exhausted for good',
      consumeError('X', 'q', { retryable: false, status: 8, retryAfterMillis: 7 }),
      8,
      'q',
      undefined,
    ],
    ['any error', new Error('secret'), 13, undefined, undefined],
    ['no error at all', 'secret', 13, undefined, undefined],
  ])('%s', async (_name, error, grpcStatus, text, waitMillis) => {
    for (const handler of [
      () => Promise.reject(error),
      () => {
        throw error
      },
    ]) {
      const { call, refused } = await start({ handler })
      const answer = await call(paths.traces, grpcFrame(oneSpan)).answer
      expect([answer.httpStatus, answer.grpcStatus, answer.trailers]).toEqual([200, grpcStatus, {}])
      if (text !== undefined) expect(message(answer)).toBe(text)
      expect(message(answer)).not.toContain('secret')
      const retry = details(answer)?.details.find((detail) => detail.type === 'retryInfo')
      expect(retry?.retryDelayMillis).toBe(waitMillis)
      expect(refused.map((event) => event.grpcStatus)).toEqual([grpcStatus])
    }
  })

  test('a long message is cut, and the headers stay below what the strictest peers take', async () => {
    const long = 'ü%'.repeat(100_000)
    const { call } = await start({
      handler: () => Promise.reject(consumeError('X', long, { retryable: true, retryAfterMillis: 5 })),
    })
    const answer = await call(paths.traces, grpcFrame(oneSpan)).answer
    expect(answer.grpcStatus).toBe(14)
    const size = Object.entries(answer.headers).reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0)
    expect(size).toBeLessThan(8192)
    expect(message(answer)).toMatch(/^(?:ü%)+ü?\.\.\.$/)
    expect(details(answer)!.message).toMatch(/^(?:ü%)+ü?…$/)
  })
})

describe('time', () => {
  const never = () => new Promise<undefined>(() => undefined)

  test('a deadline aborts the context of the handler and is answered DEADLINE_EXCEEDED', async () => {
    const clock = fakeClock()
    let entered = (_signal: AbortSignal): void => undefined
    const context = new Promise<AbortSignal>((resolve) => {
      entered = resolve
    })
    const { call, refused } = await start({
      clock,
      handler: (_batch, { signal }) => {
        entered(signal)
        return never()
      },
    })
    const { answer } = call(paths.traces, grpcFrame(oneSpan), { 'grpc-timeout': '1500m' })
    const signal = await context
    await clock.advance(1499)
    expect(signal.aborted).toBe(false)
    await clock.advance(1)
    expect(signal.aborted).toBe(true)
    const got = await answer
    expect([got.grpcStatus, refused.map(({ code }) => code)]).toEqual([4, ['OTLP_DEADLINE']])
    expect(message(got)).toContain('grpc-timeout of 1500 ms')
  })

  test('what the handler still holds stays accounted until it lets go, and is then neither accepted nor refused', async () => {
    const clock = fakeClock()
    let settle = (): void => undefined
    let entered = (): void => undefined
    const inHandler = new Promise<void>((resolve) => {
      entered = resolve
    })
    const accepted: unknown[] = []
    const refused: string[] = []
    const { call } = await start({
      clock,
      maxInFlightBytes: 1024 + 1000,
      observer: { accepted: (event) => accepted.push(event), refused: ({ code }) => refused.push(code) },
      handler: () =>
        new Promise((resolve) => {
          settle = () => resolve(undefined)
          entered()
        }),
    })
    const { answer } = call(paths.traces, grpcFrame(oneSpan), { 'grpc-timeout': '1S' })
    await inHandler
    await clock.advance(1000)
    expect((await answer).grpcStatus).toBe(4)
    expect((await call(paths.traces, grpcFrame(new Uint8Array())).answer).grpcStatus).toBe(14)
    settle()
    expect((await call(paths.traces, grpcFrame(new Uint8Array())).answer).grpcStatus).toBe(0)
    expect([accepted.length, refused]).toEqual([1, ['OTLP_DEADLINE', 'OTLP_OVERLOADED']])
  })

  test('a message that does not come whole in time is refused', async () => {
    const clock = fakeClock()
    const { call, refused } = await start({ clock, readTimeoutMillis: 5000 })
    const { stream, answer } = call(paths.traces, undefined)
    await new Promise((resolve) => stream.write(grpcFrame(oneSpan).subarray(0, 10), resolve))
    // The server has it when it has answered what came later on the same connection.
    expect((await call(paths.traces, grpcFrame(oneSpan)).answer).grpcStatus).toBe(0)
    await clock.advance(4999)
    expect(refused).toEqual([])
    await clock.advance(1)
    const got = await answer
    expect([got.grpcStatus, refused.map(({ code }) => code)]).toEqual([4, ['OTLP_TIMEOUT']])
    expect(message(got)).toMatch(/only 10 bytes.*5000 ms/)
  })

  test('no timer is left behind', async () => {
    const clock = fakeClock()
    const { call, connection } = await start({ clock })
    await call(paths.traces, grpcFrame(oneSpan), { 'grpc-timeout': '10S' }).answer
    const withConnection = clock.pendingCount
    const { stream, answer } = call(paths.traces, undefined, { 'grpc-timeout': '10S' })
    await new Promise((resolve) => stream.write(Uint8Array.of(0), resolve))
    await call(paths.traces, grpcFrame(oneSpan)).answer
    expect(clock.pendingCount).toBe(withConnection + 2)
    stream.end(grpcFrame(oneSpan).subarray(1))
    expect((await answer).grpcStatus).toBe(0)
    expect(clock.pendingCount).toBe(withConnection)
    await connection.close()
  })
})

describe('a sender that leaves', () => {
  test('while its message is coming: told, and nothing of it is used', async () => {
    const refused: string[] = []
    let told = (): void => undefined
    const aborted = new Promise<void>((resolve) => {
      told = resolve
    })
    const { call, open, batches } = await start({
      maxInFlightBytes: 4 * 1024,
      observer: {
        refused: ({ code }) => {
          refused.push(code)
          told()
        },
      },
    })
    const leaving = open()
    const { stream } = leaving.call(paths.traces, undefined)
    await new Promise((resolve) => stream.write(Buffer.from([0, 0, 0, 8, 0, ...Buffer.alloc(1500)]), resolve))
    await leaving.call(paths.traces, grpcFrame(new Uint8Array())).answer
    leaving.session.destroy()
    await aborted
    expect([refused, batches]).toEqual([['OTLP_ABORTED'], []])
    // Its room is free again.
    expect((await call(paths.traces, grpcFrame(Buffer.alloc(0))).answer).grpcStatus).toBe(0)
    // Unknown fields, as many as would not fit beside what was left.
    const large = Buffer.alloc(1998, Buffer.from('a00600', 'hex'))
    expect((await call(paths.traces, grpcFrame(large)).answer).grpcStatus).toBe(0)
  })

  test('while the handler works: its signal aborts, and what it takes counts as accepted', async () => {
    const accepted: number[] = []
    let done = (): void => undefined
    const told = new Promise<void>((resolve) => {
      done = resolve
    })
    let entered = (): void => undefined
    const inHandler = new Promise<void>((resolve) => {
      entered = resolve
    })
    const { call } = await start({
      observer: {
        accepted: ({ byteCount }) => {
          accepted.push(byteCount)
          done()
        },
      },
      handler: (_batch, { signal }) => {
        entered()
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)))
      },
    })
    const { stream } = call(paths.traces, grpcFrame(oneSpan))
    await inHandler
    stream.close(8)
    await told
    expect(accepted).toEqual([42])
  })
})
