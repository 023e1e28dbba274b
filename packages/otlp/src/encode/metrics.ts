// SPDX-License-Identifier: Apache-2.0
import type { Metric, MetricData, ResourceMetrics, ScopeMetrics } from '../model/metrics.ts'
import type { ProtoWriter } from '../proto/writer.ts'
import { writeAttributes } from './any-value.ts'
import {
  writeExponentialHistogramDataPoint,
  writeHistogramDataPoint,
  writeNumberDataPoint,
  writeSummaryDataPoint,
} from './data-points.ts'
import { writeEnum, writeResource, writeScope, writeString } from './resource.ts'

export function writeMetrics(w: ProtoWriter, resourceMetrics: readonly ResourceMetrics[]): number {
  let count = 0
  for (const entry of resourceMetrics) {
    const mark = w.begin(0x0a, 3)
    if (entry.resource !== undefined) writeResource(w, 0x0a, entry.resource)
    for (const scopeMetrics of entry.scopeMetrics) count += writeScopeMetrics(w, scopeMetrics)
    writeString(w, 0x1a, entry.schemaUrl)
    w.end(mark)
  }
  return count
}

function writeScopeMetrics(w: ProtoWriter, entry: ScopeMetrics): number {
  const mark = w.begin(0x12, 3)
  if (entry.scope !== undefined) writeScope(w, 0x0a, entry.scope)
  let count = 0
  for (const metric of entry.metrics) count += writeMetric(w, metric)
  writeString(w, 0x1a, entry.schemaUrl)
  w.end(mark)
  return count
}

function writeMetric(w: ProtoWriter, metric: Metric): number {
  const mark = w.begin(0x12, 2)
  writeString(w, 0x0a, metric.name)
  writeString(w, 0x12, metric.description)
  writeString(w, 0x1a, metric.unit)
  if (metric.data !== undefined) writeData(w, metric.data)
  writeAttributes(w, 0x62, metric.metadata)
  w.end(mark)
  return metric.data === undefined ? 0 : metric.data.dataPoints.length
}

const dataTags = { gauge: 0x2a, sum: 0x3a, histogram: 0x4a, exponentialHistogram: 0x52, summary: 0x5a } as const

function writeData(w: ProtoWriter, data: MetricData): void {
  const mark = w.begin(dataTags[data.type], 2)
  switch (data.type) {
    case 'gauge':
      for (const point of data.dataPoints) writeNumberDataPoint(w, point)
      break
    case 'sum':
      for (const point of data.dataPoints) writeNumberDataPoint(w, point)
      writeEnum(w, 0x10, data.aggregationTemporality)
      if (data.isMonotonic) {
        w.tag(0x18)
        w.varint32(1)
      }
      break
    case 'histogram':
      for (const point of data.dataPoints) writeHistogramDataPoint(w, point)
      writeEnum(w, 0x10, data.aggregationTemporality)
      break
    case 'exponentialHistogram':
      for (const point of data.dataPoints) writeExponentialHistogramDataPoint(w, point)
      writeEnum(w, 0x10, data.aggregationTemporality)
      break
    case 'summary':
      for (const point of data.dataPoints) writeSummaryDataPoint(w, point)
  }
  w.end(mark)
}
