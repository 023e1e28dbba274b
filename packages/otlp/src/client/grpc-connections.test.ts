// SPDX-License-Identifier: Apache-2.0
import http from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import type { OtlpClient, OtlpGrpcClientOptions, OtlpOutcome, OtlpRequest } from '@otel-ts/otlp/client'
import { createOtlpGrpcClient } from '@otel-ts/otlp/client'
import {
  captureGrpc,
  fakeClock,
  type GrpcCapture,
  type GrpcCaptureAnswer,
  type GrpcCaptureOptions,
  testAuthority,
} from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'

// Connections: how they are made, spread, watched, lost and made again.

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function capture(options: GrpcCaptureOptions = {}): Promise<GrpcCapture> {
  const wire = await captureGrpc(options)
  cleanups.push(() => wire.close())
  return wire
}

function client(options: OtlpGrpcClientOptions): OtlpClient {
  const made = createOtlpGrpcClient({ insecure: true, ...options })
  cleanups.push(() => made.shutdown())
  return made
}

async function rawServer(onSocket: (socket: Socket) => void, server: Server = createServer(onSocket)): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return (server.address() as AddressInfo).port
}

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const request: OtlpRequest = { signal: 'traces', chunks: [Buffer.from('x')], itemCount: 1 }
const accepted: OtlpOutcome = { result: 'accepted', partialSuccess: undefined }

function failed(outcome: OtlpOutcome): Extract<OtlpOutcome, { result: 'failed' }> {
  if (outcome.result !== 'failed') throw new Error(`expected a failure, got ${JSON.stringify(outcome)}`)
  return outcome
}

/** Waits for what comes by the network. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

function answerOk(call: { readonly stream: ServerHttp2Stream }): void {
  call.stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  call.stream.on('wantTrailers', () => call.stream.sendTrailers({ 'grpc-status': '0' }))
  call.stream.end(Buffer.alloc(5))
}

describe('likely causes', () => {
  async function messageOf(endpoint: string, options: Partial<OtlpGrpcClientOptions> = {}): Promise<string> {
    const outcome = failed(await client({ endpoint, ...options }).send(request))
    expect([outcome.error.code, outcome.retryable, outcome.grpcStatus]).toEqual(['OTLP_CONNECTION', true, 14])
    return outcome.error.message
  }
  const mayBeRepeated = '1 span not delivered by this try, which may be repeated'

  test('nothing listens', async () => {
    const port = await closedPort()
    expect(await messageOf(`127.0.0.1:${port}`)).toBe(
      `127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}; nothing listens there: expected is a running collector or backend with OTLP over gRPC (usual port 4317); ${mayBeRepeated}`,
    )
  })

  test('a unix socket that is not there', async () => {
    expect(await messageOf('unix:/no/such/socket')).toBe(
      `unix:/no/such/socket: connect ENOENT /no/such/socket; no such socket: check the path, and whether the endpoint runs; ${mayBeRepeated}`,
    )
  })

  test('a name without an address', async () => {
    const lookup = () =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND nowhere'), { code: 'ENOTFOUND' }))
    expect(await messageOf('nowhere:4317', { lookup })).toBe(
      `nowhere:4317: getaddrinfo ENOTFOUND nowhere; the host name has no address: check the endpoint and the name service; ${mayBeRepeated}`,
    )
    expect(await messageOf('nowhere:4317', { lookup: async () => [] })).toBe(
      `nowhere:4317: nowhere has no address (ENOTFOUND); the host name has no address: check the endpoint and the name service; ${mayBeRepeated}`,
    )
  })

  const wrongProtocol =
    'is this a port of HTTP/1.1 (OTLP over HTTP is usually on 4318, over gRPC on 4317), or one with TLS (https://)?'

  test('a server of HTTP/1.1', async () => {
    const port = await rawServer(
      () => {},
      http.createServer((_request, response) => response.end('hello')),
    )
    expect(await messageOf(`http://127.0.0.1:${port}`)).toMatch(
      new RegExp(`^http://127.0.0.1:${port}: .*; ${wrongProtocol.replace(/[?()./]/g, '\\$&')}; ${mayBeRepeated}$`),
    )
  })

  test('a server that answers anything else', async () => {
    const port = await rawServer((socket) => socket.end('220 mail.example ESMTP\r\n'))
    expect(await messageOf(`127.0.0.1:${port}`)).toBe(
      `127.0.0.1:${port}: what answered is not HTTP/2; ${wrongProtocol}; ${mayBeRepeated}`,
    )
  })

  test('a server that hangs up', async () => {
    const port = await rawServer((socket) => socket.end())
    expect(await messageOf(`127.0.0.1:${port}`)).toBe(
      `127.0.0.1:${port}: the connection was closed before the first frame of HTTP/2; ${wrongProtocol}; ${mayBeRepeated}`,
    )
  })

  test('a port with TLS, spoken to without', async () => {
    const own = testAuthority().issue()
    const wire = await capture({ tls: { cert: own.chain, key: own.key } })
    expect(await messageOf(`http://${wire.endpoint}`)).toContain(`; ${wrongProtocol}; ${mayBeRepeated}`)
  })

  test('a port without TLS, spoken to with it', async () => {
    const wire = await capture()
    expect(await messageOf(`https://${wire.endpoint}`)).toContain(
      `; the endpoint does not speak TLS: use http:// (for gRPC also: insecure); ${mayBeRepeated}`,
    )
  })

  test('a certificate of an unknown authority', async () => {
    const own = testAuthority().issue()
    const wire = await capture({ tls: { cert: own.chain, key: own.key } })
    expect(await messageOf(`https://${wire.endpoint}`)).toContain(
      '; the authority of the certificate is not trusted here',
    )
  })

  test('an endpoint that takes the connection and says nothing', async () => {
    const clock = fakeClock()
    const port = await rawServer(() => {})
    const sent = client({ endpoint: `127.0.0.1:${port}`, clock, timeoutMillis: 0 }).send(request)
    await clock.advance(19_999)
    await clock.advance(1)
    expect(failed(await sent).error.message).toBe(
      `127.0.0.1:${port}: not connected within 20000 ms (ETIMEDOUT); the host cannot be reached: check the endpoint, routes and firewalls; ${mayBeRepeated}`,
    )
  })
})

describe('TLS', () => {
  test('checks the name of the endpoint, or the one given, and agrees on HTTP/2 by ALPN', async () => {
    const authority = testAuthority()
    const own = authority.issue({ names: ['collector.test'] })
    const wire = await capture({ tls: { cert: own.chain, key: own.key } })
    const ca = { pem: authority.certificate }
    const byName = { lookup: async () => ['127.0.0.1'] }
    const endpoint = `collector.test:${wire.port}`
    expect(await client({ endpoint, insecure: false, tls: { ca }, ...byName }).send(request)).toEqual(accepted)
    expect(wire.calls[0]!.headers[':scheme']).toBe('https')
    expect((wire.calls[0]!.session.socket as TLSSocket).alpnProtocol).toBe('h2')
    const other = { endpoint: `https://${wire.endpoint}` }
    expect(failed(await client({ ...other, tls: { ca } }).send(request)).error.message).toContain('is for other names')
    expect(await client({ ...other, tls: { ca, serverName: 'collector.test' } }).send(request)).toEqual(accepted)
    expect(await client({ ...other, authority: 'collector.test:4317', tls: { ca } }).send(request)).toEqual(accepted)
    expect(await client({ ...other, tls: { insecureSkipVerify: true } }).send(request)).toEqual(accepted)
  })

  test('checks an address against the addresses of the certificate', async () => {
    const authority = testAuthority()
    const own = authority.issue({ names: ['127.0.0.1'] })
    const wire = await capture({ tls: { cert: own.chain, key: own.key } })
    const tlsOptions = { ca: { pem: authority.certificate } }
    expect(await client({ endpoint: wire.endpoint, insecure: false, tls: tlsOptions }).send(request)).toEqual(accepted)
  })

  test('options that cannot be used fail every send, without throwing', async () => {
    const otlp = client({ endpoint: 'https://127.0.0.1:1', tls: { ca: { pem: 'no' } } })
    expect(failed(await otlp.send(request))).toMatchObject({ retryable: false, error: { code: 'OTLP_OPTION' } })
  })
})

describe('ways', () => {
  test('a unix socket', async () => {
    const path = join(tmpdir(), `otel-ts-grpc-${process.pid}.sock`)
    const wire = await capture({ path })
    expect(await client({ endpoint: `unix://${path}` }).send(request)).toEqual(accepted)
    expect(wire.calls[0]!.headers[':authority']).toBe('localhost')
  })

  test('a proxy, which is asked for a tunnel to the name', async () => {
    const wire = await capture()
    const asked: string[] = []
    const proxy = http.createServer()
    proxy.on('connect', (incoming, socket) => {
      asked.push(`${incoming.url} ${incoming.headers['proxy-authorization'] ?? ''}`)
      const through = connect(wire.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(through).pipe(socket)
      })
      socket.on('error', () => {})
      socket.on('close', () => through.destroy())
      through.on('error', () => socket.destroy())
    })
    const port = await rawServer(() => {}, proxy)
    const otlp = client({ endpoint: 'collector.test:4317', proxy: { url: `http://me:pw@127.0.0.1:${port}` } })
    expect(await otlp.send(request)).toEqual(accepted)
    expect(await otlp.send(request)).toEqual(accepted)
    expect(asked).toEqual([`collector.test:4317 Basic ${Buffer.from('me:pw').toString('base64')}`])
    expect(wire.calls[0]!.headers[':authority']).toBe('collector.test:4317')
  })
})

describe('several addresses', () => {
  async function pair(): Promise<[GrpcCapture, GrpcCapture]> {
    const first = await capture({ host: '127.0.0.1' })
    const second = await capture({ host: '127.0.0.2', port: first.port })
    return [first, second]
  }
  const lookup = async (): Promise<string[]> => ['127.0.0.1', '127.0.0.2']

  test('take calls in turn with round_robin', async () => {
    const [first, second] = await pair()
    const otlp = client({ endpoint: `a.test:${first.port}`, lookup, balancer: 'round_robin' })
    await otlp.send(request)
    await until(() => first.connectionCount + second.connectionCount === 2)
    await until(() => first.sessions.size + second.sessions.size === 2)
    for (let count = 0; count < 3; count++) await otlp.send(request)
    // The second connection may have been made after the first calls.
    for (let count = 0; count < 10; count++) await otlp.send(request)
    expect(Math.min(first.calls.length, second.calls.length)).toBeGreaterThanOrEqual(5)
    expect(first.calls.length + second.calls.length).toBe(14)
  })

  test('are one at a time with pick_first, the next when one fails', async () => {
    const [first, second] = await pair()
    const otlp = client({ endpoint: `a.test:${first.port}`, lookup })
    for (let count = 0; count < 3; count++) await otlp.send(request)
    expect([first.calls.length, second.connectionCount]).toEqual([3, 0])
    await first.close()
    for (let count = 0; count < 2; count++) expect(await otlp.send(request)).toEqual(accepted)
    expect(second.calls.length).toBe(2)
  })

  test('are tried 250 ms after one another when the first does not answer', async () => {
    const clock = fakeClock()
    const silent = await rawServer(() => {})
    const wire = await capture({ host: '127.0.0.2', port: silent })
    const sent = client({ endpoint: `a.test:${silent}`, lookup, clock }).send(request)
    await clock.advance(249)
    expect(wire.connectionCount).toBe(0)
    await clock.advance(1)
    expect(await sent).toEqual(accepted)
  })

  test('one that fails is left out by round_robin', async () => {
    const [first, second] = await pair()
    const otlp = client({ endpoint: `a.test:${first.port}`, lookup, balancer: 'round_robin' })
    await otlp.send(request)
    await until(() => first.sessions.size + second.sessions.size === 2)
    await first.close()
    const before = first.calls.length
    for (let count = 0; count < 4; count++) await otlp.send(request)
    expect([first.calls.length, second.calls.length >= 3]).toEqual([before, true])
  })

  test('are looked up again when a connection is lost, but not within 30 s of the last time', async () => {
    const clock = fakeClock()
    const [first, second] = await pair()
    let current = ['127.0.0.1']
    const lookups: number[] = []
    const otlp = client({
      endpoint: `a.test:${first.port}`,
      clock,
      timeoutMillis: 0,
      lookup: async () => {
        lookups.push(clock.nowMillis())
        return current
      },
    })
    expect(await otlp.send(request)).toEqual(accepted)
    current = ['127.0.0.2']
    await first.close()
    const lost = failed(await otlp.send(request))
    expect([lost.error.code, lookups]).toEqual(['OTLP_CONNECTION', [0]])
    await clock.advance(29_999)
    expect(lookups).toEqual([0])
    await clock.advance(1)
    expect(lookups).toEqual([0, 30_000])
    expect(await otlp.send(request)).toEqual(accepted)
    expect(second.calls.length).toBe(1)
  })
})

describe('an endpoint that cannot be connected to', () => {
  test('fails calls at once and is tried again after 1 s, 1.6 s and so on, until it can', async () => {
    const clock = fakeClock()
    const port = await closedPort()
    const otlp = client({ endpoint: `127.0.0.1:${port}`, clock, timeoutMillis: 0, random: () => 0.5 })
    const tries: number[] = []
    // Without an answer nobody knows of a try but by what it needs: the timer of its back-off.
    expect(failed(await otlp.send(request)).error.code).toBe('OTLP_CONNECTION')
    expect(clock.pendingCount).toBe(1)
    expect(failed(await otlp.send(request)).error.code).toBe('OTLP_CONNECTION')
    let wire: GrpcCapture | undefined
    for (const waitMillis of [1000, 1600, 2560]) {
      await clock.advance(waitMillis - 1)
      expect(clock.pendingCount).toBe(1)
      await clock.advance(1)
      tries.push(clock.nowMillis())
      // The try is under way: its time limit and that of the next address wait now.
      if (waitMillis === 2560) break
      await until(() => clock.pendingCount === 1)
      expect(failed(await otlp.send(request)).error.code).toBe('OTLP_CONNECTION')
      if (waitMillis === 1600) wire = await capture({ port })
    }
    await until(() => wire!.sessions.size === 1)
    await until(() => clock.pendingCount === 0)
    expect(await otlp.send(request)).toEqual(accepted)
    expect(tries).toEqual([1000, 2600, 5160])
  })

  test('keeps calls waiting with waitForReady', async () => {
    const clock = fakeClock()
    const port = await closedPort()
    const sent = client({ endpoint: `127.0.0.1:${port}`, clock, waitForReady: true, random: () => 0.5 }).send(request)
    await until(() => clock.pendingCount === 2)
    const wire = await capture({ port })
    await clock.advance(1000)
    expect(await sent).toEqual(accepted)
    expect(wire.calls[0]!.headers['grpc-timeout']).toBe('9000m')
  })

  test('is given up on at the deadline with waitForReady', async () => {
    const clock = fakeClock()
    const port = await closedPort()
    const sent = client({ endpoint: `127.0.0.1:${port}`, clock, waitForReady: true, timeoutMillis: 500 }).send(request)
    await clock.advance(500)
    expect(failed(await sent)).toMatchObject({ grpcStatus: 4, error: { code: 'OTLP_DEADLINE' } })
  })

  test('that accepts and hangs up is not connected to in a tight loop', async () => {
    const clock = fakeClock()
    const wire = await capture({
      early: true,
      script: ({ session }) => {
        session.destroy()
        return 'own'
      },
    })
    const otlp = client({ endpoint: wire.endpoint, clock, balancer: 'round_robin', timeoutMillis: 0 })
    for (let count = 0; count < 5; count++) failed(await otlp.send(request))
    expect(wire.connectionCount).toBe(2)
  })
})

describe('GOAWAY', () => {
  test('lets processed calls end, moves unprocessed ones to another connection, and new ones too', async () => {
    const wire = await capture({ script: 'hang' })
    const otlp = client({ endpoint: wire.endpoint })
    const first = otlp.send(request)
    const processed = await wire.call(0)
    const second = otlp.send(request)
    const unprocessed = await wire.call(1)
    wire.answer({})
    processed.session.goaway(0, processed.stream.id)
    expect(await second).toEqual(accepted)
    expect(await otlp.send(request)).toEqual(accepted)
    answerOk(processed)
    expect(await first).toEqual(accepted)
    expect(wire.calls.map((call) => call.connection)).toEqual([0, 0, 1, 1])
    expect(unprocessed.stream.id).toBe(3)
  })

  test('with an error moves unprocessed calls, and fails processed ones as retryable', async () => {
    const wire = await capture({ script: 'hang' })
    const otlp = client({ endpoint: wire.endpoint })
    const first = otlp.send(request)
    const processed = await wire.call(0)
    const second = otlp.send(request)
    await wire.call(1)
    wire.answer({})
    processed.session.goaway(2, processed.stream.id, Buffer.from('oops'))
    expect(failed(await first).error.message).toBe(
      `${wire.endpoint}: the endpoint ended the connection with INTERNAL_ERROR ("oops"); the endpoint ends connections on its own account; 1 span not delivered by this try, which may be repeated`,
    )
    expect(await second).toEqual(accepted)
  })

  test('for too many pings doubles the time between them', async () => {
    const clock = fakeClock()
    const wire = await capture({ script: 'hang' })
    const otlp = client({
      endpoint: wire.endpoint,
      clock,
      timeoutMillis: 0,
      keepAlive: { timeMillis: 1000, permitWithoutStream: true },
    })
    const first = otlp.send(request)
    const { session } = await wire.call(0)
    session.goaway(11, 0, Buffer.from('too_many_pings'))
    expect(failed(await first).error.message).toContain('ENHANCE_YOUR_CALM ("too_many_pings")')
    wire.answer({})
    expect(await otlp.send(request)).toEqual(accepted)
    // Bytes came until here: the time counts from the first look that sees none.
    await clock.advance(500)
    await clock.advance(1999)
    expect(wire.pingCount).toBe(0)
    await clock.advance(1)
    await until(() => wire.pingCount === 1)
  })
})

test('a stream refused unprocessed is repeated at once, without a retry policy, but not for ever', async () => {
  const wire = await capture({ script: (_call, index): GrpcCaptureAnswer => (index < 3 ? { reset: 7 } : {}) })
  expect(await client({ endpoint: wire.endpoint }).send(request)).toEqual(accepted)
  expect(wire.calls.length).toBe(4)
  const never = await capture({ script: { reset: 7 } })
  expect(failed(await client({ endpoint: never.endpoint }).send(request))).toMatchObject({
    retryable: true,
    grpcStatus: 14,
  })
  expect(never.calls.length).toBe(4)
})

test('a connection lost in mid-call fails its calls as retryable, and the next call has a new one', async () => {
  const wire = await capture({ script: 'hang' })
  const otlp = client({ endpoint: wire.endpoint })
  const sent = otlp.send(request)
  await wire.call(0)
  wire.cut()
  const outcome = failed(await sent)
  expect([outcome.error.code, outcome.retryable, outcome.grpcStatus]).toEqual(['OTLP_CONNECTION', true, 14])
  expect(outcome.error.message).toContain('the endpoint closed the connection')
  wire.answer({})
  expect(await otlp.send(request)).toEqual(accepted)
})

describe('keep-alive', () => {
  test('pings while calls run and nothing comes, and ends the connection when no answer comes in time', async () => {
    const clock = fakeClock()
    const wire = await capture({ script: 'hang' })
    const otlp = client({
      endpoint: wire.endpoint,
      clock,
      timeoutMillis: 0,
      keepAlive: { timeMillis: 10_000, timeoutMillis: 5000 },
    })
    wire.answer({})
    expect(await otlp.send(request)).toEqual(accepted)
    wire.answer('hang')
    const sent = otlp.send(request)
    await wire.call(1)
    // The last byte came before the first look, after a quarter of the time.
    await clock.advance(12_499)
    expect(wire.pingCount).toBe(0)
    await clock.advance(1)
    await until(() => wire.pingCount === 1)
    // Answered: the time for the answer has gone, and the next look is planned.
    await until(() => clock.pendingCount === 1)
    wire.freeze()
    await clock.advance(9999)
    expect(clock.pendingCount).toBe(1)
    await clock.advance(1)
    await clock.advance(4999)
    expect(wire.sessions.size).toBe(1)
    await clock.advance(1)
    expect(failed(await sent).error.message).toBe(
      `${wire.endpoint}: no answer to a ping within 5000 ms (ETIMEDOUT); the host cannot be reached: check the endpoint, routes and firewalls; 1 span not delivered by this try, which may be repeated`,
    )
    expect(wire.pingCount).toBe(1)
  })

  test.each([
    [false, 0],
    [true, 1],
  ])('without a call, permitted %s: %i pings', async (permitWithoutStream, pingCount) => {
    const clock = fakeClock()
    const wire = await capture()
    const otlp = client({ endpoint: wire.endpoint, clock, keepAlive: { timeMillis: 1000, permitWithoutStream } })
    await otlp.send(request)
    // The answer was something received: the time counts from the first look that sees none.
    await clock.advance(1250)
    if (pingCount > 0) await until(() => wire.pingCount === pingCount)
    expect(wire.pingCount).toBe(pingCount)
  })
})

test('a call without a sign of life until its deadline has the connection checked, and replaced when it is dead', async () => {
  const clock = fakeClock()
  const wire = await capture()
  const otlp = client({ endpoint: wire.endpoint, clock, timeoutMillis: 1000 })
  expect(await otlp.send(request)).toEqual(accepted)
  wire.freeze()
  const sent = otlp.send(request)
  await until(() => clock.pendingCount === 1)
  await clock.advance(1000)
  expect(failed(await sent).error.code).toBe('OTLP_DEADLINE')
  await clock.advance(20_000)
  expect(await otlp.send(request)).toEqual(accepted)
  expect(wire.connectionCount).toBe(2)
})

test('an idle connection does not keep the process alive, one with a call does', async () => {
  // Sockets that keep this process alive: the capture's own end of the connection, and ours while it does so too.
  const holding = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
  // Those of other tests first go away.
  await until(() => holding() === 0)
  const wire = await capture({ script: 'hang' })
  const otlp = client({ endpoint: wire.endpoint })
  const sent = otlp.send(request)
  const call = await wire.call(0)
  expect(holding()).toBe(2)
  answerOk(call)
  expect(await sent).toEqual(accepted)
  expect(holding()).toBe(1)
})
