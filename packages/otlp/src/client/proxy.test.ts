// SPDX-License-Identifier: Apache-2.0
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import type { OtlpClient, OtlpHttpClientOptions, OtlpOutcome, OtlpRequest } from '@otel-ts/otlp/client'
import { createOtlpHttpClient } from '@otel-ts/otlp/client'
import { fakeClock, testAuthority } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { connectThroughProxy, type ProxyServer, parseProxyUrl } from './proxy.ts'

const root = testAuthority('Root')
const endpointLeaf = root.issue({ names: ['endpoint.test'] })
const proxyLeaf = root.issue({ names: ['localhost'] })
const ca = { pem: root.certificate }

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const request: OtlpRequest = { signal: 'traces', chunks: [Buffer.from('body')], itemCount: 1 }

function client(options: OtlpHttpClientOptions): OtlpClient {
  const made = createOtlpHttpClient(options)
  cleanups.push(() => made.shutdown())
  return made
}

function failedMessage(outcome: OtlpOutcome): string {
  if (outcome.result !== 'failed') throw new Error('expected a failure')
  return outcome.error.message
}

async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as net.AddressInfo).port
}

interface Proxy {
  readonly url: string
  /** Request lines with the credentials that came. */
  readonly seen: string[]
  readonly connectionCount: () => number
}

/** A proxy that leads every name to `targetPort` of this machine. */
async function proxy(
  targetPort: number,
  options: { secure?: boolean; refuse?: string; protocolOfTarget?: 'http' | 'https' } = {},
): Promise<Proxy> {
  const seen: string[] = []
  let connectionCount = 0
  const { secure = false, refuse } = options
  const server = secure ? https.createServer({ cert: proxyLeaf.chain, key: proxyLeaf.key }) : http.createServer()
  server.on('tlsClientError', () => {})
  server.on(secure ? 'secureConnection' : 'connection', () => connectionCount++)
  const note = (incoming: http.IncomingMessage): void => {
    const credentials = incoming.headers['proxy-authorization']
    seen.push(
      `${incoming.method} ${incoming.url} ${incoming.headers.host}${credentials === undefined ? '' : ` ${credentials}`}`,
    )
  }
  server.on('request', (incoming, response) => {
    note(incoming)
    if (refuse !== undefined) {
      response.writeHead(Number(refuse.slice(0, 3)))
      response.end()
      return
    }
    const { pathname, search } = new URL(incoming.url!)
    const onward = http.request({
      port: targetPort,
      host: '127.0.0.1',
      method: 'POST',
      path: pathname + search,
      headers: incoming.headers,
    })
    incoming.pipe(onward)
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
  })
  server.on('connect', (incoming, socket, head) => {
    note(incoming)
    socket.on('error', () => {})
    if (refuse !== undefined) {
      socket.end(`HTTP/1.1 ${refuse}\r\nContent-Length: 2\r\n\r\nno`)
      return
    }
    const onward = net.connect(targetPort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      onward.write(head)
      socket.pipe(onward).pipe(socket)
    })
    onward.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
  })
  const port = await listen(server)
  return {
    url: `${secure ? 'https://localhost' : 'http://127.0.0.1'}:${port}`,
    seen,
    connectionCount: () => connectionCount,
  }
}

interface Endpoint {
  readonly port: number
  readonly seen: string[]
}

/** An endpoint that accepts everything and writes down what came. */
async function endpoint(kind: 'http' | 'https' | 'h2'): Promise<Endpoint> {
  const seen: string[] = []
  const serve = (
    incoming: http.IncomingMessage | http2.Http2ServerRequest,
    response: http.ServerResponse | http2.Http2ServerResponse,
  ): void => {
    let body = ''
    incoming.on('data', (chunk) => (body += String(chunk)))
    incoming.on('end', () => {
      seen.push(
        `HTTP/${incoming.httpVersion} ${incoming.url} ${incoming.headers[':authority'] ?? incoming.headers.host} ${body}`,
      )
      if (incoming.headers['proxy-authorization'] !== undefined) seen.push('credentials of the proxy')
      response.end()
    })
  }
  const certificate = { cert: endpointLeaf.chain, key: endpointLeaf.key }
  const server =
    kind === 'http'
      ? http.createServer(serve)
      : kind === 'https'
        ? https.createServer(certificate, serve)
        : http2.createSecureServer({ ...certificate, allowHTTP1: true }, serve)
  server.on('tlsClientError', () => {})
  return { port: await listen(server), seen }
}

describe('an endpoint with http:', () => {
  test.each([false, true])('gets whole requests from the proxy; TLS to the proxy: %s', async (secure) => {
    const target = await endpoint('http')
    const through = await proxy(target.port, { secure })
    const otlp = client({ url: 'http://endpoint.test/v1/traces?x=1', proxy: { url: through.url }, tls: { ca } })
    for (let count = 0; count < 3; count++) expect((await otlp.send(request)).result).toBe('accepted')
    expect(through.seen[0]).toBe('POST http://endpoint.test/v1/traces?x=1 endpoint.test')
    expect(target.seen[0]).toBe('HTTP/1.1 /v1/traces?x=1 endpoint.test body')
    expect([target.seen.length, through.connectionCount()]).toEqual([3, 1])
  })

  test('has its credentials told apart from those of the proxy', async () => {
    const target = await endpoint('http')
    const through = await proxy(target.port)
    const withUser = through.url.replace('http://', 'http://us%65r:p%40ss@')
    await client({ url: 'http://endpoint.test:8080/', proxy: { url: withUser } }).send(request)
    expect(through.seen).toEqual([
      `POST http://endpoint.test:8080/ endpoint.test:8080 Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    ])
  })
})

describe('an endpoint with https:', () => {
  test.each([false, true])('is reached through a tunnel, which is kept; TLS to the proxy: %s', async (secure) => {
    const target = await endpoint('https')
    const through = await proxy(target.port, { secure })
    const otlp = client({ url: 'https://endpoint.test/v1/traces', proxy: { url: through.url }, tls: { ca } })
    for (let count = 0; count < 3; count++) expect((await otlp.send(request)).result).toBe('accepted')
    expect(through.seen).toEqual(['CONNECT endpoint.test:443 endpoint.test:443'])
    expect(target.seen).toEqual(Array(3).fill('HTTP/1.1 /v1/traces endpoint.test body'))
  })

  test('is reached through a tunnel over HTTP/2 too', async () => {
    const target = await endpoint('h2')
    const through = await proxy(target.port)
    const otlp = client({ url: 'https://endpoint.test/', proxy: { url: through.url }, tls: { ca }, http2: true })
    await Promise.all([otlp.send(request), otlp.send(request)])
    expect(through.seen).toEqual(['CONNECT endpoint.test:443 endpoint.test:443'])
    expect(target.seen).toEqual(Array(2).fill('HTTP/2.0 / endpoint.test body'))
  })

  test('never sees the credentials of the proxy', async () => {
    const target = await endpoint('https')
    const through = await proxy(target.port)
    const withUser = through.url.replace('http://', 'http://user:pass@')
    await client({
      url: 'https://[2001:db8::1]:8443/',
      proxy: { url: withUser },
      tls: { ca, serverName: 'endpoint.test' },
    }).send(request)
    expect(through.seen).toEqual([
      `CONNECT [2001:db8::1]:8443 [2001:db8::1]:8443 Basic ${Buffer.from('user:pass').toString('base64')}`,
    ])
    expect(target.seen).toEqual(['HTTP/1.1 / [2001:db8::1]:8443 body'])
  })

  test('is checked behind the tunnel: the proxy cannot stand in for it', async () => {
    const other = await listen(
      https.createServer({ cert: proxyLeaf.chain, key: proxyLeaf.key }).on('tlsClientError', () => {}),
    )
    const through = await proxy(other)
    const outcome = await client({ url: 'https://endpoint.test/', proxy: { url: through.url }, tls: { ca } }).send(
      request,
    )
    expect(failedMessage(outcome)).toContain('the certificate of the endpoint is for other names')
  })
})

describe('the environment', () => {
  test('is what decides by default', async () => {
    const target = await endpoint('http')
    const through = await proxy(target.port)
    const before = { ...process.env }
    cleanups.push(() => {
      for (const name of ['HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy']) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
    })
    process.env['HTTP_PROXY'] = through.url
    process.env['NO_PROXY'] = 'direct.test'
    expect((await client({ url: 'http://endpoint.test/' }).send(request)).result).toBe('accepted')
    expect(through.seen).toHaveLength(1)
    expect((await client({ url: `http://127.0.0.1:${target.port}/` }).send(request)).result).toBe('accepted')
    expect(
      failedMessage(await client({ url: 'http://direct.test/', timeoutMillis: 5000 }).send(request)),
    ).not.toContain('proxy')
    expect(failedMessage(await client({ url: 'http://endpoint.test/', proxy: 'none' }).send(request))).not.toContain(
      'proxy',
    )
    expect(through.seen).toHaveLength(1)
  })
})

describe('what is said when the proxy fails', () => {
  const end = '1 span not delivered by this try, which may be repeated'
  async function said(url: string, proxyUrl: string, options: Partial<OtlpHttpClientOptions> = {}): Promise<string> {
    return failedMessage(await client({ url, proxy: { url: proxyUrl }, tls: { ca }, ...options }).send(request))
  }

  test.each([
    [
      '407 Proxy Authentication Required',
      'the proxy wants credentials: put them into the URL of the proxy, http://user:password@host:port',
    ],
    ['403 Forbidden', 'the proxy makes no tunnel to the endpoint: have it allowed there'],
    ['502 Bad Gateway', 'the proxy cannot reach the endpoint: check the endpoint and the proxy'],
  ])('%s for a tunnel', async (refuse, advice) => {
    for (const http2 of [false, true]) {
      const through = await proxy(1, { refuse })
      expect(await said('https://endpoint.test/', through.url, { http2 })).toBe(
        `https://endpoint.test/: proxy ${through.url}: answered ${refuse}; ${advice}; ${end}`,
      )
    }
  })

  test('407 for a whole request', async () => {
    const through = await proxy(1, { refuse: '407' })
    expect(await said('http://endpoint.test/', through.url)).toBe(
      'http://endpoint.test/: answered 407 Proxy Authentication Required; the proxy wants credentials: put them into its URL, http://user:password@host:port; 1 span not delivered, and not sent again',
    )
  })

  test.each(['http', 'https'])('nothing listens where it should be, %s:', async (scheme) => {
    const server = net.createServer()
    const port = await listen(server)
    await new Promise((resolve) => server.close(resolve))
    expect(await said(`${scheme}://endpoint.test/`, `http://127.0.0.1:${port}`)).toBe(
      `${scheme}://endpoint.test/: proxy http://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}; nothing listens there: check the URL of the proxy; ${end}`,
    )
  })

  test('its name has no address', async () => {
    expect(await said('https://endpoint.test/', 'http://proxy.invalid:1')).toContain(
      'the host name of the proxy has no address',
    )
  })

  test.each(['http', 'https'])('it hangs up, %s:', async (scheme) => {
    const port = await listen(net.createServer((socket) => socket.once('data', () => socket.destroy())))
    expect(await said(`${scheme}://endpoint.test/`, `http://127.0.0.1:${port}`)).toContain(
      'the proxy does not answer as one: check the URL of the proxy',
    )
  })

  test('it answers something else than HTTP', async () => {
    const port = await listen(net.createServer((socket) => socket.once('data', () => socket.end('220 ready\r\n'))))
    expect(await said('https://endpoint.test/', `http://127.0.0.1:${port}`)).toContain(
      'the proxy does not answer as one',
    )
  })

  test('it has a certificate that is not trusted, or no TLS', async () => {
    const through = await proxy(1, { secure: true })
    expect(await said('https://endpoint.test/', through.url, { tls: {} })).toContain(
      'the certificate of the proxy is not trusted: set its authority (ca), or check the URL of the proxy',
    )
    const plain = await proxy(1)
    expect(await said('https://endpoint.test/', plain.url.replace('http:', 'https:'))).toContain(
      'the proxy does not speak TLS: use http:// in the URL of the proxy',
    )
  })

  test.each(['socks5://p:1', 'http://', 'http://p:99999', ''])('its URL is "%s"', async (url) => {
    const outcome = await client({ url: 'http://endpoint.test/', proxy: { url } }).send(request)
    expect(outcome).toMatchObject({ result: 'failed', retryable: false, error: { code: 'OTLP_OPTION' } })
    expect(failedMessage(outcome)).toBe(
      `proxy ${JSON.stringify(url)}: not the URL of a proxy that can be used; expected http://host:port or https://host:port; nothing is sent`,
    )
  })

  test('credentials of its URL stand in no message', async () => {
    const through = await proxy(1, { refuse: '407 No' })
    const secret = through.url.replace('http://', 'http://user:hunter2@')
    expect(await said('https://endpoint.test/', secret)).not.toContain('hunter2')
    expect(await said('https://endpoint.test/', 'ftp://user:hunter2@p')).not.toContain('hunter2')
  })
})

describe('connectThroughProxy', () => {
  const target = { hostname: 'endpoint.test', port: 4317 }
  const at = (url: string): ProxyServer => parseProxyUrl(url, 'proxy') as ProxyServer

  test('hands over what the endpoint said together with the answer of the proxy', async () => {
    const port = await listen(
      net.createServer((socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nhello'))),
    )
    const options = { tls: () => ({}), clock: fakeClock() }
    const socket = await new Promise<net.Socket>((resolve, reject) => {
      connectThroughProxy(at(`http://127.0.0.1:${port}`), target, options, (error, made) =>
        error === undefined ? resolve(made!) : reject(error),
      )
    })
    cleanups.push(() => socket.destroy())
    expect(String(await new Promise((resolve) => socket.once('data', resolve)))).toBe('hello')
    expect(options.clock.pendingCount).toBe(0)
  })

  test('gives a proxy that says nothing 30 seconds', async () => {
    let arrived: () => void = () => {}
    const asked = new Promise<void>((resolve) => (arrived = resolve))
    const port = await listen(net.createServer((socket) => socket.once('data', () => arrived())))
    const clock = fakeClock()
    const errors: (Error | undefined)[] = []
    const proxyServer = at(`http://127.0.0.1:${port}`)
    connectThroughProxy(proxyServer, target, { tls: () => ({}), clock }, (error) => errors.push(error))
    await asked
    await clock.advance(29_999)
    expect(errors).toEqual([])
    await clock.advance(1)
    expect(errors.map((error) => error!.message)).toEqual(['no tunnel to endpoint.test:4317 within 30000 ms'])
  })

  test('calls nobody after it was cancelled', async () => {
    let arrived: (socket: net.Socket) => void = () => {}
    const asked = new Promise<net.Socket>((resolve) => (arrived = resolve))
    const port = await listen(net.createServer((socket) => socket.once('data', () => arrived(socket))))
    let calls = 0
    const running = connectThroughProxy(
      at(`http://127.0.0.1:${port}`),
      target,
      { tls: () => ({}), clock: fakeClock() },
      () => calls++,
    )
    const socket = await asked
    const closed = new Promise((resolve) => socket.once('close', resolve))
    running.cancel()
    await closed
    expect(calls).toBe(0)
  })
})
