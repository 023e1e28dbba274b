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
import { attributesJson } from './encode-json-values.ts'
import { countJson, doubleJson, idText, timeDigits } from './json-text.ts'

/** One data point of a metric. */
export function dataPointJson(
  metric: MetricData,
  point: DataPoint<number | Histogram | ExponentialHistogram>,
  where: string,
): string {
  const { dataPointType } = metric
  const isInt = metric.descriptor.valueType === 0
  const isNumber = dataPointType === DataPointType.GAUGE || dataPointType === DataPointType.SUM
  let text = `{"startTimeUnixNano":"${timeDigits(point.startTime)}","timeUnixNano":"${timeDigits(point.endTime)}",`
  if (isNumber) text += valueJson(point.value as number, isInt)
  else if (dataPointType === DataPointType.HISTOGRAM) text += histogramJson(point.value as Histogram)
  else text += exponentialHistogramJson(point.value as ExponentialHistogram)
  text += attributesJson(point.attributes, where)
  if (point.exemplars !== undefined && point.exemplars.length > 0) {
    text += exemplarsJson(point.exemplars, isNumber && isInt, where)
  }
  return `${text}}`
}

function valueJson(value: number, isInt: boolean): string {
  if (!isInt || !isInt64(value)) return `"asDouble":${doubleJson(value)}`
  return `"asInt":"${(value | 0) === value ? value : BigInt(value)}"`
}

function histogramJson({ buckets, count, sum, min, max }: Histogram): string {
  const { boundaries, counts } = buckets
  let text = `"count":${countJson(count)}${optionalJson(',"sum":', sum)}`
  if (counts.length > 0) text = `${text},"bucketCounts":${countsJson(counts)}`
  if (boundaries.length > 0) {
    text = `${text},"explicitBounds":[${doubleJson(boundaries[0]!)}`
    for (let i = 1; i < boundaries.length; i++) text = `${text},${doubleJson(boundaries[i]!)}`
    text += ']'
  }
  return text + extremesJson(count, min, max)
}

function exponentialHistogramJson(value: ExponentialHistogram): string {
  const { count, sum, scale, zeroCount, positive, negative, min, max } = value
  return (
    `"count":${countJson(count)}${optionalJson(',"sum":', sum)},"scale":${scale},"zeroCount":${countJson(zeroCount)}` +
    `,"positive":${bucketsJson(positive)},"negative":${bucketsJson(negative)}${extremesJson(count, min, max)}`
  )
}

function bucketsJson({ offset, bucketCounts }: ExponentialBuckets): string {
  return `{"offset":${offset},"bucketCounts":${countsJson(bucketCounts)}}`
}

function countsJson(counts: readonly number[]): string {
  if (counts.length === 0) return '[]'
  let text = `[${countJson(counts[0]!)}`
  for (let i = 1; i < counts.length; i++) text = `${text},${countJson(counts[i]!)}`
  return `${text}]`
}

// Of no values there is neither the least nor the greatest; a fresh accumulator holds infinities.
function extremesJson(count: number, min: number | undefined, max: number | undefined): string {
  return count === 0 ? '' : optionalJson(',"min":', min) + optionalJson(',"max":', max)
}

function optionalJson(head: string, value: number | undefined): string {
  return value === undefined ? '' : head + doubleJson(value)
}

function exemplarsJson(exemplars: readonly Exemplar[], isInt: boolean, where: string): string {
  let text = ',"exemplars":['
  exemplars.forEach(({ filteredAttributes, value, timestamp, spanId, traceId }, i) => {
    text += `${i === 0 ? '' : ','}{"timeUnixNano":"${timeDigits(timestamp)}",${valueJson(value, isInt)}`
    if (spanId !== undefined) text += `,"spanId":"${idText(spanId)}"`
    if (traceId !== undefined) text += `,"traceId":"${idText(traceId)}"`
    text += `${attributesJson(filteredAttributes, where, ',"filteredAttributes":[')}}`
  })
  return `${text}]`
}
