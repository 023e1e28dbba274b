// SPDX-License-Identifier: Apache-2.0
import { formatProblem, object, parseYaml, readConfig } from '@otel-ts/confmap'
import { describe, expect, test } from 'vitest'
import { usableCompression } from './compression.ts'
import { grpcClientFields, grpcClientOptions } from './grpc-client-config.ts'

const schema = object(grpcClientFields)
const read = (yaml: string) => readConfig(schema, parseYaml(`{${yaml}}`, 'x').node, ['c'])
const problems = (yaml: string) => read(yaml).problems.map(formatProblem)

const defaults = {
  endpoint: 'h:4317',
  insecure: false,
  tls: { minVersion: '1.2' },
  headers: {},
  compression: 'gzip',
  keepAlive: { timeMillis: 10_000, timeoutMillis: 10_000, permitWithoutStream: false },
  balancer: 'round_robin',
  waitForReady: false,
}

describe('each key says something to the client', () => {
  test.each<[string, object]>([
    ['', {}],
    ['tls: {ca_file: a}', { tls: { minVersion: '1.2', ca: { file: 'a' } } }],
    ['headers: {a: b}', { headers: { a: 'b' } }],
    ['compression: snappy', { compression: 'snappy' }],
    ['compression: zstd', { compression: usableCompression('zstd') }],
    ['compression: none', { compression: 'none' }],
    ['compression: ""', { compression: 'none' }],
    ['keepalive: {time: 20s}', { keepAlive: { ...defaults.keepAlive, timeMillis: 20_000 } }],
    ['keepalive: {time: 1s}', {}],
    ['keepalive: {timeout: 1s}', { keepAlive: { ...defaults.keepAlive, timeoutMillis: 1000 } }],
    ['keepalive: {permit_without_stream: true}', { keepAlive: { ...defaults.keepAlive, permitWithoutStream: true } }],
    ['balancer_name: pick_first', { balancer: 'pick_first' }],
    ['wait_for_ready: true', { waitForReady: true }],
    ['authority: a', { authority: 'a' }],
    ['authority: ""', {}],
    ['user_agent: a', { userAgent: 'a' }],
    ['user_agent: ""', {}],
  ])('{%s}', (yaml, expected) => {
    expect(grpcClientOptions(read(`endpoint: "h:4317", ${yaml}`).value!)).toEqual({ ...defaults, ...expected })
  })
})

describe('TLS', () => {
  test.each<[string, string, boolean, boolean]>([
    // endpoint, tls, insecure, with TLS options
    ['h:4317', '', false, true],
    ['h:4317', 'insecure: true', true, false],
    ['h:4317', 'insecure: true, ca_file: a', false, true],
    ['http://h:4317', '', false, true],
    ['http://h:4317', 'insecure: true', true, false],
    ['https://h:4317', '', false, true],
    ['https://h:4317/', 'insecure: true', false, false],
  ])('%s with tls {%s}', (endpoint, tls, insecure, hasTls) => {
    const options = grpcClientOptions(read(`endpoint: "${endpoint}", tls: {${tls}}`).value!)
    expect([options.endpoint, options.insecure, options.tls !== undefined]).toEqual(['h:4317', insecure, hasTls])
  })
})

describe('endpoints', () => {
  test.each(['h:1', 'dns:///h:1', 'unix:///run/x', '[::1]:1'])('%s is one', (endpoint) => {
    const { value } = read(`endpoint: "${endpoint}"`)
    expect(grpcClientOptions(value!).endpoint).toBe(endpoint)
  })

  test.each([
    ['endpoint: ""', 'x:1:12: c::endpoint: must not be empty'],
    ['', 'x:1:1: c::endpoint: is missing; expected string'],
    ['endpoint: "h:x"', 'x:1:12: c::endpoint: '],
  ])('{%s} has none', (yaml, message) => {
    expect(problems(yaml)).toEqual([expect.stringContaining(message)])
  })
})

test.each([
  ['headers: {grpc-timeout: 1S}', 'header "grpc-timeout" is set by the protocol itself'],
  ['headers: {Te: x}', 'header "Te" is set by the protocol itself'],
  ['headers: [{name: content-type, value: x}]', 'header "content-type" is set by the protocol itself'],
  ['headers: {a: é}', 'expected a value of metadata (printable ASCII), got [REDACTED]'],
  ['user_agent: é', 'expected a value of metadata (printable ASCII), got "é"'],
  ['compression: lz4', '"lz4" is not allowed'],
  ['balancer_name: least_request', '"least_request" is not allowed'],
  ['read_buffer_size: 1', 'is not supported: Node chooses its buffers'],
  ['write_buffer_size: 1', 'is not supported: Node chooses its buffers'],
  ['auth: {authenticator: a}', 'is not supported: there are no authenticator extensions yet'],
  ['middlewares: [{id: a}]', 'is not supported: extensions cannot stand in the way of requests'],
])('{%s} is refused', (yaml, message) => {
  expect(problems(`endpoint: "h:1", ${yaml}`)).toEqual([expect.stringContaining(message)])
})
