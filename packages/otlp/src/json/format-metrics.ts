// SPDX-License-Identifier: Apache-2.0
import type {
  Exemplar,
  ExponentialHistogramBuckets,
  ExponentialHistogramDataPoint,
  HistogramDataPoint,
  Metric,
  MetricData,
  NumberDataPoint,
  SummaryDataPoint,
} from '../model/metrics.ts'
import { attributesField, attributesText, list } from './format-values.ts'
import { doubleText, hexText, quote, uint64Text } from './text.ts'

export function metricText(metric: Metric): string {
  let out = `{"name":${quote(metric.name)}`
  if (metric.description !== '') out += `,"description":${quote(metric.description)}`
  if (metric.unit !== '') out += `,"unit":${quote(metric.unit)}`
  if (metric.data !== undefined) out += `,"${metric.data.type}":${dataText(metric.data)}`
  if (metric.metadata.length > 0) out += `,"metadata":${attributesText(metric.metadata)}`
  return `${out}}`
}

function dataText(data: MetricData): string {
  switch (data.type) {
    case 'gauge':
      return `{"dataPoints":[${list(data.dataPoints, numberDataPointText)}]}`
    case 'sum':
      return `{"dataPoints":[${list(data.dataPoints, numberDataPointText)}],"aggregationTemporality":${data.aggregationTemporality},"isMonotonic":${data.isMonotonic}}`
    case 'histogram':
      return `{"dataPoints":[${list(data.dataPoints, histogramDataPointText)}],"aggregationTemporality":${data.aggregationTemporality}}`
    case 'exponentialHistogram':
      return `{"dataPoints":[${list(data.dataPoints, exponentialHistogramDataPointText)}],"aggregationTemporality":${data.aggregationTemporality}}`
    case 'summary':
      return `{"dataPoints":[${list(data.dataPoints, summaryDataPointText)}]}`
  }
}

function startText(point: { startTimeUnixNano: bigint; timeUnixNano: bigint }): string {
  const start = point.startTimeUnixNano === 0n ? '' : `"startTimeUnixNano":${uint64Text(point.startTimeUnixNano)},`
  return `{${start}"timeUnixNano":${uint64Text(point.timeUnixNano)}`
}

function valueField(value: bigint | number | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'bigint' ? `,"asInt":"${value}"` : `,"asDouble":${doubleText(value)}`
}

function optionalField(key: string, value: number | undefined): string {
  return value === undefined ? '' : `,"${key}":${doubleText(value)}`
}

function flagsField(flags: number): string {
  return flags === 0 ? '' : `,"flags":${flags}`
}

function numberDataPointText(point: NumberDataPoint): string {
  return `${startText(point)}${valueField(point.value)}${exemplarsField(point.exemplars)}${attributesField(point.attributes)}${flagsField(point.flags)}}`
}

function histogramDataPointText(point: HistogramDataPoint): string {
  let out = `${startText(point)},"count":${uint64Text(point.count)}${optionalField('sum', point.sum)}`
  if (point.bucketCounts.length > 0) out += `,"bucketCounts":[${list(point.bucketCounts, uint64Text)}]`
  if (point.explicitBounds.length > 0) out += `,"explicitBounds":[${list(point.explicitBounds, doubleText)}]`
  out += exemplarsField(point.exemplars) + attributesField(point.attributes) + flagsField(point.flags)
  return `${out}${optionalField('min', point.min)}${optionalField('max', point.max)}}`
}

function exponentialHistogramDataPointText(point: ExponentialHistogramDataPoint): string {
  let out = `${startText(point)},"count":${uint64Text(point.count)}${optionalField('sum', point.sum)}`
  if (point.scale !== 0) out += `,"scale":${point.scale}`
  if (point.zeroCount !== 0n) out += `,"zeroCount":${uint64Text(point.zeroCount)}`
  if (point.positive !== undefined) out += `,"positive":${bucketsText(point.positive)}`
  if (point.negative !== undefined) out += `,"negative":${bucketsText(point.negative)}`
  out += attributesField(point.attributes) + flagsField(point.flags) + exemplarsField(point.exemplars)
  out += optionalField('min', point.min) + optionalField('max', point.max)
  if (!Object.is(point.zeroThreshold, 0)) out += optionalField('zeroThreshold', point.zeroThreshold)
  return `${out}}`
}

function bucketsText(buckets: ExponentialHistogramBuckets): string {
  return `{"offset":${buckets.offset},"bucketCounts":[${list(buckets.bucketCounts, uint64Text)}]}`
}

function summaryDataPointText(point: SummaryDataPoint): string {
  let out = `${startText(point)},"count":${uint64Text(point.count)},"sum":${doubleText(point.sum)}`
  const quantiles = point.quantileValues
  if (quantiles.length > 0) {
    out += `,"quantileValues":[${list(quantiles, (entry) => `{"quantile":${doubleText(entry.quantile)},"value":${doubleText(entry.value)}}`)}]`
  }
  return `${out}${attributesField(point.attributes)}${flagsField(point.flags)}}`
}

function exemplarsField(exemplars: readonly Exemplar[]): string {
  return exemplars.length === 0 ? '' : `,"exemplars":[${list(exemplars, exemplarText)}]`
}

function exemplarText(exemplar: Exemplar): string {
  let out = `{"timeUnixNano":${uint64Text(exemplar.timeUnixNano)}${valueField(exemplar.value)}`
  if (exemplar.spanId !== '') out += `,"spanId":${hexText(exemplar.spanId)}`
  if (exemplar.traceId !== '') out += `,"traceId":${hexText(exemplar.traceId)}`
  if (exemplar.filteredAttributes.length > 0) {
    out += `,"filteredAttributes":${attributesText(exemplar.filteredAttributes)}`
  }
  return `${out}}`
}
