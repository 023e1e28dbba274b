// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { formatProblem, parseYaml, readConfig } from '@otel-ts/confmap'
import { batchFromRecords, type ConsumeContext, encodeExportResponse } from '@otel-ts/otlp'
import {
  type CaptureAnswer,
  type CaptureScript,
  captureOtlp,
  contractBatch,
  type OtlpCapture,
  spanRecord,
  spansOfService,
  testAuthority,
} from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { testSettings } from '../../testing/settings.ts'
import { otlpHttpConfig } from './config.ts'
import { otlpHttpExporter } from './exporter.ts'

const peers: OtlpCapture[] = []
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close()
})

const read = (yaml: string) => readConfig(otlpHttpConfig, parseYaml(yaml, 'x').node, ['e'])
const batch = batchFromRecords('traces', [spansOfService('s', [spanRecord({ name: 'a' })])])
const context: ConsumeContext = { metadata: new Map(), signal: new AbortController().signal }

/** Sends one batch through an exporter without queue and returns what the peer saw. */
async function exportOnce(keys: string, answer: CaptureScript | CaptureAnswer = { status: 200 }) {
  const peer = await captureOtlp()
  peers.push(peer)
  peer.answer(answer)
  const settings = testSettings({ kind: 'exporter', id: 'otlp_http' })
  const { value, problems } = read(
    `{sending_queue: {enabled: false}, retry_on_failure: {enabled: false}, ${keys.replaceAll('URL', peer.url)}}`,
  )
  expect(problems).toEqual([])
  const exporter = otlpHttpExporter.create(value!, settings)
  let error: Error | undefined
  await exporter.consume(batch, context).catch((reason: Error) => {
    error = reason
  })
  await exporter.shutdown!(new AbortController().signal)
  return { peer, settings, error, request: peer.requests[0] }
}

describe('each key changes what is sent', () => {
  test('by default protobuf, gzip, under the base URL', async () => {
    const { request, settings } = await exportOnce('endpoint: "URL/base/"')
    expect([request!.path, request!.headers['content-type'], request!.headers['content-encoding']]).toEqual([
      '/base/v1/traces',
      'application/x-protobuf',
      'gzip',
    ])
    expect(new Uint8Array(gunzipSync(request!.rawBody))).toEqual(batch.chunks()[0])
    expect(request!.headers['user-agent']).toMatch(/^otel-ts-collector\//)
    expect(settings.count('exporter_sent_spans')).toBe(1)
  })

  test('traces_endpoint is used as it is', async () => {
    const { request } = await exportOnce('traces_endpoint: "URL/own"')
    expect(request!.path).toBe('/own')
  })

  test.each([
    ['metrics', 'metrics_endpoint'],
    ['logs', 'logs_endpoint'],
  ] as const)('of %s: %s is used as it is', async (signal, key) => {
    const peer = await captureOtlp()
    peers.push(peer)
    const { value } = read(`{sending_queue: {enabled: false}, endpoint: "${peer.url}", ${key}: "${peer.url}/own"}`)
    const exporter = otlpHttpExporter.create(value!, testSettings({ kind: 'exporter', id: 'otlp_http' }))
    await exporter.consume(contractBatch(signal), context)
    await exporter.shutdown!(new AbortController().signal)
    expect(peer.requests.map(({ path }) => path)).toEqual(['/own'])
  })

  test('encoding: json', async () => {
    const { request } = await exportOnce('endpoint: URL, encoding: json')
    expect(request!.headers['content-type']).toBe('application/json')
    expect(JSON.parse(Buffer.from(request!.body).toString()).resourceSpans[0].scopeSpans[0].spans[0].name).toBe('a')
  })

  test.each(['none', '""'])('compression: %s', async (compression) => {
    const { request } = await exportOnce(`endpoint: URL, compression: ${compression}`)
    expect(request!.headers['content-encoding']).toBeUndefined()
  })

  test.each(['{X-Key: s3cret}', '[{name: X-Key, value: s3cret}]'])('headers: %s', async (headers) => {
    const { request } = await exportOnce(`endpoint: URL, headers: ${headers}`)
    expect(request!.headers['x-key']).toBe('s3cret')
  })
})

/** An exporter without queue, with a peer that counts connections. */
async function connected(keys: string) {
  const peer = await captureOtlp()
  peers.push(peer)
  const settings = testSettings({ kind: 'exporter', id: 'otlp_http' })
  const { value, problems } = read(`{sending_queue: {enabled: false}, endpoint: "${peer.url}", ${keys}}`)
  expect(problems).toEqual([])
  const exporter = otlpHttpExporter.create(value!, settings)
  return { peer, exporter, send: () => exporter.consume(batch, context) }
}

describe('connections', () => {
  test.each([
    ['', [0, 0]],
    ['disable_keep_alives: true', [0, 1]],
  ])('one after the other, with "%s"', async (keys, connections) => {
    const { peer, exporter, send } = await connected(keys)
    await send()
    await send()
    expect(peer.requests.map(({ connection }) => connection)).toEqual(connections)
    await exporter.shutdown!(new AbortController().signal)
  })

  test.each([
    ['max_conns_per_host: 1', 1],
    ['max_conns_per_host: 0', 3],
  ])('at once, with %s', async (keys, count) => {
    const { peer, exporter, send } = await connected(keys)
    await Promise.all([send(), send(), send()])
    expect(peer.connectionCount).toBe(count)
    await exporter.shutdown!(new AbortController().signal)
  })

  test.each([
    ['max_idle_conns: 1', 2 + 1],
    ['max_idle_conns: 0', 2],
  ])('kept for later, with %s', async (keys, count) => {
    const { peer, exporter, send } = await connected(keys)
    // Two at once, whose answers wait for each other; then two more, for which one or two connections were kept.
    for (let round = 0; round < 2; round++) {
      const first = round * 2
      peer.answer(async () => {
        await peer.request(first + 1)
        return {}
      })
      await Promise.all([send(), send()])
    }
    expect(peer.connectionCount).toBe(count)
    await exporter.shutdown!(new AbortController().signal)
  })

  test('idle_conn_timeout closes what lies idle', async () => {
    const server = createServer((request, response) => void request.resume().on('end', () => response.end()))
    let closed: Promise<unknown> | undefined
    server.on('connection', (socket) => {
      closed = once(socket, 'close')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { value } = read(
      `{sending_queue: {enabled: false}, endpoint: "http://127.0.0.1:${port}", idle_conn_timeout: 20ms}`,
    )
    const exporter = otlpHttpExporter.create(value!, testSettings({ kind: 'exporter', id: 'otlp_http' }))
    await exporter.consume(batch, context)
    // Kept at first, so that it is the exporter who closes it; the server would keep it for 5 s.
    await closed
    await exporter.shutdown!(new AbortController().signal)
    server.close()
  })
})

describe('the way out', () => {
  test.each([
    ['deflate', 'deflate'],
    ['zlib', 'zlib'],
    ['snappy', 'snappy'],
    ['x-snappy-framed', 'x-snappy-framed'],
  ])('compression: %s', async (compression, coding) => {
    const { request } = await exportOnce(`endpoint: URL, compression: ${compression}`)
    expect(request!.headers['content-encoding']).toBe(coding)
    expect(request!.rawBody).not.toEqual(batch.chunks()[0])
  })

  test('compression_params: level 9 makes a large body smaller than level 1', async () => {
    const spans = Array.from({ length: 300 }, (_, index) => spanRecord({ name: `span ${index * 7919}` }))
    const large = batchFromRecords('traces', [spansOfService('s', spans)])
    const sizeAt = async (level: number) => {
      const { peer, exporter } = await connected(`compression_params: {level: ${level}}`)
      await exporter.consume(large, context)
      await exporter.shutdown!(new AbortController().signal)
      return peer.requests[0]!.rawBody.length
    }
    expect(await sizeAt(9)).toBeLessThan(await sizeAt(1))
  })

  test('proxy_url: requests go to the proxy with the whole URL', async () => {
    const proxy = await captureOtlp()
    peers.push(proxy)
    const { request } = await exportOnce(`endpoint: "http://far.example:4318", proxy_url: "${proxy.url}"`)
    expect(request).toBeUndefined()
    expect(proxy.requests.map(({ path }) => path)).toEqual(['http://far.example:4318/v1/traces'])
  })

  test.each([
    ['', '2.0'],
    ['force_attempt_http2: false, ', '1.1'],
  ])('tls, with "%s": HTTP/%s where the server offers both', async (keys, version) => {
    const authority = testAuthority()
    const { chain: cert, key } = authority.issue({ usage: 'server' })
    const versions: string[] = []
    const server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
      versions.push(request.httpVersion)
      request.resume().on('end', () => response.end())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const once2 = async (tls: string) =>
      exportOnce(`endpoint: "${endpoint}", ${keys}tls: {${tls}}`).then(({ error }) => error)
    expect(await once2(`ca_pem: ${JSON.stringify(authority.certificate)}`)).toBeUndefined()
    expect(await once2('')).toBeInstanceOf(Error)
    expect(versions).toEqual([version])
    server.close()
  })

  test('tls: a certificate that cannot be used stops the start', async () => {
    const { value } = read('{endpoint: "https://h", tls: {ca_file: /no/such/file}}')
    const exporter = otlpHttpExporter.create(value!, testSettings({ kind: 'exporter', id: 'otlp_http' }))
    await expect(exporter.start!()).rejects.toMatchObject({ code: 'OTLP_OPTION' })
  })

  test('max_idle_conns_per_host: the lower of the two limits counts', async () => {
    const { peer, exporter, send } = await connected('max_idle_conns_per_host: 1')
    for (let round = 0; round < 2; round++) {
      const first = round * 2
      peer.answer(async () => {
        await peer.request(first + 1)
        return {}
      })
      await Promise.all([send(), send()])
    }
    expect(peer.connectionCount).toBe(3)
    await exporter.shutdown!(new AbortController().signal)
  })
})

describe('answers of the destination', () => {
  test.each([
    [429, true],
    [502, true],
    [503, true],
    [504, true],
    [400, false],
    [404, false],
    [500, false],
  ])('%d: retryable %s', async (status, retryable) => {
    const { error, settings } = await exportOnce('endpoint: URL', { status })
    expect(error).toMatchObject({ retryable })
    expect(settings.count('exporter_send_failed_spans')).toBe(1)
  })

  test('Retry-After is passed on', async () => {
    const { error } = await exportOnce('endpoint: URL', { status: 503, headers: { 'retry-after': '7' } })
    expect(error).toMatchObject({ retryable: true, retryAfterMillis: 7000 })
  })

  test('a partial success is counted as loss, and not repeated', async () => {
    const { peer, settings, error } = await exportOnce('endpoint: URL', {
      status: 200,
      headers: { 'content-type': 'application/x-protobuf' },
      body: encodeExportResponse({ rejectedCount: 1n, message: 'too old' }, 'protobuf', 'traces'),
    })
    expect([error, peer.requests.length, settings.count('exporter_rejected_spans')]).toEqual([undefined, 1, 1])
    expect(settings.lines).toMatchObject([{ level: 'error', fields: { rejected: 1n, message: 'too old' } }])
  })

  test('no answer within timeout is retryable', async () => {
    const { error } = await exportOnce('endpoint: URL, timeout: 20ms', 'hang')
    expect(error).toMatchObject({ code: 'SEND_TIMEOUT', retryable: true })
  })

  test('a connection that fails is retryable', async () => {
    const { error } = await exportOnce('endpoint: URL', 'reset')
    expect(error).toMatchObject({ retryable: true })
  })
})

describe('configuration', () => {
  test.each([
    ['{}', 'x:1:1: e: at least one endpoint must be specified'],
    [
      '{endpoint: "localhost:4318"}',
      'x:1:12: e::endpoint: endpoint "localhost:4318": not a URL that OTLP/HTTP can use; expected http://host:port/path or https://host:port/path; nothing is sent',
    ],
    [
      '{endpoint: "http://h", compression: lz4}',
      'x:1:37: e::compression: "lz4" is not allowed; allowed: gzip, zstd, snappy, x-snappy-framed, zlib, deflate, none, ""',
    ],
    [
      '{endpoint: "http://h", headers: {"a b": x}}',
      'x:1:34: e::headers: expected a header name (letters, digits and !#$%&\'*+-.^_`|~), got "a b"',
    ],
    [
      '{endpoint: "http://h", headers: {content-type: text/plain}}',
      'x:1:34: e::headers: header "content-type" is set by the protocol itself',
    ],
    [
      '{endpoint: "http://h", headers: {a: "s3\\ncret"}}',
      'x:1:37: e::headers::a: expected a header value (no line breaks, no control characters, nothing beyond Latin-1), got [REDACTED]',
    ],
    [
      '{endpoint: "http://h", tls: {tpm: {enabled: true}}}',
      'x:1:35: e::tls::tpm: is not supported: keys in a Trusted Platform Module cannot be used from Node',
    ],
    [
      '{endpoint: "http://h", auth: {authenticator: a}}',
      'x:1:30: e::auth: is not supported: there are no authenticator extensions yet',
    ],
    [
      '{endpoint: "http://h", sending_queue: {storage: file_storage}}',
      'x:1:49: e::sending_queue::storage: is not supported: there is no persistent queue yet; the queue is in memory',
    ],
    [
      '{endpoint: "http://h", sending_queue: {queue_size: 0}}',
      'x:1:52: e::sending_queue::queue_size: expected an integer >= 1, got 0',
    ],
    [
      '{endpoint: "http://h", sending_queue: {sizer: items, queue_size: 10, batch: {min_size: 11}}}',
      'x:1:88: e::sending_queue::batch::min_size: min_size 11 is larger than queue_size 10; the queue would be full before a batch is',
    ],
    [
      '{endpoint: "http://h", sending_queue: {batch: {max_size: 10}}}',
      'x:1:58: e::sending_queue::batch::max_size: expected at least min_size 8192, got 10',
    ],
    [
      '{endpoint: "http://h", retry_on_failure: {max_elapsed_time: 1s}}',
      'x:1:61: e::retry_on_failure::max_elapsed_time: max_elapsed_time must not be less than initial_interval',
    ],
    [
      '{endpoint: "http://h", retry_on_failure: {randomization_factor: 1.1}}',
      'x:1:65: e::retry_on_failure::randomization_factor: expected a number from 0 to 1, got 1.1',
    ],
  ])('refuses %s', (yaml, message) => {
    expect(read(yaml).problems.map(formatProblem)[0]).toBe(message)
  })

  test("upstream's defaults", () => {
    expect(read('{endpoint: "http://h"}').value).toMatchObject({
      timeout: 30_000,
      compression: 'gzip',
      encoding: 'proto',
      sending_queue: { enabled: true, num_consumers: 10, queue_size: 1000, batch: undefined },
      retry_on_failure: { enabled: true, initial_interval: 5000, max_interval: 30_000, max_elapsed_time: 300_000 },
    })
  })

  test('batch: without keys switches batching on with its defaults', () => {
    expect(read('{endpoint: "http://h", sending_queue: {batch: }}').value?.sending_queue.batch).toMatchObject({
      flush_timeout: 200,
      min_size: 8192,
      max_size: 0,
    })
  })
})
