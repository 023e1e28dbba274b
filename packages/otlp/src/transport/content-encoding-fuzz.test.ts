// SPDX-License-Identifier: Apache-2.0
import zlib from 'node:zlib'
import { fuzzRounds } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../../tests/interop/otlp/random-wire.ts'
import type { OtlpError } from '../errors.ts'
import { type ContentCoding, canEncodeContent, decodeContent, encodeContent } from './content-encoding.ts'

const limit = 300_000

function decode(coding: ContentCoding, body: Uint8Array): Promise<Uint8Array | OtlpError> {
  let taken = 0
  const account = {
    take(count: number) {
      taken += count
      expect(taken).toBeLessThanOrEqual(limit)
      return true
    },
  }
  return new Promise((resolve) =>
    decodeContent(coding, body, limit, account, (error, output) => resolve(error ?? output!)),
  )
}

function encode(coding: ContentCoding, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    encodeContent(coding, undefined, [bytes], bytes.byteLength, (error, pieces) =>
      error === undefined ? resolve(Buffer.concat(pieces)) : reject(error),
    ),
  )
}

function randomBytes(random: Random): Buffer {
  const parts: Buffer[] = []
  for (let n = random.int(8); n >= 0; n--) {
    const kind = random.int(3)
    const part = Buffer.alloc(random.int(random.chance(0.1) ? 40_000 : 300), 'service.name')
    if (kind === 0) for (let at = 0; at < part.length; at++) part[at] = random.int(256)
    if (kind === 1) for (let at = 0; at < part.length; at++) part[at] = 97 + random.int(3)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

// Where Node cannot write zstd: bodies of every shape that libzstd 1.5 wrote.
const zstdSamples = [
  'KLUv/SQFKQAAR0VUIG/PLo+K',
  'KLUv/WAsAGUFAKLKIRtgR+xJmZ/XMNZiTx32bOaFkxHdFSEBLgVdhyuKlCVvd86jDCG2ioDOMBKExhGnYIWxTF+fhtIyZrxODuSobatNpeRAXrPi/NuupasF18D82E9hRslCE955XDIJGAActNYoVCVvd04Y3z3MpZlnguEhxwL2oflnBnhRBJzRCrbUakL5OpMDCQwAQCOAUr4as/g5upAymuYYX192G2o/Uo1bKtfFbHfyphg=',
].map((base64) => Buffer.from(base64, 'base64'))
const skippable = Buffer.from('502a4d180000000000', 'hex').subarray(0, 8)

const codings: readonly ContentCoding[] = ['snappy', 'snappy-framed', 'zstd', 'gzip', 'zlib']
describe.each(codings)('%s bodies from nowhere', (coding) => {
  test('never crash the reader nor pass the limit: mutated bodies', async () => {
    const rounds = fuzzRounds(1500)
    const random = new Random(11)
    let readCount = 0
    for (let i = 0; i < rounds; i++) {
      const bytes = randomBytes(random)
      let body = canEncodeContent(coding) ? await encode(coding, bytes) : Buffer.from(zstdSamples[i & 1]!)
      // Ours rather than the native decoder, every second time.
      if (coding === 'zstd' && (i & 2) === 0) body = Buffer.concat([body, skippable])
      if (random.chance(0.8)) {
        for (let n = random.int(4); n >= 0; n--) body[random.int(body.length)] = random.int(256)
      }
      if (random.chance(0.2)) body = body.subarray(0, random.int(body.length + 1))
      const result = await decode(coding, body)
      if (result instanceof Uint8Array) readCount++
      else expect(['OTLP_DECOMPRESS', 'OTLP_TOO_LARGE']).toContain(result.code)
    }
    expect(readCount).toBeGreaterThan(rounds / 20)
    expect(readCount).toBeLessThan(rounds)
  })

  test('never crash the reader: random strings of bytes', async () => {
    const random = new Random(12)
    const starts: Record<string, string> = {
      zstd: '28b52ffd',
      'snappy-framed': 'ff060000734e61507059',
      gzip: '1f8b0800000000000003',
      zlib: '789c',
    }
    const start = Buffer.from(starts[coding] ?? '', 'hex')
    for (let i = fuzzRounds(1500); i > 0; i--) {
      const bytes = Buffer.alloc(random.int(200))
      for (let at = 0; at < bytes.length; at++) bytes[at] = random.int(256)
      const result = await decode(coding, random.chance(0.7) ? Buffer.concat([start, bytes]) : bytes)
      if (!(result instanceof Uint8Array)) expect(result.code).toMatch(/^OTLP_(DECOMPRESS|TOO_LARGE)$/)
    }
  })
})

const native = zlib as unknown as { zstdDecompressSync?(bytes: Uint8Array): Buffer }
test.skipIf(native.zstdDecompressSync === undefined)('reads of mutated zstd what libzstd reads', async () => {
  const random = new Random(13)
  for (let i = fuzzRounds(1500); i > 0; i--) {
    const body = await encode('zstd', randomBytes(random))
    if (random.chance(0.7)) body[random.int(body.length)] = random.int(256)
    const ours = await decode('zstd', Buffer.concat([body, skippable]))
    if (!(ours instanceof Uint8Array)) continue
    expect(native.zstdDecompressSync!(body).equals(ours)).toBe(true)
  }
})
