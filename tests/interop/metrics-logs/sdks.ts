// SPDX-License-Identifier: Apache-2.0
// npm's metric and log SDKs, with every kind of instrument and of log record that they know.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as api from '@otel-ts/api'
import type * as sdk from '@otel-ts/sdk'
import { installPeer } from '../../../tools/peers.mjs'

/** The lines of opentelemetry-js that are tested; one that cannot be installed is left out, and said. */
export const lines: readonly string[] = ['opentelemetry-js-2', 'opentelemetry-js-3'].filter((name) => {
  try {
    installPeer(name)
    return true
  } catch (error) {
    console.log(`skipped: ${name}: ${(error as Error).message}`)
    return false
  }
})

type Callback = (result: { code: number; error?: Error }) => void

/** An exporter as npm's readers and processors call it. */
export interface Exporter<Batch> {
  export(batch: Batch, callback: Callback): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

export type MetricExporter = Exporter<sdk.ResourceMetrics> &
  Pick<sdk.OtlpMetricExporter, 'selectAggregation' | 'selectAggregationTemporality'>
export type LogExporter = Exporter<sdk.ReadableLogRecord[]>

interface Provider {
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

interface MeterProvider extends Provider {
  getMeter(name: string, version?: string, options?: object): api.Meter
}

interface LoggerProvider extends Provider {
  getLogger(name: string, version?: string, options?: object): { emit(record: object): void }
}

interface Serializer<Batch> {
  serializeRequest(batch: Batch): Uint8Array
}

/** What tests use of one line. */
export interface Line {
  readonly api: Pick<typeof api, 'trace' | 'ROOT_CONTEXT' | 'ValueType'>
  readonly resources: { resourceFromAttributes(attributes: object, options?: object): unknown }
  readonly metrics: {
    readonly MeterProvider: new (options: object) => MeterProvider
    readonly PeriodicExportingMetricReader: new (options: {
      exporter: MetricExporter
      exportIntervalMillis: number
      exportTimeoutMillis: number
    }) => unknown
  }
  readonly logs: {
    readonly LoggerProvider: new (options: object) => LoggerProvider
    readonly BatchLogRecordProcessor: new (options: { exporter: LogExporter }) => unknown
    readonly SimpleLogRecordProcessor: new (options: { exporter: LogExporter }) => unknown
  }
  readonly transformer: {
    readonly ProtobufMetricsSerializer: Serializer<sdk.ResourceMetrics>
    readonly JsonMetricsSerializer: Serializer<sdk.ResourceMetrics>
    readonly ProtobufLogsSerializer: Serializer<sdk.ReadableLogRecord[]>
    readonly JsonLogsSerializer: Serializer<sdk.ReadableLogRecord[]>
  }
}

/** Loads a line's packages. */
export function loadLine(name: string): Line {
  const require = createRequire(join(installPeer(name), 'package.json'))
  return {
    api: require('@opentelemetry/api') as Line['api'],
    resources: require('@opentelemetry/resources') as Line['resources'],
    metrics: require('@opentelemetry/sdk-metrics') as Line['metrics'],
    logs: require('@opentelemetry/sdk-logs') as Line['logs'],
    transformer: require('@opentelemetry/otlp-transformer') as Line['transformer'],
  }
}

const resourceAttributes = { 'service.name': 'shop', 'host.cpu.count': 4 }
const schemaUrl = 'https://r.example/1'
const hour = 3_600_000

/** A provider with a periodic reader that collects when it is flushed. */
export function meterProvider({ metrics, resources }: Line, exporter: MetricExporter): MeterProvider {
  const { MeterProvider, PeriodicExportingMetricReader } = metrics
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: hour,
    exportTimeoutMillis: 10_000,
  })
  const views = [
    { instrumentName: 'exponential', aggregation: { type: 5, options: { maxSize: 20, recordMinMax: true } } },
  ]
  const resource = resources.resourceFromAttributes(resourceAttributes, { schemaUrl })
  return new MeterProvider({ resource, readers: [reader], views })
}

/** Measures with every kind of instrument. */
export function measure({ api }: Line, provider: MeterProvider): void {
  const { INT } = api.ValueType
  const meter = provider.getMeter('scope', '1.0', { schemaUrl: 'https://s.example/1' })
  const counter = meter.createCounter('counter', { description: 'Things', unit: '{thing}', valueType: INT })
  const upDown = meter.createUpDownCounter('up.down', { valueType: INT })
  const gauge = meter.createGauge('gauge')
  const histogram = meter.createHistogram('histogram', { unit: 's' })
  const bounded = meter.createHistogram('bounded', { advice: { explicitBucketBoundaries: [1, 2.5] } })
  const exponential = meter.createHistogram('exponential')
  for (let i = 0; i < 40; i++) {
    const attributes = {
      series: i % 13,
      name: `näme ${i % 3}`,
      long: 'x'.repeat((i % 2) * 200),
      list: ['a', 'b'],
      on: i > 20,
    }
    counter.add(i * 1_000_000_007, attributes)
    upDown.add(-i, attributes)
    gauge.record(i / 3, { series: i % 3 })
    histogram.record(i * 37.5, attributes)
    bounded.record(i % 4)
    exponential.record((i % 5) * 1.7 - 2, { series: i % 2 })
  }
  gauge.record(Number.NaN, { odd: 'NaN' })
  gauge.record(Number.POSITIVE_INFINITY, { odd: 'infinite' })
  counter.add(Number.MAX_SAFE_INTEGER, { odd: 'large' })
  const other = provider.getMeter('other')
  const observed = [
    other.createObservableCounter('observed.counter'),
    other.createObservableUpDownCounter('observed.up.down'),
  ]
  const last = other.createObservableGauge('observed.gauge', { valueType: INT })
  other.addBatchObservableCallback(
    (result) => {
      for (const instrument of observed) result.observe(instrument, 12.5, { a: 1 })
      result.observe(last, -3)
    },
    [...observed, last],
  )
}

/** A provider that exports in batches. */
export function loggerProvider({ logs, resources }: Line, exporter: LogExporter): LoggerProvider {
  const { LoggerProvider, BatchLogRecordProcessor } = logs
  const resource = resources.resourceFromAttributes(resourceAttributes, { schemaUrl })
  return new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter })],
    logRecordLimits: { attributeCountLimit: 4 },
  })
}

/** Logs records with everything that they can have, and returns how many. */
export function log({ api }: Line, provider: LoggerProvider): number {
  const logger = provider.getLogger('scope', '1.0', { schemaUrl: 'https://s.example/1' })
  const bodies: unknown[] = [
    'text',
    'tëxt '.repeat(60),
    '',
    12,
    -0.5,
    true,
    new Uint8Array([0, 255]),
    ['a', 1, null, [2, { deep: true }]],
    { key: 'value', nested: { list: [1.5, 'x'], bytes: new Uint8Array([1]), empty: {} } },
    undefined,
  ]
  bodies.forEach((body, i) => {
    const traceFlags = i % 2
    const span = {
      traceId: `0af7651916cd43dd8448eb211c803${String(i).padStart(3, '0')}`,
      spanId: 'b7ad6b7169203331',
      traceFlags,
    }
    logger.emit({
      body,
      timestamp: [1_700_000_000 + i, 123_456_789],
      observedTimestamp: [1_700_000_100, i],
      severityNumber: i,
      severityText: i === 0 ? undefined : `LEVEL ${i}`,
      eventName: i % 3 === 0 ? `event.${i}` : undefined,
      attributes: { i, text: 'x'.repeat(i * 20), half: i + 0.5, map: { a: [i] }, over: 'the limit' },
      context: i % 4 === 3 ? undefined : api.trace.setSpanContext(api.ROOT_CONTEXT, span),
    })
  })
  provider.getLogger('other').emit({ body: 'from elsewhere', timestamp: [1, 0], observedTimestamp: [2, 0] })
  return bodies.length + 1
}
