// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { type HttpTarget, otlpSignalUrl, parseHttpTarget, parseListenAddress } from './endpoint.ts'
import { encodingOfMediaType } from './media-type.ts'
import { backoffMillis, defaultRetryPolicy, isRetryableHttpStatus, retryAfterMillis } from './retry.ts'

test.each([
  ['http://localhost:4318', 'http://localhost:4318/v1/traces'],
  ['http://localhost:4318/', 'http://localhost:4318/v1/traces'],
  ['https://example.com/otlp', 'https://example.com/otlp/v1/traces'],
  ['https://example.com/otlp/', 'https://example.com/otlp/v1/traces'],
  ['https://example.com/otlp?key=a/b', 'https://example.com/otlp/v1/traces?key=a/b'],
])('the traces URL under %s is %s', (base, expected) => {
  expect(otlpSignalUrl(base, 'traces')).toBe(expected)
})

describe('parseHttpTarget', () => {
  test.each<[string, Partial<HttpTarget>]>([
    [
      'http://localhost:4318/v1/traces',
      { secure: false, hostname: 'localhost', port: 4318, path: '/v1/traces', host: 'localhost:4318' },
    ],
    ['http://example.com', { secure: false, port: 80, path: '/', host: 'example.com', display: 'http://example.com/' }],
    ['https://example.com/a?b=c#d', { secure: true, port: 443, path: '/a?b=c', display: 'https://example.com/a' }],
    ['http://[::1]:4318/', { hostname: '::1', port: 4318, host: '[::1]:4318' }],
    ['http://u:p%40@h/', { authorization: `Basic ${Buffer.from('u:p@').toString('base64')}`, display: 'http://h/' }],
    ['http://u:%zz@h/', { authorization: `Basic ${Buffer.from('u:%zz').toString('base64')}` }],
  ])('reads %s', (url, expected) => {
    expect(parseHttpTarget(url)).toMatchObject(expected)
  })

  test.each(['', 'localhost:4318', 'grpc://h:1', '/v1/traces', 'http://', 'http://h:99999'])('refuses %o', (url) => {
    expect(parseHttpTarget(url)).toMatchObject({ code: 'OTLP_OPTION' })
  })
})

test.each<[string, readonly (string | undefined)[], number]>([
  ['localhost:4318', ['127.0.0.1', '::1'], 4318],
  ['LOCALHOST:0', ['127.0.0.1', '::1'], 0],
  ['0.0.0.0:4318', ['0.0.0.0'], 4318],
  ['[::]:4318', ['::'], 4318],
  [':65535', [undefined], 65_535],
  ['collector.internal:4318', ['collector.internal'], 4318],
])('the address %s is %o port %d', (endpoint, hosts, port) => {
  expect(parseListenAddress(endpoint)).toEqual({ hosts, port })
})

test.each<[string | undefined, ReturnType<typeof encodingOfMediaType>]>([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
  ['application/json; charset=utf-8', 'json'],
  ['APPLICATION/JSON ;charset=utf-8', 'json'],
  ['application/x-protobuf;messageType="x"', 'protobuf'],
  ['application/jsonx', undefined],
  ['application/protobuf', undefined],
  ['text/plain; application/json', undefined],
  ['', undefined],
  [undefined, undefined],
])('the media type %o is %o', (contentType, encoding) => {
  expect(encodingOfMediaType(contentType)).toBe(encoding)
})

test('only 429, 502, 503 and 504 are retryable', () => {
  const retryable: number[] = []
  for (let status = 100; status < 600; status++) if (isRetryableHttpStatus(status)) retryable.push(status)
  expect(retryable).toEqual([429, 502, 503, 504])
})

test('waits grow by the multiplier up to the longest, within the jitter', () => {
  const rounded = (attempt: number, random: number): number =>
    Math.round(backoffMillis(defaultRetryPolicy, attempt, random))
  expect([1, 2, 3, 4, 5, 50].map((attempt) => rounded(attempt, 0.5))).toEqual([1000, 1500, 2250, 3375, 5000, 5000])
  expect([rounded(1, 0), rounded(1, 1)]).toEqual([800, 1200])
})

describe('Retry-After', () => {
  const now = (): number => Date.UTC(2026, 0, 1, 0, 0, 10)
  test.each<[string | undefined, string | undefined, number | undefined]>([
    [undefined, undefined, undefined],
    ['0', undefined, 0],
    [' 120 ', undefined, 120_000],
    ['Thu, 01 Jan 2026 00:00:25 GMT', undefined, 15_000],
    ['Thu, 01 Jan 2026 00:00:25 GMT', 'Thu, 01 Jan 2026 00:00:20 GMT', 5000],
    ['Thu, 01 Jan 2026 00:00:25 GMT', 'nonsense', 15_000],
    ['Thu Jan  1 00:00:25 2026 GMT', undefined, 15_000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', undefined, 0],
    ['1.5', undefined, undefined],
    ['-1', undefined, undefined],
    ['99999999999', undefined, undefined],
    ['', undefined, undefined],
    ['soon', undefined, undefined],
    ['Thursday', undefined, undefined],
  ])('%o with Date %o means %o ms', (header, date, expected) => {
    expect(retryAfterMillis(header, date, now)).toBe(expected)
  })
})
