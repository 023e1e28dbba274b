// SPDX-License-Identifier: Apache-2.0
// The ways through a Collector in Go: one receiver and one exporter each, for all signals.
import { type Signal, signals } from '@otel-ts/otlp'
import { createOtlpGrpcClient, createOtlpHttpClient, type OtlpClient } from '@otel-ts/otlp/client'

// Ways into the Collector: our clients.
const entries = [
  'grpc none',
  'grpc gzip',
  'grpc snappy',
  'grpc zstd',
  'http/protobuf none',
  'http/protobuf gzip',
  'http/protobuf deflate',
  'http/protobuf zstd',
  'http/protobuf snappy',
  'http/protobuf x-snappy-framed',
  'http/json none',
  'http/json gzip',
] as const

// Ways out of it: to our servers.
const exits = [
  'grpc none',
  'http/json gzip',
  'http/protobuf zstd',
  'http/protobuf none',
  'grpc gzip',
  'grpc snappy',
  'grpc zstd',
  'http/protobuf snappy',
  'http/protobuf x-snappy-framed',
  'http/json none',
  'http/protobuf gzip',
  'http/protobuf deflate',
] as const
/** Protocol, encoding and compression. */
export type Way = (typeof entries)[number]

/** Every way in and every way out occurs once. */
export const routes = entries.map((entry, i) => ({ entry, exit: exits[i]! }))
export const protocolOf = (way: Way) => way.split(' ')[0] as 'grpc' | 'http/protobuf' | 'http/json'
const codingOf = (way: Way) => way.split(' ')[1] as 'none' | 'gzip' | 'snappy' | 'zstd'

/** A client of ours for the receiver with these ports. */
export function clientOf(way: Way, grpcPort: number, httpPort: number): OtlpClient {
  if (protocolOf(way) === 'grpc') {
    return createOtlpGrpcClient({
      endpoint: `127.0.0.1:${grpcPort}`,
      insecure: true,
      compression: codingOf(way),
      proxy: 'none',
    })
  }
  return createOtlpHttpClient({
    url: urls(`http://127.0.0.1:${httpPort}`),
    encoding: protocolOf(way) === 'http/json' ? 'json' : 'protobuf',
    compression: codingOf(way),
    proxy: 'none',
  })
}

/** Addresses of the signals below that of the receiver. */
export function urls(base: string): Record<Signal, string> {
  return { traces: `${base}/v1/traces`, metrics: `${base}/v1/metrics`, logs: `${base}/v1/logs` }
}

/** A receiver, its exporters and pipelines for each route; without queues the answer is that of our server. */
export function configuration(ports: number[], grpcAddress: string, httpAddress: string): object {
  const receivers: Record<string, object> = {}
  const exporters: Record<string, object> = {}
  const pipelines: Record<string, object> = {}
  for (const [i, { exit }] of routes.entries()) {
    receivers[`otlp/${i}`] = {
      protocols: {
        grpc: { endpoint: `127.0.0.1:${ports[2 * i]}` },
        http: { endpoint: `127.0.0.1:${ports[2 * i + 1]}` },
      },
    }
    const direct = { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } }
    const compression = codingOf(exit)
    const name = protocolOf(exit) === 'grpc' ? `otlp_grpc/${i}` : `otlp_http/${i}`
    exporters[name] =
      protocolOf(exit) === 'grpc'
        ? { ...direct, endpoint: grpcAddress, tls: { insecure: true }, compression }
        : {
            ...direct,
            endpoint: `http://${httpAddress}`,
            encoding: protocolOf(exit) === 'http/json' ? 'json' : 'proto',
            compression,
          }
    for (const signal of signals) {
      pipelines[`${signal}/${i}`] = { receivers: [`otlp/${i}`], exporters: [name] }
    }
  }
  return { receivers, exporters, service: { telemetry: { metrics: { level: 'none' } }, pipelines } }
}
