// SPDX-License-Identifier: Apache-2.0
import type {
  Exemplar,
  ExponentialHistogramBuckets,
  ExponentialHistogramDataPoint,
  HistogramDataPoint,
  KeyValue,
  NumberDataPoint,
  SummaryDataPoint,
} from '@otel-ts/otlp'
import type { MetricSeries } from '../store.ts'
import type { ByteReader, ByteWriter } from './byte-arena.ts'
import { bytesHex, hexBytes } from './id-words.ts'
import { type Dictionaries, readAttributes, readValue, writeAttributes, writeValue } from './value-codec.ts'

/** Any data point, as in OTLP records. */
export type DataPoint = NumberDataPoint | HistogramDataPoint | ExponentialHistogramDataPoint | SummaryDataPoint

/** Writes all of a point but its attributes, which its series holds, and its times, which stand in columns. */
export function writePoint(
  writer: ByteWriter,
  dictionaries: Dictionaries,
  type: MetricSeries['type'],
  point: DataPoint,
): void {
  writer.varint(point.flags)
  switch (type) {
    case 'gauge':
    case 'sum': {
      const number = point as NumberDataPoint
      writeValue(writer, dictionaries, number.value)
      writeExemplars(writer, dictionaries, number.exemplars)
      return
    }
    case 'histogram': {
      const histogram = point as HistogramDataPoint
      writer.uint64(histogram.count)
      writeOptional(writer, histogram.sum)
      writeOptional(writer, histogram.min)
      writeOptional(writer, histogram.max)
      writeCounts(writer, histogram.bucketCounts)
      writer.varint(histogram.explicitBounds.length)
      for (const bound of histogram.explicitBounds) writer.double(bound)
      writeExemplars(writer, dictionaries, histogram.exemplars)
      return
    }
    case 'exponentialHistogram': {
      const histogram = point as ExponentialHistogramDataPoint
      writer.uint64(histogram.count)
      writeOptional(writer, histogram.sum)
      writeOptional(writer, histogram.min)
      writeOptional(writer, histogram.max)
      writer.double(histogram.scale)
      writer.uint64(histogram.zeroCount)
      writer.double(histogram.zeroThreshold)
      writeBuckets(writer, histogram.positive)
      writeBuckets(writer, histogram.negative)
      writeExemplars(writer, dictionaries, histogram.exemplars)
      return
    }
    case 'summary': {
      const summary = point as SummaryDataPoint
      writer.uint64(summary.count)
      writer.double(summary.sum)
      writer.varint(summary.quantileValues.length)
      for (const entry of summary.quantileValues) {
        writer.double(entry.quantile)
        writer.double(entry.value)
      }
    }
  }
}

/** Reads what {@link writePoint} wrote; the caller adds what it left out. */
export function readPoint(
  reader: ByteReader,
  dictionaries: Dictionaries,
  type: MetricSeries['type'],
  attributes: KeyValue[],
  startTimeUnixNano: bigint,
  timeUnixNano: bigint,
): DataPoint {
  const flags = reader.varint()
  const base = { attributes, startTimeUnixNano, timeUnixNano, flags }
  switch (type) {
    case 'gauge':
    case 'sum': {
      const value = readValue(reader, dictionaries) as bigint | number | undefined
      return { ...base, value, exemplars: readExemplars(reader, dictionaries) }
    }
    case 'histogram':
      return {
        ...base,
        count: reader.uint64(),
        sum: readOptional(reader),
        min: readOptional(reader),
        max: readOptional(reader),
        bucketCounts: readCounts(reader),
        explicitBounds: readDoubles(reader),
        exemplars: readExemplars(reader, dictionaries),
      }
    case 'exponentialHistogram':
      return {
        ...base,
        count: reader.uint64(),
        sum: readOptional(reader),
        min: readOptional(reader),
        max: readOptional(reader),
        scale: reader.double(),
        zeroCount: reader.uint64(),
        zeroThreshold: reader.double(),
        positive: readBuckets(reader),
        negative: readBuckets(reader),
        exemplars: readExemplars(reader, dictionaries),
      }
    case 'summary': {
      const count = reader.uint64()
      const sum = reader.double()
      const quantileValues: SummaryDataPoint['quantileValues'] = []
      for (let left = reader.varint(); left > 0; left--) {
        quantileValues.push({ quantile: reader.double(), value: reader.double() })
      }
      return { ...base, count, sum, quantileValues }
    }
  }
}

function writeOptional(writer: ByteWriter, value: number | undefined): void {
  writer.byte(value === undefined ? 0 : 1)
  if (value !== undefined) writer.double(value)
}

function readOptional(reader: ByteReader): number | undefined {
  return reader.byte() === 0 ? undefined : reader.double()
}

function writeCounts(writer: ByteWriter, counts: readonly bigint[]): void {
  writer.varint(counts.length)
  for (const count of counts) {
    // Buckets mostly hold small numbers; the largest varint used marks the few that need all eight bytes.
    if (count < 0xffffffffn) writer.varint(Number(count))
    else {
      writer.varint(0xffffffff)
      writer.uint64(count)
    }
  }
}

function readCounts(reader: ByteReader): bigint[] {
  const counts: bigint[] = []
  for (let left = reader.varint(); left > 0; left--) {
    const small = reader.varint()
    counts.push(small === 0xffffffff ? reader.uint64() : BigInt(small))
  }
  return counts
}

function readDoubles(reader: ByteReader): number[] {
  const values: number[] = []
  for (let left = reader.varint(); left > 0; left--) values.push(reader.double())
  return values
}

function writeBuckets(writer: ByteWriter, buckets: ExponentialHistogramBuckets | undefined): void {
  writer.byte(buckets === undefined ? 0 : 1)
  if (buckets === undefined) return
  writer.double(buckets.offset)
  writeCounts(writer, buckets.bucketCounts)
}

function readBuckets(reader: ByteReader): ExponentialHistogramBuckets | undefined {
  if (reader.byte() === 0) return undefined
  const offset = reader.double()
  return { offset, bucketCounts: readCounts(reader) }
}

function writeExemplars(writer: ByteWriter, dictionaries: Dictionaries, exemplars: readonly Exemplar[]): void {
  writer.varint(exemplars.length)
  for (const exemplar of exemplars) {
    writer.uint64(exemplar.timeUnixNano)
    writeValue(writer, dictionaries, exemplar.value)
    writer.sized(hexBytes(exemplar.spanId) ?? new Uint8Array(0))
    writer.sized(hexBytes(exemplar.traceId) ?? new Uint8Array(0))
    writeAttributes(writer, dictionaries, exemplar.filteredAttributes)
  }
}

function readExemplars(reader: ByteReader, dictionaries: Dictionaries): Exemplar[] {
  const exemplars: Exemplar[] = []
  for (let left = reader.varint(); left > 0; left--) {
    const timeUnixNano = reader.uint64()
    const value = readValue(reader, dictionaries) as bigint | number | undefined
    const spanId = bytesHex(reader.sized())
    const traceId = bytesHex(reader.sized())
    exemplars.push({ filteredAttributes: readAttributes(reader, dictionaries), timeUnixNano, value, spanId, traceId })
  }
  return exemplars
}
