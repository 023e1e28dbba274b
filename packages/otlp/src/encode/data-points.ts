// SPDX-License-Identifier: Apache-2.0
import type {
  Exemplar,
  ExponentialHistogramBuckets,
  ExponentialHistogramDataPoint,
  HistogramDataPoint,
  NumberDataPoint,
  SummaryDataPoint,
} from '../model/metrics.ts'
import { writeHex } from '../proto/hex.ts'
import type { ProtoWriter } from '../proto/writer.ts'
import { writeAttributes } from './any-value.ts'
import { writeDouble, writeFixed64, writeOptionalDouble, writeUint32 } from './resource.ts'

export function writeNumberDataPoint(w: ProtoWriter, point: NumberDataPoint): void {
  const mark = w.begin(0x0a, 1)
  writeFixed64(w, 0x11, point.startTimeUnixNano)
  writeFixed64(w, 0x19, point.timeUnixNano)
  const value = point.value
  if (typeof value === 'number') writeOptionalDouble(w, 0x21, value)
  writeExemplars(w, 0x2a, point.exemplars)
  if (typeof value === 'bigint') writeInt(w, value)
  writeAttributes(w, 0x3a, point.attributes)
  writeUint32(w, 0x40, point.flags)
  w.end(mark)
}

// Field 6, as_int, of data points and exemplars alike; a oneof member is written also when it is 0.
function writeInt(w: ProtoWriter, value: bigint): void {
  w.tag(0x31)
  w.fixed64(value)
}

export function writeHistogramDataPoint(w: ProtoWriter, point: HistogramDataPoint): void {
  const mark = w.begin(0x0a, 2)
  writeFixed64(w, 0x11, point.startTimeUnixNano)
  writeFixed64(w, 0x19, point.timeUnixNano)
  writeFixed64(w, 0x21, point.count)
  writeOptionalDouble(w, 0x29, point.sum)
  const counts = point.bucketCounts
  if (counts.length > 0) {
    w.tag(0x32)
    w.varint32(counts.length * 8)
    for (let i = 0; i < counts.length; i++) w.fixed64(counts[i]!)
  }
  const bounds = point.explicitBounds
  if (bounds.length > 0) {
    w.tag(0x3a)
    w.varint32(bounds.length * 8)
    for (let i = 0; i < bounds.length; i++) w.double(bounds[i]!)
  }
  writeExemplars(w, 0x42, point.exemplars)
  writeAttributes(w, 0x4a, point.attributes)
  writeUint32(w, 0x50, point.flags)
  writeOptionalDouble(w, 0x59, point.min)
  writeOptionalDouble(w, 0x61, point.max)
  w.end(mark)
}

export function writeExponentialHistogramDataPoint(w: ProtoWriter, point: ExponentialHistogramDataPoint): void {
  const mark = w.begin(0x0a, 2)
  writeAttributes(w, 0x0a, point.attributes)
  writeFixed64(w, 0x11, point.startTimeUnixNano)
  writeFixed64(w, 0x19, point.timeUnixNano)
  writeFixed64(w, 0x21, point.count)
  writeOptionalDouble(w, 0x29, point.sum)
  writeSint32(w, 0x30, point.scale)
  writeFixed64(w, 0x39, point.zeroCount)
  if (point.positive !== undefined) writeBuckets(w, 0x42, point.positive)
  if (point.negative !== undefined) writeBuckets(w, 0x4a, point.negative)
  writeUint32(w, 0x50, point.flags)
  writeExemplars(w, 0x5a, point.exemplars)
  writeOptionalDouble(w, 0x61, point.min)
  writeOptionalDouble(w, 0x69, point.max)
  writeDouble(w, 0x71, point.zeroThreshold)
  w.end(mark)
}

function writeBuckets(w: ProtoWriter, tag: number, buckets: ExponentialHistogramBuckets): void {
  const mark = w.begin(tag, 1)
  writeSint32(w, 0x08, buckets.offset)
  const counts = buckets.bucketCounts
  if (counts.length > 0) {
    const packed = w.begin(0x12, 1)
    for (let i = 0; i < counts.length; i++) w.varint64(counts[i]!)
    w.end(packed)
  }
  w.end(mark)
}

function writeSint32(w: ProtoWriter, tag: number, value: number): void {
  if (value === 0) return
  w.tag(tag)
  w.varint32(((value << 1) ^ (value >> 31)) >>> 0)
}

export function writeSummaryDataPoint(w: ProtoWriter, point: SummaryDataPoint): void {
  const mark = w.begin(0x0a, 1)
  writeFixed64(w, 0x11, point.startTimeUnixNano)
  writeFixed64(w, 0x19, point.timeUnixNano)
  writeFixed64(w, 0x21, point.count)
  writeDouble(w, 0x29, point.sum)
  for (const entry of point.quantileValues) {
    const quantile = w.begin(0x32, 1)
    writeDouble(w, 0x09, entry.quantile)
    writeDouble(w, 0x11, entry.value)
    w.end(quantile)
  }
  writeAttributes(w, 0x3a, point.attributes)
  writeUint32(w, 0x40, point.flags)
  w.end(mark)
}

function writeExemplars(w: ProtoWriter, tag: number, exemplars: readonly Exemplar[]): void {
  for (let i = 0; i < exemplars.length; i++) {
    const exemplar = exemplars[i]!
    const mark = w.begin(tag, 1)
    writeFixed64(w, 0x11, exemplar.timeUnixNano)
    const value = exemplar.value
    if (typeof value === 'number') writeOptionalDouble(w, 0x19, value)
    writeHex(w, 0x22, exemplar.spanId)
    writeHex(w, 0x2a, exemplar.traceId)
    if (typeof value === 'bigint') writeInt(w, value)
    writeAttributes(w, 0x3a, exemplar.filteredAttributes)
    w.end(mark)
  }
}
