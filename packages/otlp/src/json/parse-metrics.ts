// SPDX-License-Identifier: Apache-2.0
import type { ExponentialHistogram, Gauge, Histogram, Metric, Sum, Summary } from '../model/metrics.ts'
import type { JsonReader } from './json-reader.ts'
import {
  parseExponentialHistogramDataPoint,
  parseHistogramDataPoint,
  parseNumberDataPoint,
  parseSummaryDataPoint,
} from './parse-data-points.ts'

export function parseMetric(r: JsonReader, item: unknown): Metric {
  const entry: Metric = { name: '', description: '', unit: '', metadata: [], data: undefined }
  const object = r.object('metrics', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'name':
        entry.name = r.string('Metric.name', value)
        break
      case 'description':
        entry.description = r.string('Metric.description', value)
        break
      case 'unit':
        entry.unit = r.string('Metric.unit', value)
        break
      case 'gauge':
        entry.data = parseGauge(r, value)
        break
      case 'sum':
        entry.data = parseSum(r, value)
        break
      case 'histogram':
        entry.data = parseHistogram(r, value)
        break
      case 'exponentialHistogram':
        entry.data = parseExponentialHistogram(r, value)
        break
      case 'summary':
        entry.data = parseSummary(r, value)
        break
      case 'metadata':
        entry.metadata = r.attributes('Metric.metadata', value)
        break
      default:
        r.unknown(`Metric.${key}`, value)
    }
  }
  return entry
}

function parseGauge(r: JsonReader, item: unknown): Gauge {
  const entry: Gauge = { type: 'gauge', dataPoints: [] }
  const object = r.object('gauge', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'dataPoints':
        entry.dataPoints = r.array('Gauge.dataPoints', value).map((inner) => parseNumberDataPoint(r, inner))
        break
      default:
        r.unknown(`Gauge.${key}`, value)
    }
  }
  return entry
}

function parseSum(r: JsonReader, item: unknown): Sum {
  const entry: Sum = { type: 'sum', dataPoints: [], aggregationTemporality: 0, isMonotonic: false }
  const object = r.object('sum', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'dataPoints':
        entry.dataPoints = r.array('Sum.dataPoints', value).map((inner) => parseNumberDataPoint(r, inner))
        break
      case 'aggregationTemporality':
        entry.aggregationTemporality = r.enum('Sum.aggregationTemporality', value)
        break
      case 'isMonotonic':
        entry.isMonotonic = r.bool('Sum.isMonotonic', value)
        break
      default:
        r.unknown(`Sum.${key}`, value)
    }
  }
  return entry
}

function parseHistogram(r: JsonReader, item: unknown): Histogram {
  const entry: Histogram = { type: 'histogram', dataPoints: [], aggregationTemporality: 0 }
  const object = r.object('histogram', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'dataPoints':
        entry.dataPoints = r.array('Histogram.dataPoints', value).map((inner) => parseHistogramDataPoint(r, inner))
        break
      case 'aggregationTemporality':
        entry.aggregationTemporality = r.enum('Histogram.aggregationTemporality', value)
        break
      default:
        r.unknown(`Histogram.${key}`, value)
    }
  }
  return entry
}

function parseExponentialHistogram(r: JsonReader, item: unknown): ExponentialHistogram {
  const entry: ExponentialHistogram = { type: 'exponentialHistogram', dataPoints: [], aggregationTemporality: 0 }
  const object = r.object('exponentialHistogram', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'dataPoints':
        entry.dataPoints = r
          .array('ExponentialHistogram.dataPoints', value)
          .map((inner) => parseExponentialHistogramDataPoint(r, inner))
        break
      case 'aggregationTemporality':
        entry.aggregationTemporality = r.enum('ExponentialHistogram.aggregationTemporality', value)
        break
      default:
        r.unknown(`ExponentialHistogram.${key}`, value)
    }
  }
  return entry
}

function parseSummary(r: JsonReader, item: unknown): Summary {
  const entry: Summary = { type: 'summary', dataPoints: [] }
  const object = r.object('summary', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'dataPoints':
        entry.dataPoints = r.array('Summary.dataPoints', value).map((inner) => parseSummaryDataPoint(r, inner))
        break
      default:
        r.unknown(`Summary.${key}`, value)
    }
  }
  return entry
}
