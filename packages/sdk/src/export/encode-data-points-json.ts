// SPDX-License-Identifier: Apache-2.0
import {
  type DataPoint,
  DataPointType,
  type Exemplar,
  type ExponentialBuckets,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
} from '../metrics/metric-data.ts'
import { isInt64 } from './encode-data-points.ts'
import { bareText, writeJsonTime } from './encode-json-fields.ts'
import { writeJsonAttributes } from './encode-json-values.ts'
import { type JsonWriter, jsonBytes } from './json-writer.ts'

const firstHead = jsonBytes('{"startTimeUnixNano":"')
const laterHead = jsonBytes(',{"startTimeUnixNano":"')
const timeHead = jsonBytes('","timeUnixNano":"')
const intHead = jsonBytes('"asInt":"')
const doubleHead = jsonBytes('"asDouble":')
const countHead = jsonBytes('","count":')
const sumHead = jsonBytes(',"sum":')
const minHead = jsonBytes(',"min":')
const maxHead = jsonBytes(',"max":')
const countsHead = jsonBytes(',"bucketCounts":[')
const boundsHead = jsonBytes(',"explicitBounds":[')
const zeroCountHead = jsonBytes(',"zeroCount":')
const valueJoint = jsonBytes('",')
const filteredHead = jsonBytes(',"filteredAttributes":[')
const quotation = 34
const comma = 44
const closingBracket = 93
const closingBrace = 125

/** Writes one data point of a metric, with a comma before it unless `isFirst`. */
export function writeJsonDataPoint(
  writer: JsonWriter,
  metric: MetricData,
  point: DataPoint<number | Histogram | ExponentialHistogram>,
  where: string,
  isFirst: boolean,
): void {
  const { dataPointType } = metric
  writer.raw(isFirst ? firstHead : laterHead)
  writeJsonTime(writer, point.startTime)
  writer.raw(timeHead)
  writeJsonTime(writer, point.endTime)
  const isInt = metric.descriptor.valueType === 0
  if (dataPointType === DataPointType.HISTOGRAM) writeHistogram(writer, point.value as Histogram)
  else if (dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM) {
    writeExponentialHistogram(writer, point.value as ExponentialHistogram)
  } else {
    writer.raw(valueJoint)
    writeValue(writer, point.value as number, isInt)
  }
  writeJsonAttributes(writer, point.attributes, where, false)
  const isNumber = dataPointType === DataPointType.GAUGE || dataPointType === DataPointType.SUM
  if (point.exemplars !== undefined && point.exemplars.length > 0) {
    writeExemplars(writer, point.exemplars, isNumber && isInt, where)
  }
  writer.byte(closingBrace)
}

function writeValue(writer: JsonWriter, value: number, isInt: boolean): void {
  if (isInt && isInt64(value)) {
    writer.raw(intHead)
    if ((value | 0) === value && value >= 0) writer.digits(value, 1)
    else writer.text(BigInt(value).toString())
    writer.byte(quotation)
  } else {
    writer.raw(doubleHead)
    writer.double(value)
  }
}

function writeHistogram(writer: JsonWriter, { buckets, count, sum, min, max }: Histogram): void {
  writer.raw(countHead)
  writer.quotedCount(count)
  writeOptional(writer, sumHead, sum)
  const { boundaries, counts } = buckets
  if (counts.length > 0) {
    writer.raw(countsHead)
    writeCounts(writer, counts)
  }
  if (boundaries.length > 0) {
    writer.raw(boundsHead)
    for (let i = 0; i < boundaries.length; i++) {
      if (i > 0) writer.byte(comma)
      writer.double(boundaries[i]!)
    }
    writer.byte(closingBracket)
  }
  // Of no values there is neither the least nor the greatest; a fresh accumulator holds infinities.
  if (count === 0) return
  writeOptional(writer, minHead, min)
  writeOptional(writer, maxHead, max)
}

function writeExponentialHistogram(writer: JsonWriter, value: ExponentialHistogram): void {
  writer.raw(countHead)
  writer.quotedCount(value.count)
  writeOptional(writer, sumHead, value.sum)
  writer.text(`,"scale":${value.scale}`)
  writer.raw(zeroCountHead)
  writer.quotedCount(value.zeroCount)
  writeBuckets(writer, 'positive', value.positive)
  writeBuckets(writer, 'negative', value.negative)
  if (value.count === 0) return
  writeOptional(writer, minHead, value.min)
  writeOptional(writer, maxHead, value.max)
}

function writeBuckets(writer: JsonWriter, name: string, { offset, bucketCounts }: ExponentialBuckets): void {
  writer.text(`,"${name}":{"offset":${offset},"bucketCounts":[`)
  writeCounts(writer, bucketCounts)
  writer.byte(closingBrace)
}

// The list's elements and its closing bracket.
function writeCounts(writer: JsonWriter, counts: readonly number[]): void {
  for (let i = 0; i < counts.length; i++) {
    if (i > 0) writer.byte(comma)
    writer.quotedCount(counts[i]!)
  }
  writer.byte(closingBracket)
}

function writeOptional(writer: JsonWriter, head: Uint8Array, value: number | undefined): void {
  if (value === undefined) return
  writer.raw(head)
  writer.double(value)
}

function writeExemplars(writer: JsonWriter, exemplars: readonly Exemplar[], isInt: boolean, where: string): void {
  writer.text(',"exemplars":[')
  exemplars.forEach(({ filteredAttributes, value, timestamp, spanId, traceId }, i) => {
    writer.text(i === 0 ? '{"timeUnixNano":"' : ',{"timeUnixNano":"')
    writeJsonTime(writer, timestamp)
    writer.raw(valueJoint)
    writeValue(writer, value, isInt)
    if (spanId !== undefined) writer.text(`,"spanId":"${bareText(spanId)}"`)
    if (traceId !== undefined) writer.text(`,"traceId":"${bareText(traceId)}"`)
    writeJsonAttributes(writer, filteredAttributes, where, false, filteredHead)
    writer.byte(closingBrace)
  })
  writer.byte(closingBracket)
}
