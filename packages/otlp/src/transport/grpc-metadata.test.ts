// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import type { RpcStatus } from '../model/response.ts'
import {
  decodeGrpcMessage,
  decodeStatusDetailsBin,
  encodeBoundedGrpcMessage,
  encodeGrpcMessage,
  encodeStatusDetailsBin,
  formatGrpcTimeout,
  parseGrpcTimeout,
} from './grpc-metadata.ts'

describe('grpc-message', () => {
  test.each([
    ['', ''],
    ['no room; send it later', 'no room; send it later'],
    [' !"#$&~', ' !"#$&~'],
    ['100 % sure', '100 %25 sure'],
    ['a\r\nb\0\x7f', 'a%0D%0Ab%00%7F'],
    ['zu groß', 'zu gro%C3%9F'],
    ['€', '%E2%82%AC'],
    ['😀', '%F0%9F%98%80'],
  ])('%o is sent as %o and read back', (text, encoded) => {
    expect(encodeGrpcMessage(text)).toBe(encoded)
    expect(decodeGrpcMessage(encoded)).toBe(text)
  })

  test('half a surrogate pair is sent as U+FFFD', () => {
    expect(encodeGrpcMessage('a\ud83d')).toBe('a%EF%BF%BD')
  })

  test.each([
    ['100%', '100%'],
    ['%4', '%4'],
    ['%zz and %4g', '%zz and %4g'],
    ['%%41', '%A'],
    ['%e2%82%ac', '€'],
    ['%C3', '\ufffd'],
    ['a%FFb', 'a\ufffdb'],
    // Raw UTF-8 as HTTP/2 hands it over: a character for each byte.
    ['zu gro\xc3\x9f', 'zu groß'],
    ['€', '€'],
  ])('%o, from whoever sent it, reads as %o', (text, expected) => {
    expect(decodeGrpcMessage(text)).toBe(expected)
  })

  test.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdefg', 6, 'abc...'],
    ['a€', 10, 'a%E2%82%AC'],
    ['a€', 9, 'a...'],
    ['a€b', 11, 'a%E2%82%ACb'],
    ['ab€cdef', 14, 'ab%E2%82%AC...'],
    ['ab€cd', 13, 'ab%E2%82%ACcd'],
    ['ab€cde', 13, 'ab...'],
    ['€€', 17, '%E2%82%AC...'],
    ['%%%', 8, '%25...'],
    ['%%%', 9, '%25%25%25'],
    ['abcdef', 2, '..'],
    ['abcdef', 0, ''],
  ])('%o bounded to %d characters is %o', (text, maxLength, expected) => {
    expect(encodeBoundedGrpcMessage(text, maxLength)).toBe(expected)
  })

  test('an endless text is bounded, and what is left can be read', () => {
    for (let maxLength = 3; maxLength < 60; maxLength++) {
      const bounded = encodeBoundedGrpcMessage('%é€😀'.repeat(1000), maxLength)
      expect(bounded.length).toBeLessThanOrEqual(maxLength)
      expect(bounded.length).toBeGreaterThan(maxLength - 12)
      expect(decodeGrpcMessage(bounded)).toMatch(/^[%é€😀]*\.\.\.$/u)
    }
  })
})

describe('grpc-timeout', () => {
  test.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['10S', 10_000],
    ['250m', 250],
    ['1500u', 1.5],
    ['1000000n', 1],
    ['0n', 0],
    ['99999999H', 99_999_999 * 3_600_000],
    ['00000001S', 1000],
  ])('%s is %d ms', (text, millis) => {
    expect(parseGrpcTimeout(text)).toBe(millis)
  })

  test.each(['', 'S', '1', '1s', '1h', '1ms', '-1S', '+1S', '1.5S', ' 1S', '1S ', '1 S', '123456789S', '0x1S', '١S'])(
    '%o is malformed',
    (text) => {
      expect(parseGrpcTimeout(text)).toBeUndefined()
    },
  )

  test.each([
    [10_000, '10000m'],
    [1, '1m'],
    [1.2, '2m'],
    [0.5, '500000n'],
    [0.0000001, '1n'],
    [0, '0n'],
    [-5, '0n'],
    [99_999_999, '99999999m'],
    [100_000_000, '100000S'],
    [99_999_999_001, '1666667M'],
    [99_999_999 * 60_000 + 1, '1666667H'],
    [1e30, '99999999H'],
    [Number.POSITIVE_INFINITY, '99999999H'],
  ])('%d ms is %s', (millis, text) => {
    expect(formatGrpcTimeout(millis)).toBe(text)
    if (Number.isFinite(millis) && millis > 0 && millis < 1e15) {
      expect(parseGrpcTimeout(text)).toBeGreaterThanOrEqual(millis)
    }
  })
})

describe('grpc-status-details-bin', () => {
  const status: RpcStatus = {
    code: 14,
    message: 'later',
    details: [{ type: 'retryInfo', retryDelayMillis: 1500 }],
  }
  // Status { code = 14, message = "later", details = Any { type_url, value = RetryInfo { 1 s, 500,000,000 ns } } }
  const golden = Buffer.from(
    '080e' +
      `1205${Buffer.from('later').toString('hex')}` +
      `1a36${'0a28'}${Buffer.from('type.googleapis.com/google.rpc.RetryInfo').toString('hex')}` +
      '120a0a08' +
      '0801' +
      '1080cab5ee01',
    'hex',
  )

  test('is base64 of the message without padding, and read back', () => {
    const text = encodeStatusDetailsBin(status)
    expect(text).toBe(golden.toString('base64').replaceAll('=', ''))
    expect(text).not.toContain('=')
    expect(decodeStatusDetailsBin(text)).toEqual(status)
  })

  test.each(['CAM', 'CAM=', ' CAM ', 'CAM,CAU', 'CAM, CAU'])('%o is code 3', (text) => {
    expect(decodeStatusDetailsBin(text)).toEqual({ code: 3, message: '', details: [] })
  })

  test.each(['C', 'C*M=', 'CAM===', 'gA', 'Ev8', '€'])('%o is nothing', (text) => {
    expect(decodeStatusDetailsBin(text)).toBeUndefined()
  })
})
