// SPDX-License-Identifier: Apache-2.0
import { formatProblem, object, parseYaml, readConfig } from '@otel-ts/confmap'
import { describe, expect, test } from 'vitest'
import { checkHttpServer, httpServerFields, httpServerOptions } from './http-server-config.ts'

const schema = object(httpServerFields('localhost:4318'), checkHttpServer)
const read = (yaml: string) => readConfig(schema, parseYaml(`{${yaml}}`, 'x').node, ['c'])
const problems = (yaml: string) => read(yaml).problems.map(formatProblem)

const defaults = {
  endpoint: 'localhost:4318',
  transport: 'tcp',
  maxRequestBodyBytes: 20_971_520,
  includeMetadata: false,
  responseHeaders: {},
  contentEncodings: ['', 'gzip', 'zstd', 'zlib', 'snappy', 'deflate', 'x-snappy-framed'],
  readTimeoutMillis: 60_000,
  readHeaderTimeoutMillis: 60_000,
  writeTimeoutMillis: 30_000,
  idleTimeoutMillis: 60_000,
  keepAlive: true,
  cors: undefined,
}

describe('each key says something to the server', () => {
  test.each<[string, object]>([
    ['', {}],
    ['endpoint: "0.0.0.0:1"', { endpoint: '0.0.0.0:1' }],
    ['endpoint: /run/otlp.sock, transport: unix', { endpoint: '/run/otlp.sock', transport: 'unix' }],
    [
      'tls: {cert_file: c, key_file: k}',
      { tls: { minVersion: '1.2', certificate: { file: 'c' }, key: { file: 'k' } } },
    ],
    ['max_request_body_size: 1KiB', { maxRequestBodyBytes: 1024 }],
    ['max_request_body_size: 0', {}],
    ['include_metadata: true', { includeMetadata: true }],
    ['response_headers: {a: b}', { responseHeaders: { a: 'b' } }],
    ['compression_algorithms: [gzip, ""]', { contentEncodings: ['gzip', ''] }],
    ['compression_algorithms: []', {}],
    ['read_timeout: 1s', { readTimeoutMillis: 1000 }],
    ['read_header_timeout: 1s', { readHeaderTimeoutMillis: 1000 }],
    ['write_timeout: 1s', { writeTimeoutMillis: 1000 }],
    ['idle_timeout: 1s', { idleTimeoutMillis: 1000 }],
    ['keep_alives_enabled: false', { keepAlive: false }],
    ['cors: {}', { cors: { allowedOrigins: [], allowedHeaders: [], exposedHeaders: [] } }],
    [
      'cors: {allowed_origins: [o], allowed_headers: [a], exposed_headers: [e], max_age: 7}',
      { cors: { allowedOrigins: ['o'], allowedHeaders: ['a'], exposedHeaders: ['e'], maxAgeSeconds: 7 } },
    ],
  ])('{%s}', (yaml, expected) => {
    expect(httpServerOptions(read(yaml).value!)).toEqual({ ...defaults, ...expected })
  })
})

describe('addresses', () => {
  test.each([
    'endpoint: "localhost:0"',
    'endpoint: ":65535"',
    'endpoint: "[::1]:1"',
    `transport: unix, endpoint: /${'a'.repeat(106)}`,
  ])('{%s} is one to listen on', (yaml) => {
    expect(problems(yaml)).toEqual([])
  })

  test.each([
    ['endpoint: "localhost:65536"', 'x:1:12: c::endpoint: expected host:port such as '],
    ['endpoint: localhost', 'x:1:12: c::endpoint: expected host:port such as '],
    ['endpoint: "http://localhost:1"', 'x:1:12: c::endpoint: expected host:port such as '],
    ['endpoint: "::1:1"', 'x:1:12: c::endpoint: expected host:port such as '],
    [
      `transport: unix, endpoint: /${'a'.repeat(107)}`,
      'x:1:29: c::endpoint: expected a socket path of at most 107 bytes',
    ],
    ['transport: udp', 'x:1:13: c::transport: "udp" is not allowed'],
  ])('{%s} is none', (yaml, message) => {
    expect(problems(yaml)).toEqual([expect.stringContaining(message)])
  })
})

test.each([
  ['compression_algorithms: [lz4]', '"lz4" is not allowed'],
  ['auth: {authenticator: a}', 'is not supported: there are no authenticator extensions yet'],
  ['middlewares: [{id: a}]', 'is not supported: extensions cannot stand in the way of requests'],
])('{%s} is refused by name', (yaml, message) => {
  expect(problems(yaml)).toEqual([expect.stringContaining(message)])
})
