// SPDX-License-Identifier: Apache-2.0
import type { MetricName, MetricQuery, MetricSeries } from '../store.ts'
import type { MetricSegment, SeriesHead } from './metric-segment.ts'
import type { DataPoint } from './point-codec.ts'
import { checkLimit } from './trace-query.ts'

const defaultLimit = 100
const maxLimit = 1000

/** Series of one name with their points, oldest first; a series may be spread over several segments. */
export function queryMetrics(segments: readonly MetricSegment[], query: MetricQuery): MetricSeries[] {
  const limit = checkLimit(query.limit, defaultLimit, maxLimit)
  const found = new Map<string, { head: SeriesHead; points: DataPoint[] }>()
  for (const segment of segments) {
    segment.series.forEach((head, id) => {
      if (head.name !== query.name) return
      if (query.service !== undefined && head.service !== query.service) return
      let series = found.get(head.key)
      if (series === undefined) {
        if (found.size >= limit) return
        found.set(head.key, (series = { head, points: [] }))
      }
      for (let row = segment.headOf(id); row !== -1; row = segment.nextInSeries(row)) {
        const time = segment.time(row)
        if (query.fromUnixNano !== undefined && time < query.fromUnixNano) continue
        if (query.toUnixNano !== undefined && time >= query.toUnixNano) continue
        series.points.push(segment.read(row))
      }
    })
  }
  return [...found.values()]
    .filter(({ points }) => points.length > 0)
    .map(({ head, points }) => ({
      name: head.name,
      description: head.description,
      unit: head.unit,
      type: head.type,
      aggregationTemporality: head.aggregationTemporality,
      isMonotonic: head.isMonotonic,
      service: head.service,
      attributes: head.attributes,
      points: points.sort((a, b) => (a.timeUnixNano < b.timeUnixNano ? -1 : a.timeUnixNano > b.timeUnixNano ? 1 : 0)),
    }))
}

/** Names of metrics by text; one that two services send with different units or types stands twice. */
export function listMetricNames(segments: readonly MetricSegment[], service: string | undefined): MetricName[] {
  const names = new Map<string, MetricName & { series: Set<string> }>()
  for (const segment of segments) {
    for (const head of segment.series) {
      if (service !== undefined && head.service !== service) continue
      const key = JSON.stringify([head.name, head.unit, head.type])
      let name = names.get(key)
      if (name === undefined) {
        const { unit, type, description } = head
        names.set(key, (name = { name: head.name, unit, type, description, seriesCount: 0, series: new Set() }))
      }
      name.series.add(head.key)
    }
  }
  return [...names.values()]
    .map(({ series, ...name }) => ({ ...name, seriesCount: series.size }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
