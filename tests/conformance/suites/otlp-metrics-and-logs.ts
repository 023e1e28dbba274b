// SPDX-License-Identifier: Apache-2.0
import type { ExportResult, ReadableLogRecord, ResourceMetrics } from '@otel-ts/sdk'
import { captureOtlp, type OtlpCapture } from '@otel-ts/testkit'
import { afterEach, describe, expect } from 'vitest'
import { captureGrpc, type GrpcCapture } from '../grpc-capture.ts'
import type { DefineTest, Implementation } from '../implementation.ts'
import type { OtlpWay } from '../otlp-exporter-options.ts'
import { fieldsAt, textsAt } from '../protobuf-fields.ts'

// Field numbers of the requests of both signals: resource level 1, of which schema_url 3 and scope level 2, of which
// schema_url 3 and items 2.
const resources = [1]
const scopes = [1, 2]
const items = [1, 2, 2]

const kinds = [
  'COUNTER',
  'GAUGE',
  'HISTOGRAM',
  'UP_DOWN_COUNTER',
  'OBSERVABLE_COUNTER',
  'OBSERVABLE_GAUGE',
  'OBSERVABLE_UP_DOWN_COUNTER',
]
const delta = 0
const cumulative = 1

const exponential = 5

// Gauges have no temporality in OTLP; the specification's table leaves them out, and so do these.
const deltaKinds: Readonly<Record<string, readonly string[]>> = {
  cumulative: [],
  delta: ['COUNTER', 'HISTOGRAM', 'OBSERVABLE_COUNTER'],
  lowmemory: ['COUNTER', 'HISTOGRAM'],
}

/** protocol/exporter.md and metrics/sdk_exporters/otlp.md, on metrics and log records as SDKs hand them over. */
export function otlpMetricsAndLogsConformance(implementation: Implementation, test: DefineTest): void {
  const { sdk, metricExporter, logExporter } = implementation
  const open: { close(): Promise<void> }[] = []
  const set: string[] = []

  async function http(): Promise<OtlpCapture> {
    const wire = await captureOtlp()
    open.push(wire)
    return wire
  }
  async function grpc(): Promise<GrpcCapture> {
    const wire = await captureGrpc()
    open.push(wire)
    return wire
  }

  function setEnvironment(name: string, value: string): void {
    process.env[name] = value
    set.push(name)
  }

  async function sendMetrics(way: OtlpWay, url: string, metrics: ResourceMetrics): Promise<ExportResult> {
    const exporter = metricExporter(way, { url, timeoutMillis: 5000 })
    const result = await new Promise<ExportResult>((resolve) => exporter.export(metrics, resolve))
    await exporter.shutdown()
    return result
  }

  async function sendLogs(way: OtlpWay, url: string, records: ReadableLogRecord[]): Promise<ExportResult> {
    const exporter = logExporter(way, { url, timeoutMillis: 5000 })
    const result = await new Promise<ExportResult>((resolve) => exporter.export(records, resolve))
    await exporter.shutdown()
    return result
  }

  const resource = () => sdk.resourceFromAttributes({ 'service.name': 'shop' }, { schemaUrl: 'https://r.example/1' })
  const scope = { name: 'scope', version: '1', schemaUrl: 'https://s.example/1' }

  function collected(): ResourceMetrics {
    const descriptor = { name: 'requests', description: 'Requests', unit: '{request}', valueType: 0 }
    const dataPoint = {
      startTime: [1, 0] as [number, number],
      endTime: [2, 0] as [number, number],
      attributes: { 'http.route': '/' },
      value: 7,
    }
    const sum = { descriptor, aggregationTemporality: 1, dataPointType: 3, isMonotonic: true, dataPoints: [dataPoint] }
    return { resource: resource(), scopeMetrics: [{ scope, metrics: [sum] }] }
  }

  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const spanId = 'b7ad6b7169203331'

  function record(): ReadableLogRecord {
    return {
      hrTime: [1_700_000_000, 1],
      hrTimeObserved: [1_700_000_001, 0],
      severityNumber: 9,
      severityText: 'INFO',
      body: 'it is done',
      eventName: 'done',
      spanContext: { traceId, spanId, traceFlags: 1 },
      attributes: { user: 'u' },
      droppedAttributesCount: 0,
      resource: resource(),
      instrumentationScope: scope,
    }
  }

  function expectMetrics(message: Uint8Array): void {
    // Metric: name 1, unit 3, sum 7 with data_points 1 of which as_int 6, temporality 2 (cumulative is 2), is_monotonic 3.
    expect(textsAt(message, [...items, 1])).toEqual(['requests'])
    expect(textsAt(message, [...items, 3])).toEqual(['{request}'])
    expect(fieldsAt(message, [...items, 7, 1, 6])).toEqual([7n])
    expect([...fieldsAt(message, [...items, 7, 2]), ...fieldsAt(message, [...items, 7, 3])]).toEqual([2n, 1n])
  }

  function expectLogs(message: Uint8Array): void {
    // LogRecord: severity_number 2 and severity_text 3, body 5 (string_value 1), trace_id 9, span_id 10, event_name 12.
    expect(fieldsAt(message, [...items, 2])).toEqual([9n])
    expect([3, 12].map((field) => textsAt(message, [...items, field])[0])).toEqual(['INFO', 'done'])
    expect(textsAt(message, [...items, 5, 1])).toEqual(['it is done'])
    const ids = [9, 10].map((field) =>
      Buffer.from(fieldsAt(message, [...items, field])[0] as Uint8Array).toString('hex'),
    )
    expect(ids).toEqual([traceId, spanId])
  }

  describe('OTLP of metrics and logs', () => {
    afterEach(async () => {
      for (const name of set.splice(0)) delete process.env[name]
      for (const wire of open.splice(0)) await wire.close()
    })

    test('posts metrics over HTTP as protobuf and as JSON', async () => {
      const { url, requests } = await http()
      expect((await sendMetrics('protobuf', `${url}/v1/metrics`, collected())).code).toBe(0)
      expect((await sendMetrics('json', `${url}/v1/metrics`, collected())).code).toBe(0)
      expectMetrics(requests[0]!.body)
      const json = JSON.parse(Buffer.from(requests[1]!.body).toString())
      const [metric] = json.resourceMetrics[0].scopeMetrics[0].metrics
      expect(metric).toMatchObject({ name: 'requests', sum: { aggregationTemporality: 2, isMonotonic: true } })
      expect(metric.sum.dataPoints[0]).toMatchObject({ timeUnixNano: '2000000000' })
      expect(Number(metric.sum.dataPoints[0].asInt)).toBe(7)
    })

    test('sends metrics over gRPC', async () => {
      const { url, calls } = await grpc()
      expect((await sendMetrics('grpc', url, collected())).code).toBe(0)
      expect(calls[0]!.path).toBe('/opentelemetry.proto.collector.metrics.v1.MetricsService/Export')
      expectMetrics(calls[0]!.message)
    })

    test('posts logs over HTTP as protobuf and as JSON', async () => {
      const { url, requests } = await http()
      expect((await sendLogs('protobuf', `${url}/v1/logs`, [record()])).code).toBe(0)
      expect((await sendLogs('json', `${url}/v1/logs`, [record()])).code).toBe(0)
      expectLogs(requests[0]!.body)
      const json = JSON.parse(Buffer.from(requests[1]!.body).toString())
      expect(json.resourceLogs[0].scopeLogs[0].logRecords[0]).toMatchObject({
        timeUnixNano: '1700000000000000001',
        severityNumber: 9,
        body: { stringValue: 'it is done' },
        eventName: 'done',
        traceId,
        spanId,
      })
    })

    test('sends logs over gRPC', async () => {
      const { url, calls } = await grpc()
      expect((await sendLogs('grpc', url, [record()])).code).toBe(0)
      expect(calls[0]!.path).toBe('/opentelemetry.proto.collector.logs.v1.LogsService/Export')
      expectLogs(calls[0]!.message)
    })

    test('sends schema URLs of resource and scope with metrics', async () => {
      const { url, requests } = await http()
      await sendMetrics('protobuf', `${url}/v1/metrics`, collected())
      expect(textsAt(requests[0]!.body, [...resources, 3])).toEqual(['https://r.example/1'])
      expect(textsAt(requests[0]!.body, [...scopes, 3])).toEqual(['https://s.example/1'])
    })

    test('sends schema URLs of resource and scope with logs', async () => {
      const { url, requests } = await http()
      await sendLogs('protobuf', `${url}/v1/logs`, [record()])
      expect(textsAt(requests[0]!.body, [...resources, 3])).toEqual(['https://r.example/1'])
      expect(textsAt(requests[0]!.body, [...scopes, 3])).toEqual(['https://s.example/1'])
    })

    function deltaKindsOf(way: OtlpWay, temporalityPreference?: number): string[] {
      const options = temporalityPreference === undefined ? {} : { temporalityPreference }
      const exporter = metricExporter(way, { url: 'http://127.0.0.1:9', ...options })
      const chosen = kinds.map((kind) => exporter.selectAggregationTemporality(kind))
      expect(chosen.every((temporality) => temporality === delta || temporality === cumulative)).toBe(true)
      return kinds.filter((kind, i) => !kind.endsWith('GAUGE') && chosen[i] === delta).sort()
    }

    test('takes the temporality of each kind of instrument from an option', () => {
      for (const way of ['protobuf', 'json', 'grpc'] as const) {
        expect(deltaKindsOf(way, 1)).toEqual(deltaKinds['cumulative'])
        expect(deltaKindsOf(way, 0)).toEqual(deltaKinds['delta'])
        expect(deltaKindsOf(way, 2)).toEqual(deltaKinds['lowmemory'])
      }
    })

    test('takes the temporality of each kind of instrument from the environment, in any case', () => {
      expect(deltaKindsOf('protobuf')).toEqual([])
      for (const [preference, expected] of Object.entries(deltaKinds)) {
        for (const text of [preference, preference.toUpperCase()]) {
          setEnvironment('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', text)
          expect(deltaKindsOf('protobuf')).toEqual(expected)
        }
      }
    })

    const aggregationOf = (kind: string, options = {}) =>
      metricExporter('protobuf', { url: 'http://127.0.0.1:9', ...options }).selectAggregation(kind).type

    test('takes the default aggregation of each kind of instrument from an option', () => {
      const aggregationPreference = (kind: string) => ({ type: kind === 'HISTOGRAM' ? exponential : 2 }) as const
      expect(kinds.map((kind) => aggregationOf(kind, { aggregationPreference }))).toEqual(
        kinds.map((kind) => (kind === 'HISTOGRAM' ? exponential : 2)),
      )
    })

    test('takes the default aggregation of histograms from the environment', () => {
      const name = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'
      expect(kinds.map((kind) => aggregationOf(kind))).not.toContain(exponential)
      setEnvironment(name, 'base2_exponential_bucket_histogram')
      expect(kinds.filter((kind) => aggregationOf(kind) === exponential)).toEqual(['HISTOGRAM'])
      setEnvironment(name, 'explicit_bucket_histogram')
      expect(kinds.map((kind) => aggregationOf(kind))).not.toContain(exponential)
    })
  })
}
