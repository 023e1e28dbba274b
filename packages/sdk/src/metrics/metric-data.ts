// SPDX-License-Identifier: Apache-2.0
import type { Attributes, HrTime } from '@otel-ts/api'
import type { Resource } from '../resource/resource.ts'
import type { InstrumentationScope } from '../trace/readable-span.ts'

// Names, numbers and shapes are those of opentelemetry-js (`@opentelemetry/sdk-metrics` 2.x and 3.x), so that its readers
// feed our exporters. Discriminants are `number` where theirs are enums: an enum member is no number literal to TypeScript.

/** Kinds of instruments, by the names that opentelemetry-js has for them. */
export const InstrumentType = {
  COUNTER: 'COUNTER',
  GAUGE: 'GAUGE',
  HISTOGRAM: 'HISTOGRAM',
  UP_DOWN_COUNTER: 'UP_DOWN_COUNTER',
  OBSERVABLE_COUNTER: 'OBSERVABLE_COUNTER',
  OBSERVABLE_GAUGE: 'OBSERVABLE_GAUGE',
  OBSERVABLE_UP_DOWN_COUNTER: 'OBSERVABLE_UP_DOWN_COUNTER',
} as const
/** See {@link InstrumentType}. */
export type InstrumentType = (typeof InstrumentType)[keyof typeof InstrumentType]

/** Whether a point tells what came since the last one, or since the start. */
export const AggregationTemporality = { DELTA: 0, CUMULATIVE: 1 } as const
/** See {@link AggregationTemporality}. */
export type AggregationTemporality = (typeof AggregationTemporality)[keyof typeof AggregationTemporality]

/** What the values of a metric's points are. */
export const DataPointType = { HISTOGRAM: 0, EXPONENTIAL_HISTOGRAM: 1, GAUGE: 2, SUM: 3 } as const
/** See {@link DataPointType}. */
export type DataPointType = (typeof DataPointType)[keyof typeof DataPointType]

/** How the measurements of an instrument become points. */
export const AggregationType = {
  DEFAULT: 0,
  DROP: 1,
  SUM: 2,
  LAST_VALUE: 3,
  EXPLICIT_BUCKET_HISTOGRAM: 4,
  EXPONENTIAL_HISTOGRAM: 5,
} as const
/** See {@link AggregationType}. */
export type AggregationType = (typeof AggregationType)[keyof typeof AggregationType]

/** An aggregation with its options; without options it has those of the specification. */
export type AggregationOption =
  | { type: typeof AggregationType.DEFAULT }
  | { type: typeof AggregationType.DROP }
  | { type: typeof AggregationType.SUM }
  | { type: typeof AggregationType.LAST_VALUE }
  | {
      type: typeof AggregationType.EXPLICIT_BUCKET_HISTOGRAM
      options?: { recordMinMax?: boolean; boundaries: number[] }
    }
  | {
      type: typeof AggregationType.EXPONENTIAL_HISTOGRAM
      options?: { recordMinMax?: boolean; maxSize?: number }
    }

/** What all points of a metric share. */
export interface MetricDescriptor {
  readonly name: string
  readonly description: string
  readonly unit: string
  /** 0: whole numbers, 1: doubles; `ValueType` of the API. */
  readonly valueType: number
}

/** A measurement kept as it was, with the span in which it was made. */
export interface Exemplar {
  /** Attributes of the measurement that the point does not have. */
  readonly filteredAttributes: Attributes
  readonly value: number
  readonly timestamp: HrTime
  readonly spanId?: string
  readonly traceId?: string
}

/** Value of a histogram point. */
export interface Histogram {
  /** `counts` has one more element than `boundaries`, which are inclusive upper bounds. */
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] }
  /** Undefined when measurements may be negative. */
  readonly sum?: number | undefined
  readonly count: number
  readonly min?: number | undefined
  readonly max?: number | undefined
}

/** Buckets of one sign of an exponential histogram, from index `offset` up. */
export interface ExponentialBuckets {
  readonly offset: number
  readonly bucketCounts: readonly number[]
}

/** Value of an exponential histogram point. */
export interface ExponentialHistogram {
  readonly count: number
  readonly sum?: number | undefined
  /** The base of the buckets is 2 to the power of 2^-scale. */
  readonly scale: number
  readonly zeroCount: number
  readonly positive: ExponentialBuckets
  readonly negative: ExponentialBuckets
  readonly min?: number | undefined
  readonly max?: number | undefined
}

/** One time series at one time. */
export interface DataPoint<T> {
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly attributes: Attributes
  readonly value: T
  readonly exemplars?: readonly Exemplar[]
}

/** A metric with its points. What the values are, `dataPointType` says. */
export interface MetricData {
  readonly descriptor: MetricDescriptor
  /** See {@link AggregationTemporality}; means nothing for gauges. */
  readonly aggregationTemporality: number
  /** See {@link DataPointType}. */
  readonly dataPointType: number
  readonly dataPoints: readonly DataPoint<number | Histogram | ExponentialHistogram>[]
  /** Of sums only. */
  readonly isMonotonic?: boolean
}

/** Metrics of one meter. */
export interface ScopeMetrics {
  readonly scope: InstrumentationScope
  readonly metrics: readonly MetricData[]
}

/** What one collection gives: all metrics of a process. */
export interface ResourceMetrics {
  readonly resource: Resource
  readonly scopeMetrics: readonly ScopeMetrics[]
}
