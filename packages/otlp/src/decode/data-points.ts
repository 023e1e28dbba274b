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
import { formatHex } from '../proto/hex.ts'
import type { Decoder } from './decoder.ts'

export function readNumberDataPoint(d: Decoder, p: number, end: number): NumberDataPoint {
  const point: NumberDataPoint = {
    attributes: [],
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    value: undefined,
    exemplars: [],
    flags: 0,
  }
  while (p < end) {
    p = d.field(p)
    switch (d.tag) {
      case 0x11:
        point.startTimeUnixNano = d.data.getBigUint64(d.start, true)
        break
      case 0x19:
        point.timeUnixNano = d.data.getBigUint64(d.start, true)
        break
      case 0x21:
        point.value = d.data.getFloat64(d.start, true)
        break
      case 0x2a:
        point.exemplars.push(readExemplar(d, d.start, p))
        break
      case 0x31:
        point.value = d.data.getBigInt64(d.start, true)
        break
      case 0x3a:
        point.attributes.push(d.attribute(d.start, p))
        break
      case 0x40:
        point.flags = d.value
    }
  }
  return point
}

export function readHistogramDataPoint(d: Decoder, p: number, end: number): HistogramDataPoint {
  const point: HistogramDataPoint = {
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
  while (p < end) {
    p = d.field(p)
    switch (d.tag) {
      case 0x11:
        point.startTimeUnixNano = d.data.getBigUint64(d.start, true)
        break
      case 0x19:
        point.timeUnixNano = d.data.getBigUint64(d.start, true)
        break
      case 0x21:
        point.count = d.data.getBigUint64(d.start, true)
        break
      case 0x29:
        point.sum = d.data.getFloat64(d.start, true)
        break
      // Packed and, one a field, unpacked.
      case 0x32:
      case 0x31:
        for (let q = d.start; q < p; q += 8) point.bucketCounts.push(d.data.getBigUint64(q, true))
        break
      case 0x3a:
      case 0x39:
        for (let q = d.start; q < p; q += 8) point.explicitBounds.push(d.data.getFloat64(q, true))
        break
      case 0x42:
        point.exemplars.push(readExemplar(d, d.start, p))
        break
      case 0x4a:
        point.attributes.push(d.attribute(d.start, p))
        break
      case 0x50:
        point.flags = d.value
        break
      case 0x59:
        point.min = d.data.getFloat64(d.start, true)
        break
      case 0x61:
        point.max = d.data.getFloat64(d.start, true)
    }
  }
  return point
}

export function readExponentialHistogramDataPoint(d: Decoder, p: number, end: number): ExponentialHistogramDataPoint {
  const point: ExponentialHistogramDataPoint = {
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
  while (p < end) {
    p = d.field(p)
    switch (d.tag) {
      case 0x0a:
        point.attributes.push(d.attribute(d.start, p))
        break
      case 0x11:
        point.startTimeUnixNano = d.data.getBigUint64(d.start, true)
        break
      case 0x19:
        point.timeUnixNano = d.data.getBigUint64(d.start, true)
        break
      case 0x21:
        point.count = d.data.getBigUint64(d.start, true)
        break
      case 0x29:
        point.sum = d.data.getFloat64(d.start, true)
        break
      case 0x30:
        point.scale = zigzag(d.value)
        break
      case 0x39:
        point.zeroCount = d.data.getBigUint64(d.start, true)
        break
      case 0x42:
        point.positive = readBuckets(d, d.start, p)
        break
      case 0x4a:
        point.negative = readBuckets(d, d.start, p)
        break
      case 0x50:
        point.flags = d.value
        break
      case 0x5a:
        point.exemplars.push(readExemplar(d, d.start, p))
        break
      case 0x61:
        point.min = d.data.getFloat64(d.start, true)
        break
      case 0x69:
        point.max = d.data.getFloat64(d.start, true)
        break
      case 0x71:
        point.zeroThreshold = d.data.getFloat64(d.start, true)
    }
  }
  return point
}

/** A sint32 from its varint. */
export function zigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1)
}

function readBuckets(d: Decoder, p: number, end: number): ExponentialHistogramBuckets {
  const buckets: ExponentialHistogramBuckets = { offset: 0, bucketCounts: [] }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x08) buckets.offset = zigzag(d.value)
    else if (d.tag === 0x10) buckets.bucketCounts.push(d.uint64(d.start))
    else if (d.tag === 0x12) {
      for (let q = d.start; q < p; q++) {
        buckets.bucketCounts.push(d.uint64(q))
        while (d.bytes[q]! > 127) q++
      }
    }
  }
  return buckets
}

export function readSummaryDataPoint(d: Decoder, p: number, end: number): SummaryDataPoint {
  const point: SummaryDataPoint = {
    attributes: [],
    startTimeUnixNano: 0n,
    timeUnixNano: 0n,
    count: 0n,
    sum: 0,
    quantileValues: [],
    flags: 0,
  }
  while (p < end) {
    p = d.field(p)
    switch (d.tag) {
      case 0x11:
        point.startTimeUnixNano = d.data.getBigUint64(d.start, true)
        break
      case 0x19:
        point.timeUnixNano = d.data.getBigUint64(d.start, true)
        break
      case 0x21:
        point.count = d.data.getBigUint64(d.start, true)
        break
      case 0x29:
        point.sum = d.data.getFloat64(d.start, true)
        break
      case 0x32:
        point.quantileValues.push(readQuantile(d, d.start, p))
        break
      case 0x3a:
        point.attributes.push(d.attribute(d.start, p))
        break
      case 0x40:
        point.flags = d.value
    }
  }
  return point
}

function readQuantile(d: Decoder, p: number, end: number): ValueAtQuantile {
  const entry: ValueAtQuantile = { quantile: 0, value: 0 }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x09) entry.quantile = d.data.getFloat64(d.start, true)
    else if (d.tag === 0x11) entry.value = d.data.getFloat64(d.start, true)
  }
  return entry
}

function readExemplar(d: Decoder, p: number, end: number): Exemplar {
  const exemplar: Exemplar = { filteredAttributes: [], timeUnixNano: 0n, value: undefined, spanId: '', traceId: '' }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x11) exemplar.timeUnixNano = d.data.getBigUint64(d.start, true)
    else if (d.tag === 0x19) exemplar.value = d.data.getFloat64(d.start, true)
    else if (d.tag === 0x22) exemplar.spanId = formatHex(d.bytes, d.start, p - d.start)
    else if (d.tag === 0x2a) exemplar.traceId = formatHex(d.bytes, d.start, p - d.start)
    else if (d.tag === 0x31) exemplar.value = d.data.getBigInt64(d.start, true)
    else if (d.tag === 0x3a) exemplar.filteredAttributes.push(d.attribute(d.start, p))
  }
  return exemplar
}
