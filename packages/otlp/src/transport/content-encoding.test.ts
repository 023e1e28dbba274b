// SPDX-License-Identifier: Apache-2.0
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { OtlpError } from '../errors.ts'
import {
  type ByteAccount,
  type ContentCoding,
  canEncodeContent,
  contentCoding,
  decodeContent,
  encodeContent,
} from './content-encoding.ts'

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
  ['zstd', 'zstd'],
  ['snappy', 'snappy'],
  ['x-snappy-framed', 'snappy-framed'],
  ['lz4', undefined],
  ['gzip, zstd', undefined],
  ['gzip, gzip', undefined],
  ['constructor', undefined],
])('Content-Encoding %o means %o', (header, coding) => {
  expect(contentCoding(header)).toBe(coding)
})

const codings: readonly ContentCoding[] = ['gzip', 'zlib', 'snappy', 'snappy-framed', 'zstd']

describe.each(codings.filter(canEncodeContent))('encodeContent with %s', (coding) => {
  function encode(pieces: readonly Uint8Array[], size: number, level?: number): Promise<Buffer> {
    return new Promise((resolve, reject) =>
      encodeContent(coding, level, pieces, size, (error, output) =>
        error === undefined ? resolve(Buffer.concat(output)) : reject(error),
      ),
    )
  }

  test.each([0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000])('makes one stream of %d bytes in pieces', async (size) => {
    const bytes = Buffer.concat([noise(size >> 1), Buffer.alloc(size - (size >> 1), 'span')])
    const compressed = await encode([bytes.subarray(0, size >> 2), bytes.subarray(size >> 2)], size)
    if (size > 100) expect(compressed.length).toBeLessThan(size)
    const { body } = await decode(coding, compressed, 20 * mebibyte)
    expect(bytes.equals(body!)).toBe(true)
    // Others read it too.
    if (coding === 'gzip') expect(gunzipSync(compressed).equals(bytes)).toBe(true)
  })

  test('reads what is cut at any byte as an error', async () => {
    const whole = await encode([noise(200)], 200)
    for (let end = coding === 'snappy-framed' ? 1 : 0; end < whole.length; end++) {
      const { error, body } = await decode(coding, whole.subarray(0, end), mebibyte)
      // A stream of snappy frames may end behind any of them, and one is its identifier.
      if (coding === 'snappy-framed' && end === 10) expect(body?.byteLength).toBe(0)
      else expect([end, error?.code]).toEqual([end, 'OTLP_DECOMPRESS'])
    }
  })

  test('takes the levels that the coding has, and no others', async () => {
    const bytes = Buffer.concat([noise(1000), noise(1000)])
    const [lowest, highest] = coding === 'zstd' ? [1, 22] : [-1, 9]
    for (const level of [
      lowest - 1,
      lowest + 0.5,
      highest + 1,
      Number.NaN,
      ...(coding.startsWith('snappy') ? [1] : []),
    ]) {
      await expect(encode([bytes], 2000, level)).rejects.toMatchObject({ code: 'OTLP_OPTION' })
    }
    if (coding.startsWith('snappy')) return
    const fast = await encode([bytes], 2000, 1)
    const small = await encode([bytes], 2000, highest)
    expect(small.length).toBeLessThanOrEqual(fast.length)
    expect((await encode([bytes], 2000, lowest)).length).toBeGreaterThan(100)
  })

  test('never makes a body that inflates past the limit', async () => {
    // 12 MB of zeros: some 10 kB in most codings.
    const bomb = await encode([Buffer.alloc(12_000_000)], 12_000_000)
    let taken = 0
    const account = {
      take: (count: number) => {
        taken += count
        return true
      },
    }
    expect((await decode(coding, bomb, mebibyte, account)).error?.code).toBe('OTLP_TOO_LARGE')
    expect(taken).toBeLessThanOrEqual(mebibyte)
    expect((await decode(coding, bomb, 3 * mebibyte, account)).error?.code).toBe('OTLP_TOO_LARGE')
    expect((await decode(coding, bomb, 12_000_000)).body?.byteLength).toBe(12_000_000)
    expect((await decode(coding, bomb, 11_999_999)).error?.code).toBe('OTLP_TOO_LARGE')
  })
})

test.skipIf(canEncodeContent('zstd'))('encodeContent says so when this Node has no zstd', async () => {
  const error = await new Promise((resolve) => encodeContent('zstd', undefined, [noise(1)], 1, resolve))
  expect(error).toMatchObject({ code: 'OTLP_OPTION', message: expect.stringContaining('"zstd"') })
})
