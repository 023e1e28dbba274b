// SPDX-License-Identifier: Apache-2.0
import type { LogRecord, Metric, ResourceLogs, ResourceMetrics, ResourceSpans, Signal } from '@otel-ts/otlp'
import { batchFromBytes } from '@otel-ts/otlp'
import { encodeRecords } from '../../../packages/otlp/src/encode/encode.ts'

/**
 * What a message has become behind the Go Collector's `pdata`, which reads every message into structures of its own:
 *
 * - absent `resource`, `scope`, `status` and `positive` and `negative` of exponential histograms have become empty ones;
 * - trace and span ids of zeros alone have become absent ones.
 * - a double of -0 that is no `optional` field and no member of a oneof has become 0: it is not written, as if it were
 *   the default.
 *
 * This list is whole: the tests compare bytes.
 */
export function goForm(signal: Signal, message: Uint8Array): Uint8Array {
  const groups = batchFromBytes(signal, message).records()
  for (const group of groups as readonly (ResourceSpans | ResourceMetrics | ResourceLogs)[]) {
    group.resource ??= { attributes: [], droppedAttributesCount: 0, entityRefs: [] }
    if ('scopeSpans' in group) for (const scope of group.scopeSpans) settleScope(scope, scope.spans, settleSpan)
    else if ('scopeMetrics' in group)
      for (const scope of group.scopeMetrics) settleScope(scope, scope.metrics, settleMetric)
    else for (const scope of group.scopeLogs) settleScope(scope, scope.logRecords, settleIds)
  }
  return encodeRecords(signal, groups).bytes
}

type Scope = ResourceSpans['scopeSpans'][number]
type Span = Scope['spans'][number]

function settleScope<Item>(scope: Pick<Scope, 'scope'>, items: readonly Item[], settle: (item: Item) => void): void {
  scope.scope ??= { name: '', version: '', attributes: [], droppedAttributesCount: 0 }
  for (const item of items) settle(item)
}

function settleSpan(span: Span): void {
  span.status ??= { message: '', code: 0 }
  settleIds(span)
  if (/^0+$/.test(span.parentSpanId)) span.parentSpanId = ''
  for (const link of span.links) settleIds(link)
}

function settleMetric(metric: Metric): void {
  for (const point of metric.data?.dataPoints ?? []) {
    if ('zeroThreshold' in point) {
      point.positive ??= { offset: 0, bucketCounts: [] }
      point.negative ??= { offset: 0, bucketCounts: [] }
      // -0 + 0 is 0.
      point.zeroThreshold += 0
    }
    if ('quantileValues' in point) {
      point.sum += 0
      for (const value of point.quantileValues) {
        value.quantile += 0
        value.value += 0
      }
    }
    if ('exemplars' in point) for (const exemplar of point.exemplars) settleIds(exemplar)
  }
}

function settleIds(record: Pick<LogRecord, 'traceId' | 'spanId'>): void {
  if (/^0+$/.test(record.traceId)) record.traceId = ''
  if (/^0+$/.test(record.spanId)) record.spanId = ''
}
