// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { Random, randomMessage } from '../../../../tests/interop/otlp/random-wire.ts'
import { encodeRecords } from '../encode/encode.ts'
import { isOtlpError } from '../errors.ts'
import { type Signal, signals } from '../model/resource.ts'
import { rootMessages } from '../proto/schema.ts'
import { buildIndex, type IndexTables } from './build-index.ts'
import { checkRequest, indexByteCount, tablesOf } from './check.ts'
import { baseEntries, entryLimits } from './entry-limits.ts'
import { batchFromBytes } from './from-bytes.ts'
import { walkPlain } from './plain-walk.ts'

// Whether it was plain; then all that it tells must be what buildIndex tells.
function compare(signal: Signal, bytes: Uint8Array): boolean {
  const counts = walkPlain(signal, bytes)
  if (counts === undefined) return false
  let expected: IndexTables
  try {
    expected = buildIndex(signal, bytes, entryLimits(bytes.length))
  } catch (error) {
    throw isOtlpError(error) ? new Error(`taken: ${Buffer.from(bytes).toString('hex')}: ${error.message}`) : error
  }
  expect(expected.split).toBe(false)
  const tables = tablesOf(signal, bytes, counts)
  expect(Buffer.from(tables.nodes.buffer).equals(Buffer.from(new Int32Array(expected.nodes).buffer))).toBe(true)
  expect(Buffer.from(tables.attributes.buffer).equals(Buffer.from(new Int32Array(expected.attributes).buffer))).toBe(
    true,
  )
  expect(tables.itemCount).toBe(expected.itemCount)
  expect(tables.unknownFieldCount).toBe(expected.unknownFieldCount)
  expect(indexByteCount(counts)).toBe(indexByteCount(expected))
  return true
}

describe.each(signals)('plain %s requests', (signal) => {
  test('have the same index by either way', () => {
    const random = new Random(31)
    let plainCount = 0
    let writtenCount = 0
    for (let i = 0; i < 4000; i++) {
      const bytes = randomMessage(random, rootMessages[signal], true)
      if (compare(signal, bytes)) plainCount++
      // As this library writes it.
      if (compare(signal, encodeRecords(signal, batchFromBytes(signal, bytes).records()).bytes)) writtenCount++
    }
    // The rest has attributes without a key or a value, or with keys above 127 bytes.
    expect(writtenCount).toBeGreaterThan(1000)
    expect(plainCount).toBeGreaterThan(100)
  })

  test('are never taken when the full check refuses them or finds parts', () => {
    const random = new Random(32)
    let plainCount = 0
    for (let i = 0; i < 10_000; i++) {
      const bytes = randomMessage(random, rootMessages[signal], i % 2 === 0)
      for (let n = 1 + random.int(2); n > 0 && bytes.length > 0; n--) bytes[random.int(bytes.length)] = random.int(256)
      if (compare(signal, random.chance(0.3) ? bytes.subarray(0, random.int(bytes.length + 1)) : bytes)) plainCount++
    }
    expect(plainCount).toBeGreaterThan(100)
  })
})

// One span: trace id, span id, parent, name "a", kind, start, end, one attribute x = "y", status 2, flags.
const span = hex(
  '0a10000102030405060708090a0b0c0d0e0f 12080001020304050607 22080001020304050608 2a0161 3002',
  '390100000000000000 410200000000000000 4a080a0178 12030a0179 7a021802 850101000000',
)

function hex(...texts: string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(texts.join('').replaceAll(' ', ''), 'hex'))
}

function field(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts)
  return Uint8Array.from([tag, (content.length & 127) | 128, content.length >>> 7, ...content])
}

function request(...spans: Uint8Array[]): Uint8Array {
  return field(0x0a, field(0x12, ...spans.map((bytes) => field(0x12, bytes))))
}

describe('a plain request', () => {
  test('is counted', () => {
    const counts = { itemCount: 2, nodeCount: 4, attributeCount: 2, unknownFieldCount: 0 }
    expect(walkPlain('traces', request(span, span))).toEqual(counts)
  })

  test('has its unknown fields counted, of each wire type', () => {
    const unknown = hex('f80601', 'f9060000000000000000', 'fa060161', 'fd0600000000')
    expect(walkPlain('traces', request(span, Buffer.concat([span, unknown])))?.unknownFieldCount).toBe(4)
    expect(compare('traces', request(Buffer.concat([span, unknown])))).toBe(true)
  })

  test('may repeat fields of a span behind its usual beginning, which the index then notes', () => {
    const again = hex('0a10ff0102030405060708090a0b0c0d0e0f')
    for (const n of [18, 28, 38, 41, 43, 52, 61]) {
      const bytes = request(Buffer.concat([span.subarray(0, n), again]))
      expect(compare('traces', bytes)).toBe(true)
      expect(batchFromBytes('traces', bytes).index().bytes(2, 1)[0]).toBe(255)
    }
    // The kind and the name again, each right behind a field that comes later.
    for (const more of ['3003', '2a0162']) {
      for (const n of [43, 52, 61]) {
        const bytes = request(Buffer.concat([span.subarray(0, n), hex(more)]))
        expect(compare('traces', bytes)).toBe(true)
      }
    }
  })

  test('is not one with two statuses, two runs of attributes, a group, or a value in two parts', () => {
    const status = hex('7a021802')
    const attribute = hex('4a080a0178 12030a0179')
    const twice = hex('4a0b0a0178 12060a01790a017a')
    for (const more of [status, attribute, hex('f306 f406'), twice]) {
      expect(walkPlain('traces', request(Buffer.concat([span, more])))).toBeUndefined()
    }
  })

  test('is not one when cut anywhere', () => {
    const bytes = request(span)
    for (let n = 1; n < bytes.length; n++) expect(walkPlain('traces', bytes.subarray(0, n))).toBeUndefined()
  })

  test('is not one above 65,536 entries: whether they are allowed depends on its length', () => {
    const empty = hex('1200')
    const spans = (count: number): Uint8Array => {
      const content = new Uint8Array(count * 2)
      for (let i = 0; i < content.length; i++) content[i] = empty[i & 1]!
      const head = (tag: number, n: number): number[] => [tag, (n & 127) | 128, ((n >>> 7) & 127) | 128, n >>> 14]
      return Uint8Array.from([...head(0x0a, content.length + 4), ...head(0x12, content.length), ...content])
    }
    expect(walkPlain('traces', spans(baseEntries - 2))?.nodeCount).toBe(baseEntries)
    expect(walkPlain('traces', spans(baseEntries - 1))).toBeUndefined()
  })

  test('is checked against limits below the usual ones all the same', () => {
    const limits = { ...entryLimits(0), maxEntries: 3 }
    expect(() => checkRequest('traces', request(span, span), limits)).toThrow('allowed are 3')
    expect(checkRequest('traces', request(span), limits).found.itemCount).toBe(1)
  })

  test('has room for its index counted before somebody reads it', () => {
    const bytes = request(span)
    const batch = batchFromBytes('traces', bytes)
    expect(batch.byteCount).toBe(bytes.length + 3 * 40 + 16)
    expect(batch.index().nodeCount).toBe(3)
    expect(batch.byteCount).toBe(bytes.length + 3 * 40 + 16)
  })
})
