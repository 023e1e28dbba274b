// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { batchCounters } from './counters.ts'
import { batchFromBytes } from './from-bytes.ts'

const fromHex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

// Wraps hex in a length-delimited field whose length has one or two bytes.
function field(tag: string, spaced: string): string {
  const content = spaced.replaceAll(' ', '')
  const n = content.length / 2
  const length = n < 128 ? [n] : [(n & 127) | 128, n >> 7]
  return tag + Buffer.from(length).toString('hex') + content
}
const span = (content: string) => field('0a', field('12', field('12', content)))

// An attribute of a span whose value is `depth` deep.
function nested(depth: number): string {
  let value = ''
  for (let i = 1; i < depth; i++) value = field('2a', field('0a', value))
  return span(field('4a', field('12', value)))
}

describe('batchFromBytes', () => {
  test.each([
    [
      '0a05',
      'OTLP_TRUNCATED',
      'TracesData: field 1 (resource_spans) claims 5 bytes at offset 2, but only 0 remain; request refused',
    ],
    [
      '0a',
      'OTLP_TRUNCATED',
      'TracesData: varint at offset 1 claims a byte after offset 0, but 0 remain; request refused',
    ],
    [
      '0a8080808080808080808001',
      'OTLP_VARINT',
      'TracesData: varint at offset 1 goes on after 10 bytes; allowed are 10; request refused',
    ],
    [
      '0affffffffffffffffff01',
      'OTLP_TRUNCATED',
      'TracesData: field 1 (resource_spans) claims 18446744073709552000 bytes at offset 11, but only 0 remain; request refused',
    ],
    [
      '0a03 1201 ff',
      'OTLP_TRUNCATED',
      'ScopeSpans: varint at offset 4 claims a byte after offset 4, but 0 remain; request refused',
    ],
    [
      span('2a05 61'),
      'OTLP_TRUNCATED',
      'Span: field 5 (name) claims 5 bytes at offset 8, but only 1 remain; request refused',
    ],
    [
      span('39 0102'),
      'OTLP_TRUNCATED',
      'Span: field 7 (start_time_unix_nano) claims 8 bytes at offset 7, but only 2 remain; request refused',
    ],
    [
      span('8501 01'),
      'OTLP_TRUNCATED',
      'Span: field 16 (flags) claims 4 bytes at offset 8, but only 1 remain; request refused',
    ],
    [span('28 05'), 'OTLP_WIRE_TYPE', 'Span: field 5 (name) at offset 6 has wire type 0; expected 2; request refused'],
    [span('32 00'), 'OTLP_WIRE_TYPE', 'Span: field 6 (kind) at offset 6 has wire type 2; expected 0; request refused'],
    [
      '08 01',
      'OTLP_WIRE_TYPE',
      'TracesData: field 1 (resource_spans) at offset 0 has wire type 0; expected 2; request refused',
    ],
    [
      '00 01',
      'OTLP_WIRE_TYPE',
      'TracesData: tag at offset 0 has field number 0; allowed are 1 to 536870911; request refused',
    ],
    [
      'ffffffff7f 01',
      'OTLP_WIRE_TYPE',
      'TracesData: tag at offset 0 has field number 4294967295; allowed are 1 to 536870911; request refused',
    ],
    [
      'a301 a401',
      'OTLP_WIRE_TYPE',
      'TracesData: field 20 at offset 0 has wire type 3; expected 0 or 1 or 2 or 5; request refused',
    ],
    [
      'a601',
      'OTLP_WIRE_TYPE',
      'TracesData: field 20 at offset 0 has wire type 6; expected 0 or 1 or 2 or 5; request refused',
    ],
    [
      'a201 05 00',
      'OTLP_TRUNCATED',
      'TracesData: field 20 claims 5 bytes at offset 3, but only 1 remain; request refused',
    ],
    [
      span('4a03 0a05 61'),
      'OTLP_TRUNCATED',
      'KeyValue: field 1 (key) claims 5 bytes at offset 10, but only 1 remain; request refused',
    ],
    [
      span('4a04 0800 1200'),
      'OTLP_WIRE_TYPE',
      'KeyValue: field 1 (key) at offset 8 has wire type 0; expected 2; request refused',
    ],
    [
      span('4a04 1202 0a05'),
      'OTLP_TRUNCATED',
      'AnyValue: field 1 (string_value) claims 5 bytes at offset 12, but only 0 remain; request refused',
    ],
    [
      span('4a04 1202 1900'),
      'OTLP_WIRE_TYPE',
      'AnyValue: field 3 (int_value) at offset 10 has wire type 1; expected 0; request refused',
    ],
    [
      span('4a06 1204 2a02 0801'),
      'OTLP_WIRE_TYPE',
      'ArrayValue: field 1 (values) at offset 12 has wire type 0; expected 2; request refused',
    ],
  ])('refuses %s', (text, code, message) => {
    expect(() => batchFromBytes('traces', fromHex(text))).toThrow(expect.objectContaining({ code, message }))
  })

  test('refuses packed doubles of a broken length', () => {
    const histogram = field('12', field('4a', field('0a', `3a09${'00'.repeat(9)}`)))
    expect(() => batchFromBytes('metrics', fromHex(field('0a', field('12', histogram))))).toThrow(
      expect.objectContaining({
        code: 'OTLP_TRUNCATED',
        message: expect.stringMatching(
          /^HistogramDataPoint: field 7 \(explicit_bounds\) claims 8 bytes at offset \d+, but only 1 remain/,
        ),
      }),
    )
  })

  test('takes values 100 deep and refuses 101', () => {
    expect(batchFromBytes('traces', fromHex(nested(100))).itemCount).toBe(1)
    expect(() => batchFromBytes('traces', fromHex(nested(101)))).toThrow(
      expect.objectContaining({ code: 'OTLP_NESTING', message: expect.stringContaining('nested deeper than 100') }),
    )
  })

  test('refuses values 20,000 deep without running out of stack', () => {
    let value = Buffer.alloc(0)
    const wrap = (tag: number, content: Buffer) => {
      const length: number[] = []
      let rest = content.length
      for (; rest > 127; rest >>= 7) length.push((rest & 127) | 128)
      return Buffer.concat([Buffer.from([tag, ...length, rest]), content])
    }
    for (let i = 0; i < 20_000; i++) value = wrap(0x2a, wrap(0x0a, value))
    const request = wrap(0x0a, wrap(0x0a, wrap(0x0a, wrap(0x12, value))))
    expect(() => batchFromBytes('logs', request)).toThrow(expect.objectContaining({ code: 'OTLP_NESTING' }))
  })

  test('keeps the bytes as they came, unknown fields and padded varints included', () => {
    const bytes = fromHex(`a2060161${span('2a8100 61 fa07 0162')}`)
    const batch = batchFromBytes('traces', bytes)
    expect(batch.chunks()).toEqual([bytes])
    expect(batch.chunks()[0]).toBe(bytes)
    expect(batch.index().string(2, 5)).toBe('a')
  })

  test('counts unknown fields when it makes records, and only then', () => {
    const before = { ...batchCounters }
    const batch = batchFromBytes('traces', fromHex(`a2060161${span('2a0161fa070162')}`))
    batch.index()
    expect(batchCounters).toEqual(before)
    expect(batch.records()[0]!.scopeSpans[0]!.spans[0]!.name).toBe('a')
    expect(batchCounters.unknownFieldCount - before.unknownFieldCount).toBe(2)
    expect(batchCounters.decodedRecordCount - before.decodedRecordCount).toBe(1)
  })

  test('takes the string-index fields of profiles for unknown', () => {
    const batch = batchFromBytes('traces', fromHex(span('4a09 0a0161 1801 1202 4001'.replaceAll(' ', ''))))
    expect(batch.records()[0]!.scopeSpans[0]!.spans[0]!.attributes).toEqual([{ key: 'a', value: undefined }])
  })

  test('joins a resource that came in two parts', () => {
    const part = (key: string) => field('0a', field('0a', `0a01${key}12021001`))
    const batch = batchFromBytes('logs', fromHex(field('0a', part('61') + part('62'))))
    const both = field('0a', field('0a', field('0a', '0a016112021001') + field('0a', '0a016212021001')))
    expect(hex(batch.chunks()[0]!)).toBe(both)
    expect(batch.records()[0]!.resource!.attributes.map(({ key }) => key)).toEqual(['a', 'b'])
  })

  test('reads the same from a Buffer in a pool as from an array of its own', () => {
    const pool = Buffer.alloc(200)
    const bytes = fromHex(span('4a0c 0a0162 1207 3a05 0102030405'.replaceAll(' ', '')))
    pool.set(bytes, 50)
    const value = batchFromBytes('traces', pool.subarray(50, 50 + bytes.length)).records()[0]!.scopeSpans[0]!.spans[0]!
      .attributes[0]!.value as Uint8Array
    pool.fill(0)
    expect(value).toEqual(Uint8Array.of(1, 2, 3, 4, 5))
    expect(value.buffer.byteLength).toBe(5)
  })

  test('accounts the bytes and the index', () => {
    const bytes = fromHex(span('4a070a016112021001'))
    // Three nodes of ten int32, one attribute of four.
    expect(batchFromBytes('traces', bytes).byteCount).toBe(bytes.length + 3 * 40 + 16)
  })
})
