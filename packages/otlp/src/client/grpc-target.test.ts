// SPDX-License-Identifier: Apache-2.0
import { checkOtlpGrpcEndpoint } from '@otel-ts/otlp/client'
import { describe, expect, test } from 'vitest'
import { addressFamily, type GrpcTarget, parseGrpcTarget } from './grpc-target.ts'

function target(endpoint: string): GrpcTarget {
  const parsed = parseGrpcTarget(endpoint)
  if (parsed instanceof Error) throw parsed
  return parsed
}

describe('targets', () => {
  test.each<[string, Partial<GrpcTarget>]>([
    [
      'localhost:4317',
      { name: { host: 'localhost', port: 4317 }, addresses: [], secure: undefined, authority: 'localhost:4317' },
    ],
    ['collector', { name: { host: 'collector', port: 443 }, authority: 'collector' }],
    [
      '127.0.0.1:4317',
      { name: undefined, addresses: [{ host: '127.0.0.1', port: 4317 }], authority: '127.0.0.1:4317' },
    ],
    ['[::1]:4317', { name: undefined, addresses: [{ host: '::1', port: 4317 }], authority: '[::1]:4317' }],
    ['[fe80::1%eth0]:1', { addresses: [{ host: 'fe80::1%eth0', port: 1 }] }],
    ['::1', { addresses: [{ host: '::1', port: 443 }] }],
    ['dns:///a.example:1', { name: { host: 'a.example', port: 1 }, authority: 'a.example:1' }],
    ['dns:a.example:65535', { name: { host: 'a.example', port: 65_535 } }],
    ['DNS:///10.0.0.1', { name: undefined, addresses: [{ host: '10.0.0.1', port: 443 }] }],
    [
      'passthrough:///a.example:1',
      { name: undefined, addresses: [{ host: 'a.example', port: 1 }], authority: 'a.example:1' },
    ],
    ['http://a.example:4317', { name: { host: 'a.example', port: 4317 }, secure: false, authority: 'a.example:4317' }],
    [
      'https://a.example/v1/traces?x=1',
      { name: { host: 'a.example', port: 443 }, secure: true, authority: 'a.example', display: 'https://a.example' },
    ],
    ['http://a.example', { name: { host: 'a.example', port: 80 }, secure: false }],
    ['http://[::1]:4317', { addresses: [{ host: '::1', port: 4317 }], authority: '[::1]:4317' }],
    ['https://me:secret@a.example:1', { authorization: 'Basic bWU6c2VjcmV0', display: 'https://a.example:1' }],
    [
      'ipv4:10.0.0.1:1,10.0.0.2:2',
      {
        addresses: [
          { host: '10.0.0.1', port: 1 },
          { host: '10.0.0.2', port: 2 },
        ],
        authority: '10.0.0.1:1',
      },
    ],
    [
      'ipv6:[::1]:1,[::2]',
      {
        addresses: [
          { host: '::1', port: 1 },
          { host: '::2', port: 443 },
        ],
      },
    ],
    ['unix:run/otel.sock', { addresses: [{ path: 'run/otel.sock' }], authority: 'localhost', secure: undefined }],
    ['unix:/run/otel.sock', { addresses: [{ path: '/run/otel.sock' }] }],
    ['unix:///run/otel.sock', { addresses: [{ path: '/run/otel.sock' }] }],
    ['unix-abstract:otel', { addresses: [{ path: '\0otel' }] }],
    [' localhost:1 ', { name: { host: 'localhost', port: 1 }, display: 'localhost:1' }],
    ['passthrough:4317', { name: { host: 'passthrough', port: 4317 } }],
  ])('%s', (endpoint, expected) => {
    expect(target(endpoint)).toMatchObject(expected)
    expect(checkOtlpGrpcEndpoint(endpoint)).toBeUndefined()
  })

  test.each([
    '',
    'xds:///collector',
    'ftp://a.example',
    'a.example:0',
    'a.example:65536',
    'a.example:port',
    'a b:1',
    '[a.example]:1',
    '[::1',
    'http://',
    'http://a.example:99999',
    'unix:',
    'unix://',
    'unix:///',
    'unix://host/path',
    'unix-abstract:',
    'dns:///',
    'dns://',
    'ipv4:a.example:1',
    'ipv4:',
    'ipv4:[::1]:1',
    'ipv6:10.0.0.1:1',
  ])('refuses "%s"', (endpoint) => {
    const error = checkOtlpGrpcEndpoint(endpoint)
    expect([error?.code, error?.message]).toEqual([
      'OTLP_OPTION',
      `endpoint "${endpoint}": not a target that gRPC can use; expected is host:port, http://host:port, https://host:port, dns:///host:port, passthrough:///host:port, ipv4:address:port, ipv6:[address]:port, unix:path or unix:///path; nothing is sent`,
    ])
  })

  test('keeps credentials out of the message', () => {
    expect(checkOtlpGrpcEndpoint('http://me:secret@a:99999')?.message).toContain('endpoint "http://a:99999": ')
  })

  test('refuses to ask a name server of its own', () => {
    expect(checkOtlpGrpcEndpoint('dns://8.8.8.8/a.example:1')?.message).toBe(
      'endpoint "dns://8.8.8.8/a.example:1": names a server "8.8.8.8" to look names up at; allowed is dns:///host:port, which uses the name service of the system; nothing is sent',
    )
  })
})

test.each<[string, number]>([
  ['127.0.0.1', 4],
  ['255.255.255.255', 4],
  ['256.0.0.1', 0],
  ['1.2.3', 0],
  ['1.2.3.4.', 0],
  ['01.2.3.4', 0],
  ['::', 6],
  ['::ffff:1.2.3.4', 6],
  ['fe80::1%eth0', 6],
  ['12345::', 0],
  ['localhost', 0],
  ['a:b', 0],
])('the address family of %s is %i', (host, family) => {
  expect(addressFamily(host)).toBe(family)
})
