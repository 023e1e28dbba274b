// SPDX-License-Identifier: Apache-2.0
import type {
  Exemplar,
  ExponentialHistogramBuckets,
  ExponentialHistogramDataPoint,
  HistogramDataPoint,
  NumberDataPoint,
  SummaryDataPoint,
  ValueAtQuantile,
} from '../model/metrics.ts'
import type { JsonReader } from './json-reader.ts'

export function parseNumberDataPoint(r: JsonReader, item: unknown): NumberDataPoint {
  const entry: NumberDataPoint = {
    attributes: [],
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    value: undefined,
    exemplars: [],
    flags: 0,
  }
  const object = r.object('dataPoints', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'startTimeUnixNano':
        entry.startTimeUnixNano = r.uint64('NumberDataPoint.startTimeUnixNano', value)
        break
      case 'timeUnixNano':
        entry.timeUnixNano = r.uint64('NumberDataPoint.timeUnixNano', value)
        break
      case 'asInt':
        entry.value = r.int64('NumberDataPoint.asInt', value)
        break
      case 'asDouble':
        entry.value = r.double('NumberDataPoint.asDouble', value)
        break
      case 'exemplars':
        entry.exemplars = r.array('NumberDataPoint.exemplars', value).map((inner) => parseExemplar(r, inner))
        break
      case 'attributes':
        entry.attributes = r.attributes('NumberDataPoint.attributes', value)
        break
      case 'flags':
        entry.flags = r.uint32('NumberDataPoint.flags', value)
        break
      default:
        r.unknown(`NumberDataPoint.${key}`, value)
    }
  }
  return entry
}

export function parseHistogramDataPoint(r: JsonReader, item: unknown): HistogramDataPoint {
  const entry: HistogramDataPoint = {
    attributes: [],
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    count: 0n,
    sum: undefined,
    bucketCounts: [],
    explicitBounds: [],
    exemplars: [],
    flags: 0,
    min: undefined,
    max: undefined,
  }
  const object = r.object('dataPoints', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'startTimeUnixNano':
        entry.startTimeUnixNano = r.uint64('HistogramDataPoint.startTimeUnixNano', value)
        break
      case 'timeUnixNano':
        entry.timeUnixNano = r.uint64('HistogramDataPoint.timeUnixNano', value)
        break
      case 'count':
        entry.count = r.uint64('HistogramDataPoint.count', value)
        break
      case 'sum':
        entry.sum = r.double('HistogramDataPoint.sum', value)
        break
      case 'bucketCounts':
        entry.bucketCounts = r
          .array('HistogramDataPoint.bucketCounts', value)
          .map((inner) => r.uint64('HistogramDataPoint.bucketCounts', inner))
        break
      case 'explicitBounds':
        entry.explicitBounds = r
          .array('HistogramDataPoint.explicitBounds', value)
          .map((inner) => r.double('HistogramDataPoint.explicitBounds', inner))
        break
      case 'exemplars':
        entry.exemplars = r.array('HistogramDataPoint.exemplars', value).map((inner) => parseExemplar(r, inner))
        break
      case 'attributes':
        entry.attributes = r.attributes('HistogramDataPoint.attributes', value)
        break
      case 'flags':
        entry.flags = r.uint32('HistogramDataPoint.flags', value)
        break
      case 'min':
        entry.min = r.double('HistogramDataPoint.min', value)
        break
      case 'max':
        entry.max = r.double('HistogramDataPoint.max', value)
        break
      default:
        r.unknown(`HistogramDataPoint.${key}`, value)
    }
  }
  return entry
}

export function parseExponentialHistogramDataPoint(r: JsonReader, item: unknown): ExponentialHistogramDataPoint {
  const entry: ExponentialHistogramDataPoint = {
    attributes: [],
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    count: 0n,
    sum: undefined,
    scale: 0,
    zeroCount: 0n,
    positive: undefined,
    negative: undefined,
    flags: 0,
    exemplars: [],
    min: undefined,
    max: undefined,
    zeroThreshold: 0,
  }
  const object = r.object('dataPoints', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'attributes':
        entry.attributes = r.attributes('ExponentialHistogramDataPoint.attributes', value)
        break
      case 'startTimeUnixNano':
        entry.startTimeUnixNano = r.uint64('ExponentialHistogramDataPoint.startTimeUnixNano', value)
        break
      case 'timeUnixNano':
        entry.timeUnixNano = r.uint64('ExponentialHistogramDataPoint.timeUnixNano', value)
        break
      case 'count':
        entry.count = r.uint64('ExponentialHistogramDataPoint.count', value)
        break
      case 'sum':
        entry.sum = r.double('ExponentialHistogramDataPoint.sum', value)
        break
      case 'scale':
        entry.scale = r.int32('ExponentialHistogramDataPoint.scale', value, -0x80000000, 0x7fffffff)
        break
      case 'zeroCount':
        entry.zeroCount = r.uint64('ExponentialHistogramDataPoint.zeroCount', value)
        break
      case 'positive':
        entry.positive = parseBuckets(r, value)
        break
      case 'negative':
        entry.negative = parseBuckets(r, value)
        break
      case 'flags':
        entry.flags = r.uint32('ExponentialHistogramDataPoint.flags', value)
        break
      case 'exemplars':
        entry.exemplars = r
          .array('ExponentialHistogramDataPoint.exemplars', value)
          .map((inner) => parseExemplar(r, inner))
        break
      case 'min':
        entry.min = r.double('ExponentialHistogramDataPoint.min', value)
        break
      case 'max':
        entry.max = r.double('ExponentialHistogramDataPoint.max', value)
        break
      case 'zeroThreshold':
        entry.zeroThreshold = r.double('ExponentialHistogramDataPoint.zeroThreshold', value)
        break
      default:
        r.unknown(`ExponentialHistogramDataPoint.${key}`, value)
    }
  }
  return entry
}

function parseBuckets(r: JsonReader, item: unknown): ExponentialHistogramBuckets {
  const entry: ExponentialHistogramBuckets = { offset: 0, bucketCounts: [] }
  const object = r.object('buckets', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'offset':
        entry.offset = r.int32('ExponentialHistogramBuckets.offset', value, -0x80000000, 0x7fffffff)
        break
      case 'bucketCounts':
        entry.bucketCounts = r
          .array('ExponentialHistogramBuckets.bucketCounts', value)
          .map((inner) => r.uint64('ExponentialHistogramBuckets.bucketCounts', inner))
        break
      default:
        r.unknown(`ExponentialHistogramBuckets.${key}`, value)
    }
  }
  return entry
}

export function parseSummaryDataPoint(r: JsonReader, item: unknown): SummaryDataPoint {
  const entry: SummaryDataPoint = {
    attributes: [],
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    count: 0n,
    sum: 0,
    quantileValues: [],
    flags: 0,
  }
  const object = r.object('dataPoints', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'startTimeUnixNano':
        entry.startTimeUnixNano = r.uint64('SummaryDataPoint.startTimeUnixNano', value)
        break
      case 'timeUnixNano':
        entry.timeUnixNano = r.uint64('SummaryDataPoint.timeUnixNano', value)
        break
      case 'count':
        entry.count = r.uint64('SummaryDataPoint.count', value)
        break
      case 'sum':
        entry.sum = r.double('SummaryDataPoint.sum', value)
        break
      case 'quantileValues':
        entry.quantileValues = r.array('SummaryDataPoint.quantileValues', value).map((inner) => parseQuantile(r, inner))
        break
      case 'attributes':
        entry.attributes = r.attributes('SummaryDataPoint.attributes', value)
        break
      case 'flags':
        entry.flags = r.uint32('SummaryDataPoint.flags', value)
        break
      default:
        r.unknown(`SummaryDataPoint.${key}`, value)
    }
  }
  return entry
}

function parseQuantile(r: JsonReader, item: unknown): ValueAtQuantile {
  const entry: ValueAtQuantile = { quantile: 0, value: 0 }
  const object = r.object('quantileValues', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'quantile':
        entry.quantile = r.double('ValueAtQuantile.quantile', value)
        break
      case 'value':
        entry.value = r.double('ValueAtQuantile.value', value)
        break
      default:
        r.unknown(`ValueAtQuantile.${key}`, value)
    }
  }
  return entry
}

function parseExemplar(r: JsonReader, item: unknown): Exemplar {
  const entry: Exemplar = { filteredAttributes: [], timeUnixNano: 0n, value: undefined, spanId: '', traceId: '' }
  const object = r.object('exemplars', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'filteredAttributes':
        entry.filteredAttributes = r.attributes('Exemplar.filteredAttributes', value)
        break
      case 'timeUnixNano':
        entry.timeUnixNano = r.uint64('Exemplar.timeUnixNano', value)
        break
      case 'asInt':
        entry.value = r.int64('Exemplar.asInt', value)
        break
      case 'asDouble':
        entry.value = r.double('Exemplar.asDouble', value)
        break
      case 'spanId':
        entry.spanId = r.hex('Exemplar.spanId', value)
        break
      case 'traceId':
        entry.traceId = r.hex('Exemplar.traceId', value)
        break
      default:
        r.unknown(`Exemplar.${key}`, value)
    }
  }
  return entry
}
