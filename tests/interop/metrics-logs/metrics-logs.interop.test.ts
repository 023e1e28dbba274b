// SPDX-License-Identifier: Apache-2.0
// npm's metric and log SDKs send through our exporters. What arrives is compared with what npm's own serializers make of
// the same objects, both in the canonical form that PyPI's opentelemetry-proto gives them.
import { decodeLogs, decodeMetrics } from '@otel-ts/otlp'
import { createOtlpGrpcServer } from '@otel-ts/otlp/server'
import type { ReadableLogRecord, ResourceMetrics } from '@otel-ts/sdk'
import * as grpc from '@otel-ts/sdk/otlp-grpc'
import * as json from '@otel-ts/sdk/otlp-http'
import * as proto from '@otel-ts/sdk/otlp-proto'
import { captureOtlp, type OtlpCapture } from '@otel-ts/testkit'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { installPythonPeer } from '../../../tools/python-peers.mjs'
import { Oracle } from '../otlp/oracle.ts'
import { type Exporter, type Line, lines, loadLine, log, loggerProvider, measure, meterProvider } from './sdks.ts'

let oracle: Oracle | undefined
try {
  oracle = new Oracle(installPythonPeer('otlp-oracle'))
} catch (error) {
  console.log(`skipped: otlp-oracle: ${(error as Error).message}`)
}
afterAll(() => oracle?.close())

let wire: OtlpCapture
beforeEach(async () => {
  wire = await captureOtlp()
})
afterEach(() => wire.close())

/** Lets an exporter keep what it is given and how that ended. */
function keeping<Batch, E extends Exporter<Batch>>(exporter: E): { exporter: E; batches: Batch[]; codes: number[] } {
  const batches: Batch[] = []
  const codes: number[] = []
  const send = exporter.export.bind(exporter)
  exporter.export = (batch, callback) => {
    batches.push(batch)
    send(batch, (result) => {
      codes.push(result.code)
      callback(result)
    })
  }
  return { exporter, batches, codes }
}

function canonical(signal: 'metrics' | 'logs', encoding: 'protobuf' | 'json', body: Uint8Array): string {
  const [bytes] = oracle!.convert(encoding === 'json' ? 'from-json' : 'canonical', signal, [body])
  return bytes!.toString('hex')
}

const encodings = ['protobuf', 'json'] as const
const runnable = oracle !== undefined && lines.length > 0

describe.skipIf(!runnable).each(lines)('%s', (name) => {
  const line: Line = loadLine(name)

  describe.each(encodings)('%s', (encoding) => {
    const { OTLPMetricExporter, OTLPLogExporter } = encoding === 'json' ? json : proto

    test.each([
      ['cumulative', 1],
      ['delta', 0],
      ['low memory', 2],
    ])(
      'metrics of all instruments arrive as npm itself writes them, %s',
      async (_preference, temporalityPreference) => {
        const options = { url: `${wire.url}/v1/metrics`, temporalityPreference }
        const { exporter, batches, codes } = keeping<ResourceMetrics, proto.OTLPMetricExporter>(
          new OTLPMetricExporter(options),
        )
        const provider = meterProvider(line, exporter)
        measure(line, provider)
        await provider.forceFlush()
        measure(line, provider)
        await provider.forceFlush()
        expect(codes).toEqual([0, 0])
        const { ProtobufMetricsSerializer } = line.transformer
        for (const [i, batch] of batches.entries()) {
          expect(canonical('metrics', encoding, wire.requests[i]!.body)).toBe(
            canonical('metrics', 'protobuf', ProtobufMetricsSerializer.serializeRequest(batch)),
          )
        }
        const [resource] = decodeMetrics(Buffer.from(canonical('metrics', encoding, wire.requests[1]!.body), 'hex'))
        expect(resource?.schemaUrl).toBe('https://r.example/1')
        const scopes = resource!.scopeMetrics.map(({ scope, schemaUrl, metrics }) => [
          scope?.name,
          schemaUrl,
          metrics.length,
        ])
        expect(scopes).toEqual([
          ['scope', 'https://s.example/1', 6],
          ['other', '', 3],
        ])
        await provider.shutdown()
      },
    )

    test('logs of all kinds arrive as npm itself writes them', async () => {
      const url = `${wire.url}/v1/logs`
      const { exporter, batches, codes } = keeping<ReadableLogRecord[], proto.OTLPLogExporter>(
        new OTLPLogExporter({ url }),
      )
      const provider = loggerProvider(line, exporter)
      const count = log(line, provider)
      await provider.forceFlush()
      expect(codes).toEqual([0])
      const { ProtobufLogsSerializer } = line.transformer
      expect(canonical('logs', encoding, wire.requests[0]!.body)).toBe(
        canonical('logs', 'protobuf', ProtobufLogsSerializer.serializeRequest(batches[0]!)),
      )
      const [resource] = decodeLogs(Buffer.from(canonical('logs', encoding, wire.requests[0]!.body), 'hex'))
      expect(
        resource?.scopeLogs.map(({ scope, schemaUrl, logRecords }) => [scope?.name, schemaUrl, logRecords.length]),
      ).toEqual([
        ['scope', 'https://s.example/1', count - 1],
        ['other', '', 1],
      ])
      await provider.shutdown()
    })
  })

  test('metrics and logs go over gRPC to our server', async () => {
    const bodies: Record<string, Uint8Array> = {}
    const server = await createOtlpGrpcServer({
      endpoint: '127.0.0.1:0',
      handler: (batch) => {
        bodies[batch.signal] = Buffer.concat(batch.chunks())
        return Promise.resolve(undefined)
      },
    })
    const url = `http://${server.addresses[0]}`
    const metrics = keeping<ResourceMetrics, grpc.OTLPMetricExporter>(new grpc.OTLPMetricExporter({ url }))
    const logs = keeping<ReadableLogRecord[], grpc.OTLPLogExporter>(new grpc.OTLPLogExporter({ url }))
    const meters = meterProvider(line, metrics.exporter)
    const loggers = loggerProvider(line, logs.exporter)
    measure(line, meters)
    log(line, loggers)
    await Promise.all([meters.forceFlush(), loggers.forceFlush()])
    const { ProtobufMetricsSerializer, ProtobufLogsSerializer } = line.transformer
    expect(canonical('metrics', 'protobuf', bodies['metrics']!)).toBe(
      canonical('metrics', 'protobuf', ProtobufMetricsSerializer.serializeRequest(metrics.batches[0]!)),
    )
    expect(canonical('logs', 'protobuf', bodies['logs']!)).toBe(
      canonical('logs', 'protobuf', ProtobufLogsSerializer.serializeRequest(logs.batches[0]!)),
    )
    await Promise.all([meters.shutdown(), loggers.shutdown()])
    await server.shutdown(0)
  })

  test('a collection without measurements is not sent', async () => {
    const { exporter, codes } = keeping<ResourceMetrics, proto.OTLPMetricExporter>(
      new proto.OTLPMetricExporter({ url: `${wire.url}/v1/metrics` }),
    )
    const provider = meterProvider(line, exporter)
    provider.getMeter('scope').createCounter('unused')
    await provider.forceFlush()
    await provider.shutdown()
    expect(codes.every((code) => code === 0)).toBe(true)
    expect(wire.requests).toEqual([])
  })

  test('an exponential histogram is what the exporter asks for when the environment does', async () => {
    process.env['OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'] = 'base2_exponential_bucket_histogram'
    try {
      const provider = meterProvider(line, new proto.OTLPMetricExporter({ url: `${wire.url}/v1/metrics` }))
      provider.getMeter('scope').createHistogram('h').record(1)
      await provider.forceFlush()
      const [resource] = decodeMetrics(wire.requests[0]!.body)
      expect(resource?.scopeMetrics[0]?.metrics[0]?.data?.type).toBe('exponentialHistogram')
      await provider.shutdown()
    } finally {
      delete process.env['OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION']
    }
  })
})
