// SPDX-License-Identifier: Apache-2.0
import type {
  Batch,
  Exemplar,
  ExponentialHistogramDataPoint,
  HistogramDataPoint,
  InstrumentationScope,
  KeyValue,
  LogRecord,
  Metric,
  NumberDataPoint,
  Resource,
  Span,
  SummaryDataPoint,
} from '@otel-ts/otlp'
import { fixed, kindNames, severityName, statusNames, temporalityNames, timeText, typedText } from './go-text.ts'

/** Verbosity `detailed`: every field on a line of its own, in upstream's words and order. */
export function detailedText(batch: Batch): string {
  const out = new DetailedText()
  if (batch.signal === 'traces') {
    for (const [i, { resource, scopeSpans, schemaUrl }] of (batch as Batch<'traces'>).records().entries()) {
      out.resource('ResourceSpans', i, resource, schemaUrl)
      for (const [j, { scope, spans, schemaUrl: scopeUrl }] of scopeSpans.entries()) {
        out.scope('ScopeSpans', j, scope, scopeUrl)
        for (const [k, span] of spans.entries()) out.span(k, span)
      }
    }
  } else if (batch.signal === 'logs') {
    for (const [i, { resource, scopeLogs, schemaUrl }] of (batch as Batch<'logs'>).records().entries()) {
      out.resource('ResourceLog', i, resource, schemaUrl)
      for (const [j, { scope, logRecords, schemaUrl: scopeUrl }] of scopeLogs.entries()) {
        out.scope('ScopeLogs', j, scope, scopeUrl)
        for (const [k, record] of logRecords.entries()) out.logRecord(k, record)
      }
    }
  } else {
    for (const [i, { resource, scopeMetrics, schemaUrl }] of (batch as Batch<'metrics'>).records().entries()) {
      out.resource('ResourceMetrics', i, resource, schemaUrl)
      for (const [j, { scope, metrics, schemaUrl: scopeUrl }] of scopeMetrics.entries()) {
        out.scope('ScopeMetrics', j, scope, scopeUrl)
        for (const [k, metric] of metrics.entries()) out.metric(k, metric)
      }
    }
  }
  return out.lines.join('\n')
}

class DetailedText {
  readonly lines: string[] = []

  resource(name: string, index: number, resource: Resource | undefined, schemaUrl: string): void {
    this.lines.push(`${name} #${index}`, `Resource SchemaURL: ${schemaUrl}`)
    this.#attributes('Resource attributes', resource?.attributes ?? [])
    const entities = resource?.entityRefs ?? []
    if (entities.length > 0) this.lines.push('Resource entity refs:')
    for (const [position, { type, schemaUrl: url, idKeys, descriptionKeys }] of entities.entries()) {
      this.lines.push(`     -> Entity ref #${position}:`, `          -> Type: ${type}`)
      if (url !== '') this.lines.push(`          -> Schema URL: ${url}`)
      this.#keys('ID keys', idKeys)
      this.#keys('Description keys', descriptionKeys)
    }
  }

  scope(name: string, index: number, scope: InstrumentationScope | undefined, schemaUrl: string): void {
    this.lines.push(`${name} #${index}`, `${name} SchemaURL: ${schemaUrl}`)
    this.lines.push(`InstrumentationScope ${scope?.name ?? ''} ${scope?.version ?? ''}`)
    this.#attributes('InstrumentationScope attributes', scope?.attributes ?? [])
  }

  span(index: number, span: Span): void {
    this.lines.push(`Span #${index}`)
    this.#field('Trace ID', span.traceId)
    this.#field('Parent ID', span.parentSpanId)
    this.#field('ID', span.spanId)
    this.#field('Name', span.name)
    this.#field('Kind', kindNames[span.kind] ?? '')
    if (span.traceState !== '') this.#field('TraceState', span.traceState)
    this.#field('Start time', timeText(span.startTimeUnixNano))
    this.#field('End time', timeText(span.endTimeUnixNano))
    this.#field('Status code', statusNames[span.status?.code ?? 0] ?? '')
    this.#field('Status message', span.status?.message ?? '')
    this.lines.push(`    DroppedAttributesCount: ${span.droppedAttributesCount}`)
    this.#attributes('Attributes', span.attributes)
    if (span.events.length > 0) this.lines.push('Events:')
    for (const [i, event] of span.events.entries()) {
      this.lines.push(`SpanEvent #${i}`, `     -> Name: ${event.name}`)
      this.lines.push(`     -> Timestamp: ${timeText(event.timeUnixNano)}`)
      this.lines.push(`     -> DroppedAttributesCount: ${event.droppedAttributesCount}`)
      this.#attributes('     -> Attributes:', event.attributes)
    }
    this.lines.push(`    DroppedEventsCount: ${span.droppedEventsCount}`)
    if (span.links.length > 0) this.lines.push('Links:')
    for (const [i, link] of span.links.entries()) {
      this.lines.push(`SpanLink #${i}`, `     -> Trace ID: ${link.traceId}`, `     -> ID: ${link.spanId}`)
      this.lines.push(`     -> TraceState: ${link.traceState}`)
      this.lines.push(`     -> DroppedAttributesCount: ${link.droppedAttributesCount}`)
      this.#attributes('     -> Attributes:', link.attributes)
    }
    this.lines.push(`    DroppedLinksCount: ${span.droppedLinksCount}`)
  }

  logRecord(index: number, record: LogRecord): void {
    this.lines.push(
      `LogRecord #${index}`,
      `ObservedTimestamp: ${timeText(record.observedTimeUnixNano)}`,
      `Timestamp: ${timeText(record.timeUnixNano)}`,
      `SeverityText: ${record.severityText}`,
      `SeverityNumber: ${severityName(record.severityNumber)}(${record.severityNumber})`,
    )
    if (record.eventName !== '') this.lines.push(`EventName: ${record.eventName}`)
    this.lines.push(`Body: ${typedText(record.body)}`)
    this.#attributes('Attributes', record.attributes)
    this.lines.push(`Trace ID: ${record.traceId}`, `Span ID: ${record.spanId}`, `Flags: ${record.flags}`)
  }

  metric(index: number, { name, description, unit, metadata, data }: Metric): void {
    this.lines.push(`Metric #${index}`)
    this.#attributes('Metadata', metadata)
    this.lines.push('Descriptor:', `     -> Name: ${name}`, `     -> Description: ${description}`)
    this.lines.push(`     -> Unit: ${unit}`, `     -> DataType: ${data === undefined ? 'Empty' : typeNames[data.type]}`)
    if (data === undefined) return
    if (data.type === 'sum') this.lines.push(`     -> IsMonotonic: ${data.isMonotonic}`)
    if ('aggregationTemporality' in data) {
      this.lines.push(`     -> AggregationTemporality: ${temporalityNames[data.aggregationTemporality] ?? ''}`)
    }
    for (const [i, point] of data.dataPoints.entries()) {
      this.lines.push(`${pointNames[data.type]} #${i}`)
      this.#attributes('Data point attributes', point.attributes)
      this.lines.push(`StartTimestamp: ${timeText(point.startTimeUnixNano)}`)
      this.lines.push(`Timestamp: ${timeText(point.timeUnixNano)}`)
      if ('value' in point) this.#number(point)
      else if ('quantileValues' in point) this.#summary(point)
      else this.#distribution(point)
      if ('exemplars' in point) this.#exemplars(point.exemplars)
    }
  }

  #number({ value }: NumberDataPoint): void {
    if (value !== undefined) this.lines.push(`Value: ${typeof value === 'bigint' ? value : fixed(value)}`)
  }

  #summary({ count, sum, quantileValues }: SummaryDataPoint): void {
    this.lines.push(`Count: ${count}`, `Sum: ${fixed(sum)}`)
    for (const [i, { quantile, value }] of quantileValues.entries()) {
      this.lines.push(`QuantileValue #${i}: Quantile ${fixed(quantile)}, Value ${fixed(value)}`)
    }
  }

  #distribution(point: HistogramDataPoint | ExponentialHistogramDataPoint): void {
    this.lines.push(`Count: ${point.count}`)
    if (point.sum !== undefined) this.lines.push(`Sum: ${fixed(point.sum)}`)
    if (point.min !== undefined) this.lines.push(`Min: ${fixed(point.min)}`)
    if (point.max !== undefined) this.lines.push(`Max: ${fixed(point.max)}`)
    if ('explicitBounds' in point) {
      for (const [i, bound] of point.explicitBounds.entries()) this.lines.push(`ExplicitBounds #${i}: ${fixed(bound)}`)
      for (const [i, count] of point.bucketCounts.entries()) this.lines.push(`Buckets #${i}, Count: ${count}`)
    } else {
      this.#exponentialBuckets(point)
    }
  }

  #exponentialBuckets({ scale, negative, positive, zeroCount }: ExponentialHistogramDataPoint): void {
    const factor = Math.LN2 * 2 ** -scale
    const bound = (index: number): string => fixed(Math.exp(index * factor))
    // From the most negative value upwards, so that bounds grow down the page.
    const below = negative?.bucketCounts ?? []
    for (let i = below.length - 1; i >= 0; i--) {
      const index = (negative?.offset ?? 0) + i
      this.lines.push(`Bucket [-${bound(index + 1)}, -${bound(index)}), Count: ${below[i]}`)
    }
    if (zeroCount !== 0n) this.lines.push(`Bucket [0, 0], Count: ${zeroCount}`)
    for (const [i, count] of (positive?.bucketCounts ?? []).entries()) {
      const index = (positive?.offset ?? 0) + i
      this.lines.push(`Bucket (${bound(index)}, ${bound(index + 1)}], Count: ${count}`)
    }
  }

  #exemplars(exemplars: readonly Exemplar[]): void {
    if (exemplars.length > 0) this.lines.push('Exemplars:')
    for (const [i, { traceId, spanId, timeUnixNano, value, filteredAttributes }] of exemplars.entries()) {
      this.lines.push(`Exemplar #${i}`, `     -> Trace ID: ${traceId}`, `     -> Span ID: ${spanId}`)
      this.lines.push(`     -> Timestamp: ${timeText(timeUnixNano)}`)
      if (value !== undefined) this.lines.push(`     -> Value: ${typeof value === 'bigint' ? value : fixed(value)}`)
      this.#attributes('     -> FilteredAttributes', filteredAttributes)
    }
  }

  #field(name: string, value: string): void {
    this.lines.push(`    ${name.padEnd(15)}: ${value}`)
  }

  #keys(header: string, keys: readonly string[]): void {
    if (keys.length === 0) return
    this.lines.push(`          -> ${header}:`)
    for (const key of keys) this.lines.push(`               -> ${key}`)
  }

  #attributes(header: string, attributes: readonly KeyValue[]): void {
    if (attributes.length === 0) return
    this.lines.push(`${header}:`)
    const indent = header.includes('->') ? `${header.slice(0, header.indexOf('->'))}     ->` : '     ->'
    for (const { key, value } of attributes) this.lines.push(`${indent} ${key}: ${typedText(value)}`)
  }
}

const typeNames = {
  gauge: 'Gauge',
  sum: 'Sum',
  histogram: 'Histogram',
  exponentialHistogram: 'ExponentialHistogram',
  summary: 'Summary',
} as const

const pointNames = {
  gauge: 'NumberDataPoints',
  sum: 'NumberDataPoints',
  histogram: 'HistogramDataPoints',
  exponentialHistogram: 'ExponentialHistogramDataPoints',
  summary: 'SummaryDataPoints',
} as const
