// SPDX-License-Identifier: Apache-2.0
import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { decodeTraces } from '../decode/decode.ts'
import { isOtlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import { buildIndex } from './build-index.ts'
import { entryLimits, maxJsonEntries } from './entry-limits.ts'
import { batchFromBytes } from './from-bytes.ts'
import { batchFromJson } from './from-json.ts'
import { batchFromRecords } from './from-records.ts'
import { batchFromParts, batchToParts } from './parts.ts'
import { splitBatch } from './split.ts'

/** A message with one field inside another, outermost tag first. */
function within(tags: readonly number[], content: Uint8Array): Uint8Array {
  let bytes = content
  for (const tag of [...tags].reverse()) {
    const head = [tag]
    let length = bytes.length
    for (; length > 127; length >>>= 7) head.push((length & 127) | 128)
    bytes = Buffer.concat([Buffer.from([...head, length]), bytes])
  }
  return new Uint8Array(bytes)
}

const repeated = (hex: string, count: number) => new Uint8Array(Buffer.alloc((hex.length / 2) * count, hex, 'hex'))

function refusal(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (isOtlpError(error)) return `${error.code}: ${error.message}`
    throw error
  }
  return 'taken'
}

const span = [0x0a, 0x12, 0x12]
const limits = { maxEntries: 4, maxUnitEntries: 6, maxEnvelopeBytes: 1000 }

describe('the last number of entries allowed is taken, the first beyond it refused', () => {
  test.each<[string, Signal, readonly number[], string, number, string]>([
    [
      'resources',
      'traces',
      [],
      '0a00',
      4,
      'ResourceSpans: at offset 8 the request has 5 nodes in 10 bytes; allowed are 4',
    ],
    ['spans, below a resource and a scope', 'traces', [0x0a, 0x12], '1200', 2, 'has 5 nodes'],
    [
      'attributes',
      'traces',
      span,
      '4a00',
      4,
      'Span: at offset 16 the request has 5 attributes in 16 bytes; allowed are 4',
    ],
    [
      'elements of an array',
      'traces',
      [...span, 0x4a, 0x12, 0x2a],
      '0a00',
      4,
      'ArrayValue: at offset 20 the request has 5 elements',
    ],
    [
      'elements of a map',
      'traces',
      [...span, 0x4a, 0x12, 0x32],
      '0a00',
      4,
      'KeyValueList: at offset 20 the request has 5 elements',
    ],
    ['a status sent again', 'traces', span, '7a00', 5, 'has 5 elements'],
    ['a body sent again', 'logs', span, '2a00', 5, 'has 5 elements'],
    ['values of a key sent again', 'traces', [...span, 0x4a], '1200', 5, 'has 5 elements'],
    ['kinds of a value sent again', 'traces', [...span, 0x4a, 0x12], '1000', 5, 'has 5 elements'],
    [
      'quantiles',
      'metrics',
      [...span, 0x5a, 0x0a],
      '3200',
      4,
      'SummaryDataPoint: at offset 18 the request has 5 elements',
    ],
    [
      'keys of an entity',
      'traces',
      [0x0a, 0x0a, 0x1a],
      '1a00',
      3,
      'EntityRef: at offset 12 the request has 5 elements',
    ],
  ])('%s', (_, signal, tags, entry, allowed, message) => {
    const read = (count: number) => buildIndex(signal, within(tags, repeated(entry, count)), limits)
    expect(refusal(() => read(allowed))).toBe('taken')
    const error = refusal(() => read(allowed + 1))
    expect(error).toContain('OTLP_TOO_MANY: ')
    expect(error).toContain(message)
    expect(error).toMatch(/; allowed are 4; request refused, send smaller ones$/)
  })

  test.each<[string, Signal, readonly number[], string, number]>([
    ['attributes and elements of a span', 'traces', span, '4a0612042a020a00', 3],
    ['events of a span', 'traces', span, '5a00', 6],
    ['packed numbers of a histogram', 'metrics', [...span, 0x4a, 0x0a, 0x32], '0000000000000000', 6],
    ['numbers of a histogram sent one by one', 'metrics', [...span, 0x4a, 0x0a], '310000000000000000', 6],
    ['packed varints of a histogram', 'metrics', [...span, 0x52, 0x0a, 0x42, 0x12], '00', 6],
    ['varints of a histogram sent one by one', 'metrics', [...span, 0x52, 0x0a, 0x42], '1000', 6],
    ['attributes of a resource', 'traces', [0x0a, 0x0a], '0a00', 6],
    ['elements in a resource', 'traces', [0x0a, 0x0a, 0x0a, 0x12, 0x2a], '0a00', 5],
    ['keys of an entity', 'traces', [0x0a, 0x0a, 0x1a], '1a00', 5],
    ['attributes of a scope', 'traces', [0x0a, 0x12, 0x0a], '1a00', 6],
  ])('in one unit: %s', (_, signal, tags, entry, allowed) => {
    const read = (count: number) =>
      buildIndex(signal, within(tags, repeated(entry, count)), {
        maxEntries: 1000,
        maxUnitEntries: 6,
        maxEnvelopeBytes: 1000,
      })
    expect(refusal(() => read(allowed))).toBe('taken')
    expect(refusal(() => read(allowed + 1))).toMatch(/^OTLP_TOO_MANY: .* offset \d+; allowed are 6; request refused/)
  })

  test('what one item holds does not count for the next', () => {
    const events = within([0x12], repeated('5a00', 5))
    const bytes = within([0x0a, 0x12], new Uint8Array(Buffer.concat([events, events, events])))
    expect(buildIndex('traces', bytes, { maxEntries: 1000, maxUnitEntries: 6, maxEnvelopeBytes: 1000 }).itemCount).toBe(
      3,
    )
  })
})

test('grants 65,536 entries and one for every 8 bytes, 131,072 in one unit', () => {
  expect(entryLimits(0)).toEqual({ maxEntries: 65_536, maxUnitEntries: 131_072, maxEnvelopeBytes: 1_048_576 })
  expect(entryLimits(20 * 1024 * 1024).maxEntries).toBe(65_536 + 2_621_440)
  expect(maxJsonEntries(1200)).toBe(65_536 + 100)
})

test('the limit holds after a larger request has left larger tables behind', () => {
  batchFromBytes('traces', within([0x0a, 0x12], repeated('12022a00', 20_000)))
  expect(refusal(() => buildIndex('traces', repeated('0a00', 5), limits))).toContain('has 5 nodes')
})

describe('requests from outside', () => {
  test('protobuf: 2 MiB of empty spans are refused, 65,536 of them are not', () => {
    const spans = (count: number) => batchFromBytes('traces', within([0x0a, 0x12], repeated('1200', count))).itemCount
    expect(spans(65_534)).toBe(65_534)
    expect(refusal(() => spans(1 << 20))).toContain('OTLP_TOO_MANY: Span: at offset 65')
  })

  test.each<[string, Signal, readonly number[], string]>([
    // time_unix_nano and as_double, nothing else
    ['points of 20 bytes', 'metrics', [0x0a, 0x12, 0x12, 0x2a], '0a12190100000000000000210000000000000000'],
    // key "k", int 1
    ['attributes of 9 bytes', 'traces', [0x0a, 0x12, 0x12], '4a070a016b12021801'],
    // time_unix_nano alone
    ['log records of 11 bytes', 'logs', [0x0a, 0x12], '1209090100000000000000'],
  ])('protobuf: takes the densest data that mean something: %s', (_, signal, tags, entry) => {
    const count = signal === 'traces' ? 131_071 : 150_000
    expect(refusal(() => batchFromBytes(signal, within(tags, repeated(entry, count))))).toBe('taken')
  })

  const json = (text: string) => () => batchFromJson('traces', Buffer.from(text))

  test('JSON: the last object allowed and the first refused', () => {
    const text = (count: number) => {
      const objects = `{"resourceSpans":[${'{},'.repeat(count - 3)}{}]}`
      return objects + ' '.repeat(400_000 - objects.length)
    }
    const allowed = 65_536 + Math.floor(400_000 / 12)
    expect(text(allowed)).toHaveLength(text(allowed + 1).length)
    expect(refusal(json(text(allowed)))).toBe('taken')
    expect(refusal(json(text(allowed + 1)))).toBe(
      `OTLP_TOO_MANY: traces JSON: at offset ${18 + (allowed - 2) * 3} it has 98870 objects and arrays in 400000 bytes; allowed are 98869; request refused, send smaller ones`,
    )
  })

  test('JSON: brackets in strings do not count, whatever is escaped there', () => {
    expect(refusal(json(`{"resourceSpans":[],"x":"${'[{\\"'.repeat(100_000)}\\\\"}`))).toBe('taken')
    expect(refusal(json(`{"resourceSpans":[],"x":["\\\\",${'[],'.repeat(200_000)}1]}`))).toContain('OTLP_TOO_MANY: ')
  })

  test('JSON: an item with more values than are allowed in one is refused', () => {
    const text = (count: number) =>
      `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"bucketCounts":[${'0,'.repeat(count)}0]}]}}]}]}]}`
    expect(refusal(() => batchFromJson('metrics', Buffer.from(text(131_071))))).toBe('taken')
    expect(refusal(() => batchFromJson('metrics', Buffer.from(text(131_072))))).toContain(
      'OTLP_TOO_MANY: HistogramData',
    )
  })
})

describe('a resource, scope or metric with more bytes of its own than allowed is refused, whatever it encloses', () => {
  const limited = { maxEntries: 1000, maxUnitEntries: 1000, maxEnvelopeBytes: 60 }
  // Field 15, unknown, and two fields that hold what is enclosed: a span each, or a scope, or a point.
  test.each<[string, Signal, readonly number[], string]>([
    ['ResourceSpans', 'traces', [0x0a], '120412022a00120412022a0012021200'],
    ['ScopeSpans', 'traces', [0x0a, 0x12], '12022a0012022a00'],
    ['ResourceLogs', 'logs', [0x0a], '12041202320012021200'],
    ['ScopeMetrics', 'metrics', [0x0a, 0x12], '12042a020a00'],
  ])('%s', (message, signal, tags, enclosed) => {
    const read = (byteCount: number) => {
      const own = Buffer.concat([Buffer.from([0x7a, byteCount - 2]), Buffer.alloc(byteCount - 2)])
      const parts = [
        Buffer.from(enclosed, 'hex'),
        own,
        ...Array.from({ length: 20 }, () => Buffer.from(enclosed, 'hex')),
      ]
      return buildIndex(signal, within(tags, new Uint8Array(Buffer.concat(parts))), limited)
    }
    expect(refusal(() => read(60))).toBe('taken')
    expect(refusal(() => read(61))).toMatch(
      new RegExp(
        `^OTLP_TOO_LARGE: ${message}: at offset \\d+ has 61 bytes beside what it encloses; allowed are 60; request refused$`,
      ),
    )
  })
})

test('what this library wrote is not limited: reading, splitting and decoding it never refuse', () => {
  const spans = repeated('1200', 100_000)
  const bytes = within([0x0a, 0x12], spans)
  const records = decodeTraces(bytes)
  const batch = batchFromRecords('traces', records)
  expect(batch.index().nodeCount).toBe(100_002)
  expect(splitBatch(batch, 60_000).map((piece) => piece.itemCount)).toEqual([60_000, 40_000])
  const other = { signal: 'traces', itemCount: 100_000, chunks: () => [bytes] } as unknown as typeof batch
  expect(splitBatch(other, 60_000)).toHaveLength(2)
})

test('a batch taken apart and put together again reads the same, without being indexed anew', () => {
  const bytes = within([0x0a, 0x12, 0x12], new Uint8Array(Buffer.from('2a016e4a070a016b12021801ba0600', 'hex')))
  const parts = batchToParts(batchFromBytes('traces', bytes))
  const batch = batchFromParts('traces', structuredClone(parts))
  const index = batch.index()
  expect([batch.itemCount, index.string(2, 5), index.attributeKey(0), parts[0]!.unknownFieldCount]).toEqual([
    1,
    'n',
    'k',
    1,
  ])
  expect(batch.byteCount).toBe(bytes.length + 3 * 40 + 16)
  expect(batch.records()[0]!.scopeSpans[0]!.spans[0]!.attributes).toEqual([{ key: 'k', value: 1n }])
})
