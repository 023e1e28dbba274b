// SPDX-License-Identifier: Apache-2.0
import { type ProtoWriter, varintWidth } from '@otel-ts/otlp/proto'
import { AggregationTemporality, DataPointType, type MetricData, type ResourceMetrics } from '../metrics/metric-data.ts'
import { likelyLength, writeDataPoints } from './encode-data-points.ts'
import { ProtobufRequestEncoder, type ScopeBody } from './encode-envelope.ts'
import { groupMetrics } from './metric-groups.ts'
import { encodeWhole, type RequestEncoder } from './request-encoder.ts'

const metricTag = 0x12 // ScopeMetrics.metrics

// Metric.data of opentelemetry/proto/metrics/v1/metrics.proto, by DataPointType.
const dataTags: readonly number[] = [0x4a, 0x52, 0x2a, 0x3a]

/** Encodes one collection as ExportMetricsServiceRequest, a slice of data points at a time. */
export function metricsRequestEncoder(resourceMetrics: ResourceMetrics): RequestEncoder {
  return new ProtobufRequestEncoder(groupMetrics(resourceMetrics), (metrics) => new MetricSlices(metrics))
}

/** Encodes one collection as ExportMetricsServiceRequest, in pieces that belong one after the other. */
export function encodeMetricsRequest(resourceMetrics: ResourceMetrics): Uint8Array[] {
  return encodeWhole(metricsRequestEncoder(resourceMetrics))
}

/** Metrics of one scope. A metric with more points than fit a slice is cut; its head is written when its length is known. */
class MetricSlices implements ScopeBody {
  readonly chunks: Uint8Array[] = []
  readonly #metrics: readonly MetricData[]
  #metric = 0
  // Of the metric that is being cut: the next point, where its head goes, and the bytes of its points so far.
  #point = 0
  #headAt = 0
  #pointsLength = 0

  constructor(metrics: readonly MetricData[]) {
    this.#metrics = metrics
  }

  get isDone(): boolean {
    return this.#metric === this.#metrics.length
  }

  encode(writer: ProtoWriter, count: number): number {
    let done = 0
    while (done < count && this.#metric < this.#metrics.length) {
      const metric = this.#metrics[this.#metric]!
      const pointCount = metric.dataPoints.length
      if (this.#point === 0 && pointCount <= count - done) {
        writeMetric(writer, metric)
        done += pointCount
        this.#metric++
      } else done += this.#cut(writer, metric, count - done)
    }
    this.#flush(writer)
    return done
  }

  #cut(writer: ProtoWriter, metric: MetricData, count: number): number {
    if (this.#point === 0) {
      this.#flush(writer)
      this.#headAt = this.chunks.length
      this.#pointsLength = 0
    }
    const from = this.#point
    const to = Math.min(metric.dataPoints.length, from + count)
    writeDataPoints(writer, metric, from, to)
    this.#pointsLength += writer.pos
    this.#flush(writer)
    this.#point = to
    if (to === metric.dataPoints.length) this.#close(writer, metric)
    return to - from
  }

  #close(writer: ProtoWriter, metric: MetricData): void {
    writeTrailer(writer, metric)
    const dataLength = this.#pointsLength + writer.pos
    this.#flush(writer)
    writeNames(writer, metric)
    const names = writer.take()
    writer.reset()
    writer.tag(metricTag)
    writer.varint32(names.length + 1 + varintWidth(dataLength) + dataLength)
    writer.raw(names)
    writer.tag(dataTags[metric.dataPointType]!)
    writer.varint32(dataLength)
    this.chunks.splice(this.#headAt, 0, writer.take())
    writer.reset()
    this.#point = 0
    this.#metric++
  }

  #flush(writer: ProtoWriter): void {
    if (writer.pos > 0) this.chunks.push(writer.take())
    writer.reset()
  }
}

function writeMetric(writer: ProtoWriter, metric: MetricData): void {
  const pointCount = metric.dataPoints.length
  const likelyWidth = varintWidth(likelyLength(pointCount))
  const message = writer.begin(metricTag, likelyWidth)
  writeNames(writer, metric)
  const data = writer.begin(dataTags[metric.dataPointType]!, likelyWidth)
  writeDataPoints(writer, metric, 0, pointCount)
  writeTrailer(writer, metric)
  writer.end(data)
  writer.end(message)
}

function writeNames(writer: ProtoWriter, { descriptor }: MetricData): void {
  writer.string(0x0a, descriptor.name)
  if (descriptor.description) writer.string(0x12, descriptor.description)
  if (descriptor.unit) writer.string(0x1a, descriptor.unit)
}

// What follows data_points in Sum, Histogram and ExponentialHistogram; a Gauge has nothing more.
function writeTrailer(writer: ProtoWriter, metric: MetricData): void {
  if (metric.dataPointType === DataPointType.GAUGE) return
  const temporality = protoTemporality(metric.aggregationTemporality)
  if (temporality !== 0) {
    writer.tag(0x10)
    writer.varint32(temporality)
  }
  if (metric.dataPointType === DataPointType.SUM && metric.isMonotonic === true) {
    writer.tag(0x18)
    writer.varint32(1)
  }
}

/** AggregationTemporality as OTLP numbers it: 1 delta, 2 cumulative, 0 when it is neither. */
export function protoTemporality(temporality: number): number {
  if (temporality === AggregationTemporality.DELTA) return 1
  return temporality === AggregationTemporality.CUMULATIVE ? 2 : 0
}
