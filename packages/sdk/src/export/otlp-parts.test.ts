// SPDX-License-Identifier: Apache-2.0
import { Agent } from 'node:http'
import { createServer, Agent as HttpsAgent } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { OtlpOutcome, OtlpRequest } from '@otel-ts/otlp'
import { captureOtlp, testAuthority } from '@otel-ts/testkit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import { createOtlpGrpcClient } from './otlp-grpc-client.ts'
import type { OtlpGrpcExporterOptions, OtlpHttpExporterOptions } from './otlp-options.ts'
import { exporterParts } from './otlp-parts.ts'

// The client of gRPC has tests of its own: here is what it is asked for.
vi.mock('./otlp-grpc-client.ts', () => ({ createOtlpGrpcClient: vi.fn() }))

const accepted: OtlpOutcome = { result: 'accepted', partialSuccess: undefined }
const request: OtlpRequest = { signal: 'traces', chunks: [Uint8Array.of()], itemCount: 1 }

beforeEach(() => {
  vi.mocked(createOtlpGrpcClient).mockReset()
  vi.mocked(createOtlpGrpcClient).mockImplementation(() => ({
    send: async () => accepted,
    shutdown: async () => {},
  }))
  vi.spyOn(sdkEvents, 'endpointNotReached').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

async function grpcOptions(options: OtlpGrpcExporterOptions = {}) {
  const { client } = exporterParts('traces', options, 'grpc')
  await client.send(request)
  return vi.mocked(createOtlpGrpcClient).mock.calls[0]![0]
}

describe('gRPC', () => {
  test('the code of gRPC is not run before the first export, and once for all', async () => {
    const { client, encoding, destination } = exporterParts('metrics', {}, 'grpc')
    expect([encoding, destination]).toEqual(['protobuf', 'http://localhost:4317'])
    expect(createOtlpGrpcClient).not.toHaveBeenCalled()
    await Promise.all([client.send(request), client.send(request)])
    expect(createOtlpGrpcClient).toHaveBeenCalledOnce()
  })

  test('nothing given asks for the defaults, and leaves limits to the client', async () => {
    expect(await grpcOptions()).toEqual({
      endpoint: 'http://localhost:4317',
      insecure: false,
      headers: {},
      compression: 'none',
      timeoutMillis: 10_000,
      retry: {
        initialDelayMillis: 1000,
        maxDelayMillis: 5000,
        multiplier: 1.5,
        jitter: 0.2,
        maxAttempts: Number.POSITIVE_INFINITY,
      },
    })
  })

  test('every option arrives', async () => {
    const given: OtlpGrpcExporterOptions = {
      url: 'dns:///c:1',
      insecure: true,
      headers: { a: '1' },
      compression: 'gzip',
      timeoutMillis: 7,
      userAgent: 'Mine/1',
      tls: { serverName: 's' },
      proxy: 'none',
      maxRequestBytes: 8,
      maxResponseBytes: 9,
      retry: false,
      authority: 'a:1',
      keepAlive: { timeMillis: 1, timeoutMillis: 2, permitWithoutStream: true },
      balancer: 'round_robin',
      waitForReady: true,
    }
    const { url, userAgent, retry: _, ...rest } = given
    expect(await grpcOptions(given)).toEqual({
      ...rest,
      endpoint: url,
      userAgentProduct: userAgent,
      retry: undefined,
    })
  })

  test('INSECURE of the environment holds unless code says something', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_INSECURE', 'true')
    expect(await grpcOptions({ url: 'c:1' })).toMatchObject({ insecure: true })
    vi.mocked(createOtlpGrpcClient).mockClear()
    expect(await grpcOptions({ url: 'c:1', insecure: false })).toMatchObject({ insecure: false })
  })

  test.each([
    ['unix:///run/otel.sock', {}, true],
    ['unix:///run/otel.sock', { insecure: false }, false],
    ['c:1', {}, false],
  ])('%s with %j goes without TLS: %s', async (url, options, insecure) => {
    expect(await grpcOptions({ url, ...options })).toMatchObject({ insecure })
  })

  test('metadata, plain or of grpc-js, wins over headers', async () => {
    const headers = { Token: 'old', b: '2' }
    expect(await grpcOptions({ headers, metadata: { token: 'new' } })).toMatchObject({
      headers: { token: 'new', b: '2' },
    })
    vi.mocked(createOtlpGrpcClient).mockClear()
    const metadata = { getMap: () => ({ token: 'new', 'key-bin': Uint8Array.of(1, 2, 3) }) }
    expect(await grpcOptions({ headers, metadata })).toMatchObject({
      headers: { token: 'new', b: '2', 'key-bin': Uint8Array.of(1, 2, 3) },
    })
  })

  test('credentials of createInsecure() mean insecure; others are refused with what to use', async () => {
    expect(await grpcOptions({ credentials: { _isSecure: () => false } })).toMatchObject({ insecure: true })
    for (const credentials of [{ _isSecure: () => true }, {}]) {
      expect(() => exporterParts('traces', { credentials }, 'grpc')).toThrow(
        'credentials: ChannelCredentials of grpc-js, whose certificates cannot be read; allowed are those of createInsecure(), or the option tls: { ca, certificate, key }; the exporter is not made',
      )
    }
  })

  test('a client that cannot be made fails the export, and the next one tries again', async () => {
    vi.mocked(createOtlpGrpcClient).mockImplementationOnce(() => {
      throw new Error('no module')
    })
    const { client } = exporterParts('traces', { url: 'c:1' }, 'grpc')
    expect(await client.send(request)).toMatchObject({
      result: 'failed',
      retryable: false,
      error: {
        code: 'OTLP_OPTION',
        message: 'c:1: its client cannot be made: no module; expected are options that it can use; 1 items not sent',
      },
    })
    expect(await client.send(request)).toEqual(accepted)
  })

  test('shutdown before the first export makes no client, and later exports fail', async () => {
    const { client } = exporterParts('traces', {}, 'grpc')
    await client.shutdown()
    expect(await client.send(request)).toMatchObject({ result: 'failed', error: { code: 'OTLP_SHUTDOWN' } })
    expect(createOtlpGrpcClient).not.toHaveBeenCalled()
  })
})

describe('HTTP', () => {
  async function sendTwo(options: OtlpHttpExporterOptions) {
    const server = await captureOtlp()
    const { client } = exporterParts('logs', { url: `${server.url}/v1/logs`, proxy: 'none', ...options }, 'http/json')
    const logs = { ...request, signal: 'logs' as const }
    const outcomes = [await client.send(logs), await client.send(logs)]
    await client.shutdown()
    const connections = server.requests.map(({ connection }) => connection)
    await server.close()
    expect(outcomes).toEqual([accepted, accepted])
    return { connections, requests: server.requests }
  }

  test('connections are kept by default, and not with keepAlive: false', async () => {
    expect((await sendTwo({})).connections).toEqual([0, 0])
    expect((await sendTwo({ keepAlive: false })).connections).toEqual([0, 1])
  })

  test('the encoding is that of the protocol', async () => {
    const { requests } = await sendTwo({ headers: { 'x-key': '1' }, userAgent: 'Mine/1' })
    expect(requests[0]?.path).toBe('/v1/logs')
    expect(requests[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'x-key': '1' })
    expect(requests[0]?.headers['user-agent']).toMatch(/^Mine\/1 OTel-OTLP-Exporter-JavaScript\/\d/)
  })

  test.each([
    ['kept', { maxSockets: 1 }, [0, 0]],
    ['not kept', { keepAlive: false }, [0, 1]],
  ])('httpAgentOptions are those of an agent whose connections are %s', async (_name, httpAgentOptions, expected) => {
    expect((await sendTwo({ httpAgentOptions })).connections).toEqual(expected)
  })

  test.each([
    ['the authorities of tls', {}, true],
    ['its own', { ca: testAuthority('Another').certificate }, false],
  ])('an agent of httpAgentOptions trusts %s', async (_name, own, trusts) => {
    const authority = testAuthority()
    const { certificate: cert, key } = authority.issue()
    const server = createServer({ cert, key }, (incoming, response) =>
      incoming.resume().on('end', () => response.end()),
    )
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { client } = exporterParts(
      'traces',
      {
        url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
        tls: { ca: { pem: authority.certificate } },
        httpAgentOptions: { maxSockets: 1, ...own },
        retry: false,
      },
      'http/protobuf',
    )
    expect((await client.send(request)).result).toBe(trusts ? 'accepted' : 'failed')
    await client.shutdown()
    await new Promise((resolve) => server.close(resolve))
  })

  test('an agent of a function is asked for once, by protocol, and used', async () => {
    const agent = new Agent({ keepAlive: true })
    const used = vi.spyOn(agent, 'createConnection' as never)
    const factory = vi.fn((_protocol: string) => Promise.resolve(agent))
    await sendTwo({ httpAgentOptions: factory })
    expect(factory.mock.calls).toEqual([['http:']])
    expect(used).toHaveBeenCalledOnce()
    agent.destroy()
  })

  test('an agent that is given is used and not ended', async () => {
    const agent = new Agent({ keepAlive: true })
    const used = vi.spyOn(agent, 'createConnection' as never)
    const ended = vi.spyOn(agent, 'destroy')
    await sendTwo({ agent, httpAgentOptions: { keepAlive: false } })
    expect(used).toHaveBeenCalledOnce()
    expect(ended).not.toHaveBeenCalled()
    agent.destroy()
  })

  test('a function that makes agents is told whether the endpoint has TLS', async () => {
    const agent = vi.fn((secure: boolean) => (secure ? new HttpsAgent() : new Agent()))
    await sendTwo({ agent })
    expect(agent).toHaveBeenCalledWith(false)
  })

  test('an agent that cannot be made fails the export', async () => {
    const httpAgentOptions = () => Promise.reject(new Error('no agent'))
    const { client } = exporterParts('traces', { url: 'http://127.0.0.1:1', httpAgentOptions }, 'http/protobuf')
    expect(await client.send(request)).toMatchObject({ result: 'failed', error: { code: 'OTLP_OPTION' } })
  })

  test('what fails is told to the watch of the endpoint', async () => {
    const { client } = exporterParts('traces', { url: 'not a url' }, 'http/protobuf')
    await client.send(request)
    expect(sdkEvents.endpointNotReached).toHaveBeenCalledOnce()
  })
})
