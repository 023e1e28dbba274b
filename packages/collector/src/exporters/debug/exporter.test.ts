// SPDX-License-Identifier: Apache-2.0
import { parseYaml, readConfig } from '@otel-ts/confmap'
import {
  type Batch,
  batchFromJson,
  batchFromRecords,
  type ConsumeContext,
  type Exemplar,
  type Metric,
  type MetricData,
  type ResourceLogs,
  type ResourceMetrics,
  type ResourceSpans,
} from '@otel-ts/otlp'
import { fakeClock, logRecord, spanRecord } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { testSettings } from '../../testing/settings.ts'
import { debugConfig } from './config.ts'
import { detailedText } from './detailed-text.ts'
import { DebugExporter } from './exporter.ts'
import { fixed, severityName, shortest, timeText, typedText, valueText } from './go-text.ts'
import { normalText } from './normal-text.ts'

// The data and the expected texts of `detailed` are those of upstream's own test data (two_spans, two_records,
// metrics_with_all_types).
const startNano = 1581452772000000321n
const endNano = 1581452773000000789n
const eventNano = 1581452773000000123n
const text = (key: string, value: string) => ({ key, value })
const shop = { attributes: [text('resource-attr', 'resource-attr-val-1')], droppedAttributesCount: 0, entityRefs: [] }
const scope = { name: '', version: '', attributes: [], droppedAttributesCount: 0 }

const twoSpans: ResourceSpans[] = [
  {
    resource: shop,
    schemaUrl: '',
    scopeSpans: [
      {
        scope,
        schemaUrl: '',
        spans: [
          spanRecord({
            traceId: '0102030405060708090a0b0c0d0e0f10',
            spanId: '1112131415161718',
            name: 'operationA',
            traceState: 'ot=th:0',
            startTimeUnixNano: startNano,
            endTimeUnixNano: endNano,
            droppedAttributesCount: 1,
            droppedEventsCount: 1,
            status: { code: 2, message: 'status-cancelled' },
            events: [
              {
                timeUnixNano: eventNano,
                name: 'event-with-attr',
                attributes: [text('span-event-attr', 'span-event-attr-val')],
                droppedAttributesCount: 2,
              },
              { timeUnixNano: eventNano, name: 'event', attributes: [], droppedAttributesCount: 2 },
            ],
          }),
          spanRecord({
            traceId: '',
            spanId: '',
            name: 'operationB',
            startTimeUnixNano: startNano,
            endTimeUnixNano: endNano,
            droppedLinksCount: 3,
            links: [
              {
                traceId: '',
                spanId: '',
                traceState: '',
                attributes: [text('span-link-attr', 'span-link-attr-val')],
                droppedAttributesCount: 4,
                flags: 0,
              },
              { traceId: '', spanId: '', traceState: '', attributes: [], droppedAttributesCount: 4, flags: 0 },
            ],
          }),
        ],
      },
    ],
  },
]

const twoSpansText = `ResourceSpans #0
Resource SchemaURL: 
Resource attributes:
     -> resource-attr: Str(resource-attr-val-1)
ScopeSpans #0
ScopeSpans SchemaURL: 
InstrumentationScope  
Span #0
    Trace ID       : 0102030405060708090a0b0c0d0e0f10
    Parent ID      : 
    ID             : 1112131415161718
    Name           : operationA
    Kind           : Unspecified
    TraceState     : ot=th:0
    Start time     : 2020-02-11 20:26:12.000000321 +0000 UTC
    End time       : 2020-02-11 20:26:13.000000789 +0000 UTC
    Status code    : Error
    Status message : status-cancelled
    DroppedAttributesCount: 1
Events:
SpanEvent #0
     -> Name: event-with-attr
     -> Timestamp: 2020-02-11 20:26:13.000000123 +0000 UTC
     -> DroppedAttributesCount: 2
     -> Attributes::
          -> span-event-attr: Str(span-event-attr-val)
SpanEvent #1
     -> Name: event
     -> Timestamp: 2020-02-11 20:26:13.000000123 +0000 UTC
     -> DroppedAttributesCount: 2
    DroppedEventsCount: 1
    DroppedLinksCount: 0
Span #1
    Trace ID       : 
    Parent ID      : 
    ID             : 
    Name           : operationB
    Kind           : Unspecified
    Start time     : 2020-02-11 20:26:12.000000321 +0000 UTC
    End time       : 2020-02-11 20:26:13.000000789 +0000 UTC
    Status code    : Unset
    Status message : 
    DroppedAttributesCount: 0
    DroppedEventsCount: 0
Links:
SpanLink #0
     -> Trace ID: 
     -> ID: 
     -> TraceState: 
     -> DroppedAttributesCount: 4
     -> Attributes::
          -> span-link-attr: Str(span-link-attr-val)
SpanLink #1
     -> Trace ID: 
     -> ID: 
     -> TraceState: 
     -> DroppedAttributesCount: 4
    DroppedLinksCount: 3`

const logs: ResourceLogs[] = [
  {
    resource: shop,
    schemaUrl: '',
    scopeLogs: [
      {
        scope,
        schemaUrl: '',
        logRecords: [
          logRecord({
            timeUnixNano: endNano,
            observedTimeUnixNano: 0n,
            severityNumber: 9,
            severityText: 'Info',
            body: 'This is a log message',
            attributes: [text('app', 'server'), { key: 'instance_num', value: 1n }],
            traceId: '08040201000000000000000000000000',
            spanId: '0102040800000000',
          }),
        ],
      },
    ],
  },
]

const logsText = `ResourceLog #0
Resource SchemaURL: 
Resource attributes:
     -> resource-attr: Str(resource-attr-val-1)
ScopeLogs #0
ScopeLogs SchemaURL: 
InstrumentationScope  
LogRecord #0
ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 2020-02-11 20:26:13.000000789 +0000 UTC
SeverityText: Info
SeverityNumber: Info(9)
Body: Str(This is a log message)
Attributes:
     -> app: Str(server)
     -> instance_num: Int(1)
Trace ID: 08040201000000000000000000000000
Span ID: 0102040800000000
Flags: 0`

const point = (...attributes: { key: string; value: string }[]) => ({
  attributes,
  startTimeUnixNano: startNano,
  timeUnixNano: endNano,
  flags: 0,
  exemplars: [] as Exemplar[],
})
const exemplar: Exemplar = {
  filteredAttributes: [text('exemplar-attachment', 'exemplar-attachment-value')],
  timeUnixNano: eventNano,
  value: 15,
  traceId: '0102030405060708090a0b0c0d0e0f10',
  spanId: '1112131415161718',
}
const metric = (name: string, data: MetricData): Metric => ({ name, description: '', unit: '1', metadata: [], data })

const someMetrics: ResourceMetrics[] = [
  {
    resource: shop,
    schemaUrl: '',
    scopeMetrics: [
      {
        scope,
        schemaUrl: '',
        metrics: [
          metric('gauge-int', {
            type: 'gauge',
            dataPoints: [{ ...point(text('label-1', 'label-value-1')), value: 123n }],
          }),
          metric('sum-double', {
            type: 'sum',
            isMonotonic: true,
            aggregationTemporality: 2,
            dataPoints: [{ ...point(text('label-1', 'label-value-1')), value: 1.23 }],
          }),
          metric('histogram', {
            type: 'histogram',
            aggregationTemporality: 2,
            dataPoints: [
              {
                ...point(text('label-2', 'label-value-2')),
                count: 1n,
                sum: 15,
                min: 15,
                max: 15,
                explicitBounds: [1],
                bucketCounts: [0n, 1n],
                exemplars: [exemplar],
              },
            ],
          }),
          metric('exponential-histogram', {
            type: 'exponentialHistogram',
            aggregationTemporality: 1,
            dataPoints: [
              {
                ...point(text('label-1', 'label-value-1')),
                count: 5n,
                sum: 0.15,
                min: undefined,
                max: undefined,
                scale: 1,
                zeroCount: 1n,
                zeroThreshold: 0,
                positive: { offset: 1, bucketCounts: [1n, 1n] },
                negative: { offset: -1, bucketCounts: [1n, 1n] },
              },
            ],
          }),
          metric('summary', {
            type: 'summary',
            dataPoints: [
              {
                ...point(text('label-2', 'label-value-2')),
                count: 1n,
                sum: 15,
                quantileValues: [{ quantile: 0.01, value: 15 }],
              },
            ],
          }),
        ],
      },
    ],
  },
]

const times = `StartTimestamp: 2020-02-11 20:26:12.000000321 +0000 UTC
Timestamp: 2020-02-11 20:26:13.000000789 +0000 UTC`
const metricsText = `ResourceMetrics #0
Resource SchemaURL: 
Resource attributes:
     -> resource-attr: Str(resource-attr-val-1)
ScopeMetrics #0
ScopeMetrics SchemaURL: 
InstrumentationScope  
Metric #0
Descriptor:
     -> Name: gauge-int
     -> Description: 
     -> Unit: 1
     -> DataType: Gauge
NumberDataPoints #0
Data point attributes:
     -> label-1: Str(label-value-1)
${times}
Value: 123
Metric #1
Descriptor:
     -> Name: sum-double
     -> Description: 
     -> Unit: 1
     -> DataType: Sum
     -> IsMonotonic: true
     -> AggregationTemporality: Cumulative
NumberDataPoints #0
Data point attributes:
     -> label-1: Str(label-value-1)
${times}
Value: 1.230000
Metric #2
Descriptor:
     -> Name: histogram
     -> Description: 
     -> Unit: 1
     -> DataType: Histogram
     -> AggregationTemporality: Cumulative
HistogramDataPoints #0
Data point attributes:
     -> label-2: Str(label-value-2)
${times}
Count: 1
Sum: 15.000000
Min: 15.000000
Max: 15.000000
ExplicitBounds #0: 1.000000
Buckets #0, Count: 0
Buckets #1, Count: 1
Exemplars:
Exemplar #0
     -> Trace ID: 0102030405060708090a0b0c0d0e0f10
     -> Span ID: 1112131415161718
     -> Timestamp: 2020-02-11 20:26:13.000000123 +0000 UTC
     -> Value: 15.000000
     -> FilteredAttributes:
          -> exemplar-attachment: Str(exemplar-attachment-value)
Metric #3
Descriptor:
     -> Name: exponential-histogram
     -> Description: 
     -> Unit: 1
     -> DataType: ExponentialHistogram
     -> AggregationTemporality: Delta
ExponentialHistogramDataPoints #0
Data point attributes:
     -> label-1: Str(label-value-1)
${times}
Count: 5
Sum: 0.150000
Bucket [-1.414214, -1.000000), Count: 1
Bucket [-1.000000, -0.707107), Count: 1
Bucket [0, 0], Count: 1
Bucket (1.414214, 2.000000], Count: 1
Bucket (2.000000, 2.828427], Count: 1
Metric #4
Descriptor:
     -> Name: summary
     -> Description: 
     -> Unit: 1
     -> DataType: Summary
SummaryDataPoints #0
Data point attributes:
     -> label-2: Str(label-value-2)
${times}
Count: 1
Sum: 15.000000
QuantileValue #0: Quantile 0.010000, Value 15.000000`

describe('detailed text is upstream’s', () => {
  test('spans', () => expect(detailedText(batchFromRecords('traces', twoSpans))).toBe(twoSpansText))
  test('log records', () => expect(detailedText(batchFromRecords('logs', logs))).toBe(logsText))
  test('metrics of every type', () => expect(detailedText(batchFromRecords('metrics', someMetrics))).toBe(metricsText))
})

test('entity references of a resource are listed with their keys', () => {
  const resource = {
    attributes: [],
    droppedAttributesCount: 0,
    entityRefs: [
      {
        type: 'service',
        schemaUrl: 'https://opentelemetry.io/schemas/1.21.0',
        idKeys: ['service.name'],
        descriptionKeys: ['service.version'],
      },
      { type: 'host', schemaUrl: '', idKeys: ['host.name'], descriptionKeys: [] },
    ],
  }
  expect(detailedText(batchFromRecords('traces', [{ resource, schemaUrl: '', scopeSpans: [] }]))).toBe(`ResourceSpans #0
Resource SchemaURL: 
Resource entity refs:
     -> Entity ref #0:
          -> Type: service
          -> Schema URL: https://opentelemetry.io/schemas/1.21.0
          -> ID keys:
               -> service.name
          -> Description keys:
               -> service.version
     -> Entity ref #1:
          -> Type: host
          -> ID keys:
               -> host.name`)
})

describe('normal text has one line an item', () => {
  test('spans', () => {
    expect(normalText(batchFromRecords('traces', twoSpans))).toBe(
      'ResourceTraces #0 resource-attr=resource-attr-val-1\nScopeTraces #0\noperationA 0102030405060708090a0b0c0d0e0f10 1112131415161718\noperationB  ',
    )
  })

  test('log records', () => {
    expect(normalText(batchFromRecords('logs', logs))).toBe(
      'ResourceLog #0 resource-attr=resource-attr-val-1\nScopeLog #0\nThis is a log message app=server instance_num=1',
    )
  })

  test('data points', () => {
    expect(normalText(batchFromRecords('metrics', someMetrics)).split('\n').slice(2)).toEqual([
      'gauge-int{label-1=label-value-1} 123',
      'sum-double{label-1=label-value-1} 1.23',
      'histogram{label-2=label-value-2} count=1 sum=15 min=15 max=15 le1=0 1',
      'exponential-histogram{label-1=label-value-1} count=5 sum=0.15 le0.7071067811865475=1 le1=1 le1.4142135623730951=1 le2.0000000000000004=1 zero_count0=1',
      'summary{label-2=label-value-2} count=1 sum=15.000000 q0.01=15',
    ])
  })

  test('schema URL and scope name', () => {
    const body =
      '{"resourceSpans":[{"schemaUrl":"u","scopeSpans":[{"schemaUrl":"v","scope":{"name":"lib","version":"1"}}]}]}'
    expect(normalText(batchFromJson('traces', new TextEncoder().encode(body)))).toBe(
      'ResourceTraces #0 [u]\nScopeTraces #0 lib@1 [v]',
    )
  })
})

describe('values print as Go prints them', () => {
  test.each([
    [1.5, '1.500000'],
    [1e21, '1000000000000000000000.000000'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('%%f of %d', (value, expected) => expect(fixed(value)).toBe(expected))

  test.each([
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [-0.000123, '-0.000123'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [1.5e300, '1.5e+300'],
    [0, '0'],
  ])('%%v of %d', (value, expected) => expect(shortest(value)).toBe(expected))

  test.each([
    [0n, '1970-01-01 00:00:00 +0000 UTC'],
    [1500000000n, '1970-01-01 00:00:01.5 +0000 UTC'],
    [18446744073709551615n, '2554-07-21 23:34:33.709551615 +0000 UTC'],
  ])('time %d', (nano, expected) => expect(timeText(nano)).toBe(expected))

  test.each([
    [undefined, 'Empty()'],
    [true, 'Bool(true)'],
    [9007199254740993n, 'Int(9007199254740993)'],
    [0.5, 'Double(0.5)'],
    [new Uint8Array([1, 2]), 'Bytes(AQI=)'],
    [{ list: ['a', 1n, undefined] }, 'Slice(["a",1,null])'],
    [{ kvlist: [text('b', 'x'), { key: 'a', value: 1n }] }, 'Map({"a":1,"b":"x"})'],
  ])('value %#', (value, expected) => expect(typedText(value)).toBe(expected))

  test('empty text has no type', () => expect(valueText(undefined)).toBe(''))

  test.each([
    [0, 'Unspecified'],
    [1, 'Trace'],
    [4, 'Trace4'],
    [24, 'Fatal4'],
    [25, ''],
  ])('severity %d', (severity, name) => expect(severityName(severity)).toBe(name))
})

describe('exporter', () => {
  const context: ConsumeContext = { metadata: new Map(), signal: new AbortController().signal }

  function setUp(yaml: string) {
    const clock = fakeClock()
    const settings = testSettings({ kind: 'exporter', id: 'debug', clock })
    const written: string[] = []
    const config = readConfig(debugConfig, parseYaml(yaml, 'x').node).value!
    const exporter = new DebugExporter(config, settings, (path, output) => written.push(`${path}: ${output}`))
    return { clock, settings, written, print: (batch: Batch) => exporter.consume(batch, context) }
  }

  test('basic prints one line with counts, without decoding', async () => {
    const { settings, print } = setUp('{}')
    await print(batchFromRecords('metrics', someMetrics))
    await print(batchFromRecords('traces', twoSpans))
    expect(settings.lines.map(({ message, fields, block }) => [message, fields, block])).toEqual([
      ['Metrics', { 'resource metrics': 1, metrics: 5, 'data points': 5 }, undefined],
      ['Traces', { 'resource spans': 1, spans: 2 }, undefined],
    ])
    expect(settings.count('exporter_sent_spans')).toBe(2)
  })

  test('detailed prints the text below the line', async () => {
    const { settings, print } = setUp('{verbosity: Detailed}')
    await print(batchFromRecords('traces', twoSpans))
    expect(settings.lines[0]?.block).toBe(twoSpansText)
  })

  test('without the internal logger prints plainly to each path', async () => {
    const { settings, written, print } = setUp(
      '{use_internal_logger: false, output_paths: [stdout, stderr], verbosity: normal}',
    )
    await print(batchFromRecords('logs', logs))
    expect(written.map((line) => line.split('\n')[0])).toEqual([
      'stdout: ResourceLog #0 resource-attr=resource-attr-val-1',
      'stderr: ResourceLog #0 resource-attr=resource-attr-val-1',
    ])
    expect(settings.lines).toEqual([])
  })

  test.each([
    ['{sampling_initial: 2, sampling_thereafter: 3}', 8, 4],
    ['{sampling_initial: 2, sampling_thereafter: 0}', 8, 2],
    ['{}', 8, 8],
  ])('samples by second: %s', async (yaml, batches, lines) => {
    const { settings, clock, print } = setUp(yaml)
    for (let i = 0; i < batches; i++) await print(batchFromRecords('traces', twoSpans))
    expect(settings.lines.length).toBe(lines)
    await clock.advance(1000)
    await print(batchFromRecords('traces', twoSpans))
    expect(settings.lines.length).toBe(lines + 1)
  })
})
