// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { parseBytes, parseChoice, parseDuration, parseEndpoint, parseNumber } from './arguments.ts'

describe('parseDuration', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['1.5s', 1500],
  ])('reads %s as %d ms', (text, millis) => {
    expect(parseDuration('--duration', text)).toBe(millis)
  })

  test.each(['', '10', 's', '10 s', '-1s', '1d', '1s2'])('refuses "%s" and says what is allowed', (text) => {
    expect(() => parseDuration('--duration', text)).toThrow(/^--duration: .*allowed are .*nothing was started$/)
  })
})

describe('parseNumber', () => {
  const limits = { min: 1, max: 10, whole: true }

  test.each(['1', '10'])('takes the limit %s', (text) => {
    expect(parseNumber('--items', text, limits)).toBe(Number(text))
  })

  test.each(['0', '11', '1.5', 'x', '', ' ', 'NaN', 'Infinity'])('refuses "%s"', (text) => {
    expect(() => parseNumber('--items', text, limits)).toThrow(
      `--items: "${text}" is not allowed; allowed are whole numbers from 1 to 10; nothing was started`,
    )
  })
})

test('parseChoice names what is allowed', () => {
  expect(parseChoice('--encoding', 'json', ['protobuf', 'json'])).toBe('json')
  expect(() => parseChoice('--encoding', 'JSON', ['protobuf', 'json'])).toThrow(
    '--encoding: "JSON" is not allowed; allowed are protobuf, json; nothing was started',
  )
})

describe('parseBytes', () => {
  test.each([
    ['512MiB', 536_870_912],
    ['2GB', 2_000_000_000],
    ['1.5kib', 1536],
    ['42', 42],
  ])('reads %s as %d bytes', (text, bytes) => {
    expect(parseBytes('--memory', text)).toBe(bytes)
  })

  test.each(['', '0', '0MB', '-1MB', '1TB', 'MiB'])('refuses "%s"', (text) => {
    expect(() => parseBytes('--memory', text)).toThrow('--memory')
  })
})

describe('parseEndpoint', () => {
  test.each([
    ['localhost:4318', { host: 'localhost', port: 4318 }],
    ['0.0.0.0:1', { host: '0.0.0.0', port: 1 }],
    ['[::1]:65535', { host: '[::1]', port: 65535 }],
    [':0', { host: 'localhost', port: 0 }],
    ['4319', { host: 'localhost', port: 4319 }],
  ])('reads %s', (text, endpoint) => {
    expect(parseEndpoint('--endpoint', text)).toEqual(endpoint)
  })

  test.each(['', 'localhost', 'localhost:', 'localhost:65536', '::1:4318', 'http://localhost:4318'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseEndpoint('--endpoint', text)).toThrow('--endpoint')
    },
  )
})
