// SPDX-License-Identifier: Apache-2.0
import type { KeyValue } from './any-value.ts'
import type { InstrumentationScope, Resource } from './resource.ts'

/** OTLP `ResourceMetrics`. */
export interface ResourceMetrics {
  resource: Resource | undefined
  scopeMetrics: ScopeMetrics[]
  schemaUrl: string
}

/** OTLP `ScopeMetrics`. */
export interface ScopeMetrics {
  scope: InstrumentationScope | undefined
  metrics: Metric[]
  schemaUrl: string
}

/** OTLP `Metric`; `data` is undefined when the message carries none of the five kinds. */
export interface Metric {
  name: string
  description: string
  unit: string
  metadata: KeyValue[]
  data: MetricData | undefined
}

/** The oneof `Metric.data`, told apart by `type`. */
export type MetricData = Gauge | Sum | Histogram | ExponentialHistogram | Summary

export interface Gauge {
  type: 'gauge'
  dataPoints: NumberDataPoint[]
}

/** `aggregationTemporality`: 0 = unspecified, 1 = delta, 2 = cumulative. */
export interface Sum {
  type: 'sum'
  dataPoints: NumberDataPoint[]
  aggregationTemporality: number
  isMonotonic: boolean
}

export interface Histogram {
  type: 'histogram'
  dataPoints: HistogramDataPoint[]
  aggregationTemporality: number
}

export interface ExponentialHistogram {
  type: 'exponentialHistogram'
  dataPoints: ExponentialHistogramDataPoint[]
  aggregationTemporality: number
}

export interface Summary {
  type: 'summary'
  dataPoints: SummaryDataPoint[]
}

/** `value`: bigint = `as_int`, number = `as_double`, undefined = no recorded value. */
export interface NumberDataPoint {
  attributes: KeyValue[]
  startTimeUnixNano: bigint
  timeUnixNano: bigint
  value: bigint | number | undefined
  exemplars: Exemplar[]
  flags: number
}

export interface HistogramDataPoint {
  attributes: KeyValue[]
  startTimeUnixNano: bigint
  timeUnixNano: bigint
  count: bigint
  sum: number | undefined
  bucketCounts: bigint[]
  explicitBounds: number[]
  exemplars: Exemplar[]
  flags: number
  min: number | undefined
  max: number | undefined
}

export interface ExponentialHistogramDataPoint {
  attributes: KeyValue[]
  startTimeUnixNano: bigint
  timeUnixNano: bigint
  count: bigint
  sum: number | undefined
  scale: number
  zeroCount: bigint
  positive: ExponentialHistogramBuckets | undefined
  negative: ExponentialHistogramBuckets | undefined
  flags: number
  exemplars: Exemplar[]
  min: number | undefined
  max: number | undefined
  zeroThreshold: number
}

export interface ExponentialHistogramBuckets {
  offset: number
  bucketCounts: bigint[]
}

export interface SummaryDataPoint {
  attributes: KeyValue[]
  startTimeUnixNano: bigint
  timeUnixNano: bigint
  count: bigint
  sum: number
  quantileValues: ValueAtQuantile[]
  flags: number
}

export interface ValueAtQuantile {
  quantile: number
  value: number
}

export interface Exemplar {
  filteredAttributes: KeyValue[]
  timeUnixNano: bigint
  value: bigint | number | undefined
  spanId: string
  traceId: string
}
