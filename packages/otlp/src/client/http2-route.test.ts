// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OtlpClient, OtlpHttpClientOptions, OtlpOutcome, OtlpRequest } from '@otel-ts/otlp/client'
import { createOtlpHttpClient, defaultRetryPolicy } from '@otel-ts/otlp/client'
import { createOtlpHttpServer } from '@otel-ts/otlp/server'
import { fakeClock, testAuthority } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'

const root = testAuthority('Root')
const leaf = root.issue()
const certificate = { cert: leaf.chain, key: leaf.key }
const tls = { ca: { pem: root.certificate } }

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const request: OtlpRequest = {
  signal: 'traces',
  chunks: [Buffer.from('ab'), Buffer.from('cd'), Buffer.from('e')],
  itemCount: 1,
}

function client(options: Omit<OtlpHttpClientOptions, 'tls'>): OtlpClient {
  const made = createOtlpHttpClient({ proxy: 'none', http2: true, tls, ...options })
  cleanups.push(() => made.shutdown())
  return made
}

function failed(outcome: OtlpOutcome): Extract<OtlpOutcome, { result: 'failed' }> {
  if (outcome.result !== 'failed') throw new Error('expected a failure')
  return outcome
}

type Serve = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders, body: Buffer) => void

interface Endpoint {
  readonly port: number
  readonly url: string
  readonly sessions: http2.ServerHttp2Session[]
  readonly bodies: { headers: http2.IncomingHttpHeaders; body: string }[]
}

const accept: Serve = (stream) => stream.respond({ ':status': 200 }, { endStream: true })

/** An HTTP/2 endpoint; `serve` answers whole requests. */
async function endpoint(serve: Serve = accept, options: http2.SecureServerOptions = {}): Promise<Endpoint> {
  const server = http2.createSecureServer({ ...certificate, ...options })
  const sessions: http2.ServerHttp2Session[] = []
  const bodies: Endpoint['bodies'] = []
  server.on('session', (session) => {
    sessions.push(session)
    session.on('error', () => {})
  })
  server.on('stream', (stream, headers) => {
    const pieces: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => pieces.push(chunk))
    stream.on('end', () => {
      bodies.push({ headers, body: String(Buffer.concat(pieces)) })
      if (!stream.destroyed) serve(stream, headers, Buffer.concat(pieces))
    })
  })
  const port = await listen(server)
  cleanups.push(() => {
    for (const session of sessions) session.destroy()
  })
  return { port, url: `https://127.0.0.1:${port}/v1/traces`, sessions, bodies }
}

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => sockets.add(socket))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as net.AddressInfo).port
}

describe('with http2', () => {
  test('a request goes out whole, with the headers of OTLP/HTTP and none of the connection', async () => {
    const { url, port, bodies } = await endpoint()
    const otlp = client({ url, headers: { 'X-Tenant': 'seven', Host: 'collector.test' } })
    expect(await otlp.send(request)).toEqual({ result: 'accepted', partialSuccess: undefined })
    expect(bodies).toHaveLength(1)
    expect(bodies[0]!.body).toBe('abcde')
    expect(Object.fromEntries(Object.entries(bodies[0]!.headers))).toEqual({
      ':method': 'POST',
      ':scheme': 'https',
      ':authority': 'collector.test',
      ':path': '/v1/traces',
      'user-agent': 'OTel-OTLP-Exporter-JavaScript/0.1.0',
      'content-type': 'application/x-protobuf',
      'content-length': '5',
      'x-tenant': 'seven',
    })
    const plain = client({ url })
    await plain.send(request)
    expect(bodies[1]!.headers[':authority']).toBe(`127.0.0.1:${port}`)
  })

  test('all requests share one connection, also the first ones', async () => {
    const { url, sessions, bodies } = await endpoint()
    const otlp = client({ url })
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => otlp.send(request)))
    await otlp.send(request)
    expect(outcomes.every((outcome) => outcome.result === 'accepted')).toBe(true)
    expect([sessions.length, bodies.length]).toEqual([1, 51])
  })

  test('more requests than the endpoint allows at a time wait for their turn', async () => {
    const { url, bodies } = await endpoint(accept, { settings: { maxConcurrentStreams: 2 } })
    const otlp = client({ url })
    await otlp.send(request)
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => otlp.send(request)))
    expect(outcomes.every((outcome) => outcome.result === 'accepted')).toBe(true)
    expect(bodies).toHaveLength(21)
  })

  test('bodies of some megabytes go out whole, in both directions of the limits', async () => {
    const { url, bodies } = await endpoint((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/json' })
      stream.end(`{"partialSuccess":{"rejectedSpans":"1","errorMessage":"${'x'.repeat(300_000)}"}}`)
    })
    const body = Buffer.alloc(5_000_000, 'otlp')
    const outcome = await client({ url }).send({ ...request, chunks: [body] })
    expect(outcome).toMatchObject({ result: 'accepted', partialSuccess: { rejectedCount: 1n } })
    expect(bodies[0]!.body.length).toBe(5_000_000)
    const limited = failed(await client({ url, maxResponseBytes: 100_000 }).send(request))
    expect(limited.error.code).toBe('OTLP_RESPONSE_TOO_LARGE')
  })

  test('an endpoint that does not choose HTTP/2 is spoken to over HTTP/1.1, and asked once', async () => {
    let connections = 0
    const seen: string[] = []
    const server = https.createServer(certificate, (incoming, response) => {
      let body = ''
      incoming.on('data', (chunk) => (body += String(chunk)))
      incoming.on('end', () => {
        seen.push(`HTTP/${incoming.httpVersion} ${body}`)
        response.end()
      })
    })
    server.on('connection', () => connections++)
    const port = await listen(server)
    const otlp = client({ url: `https://127.0.0.1:${port}/` })
    const outcomes = [await otlp.send(request), await otlp.send(request), await otlp.send(request)]
    expect(outcomes.every((outcome) => outcome.result === 'accepted')).toBe(true)
    expect(seen).toEqual(Array(3).fill('HTTP/1.1 abcde'))
    expect(connections).toBe(2)
  })

  test('plain http: stays with HTTP/1.1', async () => {
    const server = await createOtlpHttpServer({ endpoint: '127.0.0.1:0', handler: async () => undefined })
    cleanups.push(() => server.shutdown(0))
    const outcome = await client({ url: `http://${server.addresses[0]}/v1/traces` }).send({ ...request, chunks: [] })
    expect(outcome.result).toBe('accepted')
  })

  test('statuses and their retries are as over HTTP/1.1', async () => {
    let count = 0
    const { url } = await endpoint((stream) => {
      stream.respond({ ':status': ++count === 1 ? 503 : 200, 'retry-after': '7' }, { endStream: true })
    })
    const clock = fakeClock()
    const delays: number[] = []
    let retried: () => void = () => {}
    const waiting = new Promise<void>((resolve) => (retried = resolve))
    const otlp = client({
      url,
      clock,
      retry: defaultRetryPolicy,
      timeoutMillis: 60_000,
      observer: {
        retry: ({ delayMillis }) => {
          delays.push(delayMillis)
          retried()
        },
      },
    })
    const outcome = otlp.send(request)
    await waiting
    await clock.advance(7000)
    expect((await outcome).result).toBe('accepted')
    expect(delays).toEqual([7000])
  })

  test('an error of the endpoint names it and what it said', async () => {
    const { url } = await endpoint((stream) => {
      stream.respond({ ':status': 400, 'content-type': 'text/plain' })
      stream.end('no such tenant')
    })
    expect(failed(await client({ url }).send(request)).error.message).toBe(
      `${url}: answered 400 Bad Request, saying "no such tenant"; the endpoint could not read the data: expected is an OTLP request in the encoding of its Content-Type; 1 span not delivered, and not sent again`,
    )
  })

  test('header values that HTTP does not allow fail the request, not the connection', async () => {
    const { url, sessions } = await endpoint()
    const otlp = client({ url })
    const outcome = failed(await otlp.send({ ...request, headers: { 'x-bad': 'a\nb' } }))
    expect([outcome.error.code, outcome.retryable]).toEqual(['OTLP_OPTION', false])
    expect((await otlp.send(request)).result).toBe('accepted')
    expect(sessions).toHaveLength(1)
  })
})

describe('connections that end', () => {
  test('while idle: the next request has another one, and nothing is told', async () => {
    const { url, sessions } = await endpoint()
    const otlp = client({ url })
    await otlp.send(request)
    sessions[0]!.destroy()
    expect((await otlp.send(request)).result).toBe('accepted')
    expect(sessions).toHaveLength(2)
  })

  test('by GOAWAY while a request runs: it ends there, and the next one has another connection', async () => {
    let release: () => void = () => {}
    let told: () => void = () => {}
    const heard = new Promise<void>((resolve) => (told = resolve))
    const { url, sessions } = await endpoint((stream, headers, body) => {
      if (sessions.length > 1) return accept(stream, headers, body)
      release = () => accept(stream, headers, body)
      const session = stream.session!
      session.goaway(http2.constants.NGHTTP2_NO_ERROR)
      // Frames are read in order: the answer says that the client knows.
      session.ping(() => told())
    })
    const otlp = client({ url })
    const first = otlp.send(request)
    await heard
    expect((await otlp.send(request)).result).toBe('accepted')
    expect(sessions).toHaveLength(2)
    release()
    expect((await first).result).toBe('accepted')
  })

  test('a stream that was refused is repeated at once', async () => {
    let count = 0
    const { url } = await endpoint((stream) => {
      if (++count === 1) stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
      else accept(stream, {}, Buffer.alloc(0))
    })
    expect((await client({ url }).send(request)).result).toBe('accepted')
    expect(count).toBe(2)
  })

  test.each<[string, Serve, RegExp]>([
    [
      'a reset stream',
      (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
      /NGHTTP2_INTERNAL_ERROR.*the endpoint ended the HTTP\/2 connection or broke its rules/,
    ],
    [
      'a connection that is gone',
      (stream) => stream.session!.destroy(),
      /before its answer was whole|ERR_HTTP2|ECONNRESET/,
    ],
    [
      'an answer that ends with its connection',
      (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'text/plain' })
        stream.write('half an ans', () => stream.session!.destroy())
      },
      /before its answer was whole|ERR_HTTP2|ECONNRESET/,
    ],
    [
      'an answer that is cut',
      (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/json' })
        stream.write('{"partialSuccess":')
        setImmediate(() => stream.destroy(new Error('cut')))
      },
      /./,
    ],
  ])('%s is a failed connection, which may be tried again', async (_what, serve, message) => {
    const { url } = await endpoint(serve)
    const outcome = failed(await client({ url }).send(request))
    expect([outcome.error.code, outcome.retryable, outcome.httpStatus]).toEqual(['OTLP_CONNECTION', true, undefined])
    expect(outcome.error.message).toMatch(message)
  })

  test('after a deadline the next request does not wait on a connection that may be dead', async () => {
    const { url, sessions } = await endpoint((stream, headers, body) => {
      if (sessions.length > 1) accept(stream, headers, body)
    })
    const clock = fakeClock()
    const otlp = client({ url, clock, timeoutMillis: 5000 })
    const outcome = otlp.send(request)
    while (sessions.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(5000)
    expect(failed(await outcome).error.code).toBe('OTLP_DEADLINE')
    expect((await otlp.send(request)).result).toBe('accepted')
    expect(sessions).toHaveLength(2)
  })

  test('a deadline while connecting gives the connection up', async () => {
    const server = net.createServer()
    const closed = new Promise<void>((resolve) =>
      server.on('connection', (socket) => {
        socket.on('error', () => {})
        socket.resume()
        socket.on('close', () => resolve())
      }),
    )
    const connected = new Promise((resolve) => server.once('connection', resolve))
    const port = await listen(server)
    const clock = fakeClock()
    const otlp = client({ url: `https://127.0.0.1:${port}/`, clock, timeoutMillis: 5000 })
    const outcome = otlp.send(request)
    await connected
    await clock.advance(5000)
    expect(failed(await outcome).error.code).toBe('OTLP_DEADLINE')
    await closed
  })

  test('shutdown fails what runs and closes the connection', async () => {
    const { url, sessions } = await endpoint(() => {})
    const otlp = client({ url })
    const outcome = otlp.send(request)
    while (sessions.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const closed = new Promise((resolve) => sessions[0]!.once('close', resolve))
    await otlp.shutdown()
    expect(failed(await outcome).error.code).toBe('OTLP_SHUTDOWN')
    await closed
  })

  test('changed certificates are used by a new connection', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'otlp-h2-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'ca.pem'), root.certificate)
    const { url, sessions } = await endpoint()
    const clock = fakeClock()
    let reloaded: () => void = () => {}
    const done = new Promise<void>((resolve) => (reloaded = resolve))
    const otlp = createOtlpHttpClient({
      url,
      http2: true,
      proxy: 'none',
      clock,
      tls: { ca: { file: join(folder, 'ca.pem') }, reloadIntervalMillis: 1000 },
      observer: { tls: { reloaded: () => reloaded() } },
    })
    cleanups.push(() => otlp.shutdown())
    await otlp.send(request)
    writeFileSync(join(folder, 'ca.pem'), root.certificate + testAuthority('Second').certificate)
    await clock.advance(1000)
    await done
    await otlp.send(request)
    expect(sessions).toHaveLength(2)
  })
})

test('an idle HTTP/2 connection does not keep the process alive, one in use does', async () => {
  let release: () => void = () => {}
  let running: () => void = () => {}
  const { url, sessions } = await endpoint((stream, headers, body) => {
    release = () => accept(stream, headers, body)
    running()
  })
  // Connections that keep this process alive, apart from the endpoint's own side.
  const heldSockets = (): number => {
    for (const session of sessions) session.unref()
    return process.getActiveResourcesInfo().filter((name) => /TCP.*Wrap|TLS/.test(name)).length
  }
  const otlp = client({ url })
  for (let round = 0; round < 2; round++) {
    const inHandler = new Promise<void>((resolve) => (running = resolve))
    const outcome = otlp.send(request)
    await inHandler
    const inUse = heldSockets()
    expect(inUse).toBeGreaterThan(0)
    release()
    await outcome
    while (heldSockets() >= inUse) await new Promise((resolve) => setImmediate(resolve))
  }
})
