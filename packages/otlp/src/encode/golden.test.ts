// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { batchFromBytes } from '../batch/from-bytes.ts'
import { formatJson } from '../json/format.ts'
import { parseJson } from '../json/parse.ts'
import type { AnyValue } from '../model/any-value.ts'
import type { Signal } from '../model/resource.ts'
import type { Span } from '../model/traces.ts'
import { encodeLogs, encodeMetrics, encodeRecords, encodeTraces } from './encode.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../../../tests/data/otlp/golden.json', import.meta.url), 'utf8'),
) as { messages: { signal: Signal; source: string; protobuf: string; json: string }[] }

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('messages written by opentelemetry-proto', () => {
  test.each(golden.messages.map((message, i) => [i, message.signal, message.source, message] as const))(
    '%d (%s, %s) are decoded, encoded, parsed and formatted without a difference',
    (_, signal, __, { protobuf, json }) => {
      const records = batchFromBytes(signal, Buffer.from(protobuf, 'hex')).records()
      expect(hex(encodeRecords(signal, records).bytes)).toBe(protobuf)
      expect(parseJson(signal, json)).toEqual(records)
      expect(parseJson(signal, formatJson(signal, records as never))).toEqual(records)
    },
  )
})

function attribute(value: AnyValue): string {
  const resource = { attributes: [{ key: 'n', value }], droppedAttributesCount: 0, entityRefs: [] }
  return hex(encodeLogs([{ resource, scopeLogs: [], schemaUrl: '' }])).slice(8)
}

describe('encoding', () => {
  test.each([
    [5n, '0a07' + '0a016e' + '12021805'],
    [-1n, '0a10' + '0a016e' + '120b18ffffffffffffffffff01'],
    ['é', '0a09' + '0a016e' + '12040a02c3a9'],
    [true, '0a07' + '0a016e' + '12021001'],
    [1.5, '0a0e' + '0a016e' + '120921000000000000f83f'],
    [undefined, '0a05' + '0a016e' + '1200'],
    ['', '0a07' + '0a016e' + '12020a00'],
    [{ list: [] }, '0a07' + '0a016e' + '12022a00'],
    [{ list: [undefined, 1n] }, '0a0d' + '0a016e' + '12082a060a000a021801'],
    [{ kvlist: [{ key: '', value: false }] }, '0a0d' + '0a016e' + '12083206' + '0a0412021000'],
    [Uint8Array.of(255), '0a08' + '0a016e' + '12033a01ff'],
  ])('writes the attribute value %s as AnyValue has it', (value, expected) => {
    expect(attribute(value as AnyValue)).toBe(expected)
  })

  test.each([90, 100, 115, 118, 119, 120, 121, 122, 123, 124, 125, 130, 300, 17000])(
    'gives an attribute with a string of %d characters minimal lengths',
    (n) => {
      const decoded = (text: string) => {
        const resource = { attributes: [{ key: 'n', value: text }], droppedAttributesCount: 0, entityRefs: [] }
        const bytes = encodeLogs([{ resource, scopeLogs: [], schemaUrl: '' }])
        // Four lengths enclose it; each has one byte below 128, two below 16384, then three.
        const width = (length: number) => (length < 128 ? 1 : length < 16384 ? 2 : 3)
        const utf8 = Buffer.byteLength(text)
        const value = 1 + width(utf8) + utf8
        const keyValue = 3 + 1 + width(value) + value
        const inner = 1 + width(keyValue) + keyValue
        const outer = 1 + width(inner) + inner
        expect(bytes.length).toBe(1 + width(outer) + outer)
        return batchFromBytes('logs', bytes).records()[0]!.resource!.attributes[0]!.value
      }
      expect(decoded('x'.repeat(n))).toBe('x'.repeat(n))
      expect(decoded('é'.repeat(n / 2))).toBe('é'.repeat(n / 2))
    },
  )

  test('leaves out what is default and writes what has presence', () => {
    const point = { attributes: [], startTimeUnixNano: 0n, timeUnixNano: 0n, exemplars: [], flags: 0 }
    const metric = (value: bigint | number | undefined) =>
      hex(
        encodeMetrics([
          {
            resource: undefined,
            schemaUrl: '',
            scopeMetrics: [
              {
                scope: undefined,
                schemaUrl: '',
                metrics: [
                  {
                    name: '',
                    description: '',
                    unit: '',
                    metadata: [],
                    data: { type: 'gauge', dataPoints: [{ ...point, value }] },
                  },
                ],
              },
            ],
          },
        ]),
      )
    expect(metric(undefined)).toBe('0a08' + '1206' + '1204' + '2a02' + '0a00')
    expect(metric(0n)).toBe('0a11' + '120f' + '120d' + '2a0b' + '0a09' + '310000000000000000')
    expect(metric(0)).toBe('0a11' + '120f' + '120d' + '2a0b' + '0a09' + '210000000000000000')
  })

  test('refuses ids that are not hexadecimal, and forgets what it had written', () => {
    const link = { traceId: 'xyz1', spanId: '', traceState: '', attributes: [], droppedAttributesCount: 0, flags: 0 }
    const span = { ...emptySpan, links: [link] }
    const request = (spans: Span[]) => [
      { resource: undefined, schemaUrl: '', scopeSpans: [{ scope: undefined, schemaUrl: '', spans }] },
    ]
    const error = 'id "xyz1": not hexadecimal bytes; allowed are pairs of 0-9, a-f, A-F; batch not encoded'
    expect(() => encodeTraces(request([span]))).toThrow(expect.objectContaining({ code: 'OTLP_VALUE', message: error }))
    expect(() => encodeTraces(request([{ ...emptySpan, traceId: 'abc' }]))).toThrow('id "abc"')
    expect(() => encodeTraces(request([{ ...emptySpan, spanId: 'é0' }]))).toThrow('id "é0"')
    expect(hex(encodeTraces(request([{ ...emptySpan, traceId: 'AbCd' }])))).toBe('0a08' + '1206' + '1204' + '0a02abcd')
  })

  test('takes values 100 deep, and refuses deeper ones and those that contain themselves', () => {
    const nested = (depth: number): AnyValue => (depth === 1 ? 'x' : { list: [nested(depth - 1)] })
    expect(attribute(nested(100)).length).toBeGreaterThan(0)
    const loop = { list: [] as AnyValue[] }
    loop.list.push(loop)
    const error = { code: 'OTLP_NESTING', message: expect.stringContaining('AnyValue: nested deeper than 100') }
    expect(() => attribute(nested(101))).toThrow(expect.objectContaining(error))
    expect(() => attribute(loop)).toThrow(expect.objectContaining(error))
  })
})

const emptySpan: Span = {
  traceId: '',
  spanId: '',
  traceState: '',
  parentSpanId: '',
  flags: 0,
  name: '',
  kind: 0,
  startTimeUnixNano: 0n,
  endTimeUnixNano: 0n,
  attributes: [],
  droppedAttributesCount: 0,
  events: [],
  droppedEventsCount: 0,
  links: [],
  droppedLinksCount: 0,
  status: undefined,
}
