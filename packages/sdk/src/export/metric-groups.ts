// SPDX-License-Identifier: Apache-2.0
import { sdkEvents } from '../events.ts'
import { DataPointType, type MetricData, type ResourceMetrics, type ScopeMetrics } from '../metrics/metric-data.ts'
import type { ResourceGroup, ScopeGroup } from './scope-groups.ts'

/** The levels of a collection without what is empty: metrics without points, scopes without metrics, and itself. */
export function groupMetrics({ resource, scopeMetrics }: ResourceMetrics): ResourceGroup<MetricData>[] {
  const scopes: ScopeGroup<MetricData>[] = []
  for (const { scope, metrics } of scopeMetrics) {
    const items = metrics.filter(isWritten)
    if (items.length > 0) scopes.push({ scope, items })
  }
  return scopes.length === 0 ? [] : [{ resource, scopes }]
}

function isWritten(metric: MetricData): boolean {
  if (metric.dataPoints.length === 0) return false
  if (isKnown(metric)) return true
  sdkEvents.unknownMetricData(metric.descriptor.name, metric.dataPointType, metric.dataPoints.length)
  return false
}

function isKnown({ dataPointType }: MetricData): boolean {
  return dataPointType >= DataPointType.HISTOGRAM && dataPointType <= DataPointType.SUM
}

/** Data points of all metrics that are written. */
export function countDataPoints({ scopeMetrics }: ResourceMetrics): number {
  let count = 0
  for (const { metrics } of scopeMetrics as readonly ScopeMetrics[]) {
    for (const metric of metrics) if (isKnown(metric)) count += metric.dataPoints.length
  }
  return count
}
