// SPDX-License-Identifier: Apache-2.0
import { decodeLogs, encodeLogs, parseJson } from '@otel-ts/otlp'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import type { ReadableLogRecord } from '../logs/readable-log-record.ts'
import { resourceFromAttributes } from '../resource/resource.ts'
import { encodeLogsRequest, logsRequestEncoder } from './encode-logs-request.ts'
import { encodeLogsRequestJson, logsJsonEncoder } from './encode-logs-request-json.ts'

afterEach(() => void vi.restoreAllMocks())

const hex = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString('hex')
const text = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString()

const resource = resourceFromAttributes({ 'service.name': 'shop' }, { schemaUrl: 'r' })
const scope = { name: 'b', version: '1', schemaUrl: 's' }

function record(more: Partial<ReadableLogRecord> = {}): ReadableLogRecord {
  return {
    hrTime: [1_700_000_000, 1],
    hrTimeObserved: [1_700_000_001, 0],
    resource,
    instrumentationScope: scope,
    attributes: {},
    droppedAttributesCount: 0,
    ...more,
  }
}

const time = '0901002a36fe9c9717' // time_unix_nano 1700000000000000001
const observed = '5900cac471fe9c9717' // observed_time_unix_nano 1700000001000000000
const jsonTimes = { timeUnixNano: '1700000000000000001', observedTimeUnixNano: '1700000001000000000' }

/** Bytes of the only record of a request, without its tag and length. */
function recordHex(data: ReadableLogRecord): string {
  const whole = hex(encodeLogsRequest([data]))
  const head = '0a060a0162120131'
  const start = whole.indexOf(head) + head.length
  return whole.slice(start + (Number.parseInt(whole.slice(start + 2, start + 4), 16) > 127 ? 6 : 4), -12)
}

function recordJson(data: ReadableLogRecord): unknown {
  return JSON.parse(text(encodeLogsRequestJson([data]))).resourceLogs[0].scopeLogs[0].logRecords[0]
}

test('a record in its envelope, byte for byte', () => {
  const bytes =
    '0a3e' + // ExportLogsServiceRequest.resource_logs
    '0a18' +
    '0a160a0c736572766963652e6e616d65' +
    '12060a0473686f70' + // resource: service.name = "shop"
    '121f' + // scope_logs
    '0a060a0162120131' + // scope
    '1212' +
    time +
    observed + // log_records
    '1a0173' + // scope schema_url
    '1a0172' // resource schema_url
  expect(hex(encodeLogsRequest([record()]))).toBe(bytes)
  expect(JSON.parse(text(encodeLogsRequestJson([record()])))).toEqual({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeLogs: [{ scope: { name: 'b', version: '1' }, logRecords: [jsonTimes], schemaUrl: 's' }],
        schemaUrl: 'r',
      },
    ],
  })
})

const spanContext = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
const ids = '4a100af7651916cd43dd8448eb211c80319c' + '5208b7ad6b7169203331'

describe('fields of a record', () => {
  test.each<[string, Partial<ReadableLogRecord>, string, object]>([
    [
      'severity',
      { severityNumber: 9, severityText: 'INFO' },
      '10091a04494e464f',
      { severityNumber: 9, severityText: 'INFO' },
    ],
    ['no severity', { severityNumber: 0, severityText: '' }, '', {}],
    ['a text body', { body: 'hi' }, '2a040a026869', { body: { stringValue: 'hi' } }],
    ['an empty text body', { body: '' }, '2a020a00', { body: { stringValue: '' } }],
    ['a non-ASCII body', { body: 'é' }, '2a040a02c3a9', { body: { stringValue: 'é' } }],
    ['a null body', { body: null }, '2a00', { body: {} }],
    ['a number body', { body: 3 }, '2a021803', { body: { intValue: '3' } }],
    ['a double body', { body: 0.5 }, '2a0921000000000000e03f', { body: { doubleValue: 0.5 } }],
    ['a NaN body', { body: Number.NaN }, '2a0921000000000000f87f', { body: { doubleValue: 'NaN' } }],
    ['a false body', { body: false }, '2a021000', { body: { boolValue: false } }],
    ['a bigint body', { body: 2n ** 60n }, '2a0a18808080808080808010', { body: { intValue: '1152921504606846976' } }],
    ['a bytes body', { body: new Uint8Array([1, 255]) }, '2a043a0201ff', { body: { bytesValue: 'Af8=' } }],
    [
      'an array body',
      { body: ['a', null, [1]] },
      '2a11' + '2a0f' + '0a030a0161' + '0a00' + '0a062a040a021801', // text, null, [1]
      {
        body: {
          arrayValue: { values: [{ stringValue: 'a' }, {}, { arrayValue: { values: [{ intValue: '1' }] } }] },
        },
      },
    ],
    [
      'a map body',
      { body: { k: { l: true } } },
      '2a14' + '3212' + '0a10' + '0a016b' + '120b' + '3209' + '0a07' + '0a016c' + '12021001',
      {
        body: {
          kvlistValue: {
            values: [{ key: 'k', value: { kvlistValue: { values: [{ key: 'l', value: { boolValue: true } }] } } }],
          },
        },
      },
    ],
    [
      'attributes',
      { attributes: { n: 1, m: { k: 'v' } }, droppedAttributesCount: 2 },
      '32070a016e12021801' + '32110a016d120c320a0a080a016b12030a0176' + '3802',
      {
        attributes: [
          { key: 'n', value: { intValue: '1' } },
          { key: 'm', value: { kvlistValue: { values: [{ key: 'k', value: { stringValue: 'v' } }] } } },
        ],
        droppedAttributesCount: 2,
      },
    ],
    [
      'a sampled span',
      { spanContext },
      `4501000000${ids}`,
      { traceId: spanContext.traceId, spanId: spanContext.spanId, flags: 1 },
    ],
    [
      'a span that is not sampled',
      { spanContext: { ...spanContext, traceFlags: 0 } },
      ids,
      { traceId: spanContext.traceId, spanId: spanContext.spanId },
    ],
  ])('%s', (_name, more, bytes, json) => {
    expect(recordHex(record(more))).toBe(time + bytes + observed)
    expect(recordJson(record(more))).toEqual({ ...jsonTimes, ...json })
  })

  test('an event name comes last', () => {
    expect(recordHex(record({ eventName: 'e' }))).toBe(`${time}${observed}620165`)
    expect(recordJson(record({ eventName: 'e' }))).toEqual({ ...jsonTimes, eventName: 'e' })
  })

  test('unknown times are 0', () => {
    const unknown = record({ hrTime: [0, 0], hrTimeObserved: [0, 0] })
    expect(recordHex(unknown)).toBe(`09${'0'.repeat(16)}59${'0'.repeat(16)}`)
    expect(recordJson(unknown)).toEqual({ timeUnixNano: '0', observedTimeUnixNano: '0' })
  })
})

describe('bodies from anywhere', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle

  test.each<[string, unknown]>([
    ['a function', () => {}],
    ['a symbol', Symbol('x')],
    ['an instance of a class', new (class Thing {})()],
    ['a cycle', cycle],
    ['more than int64', 2n ** 63n],
    [
      'a getter that throws',
      {
        get k(): never {
          throw new Error('odd')
        },
      },
    ],
  ])('%s is left out and said, the record is sent', (_name, body) => {
    const said = vi.spyOn(sdkEvents, 'invalidAttribute').mockImplementation(() => {})
    expect(recordHex(record({ body }))).toBe(time + observed)
    expect(recordJson(record({ body }))).toEqual(jsonTimes)
    expect(said.mock.calls).toEqual([
      ['a log record', 'body'],
      ['a log record', 'body'],
    ])
  })

  const nested = (depth: number): unknown => (depth === 0 ? 'x' : [nested(depth - 1)])
  const depthOf = (value: unknown): number => {
    const list = (value as { list?: unknown[] } | undefined)?.list
    return list === undefined ? 0 : 1 + depthOf(list[0])
  }

  test.each([
    [99, 99],
    [100, 99],
    [5000, 99],
  ])('of %i nested arrays %i are sent, as many as receivers take', (given, sent) => {
    const bytes = Buffer.concat(
      encodeLogsRequest([record({ body: nested(given), attributes: { n: nested(given) as string[] } })]),
    )
    const [decoded] = decodeLogs(bytes)[0]!.scopeLogs[0]!.logRecords
    expect([depthOf(decoded!.body), depthOf(decoded!.attributes[0]!.value)]).toEqual([sent, sent])
    const [fromJson] = parseJson('logs', text(encodeLogsRequestJson([record({ body: nested(given) })])))[0]!
      .scopeLogs[0]!.logRecords
    expect(depthOf(fromJson!.body)).toBe(sent)
  })
})

test('records are grouped by resource and scope, in the order in which they came', () => {
  const other = resourceFromAttributes({})
  const records = [
    record({ body: 1 }),
    record({ body: 2, instrumentationScope: { name: 'x' } }),
    record({ body: 3, resource: other }),
    record({ body: 4 }),
  ]
  const shape = decodeLogs(Buffer.concat(encodeLogsRequest(records))).map(({ scopeLogs }) =>
    scopeLogs.map(({ logRecords }) => logRecords.map(({ body }) => Number(body))),
  )
  expect(shape).toEqual([[[1, 4], [2]], [[3]]])
})

test('nothing is encoded of no records', () => {
  expect(encodeLogsRequest([])).toEqual([])
  expect(text(encodeLogsRequestJson([]))).toBe('{"resourceLogs":[]}')
})

describe('in slices', () => {
  const records = Array.from({ length: 23 }, (_, i) =>
    record({
      body: `line ${i}`,
      attributes: { i, text: 'y'.repeat(i * 20) },
      ...(i > 11 ? { instrumentationScope: { name: 'x' } } : {}),
    }),
  )

  test.each([1, 5, 11, 12, 22, 23, 24])('of %i records the bytes are those of one piece', (count) => {
    const encoder = logsRequestEncoder(records)
    let calls = 1
    while (!encoder.next(count)) calls++
    expect(calls).toBe(Math.ceil(23 / count))
    expect(hex(encoder.finish())).toBe(hex(encodeLogsRequest(records)))
    const json = logsJsonEncoder(records)
    while (!json.next(count));
    expect(json.finish()).toEqual(encodeLogsRequestJson(records))
  })

  test('both encodings say the same, and canonical protobuf is what is written', () => {
    const bytes = Buffer.concat(encodeLogsRequest(records))
    expect(Buffer.from(encodeLogs(decodeLogs(bytes))).equals(bytes)).toBe(true)
    expect(parseJson('logs', text(encodeLogsRequestJson(records)))).toEqual(decodeLogs(bytes))
  })
})

test('ids that are no hex cannot break out of the JSON they stand in', () => {
  const odd = { traceId: 'a"b', spanId: '\ud800é', traceFlags: 0 }
  expect(recordJson(record({ spanContext: odd }))).toEqual({ ...jsonTimes, traceId: 'a"b', spanId: '\ufffdé' })
  expect(recordHex(record({ spanContext: odd }))).toBe(time + observed)
})

test.each([
  [[1, 0], '1000000000'],
  [[12, 3], '12000000003'],
  [[1_700_000_000, 999_999_999], '1700000000999999999'],
  [[2_147_483_646, 100_000_000], '2147483646100000000'],
  [[2_147_483_648, 1], '2147483648000000001'],
  [[-1, 0], '0'],
  [[0, 5], '5'],
  [[1.5, 0], '1500000000'],
  [[1, 0.6], '1000000001'],
  [[1, 1_000_000_000], '2000000000'],
  [[1, -1], '999999999'],
  [[9_999_999_999, 1], '9999999999000000001'],
  [[1e10, 1], '10000000000000000001'],
  [[1e11, 0], '18446744073709551615'],
  [[Number.NaN, 0], '0'],
  [[1, Number.POSITIVE_INFINITY], '0'],
] as const)('the time %j is %s', (hrTime, expected) => {
  expect(recordJson(record({ hrTime: [...hrTime] }))).toMatchObject({ timeUnixNano: expected })
})
