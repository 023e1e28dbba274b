// SPDX-License-Identifier: Apache-2.0
// Real servers that are not what the exporter takes them for: the one line that is said must name the likely cause.
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttp2Server, createSecureServer, type Http2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { diag } from '@otel-ts/api'
import { testAuthority } from '@otel-ts/testkit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import type { OtlpProtocol } from './otlp-options.ts'
import { exporterParts } from './otlp-parts.ts'

const authority = testAuthority()
const { certificate, key } = authority.issue()
const closing: (() => Promise<void>)[] = []
let said: string[] = []

beforeEach(() => {
  said = []
  vi.spyOn(sdkEvents, 'endpointNotReached').mockImplementation(({ destination, protocol, error }) => {
    said.push(`${destination} over ${protocol}: ${error.message}`)
  })
})
afterEach(async () => {
  vi.restoreAllMocks()
  diag.disable()
  for (const close of closing.splice(0)) await close()
})

type AnyServer = Server | Http2Server | ReturnType<typeof createHttpsServer> | ReturnType<typeof createTcpServer>

/** Listens on 127.0.0.1 and gives the port. */
async function listen(server: AnyServer): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  server.on('error', () => {})
  server.on('tlsClientError', () => {})
  server.on('sessionError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  )
  return (server.address() as AddressInfo).port
}

const answer =
  (status: number): RequestListener =>
  (request, response) => {
    request.resume()
    response.writeHead(status).end()
  }

const servers = {
  http: () => createHttpServer(answer(200)),
  https: () => createHttpsServer({ cert: certificate, key }, answer(200)),
  grpc: () => createHttp2Server(),
  'grpc with TLS': () => createSecureServer({ cert: certificate, key }),
}

/** One export without retries; what was said of it. */
async function diagnose(protocol: OtlpProtocol, url: string, options: object = {}): Promise<string> {
  const { client } = exporterParts(
    'traces',
    { url, retry: false, proxy: 'none', timeoutMillis: 5000, ...options },
    protocol,
  )
  const outcome = await client.send({ signal: 'traces', chunks: [new Uint8Array(2)], itemCount: 1 })
  await client.shutdown()
  expect(outcome.result).toBe('failed')
  expect(said).toHaveLength(1)
  return said[0]!
}

describe('HTTP', () => {
  test.each<[string, keyof typeof servers, string, RegExp]>([
    ['a gRPC port', 'grpc', 'http', /is this a gRPC port \(usual 4317\)/],
    ['a port with TLS', 'https', 'http', /port with TLS.*https:\/\//],
    ['a gRPC port with TLS', 'grpc with TLS', 'http', /port with TLS.*https:\/\//],
    ['a port without TLS, by https', 'http', 'https', /does not speak TLS: use http:\/\//],
    ['a certificate that is not trusted', 'https', 'https', /certificate is not trusted here/],
  ])('to %s', async (_name, kind, scheme, expected) => {
    const port = await listen(servers[kind]())
    const url = `${scheme}://127.0.0.1:${port}/v1/traces`
    const text = await diagnose('http/protobuf', url)
    expect(text).toMatch(expected)
    expect(text.startsWith(`${url} over http/protobuf: `)).toBe(true)
  })

  test.each([
    [404, /expected is a path that takes OTLP, such as \/v1\/traces: check the endpoint/],
    [401, /expected are valid credentials: check the headers of the exporter/],
    [403, /expected are valid credentials: check the headers of the exporter/],
    [405, /expected is a path that takes POST: check the endpoint/],
    [415, /check protocol and compression of the exporter/],
  ])('to an endpoint that answers %i', async (status, expected) => {
    const port = await listen(createHttpServer(answer(status)))
    expect(await diagnose('http/json', `http://127.0.0.1:${port}`)).toMatch(expected)
  })

  test('to a port where nobody listens', async () => {
    const server = createTcpServer()
    const port = await listen(server)
    await closing.pop()?.()
    expect(await diagnose('http/protobuf', `http://127.0.0.1:${port}`)).toMatch(
      /ECONNREFUSED.*nothing listens there: expected is a running collector/,
    )
  })

  test('to a name that has no address', async () => {
    expect(await diagnose('http/protobuf', 'http://collector.invalid:4318')).toMatch(
      /collector\.invalid.*the host name has no address: check the endpoint and the name service/,
    )
  })

  test('through a proxy where nobody listens', async () => {
    const port = await listen(createTcpServer())
    await closing.pop()?.()
    const proxy = { url: `http://127.0.0.1:${port}` }
    expect(await diagnose('http/protobuf', 'http://collector.invalid:4318', { proxy })).toMatch(/proxy/)
  })
})

describe('gRPC', () => {
  test.each<[string, keyof typeof servers, string, RegExp]>([
    ['an HTTP port', 'http', 'http', /HTTP.*4317/],
    ['a port with TLS', 'grpc with TLS', 'http', /TLS/],
    ['a port without TLS, by https', 'grpc', 'https', /TLS.*http:\/\//],
    ['an HTTP port with TLS', 'https', 'https', /./],
    ['a certificate that is not trusted', 'grpc with TLS', 'https', /certificate is not trusted here/],
  ])('to %s', async (_name, kind, scheme, expected) => {
    const port = await listen(servers[kind]())
    const text = await diagnose('grpc', `${scheme}://127.0.0.1:${port}`)
    expect(text).toMatch(expected)
    expect(text.startsWith(`${scheme}://127.0.0.1:${port} over grpc: `)).toBe(true)
  })

  test.each([
    [404, /./],
    [401, /credentials/],
    [403, /credentials/],
  ])('to an endpoint over HTTP/2 that answers %i', async (status, expected) => {
    const server = createHttp2Server()
    server.on('stream', (stream) => {
      stream.on('error', () => {})
      stream.respond({ ':status': status }, { endStream: true })
    })
    const port = await listen(server)
    expect(await diagnose('grpc', `http://127.0.0.1:${port}`)).toMatch(expected)
  })

  test.each([
    [16, /credentials/],
    [7, /credentials/],
    [12, /./],
  ])('to an endpoint that answers with status %i', async (status, expected) => {
    const server = createHttp2Server()
    server.on('stream', (stream) => {
      stream.on('error', () => {})
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status) },
        { endStream: true },
      )
    })
    const port = await listen(server)
    expect(await diagnose('grpc', `http://127.0.0.1:${port}`)).toMatch(expected)
  })

  test('to a port where nobody listens', async () => {
    const port = await listen(createTcpServer())
    await closing.pop()?.()
    expect(await diagnose('grpc', `http://127.0.0.1:${port}`)).toMatch(/ECONNREFUSED.*nothing listens there/)
  })

  test('to a name that has no address', async () => {
    expect(await diagnose('grpc', 'http://collector.invalid:4317')).toMatch(
      /collector\.invalid.*the host name has no address/,
    )
  })
})
