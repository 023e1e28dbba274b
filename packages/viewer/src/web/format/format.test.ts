// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { formatBytes, formatCount, formatShortCount, plural } from './count.ts'
import { formatDuration, formatTick, parseDuration } from './duration.ts'
import { cut, prettyJson, shorten, singleLine } from './text.ts'
import { formatAbsolute, formatAxisTime, formatRelative, nanoToMillis } from './time.ts'

describe('durations', () => {
  test.each([
    [0, '0 ns'],
    [1, '1 ns'],
    [999, '999 ns'],
    [1000, '1 µs'],
    [1240, '1.24 µs'],
    [12_400, '12.4 µs'],
    [340_000, '340 µs'],
    [999_600, '1.00 ms'],
    [812e6, '812 ms'],
    [1.24e9, '1.24 s'],
    [59.94e9, '59.9 s'],
    [59.95e9, '1m 00s'],
    [125e9, '2m 05s'],
    [12_000e9, '3h 20m'],
    [200_000e9, '2d 07h'],
    [-1e6, '-1 ms'],
    [Number.NaN, '–'],
  ])('%d ns is %s', (nano, expected) => {
    expect(formatDuration(nano)).toBe(expected)
  })

  test('ticks of one axis share a unit', () => {
    expect([0, 500_000, 1_000_000].map((tick) => formatTick(tick, 500_000, 1_200_000))).toEqual([
      '0',
      '0.5 ms',
      '1.0 ms',
    ])
    expect(formatTick(20_000, 20_000, 90_000)).toBe('20 µs')
  })

  test.each([
    ['250ms', 250e6],
    ['1.5 s', 1.5e9],
    ['10', 10e6],
    ['2m', 120e9],
    ['3us', 3000],
    ['3 µs', 3000],
    ['', undefined],
    ['fast', undefined],
    ['-5ms', undefined],
    ['5 parsecs', undefined],
  ])('%j is read as %j ns', (text, expected) => {
    expect(parseDuration(text)).toBe(expected)
  })
})

describe('times', () => {
  const noon = Date.UTC(2026, 2, 5, 12, 34, 56, 78)

  test('nanoseconds since the epoch become milliseconds with their fraction', () => {
    expect(nanoToMillis('1772714096078500000')).toBe(1772714096078.5)
    expect(nanoToMillis('999999')).toBe(0)
    expect(nanoToMillis('')).toBe(0)
  })

  test.each([
    [0, 'now'],
    [400, 'now'],
    [1000, '1 s ago'],
    [59_000, '59 s ago'],
    [60_000, '1m 00s ago'],
    [599_000, '9m 59s ago'],
    [600_000, '10 min ago'],
    [3_600_000, '1 h ago'],
    [48 * 3_600_000, '2 d ago'],
    [-900, 'now'],
    [-5000, 'in 5 s'],
  ])('%d ms ago is %s', (ago, expected) => {
    expect(formatRelative(noon, noon - ago)).toBe(expected)
  })

  test('absolute times have date, milliseconds and zone', () => {
    expect(formatAbsolute(noon, 'UTC')).toBe('2026-03-05 12:34:56.078 UTC')
    expect(formatAbsolute(noon, 'Asia/Kolkata')).toBe('2026-03-05 18:04:56.078 UTC+5:30')
  })

  test('a time beyond the calendar is a dash, not an exception', () => {
    expect(formatAbsolute(1e20, 'UTC')).toContain('–')
  })

  test('axis labels are no finer than the step', () => {
    expect(formatAxisTime(noon, 500, 'UTC')).toBe('12:34:56.078')
    expect(formatAxisTime(noon, 30_000, 'UTC')).toBe('12:34:56')
    expect(formatAxisTime(noon, 60_000, 'UTC')).toBe('12:34')
    expect(formatAxisTime(noon, 86_400_000, 'UTC')).toBe('03-05')
  })
})

describe('counts', () => {
  test('thousands are set apart', () => {
    expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567'])
  })
  test('short counts', () => {
    expect([999, 1000, 9949, 9950, 999_499, 1e6].map(formatShortCount)).toEqual([
      '999',
      '1.0k',
      '9.9k',
      '10k',
      '999k',
      '1.0M',
    ])
  })
  test('bytes', () => {
    expect([0, 512, 1023, 1024, 1536, 268_435_456].map(formatBytes)).toEqual([
      '0 B',
      '512 B',
      '1023 B',
      '1 KiB',
      '1.5 KiB',
      '256 MiB',
    ])
  })
  test('one and many', () => {
    expect([plural(1, 'span'), plural(0, 'span'), plural(2, 'span')]).toEqual(['1 span', '0 spans', '2 spans'])
  })
})

describe('text from outside', () => {
  test('controls and bidirectional marks become visible dots', () => {
    expect(singleLine('a\nb\u0000c\u202Egpj.exe\u2066x\u200b')).toBe('a·b·c·gpj.exe·x·')
  })
  test('letters of right-to-left scripts stay', () => {
    expect(singleLine('אבג')).toBe('אבג')
  })
  test('cutting never leaves half a pair', () => {
    expect(cut('ab😀cd', 3)).toBe('ab')
    expect(cut('ab😀cd', 4)).toBe('ab😀')
  })
  test('at the limit nothing is left out, above it an ellipsis says so', () => {
    expect(shorten('abc', 3)).toBe('abc')
    expect(shorten('abcd', 3)).toBe('abc…')
  })
  test('JSON is indented only where that is safe', () => {
    expect(prettyJson('{"a":1}')).toBe('{"a":1}')
    const long = `{"a":"${'x'.repeat(50)}"}`
    expect(prettyJson(long)).toContain('\n  "a"')
    const bigNumber = `{"id":9007199254740993,"pad":"${'x'.repeat(50)}"}`
    expect(prettyJson(bigNumber)).toBe(bigNumber)
    expect(prettyJson(`not json ${'x'.repeat(60)}`)).toBe(`not json ${'x'.repeat(60)}`)
  })
})
