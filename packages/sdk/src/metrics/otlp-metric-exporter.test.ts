// SPDX-License-Identifier: Apache-2.0
import { Writable } from 'node:stream'
import { decodeMetrics, type OtlpOutcome, type OtlpRequest, parseJson } from '@otel-ts/otlp'
import { captureOtlp } from '@otel-ts/testkit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import { OtlpFileMetricExporter } from '../otlp-file/index.ts'
import { OTLPMetricExporter as GrpcExporter } from '../otlp-grpc/index.ts'
import { OTLPMetricExporter as JsonExporter } from '../otlp-http/index.ts'
import { AggregationTemporalityPreference, OTLPMetricExporter } from '../otlp-proto/index.ts'
import { resourceFromAttributes } from '../resource/resource.ts'
import type { ExportResult } from '../trace/span-processor.ts'
import { InstrumentType, type ResourceMetrics } from './metric-data.ts'
import { createOtlpMetricExporter, type OtlpMetricOptions } from './otlp-metric-exporter.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const accepted: OtlpOutcome = { result: 'accepted', partialSuccess: undefined }

function setUp(answer: () => Promise<OtlpOutcome> = () => Promise.resolve(accepted), options?: OtlpMetricOptions) {
  const requests: OtlpRequest[] = []
  const client = {
    send(request: OtlpRequest) {
      requests.push(request)
      return answer()
    },
    shutdown: vi.fn(() => Promise.resolve()),
  }
  const parts = { client, encoding: 'protobuf' as const, destination: 'http://x', concurrencyLimit: 1 }
  const exporter = createOtlpMetricExporter(parts, options)
  return { requests, client, exporter, send: (metrics: ResourceMetrics) => exportWith(exporter, metrics) }
}

function exportWith(exporter: Pick<OTLPMetricExporter, 'export'>, metrics: ResourceMetrics): Promise<ExportResult> {
  return new Promise((resolve) => exporter.export(metrics, resolve))
}

function collected(pointCount: number): ResourceMetrics {
  const dataPoints = Array.from({ length: pointCount }, (_, i) => ({
    startTime: [1, 0] as [number, number],
    endTime: [2, 0] as [number, number],
    attributes: { series: i },
    value: i,
  }))
  const descriptor = { name: 'm', description: '', unit: '', valueType: 0 }
  const metric = { descriptor, aggregationTemporality: 1, dataPointType: 3, isMonotonic: true, dataPoints }
  return {
    resource: resourceFromAttributes({}),
    scopeMetrics: [{ scope: { name: 'b' }, metrics: pointCount === 0 ? [] : [metric] }],
  }
}

test('sends one request for a collection of any size, in turns of the event loop', async () => {
  const { requests, send } = setUp()
  let turns = 0
  const count = (): void => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  expect(await send(collected(10_000))).toEqual({ code: 0 })
  clearImmediate(timer)
  expect(requests.map(({ signal, itemCount }) => [signal, itemCount])).toEqual([['metrics', 10_000]])
  // 10,000 points in slices of 256.
  expect(turns).toBeGreaterThanOrEqual(39)
  const [resource] = decodeMetrics(Buffer.concat(requests[0]!.chunks))
  expect(resource?.scopeMetrics[0]?.metrics[0]?.data?.dataPoints).toHaveLength(10_000)
})

test('an empty collection is not sent', async () => {
  const { requests, send } = setUp()
  expect(await send(collected(0))).toEqual({ code: 0 })
  expect(requests).toEqual([])
})

test('a partial success names data points', async () => {
  const partial = vi.spyOn(sdkEvents, 'partialSuccess').mockImplementation(() => {})
  const { send } = setUp(() =>
    Promise.resolve({ result: 'accepted', partialSuccess: { rejectedCount: 2n, message: 'too old' } }),
  )
  expect(await send(collected(5))).toEqual({ code: 0 })
  expect(partial).toHaveBeenCalledWith('http://x', 2n, 'too old', 'data points')
})

test('exports over the limit, of broken metrics and after shutdown fail without a throw', async () => {
  let answer = (_outcome: OtlpOutcome): void => {}
  const gate = new Promise<OtlpOutcome>((resolve) => {
    answer = resolve
  })
  const { exporter, client, send } = setUp(() => gate)
  const first = send(collected(1))
  expect((await send(collected(3))).error?.message).toBe(
    'http://x: 1 exports run, the limit is 1; 3 data points are not sent',
  )
  answer(accepted)
  await exporter.forceFlush()
  expect(await first).toEqual({ code: 0 })
  expect((await send({} as ResourceMetrics)).error?.message).toMatch(/^http:\/\/x: .*; 0 data points are not sent$/)
  await Promise.all([exporter.shutdown(), exporter.shutdown()])
  expect(client.shutdown).toHaveBeenCalledOnce()
  expect((await send(collected(1))).error?.message).toBe(
    'http://x: the exporter is shut down; 1 data points are not sent',
  )
})

test('a callback that throws is said and breaks nothing', async () => {
  const said = vi.spyOn(sdkEvents, 'callbackThrew').mockImplementation(() => {})
  const { exporter, send } = setUp()
  exporter.export(collected(1), () => {
    throw new Error('odd')
  })
  await exporter.forceFlush()
  expect(said).toHaveBeenCalledOnce()
  expect(await send(collected(1))).toEqual({ code: 0 })
})

test.each([
  ['protobuf', OTLPMetricExporter, 'application/x-protobuf'],
  ['json', JsonExporter, 'application/json'],
] as const)('sends %s over HTTP to a real server', async (_name, Exporter, contentType) => {
  const server = await captureOtlp()
  const exporter = new Exporter({ url: `${server.url}/v1/metrics`, headers: { 'x-key': '1' } })
  expect(await exportWith(exporter, collected(3))).toEqual({ code: 0 })
  expect(server.requests).toMatchObject([
    { method: 'POST', path: '/v1/metrics', headers: { 'content-type': contentType, 'x-key': '1' } },
  ])
  await exporter.shutdown()
  await server.close()
})

const kinds = Object.values(InstrumentType)
const [delta, cumulative] = [0, 1]

describe('temporality by kind of instrument', () => {
  const all = (value: number) => Object.fromEntries(kinds.map((kind) => [kind, value]))
  const table: [string, number, Record<string, number>][] = [
    ['cumulative', AggregationTemporalityPreference.CUMULATIVE, all(cumulative)],
    [
      'delta',
      AggregationTemporalityPreference.DELTA,
      { ...all(delta), UP_DOWN_COUNTER: cumulative, OBSERVABLE_UP_DOWN_COUNTER: cumulative },
    ],
    ['lowmemory', AggregationTemporalityPreference.LOWMEMORY, { ...all(cumulative), COUNTER: delta, HISTOGRAM: delta }],
  ]
  const chosen = (exporter: OTLPMetricExporter) =>
    Object.fromEntries(kinds.map((kind) => [kind, exporter.selectAggregationTemporality(kind)]))

  test.each(table)('%s by option', (_name, temporalityPreference, expected) => {
    expect(chosen(new OTLPMetricExporter({ temporalityPreference }))).toEqual(expected)
  })

  test.each(table)('%s by environment, in any case', (name, _option, expected) => {
    const variable = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'
    for (const text of [name, name.toUpperCase(), ` ${name[0]!.toUpperCase()}${name.slice(1)} `]) {
      vi.stubEnv(variable, text)
      expect(chosen(new OTLPMetricExporter())).toEqual(expected)
    }
  })

  test.each(['', 'low memory', 'deltas'])('cumulative when the environment says %j', (text) => {
    vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', text)
    expect(chosen(new OTLPMetricExporter())).toEqual(all(cumulative))
  })

  test('an option wins over the environment, and one that means nothing is said and ignored', () => {
    const said = vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'delta')
    expect(chosen(new OTLPMetricExporter({ temporalityPreference: 1 }))).toEqual(all(cumulative))
    expect(said).not.toHaveBeenCalled()
    expect(new OTLPMetricExporter({ temporalityPreference: 3 }).selectAggregationTemporality('COUNTER')).toBe(delta)
    expect(said).toHaveBeenCalledOnce()
  })

  test('kinds that nobody knows are cumulative unless delta is asked for', () => {
    expect(new OTLPMetricExporter({ temporalityPreference: 2 }).selectAggregationTemporality('NEW')).toBe(cumulative)
  })
})

describe('aggregation of histograms', () => {
  const variable = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'
  const typesOf = (exporter: OTLPMetricExporter) =>
    kinds
      .filter((kind) => exporter.selectAggregation(kind).type !== 0)
      .map((kind) => [kind, exporter.selectAggregation(kind)])

  test.each([
    [undefined, []],
    ['explicit_bucket_histogram', []],
    ['base2_exponential_bucket_histogram', [['HISTOGRAM', { type: 5 }]]],
    ['BASE2_Exponential_Bucket_Histogram', [['HISTOGRAM', { type: 5 }]]],
    ['exponential', []],
  ])('%s by environment', (text, expected) => {
    vi.spyOn(sdkEvents, 'invalidSetting').mockImplementation(() => {})
    vi.stubEnv(variable, text)
    expect(typesOf(new OTLPMetricExporter())).toEqual(expected)
    expect(typesOf(new JsonExporter())).toEqual(expected)
    expect(typesOf(new GrpcExporter())).toEqual(expected)
  })

  test('a function given wins', () => {
    vi.stubEnv(variable, 'base2_exponential_bucket_histogram')
    const exporter = new OTLPMetricExporter({ aggregationPreference: () => ({ type: 1 }) })
    expect(exporter.selectAggregation('HISTOGRAM')).toEqual({ type: 1 })
  })
})

test('writes metrics to a stream as a JSON line', async () => {
  let written = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += chunk
      done()
    },
  })
  const exporter = new OtlpFileMetricExporter({ stream, temporalityPreference: 0 })
  expect(exporter.selectAggregationTemporality('COUNTER')).toBe(delta)
  expect(await exportWith(exporter, collected(2))).toEqual({ code: 0 })
  await exporter.shutdown()
  expect(written).toMatch(/^\{.*\}\n$/)
  expect(parseJson('metrics', written)[0]?.scopeMetrics[0]?.metrics[0]?.data?.dataPoints).toHaveLength(2)
})
