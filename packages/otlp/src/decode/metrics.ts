// SPDX-License-Identifier: Apache-2.0
import type {
  ExponentialHistogram,
  Gauge,
  Histogram,
  Metric,
  ResourceMetrics,
  ScopeMetrics,
  Sum,
  Summary,
} from '../model/metrics.ts'
import {
  readExponentialHistogramDataPoint,
  readHistogramDataPoint,
  readNumberDataPoint,
  readSummaryDataPoint,
} from './data-points.ts'
import type { Decoder } from './decoder.ts'

export function readMetrics(d: Decoder, out: ResourceMetrics[]): void {
  let p = 0
  while (p < d.bytes.length) {
    p = d.field(p)
    if (d.tag === 0x0a) out.push(readResourceMetrics(d, d.start, p))
  }
}

function readResourceMetrics(d: Decoder, p: number, end: number): ResourceMetrics {
  const entry: ResourceMetrics = { resource: undefined, scopeMetrics: [], schemaUrl: '' }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) entry.resource = d.resource(d.start, p)
    else if (d.tag === 0x12) entry.scopeMetrics.push(readScopeMetrics(d, d.start, p))
    else if (d.tag === 0x1a) entry.schemaUrl = d.text.read(d.start, p)
  }
  return entry
}

function readScopeMetrics(d: Decoder, p: number, end: number): ScopeMetrics {
  const entry: ScopeMetrics = { scope: undefined, metrics: [], schemaUrl: '' }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) entry.scope = d.scope(d.start, p)
    else if (d.tag === 0x12) entry.metrics.push(readMetric(d, d.start, p))
    else if (d.tag === 0x1a) entry.schemaUrl = d.text.read(d.start, p)
  }
  return entry
}

function readMetric(d: Decoder, p: number, end: number): Metric {
  const metric: Metric = { name: '', description: '', unit: '', metadata: [], data: undefined }
  while (p < end) {
    p = d.field(p)
    switch (d.tag) {
      case 0x0a:
        metric.name = d.text.read(d.start, p)
        break
      case 0x12:
        metric.description = d.text.read(d.start, p)
        break
      case 0x1a:
        metric.unit = d.text.read(d.start, p)
        break
      case 0x2a:
        metric.data = readGauge(d, d.start, p)
        break
      case 0x3a:
        metric.data = readSum(d, d.start, p)
        break
      case 0x4a:
        metric.data = readHistogram(d, d.start, p)
        break
      case 0x52:
        metric.data = readExponentialHistogram(d, d.start, p)
        break
      case 0x5a:
        metric.data = readSummary(d, d.start, p)
        break
      case 0x62:
        metric.metadata.push(d.attribute(d.start, p))
    }
  }
  return metric
}

function readGauge(d: Decoder, p: number, end: number): Gauge {
  const gauge: Gauge = { type: 'gauge', dataPoints: [] }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) gauge.dataPoints.push(readNumberDataPoint(d, d.start, p))
  }
  return gauge
}

function readSum(d: Decoder, p: number, end: number): Sum {
  const sum: Sum = { type: 'sum', dataPoints: [], aggregationTemporality: 0, isMonotonic: false }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) sum.dataPoints.push(readNumberDataPoint(d, d.start, p))
    else if (d.tag === 0x10) sum.aggregationTemporality = d.value | 0
    else if (d.tag === 0x18) sum.isMonotonic = d.bool(d.start)
  }
  return sum
}

function readHistogram(d: Decoder, p: number, end: number): Histogram {
  const histogram: Histogram = { type: 'histogram', dataPoints: [], aggregationTemporality: 0 }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) histogram.dataPoints.push(readHistogramDataPoint(d, d.start, p))
    else if (d.tag === 0x10) histogram.aggregationTemporality = d.value | 0
  }
  return histogram
}

function readExponentialHistogram(d: Decoder, p: number, end: number): ExponentialHistogram {
  const histogram: ExponentialHistogram = { type: 'exponentialHistogram', dataPoints: [], aggregationTemporality: 0 }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) histogram.dataPoints.push(readExponentialHistogramDataPoint(d, d.start, p))
    else if (d.tag === 0x10) histogram.aggregationTemporality = d.value | 0
  }
  return histogram
}

function readSummary(d: Decoder, p: number, end: number): Summary {
  const summary: Summary = { type: 'summary', dataPoints: [] }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) summary.dataPoints.push(readSummaryDataPoint(d, d.start, p))
  }
  return summary
}
