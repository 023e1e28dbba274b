// SPDX-License-Identifier: Apache-2.0
import { fuzzRounds } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { GrpcMessageReader, type GrpcReadProblem, grpcMessagePrefix } from './grpc-framing.ts'

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/ /g, ''), 'hex'))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

interface Read {
  readonly message: string | undefined
  readonly compressed: boolean | undefined
  readonly problem: GrpcReadProblem | undefined
}

function read(chunks: readonly Uint8Array[], maxMessageBytes = 1000): Read {
  const reader = new GrpcMessageReader(maxMessageBytes)
  for (const chunk of chunks) reader.push(chunk)
  const problem = reader.end()
  const message = reader.message
  return { message: message && hexOf(message.bytes), compressed: message?.compressed, problem }
}

describe('grpcMessagePrefix', () => {
  test.each<[number, boolean, string]>([
    [0, false, '0000000000'],
    [1, true, '0100000001'],
    [258, false, '0000000102'],
    [0x01020304, false, '0001020304'],
    [0xffffffff, true, '01ffffffff'],
  ])('says %d bytes, compressed %s, as %s', (byteCount, compressed, expected) => {
    expect(hexOf(grpcMessagePrefix(byteCount, compressed))).toBe(expected)
  })
})

describe('GrpcMessageReader', () => {
  test.each<[string, string[], string, boolean]>([
    ['a message in one chunk', ['00 00000003 616263'], '616263', false],
    ['a compressed one', ['01 00000002 6162'], '6162', true],
    ['an empty message', ['00 00000000'], '', false],
    ['prefix and message apart', ['00 00000003', '616263'], '616263', false],
    ['a prefix cut in two', ['00 0000', '0003 616263'], '616263', false],
    ['a message cut in two', ['00 00000003 61', '6263'], '616263', false],
    ['a byte at a time', ['00', '00', '00', '00', '03', '61', '62', '63'], '616263', false],
    ['empty chunks between', ['', '00 00000001', '', '61', ''], '61', false],
  ])('reads %s', (_name, chunks, message, compressed) => {
    expect(read(chunks.map(hex))).toEqual({ message, compressed, problem: undefined })
  })

  test.each<[string, string[], GrpcReadProblem]>([
    ['flag 2', ['02 00000001 61'], { kind: 'flag', flag: 2 }],
    ['flag 255 alone', ['ff'], { kind: 'flag', flag: 255 }],
    ['text instead of a prefix', ['3c68746d6c3e'], { kind: 'flag', flag: 0x3c }],
    ['no byte', [], { kind: 'none' }],
    ['empty chunks only', ['', ''], { kind: 'none' }],
    ['a prefix of 4 bytes', ['00 000000'], { kind: 'truncated', part: 'prefix', receivedBytes: 4, expectedBytes: 5 }],
    [
      'a message a byte short',
      ['00 00000003 6162'],
      { kind: 'truncated', part: 'message', receivedBytes: 2, expectedBytes: 3 },
    ],
    [
      'a prefix without its message',
      ['00 00000003'],
      { kind: 'truncated', part: 'message', receivedBytes: 0, expectedBytes: 3 },
    ],
    ['a byte after the message', ['00 00000001 61 00'], { kind: 'several' }],
    ['a byte after the message, in a chunk of its own', ['00 00000001 61', '00'], { kind: 'several' }],
    ['a byte after an empty message', ['00 00000000 00'], { kind: 'several' }],
    ['two messages', ['00 00000001 61 00 00000001 62'], { kind: 'several' }],
    ['a byte after a message in two chunks', ['00 00000002 61', '62 00'], { kind: 'several' }],
  ])('refuses %s', (_name, chunks, problem) => {
    expect(read(chunks.map(hex))).toEqual({ message: undefined, compressed: undefined, problem })
  })

  test('takes a message of exactly the limit, and refuses one a byte larger as soon as it is announced', () => {
    expect(read([hex('00 00000003 616263')], 3).message).toBe('616263')
    const reader = new GrpcMessageReader(3)
    expect(reader.push(hex('00 000000'))).toBeUndefined()
    expect(reader.push(hex('04'))).toEqual({ kind: 'tooLarge', byteCount: 4 })
    expect(read([hex('00 ffffffff')], 3).problem).toEqual({ kind: 'tooLarge', byteCount: 0xffffffff })
  })

  test('has the message before the end, and keeps the first problem', () => {
    const reader = new GrpcMessageReader(10)
    reader.push(hex('00 00000001 61'))
    expect(hexOf(reader.message!.bytes)).toBe('61')
    expect(reader.push(hex('07'))).toEqual({ kind: 'several' })
    expect(reader.push(hex('ff'))).toEqual({ kind: 'several' })
    expect(reader.end()).toEqual({ kind: 'several' })
  })

  test('gives a message in one chunk without copying it, unless it would keep a far larger buffer alive', () => {
    const chunk = new Uint8Array(10_005)
    chunk.set(grpcMessagePrefix(10_000, false))
    const large = new GrpcMessageReader(10_000)
    large.push(chunk)
    expect(large.message!.bytes.buffer).toBe(chunk.buffer)
    const slab = Buffer.alloc(65_536)
    slab.set(hex('00 00000003 616263'), 100)
    const small = new GrpcMessageReader(10_000)
    small.push(slab.subarray(100, 108))
    slab.fill(0)
    expect([hexOf(small.message!.bytes), small.message!.bytes.buffer.byteLength]).toEqual(['616263', 3])
  })

  test('reads the same message however it is cut', () => {
    let state = 1
    const random = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return state / 2 ** 32
    }
    for (let round = 0; round < fuzzRounds(300); round++) {
      const body = Uint8Array.from({ length: Math.floor(random() * 6000) }, (_, at) => at * 7 + round)
      const stream = new Uint8Array(5 + body.byteLength)
      stream.set(grpcMessagePrefix(body.byteLength, false))
      stream.set(body, 5)
      const chunks: Uint8Array[] = []
      const largest = random() < 0.5 ? 20 : 3000
      for (let at = 0; at < stream.byteLength; ) {
        const size = Math.floor(random() * largest)
        chunks.push(stream.slice(at, at + size))
        at += size
      }
      expect(read(chunks, 6000)).toEqual({ message: hexOf(body), compressed: false, problem: undefined })
    }
  })

  test('never throws and never holds more than it was given, whatever the bytes', () => {
    let state = 7
    const random = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return state / 2 ** 32
    }
    for (let round = 0; round < fuzzRounds(2000); round++) {
      const chunks = Array.from({ length: Math.floor(random() * 5) }, () =>
        Uint8Array.from({ length: Math.floor(random() * 9) }, () => (random() < 0.7 ? 0 : random() * 256)),
      )
      const all = Buffer.concat(chunks)
      const { message, problem } = read(chunks, 20)
      // Told from the whole at once: what the bytes are, by the definition.
      const length = all.byteLength >= 5 ? all.readUInt32BE(1) : undefined
      const isMessage = length !== undefined && all[0]! <= 1 && length <= 20 && all.byteLength === 5 + length
      expect([message, problem === undefined]).toEqual([isMessage ? hexOf(all.subarray(5)) : undefined, isMessage])
    }
  })
})
