// SPDX-License-Identifier: Apache-2.0
import { formatProblem, object, parseYaml, readConfig } from '@otel-ts/confmap'
import { describe, expect, test } from 'vitest'
import { usableCompression } from './compression.ts'
import { checkHttpClient, httpClientFields, httpClientOptions } from './http-client-config.ts'

const schema = object(httpClientFields(30_000), checkHttpClient)
const read = (yaml: string) => readConfig(schema, parseYaml(`{${yaml}}`, 'x').node, ['c'])
const problems = (yaml: string) => read(yaml).problems.map(formatProblem)

const defaults = {
  proxy: 'environment',
  tls: { minVersion: '1.2' },
  headers: {},
  compression: 'gzip',
  maxIdleConnections: 100,
  idleTimeoutMillis: 90_000,
  http2: true,
}

describe('each key says something to the client', () => {
  test.each<[string, object]>([
    ['', {}],
    ['proxy_url: "http://p:3128"', { proxy: { url: 'http://p:3128' } }],
    ['proxy_url: ""', {}],
    ['tls: {insecure_skip_verify: true}', { tls: { minVersion: '1.2', insecureSkipVerify: true } }],
    ['headers: {a: b}', { headers: { a: 'b' } }],
    ['headers: [{name: a, value: b}]', { headers: { a: 'b' } }],
    ['compression: zstd', { compression: usableCompression('zstd') }],
    ['compression: snappy', { compression: 'snappy' }],
    ['compression: x-snappy-framed', { compression: 'x-snappy-framed' }],
    ['compression: zlib', { compression: 'zlib' }],
    ['compression: deflate', { compression: 'deflate' }],
    ['compression: none', { compression: 'none' }],
    ['compression: ""', { compression: 'none' }],
    ['compression_params: {level: 9}', { compressionLevel: 9 }],
    ['compression_params: {level: -1}', { compressionLevel: 6 }],
    ['compression_params: {level: 0}', {}],
    [
      'compression: zstd, compression_params: {level: 22}',
      usableCompression('zstd') === 'zstd' ? { compression: 'zstd', compressionLevel: 22 } : { compression: 'gzip' },
    ],
    ['max_idle_conns: 7', { maxIdleConnections: 7 }],
    ['max_idle_conns: 0', {}],
    ['max_idle_conns_per_host: 7', { maxIdleConnections: 7 }],
    ['max_idle_conns: 5, max_idle_conns_per_host: 7', { maxIdleConnections: 5 }],
    ['max_conns_per_host: 3', { maxConnections: 3 }],
    ['idle_conn_timeout: 1s', { idleTimeoutMillis: 1000 }],
    ['disable_keep_alives: true', { maxIdleConnections: 0 }],
    ['force_attempt_http2: false', { http2: false }],
  ])('{%s}', (yaml, expected) => {
    expect(httpClientOptions(read(yaml).value!)).toEqual({ ...defaults, ...expected })
  })

  test('tls: insecure leaves TLS to its defaults: the URL says whether there is any', () => {
    expect(httpClientOptions(read('tls: {insecure: true}').value!)).not.toHaveProperty('tls')
  })

  test('timeout has the default of the component', () => {
    expect([read('').value!.timeout, read('timeout: 1s').value!.timeout]).toEqual([30_000, 1000])
  })
})

describe('levels', () => {
  test.each([
    ['compression_params: {level: 10}', '10', '"gzip"', '-1 to 9'],
    ['compression_params: {level: -2}', '-2', '"gzip"', '-1 to 9'],
    ['compression: zlib, compression_params: {level: 10}', '10', '"zlib"', '-1 to 9'],
    ['compression: deflate, compression_params: {level: 10}', '10', '"deflate"', '-1 to 9'],
    ['compression: zstd, compression_params: {level: 23}', '23', '"zstd"', '1 to 22'],
    ['compression: snappy, compression_params: {level: 1}', '1', '"snappy"', 'none: it has no levels'],
    ['compression: none, compression_params: {level: 1}', '1', '"none"', 'none: it has no levels'],
  ])('{%s} is refused', (yaml, level, compression, allowed) => {
    const column = yaml.indexOf('level: ') + 9
    expect(problems(yaml)).toEqual([
      `x:1:${column}: c::compression_params::level: level ${level} is not allowed for compression ${compression}; allowed: ${allowed}`,
    ])
  })

  test.each(['compression: zlib, compression_params: {level: 9}', 'compression: zstd, compression_params: {level: 1}'])(
    '{%s} is taken',
    (yaml) => {
      expect(problems(yaml)).toEqual([])
    },
  )
})

describe('what is not done is refused by name', () => {
  test.each([
    ['compression: lz4', '"lz4" is not allowed'],
    ['proxy_url: "p:3128"', 'expected the URL of a proxy, http://host:port or https://host:port, got "p:3128"'],
    ['http2_read_idle_timeout: 10s', 'is not supported: HTTP/2 connections are not probed'],
    ['http2_ping_timeout: 10s', 'is not supported: HTTP/2 connections are not probed'],
    ['read_buffer_size: 1', 'is not supported: Node chooses its buffers'],
    ['write_buffer_size: 1', 'is not supported: Node chooses its buffers'],
    ['cookies: {enabled: true}', 'is not supported: cookies are not kept'],
    ['auth: {authenticator: a}', 'is not supported: there are no authenticator extensions yet'],
    ['middlewares: [{id: a}]', 'is not supported: extensions cannot stand in the way of requests'],
  ])('{%s}', (yaml, message) => {
    expect(problems(yaml)).toEqual([expect.stringContaining(message)])
  })

  test.each([
    'http2_read_idle_timeout: 0s',
    'http2_ping_timeout: 15s',
    'read_buffer_size: 0',
    'write_buffer_size: 524288',
    'cookies: {enabled: false}',
    'auth: ',
    'middlewares: []',
  ])('{%s} changes nothing and may stand', (yaml) => {
    expect(problems(yaml)).toEqual([])
  })
})
