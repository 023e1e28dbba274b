// SPDX-License-Identifier: Apache-2.0
import type { HrTime } from '@otel-ts/api'
import { type ProtoWriter, varintWidth } from '@otel-ts/otlp/proto'
import {
  type DataPoint,
  DataPointType,
  type Exemplar,
  type ExponentialBuckets,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
} from '../metrics/metric-data.ts'
import { writeForeignAttributes } from './encode-attributes.ts'
import { writeId, writeTime } from './encode-fields.ts'

// NumberDataPoint, HistogramDataPoint and ExponentialHistogramDataPoint of opentelemetry/proto/metrics/v1/metrics.proto:
// tags are (field << 3) | wire type.
const pointTag = 0x0a // data_points of Gauge, Sum, Histogram and ExponentialHistogram
const startTimeTag = 0x11
const timeTag = 0x19

// Points of one metric are alike: the length of the last one tells how wide the next length will be. A wrong guess costs a
// move, never a wrong byte.
let likelyPointLength = 100

/** Bytes that so many points will probably take. */
export function likelyLength(pointCount: number): number {
  return Math.min(pointCount * (likelyPointLength + 3), 0x0fffffff)
}

/** Writes the points of a metric from one index up to another. */
export function writeDataPoints(writer: ProtoWriter, metric: MetricData, from: number, to: number): void {
  const { dataPoints, dataPointType, descriptor } = metric
  const where = `a data point of metric "${descriptor.name}"`
  const isInt = descriptor.valueType === 0
  for (let i = from; i < to; i++) {
    const point = dataPoints[i]!
    const start = writer.begin(pointTag, varintWidth(likelyPointLength))
    const bodyAt = writer.pos
    if (dataPointType === DataPointType.HISTOGRAM) {
      writeHistogram(writer, point as DataPoint<Histogram>, where)
    } else if (dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM) {
      writeExponentialHistogram(writer, point as DataPoint<ExponentialHistogram>, where)
    } else writeNumber(writer, point as DataPoint<number>, isInt, where)
    likelyPointLength = writer.pos - bodyAt
    writer.end(start)
  }
}

function writeTimes(writer: ProtoWriter, startTime: HrTime, endTime: HrTime): void {
  writeTime(writer, startTimeTag, startTime[0], startTime[1])
  writeTime(writer, timeTag, endTime[0], endTime[1])
}

function writeNumber(writer: ProtoWriter, point: DataPoint<number>, isInt: boolean, where: string): void {
  const { value, exemplars } = point
  const asInt = isInt && isInt64(value)
  writeTimes(writer, point.startTime, point.endTime)
  if (!asInt) writeDouble(writer, 0x21, value)
  if (exemplars !== undefined) writeExemplars(writer, 0x2a, exemplars, isInt, where)
  if (asInt) writeInt(writer, value)
  writeForeignAttributes(writer, 0x3a, point.attributes, where)
}

/** Whether a number of an instrument of whole numbers can be as_int. What cannot, a fraction or NaN, is written as_double. */
export function isInt64(value: number): boolean {
  return Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63
}

// as_int, field 6 of points and exemplars alike.
function writeInt(writer: ProtoWriter, value: number): void {
  const high = Math.floor(value / 4294967296)
  writer.tag(0x31)
  writer.fixed64Halves(value - high * 4294967296, high)
}

function writeDouble(writer: ProtoWriter, tag: number, value: number): void {
  writer.tag(tag)
  writer.double(value)
}

function writeOptionalDouble(writer: ProtoWriter, tag: number, value: number | undefined): void {
  if (value !== undefined) writeDouble(writer, tag, value)
}

function writeHistogram(writer: ProtoWriter, point: DataPoint<Histogram>, where: string): void {
  const { buckets, count, sum, min, max } = point.value
  writeTimes(writer, point.startTime, point.endTime)
  writer.tag(0x21)
  putCount(writer, count)
  writeOptionalDouble(writer, 0x29, sum)
  const { boundaries, counts } = buckets
  if (counts.length > 0) {
    writer.tag(0x32)
    writer.varint32(counts.length * 8)
    for (let i = 0; i < counts.length; i++) putCount(writer, counts[i]!)
  }
  if (boundaries.length > 0) {
    writer.tag(0x3a)
    writer.varint32(boundaries.length * 8)
    for (let i = 0; i < boundaries.length; i++) writer.double(boundaries[i]!)
  }
  if (point.exemplars !== undefined) writeExemplars(writer, 0x42, point.exemplars, false, where)
  writeForeignAttributes(writer, 0x4a, point.attributes, where)
  // Of no values there is neither the least nor the greatest; a fresh accumulator holds infinities.
  if (count === 0) return
  writeOptionalDouble(writer, 0x59, min)
  writeOptionalDouble(writer, 0x61, max)
}

function writeExponentialHistogram(writer: ProtoWriter, point: DataPoint<ExponentialHistogram>, where: string): void {
  const { count, sum, scale, zeroCount, positive, negative, min, max } = point.value
  writeForeignAttributes(writer, 0x0a, point.attributes, where)
  writeTimes(writer, point.startTime, point.endTime)
  writer.tag(0x21)
  putCount(writer, count)
  writeOptionalDouble(writer, 0x29, sum)
  writeSint32(writer, 0x30, scale)
  writer.tag(0x39)
  putCount(writer, zeroCount)
  writeBuckets(writer, 0x42, positive)
  writeBuckets(writer, 0x4a, negative)
  if (point.exemplars !== undefined) writeExemplars(writer, 0x5a, point.exemplars, false, where)
  if (count === 0) return
  writeOptionalDouble(writer, 0x61, min)
  writeOptionalDouble(writer, 0x69, max)
}

function writeBuckets(writer: ProtoWriter, tag: number, { offset, bucketCounts }: ExponentialBuckets): void {
  const message = writer.begin(tag, 1)
  writeSint32(writer, 0x08, offset)
  if (bucketCounts.length > 0) {
    const packed = writer.begin(0x12, 1)
    for (let i = 0; i < bucketCounts.length; i++) writer.varint53(bucketCounts[i]!)
    writer.end(packed)
  }
  writer.end(message)
}

function writeSint32(writer: ProtoWriter, tag: number, value: number): void {
  if (value === 0) return
  writer.tag(tag)
  writer.varint32(((value << 1) ^ (value >> 31)) >>> 0)
}

// uint64 from a double: counts are whole and not negative.
function putCount(writer: ProtoWriter, count: number): void {
  const high = Math.floor(count / 4294967296)
  writer.fixed64Halves(count - high * 4294967296, high)
}

function writeExemplars(
  writer: ProtoWriter,
  tag: number,
  exemplars: readonly Exemplar[],
  isInt: boolean,
  where: string,
): void {
  for (const { filteredAttributes, value, timestamp, spanId, traceId } of exemplars) {
    const message = writer.begin(tag, 1)
    writeTime(writer, 0x11, timestamp[0], timestamp[1])
    const asInt = isInt && isInt64(value)
    if (!asInt) writeDouble(writer, 0x19, value)
    if (spanId !== undefined) writeId(writer, 0x22, spanId, 16)
    if (traceId !== undefined) writeId(writer, 0x2a, traceId, 32)
    if (asInt) writeInt(writer, value)
    writeForeignAttributes(writer, 0x3a, filteredAttributes, where)
    writer.end(message)
  }
}
