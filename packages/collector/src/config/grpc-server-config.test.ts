// SPDX-License-Identifier: Apache-2.0
import { formatProblem, object, parseYaml, readConfig } from '@otel-ts/confmap'
import { describe, expect, test } from 'vitest'
import { checkGrpcServer, grpcServerFields, grpcServerOptions } from './grpc-server-config.ts'

const schema = object(grpcServerFields('localhost:4317'), checkGrpcServer)
const read = (yaml: string) => readConfig(schema, parseYaml(`{${yaml}}`, 'x').node, ['c'])
const problems = (yaml: string) => read(yaml).problems.map(formatProblem)

const keepAlive = { timeMillis: 60_000, timeoutMillis: 20_000, minTimeMillis: 300_000, permitWithoutStream: false }
const defaults = {
  endpoint: 'localhost:4317',
  transport: 'tcp',
  maxReceiveMessageBytes: 4_194_304,
  keepAlive,
  includeMetadata: false,
}

describe('each key says something to the server', () => {
  test.each<[string, object]>([
    ['', {}],
    ['endpoint: ":1"', { endpoint: ':1' }],
    ['endpoint: /run/otlp.sock, transport: unix', { endpoint: '/run/otlp.sock', transport: 'unix' }],
    [
      'tls: {cert_file: c, key_file: k}',
      { tls: { minVersion: '1.2', certificate: { file: 'c' }, key: { file: 'k' } } },
    ],
    ['max_recv_msg_size_mib: 64', { maxReceiveMessageBytes: 67_108_864 }],
    ['max_recv_msg_size_mib: 0', {}],
    ['max_concurrent_streams: 7', { maxConcurrentStreams: 7 }],
    ['max_concurrent_streams: 0', {}],
    ['include_metadata: true', { includeMetadata: true }],
    ['keepalive: ', {}],
    [
      'keepalive: {server_parameters: {max_connection_idle: 1s, max_connection_age: 2s, max_connection_age_grace: 3s}}',
      {
        keepAlive: {
          ...keepAlive,
          maxConnectionIdleMillis: 1000,
          maxConnectionAgeMillis: 2000,
          maxConnectionAgeGraceMillis: 3000,
        },
      },
    ],
    [
      'keepalive: {server_parameters: {time: 4s, timeout: 5s}}',
      { keepAlive: { ...keepAlive, timeMillis: 4000, timeoutMillis: 5000 } },
    ],
    ['keepalive: {server_parameters: {time: 0s, timeout: 0s}}', {}],
    [
      'keepalive: {enforcement_policy: {min_time: 6s, permit_without_stream: true}}',
      { keepAlive: { ...keepAlive, minTimeMillis: 6000, permitWithoutStream: true } },
    ],
    ['keepalive: {enforcement_policy: {min_time: 0s}}', {}],
  ])('{%s}', (yaml, expected) => {
    expect(grpcServerOptions(read(yaml).value!)).toEqual({ ...defaults, ...expected })
  })
})

test.each([
  ['max_recv_msg_size_mib: 4096', 'expected an integer from 0 to 4095, got 4096'],
  ['max_recv_msg_size_mib: -1', 'expected an integer from 0 to 4095, got -1'],
  ['endpoint: x', 'x:1:12: c::endpoint: expected host:port such as '],
  ['read_buffer_size: 1', 'is not supported: Node chooses its buffers'],
  ['write_buffer_size: 1', 'is not supported: Node chooses its buffers'],
  ['auth: {authenticator: a}', 'is not supported: there are no authenticator extensions yet'],
  ['middlewares: [{id: a}]', 'is not supported: extensions cannot stand in the way of requests'],
])('{%s} is refused', (yaml, message) => {
  expect(problems(yaml)).toEqual([expect.stringContaining(message)])
})
