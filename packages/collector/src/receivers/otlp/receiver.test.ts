// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { type RequestOptions as HttpsRequestOptions, request as httpsRequest } from 'node:https'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import { formatProblem, parseYaml, readConfig } from '@otel-ts/confmap'
import { batchFromRecords, type Consume, type ConsumeContext, consumeError } from '@otel-ts/otlp'
import { spanRecord, spansOfService, testAuthority } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import type { Lifecycle } from '../../component.ts'
import { testSettings } from '../../testing/settings.ts'
import { otlpReceiverConfig } from './config.ts'
import { otlpReceiver } from './receiver.ts'

const running: Lifecycle[] = []
afterEach(async () => {
  for (const receiver of running.splice(0)) await receiver.shutdown!(AbortSignal.abort())
})

const read = (yaml: string) => readConfig(otlpReceiverConfig, parseYaml(yaml, 'x').node, ['r'])

async function start(http: string, next: Consume = async () => {}, endpoint = '127.0.0.1:0') {
  const settings = testSettings({ kind: 'receiver', id: 'otlp' })
  const config = read(`{protocols: {http: {endpoint: "${endpoint}"${http}}}}`).value!
  const receiver = otlpReceiver.create(config, settings, { traces: next })
  await receiver.start!()
  running.push(receiver)
  return { settings, receiver, url: `http://${settings.lines[0]!.fields['address']}` }
}

const body = new Uint8Array(
  batchFromRecords('traces', [spansOfService('s', [spanRecord(), spanRecord()])]).chunks()[0]!,
)
const send = (url: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-protobuf', ...headers }, body })

/** A connection on which a test writes byte by byte; `ended` has all that came once the receiver has closed it. */
async function open(url: string): Promise<{ socket: Socket; ended: Promise<string> }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  const ended = once(socket, 'close').then(() => text)
  await once(socket, 'connect')
  return { socket, ended }
}

const head = (length: number) =>
  `POST /v1/traces HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${length}\r\n`

describe('each key changes what the receiver does', () => {
  test('endpoint: localhost is 127.0.0.1 and ::1', async () => {
    const { settings } = await start('', undefined, 'localhost:0')
    const hosts = settings.lines.map(({ fields }) => String(fields['address']).replace(/:\d+$/, ''))
    expect(hosts).toContain('127.0.0.1')
    expect(hosts.every((host) => host === '127.0.0.1' || host === '[::1]')).toBe(true)
  })

  test.each([
    ['metrics', 'metrics_url_path'],
    ['logs', 'logs_url_path'],
  ] as const)('of %s: %s', async (signal, key) => {
    const settings = testSettings({ kind: 'receiver', id: 'otlp' })
    const config = read(`{protocols: {http: {endpoint: "127.0.0.1:0", ${key}: /in}}}`).value!
    const receiver = otlpReceiver.create(config, settings, { [signal]: async () => {} })
    await receiver.start!()
    running.push(receiver)
    const address = settings.lines[0]!.fields['address']
    const post = (path: string) =>
      fetch(`http://${address}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
    expect([(await post('/in')).status, (await post(`/v1/${signal}`)).status]).toEqual([200, 404])
  })

  test('read_timeout ends a request whose body does not come', async () => {
    const { url } = await start(', read_timeout: 50ms')
    const { socket, ended } = await open(url)
    socket.write(`${head(10)}\r\nabc`)
    expect(await ended).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('read_header_timeout ends a request whose headers do not come', async () => {
    const { url } = await start(', read_header_timeout: 50ms')
    const { socket, ended } = await open(url)
    socket.write(head(10))
    expect(await ended).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('idle_timeout closes a connection on which nothing follows, read timeouts do not', async () => {
    const { url } = await start(', idle_timeout: 50ms')
    const { socket, ended } = await open(url)
    socket.write(`${head(0)}\r\n`)
    expect(await ended).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('traces_url_path', async () => {
    const { url } = await start(', traces_url_path: /in')
    expect([(await send(`${url}/in`)).status, (await send(`${url}/v1/traces`)).status]).toEqual([200, 404])
  })

  test('max_request_body_size: the last byte allowed and the first refused', async () => {
    const fits = await start(`, max_request_body_size: ${body.byteLength}`)
    const tooSmall = await start(`, max_request_body_size: ${body.byteLength - 1}`)
    expect([(await send(`${fits.url}/v1/traces`)).status, (await send(`${tooSmall.url}/v1/traces`)).status]).toEqual([
      200, 413,
    ])
    expect(tooSmall.settings.count('receiver_requests_rejected')).toBe(1)
  })

  test.each([
    ['', []],
    [', include_metadata: true', ['a']],
  ])('include_metadata: "%s"', async (key, expected) => {
    const contexts: ConsumeContext[] = []
    const { url } = await start(key, async (_, context) => void contexts.push(context))
    await send(`${url}/v1/traces`, { 'X-Tenant': 'a' })
    expect(contexts[0]!.metadata.get('x-tenant') ?? []).toEqual(expected)
  })

  test.each(['{X-Own: "1"}', '[{name: X-Own, value: "1"}]'])('response_headers: %s', async (headers) => {
    const { url } = await start(`, response_headers: ${headers}`)
    expect((await send(`${url}/v1/traces`)).headers.get('x-own')).toBe('1')
  })

  test('keep_alives_enabled', async () => {
    const on = await start('')
    const off = await start(', keep_alives_enabled: false')
    expect((await send(`${on.url}/v1/traces`)).headers.get('connection')).not.toBe('close')
    expect((await send(`${off.url}/v1/traces`)).headers.get('connection')).toBe('close')
  })

  test('cors', async () => {
    const { url } = await start(
      ', cors: {allowed_origins: ["https://*.example"], allowed_headers: [X-A], exposed_headers: [X-B], max_age: 7}',
    )
    const preflight = await fetch(`${url}/v1/traces`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-a',
      },
    })
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect(preflight.headers.get('access-control-max-age')).toBe('7')
    const answer = await send(`${url}/v1/traces`, { origin: 'https://shop.example' })
    expect(answer.headers.get('access-control-expose-headers')?.toLowerCase()).toBe('x-b')
    const other = await send(`${url}/v1/traces`, { origin: 'https://other.test' })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })
})

/** Posts over node:http(s), which takes sockets and authorities that fetch does not. */
function post(options: HttpsRequestOptions, secure = false, payload: Uint8Array = body): Promise<number> {
  return new Promise((resolve, reject) => {
    const all = {
      path: '/v1/traces',
      method: 'POST',
      agent: false,
      ...options,
      headers: { 'content-type': 'application/x-protobuf', ...options.headers },
    } as const
    const outgoing = secure ? httpsRequest(all) : request(all)
    outgoing.on('response', (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode!))
    })
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}

describe('ways in', () => {
  test('transport: unix listens on a socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'http-'))
    const socketPath = join(folder, 's')
    const { settings } = await start(', transport: unix', undefined, socketPath)
    expect(await post({ socketPath })).toBe(200)
    expect(settings.count('receiver_accepted_spans')).toBe(2)
    await rm(folder, { recursive: true })
  })

  test('tls: HTTP/1.1 and, by ALPN, HTTP/2; with client_ca_file only clients with a certificate get in', async () => {
    const authority = testAuthority()
    const server = authority.issue({ usage: 'server' })
    const client = authority.issue({ usage: 'client' })
    const folder = await mkdtemp(join(tmpdir(), 'tls-'))
    const file = join(folder, 'ca.pem')
    await writeFile(file, authority.certificate)
    const tls = `, tls: {cert_pem: ${JSON.stringify(server.chain)}, key_pem: ${JSON.stringify(server.key)}, client_ca_file: ${file}}`
    const { settings } = await start(tls)
    const port = Number(/:(\d+)$/.exec(String(settings.lines[0]!.fields['address']))![1])
    const trust = { host: '127.0.0.1', port, ca: authority.certificate }
    const own = { cert: client.chain, key: client.key }
    expect(await post({ ...trust, ...own }, true)).toBe(200)
    await expect(post(trust, true)).rejects.toThrow()
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: authority.certificate, ...own })
    const stream = session.request({
      ':method': 'POST',
      ':path': '/v1/traces',
      'content-type': 'application/x-protobuf',
    })
    stream.end(body)
    const [headers] = await once(stream, 'response')
    stream.resume()
    session.destroy()
    expect([headers[':status'], settings.count('receiver_accepted_spans')]).toEqual([200, 4])
    await rm(folder, { recursive: true })
  })

  test.each([
    ['', [200, 200, 200]],
    [', compression_algorithms: [gzip]', [415, 200, 415]],
    [', compression_algorithms: ["", zlib]', [200, 415, 200]],
  ])('compression_algorithms: with "%s" plain, gzip and zlib are answered %j', async (keys, statuses) => {
    const { url } = await start(keys)
    const port = Number(new URL(url).port)
    const answers: number[] = []
    for (const [encoding, payload] of [
      [undefined, body],
      ['gzip', gzipSync(body)],
      ['zlib', deflateSync(body)],
    ] as const) {
      const headers = encoding === undefined ? {} : { 'content-encoding': encoding }
      answers.push(await post({ host: '127.0.0.1', port, headers }, false, payload))
    }
    expect(answers).toEqual(statuses)
  })

  test('write_timeout cuts a client that does not take its answer', async () => {
    const authority = testAuthority()
    const { chain, key } = authority.issue({ usage: 'server' })
    const pem = (text: string) => JSON.stringify(text)
    const { settings } = await start(`, write_timeout: 50ms, tls: {cert_pem: ${pem(chain)}, key_pem: ${pem(key)}}`)
    // HTTP/2 lets a client say that it takes nothing.
    const session = connectHttp2(`https://${settings.lines[0]!.fields['address']}`, {
      ca: authority.certificate,
      settings: { initialWindowSize: 0 },
    })
    const closed = new Promise((resolve) => session.once('close', resolve))
    const stream = session.request({ ':method': 'POST', ':path': '/v1/traces', 'content-type': 'application/json' })
    stream.on('error', () => {})
    stream.end('{}')
    await closed
  })

  test.each([
    ['gzip', (bytes: Uint8Array) => gzipSync(bytes)],
    ['deflate', (bytes: Uint8Array) => deflateSync(bytes)],
    // One literal of 2 to 256 bytes: length as varint, tag 60 with one byte of length less 1, the bytes.
    [
      'snappy',
      (bytes: Uint8Array) =>
        Buffer.concat([Buffer.from([...varint(bytes.length), 0xf0, bytes.length - 1]), Buffer.from(bytes)]),
    ],
    // A frame without checksum of one raw block that is the last.
    [
      'zstd',
      (bytes: Uint8Array) => {
        const size = (bytes.length << 3) | 1
        const head = [0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.length, size & 0xff, (size >> 8) & 0xff, size >> 16]
        return Buffer.concat([Buffer.from(head), Buffer.from(bytes)])
      },
    ],
  ])('bodies in %s are read on every Node', async (encoding, encode) => {
    expect(body.length).toBeLessThan(256)
    const { url, settings } = await start('')
    const port = Number(new URL(url).port)
    expect(
      await post({ host: '127.0.0.1', port, headers: { 'content-encoding': encoding } }, false, encode(body)),
    ).toBe(200)
    expect(settings.count('receiver_accepted_spans')).toBe(2)
  })
})

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, value >> 7]
}

describe('answers', () => {
  test('a request taken is counted', async () => {
    const { url, settings } = await start('')
    expect((await send(`${url}/v1/traces`)).status).toBe(200)
    expect(settings.count('receiver_accepted_spans')).toBe(2)
  })

  test('an empty request succeeds without troubling the pipeline', async () => {
    let calls = 0
    const { url } = await start('', async () => void calls++)
    const answer = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect([answer.status, calls]).toEqual([200, 0])
  })

  test.each([
    ['retryable', consumeError('QUEUE_FULL', 'full', { retryable: true }), 503],
    ['with a status of its own', consumeError('X_BUSY', 'busy', { retryable: true, status: 8 }), 429],
    ['for good', consumeError('X_BAD', 'bad', { retryable: false }), 500],
    ['for good, the data is at fault', consumeError('X_BAD', 'bad', { retryable: false, status: 3 }), 400],
    ['a bug', new TypeError('bug') as never, 500],
  ])('a pipeline that refuses: %s', async (_, error, status) => {
    const { url, settings } = await start('', () => Promise.reject(error))
    expect((await send(`${url}/v1/traces`)).status).toBe(status)
    expect([settings.count('receiver_refused_spans'), settings.count('receiver_requests_rejected')]).toEqual([2, 0])
  })
})

test('an address in use is an error at start', async () => {
  const { url } = await start('')
  const config = read(`{protocols: {http: {endpoint: "${url.replace('http://', '')}"}}}`).value!
  const second = otlpReceiver.create(config, testSettings({ kind: 'receiver', id: 'otlp/2' }), {})
  await expect(second.start!()).rejects.toMatchObject({ code: 'OTLP_LISTEN' })
})

test('shutdown waits for requests under way', async () => {
  let finish = (): void => {}
  let arrived = (): void => {}
  const reached = new Promise<void>((resolve) => (arrived = resolve))
  const { url, receiver } = await start('', () => {
    arrived()
    return new Promise((resolve) => (finish = resolve))
  })
  const answer = send(`${url}/v1/traces`)
  await reached
  const stopped = receiver.shutdown!(new AbortController().signal)
  finish()
  expect((await answer).status).toBe(200)
  await stopped
})

test('a signal that no pipeline takes is refused before its body is sent', async () => {
  const { url, settings } = await start('')
  const { socket } = await open(url)
  socket.write(`${head(1_000_000).replace('traces', 'logs')}Expect: 100-continue\r\n\r\n`)
  const [answer] = await once(socket, 'data')
  socket.destroy()
  expect(String(answer)).toMatch(/^HTTP\/1\.1 404 /)
  expect(String(answer)).toContain('no signal is served there; served are /v1/traces;')
  expect(settings.count('receiver_requests_rejected')).toBe(1)
})

test('the deadline of a shutdown cuts the connections of requests that still wait', async () => {
  let arrived = (): void => {}
  const reached = new Promise<void>((resolve) => (arrived = resolve))
  const { url, receiver } = await start('', () => {
    arrived()
    return new Promise(() => {})
  })
  const answer = send(`${url}/v1/traces`)
  answer.catch(() => {})
  await reached
  const deadline = new AbortController()
  const stopped = receiver.shutdown!(deadline.signal)
  deadline.abort()
  await stopped
  await expect(answer).rejects.toThrow('fetch failed')
})

test('a sender that goes away aborts the context of its request', async () => {
  let arrived = (_: AbortSignal): void => {}
  const reached = new Promise<AbortSignal>((resolve) => (arrived = resolve))
  const { url } = await start('', async (_, { signal }) => {
    arrived(signal)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  })
  const sender = new AbortController()
  const answer = fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body,
    signal: sender.signal,
  })
  answer.catch(() => {})
  const signal = await reached
  sender.abort()
  await once(signal, 'abort')
  expect(signal.aborted).toBe(true)
})

describe('configuration', () => {
  test('a bare http: has the defaults', () => {
    expect(read('{protocols: {http: }}').value?.protocols.http).toMatchObject({
      endpoint: 'localhost:4318',
      traces_url_path: '/v1/traces',
      max_request_body_size: 20 * 1024 * 1024,
      include_metadata: false,
      cors: undefined,
    })
  })

  test.each([
    ['{}', 'x:1:1: r: must specify at least one protocol when using the OTLP receiver; supported: grpc, http'],
    ['{protocols: {http: {endpoint: ""}}}', 'x:1:31: r::protocols::http::endpoint: must not be empty'],
    [
      '{protocols: {http: {endpoint: 4318}}}',
      'x:1:31: r::protocols::http::endpoint: expected a string, got a number; put it in quotes',
    ],
    [
      '{protocols: {http: {traces_url_path: in}}}',
      'x:1:38: r::protocols::http::traces_url_path: expected a path that begins with /, got "in"',
    ],
    [
      '{protocols: {http: {logs_url_path: /v1/traces}}}',
      'x:1:36: r::protocols::http::logs_url_path: "/v1/traces" is the path of traces_url_path too; each signal needs its own',
    ],
    [
      '{protocols: {http: {response_headers: {"X Y": a}}}}',
      'x:1:40: r::protocols::http::response_headers: expected a header name (letters, digits and !#$%&\'*+-.^_`|~), got "X Y"',
    ],
    [
      '{protocols: {http: {response_headers: [{name: Content-Length, value: "5"}]}}}',
      'x:1:47: r::protocols::http::response_headers[0]::name: header "Content-Length" is set by the protocol itself',
    ],
    [
      '{protocols: {http: {response_headers: {X: "a\\nb"}}}}',
      'x:1:43: r::protocols::http::response_headers::X: expected a header value (no line breaks, no control characters, nothing beyond Latin-1), got "a\\nb"',
    ],
    [
      '{protocols: {http: {middlewares: [a]}}}',
      'x:1:34: r::protocols::http::middlewares: is not supported: extensions cannot stand in the way of requests',
    ],
    [
      '{protocols: }',
      'x:1:1: r: must specify at least one protocol when using the OTLP receiver; supported: grpc, http',
    ],
    [
      '{protocols: {http: {profiles_url_path: /p}}}',
      'x:1:40: r::protocols::http::profiles_url_path: is not supported: profiles are not received yet',
    ],
  ])('refuses %s', (yaml, message) => {
    expect(read(yaml).problems.map(formatProblem)).toEqual([message])
  })

  test('what is wrong with both protocols is told at once', () => {
    expect(read('{protocols: {grpc: {endpoint: x}, http: {endpont: a}}}').problems.map(formatProblem)).toEqual([
      expect.stringContaining('x:1:31: r::protocols::grpc::endpoint: expected host:port such as localhost:4318'),
      expect.stringContaining('r::protocols::http: unknown key "endpont"; did you mean "endpoint"?'),
    ])
  })

  test('a bare grpc: has the defaults, an absent one is off', () => {
    expect(read('{protocols: {grpc: }}').value?.protocols).toMatchObject({
      grpc: { endpoint: 'localhost:4317', max_recv_msg_size_mib: 0, tls: undefined },
      http: undefined,
    })
    expect(read('{protocols: {http: }}').value?.protocols.grpc).toBeUndefined()
  })
})
