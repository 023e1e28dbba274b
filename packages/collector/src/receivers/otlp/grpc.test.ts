// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectHttp2, constants } from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseYaml, readConfig } from '@otel-ts/confmap'
import {
  batchFromRecords,
  type Clock,
  type Consume,
  type ConsumeContext,
  consumeError,
  type OtlpOutcome,
  type Signal,
  systemClock,
} from '@otel-ts/otlp'
import { createOtlpGrpcClient, type OtlpClient, type OtlpGrpcClientOptions } from '@otel-ts/otlp/client'
import { contractBatch, fakeClock, spanRecord, spansOfService, testAuthority } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import type { Lifecycle } from '../../component.ts'
import { testSettings } from '../../testing/settings.ts'
import { otlpReceiverConfig } from './config.ts'
import { otlpReceiver } from './receiver.ts'

const running: Lifecycle[] = []
const clients: OtlpClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.shutdown()
  for (const receiver of running.splice(0)) await receiver.shutdown!(AbortSignal.abort())
})

const traces = batchFromRecords('traces', [spansOfService('s', [spanRecord(), spanRecord()])])

/** A receiver of traces with these keys under `protocols.grpc`. */
async function start(keys: string, next: Consume = async () => {}, more = '', clock: Clock = systemClock) {
  const settings = testSettings({ kind: 'receiver', id: 'otlp', clock })
  const endpoint = keys.includes('endpoint:') ? '' : 'endpoint: "127.0.0.1:0", '
  const { value, problems } = readConfig(
    otlpReceiverConfig,
    parseYaml(`{protocols: {grpc: {${endpoint}${keys}}${more}}}`, 'x').node,
  )
  expect(problems).toEqual([])
  const receiver = otlpReceiver.create(value!, settings, { traces: next })
  await receiver.start!()
  running.push(receiver)
  const address = String(settings.lines[0]!.fields['address'])
  return { settings, receiver, address }
}

function clientOf(endpoint: string, options: Partial<OtlpGrpcClientOptions> = {}): OtlpClient {
  const client = createOtlpGrpcClient({ endpoint, insecure: true, ...options })
  clients.push(client)
  return client
}

const send = (client: OtlpClient, signal: Signal = 'traces', batch = traces): Promise<OtlpOutcome> =>
  client.send({ signal, chunks: batch.chunks(), itemCount: batch.itemCount })

describe('each key changes what the receiver does', () => {
  test('endpoint: localhost is 127.0.0.1 and ::1', async () => {
    const { settings } = await start('endpoint: "localhost:0"')
    const hosts = settings.lines.map(({ fields }) => String(fields['address']).replace(/:\d+$/, ''))
    expect(hosts).toContain('127.0.0.1')
    expect(settings.lines[0]!.message).toBe('Listening for OTLP over gRPC')
  })

  test('transport: unix listens on a socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grpc-'))
    const path = join(folder, 's')
    const { settings } = await start(`endpoint: ${path}, transport: unix`)
    expect((await send(clientOf(`unix:${path}`))).result).toBe('accepted')
    expect(settings.count('receiver_accepted_spans')).toBe(2)
    await rm(folder, { recursive: true })
  })

  test('tls: only clients that trust the certificate get in, and with client_ca_file only those with one of theirs', async () => {
    const authority = testAuthority()
    const server = authority.issue({ usage: 'server' })
    const pem = (text: string) => JSON.stringify(text)
    const { address, settings } = await start(`tls: {cert_pem: ${pem(server.chain)}, key_pem: ${pem(server.key)}}`)
    const trusting = clientOf(address, { insecure: false, tls: { ca: { pem: authority.certificate } } })
    expect((await send(trusting)).result).toBe('accepted')
    expect(settings.count('receiver_connections_refused')).toBe(0)
    const stranger = clientOf(address, { insecure: false, tls: { ca: { pem: testAuthority('other').certificate } } })
    expect((await send(stranger)).result).toBe('failed')
    await expect.poll(() => settings.count('receiver_connections_refused')).toBe(1)
    expect(settings.count('receiver_requests_rejected')).toBe(0)
    expect(settings.lines.at(-1)).toMatchObject({
      level: 'warn',
      message: 'Refused a connection',
      fields: { transport: 'grpc', error: expect.stringMatching(/^TLS handshake: .*; connection closed$/) },
    })
  })

  test('tls: an own certificate that is over is said at the start, and changed ones are taken up or refused aloud', async () => {
    const clock = fakeClock()
    const authority = testAuthority()
    const folder = await mkdtemp(join(tmpdir(), 'grpc-'))
    const [certificate, key] = [join(folder, 'c'), join(folder, 'k')]
    const put = async (pair: { readonly chain: string; readonly key: string }): Promise<void> => {
      await writeFile(certificate, pair.chain)
      await writeFile(key, pair.key)
    }
    await put(authority.issue({ notAfter: new Date('2020-01-02T00:00:00Z') }))
    const { settings } = await start(
      `tls: {cert_file: ${certificate}, key_file: ${key}, reload_interval: 10s}`,
      undefined,
      '',
      clock,
    )
    const said = (): string[] => settings.lines.filter(({ level }) => level !== 'debug').map(({ message }) => message)
    const reload = async (lineCount: number): Promise<void> => {
      await clock.advance(10_000)
      await expect.poll(() => said().length).toBe(lineCount)
    }
    await put(authority.issue())
    await reload(3)
    await writeFile(certificate, 'no certificate')
    await reload(4)
    await rm(folder, { recursive: true })
    expect(said()).toEqual([
      'The own certificate is not valid; peers will refuse it',
      'Listening for OTLP over gRPC',
      'Certificates were read again; new connections use them',
      'Changed certificates cannot be used; the ones before stay in use',
    ])
    expect(settings.lines.at(-1)!.level).toBe('warn')
  })

  test.each([
    ['max_recv_msg_size_mib: 1', 1],
    ['max_recv_msg_size_mib: 0', 4],
  ])('%s: a message of that size is read, one byte more is RESOURCE_EXHAUSTED', async (keys, mebibytes) => {
    const { address, settings } = await start(keys)
    const client = clientOf(address)
    const padding = (byteCount: number) => client.send({ signal: 'traces', chunks: [body(byteCount)], itemCount: 1 })
    expect(await padding(mebibytes * 1024 * 1024)).toEqual({ result: 'accepted', partialSuccess: undefined })
    expect(await padding(mebibytes * 1024 * 1024 + 1)).toMatchObject({ result: 'failed', grpcStatus: 8 })
    expect(settings.count('receiver_requests_rejected')).toBe(1)
  })

  test('max_concurrent_streams is told to clients', async () => {
    const { address } = await start('max_concurrent_streams: 7')
    const session = connectHttp2(`http://${address}`)
    const settings = await new Promise<{ maxConcurrentStreams?: number }>((resolve) =>
      session.once('remoteSettings', resolve),
    )
    session.destroy()
    expect(settings.maxConcurrentStreams).toBe(7)
  })

  test.each([
    ['', []],
    ['include_metadata: true', ['a']],
  ])('include_metadata: "%s"', async (keys, expected) => {
    const contexts: ConsumeContext[] = []
    const { address } = await start(keys, async (_, context) => void contexts.push(context))
    await send(clientOf(address, { headers: { 'x-tenant': 'a' } }))
    expect(contexts[0]!.metadata.get('x-tenant') ?? []).toEqual(expected)
  })

  test.each(['max_connection_age: 30ms', 'max_connection_idle: 30ms'])(
    'keepalive::server_parameters: %s asks a connection to go',
    async (key) => {
      const { address } = await start(`keepalive: {server_parameters: {${key}, max_connection_age_grace: 1s}}`)
      const session = connectHttp2(`http://${address}`)
      const code = await new Promise((resolve) => session.once('goaway', resolve))
      session.destroy()
      expect(code).toBe(constants.NGHTTP2_NO_ERROR)
    },
  )

  test('keepalive::server_parameters: time and timeout cut a client that does not answer pings', async () => {
    const { address } = await start('keepalive: {server_parameters: {time: 30ms, timeout: 30ms}}')
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1')
    const seen: Buffer[] = []
    socket.on('data', (chunk) => void seen.push(chunk))
    // The preface and empty SETTINGS, then nothing more.
    socket.write(
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from('000000040000000000', 'hex')]),
    )
    await once(socket, 'close')
    // A PING: 8 bytes, type 6, no flags, stream 0.
    expect(Buffer.concat(seen).includes(Buffer.from('000008060000000000', 'hex'))).toBe(true)
  })

  test('keepalive::enforcement_policy: min_time and permit_without_stream say which pings are borne', async () => {
    const pings = async (policy: string) => {
      const { address } = await start(`keepalive: {enforcement_policy: {${policy}}}`)
      const session = connectHttp2(`http://${address}`)
      session.on('error', () => {})
      await new Promise((resolve) => session.once('remoteSettings', resolve))
      let gone = false
      session.once('goaway', () => {
        gone = true
      })
      for (let count = 0; count < 6 && !gone && !session.destroyed; count++) {
        await new Promise<void>((resolve) => {
          session.once('goaway', () => resolve())
          session.once('close', () => resolve())
          if (!session.ping(() => resolve())) resolve()
        })
      }
      session.destroy()
      return gone
    }
    expect(await pings('min_time: 1h, permit_without_stream: true')).toBe(true)
    expect(await pings('min_time: 1ns, permit_without_stream: true')).toBe(false)
  })
})

describe('answers', () => {
  test('a request taken is counted under its transport', async () => {
    const { address, settings } = await start('')
    expect(await send(clientOf(address))).toEqual({ result: 'accepted', partialSuccess: undefined })
    const counters = settings.counters.read().filter(({ name }) => name === 'otelcol_receiver_accepted_spans')
    expect(counters).toMatchObject([{ value: 2, attributes: { receiver: 'otlp', transport: 'grpc' } }])
  })

  test('an empty request succeeds without troubling the pipeline', async () => {
    let calls = 0
    const { address } = await start('', async () => void calls++)
    const outcome = await clientOf(address).send({ signal: 'traces', chunks: [], itemCount: 0 })
    expect([outcome.result, calls]).toEqual(['accepted', 0])
  })

  test.each<[string, Error, number, boolean]>([
    ['retryable', consumeError('QUEUE_FULL', 'full', { retryable: true }), 14, true],
    ['for good', consumeError('X_BAD', 'bad', { retryable: false }), 13, false],
    ['with a status of its own', consumeError('X_BAD', 'bad', { retryable: false, status: 3 }), 3, false],
    [
      'busy, with a time',
      consumeError('X_BUSY', 'busy', { retryable: true, status: 8, retryAfterMillis: 7000 }),
      8,
      true,
    ],
    ['a bug', new TypeError('bug'), 13, false],
  ])('a pipeline that refuses: %s', async (_, error, grpcStatus, retryable) => {
    const { address, settings } = await start('', () => Promise.reject(error))
    expect(await send(clientOf(address))).toMatchObject({ result: 'failed', grpcStatus, retryable })
    expect([settings.count('receiver_refused_spans'), settings.count('receiver_requests_rejected')]).toEqual([2, 0])
  })

  test('the wait that a pipeline asks for is told', async () => {
    const busy = consumeError('X_BUSY', 'busy', { retryable: true, status: 8, retryAfterMillis: 7000 })
    const { address } = await start('', () => Promise.reject(busy))
    expect(await send(clientOf(address))).toMatchObject({ retryAfterMillis: 7000 })
  })

  test('bytes that are no request are INVALID_ARGUMENT', async () => {
    const { address, settings } = await start('')
    const outcome = await clientOf(address).send({ signal: 'traces', chunks: [Uint8Array.of(0x0a, 5)], itemCount: 1 })
    expect(outcome).toMatchObject({ result: 'failed', grpcStatus: 3, retryable: false })
    expect(settings.count('receiver_requests_rejected')).toBe(1)
  })

  test('a signal that no pipeline takes is UNIMPLEMENTED', async () => {
    const { address } = await start('')
    const outcome = await send(clientOf(address), 'logs', contractBatch('logs') as never)
    expect(outcome).toMatchObject({ result: 'failed', grpcStatus: 12, retryable: false })
  })
})

describe('life', () => {
  test('both protocols of one receiver feed the same pipelines', async () => {
    const { address, settings } = await start('', undefined, ', http: {endpoint: "127.0.0.1:0"}')
    const http = settings.lines.find(({ message }) => message.endsWith('HTTP'))!.fields['address']
    await send(clientOf(address))
    const answer = await fetch(`http://${http}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(traces.chunks()[0]!),
    })
    expect([answer.status, settings.count('receiver_accepted_spans')]).toEqual([200, 4])
  })

  test('when one of two protocols cannot listen, neither does', async () => {
    const { address } = await start('')
    const settings = testSettings({ kind: 'receiver', id: 'otlp/2' })
    const { value } = readConfig(
      otlpReceiverConfig,
      parseYaml(`{protocols: {grpc: {endpoint: "127.0.0.1:0"}, http: {endpoint: "${address}"}}}`, 'x').node,
    )
    const second = otlpReceiver.create(value!, settings, { traces: async () => {} })
    await expect(second.start!()).rejects.toMatchObject({ code: 'OTLP_LISTEN' })
    const [line] = settings.lines
    const outcome = await send(clientOf(String(line!.fields['address'])))
    expect(outcome).toMatchObject({ result: 'failed', retryable: true })
  })

  test('shutdown waits for calls under way', async () => {
    let finish = (): void => {}
    let arrived = (): void => {}
    const reached = new Promise<void>((resolve) => (arrived = resolve))
    const { address, receiver } = await start('', () => {
      arrived()
      return new Promise((resolve) => (finish = resolve))
    })
    const outcome = send(clientOf(address))
    await reached
    const stopped = receiver.shutdown!(new AbortController().signal)
    finish()
    expect((await outcome).result).toBe('accepted')
    await stopped
  })

  test('the deadline of a shutdown cuts calls that still wait', async () => {
    let arrived = (): void => {}
    const reached = new Promise<void>((resolve) => (arrived = resolve))
    const { address, receiver } = await start('', () => {
      arrived()
      return new Promise(() => {})
    })
    const outcome = send(clientOf(address))
    await reached
    const deadline = new AbortController()
    const stopped = receiver.shutdown!(deadline.signal)
    deadline.abort()
    await stopped
    expect(await outcome).toMatchObject({ result: 'failed', retryable: true })
  })
})

/** A request of exactly this many bytes: one span whose name is padding. */
function body(byteCount: number): Uint8Array {
  const bytes = new Uint8Array(byteCount).fill(0x61)
  // resource_spans, scope_spans, spans, name; each with a length of 4 bytes.
  const tags = [0x0a, 0x12, 0x12, 0x2a]
  for (const [depth, tag] of tags.entries()) bytes.set([tag, ...varint4(byteCount - 5 * (depth + 1))], 5 * depth)
  return bytes
}

function varint4(value: number): number[] {
  return [0, 7, 14, 21].map((shift, index) => ((value >>> shift) & 0x7f) | (index < 3 ? 0x80 : 0))
}
