// SPDX-License-Identifier: Apache-2.0
import { DataPointType, type MetricData, type ResourceMetrics } from '../metrics/metric-data.ts'
import { dataPointJson } from './encode-data-points-json.ts'
import { JsonRequestEncoder, type JsonScopeBody } from './encode-envelope-json.ts'
import { protoTemporality } from './encode-metrics-request.ts'
import { quote } from './json-text.ts'
import type { JsonWriter } from './json-writer.ts'
import { groupMetrics } from './metric-groups.ts'
import { encodeWhole, type RequestEncoder } from './request-encoder.ts'

const levels = { resources: 'resourceMetrics', scopes: 'scopeMetrics', items: 'metrics' }

/** Encodes one collection as ExportMetricsServiceRequest in OTLP's JSON, a slice of data points at a time. */
export function metricsJsonEncoder(resourceMetrics: ResourceMetrics): RequestEncoder {
  return new JsonRequestEncoder(levels, groupMetrics(resourceMetrics), (metrics) => new JsonMetricSlices(metrics))
}

/** Encodes one collection as ExportMetricsServiceRequest in OTLP's JSON, in pieces that belong one after the other. */
export function encodeMetricsRequestJson(resourceMetrics: ResourceMetrics): Uint8Array[] {
  return encodeWhole(metricsJsonEncoder(resourceMetrics))
}

class JsonMetricSlices implements JsonScopeBody {
  readonly #metrics: readonly MetricData[]
  #metric = 0
  #point = 0

  constructor(metrics: readonly MetricData[]) {
    this.#metrics = metrics
  }

  get isDone(): boolean {
    return this.#metric === this.#metrics.length
  }

  encode(writer: JsonWriter, count: number): number {
    let done = 0
    while (done < count && this.#metric < this.#metrics.length) {
      const metric = this.#metrics[this.#metric]!
      const { dataPoints } = metric
      if (this.#point === 0) writer.add(metricHead(metric, this.#metric === 0))
      const to = Math.min(dataPoints.length, this.#point + count - done)
      done += to - this.#point
      const where = `a data point of metric "${metric.descriptor.name}"`
      for (let i = this.#point; i < to; i++) {
        if (i > 0) writer.add(',')
        writer.add(dataPointJson(metric, dataPoints[i]!, where))
      }
      this.#point = to
      if (to === dataPoints.length) {
        writer.add(metricTail(metric))
        this.#metric++
        this.#point = 0
      }
    }
    return done
  }
}

// Metric.data by DataPointType.
const dataNames = ['histogram', 'exponentialHistogram', 'gauge', 'sum']

function metricHead({ descriptor, dataPointType }: MetricData, isFirst: boolean): string {
  const { name, description, unit } = descriptor
  const described = description ? `,"description":${quote(description)}` : ''
  const measured = unit ? `,"unit":${quote(unit)}` : ''
  return `${isFirst ? '' : ','}{"name":${quote(name)}${described}${measured},"${dataNames[dataPointType]!}":{"dataPoints":[`
}

function metricTail({ dataPointType, aggregationTemporality, isMonotonic }: MetricData): string {
  if (dataPointType === DataPointType.GAUGE) return ']}}'
  const temporality = `],"aggregationTemporality":${protoTemporality(aggregationTemporality)}`
  return dataPointType === DataPointType.SUM && isMonotonic === true
    ? `${temporality},"isMonotonic":true}}`
    : `${temporality}}}`
}
