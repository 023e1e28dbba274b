// SPDX-License-Identifier: Apache-2.0
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { OtlpError } from '../errors.ts'
import { type ByteAccount, type ContentCoding, contentCoding, decodeContent, gzipContent } from './content-encoding.ts'

interface Outcome {
  readonly error: OtlpError | undefined
  readonly body: Uint8Array | undefined
  /** Whether the result was there before `decodeContent` returned: the work was done on the calling thread. */
  readonly atOnce: boolean
}

function decode(
  coding: ContentCoding,
  body: Uint8Array,
  limit: number,
  account: ByteAccount = { take: () => true },
): Promise<Outcome> {
  return new Promise((resolve) => {
    let atOnce = true
    decodeContent(coding, body, limit, account, (error, decoded) => resolve({ error, body: decoded, atOnce }))
    atOnce = false
  })
}

// Pseudo-random bytes: deflate cannot shrink them.
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = 1
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

const mebibyte = 1024 * 1024

describe('decodeContent', () => {
  test.each<[string, ContentCoding, Uint8Array, boolean]>([
    ['a small gzip body at once', 'gzip', gzipSync(noise(1000)), true],
    ['a small deflate body at once', 'zlib', deflateSync(noise(1000)), true],
    ['gzip that inflates to 1 MiB at once', 'gzip', gzipSync(Buffer.alloc(mebibyte)), true],
    ['gzip that inflates to more off the thread', 'gzip', gzipSync(Buffer.alloc(mebibyte + 1)), false],
    ['deflate that inflates to 1 MiB at once', 'zlib', deflateSync(Buffer.alloc(mebibyte)), true],
    ['deflate that inflates to more off the thread', 'zlib', deflateSync(Buffer.alloc(mebibyte + 1)), false],
    ['a gzip body above 256 KiB off the thread', 'gzip', gzipSync(noise(256 * 1024)), false],
    ['an empty gzip stream', 'gzip', gzipSync(''), true],
  ])('inflates %s', async (_name, coding, body, atOnce) => {
    const outcome = await decode(coding, body, 20 * mebibyte)
    expect([outcome.error, outcome.atOnce]).toEqual([undefined, atOnce])
    const expected = coding === 'gzip' ? gunzipSync(body) : undefined
    if (expected !== undefined) expect(expected.equals(outcome.body!)).toBe(true)
  })

  test.each([100, 3 * mebibyte])('takes exactly the limit of %d bytes and refuses one more', async (limit) => {
    for (const [coding, compress] of [
      ['gzip', gzipSync],
      ['zlib', deflateSync],
    ] as const) {
      expect((await decode(coding, compress(Buffer.alloc(limit)), limit)).body?.byteLength).toBe(limit)
      const { error, body } = await decode(coding, compress(Buffer.alloc(limit + 1)), limit)
      expect([error?.code, body]).toEqual(['OTLP_TOO_LARGE', undefined])
    }
  })

  test.each([0, 10, 0xffffffff])(
    'is not led past the limit by a gzip trailer that claims %d bytes',
    async (claimed) => {
      const lying = gzipSync(Buffer.alloc(5 * mebibyte))
      lying.writeUInt32LE(claimed, lying.length - 4)
      expect((await decode('gzip', lying, 500)).error?.code).toBe('OTLP_TOO_LARGE')
      expect((await decode('gzip', lying, 3 * mebibyte)).error?.code).toBe('OTLP_TOO_LARGE')
      expect((await decode('gzip', lying, 20 * mebibyte)).error?.code).toBe('OTLP_DECOMPRESS')
    },
  )

  test.each([1000, 3 * mebibyte])('refuses what is broken or followed by garbage, at %d bytes', async (size) => {
    for (const [coding, compress] of [
      ['gzip', gzipSync],
      ['zlib', deflateSync],
    ] as const) {
      const whole = compress(noise(size))
      const broken = {
        truncated: whole.subarray(0, -1),
        cut: whole.subarray(0, 5),
        tail: Buffer.concat([whole, Buffer.from('tail')]),
        empty: Buffer.alloc(0),
      }
      for (const [name, body] of Object.entries(broken)) {
        const { error, body: decoded } = await decode(coding, body, 20 * mebibyte)
        expect([name, error?.code, decoded]).toEqual([name, 'OTLP_DECOMPRESS', undefined])
      }
    }
  })

  test('takes every byte produced from the account, and stops when there is no room', async () => {
    for (const size of [1000, 3 * mebibyte]) {
      let taken = 0
      const roomy = {
        take: (count: number) => {
          taken += count
          return true
        },
      }
      await decode('gzip', gzipSync(Buffer.alloc(size)), 20 * mebibyte, roomy)
      expect(taken).toBe(size)
      const full = { take: () => false }
      expect((await decode('gzip', gzipSync(Buffer.alloc(size)), 20 * mebibyte, full)).error?.code).toBe(
        'OTLP_OVERLOADED',
      )
    }
  })

  test('does not keep a large buffer alive for a small result', async () => {
    const { body } = await decode('gzip', gzipSync(noise(10)), mebibyte)
    expect(body!.buffer.byteLength).toBeLessThan(16 * 1024)
  })
})

test.each<[string | undefined, ReturnType<typeof contentCoding>]>([
  [undefined, 'identity'],
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  [' GZip ', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'zlib'],
  ['zlib', 'zlib'],
  ['br', undefined],
  ['zstd', undefined],
  ['gzip, gzip', undefined],
  ['constructor', undefined],
])('Content-Encoding %o means %o', (header, coding) => {
  expect(contentCoding(header)).toBe(coding)
})

test.each([0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000])(
  'gzipContent compresses %d bytes in pieces to one stream',
  async (size) => {
    const bytes = noise(size)
    const pieces = [bytes.subarray(0, size >> 2), bytes.subarray(size >> 2)]
    const compressed = await new Promise<readonly Uint8Array[]>((resolve, reject) =>
      gzipContent(pieces, size, (error, output) => (error === undefined ? resolve(output) : reject(error))),
    )
    expect(gunzipSync(Buffer.concat(compressed)).equals(bytes)).toBe(true)
  },
)
