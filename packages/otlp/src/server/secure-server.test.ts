// SPDX-License-Identifier: Apache-2.0
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import { type Batch, type ConsumeContext, consumeError, decodeStatus } from '@otel-ts/otlp'
import { createOtlpHttpServer, type OtlpHttpServerOptions, type OtlpServer } from '@otel-ts/otlp/server'
import { fakeClock, fuzzRounds, testAuthority } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'

const root = testAuthority('Root')
const leaf = root.issue()
const serverTls = { certificate: { pem: leaf.chain }, key: { pem: leaf.key } }
const json = 'application/json'
const oneLog = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Started {
  readonly server: OtlpServer
  readonly port: number
  readonly batches: Batch[]
  readonly contexts: ConsumeContext[]
  /** Codes and messages of what was refused. */
  readonly refused: { code: string; message: string; httpStatus: number }[]
  /** Resolves when so many were refused. */
  refusals(count: number): Promise<void>
}

async function start(options: Partial<OtlpHttpServerOptions> = {}): Promise<Started> {
  const batches: Batch[] = []
  const contexts: ConsumeContext[] = []
  const refused: Started['refused'] = []
  let told = (): void => {}
  const server = await createOtlpHttpServer({
    endpoint: '127.0.0.1:0',
    tls: serverTls,
    handler: async (batch, context) => {
      batches.push(batch)
      contexts.push(context)
      return undefined
    },
    observer: {
      refused: ({ error, code, httpStatus }) => {
        refused.push({ code, message: error.message, httpStatus })
        told()
      },
    },
    ...options,
  })
  cleanups.push(() => server.shutdown(0))
  return {
    server,
    port: Number(server.addresses[0]!.split(':')[1]),
    batches,
    contexts,
    refused,
    async refusals(count) {
      while (refused.length < count) await new Promise<void>((resolve) => (told = resolve))
    },
  }
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: Buffer
}

type Post = (path: string, body: string | Uint8Array, headers?: Record<string, string>) => Promise<Answer>

function session(port: number, options: http2.SecureClientSessionOptions = {}): http2.ClientHttp2Session {
  const made = http2.connect(`https://127.0.0.1:${port}`, { ca: root.certificate, ...options })
  made.on('error', () => {})
  cleanups.push(() => made.destroy())
  return made
}

function answerOf(stream: http2.ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {}
    stream.on('response', (received) => (headers = received))
    stream.on('data', (chunk: Buffer) => pieces.push(chunk))
    stream.on(
      'end',
      () =>
        stream.rstCode === 0 && resolve({ status: Number(headers[':status']), headers, body: Buffer.concat(pieces) }),
    )
    stream.on('error', reject)
    stream.on('close', () => reject(new Error(`closed with ${stream.rstCode}`)))
  })
}

function overHttp2(made: http2.ClientHttp2Session): Post {
  return (path, body, headers = {}) => {
    const stream = made.request({ ':method': 'POST', ':path': path, 'content-type': json, ...headers })
    stream.end(body)
    return answerOf(stream)
  }
}

function overHttp1(port: number, agent: https.Agent | boolean = false): Post {
  return (path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const request = https.request({
        method: 'POST',
        host: '127.0.0.1',
        port,
        path,
        ca: root.certificate,
        agent: agent as https.Agent,
        headers: { 'content-type': json, ...headers },
      })
      request.on('error', reject)
      request.on('response', (response) => {
        const pieces: Buffer[] = []
        response.on('data', (chunk: Buffer) => pieces.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces) }),
        )
      })
      request.end(body)
    })
}

describe.each(['HTTP/2', 'HTTP/1.1'])('over TLS, %s', (version) => {
  const client = (port: number): Post => (version === 'HTTP/2' ? overHttp2(session(port)) : overHttp1(port))

  test('requests reach the handler and are answered in their encoding', async () => {
    const { port, batches } = await start()
    const post = client(port)
    const answer = await post('/v1/logs', oneLog)
    expect([answer.status, answer.headers['content-type'], answer.body.toString()]).toEqual([200, json, '{}'])
    const empty = await post('/v1/traces', '', { 'content-type': 'application/x-protobuf' })
    expect([empty.status, empty.headers['content-type'], empty.body.byteLength]).toEqual([
      200,
      'application/x-protobuf',
      0,
    ])
    expect(batches.map((batch) => [batch.signal, batch.itemCount])).toEqual([['logs', 1]])
  })

  test.each([
    ['an unknown path', '/v1/nothing', {}, 404, 'OTLP_PATH'],
    ['an unknown type', '/v1/logs', { 'content-type': 'text/plain' }, 415, 'OTLP_CONTENT_TYPE'],
    ['an unknown coding', '/v1/logs', { 'content-encoding': 'br' }, 415, 'OTLP_ENCODING'],
  ])('%s is refused with a Status', async (_what, path, headers, status, code) => {
    const { port, refused } = await start()
    const answer = await client(port)(path, oneLog, headers)
    expect(answer.status).toBe(status)
    expect(decodeStatus(answer.body, 'json').message).toContain(`request refused with ${status}`)
    expect(refused.map((one) => one.code)).toEqual([code])
  })

  test('a body over the limit is answered 413 before it is whole, and the next request is served', async () => {
    const { port, batches, refused } = await start({ maxRequestBodyBytes: 1000 })
    const post = client(port)
    const announced = await post('/v1/logs', Buffer.alloc(2_000_000, ' '), { 'content-length': '2000000' })
    expect(announced.status).toBe(413)
    const unannounced = await post('/v1/logs', Buffer.alloc(2_000_000, ' '), {
      ...(version === 'HTTP/2' ? {} : { 'transfer-encoding': 'chunked' }),
    })
    expect(unannounced.status).toBe(413)
    expect((await post('/v1/logs', oneLog)).status).toBe(200)
    expect(refused.map((one) => one.code)).toEqual(['OTLP_TOO_LARGE', 'OTLP_TOO_LARGE'])
    expect(batches).toHaveLength(1)
  })

  test('what the handler rejects with decides the answer, with Retry-After', async () => {
    const { port } = await start({
      handler: async () => {
        throw consumeError('QUEUE_FULL', 'queue full', { retryable: true, retryAfterMillis: 2000 })
      },
    })
    const answer = await client(port)('/v1/logs', oneLog)
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '2'])
  })

  test('metadata, response headers and CORS are as over plain HTTP', async () => {
    const { port, contexts } = await start({
      includeMetadata: true,
      responseHeaders: { 'X-Served-By': 'test' },
      cors: { allowedOrigins: ['https://page.test'] },
    })
    const answer = await client(port)('/v1/logs', oneLog, { 'x-tenant': 'seven', origin: 'https://page.test' })
    expect(answer.headers['x-served-by']).toBe('test')
    expect(answer.headers['access-control-allow-origin']).toBe('https://page.test')
    expect(contexts[0]!.metadata.get('x-tenant')).toEqual(['seven'])
  })

  test('paths that are no signal go to the fallback', async () => {
    const { port } = await start({
      fallback: (request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/plain' })
        response.end(`${request.method} ${request.url}`)
      },
    })
    expect((await client(port)('/page?x=1', '')).body.toString()).toBe('POST /page?x=1')
  })
})

describe('HTTP/2', () => {
  test('is what a client gets that offers both, and announces its limits', async () => {
    const { port } = await start({ maxConcurrentStreams: 7, maxHeaderBytes: 9000 })
    const made = session(port)
    const settings = await new Promise<http2.Settings>((resolve) => made.once('remoteSettings', resolve))
    expect(made.alpnProtocol).toBe('h2')
    expect([settings.maxConcurrentStreams, settings.maxHeaderListSize, settings.initialWindowSize]).toEqual([
      7,
      9000,
      1024 * 1024,
    ])
  })

  test('lets 250 requests run at a time by default', async () => {
    const { port } = await start()
    const settings = await new Promise<http2.Settings>((resolve) => session(port).once('remoteSettings', resolve))
    expect(settings.maxConcurrentStreams).toBe(250)
  })

  test('serves many requests at once on one connection', async () => {
    const { port, batches } = await start()
    const post = overHttp2(session(port))
    const answers = await Promise.all(Array.from({ length: 100 }, () => post('/v1/logs', oneLog)))
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    expect(batches).toHaveLength(100)
  })

  test('answers have no header of connections, also when every connection serves one request', async () => {
    const { port } = await start({ keepAlive: false })
    const made = session(port)
    const closed = new Promise((resolve) => made.once('close', resolve))
    const answer = await overHttp2(made)('/v1/logs', oneLog)
    expect([answer.status, answer.headers['connection']]).toEqual([200, undefined])
    await closed
  })

  test('an early answer ends its stream without an error, and leaves the connection to others', async () => {
    const { port } = await start({ maxRequestBodyBytes: 1000 })
    const made = session(port)
    const stream = made.request({ ':method': 'POST', ':path': '/v1/logs', 'content-type': json })
    stream.write(Buffer.alloc(1001))
    const closed = new Promise((resolve) => stream.once('close', resolve))
    expect((await answerOf(stream)).status).toBe(413)
    await closed
    expect(stream.rstCode).toBe(http2.constants.NGHTTP2_NO_ERROR)
    expect((await overHttp2(made)('/v1/logs', oneLog)).status).toBe(200)
  })

  test('a body that does not come in time is answered 408', async () => {
    const clock = fakeClock()
    const { port, refused } = await start({ clock, readTimeoutMillis: 5000 })
    const made = session(port)
    const stream = made.request({
      ':method': 'POST',
      ':path': '/v1/logs',
      'content-type': json,
      expect: '100-continue',
    })
    const answer = answerOf(stream)
    await new Promise((resolve) => stream.once('continue', resolve))
    await clock.advance(4999)
    expect(refused).toEqual([])
    await clock.advance(1)
    expect((await answer).status).toBe(408)
    expect(refused[0]!.message).toContain('only 0 bytes of its body arrived in time')
  })

  test('a request given up while it is read is told and not used', async () => {
    const { port, batches, refused, refusals } = await start()
    const stream = session(port).request({
      ':method': 'POST',
      ':path': '/v1/logs',
      expect: '100-continue',
      'content-type': json,
    })
    stream.on('error', () => {})
    await new Promise((resolve) => stream.once('continue', resolve))
    stream.write('{"resourceLogs"')
    stream.destroy()
    await refusals(1)
    expect([refused[0]!.code, batches.length]).toEqual(['OTLP_ABORTED', 0])
    expect(refused[0]!.message).toContain('the sender closed the connection while its body was being read')
  })

  test('aborts the signal of the handler when the sender resets its stream', async () => {
    let handled: (context: ConsumeContext) => void = () => {}
    const context = new Promise<ConsumeContext>((resolve) => (handled = resolve))
    const { port } = await start({
      handler: (_batch, given) => {
        handled(given)
        return new Promise(() => {})
      },
    })
    const stream = session(port).request({ ':method': 'POST', ':path': '/v1/logs', 'content-type': json })
    stream.on('error', () => {})
    stream.end(oneLog)
    const { signal } = await context
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
    stream.close(http2.constants.NGHTTP2_CANCEL)
    await aborted
  })

  test('headers over the limit end the stream and not the connection', async () => {
    const { port } = await start({ maxHeaderBytes: 2000 })
    const made = session(port)
    await new Promise((resolve) => made.once('remoteSettings', resolve))
    await expect(overHttp2(made)('/v1/logs', oneLog, { 'x-long': 'x'.repeat(3000) })).rejects.toThrow()
    const other = session(port)
    expect((await overHttp2(other)('/v1/logs', oneLog, { 'x-long': 'x'.repeat(1000) })).status).toBe(200)
  })

  test('an answer that is not taken is cut after the write time-out', async () => {
    const clock = fakeClock()
    const { port } = await start({ clock, writeTimeoutMillis: 3000, responseHeaders: {} })
    const made = session(port, { settings: { initialWindowSize: 0 } })
    const closed = new Promise((resolve) => made.once('close', resolve))
    const stream = made.request({ ':method': 'POST', ':path': '/v1/logs', 'content-type': json })
    stream.on('error', () => {})
    stream.end(oneLog)
    await new Promise((resolve) => stream.once('response', resolve))
    await clock.advance(2999)
    expect(made.destroyed).toBe(false)
    await clock.advance(1)
    await closed
  })
})

describe('connections that are none', () => {
  test('plain HTTP is answered in plain HTTP with what is expected', async () => {
    const { port, refused } = await start()
    const answer = await fetch(`http://127.0.0.1:${port}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': json },
      body: oneLog,
    })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, json])
    expect(decodeStatus(Buffer.from(await answer.arrayBuffer()), 'json').message).toBe(
      'request: plain HTTP; expected is HTTPS: this port has TLS, use https:// in the endpoint; request refused with 400',
    )
    expect(refused.map((one) => [one.code, one.httpStatus])).toEqual([['OTLP_TLS', 400]])
  })

  test('plain HTTP with a large body gets its answer too', async () => {
    const { port } = await start()
    const request = http.request({ host: '127.0.0.1', port, method: 'POST', path: '/v1/logs' })
    const status = new Promise((resolve, reject) => {
      request.on('response', (response) => resolve(response.statusCode))
      request.on('error', reject)
    })
    request.write(Buffer.alloc(5_000_000, ' '))
    expect(await status).toBe(400)
    request.destroy()
  })

  test('one on which nothing comes is closed in time, without a word', async () => {
    const clock = fakeClock()
    const { port, refused } = await start({ clock, readHeaderTimeoutMillis: 7000 })
    const socket = net.connect(port, '127.0.0.1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await new Promise((resolve) => socket.once('connect', resolve))
    while (clock.pendingCount === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(6999)
    expect(socket.destroyed).toBe(false)
    await clock.advance(1)
    await closed
    expect(refused).toEqual([])
  })

  test('a handshake that does not come to its end is cut', async () => {
    const { port, refused, refusals } = await start({ readHeaderTimeoutMillis: 50 })
    const socket = net.connect(port, '127.0.0.1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    // The header of a TLS record that announces 512 bytes.
    socket.write(Buffer.from('1603010200', 'hex'))
    await closed
    await refusals(1)
    expect([refused[0]!.code, refused[0]!.message]).toEqual([
      'OTLP_TLS',
      'TLS handshake: TLS handshake timeout (ERR_TLS_HANDSHAKE_TIMEOUT); expected was a whole handshake in time; connection closed',
    ])
  })

  test.each<[string, tls.ConnectionOptions, RegExp]>([
    [
      'a client that does not trust the certificate',
      {},
      /TLS handshake: .*which a client that does not trust the certificate may end like this/,
    ],
    [
      'a version that is off',
      { ca: root.certificate, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' },
      /TLS handshake: unsupported protocol .*expected is a version of TLS that is switched on here/,
    ],
    [
      'no suite in common',
      { ca: root.certificate, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' },
      /TLS handshake: no shared cipher .*expected is a cipher suite that is switched on here/,
    ],
    [
      'no protocol in common',
      { ca: root.certificate, ALPNProtocols: ['smtp'] },
      /TLS handshake: .*(application protocol|APPLICATION_PROTOCOL)/,
    ],
  ])('%s is told', async (_what, options, message) => {
    const { port, refused, refusals } = await start()
    const socket = tls.connect({ host: '127.0.0.1', port, ...options })
    socket.on('error', () => {})
    cleanups.push(() => socket.destroy())
    await refusals(1)
    expect(refused[0]!.message).toMatch(message)
    expect(refused[0]!.code).toBe('OTLP_TLS')
  })

  test('the alert of a client that does not know the authority is told', async () => {
    const { port, refused, refusals } = await start()
    const socket = net.connect(port, '127.0.0.1')
    cleanups.push(() => socket.destroy())
    socket.on('error', () => {})
    socket.write(await clientHello({ maxVersion: 'TLSv1.2' }))
    await new Promise((resolve) => socket.once('data', resolve))
    socket.write(Buffer.from('15030300020230', 'hex')) // alert: fatal, unknown_ca
    await refusals(1)
    expect(refused[0]!.message).toMatch(
      /^TLS handshake: .*unknown ca .*; the client does not trust the certificate of this server: give it the authority, or check the names; connection closed$/,
    )
  })

  test('garbage on the port with TLS harms nobody, and a client beside is served', async () => {
    const { port } = await start()
    const post = overHttp2(session(port))
    let seed = 20261120
    const random = (): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff
    const hello = await clientHello()
    for (let round = 0; round < fuzzRounds(60); round++) {
      const bytes = round % 2 === 0 ? Buffer.from(hello) : Buffer.alloc(1 + Math.floor(random() * 600))
      const changes = round % 2 === 0 ? 1 + Math.floor(random() * 5) : bytes.byteLength
      for (let at = 0; at < changes; at++) bytes[Math.floor(random() * bytes.byteLength)] = Math.floor(random() * 256)
      const socket = net.connect(port, '127.0.0.1')
      const closed = new Promise((resolve) => socket.once('close', resolve))
      socket.on('error', () => {})
      socket.resume()
      socket.end(bytes)
      expect((await post('/v1/logs', oneLog)).status).toBe(200)
      await closed
    }
  }, 120_000)
})

/** The first bytes that a TLS client sends. */
async function clientHello(options: tls.ConnectionOptions = {}): Promise<Buffer> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bytes = new Promise<Buffer>((resolve) => server.once('connection', (socket) => socket.once('data', resolve)))
  const client = tls.connect({
    host: '127.0.0.1',
    port: (server.address() as net.AddressInfo).port,
    servername: 'localhost',
    ...options,
  })
  client.on('error', () => {})
  const hello = await bytes
  client.destroy()
  server.close()
  return hello
}

describe('mutual TLS', () => {
  const agent = root.issue({ commonName: 'agent', names: [], usage: 'client' })
  const clientCa = { pem: root.certificate }

  test('serves clients with a certificate of clientCa over both versions', async () => {
    const { port } = await start({ tls: { ...serverTls, clientCa } })
    const own = { cert: agent.chain, key: agent.key }
    expect((await overHttp2(session(port, own))('/v1/logs', oneLog)).status).toBe(200)
    const https1 = new https.Agent(own)
    cleanups.push(() => https1.destroy())
    expect((await overHttp1(port, https1)('/v1/logs', oneLog)).status).toBe(200)
  })

  test('tells which clients are turned away, and why', async () => {
    const { port, refused, refusals, batches } = await start({ tls: { ...serverTls, clientCa } })
    await expect(overHttp1(port)('/v1/logs', oneLog)).rejects.toThrow()
    await refusals(1)
    const stranger = testAuthority('Stranger').issue({ usage: 'client' })
    const https1 = new https.Agent({ cert: stranger.chain, key: stranger.key })
    await expect(overHttp1(port, https1)('/v1/logs', oneLog)).rejects.toThrow()
    await refusals(2)
    expect(refused.map((one) => one.message)).toEqual([
      expect.stringMatching(
        /^TLS handshake: peer did not return a certificate \(.*\); expected is a certificate of the client, since clientCa is set; connection closed$/,
      ),
      "TLS handshake: the client's certificate is not accepted (UNABLE_TO_VERIFY_LEAF_SIGNATURE); expected is a valid one of an authority in clientCa; connection closed",
    ])
    expect(batches).toEqual([])
  })
})

describe('start', () => {
  test('fails with the reason when the certificate cannot be used, and binds nothing', async () => {
    const wrong = { ...serverTls, key: { pem: root.issue().key } }
    await expect(start({ tls: wrong })).rejects.toMatchObject({
      code: 'OTLP_OPTION',
      message: expect.stringContaining('not the key of tls.certificate'),
    })
  })

  test('binds both addresses of localhost with TLS', async () => {
    const { server } = await start({ endpoint: 'localhost:0' })
    for (const address of server.addresses) {
      const port = Number(address.slice(address.lastIndexOf(':') + 1))
      const socket = tls.connect({
        host: address.startsWith('[') ? '::1' : '127.0.0.1',
        port,
        ca: root.certificate,
        servername: 'localhost',
      })
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
      socket.destroy()
    }
  })
})

describe('shutdown', () => {
  test('lets running requests end and then the connections, of both versions', async () => {
    let release: () => void = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    let count = 0
    let bothIn: () => void = () => {}
    const handled = new Promise<void>((resolve) => (bothIn = resolve))
    const { server, port } = await start({
      handler: async () => {
        if (++count === 2) bothIn()
        await gate
        return undefined
      },
    })
    const made = session(port)
    const agent = new https.Agent({ keepAlive: true })
    cleanups.push(() => agent.destroy())
    const answers = Promise.all([overHttp2(made)('/v1/logs', oneLog), overHttp1(port, agent)('/v1/logs', oneLog)])
    await handled
    const closed = server.shutdown()
    release()
    expect((await answers).map((answer) => answer.status)).toEqual([200, 200])
    await closed
    expect(made.closed).toBe(true)
  })

  test('ends idle and silent connections at once', async () => {
    const { server, port } = await start()
    const made = session(port)
    await overHttp2(made)('/v1/logs', oneLog)
    const silent = net.connect(port, '127.0.0.1')
    await new Promise((resolve) => silent.once('connect', resolve))
    const ends = Promise.all([made, silent].map((one) => new Promise((resolve) => one.once('close', resolve))))
    await server.shutdown()
    await ends
  })

  test('cuts what still runs after the grace time', async () => {
    const clock = fakeClock()
    let handled: () => void = () => {}
    const inside = new Promise<void>((resolve) => (handled = resolve))
    const { server, port } = await start({
      clock,
      handler: () => {
        handled()
        return new Promise(() => {})
      },
    })
    const answer = overHttp2(session(port))('/v1/logs', oneLog)
    answer.catch(() => {})
    await inside
    const closed = server.shutdown(4000)
    await clock.advance(4000)
    await closed
    await expect(answer).rejects.toThrow()
  })
})
