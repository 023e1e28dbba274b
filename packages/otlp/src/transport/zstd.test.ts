// SPDX-License-Identifier: Apache-2.0
import zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeContent } from './content-encoding.ts'
import { XxHash64 } from './xxhash64.ts'

const roomy = { take: () => true }
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

function decode(
  body: Uint8Array,
  limit = 20_000_000,
  account: { take(count: number): boolean } = roomy,
): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    decodeContent('zstd', body, limit, account, (error, output) =>
      error ? reject(error) : resolve(Buffer.from(output!)),
    ),
  )
}

// Node's own decoder takes plain bodies where it exists; with a skippable frame behind it a body is ours to read.
const skippable = hex('502a4d18 03000000 616263')
const ours = (body: Uint8Array): Buffer => Buffer.concat([body, skippable])

const words = ['service.name', 'checkout', 'http.request.method', 'GET', 'POST', '/api/users/', 'status', 'ok'].concat([
  'error',
  'duration',
  'span',
  'trace',
  '0123456789abcdef',
])
function text(length: number): Buffer {
  let state = 1
  let all = ''
  while (all.length < length) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    all += words[(state >>> 16) % 13]! + ((state >>> 20) % 7 !== 0 ? ' ' : `${String(state >>> 8)}\n`)
  }
  return Buffer.from(all.slice(0, length))
}

// Written by libzstd 1.5 in Node 24.
const golden: readonly (readonly [string, number, string])[] = [
  ['nothing', 0, 'KLUv/SQAAQAAmenYUQ=='],
  ['5 bytes, stored', 5, 'KLUv/SQFKQAAR0VUIG/PLo+K'],
  [
    '300 bytes, one Huffman stream, no checksum',
    300,
    'KLUv/WAsAGUFAKLKIRtgR+xJmZ/XMNZiTx32bOaFkxHdFSEBLgVdhyuKlCVvd86jDCG2ioDOMBKExhGnYIWxTF+fhtIyZrxODuSobatNpeRAXrPi/NuupasF18D82E9hRslCE955XDIJGAActNYoVCVvd04Y3z3MpZlnguEhxwL2oflnBnhRBJzRCrbUakL5OpMDCQwAQCOAUr4as/g5upAymuYYX192G2o/Uo1bKtfFbHfyphg=',
  ],
  [
    '3000 bytes at level 3',
    3000,
    'KLUv/WS4Ct0XAHbZRB1gh9oBiJgp+qRGKUEroEtLBgqmZDfZTR64QJRAS0cAPgA1AAmiLM9dTFwgjOWshkoJSiRnoRQLURqIcwgABBjb/EY9RSkKOktjIWs5CJVYqICwFtQwQAqBsVaCACGSAeS9eTXx7CR1DsMh6Nl6SaECZEFAieJAQYtR3V7e0zR23nNvNORjkM04tbAoaGkUFAykYJr7kzEp43bJ/EkdhoPR9ETXOwyHpFBrbv/y8ozzurPremcvv10e3jYq/57tOzqrGTMbNNQzvKQM7nL6GTw+Z9Potp5m0y59LymDGZp4dm771fPcHN/+Od/d9Kot7iq3rye3LeI/ox7+of595+Gmb2pS7NuHehgOhk0ddc/cK34HgOSowYoEIkI0SUkhbQYgAkIMYs7qARFQIGcMNMQxI1MjklQybAa5B2jAWUZKuCAMIWikWrBuvLf5n0teH/lBiGPEKpGS/xpWLgSuqeRpse+bd9DLQ1pZbziWxqozBSrp/5UUsd26CRQnWqiRfmIEQs8TeXt50XLUhV7F5Jwn8BwaekGiYSeU2u44GZVe4QjElhgTq3DroankEh8UvX602lSN73d0Bhwl45CCr3w9p6jJQ9fqGFw1NZXMJYt9/rU+wYUwrK/sSPOldtMSFx37RQNk1GQzkK+hK542uGFRhIJgSyDh40G5CIIdODSHCVgvIXVA6rbkdyGXXK5t+tFS2ld6IodY2KbToLyMbxthErnO1JQ7HkSEsEPoY1JUsyAFeEm0wMNxsA/ERJAAB2w/ZlIpxcwDxhshLkTBrvaExYDuuocuC8dNsgIJG7JSxnNUhsIDMHMhY0F47ANKTVj1szQXcDWpqt0S3I+rkDYw3ht0zvFQF5LjOWQn0I8sHg3aa5qRHSAakbGgL8fDhwSHeMQBNXR+DBzGR8QkknolOnyXPurExdbODgMPfZqMmR7qWktR5mVZucINnSQdkSrwwPt9oaEcD8/AnKOCrJkVnSVUCtLniJjenxxznQy8dNtFsSrxRQ3bNaMo',
  ],
  [
    '3000 bytes at level 19',
    3000,
    'KLUv/WS4CtUVAPYXQBpgbTpN7RjPqYfQZ6JcRvJKYWSTbaZcw6aVA0MAOQAyAMyp6VAeTrIexSxpsSQOxVhK8ySSg4FQsGN9lIuNapqUOM9SlpMk1GKlBmA56YGkBvBYa6FIiQWhvKPm1cRLGJUcBIOp6YoWGZUaigOQFkbEdhnx6rU3ozvKy04s+651A06TnCfAeCgBQ41eOxllfqjdb6uu6YuMSovSLNf5iA35zZvd25cdKWKU9R8qJjLK7WfD4/f03rvutrxcvERL5la3xEZvQ+nHrsZ6qM5oAcjo1xXNz/Pv7Vvf3RDvcbLxNnJj10bHln2Z/9a5mI+5j4/UktVZt50R5vat5zIa/gaAzqjhigQiQiWpkzYDIIQYo9BZN2JwIAzBBCxCJQImgEwgBSUBXaIMmwFBKaDVsbxH+RIiVtIKzMcxL74WjpAREkKsixLEof2VWylpo9WqVxx0eaG/neoKsooGSUYJjkoGkvYBNF9xFgXjMI1Sy8fH0o4eS2Hy3oSLGUOKslv2jaYFrRfKAfhs9Jxofrzo74w3tkRT/FrlEpxaJf93RXG6qNN1pqOMHsP59ATzIez8ceZVAbuAenTyUcwlD2sy2Xh5mtqcAdt0TTDRS2jJ7M4db0WDwznyYB1Al2JcMHJJwDGP0oFIR2/LIi7QLyXiPfZaKFxRJju0xxDrRyR+kREkcLnBcZkKlh116HOjnTA7l9xqFGANGuP3jPIJd3z5W91xdbegj3UtcXDnUoiiwGRcH1nSw0TURCJIrRgcaB+71Cxft+3cqaLF+i4ZHy9ePlooa7A0I/IlAxTCMXJ4wIEa8vwCDupTMVmp0uL6CQFsAS3Rx+BCfFbGdRO9PqXWcy8LAw7NB3FbaVQBtC8hURwGR18ePoz+URYVXwMvnU8qlQKCOYfmbkiC+XV9JBCZu6LZhfoqgZQa2zWjKA==',
  ],
]

describe('zstd', () => {
  test.each(golden)('of %s is read as libzstd wrote it', async (_name, length, base64) => {
    const body = Buffer.from(base64, 'base64')
    expect((await decode(body)).equals(text(length))).toBe(true)
    expect((await decode(ours(body))).equals(text(length))).toBe(true)
  })

  test('reads matches one byte nearer than the last one', async () => {
    const body = Buffer.from('KLUv/SBidQEA+Hphem1oZ2JvYXB3cWFpdnlzdXhyZ2trZ2hycnV1YkQFAMDADSCnAm8HxG46AQ==', 'base64')
    expect((await decode(ours(body))).toString()).toBe(
      'zazmhgboapwqaivysuxrgkkghrruubpwqaivysuxrgkkgrruubpwqaivysuxuxrgkkgrruubpwqaivysuxxrgkkkgrruubpwqD',
    )
  })

  test('joins frames and passes over skippable ones, wherever they stand', async () => {
    const frames = golden.map(([, , base64]) => Buffer.from(base64, 'base64'))
    const body = Buffer.concat([skippable, frames[1]!, skippable, frames[3]!, frames[0]!, frames[2]!])
    expect((await decode(body)).equals(Buffer.concat([text(5), text(3000), text(300)]))).toBe(true)
  })

  test.each([
    ['a stored block', 'hello', '28b52ffd 20 05 290000 68656c6c6f'],
    ['a run of one byte', 'aaaaa', '28b52ffd 20 05 2b0000 61'],
    ['two blocks', 'helloaaaaa', '28b52ffd 20 0a 280000 68656c6c6f 2b0000 61'],
    ['a window and no content size', 'hello', '28b52ffd 00 58 290000 68656c6c6f'],
    ['a window of terabytes, which nobody needs', 'hello', '28b52ffd 00 ff 290000 68656c6c6f'],
    ['a content size of 2 bytes', 'a'.repeat(300), '28b52ffd 60 2c00 630900 61'],
    ['a content size of 4 bytes', 'aaaaa', '28b52ffd a0 05000000 2b0000 61'],
    ['a content size of 8 bytes', 'aaaaa', '28b52ffd e0 0500000000000000 2b0000 61'],
    ['a dictionary id of 0', 'aaaaa', '28b52ffd 21 00 05 2b0000 61'],
    // Literals: raw, 1 byte. Sequences: none.
    ['a compressed block of literals only', 'a', '28b52ffd 20 01 1d0000 0861 00'],
    // One sequence: one literal, then three bytes from the last offset, which is 1 at first; tables of one symbol each.
    ['a compressed block of a sequence', 'aaaa', '28b52ffd 20 04 450000 0861 01 54 01 00 00 01'],
  ])('of %s is read', async (_name, expected, body) => {
    expect((await decode(ours(hex(body)))).toString()).toBe(expected)
  })

  test.each<[string, string, string]>([
    ['another format', '1f8b0800 00', 'does not begin with a frame'],
    ['less than a magic number', '28b52f', 'cut off'],
    ['only a skippable frame', '502a4d18 00000000', 'holds no frame'],
    ['a skippable frame that is cut off', '502a4d18 04000000 616263', 'cut off'],
    ['garbage behind the frame', '28b52ffd 20 05 290000 68656c6c6f 7461696c', '4 bytes follow the last frame'],
    ['a reserved bit', '28b52ffd 28 05 290000 68656c6c6f', 'reserved bit'],
    ['a dictionary', '28b52ffd 21 07 05 290000 68656c6c6f', 'needs a dictionary'],
    ['a reserved block type', '28b52ffd 20 05 2f0000 68656c6c6f', 'reserved type'],
    ['a block above 128 KiB', '28b52ffd a0 01000200 0b0010 61', 'larger than the 131072 allowed'],
    ['more announced than its blocks hold', '28b52ffd 20 06 290000 68656c6c6f', '6 bytes are announced'],
    ['less announced than its blocks hold', '28b52ffd 20 04 290000 68656c6c6f', '4 bytes are announced'],
    ['a wrong checksum', '28b52ffd 24 05 290000 68656c6c6f 00000000', 'checksum'],
    ['a table that was never sent', '28b52ffd 20 01 2d0000 1340000000', 'no block before'],
    ['an empty compressed block', '28b52ffd 20 01 050000', 'malformed'],
    ['literals longer than the block', '28b52ffd 20 08 1d0000 4061 00', 'malformed'],
    [
      'more literals used than there are',
      '28b52ffd 00 58 450000 0861 01 54 02 00 00 01',
      'more literals than it holds',
    ],
    ['bits left over', '28b52ffd 00 58 450000 0861 01 54 01 00 00 02', 'malformed'],
    ['bits missing', '28b52ffd 00 58 450000 0861 01 54 01 01 00 01', 'malformed'],
    [
      'a copy from the frame before',
      '28b52ffd 20 05 290000 68656c6c6f 28b52ffd 00 58 450000 0861 01 54 01 01 00 02',
      'a copy reaches 4 bytes back at 1',
    ],
    ['sequences that are cut off', '28b52ffd 20 08 1d0000 0861 01', 'malformed'],
  ])('with %s is refused', async (_name, body, reason) => {
    await expect(decode(hex(body))).rejects.toMatchObject({ code: 'OTLP_DECOMPRESS' })
    const broken = hex(body)
    await expect(decode(Buffer.concat([skippable, broken]))).rejects.toMatchObject({
      message: expect.stringContaining(reason === 'does not begin with a frame' ? 'follow the last frame' : reason),
    })
  })

  test('cut at any byte is refused', async () => {
    for (const [, , base64] of golden) {
      const body = Buffer.from(base64, 'base64')
      for (let end = 0; end < body.length; end++) {
        await expect(decode(body.subarray(0, end))).rejects.toMatchObject({ code: 'OTLP_DECOMPRESS' })
      }
    }
  })

  test('with any one bit wrong is refused or, without a checksum, read to the announced length', async () => {
    for (const [, length, base64] of golden.slice(1)) {
      const whole = Buffer.from(base64, 'base64')
      const hasChecksum = (whole[4]! & 4) !== 0
      for (let at = 5; at < whole.length; at++) {
        const body = Buffer.from(whole)
        body[at] = body[at]! ^ (1 << (at & 7))
        const result = await decode(ours(body)).catch((error: Error & { code: string }) => error.code)
        if (typeof result === 'string') expect(result).toBe('OTLP_DECOMPRESS')
        else expect([hasChecksum && !result.equals(text(length)), result.length]).toEqual([false, length])
      }
    }
  })

  test('is refused above the limit by its headers alone, and read at it', async () => {
    const body = Buffer.from(golden[3]![2], 'base64')
    expect((await decode(body, 3000)).length).toBe(3000)
    expect((await decode(ours(body), 3000)).length).toBe(3000)
    await expect(decode(body, 2999)).rejects.toMatchObject({ code: 'OTLP_TOO_LARGE' })
    await expect(decode(ours(body), 2999)).rejects.toMatchObject({ code: 'OTLP_TOO_LARGE' })
  })

  test('that becomes gigabytes from a few bytes is refused without memory for them', async () => {
    // 8000 blocks of 128 KiB of one byte each: 1 GB from 32 kB.
    const block = hex('020010 61')
    const bomb = Buffer.concat([hex('28b52ffd 00 58'), ...new Array<Buffer>(8000).fill(block), hex('010000')])
    const refuse = { take: () => expect.fail('memory was asked for') }
    await expect(decode(bomb, 20_000_000, refuse)).rejects.toMatchObject({ code: 'OTLP_TOO_LARGE' })
    await expect(decode(ours(bomb), 20_000_000, refuse)).rejects.toMatchObject({ code: 'OTLP_TOO_LARGE' })
  })

  test('whose blocks do not tell what comes out is stopped at the limit', async () => {
    // One sequence per block: 1 literal and a match of 65538 bytes, by tables of one symbol each.
    const sequence = hex('0861 01 54 01 00 33 ffff')
    const header = Buffer.alloc(3)
    header.writeUIntLE((sequence.length << 3) | 4, 0, 3)
    const blocks = new Array<Buffer>(2000).fill(Buffer.concat([header, sequence]))
    const bomb = Buffer.concat([hex('28b52ffd 00 58'), ...blocks, hex('010000')])
    let taken = 0
    const account = {
      take: (count: number) => {
        taken += count
        return true
      },
    }
    await expect(decode(ours(bomb), 1_000_000, account)).rejects.toMatchObject({ code: 'OTLP_TOO_LARGE' })
    expect(taken).toBe(1_000_000)
    const small = Buffer.concat([hex('28b52ffd 00 58'), ...blocks.slice(0, 15), hex('010000')])
    expect((await decode(ours(small), 1_000_000)).equals(Buffer.alloc(15 * 65_539, 'a'))).toBe(true)
  })

  test('may hold many blocks, but not millions that hold nothing', async () => {
    const body = (count: number): Buffer =>
      Buffer.concat([hex('28b52ffd 00 58'), Buffer.alloc(3 * count), hex('010000')])
    // 3 bytes each: 65536 and 3/64 of their number.
    expect((await decode(ours(body(68_750)))).length).toBe(0)
    await expect(decode(body(68_765))).rejects.toMatchObject({ message: expect.stringContaining('more blocks') })
    const frames = Buffer.concat(new Array<Buffer>(80_000).fill(hex('502a4d18 00000000')))
    await expect(decode(frames)).rejects.toMatchObject({ message: expect.stringContaining('more blocks and frames') })
  })

  test('takes its memory from the account, and stops when there is none', async () => {
    const body = ours(Buffer.from(golden[3]![2], 'base64'))
    let taken = 0
    const account = {
      take: (count: number) => {
        taken += count
        return true
      },
    }
    await decode(body, 20_000_000, account)
    expect(taken).toBe(3000)
    await expect(decode(body, 20_000_000, { take: () => false })).rejects.toMatchObject({ code: 'OTLP_OVERLOADED' })
  })
})

const native = zlib as unknown as {
  zstdCompressSync?(bytes: Uint8Array, options: { params: Record<number, number> }): Buffer
}
describe.skipIf(native.zstdCompressSync === undefined)('zstd as this Node writes it', () => {
  const noise = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (Math.imul(n, 2_654_435_761) >>> 13) & 255))
  const skewed = Buffer.from(noise.map((byte) => (byte % 5 !== 0 ? 65 : byte & 15)))
  const inputs: Record<string, Buffer> = {
    text: text(300_000),
    'text of several blocks and noise': Buffer.concat([text(200_000), noise, text(5000), skewed, skewed, skewed]),
    noise,
    skewed: Buffer.concat([skewed, skewed.reverse(), skewed]),
    zeros: Buffer.alloc(3_000_000),
  }
  for (const [name, input] of Object.entries(inputs)) {
    test.each([-5, 1, 3, 6, 12, 19])(`is read: ${name} at level %d`, async (level) => {
      const body = native.zstdCompressSync!(input, { params: { 100: level, 201: 1 } })
      expect((await decode(body)).equals(input)).toBe(true)
      expect((await decode(ours(body))).equals(input)).toBe(true)
    })
  }
})

// Low halves of what Python's xxhash 4.1 says.
test.each<[string, number]>([
  ['', 0x51d8e999],
  ['a', 0xa98c6e5b],
  ['abc', 0xad770999],
  ['123456789', 0x40e6ae83],
  ['x'.repeat(31), 0x083b99f0],
  ['x'.repeat(32), 0xc2ec30eb],
  [`${'0123456789abcdef'.repeat(4)}tail!`, 0x376935b1],
])('the XXH64 of %o ends as in the reference implementation', (input, expected) => {
  const bytes = Buffer.from(input)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const hash = new XxHash64()
  hash.reset(0)
  expect(hash.finish(view, bytes.length)).toBe(expected)
})
