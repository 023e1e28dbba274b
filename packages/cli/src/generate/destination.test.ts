// SPDX-License-Identifier: Apache-2.0
import { captureOtlp } from '@otel-ts/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { type DestinationOptions, openDestination } from './destination.ts'

const opened: ReturnType<typeof openDestination>[] = []
afterEach(async () => {
  for (const { clients } of opened.splice(0)) for (const client of clients) await client.shutdown()
})

function open(options: Partial<DestinationOptions>) {
  const destination = openDestination({
    signal: 'logs',
    protocol: 'grpc',
    endpoint: undefined,
    compression: 'none',
    headers: {},
    timeoutMillis: 1000,
    connectionCount: undefined,
    insecure: false,
    tls: undefined,
    ...options,
  })
  opened.push(destination)
  return destination
}

test.each<[Partial<DestinationOptions>, string, string, number]>([
  [{}, 'localhost:4317', 'protobuf', 1],
  [{ connectionCount: 3 }, 'localhost:4317', 'protobuf', 3],
  [{ endpoint: 'https://h:1', insecure: false }, 'https://h:1', 'protobuf', 1],
  [{ protocol: 'http/protobuf' }, 'http://localhost:4318/v1/logs', 'protobuf', 1],
  [{ protocol: 'http/protobuf', connectionCount: 3 }, 'http://localhost:4318/v1/logs', 'protobuf', 1],
  [{ protocol: 'http/json', endpoint: 'http://h:1/base/' }, 'http://h:1/base/v1/logs', 'json', 1],
  [{ protocol: 'http/json', endpoint: 'http://h:1/v1/logs' }, 'http://h:1/v1/logs', 'json', 1],
])('%o goes to %s', (options, display, encoding, clientCount) => {
  const destination = open(options)
  expect([destination.display, destination.encoding, destination.clients.length]).toEqual([
    display,
    encoding,
    clientCount,
  ])
})

describe('what contradicts itself or cannot be reached is refused before anything is sent', () => {
  test.each<[Partial<DestinationOptions>, RegExp]>([
    [{ endpoint: 'h:x' }, /^--endpoint: .*"h:x"/],
    [
      { endpoint: 'https://h:1', insecure: true },
      /^--insecure: the endpoint begins with https:\/\/; allowed is either/,
    ],
    [
      { tls: { insecureSkipVerify: true }, insecure: true },
      /^--insecure: an option of TLS is given; allowed is either/,
    ],
    [
      { protocol: 'http/json', endpoint: 'h:1' },
      /^--endpoint: "h:1" has the scheme "h:"; allowed are http: and https:/,
    ],
    [{ protocol: 'http/json', endpoint: 'x' }, /^--endpoint: "x" is not a URL/],
    [
      { protocol: 'http/json', tls: { insecureSkipVerify: true } },
      /^--endpoint: .* is not https:, but an option of TLS/,
    ],
    [{ protocol: 'http/json', endpoint: 'https://h:1', insecure: true }, /^--insecure: the endpoint begins with https/],
    [{ tls: { ca: { file: '/nowhere/ca.pem' } } }, /^--ca "\/nowhere\/ca\.pem": ENOENT.*; nothing was sent$/],
    [
      { tls: { certificate: { file: '/nowhere/a.pem' }, key: { file: '/nowhere/b.pem' } } },
      /^--(cert|key) "\/nowhere\/.*ENOENT/,
    ],
  ])('%o', (options, message) => {
    expect(() => open(options)).toThrow(message)
    expect(() => open(options)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }))
  })
})

test('over HTTP no more connections are made than asked for', async () => {
  const peer = await captureOtlp()
  const { clients } = open({ protocol: 'http/protobuf', endpoint: peer.url, connectionCount: 2 })
  const send = () => clients[0]!.send({ signal: 'logs', chunks: [], itemCount: 0 })
  await Promise.all([send(), send(), send(), send()])
  await peer.close()
  expect([peer.connectionCount, peer.requests.length]).toEqual([2, 4])
})

test('headers and compression go with every request', async () => {
  const peer = await captureOtlp()
  const { clients } = open({
    protocol: 'http/protobuf',
    endpoint: peer.url,
    compression: 'gzip',
    headers: { 'x-tenant': 'a' },
  })
  await clients[0]!.send({ signal: 'logs', chunks: [new Uint8Array(100)], itemCount: 1 })
  await peer.close()
  const { headers } = peer.requests[0]!
  expect([headers['x-tenant'], headers['content-encoding']]).toEqual(['a', 'gzip'])
})
