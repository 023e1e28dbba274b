// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs'
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { createOtlpGrpcServer, type OtlpGrpcServerOptions } from '@otel-ts/otlp/server'
import { fakeClock, grpcFrame, openRaw, openRawGrpc, openRawHttp2, testAuthority } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'

const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
// Resource, scope, log record.
const oneLog = grpcFrame(Buffer.from('0a0412021200', 'hex'))
const minute = 60_000
const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR } = constants

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function start(options: Partial<OtlpGrpcServerOptions> = {}) {
  const refused: { code: string; message: string }[] = []
  const waiting: (() => void)[] = []
  const clock = fakeClock()
  const server = await createOtlpGrpcServer({
    endpoint: '127.0.0.1:0',
    handler: async () => undefined,
    observer: {
      refused: ({ code, error }) => {
        refused.push({ code, message: error.message })
        for (const resolve of waiting.splice(0)) resolve()
      },
    },
    clock,
    random: () => 0.5,
    ...options,
  })
  cleanups.push(() => server.shutdown(0))
  const authority = `http://${server.addresses[0]}`
  const open = () => {
    const connection = openRawGrpc(authority)
    cleanups.push(() => connection.close())
    return connection
  }
  const nextRefusal = () => new Promise<void>((resolve) => waiting.push(resolve))
  return { server, clock, refused, nextRefusal, open, authority, port: Number(server.addresses[0]!.split(':')[1]) }
}

/** A handler that waits until it is let go. */
function gate() {
  let entered = (): void => undefined
  let open = (): void => undefined
  const inside = new Promise<void>((resolve) => {
    entered = resolve
  })
  const opened = new Promise<undefined>((resolve) => {
    open = () => resolve(undefined)
  })
  const handler = () => {
    entered()
    return opened
  }
  return { handler, inside, open }
}

async function openHttp2(port: number, pieceBytes?: number) {
  const connection = await openRawHttp2(port, pieceBytes)
  cleanups.push(() => connection.close())
  return connection
}

async function ping(session: ClientHttp2Session): Promise<Error | null> {
  if (session.connecting) await new Promise((resolve) => session.once('connect', resolve))
  return new Promise((resolve) => {
    if (!session.ping(resolve)) resolve(new Error('not sent'))
  })
}

describe('health', () => {
  const check = '/grpc.health.v1.Health/Check'
  const watch = '/grpc.health.v1.Health/Watch'
  const request = (service: string) =>
    grpcFrame(
      service === '' ? new Uint8Array() : Buffer.concat([Buffer.of(0x0a, service.length), Buffer.from(service)]),
    )

  test.each([
    ['', [0x08, 1]],
    ['opentelemetry.proto.collector.trace.v1.TraceService', [0x08, 1]],
    ['opentelemetry.proto.collector.metrics.v1.MetricsService', [0x08, 1]],
    ['opentelemetry.proto.collector.logs.v1.LogsService', [0x08, 1]],
  ])('Check of %o is SERVING', async (service, expected) => {
    const { open } = await start()
    const answer = await open().call(check, request(service)).answer
    expect([answer.grpcStatus, [...answer.body]]).toEqual([0, [0, 0, 0, 0, 2, ...expected]])
  })

  test('Check of a service that is not there is NOT_FOUND', async () => {
    const { open } = await start({ signals: ['logs'] })
    const { call } = open()
    for (const service of ['other', 'opentelemetry.proto.collector.trace.v1.TraceService']) {
      const answer = await call(check, request(service)).answer
      expect([answer.grpcStatus, answer.headers['grpc-message']]).toEqual([5, `service "${service}": not known here`])
    }
  })

  test('a request that is none is refused', async () => {
    const { open, refused } = await start()
    const answer = await open().call(check, grpcFrame(Buffer.from('0aff', 'hex'))).answer
    expect([answer.grpcStatus, refused.length]).toEqual([3, 1])
  })

  test('Watch tells at once, and NOT_SERVING when the server drains; then it ends', async () => {
    const { open, server } = await start()
    const { call } = open()
    const known = call(watch, request(''))
    const unknown = call(watch, request('other'))
    const first = await new Promise<Buffer>((resolve) => known.stream.once('data', resolve))
    expect([...first]).toEqual([0, 0, 0, 0, 2, 0x08, 1])
    await new Promise((resolve) => unknown.stream.once('data', resolve))
    await server.shutdown(minute)
    const answer = await known.answer
    expect([...answer.body]).toEqual([0, 0, 0, 0, 2, 0x08, 1, 0, 0, 0, 0, 2, 0x08, 2])
    expect([answer.trailers['grpc-status'], (await unknown.answer).trailers['grpc-status']]).toEqual(['14', '14'])
    expect([...(await unknown.answer).body]).toEqual([0, 0, 0, 0, 2, 0x08, 3])
  })

  test('Check says NOT_SERVING while calls still run after shutdown has begun', async () => {
    const { handler, inside, open: release } = gate()
    const { open, server, clock } = await start({ handler, keepAlive: { timeMillis: minute } })
    const { call } = open()
    const running = call(path, oneLog)
    const late = call(check, undefined)
    await inside
    const stopped = server.shutdown(minute)
    late.stream.end(request(''))
    expect([...(await late.answer).body]).toEqual([0, 0, 0, 0, 2, 0x08, 2])
    release()
    expect((await running.answer).grpcStatus).toBe(0)
    await stopped
    expect(clock.pendingCount).toBe(0)
  })

  test('a Watch that the client ends, or whose time is over, leaves nothing', async () => {
    const { open, server, clock } = await start({ maxInFlightBytes: 2100 })
    const connection = open()
    const first = connection.call(watch, request(''), { 'grpc-timeout': '5S' })
    await new Promise((resolve) => first.stream.once('data', resolve))
    await clock.advance(5000)
    expect((await first.answer).trailers['grpc-status']).toBe('4')
    const second = connection.call(watch, request(''))
    await new Promise((resolve) => second.stream.once('data', resolve))
    second.stream.close(8)
    await second.answer
    const third = connection.call(watch, request(''))
    await new Promise((resolve) => third.stream.once('data', resolve))
    expect((await connection.call(path, oneLog).answer).grpcStatus).toBe(0)
    await server.shutdown(minute)
  })
})

describe('keep-alive', () => {
  test('a silent connection is pinged, and stays as long as it answers', async () => {
    const { open, clock } = await start({ keepAlive: { timeMillis: minute, timeoutMillis: 1000 } })
    const silent = open()
    const other = open()
    await silent.call(path, oneLog).answer
    // Something came in the first minute.
    await clock.advance(minute)
    for (let round = 0; round < 3; round++) {
      const pinged = new Promise((resolve) => silent.session.once('ping', resolve))
      await clock.advance(minute)
      await pinged
      // The server has the answer when it has answered what was sent later.
      await other.call(path, oneLog).answer
      await other.call(path, oneLog).answer
      await clock.advance(1000)
      expect(silent.session.destroyed).toBe(false)
    }
  })

  test('one that does not answer is cut after the time-out, not before', async () => {
    const { port, clock } = await start({ keepAlive: { timeMillis: minute, timeoutMillis: 1000 } })
    const raw = await openHttp2(port)
    // Its settings are acknowledged: that was the last that came.
    await raw.until(({ type, flags }) => type === 4 && flags === 1)
    await clock.advance(minute)
    await clock.advance(minute - 1)
    expect(raw.received.filter(({ type }) => type === 6)).toEqual([])
    await clock.advance(1)
    await raw.until(({ type, flags }) => type === 6 && flags === 0)
    await clock.advance(999)
    expect(raw.isClosed).toBe(false)
    await clock.advance(1)
    await raw.closed
  })

  test('an idle connection is sent away with GOAWAY; one with a call is not', async () => {
    const { handler, inside, open: release } = gate()
    const { open, clock } = await start({ handler, keepAlive: { maxConnectionIdleMillis: minute } })
    const busy = open()
    const idle = open()
    const running = busy.call(path, oneLog)
    await inside
    await idle.call(path, grpcFrame(new Uint8Array())).answer
    await clock.advance(minute - 1)
    expect([idle.goaways, idle.session.closed]).toEqual([[], false])
    await clock.advance(1)
    await idle.closed
    expect(idle.goaways[0]!.code).toBe(NGHTTP2_NO_ERROR)
    release()
    expect((await running.answer).grpcStatus).toBe(0)
    await clock.advance(minute - 1)
    expect(busy.session.closed).toBe(false)
    await clock.advance(minute)
    await busy.closed
  })

  test('an old connection takes no more calls, finishes those running, and is cut after the grace', async () => {
    const { handler, inside, open: release } = gate()
    const { open, clock } = await start({
      handler,
      keepAlive: { maxConnectionAgeMillis: minute, maxConnectionAgeGraceMillis: 5000 },
    })
    const first = open()
    const second = open()
    const running = [first, second].map(({ call }) => call(path, oneLog))
    await inside
    await Promise.all([ping(first.session), ping(second.session)])
    await clock.advance(minute - 1)
    expect(first.goaways).toEqual([])
    const gone = [first, second].map(({ session }) => new Promise((resolve) => session.once('goaway', resolve)))
    await clock.advance(1)
    await Promise.all(gone)
    await clock.advance(4999)
    expect([first.session.destroyed, second.session.destroyed]).toEqual([false, false])
    release()
    expect((await running[0]!.answer).grpcStatus).toBe(0)
    await first.closed
    const third = open()
    await third.call(path, grpcFrame(new Uint8Array())).answer
    await clock.advance(1)
    await second.closed
    expect(third.session.destroyed).toBe(false)
  })

  test('the age is spread by a tenth either way', async () => {
    for (const [random, age] of [
      [0, 0.9 * minute],
      [0.999_999, 1.1 * minute],
    ] as const) {
      const { open, clock } = await start({ random: () => random, keepAlive: { maxConnectionAgeMillis: minute } })
      const { call, session, closed } = open()
      await call(path, oneLog).answer
      await clock.advance(age - 2)
      expect(session.closed).toBe(false)
      await clock.advance(2)
      await closed
    }
  })

  describe('clients that ping', () => {
    test('every two hours, without a call, are let be', async () => {
      const { open, clock } = await start({ keepAlive: { timeMillis: 0 } })
      const { session } = open()
      for (let count = 0; count < 5; count++) {
        expect(await ping(session)).toBeNull()
        await clock.advance(120 * minute)
      }
    })

    test('more often are sent away: the first is free, two more forgiven', async () => {
      const { open, clock, refused } = await start({ keepAlive: { timeMillis: 0 } })
      const { session, goaways, closed } = open()
      for (let count = 0; count < 3; count++) {
        expect(await ping(session)).toBeNull()
        await clock.advance(10 * minute)
      }
      await ping(session)
      await closed
      expect(goaways[0]).toEqual({ code: NGHTTP2_ENHANCE_YOUR_CALM, text: 'too_many_pings' })
      expect(refused[0]).toMatchObject({ code: 'OTLP_GRPC', message: expect.stringContaining('too_many_pings') })
    })

    test.each([
      ['with a call', { minTimeMillis: 1000 }, true],
      ['without one, where permitted', { minTimeMillis: 1000, permitWithoutStream: true }, false],
    ])('%s may ping every minTimeMillis, and no more often', async (_name, keepAlive, hasCall) => {
      const { handler, inside } = gate()
      const { open, clock } = await start({ handler, keepAlive: { timeMillis: 0, ...keepAlive } })
      const { session, call, goaways, closed } = open()
      if (hasCall) {
        call(path, oneLog)
        await inside
      }
      for (let count = 0; count < 10; count++) {
        expect(await ping(session)).toBeNull()
        await clock.advance(1000)
      }
      for (let count = 0; count < 2; count++) {
        expect(await ping(session)).toBeNull()
        await clock.advance(999)
      }
      // The last of those before came 1000 ms earlier: two strikes stand, this is the third.
      await ping(session)
      await ping(session)
      await closed
      expect(goaways[0]!.text).toBe('too_many_pings')
    })

    test('after each answer start anew: that is how grpc-go measures bandwidth', async () => {
      const { open } = await start({ keepAlive: { timeMillis: 0 } })
      const { session, call } = open()
      for (let count = 0; count < 20; count++) {
        await call(path, oneLog).answer
        expect(await ping(session)).toBeNull()
        expect(await ping(session)).toBeNull()
      }
    })
  })
})

describe('shutdown', () => {
  test('says GOAWAY, lets running calls finish and closes', async () => {
    const { handler, inside, open: release } = gate()
    const { open, server, clock, port } = await start({ handler })
    const busy = open()
    const idle = open()
    await idle.call(path, grpcFrame(new Uint8Array())).answer
    const running = busy.call(path, oneLog)
    await inside
    const stopped = server.shutdown(minute)
    await idle.closed
    await expect(openRaw(port)).rejects.toThrow('ECONNREFUSED')
    release()
    expect((await running.answer).grpcStatus).toBe(0)
    await stopped
    expect(busy.goaways[0]!.code).toBe(NGHTTP2_NO_ERROR)
    expect(clock.pendingCount).toBe(0)
  })

  test('cuts after the grace, and at once when asked again with 0', async () => {
    for (const again of [false, true]) {
      const { handler, inside } = gate()
      const { open, server, clock } = await start({ handler })
      const { call, session } = open()
      const running = call(path, oneLog)
      await inside
      const stopped = server.shutdown(1000)
      await clock.advance(999)
      expect(session.destroyed).toBe(false)
      const stoppedAgain = again ? server.shutdown(0) : Promise.resolve()
      await clock.advance(again ? 0 : 1)
      await Promise.all([stopped, stoppedAgain])
      expect((await running.answer).grpcStatus).toBeUndefined()
    }
  })

  test('does not wait for connections that have not said what they are', async () => {
    const { port, server } = await start()
    const raw = await openRaw(port)
    raw.write('PRI')
    // The server has it when it has answered another.
    const other = openRawGrpc(`http://127.0.0.1:${port}`)
    await other.call(path, oneLog).answer
    await server.shutdown(minute)
    await raw.closed
    await other.closed
  })

  test('a whole message that comes afterwards on a call begun before is still taken', async () => {
    const { open, server } = await start()
    const { call } = open()
    const slow = call(path, undefined)
    await new Promise((resolve) => slow.stream.write(oneLog.subarray(0, 7), resolve))
    await call(path, oneLog).answer
    const stopped = server.shutdown(minute)
    slow.stream.end(oneLog.subarray(7))
    expect((await slow.answer).grpcStatus).toBe(0)
    await stopped
  })
})

describe('clients that are no gRPC clients', () => {
  test.each([
    [
      'OTLP/HTTP',
      'POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    ],
    ['a browser', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
    ['a long body', `PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`],
  ])('%s is answered 400 with a text that says where it is', async (_name, text) => {
    const { port, refused } = await start()
    const raw = await openRaw(port)
    raw.write(text)
    const { status, headers, body } = await raw.response()
    expect([status, headers['content-type'], headers['connection']]).toEqual([
      400,
      'text/plain; charset=utf-8',
      'close',
    ])
    expect(Buffer.from(body).toString()).toMatch(/OTLP\/gRPC.*HTTP\/2.*port 4318/)
    expect(refused[0]!.code).toBe('OTLP_GRPC')
    raw.end()
    await raw.closed
  })

  test('a request line that comes in pieces is answered, too', async () => {
    const { port } = await start()
    const raw = await openRaw(port)
    for (const piece of ['P', 'O', 'ST ', '/v1/traces', ' HTTP', '/1.1\r', '\nHost: a\r\n\r\n']) {
      raw.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await raw.response()).status).toBe(400)
  })

  test('HTTP/2 may come in pieces: byte by byte until it is served', async () => {
    const { port } = await start()
    const raw = await openHttp2(port, 1)
    await raw.until((frame) => frame.type === 4 && frame.flags === 0)
  })

  test.each([
    ['TLS', Buffer.from('16030100c8010000c4', 'hex'), /TLS handshake.*no TLS/],
    ['garbage', Buffer.from('\0\0\0hello'), /bytes beginning/],
    ['almost HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\rx'), /PRI \* HTTP\/2\.0|bytes beginning/],
    ['a line without end', Buffer.from(`GET /${'x'.repeat(10_000)}`), /bytes beginning/],
  ])('%s is closed, and the observer is told why', async (_name, bytes, text) => {
    const { port, refused } = await start()
    const raw = await openRaw(port)
    raw.write(bytes)
    await raw.closed
    expect(refused.map(({ message }) => message)).toEqual([expect.stringMatching(text)])
  })

  test('who says nothing is closed after the time for the handshake, not before', async () => {
    const { port, clock, refused, open } = await start({ handshakeTimeoutMillis: 3000 })
    const silent = await openRaw(port)
    const half = await openRaw(port)
    half.write('PRI * HTTP/2.0\r\n')
    await open().call(path, oneLog).answer
    await clock.advance(2999)
    expect(refused).toEqual([])
    await clock.advance(1)
    await Promise.all([silent.closed, half.closed])
    expect(refused.map(({ code }) => code)).toEqual(['OTLP_GRPC', 'OTLP_GRPC'])
  })

  test('an answer that nobody reads is not waited for', async () => {
    const { port, clock, nextRefusal } = await start()
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    cleanups.push(() => void socket.destroy())
    socket.on('error', () => undefined)
    const told = nextRefusal()
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await told
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.resume()
    await clock.advance(5000)
    // Of a connection that is gone one hears when writing.
    const write = (): void => {
      if (!socket.destroyed) socket.write('x', () => setImmediate(write))
    }
    write()
    await closed
  })
})

describe('addresses', () => {
  test('localhost serves both families, on one port', async () => {
    const { server } = await start({ endpoint: 'localhost:0' })
    const ports = server.addresses.map((address) => address.slice(address.lastIndexOf(':')))
    expect(new Set(ports).size).toBe(1)
    for (const address of server.addresses) {
      const connection = openRawGrpc(`http://${address}`)
      cleanups.push(() => connection.close())
      expect((await connection.call(path, oneLog).answer).grpcStatus).toBe(0)
    }
  })

  test('a port that is taken is refused at the start', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => new Promise<void>((resolve) => taken.close(() => resolve())))
    const endpoint = `127.0.0.1:${(taken.address() as AddressInfo).port}`
    await expect(start({ endpoint })).rejects.toMatchObject({ code: 'OTLP_LISTEN' })
    await expect(start({ endpoint: 'nonsense' })).rejects.toMatchObject({ code: 'OTLP_OPTION' })
  })

  test('a Unix socket serves, and one in use is not taken over', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'otlp-grpc-'))
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
    const socketPath = join(folder, 'otlp.sock')
    await start({ transport: 'unix', endpoint: socketPath })
    const session = connectHttp2('http://localhost', { createConnection: () => connect(socketPath) })
    cleanups.push(() => session.destroy())
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    stream.end(oneLog)
    stream.resume()
    const trailers = await new Promise<Record<string, unknown>>((resolve) => stream.once('trailers', resolve))
    expect(trailers['grpc-status']).toBe('0')
    await expect(start({ transport: 'unix', endpoint: socketPath })).rejects.toMatchObject({ code: 'OTLP_LISTEN' })
  })

  test('connections beyond the limit are closed at once', async () => {
    const { open, port } = await start({ maxConnections: 1 })
    await open().call(path, oneLog).answer
    const second = await openRaw(port)
    await second.closed
  })
})

describe('TLS', () => {
  const authority = testAuthority()
  const { certificate, key } = authority.issue()
  const tls = { certificate: { pem: certificate }, key: { pem: key } }

  test('serves HTTP/2 by ALPN', async () => {
    const { server } = await start({ tls })
    const connection = openRawGrpc(`https://${server.addresses[0]}`, { ca: authority.certificate })
    cleanups.push(() => connection.close())
    expect((await connection.call(path, oneLog).answer).grpcStatus).toBe(0)
    expect(connection.session.alpnProtocol).toBe('h2')
  })

  test('with a client authority only its clients are served', async () => {
    const { server, open, refused } = await start({ tls: { ...tls, clientCa: { pem: authority.certificate } } })
    const without = openRawGrpc(`https://${server.addresses[0]}`, { ca: authority.certificate })
    cleanups.push(() => without.close())
    expect((await without.call(path, oneLog).answer).grpcStatus).toBeUndefined()
    const own = authority.issue()
    const withOne = openRawGrpc(`https://${server.addresses[0]}`, {
      ca: authority.certificate,
      cert: own.certificate,
      key: own.key,
    })
    cleanups.push(() => withOne.close())
    expect((await withOne.call(path, oneLog).answer).grpcStatus).toBe(0)
    // In clear text: closed, whatever it says.
    expect((await open().call(path, oneLog).answer).grpcStatus).toBeUndefined()
    expect(refused.map(({ code }) => code)).toEqual(['OTLP_TLS', 'OTLP_TLS'])
  })

  test('HTTP/1.1 over TLS is answered 400 as well', async () => {
    const { port } = await start({ tls })
    const socket = connectTls({ port, host: '127.0.0.1', ca: authority.certificate, ALPNProtocols: ['http/1.1'] })
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    await new Promise((resolve) => socket.once('close', resolve))
    expect(text).toMatch(/^HTTP\/1\.1 400 [\s\S]*port 4318/)
  })

  test('shutdown cuts a handshake that does not end', async () => {
    const { port, server } = await start({ tls })
    const raw = await openRaw(port)
    const other = openRawGrpc(`https://127.0.0.1:${port}`, { ca: authority.certificate })
    await other.call(path, oneLog).answer
    await other.close()
    await server.shutdown(0)
    await raw.closed
  })

  test('options that cannot be used are refused at the start', async () => {
    await expect(start({ tls: { certificate: { pem: 'no' }, key: { pem: key } } })).rejects.toMatchObject({
      code: 'OTLP_OPTION',
    })
  })
})
