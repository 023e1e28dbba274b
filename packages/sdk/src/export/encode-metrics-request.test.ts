// SPDX-License-Identifier: Apache-2.0
import { decodeMetrics, encodeMetrics, parseJson } from '@otel-ts/otlp'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import type { DataPoint, Exemplar, MetricData, ResourceMetrics } from '../metrics/metric-data.ts'
import { resourceFromAttributes } from '../resource/resource.ts'
import { encodeMetricsRequest, metricsRequestEncoder } from './encode-metrics-request.ts'
import { encodeMetricsRequestJson, metricsJsonEncoder } from './encode-metrics-request-json.ts'
import { countDataPoints } from './metric-groups.ts'

afterEach(() => void vi.restoreAllMocks())

const hex = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString('hex')
const text = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString()

const startTime: [number, number] = [1_700_000_000, 1]
const endTime: [number, number] = [1_700_000_001, 0]

function point<T>(value: T, attributes = {}, exemplars?: Exemplar[]): DataPoint<T> {
  return { startTime, endTime, attributes, value, ...(exemplars === undefined ? {} : { exemplars }) }
}

const int = 0
const double = 1

function metric(more: Partial<MetricData> & Pick<MetricData, 'dataPointType' | 'dataPoints'>, valueType = double) {
  return { descriptor: { name: 'm', description: '', unit: '', valueType }, aggregationTemporality: 1, ...more }
}

const gauge = (value: number, valueType = double) => metric({ dataPointType: 2, dataPoints: [point(value)] }, valueType)

function collected(metrics: readonly MetricData[]): ResourceMetrics {
  return { resource: resourceFromAttributes({}), scopeMetrics: [{ scope: { name: 'b', version: '1' }, metrics }] }
}

/** Bytes of the only metric of a request, with its tag and length, checked to stand where it should. */
function metricHex(data: MetricData): string {
  const whole = hex(encodeMetricsRequest(collected([data])))
  const scope = '0a060a0162120131'
  return whole.slice(whole.indexOf(scope) + scope.length)
}

function metricJson(data: MetricData): unknown {
  return JSON.parse(text(encodeMetricsRequestJson(collected([data])))).resourceMetrics[0].scopeMetrics[0].metrics[0]
}

const times =
  '11' +
  '01002a36fe9c9717' + // start_time_unix_nano 1700000000000000001
  '19' +
  '00cac471fe9c9717' // time_unix_nano 1700000001000000000
const jsonTimes = { startTimeUnixNano: '1700000000000000001', timeUnixNano: '1700000001000000000' }

test('a sum in its envelope, byte for byte', () => {
  const data = metric(
    {
      descriptor: { name: 'requests', description: 'Requests', unit: '{r}', valueType: int },
      dataPointType: 3,
      isMonotonic: true,
      dataPoints: [point(5, { k: 'v' })],
    },
    int,
  )
  const resource = resourceFromAttributes({ 'service.name': 'shop' }, { schemaUrl: 'r' })
  const scope = { name: 'b', version: '1', schemaUrl: 's', attributes: { a: 1 }, droppedAttributesCount: 2 }
  expect(hex(encodeMetricsRequest({ resource, scopeMetrics: [{ scope, metrics: [data] }] }))).toBe(
    '0a7d' + // ExportMetricsServiceRequest.resource_metrics
      '0a18' +
      '0a160a0c736572766963652e6e616d65' +
      '12060a0473686f70' + // resource: service.name = "shop"
      '125e' + // scope_metrics
      '0a11' +
      '0a0162' +
      '120131' +
      '1a070a016112021801' +
      '2002' + // scope: name, version, attributes, dropped
      '1246' + // metrics
      '0a087265717565737473' + // name
      '12085265717565737473' + // description
      '1a037b727d' + // unit
      '3a2b' + // sum
      '0a25' + // data_points
      times +
      '310500000000000000' + // as_int
      '3a08' +
      '0a016b' +
      '12030a0176' + // attributes
      '1002' + // cumulative
      '1801' + // monotonic
      '1a0173' + // scope schema_url
      '1a0172', // resource schema_url
  )
})

describe('numbers', () => {
  test.each<[string, number, number, string, object]>([
    ['an int', 5, int, '31' + '0500000000000000', { asInt: '5' }],
    ['a negative int', -1, int, '31' + 'ffffffffffffffff', { asInt: '-1' }],
    ['zero', 0, int, '31' + '0000000000000000', { asInt: '0' }],
    ['an int of 32 bits', 2 ** 32, int, '31' + '0000000001000000', { asInt: '4294967296' }],
    ['the greatest safe int', 2 ** 53 - 1, int, '31' + 'ffffffffffff1f00', { asInt: '9007199254740991' }],
    ['an int beyond safe', 2 ** 62, int, '31' + '0000000000000040', { asInt: '4611686018427387904' }],
    ['the least int64', -(2 ** 63), int, '31' + '0000000000000080', { asInt: '-9223372036854775808' }],
    ['more than int64', 2 ** 63, int, '21' + '000000000000e043', { asDouble: 2 ** 63 }],
    ['a fraction of an int instrument', 0.5, int, '21' + '000000000000e03f', { asDouble: 0.5 }],
    ['a double', 0.5, double, '21' + '000000000000e03f', { asDouble: 0.5 }],
    ['a whole double', 5, double, '21' + '0000000000001440', { asDouble: 5 }],
    ['a zero double', 0, double, '21' + '0000000000000000', { asDouble: 0 }],
    ['minus zero', -0, double, '21' + '0000000000000080', { asDouble: -0 }],
    ['the least double', 5e-324, double, '21' + '0100000000000000', { asDouble: 5e-324 }],
    ['the greatest double', Number.MAX_VALUE, double, '21' + 'ffffffffffffef7f', { asDouble: Number.MAX_VALUE }],
    ['NaN', Number.NaN, double, '21' + '000000000000f87f', { asDouble: 'NaN' }],
    ['NaN of an int instrument', Number.NaN, int, '21' + '000000000000f87f', { asDouble: 'NaN' }],
    ['infinity', Number.POSITIVE_INFINITY, double, '21' + '000000000000f07f', { asDouble: 'Infinity' }],
    ['minus infinity', Number.NEGATIVE_INFINITY, double, '21' + '000000000000f0ff', { asDouble: '-Infinity' }],
  ])('%s', (_name, value, valueType, bytes, json) => {
    expect(metricHex(gauge(value, valueType))).toBe(`1222${'0a016d'}2a1d${'0a1b'}${times}${bytes}`)
    expect(metricJson(gauge(value, valueType))).toEqual({
      name: 'm',
      gauge: { dataPoints: [{ ...jsonTimes, ...json }] },
    })
  })
})

test.each([
  [0, 1, '1001'],
  [1, 2, '1002'],
  [7, 0, ''],
])('temporality %i of the SDK is %i on the wire', (temporality, onWire, bytes) => {
  const data = metric({ dataPointType: 3, aggregationTemporality: temporality, dataPoints: [point(1)] })
  const length = (29 + bytes.length / 2).toString(16)
  expect(metricHex(data)).toContain(`3a${length}0a1b${times}21000000000000f03f${bytes}`)
  expect(metricJson(data)).toMatchObject({ sum: { aggregationTemporality: onWire } })
})

test('a histogram: packed counts and bounds, sum, least and greatest', () => {
  const buckets = { boundaries: [0, 2.5], counts: [1, 0, 3] }
  const data = metric({
    dataPointType: 0,
    aggregationTemporality: 0,
    dataPoints: [point({ buckets, count: 4, sum: 9.5, min: -1, max: 5 }, { k: true })],
  })
  expect(metricHex(data)).toBe(
    '1274' +
      '0a016d' +
      '4a6f' + // name, histogram
      '0a6b' + // data_points
      times +
      '210400000000000000' + // count
      '290000000000002340' + // sum
      '3218' +
      '0100000000000000' +
      '0000000000000000' +
      '0300000000000000' + // bucket_counts
      '3a10' +
      '0000000000000000' +
      '0000000000000440' + // explicit_bounds
      '4a070a016b12021001' + // attributes
      '59000000000000f0bf' + // min
      '610000000000001440' + // max
      '1001', // delta
  )
  expect(metricJson(data)).toEqual({
    name: 'm',
    histogram: {
      aggregationTemporality: 1,
      dataPoints: [
        {
          ...jsonTimes,
          count: '4',
          sum: 9.5,
          bucketCounts: ['1', '0', '3'],
          explicitBounds: [0, 2.5],
          attributes: [{ key: 'k', value: { boolValue: true } }],
          min: -1,
          max: 5,
        },
      ],
    },
  })
})

test('a histogram without values has neither a least nor a greatest one', () => {
  const value = { buckets: { boundaries: [], counts: [0] }, count: 0, sum: 0, min: Infinity, max: -Infinity }
  const data = metric({ dataPointType: 0, dataPoints: [point(value)] })
  expect(metricHex(data)).toBe(
    `1237${'0a016d'}4a32${'0a2e'}${times}${'21'}${'0'.repeat(16)}${'29'}${'0'.repeat(16)}${'3208'}${'0'.repeat(16)}1002`,
  )
  expect(metricJson(data)).toMatchObject({
    histogram: { dataPoints: [expect.not.objectContaining({ min: expect.anything() })] },
  })
})

test('an exponential histogram: scale, zeros and both signs', () => {
  const value = {
    count: 300,
    sum: 1,
    scale: -1,
    zeroCount: 2,
    positive: { offset: -3, bucketCounts: [1, 300] },
    negative: { offset: 0, bucketCounts: [] },
    min: 0,
    max: 8,
  }
  const data = metric({ dataPointType: 1, dataPoints: [point(value, { k: 1 })] })
  expect(metricHex(data)).toBe(
    '125e' +
      '0a016d' +
      '5259' + // name, exponential_histogram
      '0a55' + // data_points
      '0a070a016b12021801' + // attributes
      times +
      '212c01000000000000' + // count
      '29000000000000f03f' + // sum
      '3001' + // scale, zigzag
      '390200000000000000' + // zero_count
      '4207' +
      '0805' +
      '120301ac02' + // positive: offset -3, packed counts
      '4a00' + // negative, empty
      '610000000000000000' + // min
      '690000000000002040' + // max
      '1002',
  )
  expect(metricJson(data)).toMatchObject({
    exponentialHistogram: {
      dataPoints: [
        {
          count: '300',
          scale: -1,
          zeroCount: '2',
          positive: { offset: -3, bucketCounts: ['1', '300'] },
          negative: { offset: 0, bucketCounts: [] },
          min: 0,
          max: 8,
        },
      ],
    },
  })
})

test('an exponential histogram without values has neither a least nor a greatest one', () => {
  const empty = { offset: 0, bucketCounts: [] }
  const value = { count: 0, scale: 0, zeroCount: 0, positive: empty, negative: empty, min: Infinity, max: -Infinity }
  const data = metric({ dataPointType: 1, dataPoints: [point(value)] })
  const zero = '0'.repeat(16)
  expect(metricHex(data)).toBe(`1231${'0a016d'}522c${'0a28'}${times}21${zero}39${zero}42004a001002`)
  expect(JSON.stringify(metricJson(data))).not.toMatch(/"min"|"max"/)
})

test('exemplars carry time, value, span and the attributes that the point has not', () => {
  const exemplar: Exemplar = {
    timestamp: [0, 7],
    value: 3,
    filteredAttributes: { f: true },
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
  }
  const ids = '2208b7ad6b7169203331' + '2a100af7651916cd43dd8448eb211c80319c'
  const filtered = '3a070a016612021001'
  const whole = metric({ dataPointType: 2, dataPoints: [point(1, {}, [exemplar])] }, int)
  expect(metricHex(whole)).toContain(
    `2a37${'110700000000000000'}${ids}${'310300000000000000'}${filtered}310100000000000000`,
  )
  const broken = metric({ dataPointType: 2, dataPoints: [point(1, {}, [{ ...exemplar, value: 0.5 }])] })
  expect(metricHex(broken)).toContain(`2a37${'110700000000000000'}${'19000000000000e03f'}${ids}${filtered}`)
  expect(metricJson(whole)).toMatchObject({
    gauge: {
      dataPoints: [
        {
          exemplars: [
            {
              timeUnixNano: '7',
              asInt: '3',
              spanId: 'b7ad6b7169203331',
              traceId: '0af7651916cd43dd8448eb211c80319c',
              filteredAttributes: [{ key: 'f', value: { boolValue: true } }],
            },
          ],
        },
      ],
    },
  })
})

describe('what is empty is not sent', () => {
  const empty = metric({ dataPointType: 2, dataPoints: [] })

  test.each<[string, ResourceMetrics]>([
    ['no scopes', { resource: resourceFromAttributes({ a: 1 }), scopeMetrics: [] }],
    ['a scope without metrics', collected([])],
    ['a metric without points', collected([empty])],
  ])('%s', (_name, metrics) => {
    expect(encodeMetricsRequest(metrics)).toEqual([])
    expect(text(encodeMetricsRequestJson(metrics))).toBe('{"resourceMetrics":[]}')
    expect(countDataPoints(metrics)).toBe(0)
  })

  test('between metrics that are', () => {
    const scopeMetrics = [
      { scope: { name: 'x' }, metrics: [empty] },
      { scope: { name: 'y' }, metrics: [empty, gauge(1)] },
    ]
    const metrics = { resource: resourceFromAttributes({}), scopeMetrics }
    const [{ scopeMetrics: scopes } = { scopeMetrics: [] }] = decodeMetrics(
      Buffer.concat(encodeMetricsRequest(metrics)),
    )
    expect(scopes.map(({ scope, metrics: list }) => [scope?.name, list.length])).toEqual([['y', 1]])
    expect(countDataPoints(metrics)).toBe(1)
  })
})

test('metrics of a kind that OTLP does not have are left out, counted and said', () => {
  const said = vi.spyOn(sdkEvents, 'unknownMetricData').mockImplementation(() => {})
  const metrics = collected([metric({ dataPointType: 9, dataPoints: [point(1)] }), gauge(1)])
  expect(decodeMetrics(Buffer.concat(encodeMetricsRequest(metrics)))[0]?.scopeMetrics[0]?.metrics).toHaveLength(1)
  expect(said).toHaveBeenCalledExactlyOnceWith('m', 9, 1)
  expect(countDataPoints(metrics)).toBe(1)
})

describe('in slices', () => {
  const points = (count: number) =>
    Array.from({ length: count }, (_, i) => point(i, { series: i % 5 === 3 ? 'x'.repeat(200) : `s-${i}` }))
  const metrics: ResourceMetrics = {
    resource: resourceFromAttributes({ a: 1 }, { schemaUrl: 'r' }),
    scopeMetrics: [
      {
        scope: { name: 'x', schemaUrl: 's' },
        metrics: [
          metric({ dataPointType: 2, dataPoints: points(1) }),
          metric({ dataPointType: 3, isMonotonic: true, dataPoints: points(40) }, int),
          metric({ dataPointType: 3, dataPoints: points(8) }),
        ],
      },
      { scope: { name: 'y' }, metrics: [metric({ dataPointType: 2, dataPoints: points(17) })] },
    ],
  }

  test.each([1, 2, 7, 8, 9, 16, 65, 66, 67])('of %i points the bytes are those of one piece', (count) => {
    const whole = hex(encodeMetricsRequest(metrics))
    const encoder = metricsRequestEncoder(metrics)
    let calls = 1
    while (!encoder.next(count)) calls++
    expect(calls).toBe(Math.ceil(66 / count))
    expect(hex(encoder.finish())).toBe(whole)
    const json = metricsJsonEncoder(metrics)
    while (!json.next(count));
    expect(json.finish()).toEqual(encodeMetricsRequestJson(metrics))
  })

  test('both encodings say the same, and canonical protobuf is what is written', () => {
    const bytes = Buffer.concat(encodeMetricsRequest(metrics))
    expect(Buffer.from(encodeMetrics(decodeMetrics(bytes))).equals(bytes)).toBe(true)
    expect(parseJson('metrics', text(encodeMetricsRequestJson(metrics)))).toEqual(decodeMetrics(bytes))
  })
})

test('values that no attribute can have are left out and said', () => {
  const said = vi.spyOn(sdkEvents, 'invalidAttribute').mockImplementation(() => {})
  const attributes = { f: () => {}, '': 1, k: 1 } as unknown as Record<string, number>
  const data = metric({ dataPointType: 2, dataPoints: [point(1, attributes)] })
  expect(metricHex(data)).toMatch(/3a070a016b12021801$/)
  expect(metricJson(data)).toMatchObject({ gauge: { dataPoints: [{ attributes: [{ key: 'k' }] }] } })
  expect(said).toHaveBeenCalledWith('a data point of metric "m"', 'f')
  expect(said).toHaveBeenCalledTimes(4)
})
