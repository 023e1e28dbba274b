// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { ProtoWriter } from './writer.ts'

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function written(write: (writer: ProtoWriter) => void): string {
  const writer = new ProtoWriter(16)
  write(writer)
  return hex(writer.take())
}

describe('ProtoWriter', () => {
  test.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [0x7fffffff, 'ffffffff07'],
    [0xffffffff, 'ffffffff0f'],
  ])('writes %d as the shortest varint', (value, expected) => {
    expect(written((w) => w.varint32(value))).toBe(expected)
    expect(written((w) => w.varint53(value))).toBe(expected)
    expect(written((w) => w.varint64(BigInt(value)))).toBe(expected)
  })

  test.each([
    [Number.MAX_SAFE_INTEGER, 'ffffffffffffff0f'],
    [2 ** 32, '8080808010'],
    [-1, 'ffffffffffffffffff01'],
    [-(2 ** 31), '80808080f8ffffffff01'],
    [Number.MIN_SAFE_INTEGER, '81808080808080f0ff01'],
  ])('writes the safe integer %d as an int64 varint', (value, expected) => {
    expect(written((w) => w.varint53(value))).toBe(expected)
    expect(written((w) => w.varint64(BigInt(value)))).toBe(expected)
  })

  test('writes the ends of int64 and uint64 exactly', () => {
    expect(written((w) => w.varint64(-(2n ** 63n)))).toBe('80808080808080808001')
    expect(written((w) => w.varint64(2n ** 64n - 1n))).toBe('ffffffffffffffffff01')
    expect(written((w) => w.fixed64(2n ** 64n - 2n))).toBe('feffffffffffffff')
    expect(written((w) => w.fixed64(0x0102030405060708n))).toBe('0807060504030201')
  })

  test('writes the same fixed64 from halves as from a bigint', () => {
    expect(written((w) => w.fixed64Halves(0x05060708, 0x01020304))).toBe('0807060504030201')
    expect(written((w) => w.fixed64Halves(0xfffffffe, 0xffffffff))).toBe('feffffffffffffff')
  })

  test('writes fixed32 and double little endian', () => {
    expect(written((w) => w.fixed32(0x80000101))).toBe('01010080')
    expect(written((w) => w.double(1.5))).toBe('000000000000f83f')
    expect(written((w) => w.double(-0))).toBe('0000000000000080')
  })

  test.each([27, 28, 127, 128, 16383, 16384])('writes an ASCII string of %d characters with a minimal length', (n) => {
    const text = 'x'.repeat(n)
    const length =
      n < 128 ? [n] : n < 16384 ? [(n & 127) | 128, n >> 7] : [(n & 127) | 128, ((n >> 7) & 127) | 128, n >> 14]
    expect(written((w) => w.string(0x0a, text))).toBe(`0a${hex(Uint8Array.from(length))}${'78'.repeat(n)}`)
  })

  test('corrects the length when UTF-8 needs more bytes than characters', () => {
    expect(written((w) => w.string(0x0a, 'é'))).toBe('0a02c3a9')
    expect(written((w) => w.string(0x0a, 'é'.repeat(64)))).toBe(`0a8001${'c3a9'.repeat(64)}`)
    expect(written((w) => w.string(0x0a, '€'.repeat(5462)))).toBe(`0a828001${'e282ac'.repeat(5462)}`)
  })

  test('turns surrogates without a partner into U+FFFD, and keeps pairs', () => {
    expect(written((w) => w.string(0x0a, '\ud83d'))).toBe('0a03efbfbd')
    expect(written((w) => w.string(0x0a, '\ude00a'))).toBe('0a04efbfbd61')
    expect(written((w) => w.string(0x0a, '\u{1f600}'))).toBe('0a04f09f9880')
    expect(written((w) => w.string(0x0a, `${'a'.repeat(40)}\ud83d`))).toBe(`0a2b${'61'.repeat(40)}efbfbd`)
  })

  test('writes tags of two bytes', () => {
    expect(written((w) => w.string((17 << 3) | 2, 'a'))).toBe('8a010161')
    expect(written((w) => w.bytes((17 << 3) | 2, Uint8Array.of(1, 2)))).toBe('8a01020102')
  })

  test.each([
    [1, 0],
    [1, 127],
    [1, 128],
    [2, 127],
    [2, 128],
    [2, 16383],
    [1, 16384],
    [2, 16384],
    [3, 16383],
    [5, 3],
  ])('gives a nested message reserved with %d bytes and filled with %d a minimal length', (likely, n) => {
    const expected = new ProtoWriter()
    expected.tag(0x12)
    expected.varint32(n)
    expected.raw(new Uint8Array(n).fill(7))
    expected.raw(Uint8Array.of(9))
    const actual = written((w) => {
      const mark = w.begin(0x12, likely)
      w.raw(new Uint8Array(n).fill(7))
      w.end(mark)
      w.raw(Uint8Array.of(9))
    })
    expect(actual).toBe(hex(expected.take()))
  })

  test('moves inner messages with their outer one', () => {
    const actual = written((w) => {
      const outer = w.begin(0x0a, 2)
      const inner = w.begin(0x12, 2)
      w.string(0x1a, 'abc')
      w.end(inner)
      w.end(outer)
    })
    expect(actual).toBe('0a07' + '1205' + '1a03616263')
  })

  test('starts over after reset, and take gives a copy that later writes do not change', () => {
    const writer = new ProtoWriter()
    writer.string(0x0a, 'first')
    const first = writer.take()
    const view = writer.view()
    writer.reset()
    writer.string(0x0a, 'other')
    expect(hex(first)).toBe('0a056669727374')
    expect(hex(view)).toBe('0a056f74686572')
  })

  test('refuses to grow past 2 GiB', () => {
    const writer = new ProtoWriter()
    expect(() => writer.ensure(0x80000000)).toThrow(
      'protobuf message: needs 2147483648 bytes; allowed are 2147483647; nothing was sent, split the batch',
    )
  })
})
