// SPDX-License-Identifier: Apache-2.0
import type {
  Batch,
  InstrumentationScope,
  KeyValue,
  Metric,
  Resource,
  ResourceLogs,
  ResourceMetrics,
  ResourceSpans,
} from '@otel-ts/otlp'
import { fixed, shortest, valueText } from './go-text.ts'

/** Verbosity `normal`: one line an item, under one line for each resource and scope. */
export function normalText(batch: Batch): string {
  const lines: string[] = []
  if (batch.signal === 'traces') traces((batch as Batch<'traces'>).records(), lines)
  else if (batch.signal === 'logs') logs((batch as Batch<'logs'>).records(), lines)
  else metrics((batch as Batch<'metrics'>).records(), lines)
  return lines.join('\n')
}

function traces(resources: readonly ResourceSpans[], lines: string[]): void {
  for (const [i, { resource, scopeSpans, schemaUrl }] of resources.entries()) {
    lines.push(resourceLine('ResourceTraces', i, resource, schemaUrl))
    for (const [j, { scope, spans, schemaUrl: scopeUrl }] of scopeSpans.entries()) {
      lines.push(scopeLine('ScopeTraces', j, scope, scopeUrl))
      for (const { name, traceId, spanId, attributes } of spans) {
        lines.push([name, traceId, spanId, ...pairs(attributes)].join(' '))
      }
    }
  }
}

function logs(resources: readonly ResourceLogs[], lines: string[]): void {
  for (const [i, { resource, scopeLogs, schemaUrl }] of resources.entries()) {
    lines.push(resourceLine('ResourceLog', i, resource, schemaUrl))
    for (const [j, { scope, logRecords, schemaUrl: scopeUrl }] of scopeLogs.entries()) {
      lines.push(scopeLine('ScopeLog', j, scope, scopeUrl))
      for (const { body, attributes } of logRecords) lines.push(`${valueText(body)} ${pairs(attributes).join(' ')}`)
    }
  }
}

function metrics(resources: readonly ResourceMetrics[], lines: string[]): void {
  for (const [i, { resource, scopeMetrics, schemaUrl }] of resources.entries()) {
    lines.push(resourceLine('ResourceMetrics', i, resource, schemaUrl))
    for (const [j, { scope, metrics: own, schemaUrl: scopeUrl }] of scopeMetrics.entries()) {
      lines.push(scopeLine('ScopeMetrics', j, scope, scopeUrl))
      for (const metric of own) points(metric, lines)
    }
  }
}

function points({ name, data }: Metric, lines: string[]): void {
  if (data === undefined) return
  for (const point of data.dataPoints) {
    lines.push(`${name}{${pairs(point.attributes).join(',')}} ${pointText(data.type, point)}`)
  }
}

type Point = NonNullable<Metric['data']>['dataPoints'][number]

function pointText(type: NonNullable<Metric['data']>['type'], point: Point): string {
  if ('value' in point) return typeof point.value === 'number' ? shortest(point.value) : String(point.value ?? '')
  const parts = [`count=${point.count}`]
  if ('quantileValues' in point) {
    parts.push(`sum=${fixed(point.sum)}`)
    for (const { quantile, value } of point.quantileValues) parts.push(`q${shortest(quantile)}=${shortest(value)}`)
    return parts.join(' ')
  }
  if (point.sum !== undefined) parts.push(`sum=${shortest(point.sum)}`)
  if (point.min !== undefined) parts.push(`min=${shortest(point.min)}`)
  if (point.max !== undefined) parts.push(`max=${shortest(point.max)}`)
  if (type === 'histogram' && 'explicitBounds' in point) {
    for (const [index, count] of point.bucketCounts.entries()) {
      const bound = point.explicitBounds[index]
      parts.push(bound === undefined ? String(count) : `le${shortest(bound)}=${count}`)
    }
  } else if ('scale' in point) {
    const base = 2 ** (2 ** -point.scale)
    for (const buckets of [point.negative, point.positive]) {
      for (const [index, count] of (buckets?.bucketCounts ?? []).entries()) {
        parts.push(`le${shortest(base ** ((buckets?.offset ?? 0) + index))}=${count}`)
      }
    }
    if (point.zeroCount > 0n) parts.push(`zero_count${shortest(point.zeroThreshold)}=${point.zeroCount}`)
  }
  return parts.join(' ')
}

function resourceLine(name: string, index: number, resource: Resource | undefined, schemaUrl: string): string {
  const url = schemaUrl === '' ? [] : [`[${schemaUrl}]`]
  return [`${name} #${index}`, ...url, ...pairs(resource?.attributes ?? [])].join(' ')
}

function scopeLine(name: string, index: number, scope: InstrumentationScope | undefined, schemaUrl: string): string {
  const label = `${scope?.name ?? ''}${scope?.version ? `@${scope.version}` : ''}`
  const parts = [`${name} #${index}`]
  if (label !== '') parts.push(label)
  if (schemaUrl !== '') parts.push(`[${schemaUrl}]`)
  return [...parts, ...pairs(scope?.attributes ?? [])].join(' ')
}

function pairs(attributes: readonly KeyValue[]): string[] {
  return attributes.map(({ key, value }) => `${key}=${valueText(value)}`)
}
