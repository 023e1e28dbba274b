// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { type ContentCoding, decodeContent, encodeContent } from './content-encoding.ts'
import { crc32c } from './crc32c.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const roomy = { take: () => true }

function decode(coding: ContentCoding, body: Uint8Array, limit = 1_000_000): Promise<Uint8Array> {
  return new Promise((resolve, reject) =>
    decodeContent(coding, body, limit, roomy, (error, output) => (error ? reject(error) : resolve(output!))),
  )
}

function encode(coding: ContentCoding, chunks: readonly Uint8Array[]): Promise<Buffer> {
  const size = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  return new Promise((resolve, reject) =>
    encodeContent(coding, undefined, chunks, size, (error, pieces) =>
      error === undefined ? resolve(Buffer.concat(pieces)) : reject(error),
    ),
  )
}

const words = 'service.name=shop;service.version=1;service.name=cart;service.version=2;'
// What the native snappy of npm (7.4.3) and Rust's (cramjam 2.14.0) make of it.
const blocks: readonly (readonly [string, string, string])[] = [
  ['nothing', '', '00'],
  ['one byte', 'a', '01 0061'],
  [
    '61 bytes, whose length does not fit the tag',
    'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345678',
    '3d f03c 6162636465666768696a6b6c6d6e6f707172737475767778797a4142434445464748494a4b4c4d4e4f505152535455565758595a303132333435363738',
  ],
  ['a run, as copies that overlap themselves', 'a'.repeat(100), '64 0061 fe0100 8a0100'],
  [
    'repeated words',
    words,
    '4844736572766963652e6e616d653d73686f703b11122076657273696f6e3d311512006e01240c6361727415122476657273696f6e3d323b',
  ],
]

describe('a snappy block', () => {
  test.each(blocks)('of %s is read as others write it', async (_name, text, bytes) => {
    expect(Buffer.from(await decode('snappy', hex(bytes))).toString()).toBe(text)
  })

  test.each(blocks)('of %s is written as others write it', async (_name, text, bytes) => {
    expect((await encode('snappy', [Buffer.from(text)])).toString('hex')).toBe(hex(bytes).toString('hex'))
  })

  test('takes copies with offsets of 11, 16 and 32 bits', async () => {
    // "abcd", then the same four bytes by each kind of copy.
    const body = hex('10 0c61626364 0104 0e0800 0f0c000000')
    expect(Buffer.from(await decode('snappy', body)).toString()).toBe('abcdabcdabcdabcd')
  })

  test('takes literals with lengths of one to four bytes', async () => {
    for (const prefix of ['f003', 'f40300', 'f8030000', 'fc03000000']) {
      expect(Buffer.from(await decode('snappy', hex(`04${prefix}61626364`))).toString()).toBe('abcd')
    }
  })

  test.each<[string, string, string]>([
    ['a length that is cut off', 'ff', 'cut off'],
    ['a length above 32 bits', 'ffffffff7f 00', '32 bits'],
    ['a length of six bytes', '808080808001 00', '32 bits'],
    ['a length that its bytes cannot hold', '80a00f 0061', 'cannot hold'],
    ['a literal longer than what is left', '04 0c6162', 'cut off'],
    ['a literal longer than announced', '02 0c61626364', 'more comes out'],
    ['a literal length that is cut off', '04 f403', 'cut off'],
    ['a copy before anything came out', '04 0104', 'reaches 4 bytes back at 0'],
    ['a copy from before the beginning', '08 0c61626364 0105', 'reaches 5 bytes back at 4'],
    ['a copy of offset 0', '08 0c61626364 0100', 'reaches 0 bytes back'],
    ['a copy longer than announced', '06 0c61626364 0104', 'more comes out'],
    ['a copy of 11 bits that is cut off', '08 0c61626364 01', 'cut off'],
    ['a copy of 16 bits that is cut off', '08 0c61626364 0e04', 'cut off'],
    ['a copy of 32 bits that is cut off', '08 0c61626364 0f040000', 'cut off'],
    ['fewer bytes than announced', '05 0c61626364', '4 bytes come out where 5 are announced'],
    ['more elements behind the end', '04 0c61626364 0061', 'more comes out'],
  ])('with %s is refused', async (_name, body, reason) => {
    await expect(decode('snappy', hex(body))).rejects.toMatchObject({
      code: 'OTLP_DECOMPRESS',
      message: expect.stringContaining(reason),
    })
  })

  test('is taken at the limit and refused one byte above it, before anything is decoded', async () => {
    const body = await encode('snappy', [Buffer.alloc(5000)])
    expect((await decode('snappy', body, 5000)).byteLength).toBe(5000)
    await expect(decode('snappy', body, 4999)).rejects.toMatchObject({ code: 'OTLP_TOO_LARGE' })
  })
})

// What Rust's snappy (cramjam 2.14.0) writes.
const framedA = 'ff060000734e61507059 01 050000 786ee428 61'
const framedWords =
  'ff060000734e61507059 00 3c0000 0ddb383e 4844736572766963652e6e616d653d73686f703b11122076657273696f6e3d311512006e01240c6361727415122476657273696f6e3d323b'

describe('the snappy framing format', () => {
  test.each([
    ['a stored chunk', 'a', framedA],
    ['a compressed chunk', words, framedWords],
  ])('with %s is read and written as others do', async (_name, text, bytes) => {
    expect(Buffer.from(await decode('snappy-framed', hex(bytes))).toString()).toBe(text)
    expect((await encode('snappy-framed', [Buffer.from(text)])).toString('hex')).toBe(hex(bytes).toString('hex'))
  })

  test('passes over padding, skippable chunks and repeated identifiers, and joins streams', async () => {
    const body = hex(`${framedA} fe 030000 000000 80 010000 ff fd 000000 ${framedWords} ff060000734e61507059`)
    expect(Buffer.from(await decode('snappy-framed', body)).toString()).toBe(`a${words}`)
  })

  test('of nothing is the identifier alone, or nothing at all', async () => {
    expect((await decode('snappy-framed', hex('ff060000734e61507059'))).byteLength).toBe(0)
    expect((await decode('snappy-framed', new Uint8Array())).byteLength).toBe(0)
  })

  test.each<[string, string, string]>([
    ['no identifier', framedA.slice(20), 'does not begin with the stream identifier'],
    ['another identifier', 'ff060000734e6150705a', 'is not "sNaPpY"'],
    ['an identifier of another length', 'ff050000734e615070', 'is not "sNaPpY"'],
    ['a reserved chunk that may not be skipped', `${framedA} 02 000000`, 'reserved type 2'],
    ['the last reserved chunk that may not be skipped', `${framedA} 7f 000000`, 'reserved type 127'],
    ['a header that is cut off', `${framedA} 00 0000`, 'header at offset 19 is cut off'],
    ['a chunk that is cut off', framedA.slice(0, -2), 'cut off'],
    ['a chunk without room for its checksum', 'ff060000734e61507059 01 030000 000000', 'no room for its checksum'],
    ['a wrong checksum', framedA.replace('786ee428', '796ee428'), 'checksum'],
    ['a changed byte', framedA.replace(/61$/, '62'), 'checksum'],
    ['a chunk of more than 64 KiB', 'ff060000734e61507059 00 0b8000', 'cut off'],
    ['a copy from the chunk before', `${framedA} 00 090000 00000000 05 0061 0102`, 'reaches 2 bytes back at 1'],
    ['a block that is broken', 'ff060000734e61507059 00 070000 00000000 04 0104', 'reaches 4 bytes back'],
  ])('with %s is refused', async (_name, body, reason) => {
    await expect(decode('snappy-framed', hex(body))).rejects.toMatchObject({
      code: 'OTLP_DECOMPRESS',
      message: expect.stringContaining(reason),
    })
  })

  test('takes chunks of 65536 bytes and refuses one byte more', async () => {
    const chunk = (size: number): Buffer => {
      const bytes = Buffer.alloc(8 + size)
      bytes[0] = 1
      bytes.writeUIntLE(size + 4, 1, 3)
      const crc = crc32c(new DataView(new ArrayBuffer(size)), 0, size)
      bytes.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, 4)
      return Buffer.concat([hex('ff060000734e61507059'), bytes])
    }
    expect((await decode('snappy-framed', chunk(65_536))).byteLength).toBe(65_536)
    await expect(decode('snappy-framed', chunk(65_537))).rejects.toMatchObject({
      message: expect.stringContaining('holds 65537 bytes, more than the 65536 allowed'),
    })
  })

  test('may hold many chunks, but not millions that hold nothing', async () => {
    const skippable = hex('80000000')
    const body = (count: number): Buffer =>
      Buffer.concat([hex('ff060000734e61507059'), ...new Array<Buffer>(count).fill(skippable)])
    // 4 bytes each: 65536 and a sixteenth of their number, with the identifier.
    expect((await decode('snappy-framed', body(69_904))).byteLength).toBe(0)
    await expect(decode('snappy-framed', body(69_906))).rejects.toMatchObject({
      message: expect.stringContaining('more chunks than its size allows'),
    })
  })

  test('is refused over the limit before anything is decoded', async () => {
    const body = await encode('snappy-framed', [Buffer.alloc(200_000)])
    expect((await decode('snappy-framed', body, 200_000)).byteLength).toBe(200_000)
    await expect(decode('snappy-framed', body, 199_999)).rejects.toMatchObject({ code: 'OTLP_TOO_LARGE' })
  })
})

// RFC 3720, appendix B.4.
test.each([
  ['32 bytes of 0', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of 0xff', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, n) => n)), 0x46dd794e],
  ['31 to 0', Buffer.from(Array.from({ length: 32 }, (_, n) => 31 - n)), 0x113fdb5c],
  ['nothing', Buffer.alloc(0), 0],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
])('the CRC-32C of %s is as in the RFC', (_name, bytes, expected) => {
  expect(crc32c(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length)).toBe(expected)
})
