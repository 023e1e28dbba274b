// SPDX-License-Identifier: Apache-2.0
import { type Batch, type ConsumeContext, type Signal, signals } from '@otel-ts/otlp'
import { createOtlpGrpcServer, createOtlpHttpServer } from '@otel-ts/otlp/server'
import { freePorts } from '../otlp/free-ports.ts'
import { startGoCollector } from '../otlp/go-collector.ts'
import { numbersOf } from './source.ts'

/** One fault over one protocol: a way of its own through toxiproxy, and its own destination. */
export interface Pair {
  readonly fault: string
  readonly protocol: 'grpc' | 'http/protobuf' | 'http/json'
}

export const pairName = ({ fault, protocol }: Pair): string => `${fault} ${protocol}`

/** An item that has arrived: when it did first, and how often. */
export interface Arrival {
  readonly at: number
  count: number
}

/** What has arrived at a pair's destination, by number of the item. */
export type Arrivals = ReadonlyMap<string, Readonly<Record<Signal, Map<number, Arrival>>>>

/** Where the pairs lead. */
export interface Destinations {
  /** By {@link pairName}. */
  readonly arrived: Arrivals
  /** `127.0.0.1:port` to connect to. */
  addressOf(pair: Pair): string
  stop(): Promise<void>
}

/** Our servers, gRPC and HTTP; the header `x-pair` tells which pair a request belongs to. */
export async function ourServers(pairs: readonly Pair[]): Promise<Destinations> {
  const arrived = new Map(
    pairs.map((pair) => [pairName(pair), { traces: new Map(), metrics: new Map(), logs: new Map() }] as const),
  )
  const handler = async (batch: Batch, { metadata }: ConsumeContext): Promise<undefined> => {
    const arrivals: Map<number, Arrival> = arrived.get(metadata.get('x-pair')![0]!)![batch.signal]
    const at = performance.now()
    for (const number of numbersOf(batch)) {
      const arrival = arrivals.get(number)
      if (arrival === undefined) arrivals.set(number, { at, count: 1 })
      else arrival.count++
    }
  }
  const grpc = await createOtlpGrpcServer({ endpoint: '127.0.0.1:0', handler, includeMetadata: true })
  const http = await createOtlpHttpServer({ endpoint: '127.0.0.1:0', handler, includeMetadata: true })
  return {
    arrived,
    addressOf: ({ protocol }) => (protocol === 'grpc' ? grpc : http).addresses[0]!,
    async stop() {
      await grpc.shutdown(0)
      await http.shutdown(0)
    },
  }
}

/** A Collector in Go with a receiver for each pair, which answers when our servers behind it have answered. */
export async function goCollector(binary: string, pairs: readonly Pair[]): Promise<Destinations> {
  const behind = await ourServers(pairs)
  const ports = await freePorts(pairs.length)
  const receivers: Record<string, object> = {}
  const exporters: Record<string, object> = {}
  const pipelines: Record<string, object> = {}
  for (const [i, pair] of pairs.entries()) {
    const protocol = pair.protocol === 'grpc' ? 'grpc' : 'http'
    receivers[`otlp/${i}`] = { protocols: { [protocol]: { endpoint: `127.0.0.1:${ports[i]}` } } }
    exporters[`otlp_http/${i}`] = {
      endpoint: `http://${behind.addressOf({ fault: '', protocol: 'http/protobuf' })}`,
      headers: { 'x-pair': pairName(pair) },
      sending_queue: { enabled: false },
      retry_on_failure: { enabled: false },
    }
    for (const signal of signals) {
      pipelines[`${signal}/${i}`] = { receivers: [`otlp/${i}`], exporters: [`otlp_http/${i}`] }
    }
  }
  const collector = await startGoCollector(binary, { receivers, exporters, service: { pipelines } })
  return {
    arrived: behind.arrived,
    addressOf: (pair) => `127.0.0.1:${ports[pairs.indexOf(pair)]}`,
    async stop() {
      await collector.stop()
      await behind.stop()
    },
  }
}
