// SPDX-License-Identifier: Apache-2.0
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import {
  createSecureServer,
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { formatProblem, parseYaml, readConfig } from '@otel-ts/confmap'
import { batchFromRecords, type ConsumeContext, encodeExportResponse, encodeStatus } from '@otel-ts/otlp'
import { contractBatch, fakeClock, spanRecord, spansOfService, testAuthority } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { testSettings } from '../../testing/settings.ts'
import { otlpGrpcConfig } from './config.ts'
import { otlpGrpcExporter } from './exporter.ts'

const cleanUps: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const read = (yaml: string) => readConfig(otlpGrpcConfig, parseYaml(yaml, 'x').node, ['e'])
const batch = batchFromRecords('traces', [spansOfService('s', [spanRecord({ name: 'a' })])])
const context: ConsumeContext = { metadata: new Map(), signal: new AbortController().signal }

interface Call {
  readonly headers: IncomingHttpHeaders
  /** The message of the call: flag, length and bytes. */
  readonly body: Buffer
  /** Number of the connection. */
  readonly connection: number
}
interface Answer {
  readonly trailers?: OutgoingHttpHeaders
  readonly message?: Uint8Array
}
const ok: Answer = { trailers: { 'grpc-status': '0' }, message: new Uint8Array() }

/** A server of gRPC in plain node:http2 that answers every call with `answer`; 'hang' = never. */
async function startPeer(answer: Answer | 'hang' = ok, tls?: { cert: string; key: string; ca?: string }) {
  const calls: Call[] = []
  const sessions: Http2Session[] = []
  let settle = (): void => {}
  const server = tls === undefined ? createServer() : createSecureServer({ ...tls, requestCert: tls.ca !== undefined })
  server.on('session', (session) => void sessions.push(session))
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      calls.push({ headers, body: Buffer.concat(chunks), connection: sessions.indexOf(stream.session!) })
      settle()
      if (answer === 'hang') return
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers(answer.trailers ?? {}))
      if (answer.message === undefined) stream.end()
      else stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, answer.message.length]), answer.message]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return {
    calls,
    sessions,
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    called: () => new Promise<void>((resolve) => (settle = resolve)),
  }
}

/** Sends one batch through an exporter without queue. */
async function exportOnce(address: string, keys: string, sent = batch, clock?: ReturnType<typeof fakeClock>) {
  const settings = testSettings({ kind: 'exporter', id: 'otlp_grpc', ...(clock === undefined ? {} : { clock }) })
  const { value, problems } = read(
    `{sending_queue: {enabled: false}, retry_on_failure: {enabled: false}, endpoint: "${address}", ${keys}}`,
  )
  expect(problems).toEqual([])
  const exporter = otlpGrpcExporter.create(value!, settings)
  await exporter.start!()
  let error: Error | undefined
  await exporter.consume(sent, context).catch((reason: Error) => {
    error = reason
  })
  await exporter.shutdown!(new AbortController().signal)
  return { settings, error }
}
const plain = 'tls: {insecure: true}'

describe('each key changes what is sent', () => {
  test('by default protobuf with gzip to the method of the signal, with our name', async () => {
    const peer = await startPeer()
    const { settings } = await exportOnce(peer.address, plain)
    const [{ headers, body }] = peer.calls as [Call]
    expect([headers[':path'], headers['grpc-encoding'], headers['content-type'], headers.te]).toEqual([
      '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'gzip',
      expect.stringMatching(/^application\/grpc/),
      'trailers',
    ])
    expect(body[0]).toBe(1)
    expect(new Uint8Array(gunzipSync(body.subarray(5)))).toEqual(new Uint8Array(batch.chunks()[0]!))
    expect(headers['user-agent']).toMatch(/^otel-ts-collector\//)
    expect(headers[':authority']).toBe(peer.address)
    expect(settings.count('exporter_sent_spans')).toBe(1)
  })

  test.each([
    ['metrics', 'metrics.v1.MetricsService'],
    ['logs', 'logs.v1.LogsService'],
  ] as const)('of %s: the method of %s', async (signal, service) => {
    const peer = await startPeer()
    await exportOnce(peer.address, plain, contractBatch(signal) as never)
    expect(peer.calls[0]!.headers[':path']).toBe(`/opentelemetry.proto.collector.${service}/Export`)
  })

  test.each([
    ['none', undefined, 0],
    ['snappy', 'snappy', 1],
  ])('compression: %s', async (compression, coding, flag) => {
    const peer = await startPeer()
    await exportOnce(peer.address, `${plain}, compression: ${compression}`)
    const encoding = peer.calls[0]!.headers['grpc-encoding']
    expect([encoding === 'identity' ? undefined : encoding, peer.calls[0]!.body[0]]).toEqual([coding, flag])
  })

  test.each(['{X-Key: s3cret}', '[{name: X-Key, value: s3cret}]'])('headers: %s', async (headers) => {
    const peer = await startPeer()
    await exportOnce(peer.address, `${plain}, headers: ${headers}`)
    expect(peer.calls[0]!.headers['x-key']).toBe('s3cret')
  })

  test('authority and user_agent', async () => {
    const peer = await startPeer()
    await exportOnce(peer.address, `${plain}, authority: "own.example", user_agent: mine/1`)
    const { headers } = peer.calls[0]!
    expect([headers[':authority'], headers['user-agent']]).toEqual(['own.example', 'mine/1'])
  })

  test('timeout: the server is told, and no answer within it is retryable', async () => {
    const peer = await startPeer('hang')
    const { error } = await exportOnce(peer.address, `${plain}, timeout: 40ms`)
    expect(error).toMatchObject({ retryable: true })
    expect(peer.calls[0]!.headers['grpc-timeout']).toMatch(/^\d{1,8}[mun]$/)
  })

  test('tls: without insecure the server must speak TLS; a server certificate must be trusted', async () => {
    const authority = testAuthority()
    const { chain: cert, key } = authority.issue({ usage: 'server' })
    const peer = await startPeer(ok, { cert, key })
    const ca = `ca_pem: ${JSON.stringify(authority.certificate)}`
    expect((await exportOnce(peer.address, `tls: {${ca}}`)).error).toBeUndefined()
    expect((await exportOnce(peer.address, 'tls: {insecure_skip_verify: true}')).error).toBeUndefined()
    expect((await exportOnce(peer.address, '')).error).toMatchObject({ retryable: expect.any(Boolean) })
    expect(peer.calls).toHaveLength(2)
  })

  test('tls: server_name_override is the name that the certificate must have', async () => {
    const authority = testAuthority()
    const { chain: cert, key } = authority.issue({ usage: 'server', names: ['own.example'] })
    const peer = await startPeer(ok, { cert, key })
    const ca = `ca_pem: ${JSON.stringify(authority.certificate)}`
    expect((await exportOnce(peer.address, `tls: {${ca}}`)).error).toBeInstanceOf(Error)
    expect((await exportOnce(peer.address, `tls: {${ca}, server_name_override: own.example}`)).error).toBeUndefined()
  })

  test('tls: a certificate that cannot be used stops the start', async () => {
    await expect(exportOnce('127.0.0.1:1', 'tls: {ca_file: /no/such/file}')).rejects.toMatchObject({
      code: 'OTLP_OPTION',
    })
  })

  test('balancer_name: round_robin uses all addresses of a name, pick_first one', async () => {
    // Both families of localhost, where there are both.
    const first = await startPeer()
    const port = first.address.split(':')[1]
    const other = createServer()
    other.on('stream', (stream) => {
      stream.resume()
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' }, { endStream: true })
    })
    const sessions: Http2Session[] = []
    other.on('session', (session) => void sessions.push(session))
    other.listen(Number(port), '::1')
    const hasBoth = await Promise.race([
      once(other, 'listening').then(() => true),
      once(other, 'error').then(() => false),
    ])
    if (!hasBoth) return
    cleanUps.push(() => {
      for (const session of sessions) session.destroy()
      other.close()
    })
    const used = async (balancer: string) => {
      const before = [first.sessions.length, sessions.length]
      const settings = testSettings({ kind: 'exporter', id: 'otlp_grpc' })
      const { value } = read(
        `{sending_queue: {enabled: false}, endpoint: "dns:///localhost:${port}", ${plain}, balancer_name: ${balancer}}`,
      )
      const exporter = otlpGrpcExporter.create(value!, settings)
      for (let count = 0; count < 20; count++) await exporter.consume(batch, context).catch(() => {})
      await exporter.shutdown!(new AbortController().signal)
      return [first.sessions.length > before[0]!, sessions.length > before[1]!].filter(Boolean).length
    }
    expect(await used('pick_first')).toBe(1)
    const { length } = await lookup('localhost', { all: true })
    expect(await used('round_robin')).toBe(Math.min(2, length))
  })

  test('wait_for_ready waits for a connection until the time is up, otherwise a request fails at once', async () => {
    const closed = createServer()
    closed.listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const address = `127.0.0.1:${(closed.address() as AddressInfo).port}`
    closed.close()
    await once(closed, 'close')
    expect((await exportOnce(address, `${plain}, timeout: 300ms`)).error).toMatchObject({ status: 14 })
    expect((await exportOnce(address, `${plain}, timeout: 300ms, wait_for_ready: true`)).error).toMatchObject({
      code: 'SEND_TIMEOUT',
    })
  })

  test('keepalive: time, timeout and permit_without_stream: a server that does not answer pings is left', async () => {
    const clock = fakeClock()
    const peer = await startPeer()
    const settings = testSettings({ kind: 'exporter', id: 'otlp_grpc', clock })
    const { value } = read(
      `{sending_queue: {enabled: false}, endpoint: "${peer.address}", ${plain}, keepalive: {time: 20s, timeout: 3s, permit_without_stream: true}}`,
    )
    const exporter = otlpGrpcExporter.create(value!, settings)
    await exporter.consume(batch, context)
    const pinged = once(peer.sessions[0]!, 'ping')
    // In the first 20 s the answer came.
    await clock.advance(20_000)
    await clock.advance(20_000)
    await pinged
    await exporter.shutdown!(new AbortController().signal)
  })
})

describe('answers of the destination', () => {
  const failure = (status: number, details?: Uint8Array): Answer => ({
    trailers: {
      'grpc-status': String(status),
      'grpc-message': 'no',
      ...(details === undefined ? {} : { 'grpc-status-details-bin': Buffer.from(details).toString('base64') }),
    },
  })
  const retryInfo = encodeStatus(
    { code: 8, message: 'no', details: [{ type: 'retryInfo', retryDelayMillis: 7000 }] },
    'protobuf',
  )

  test.each([
    [1, true],
    [3, false],
    [4, true],
    [5, false],
    [7, false],
    [8, false],
    [10, true],
    [11, true],
    [12, false],
    [13, false],
    [14, true],
    [15, true],
    [16, false],
  ])('status %d: retryable %s', async (status, retryable) => {
    const peer = await startPeer(failure(status))
    const { error, settings } = await exportOnce(peer.address, plain)
    expect(error).toMatchObject({ retryable, status })
    expect(settings.count('exporter_send_failed_spans')).toBe(1)
  })

  test('RESOURCE_EXHAUSTED with RetryInfo is retryable after the time it says', async () => {
    const peer = await startPeer(failure(8, retryInfo as Uint8Array))
    const { error } = await exportOnce(peer.address, plain)
    expect(error).toMatchObject({ retryable: true, status: 8, retryAfterMillis: 7000 })
  })

  test('a partial success is counted as loss, and not repeated', async () => {
    const message = encodeExportResponse({ rejectedCount: 1n, message: 'too old' }, 'protobuf', 'traces') as Uint8Array
    const peer = await startPeer({ trailers: { 'grpc-status': '0' }, message })
    const { settings, error } = await exportOnce(peer.address, plain)
    expect([error, peer.calls.length, settings.count('exporter_rejected_spans')]).toEqual([undefined, 1, 1])
    expect(settings.lines).toMatchObject([{ level: 'error', fields: { rejected: 1n, message: 'too old' } }])
  })
})

describe('configuration', () => {
  test("upstream's defaults", () => {
    expect(read('{endpoint: "h:4317"}').value).toMatchObject({
      timeout: 5000,
      compression: 'gzip',
      balancer_name: 'round_robin',
      wait_for_ready: false,
      keepalive: { time: 10_000, timeout: 10_000, permit_without_stream: false },
      sending_queue: { enabled: true, num_consumers: 10, queue_size: 1000, batch: undefined },
      retry_on_failure: { enabled: true, initial_interval: 5000, max_interval: 30_000, max_elapsed_time: 300_000 },
    })
  })

  test.each([
    ['{}', 'x:1:1: e::endpoint: is missing; expected string'],
    [
      '{endpoint: "h:1", auth: {authenticator: a}}',
      'x:1:25: e::auth: is not supported: there are no authenticator extensions yet',
    ],
    ['{endpoint: "h:1", tls: {insecur: true}}', 'x:1:25: e::tls: unknown key "insecur"; did you mean "insecure"?'],
  ])('refuses %s', (yaml, message) => {
    expect(read(yaml).problems.map(formatProblem)[0]).toContain(message)
  })
})
