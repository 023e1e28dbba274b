// SPDX-License-Identifier: Apache-2.0
// Ours to theirs to ours: our clients send random messages that cover every field to a Collector in Go, which passes them
// on to our servers; what arrives must be what was sent. Every protocol, encoding and compression that both ends have
// occurs on each side of the Collector.
import * as zlib from 'node:zlib'
import { type Batch, batchFromBytes, formatJson, type Signal, signals } from '@otel-ts/otlp'
import { createOtlpHttpClient, type OtlpClient } from '@otel-ts/otlp/client'
import { createOtlpGrpcServer, createOtlpHttpServer, type OtlpServer } from '@otel-ts/otlp/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeRecords } from '../../../packages/otlp/src/encode/encode.ts'
import { freePorts } from '../otlp/free-ports.ts'
import { type GoCollector, goPeerOrSkip, startGoCollector } from '../otlp/go-collector.ts'
import { oracleMessages, requestWithSpan } from '../otlp/messages.ts'
import { startOurCollector } from '../otlp/our-collector.ts'
import { pythonPeerOrSkip } from '../otlp/python-peer.ts'
import { goForm } from './go-form.ts'
import { clientOf, configuration, protocolOf, routes, urls, type Way } from './routes.ts'

const binary = goPeerOrSkip('otel-collector')
const python = pythonPeerOrSkip('otlp-oracle')

const canCompressZstd = 'zstdCompress' in zlib

describe.skipIf(binary === undefined || python === undefined)('our clients to a Go Collector to our servers', () => {
  const servers: OtlpServer[] = []
  const arrived: Batch[] = []
  const messages = new Map<Signal, Buffer[]>()
  let collector: GoCollector | undefined
  let ports: number[] = []

  beforeAll(async () => {
    for (const [signal, all] of oracleMessages(python!, 'legal-ids')) {
      // The Collector answers requests without items itself.
      messages.set(
        signal,
        all.filter((message) => batchFromBytes(signal, message).itemCount > 0),
      )
    }
    const handler = async (batch: Batch): Promise<undefined> => {
      arrived.push(batch)
    }
    const grpc = await createOtlpGrpcServer({ endpoint: '127.0.0.1:0', handler })
    const http = await createOtlpHttpServer({ endpoint: '127.0.0.1:0', handler })
    servers.push(grpc, http)
    ports = await freePorts(2 * routes.length)
    collector = await startGoCollector(binary!, configuration(ports, grpc.addresses[0]!, http.addresses[0]!))
  }, 120_000)

  afterAll(async () => {
    await collector?.stop()
    for (const server of servers) await server.shutdown(0)
  })

  test('fields that no version of OTLP has do not get through', async () => {
    arrived.length = 0
    const span = '0a10000102030405060708090a0b0c0d0e0f' + '1208f0f1f2f3f4f5f6f7' // trace_id, span_id
    const withUnknown = `${span}a2060378797a` // field 100, "xyz"
    const known = requestWithSpan(Buffer.from(span, 'hex'))
    const client = clientOf('grpc none', ports[0]!, ports[1]!)
    await sendAll(client, 'grpc none', 'traces', [requestWithSpan(Buffer.from(withUnknown, 'hex'))])
    await client.shutdown()
    expect(arrived.map((batch) => hexOf('traces', batch))).toEqual([goHex('traces', known)])
    expect(Buffer.from(arrived[0]!.chunks()[0]!).includes('xyz')).toBe(false)
  })

  test('ids of other lengths are refused for good', async () => {
    for (const entry of ['grpc none', 'http/protobuf none'] as const) {
      const client = clientOf(entry, ports[0]!, ports[1]!)
      const outcome = await client.send({
        signal: 'traces',
        chunks: [requestWithSpan(Buffer.from('0a03616263', 'hex'))],
        itemCount: 1,
      })
      await client.shutdown()
      expect(outcome).toMatchObject({ result: 'failed', retryable: false, grpcStatus: entry === 'grpc none' ? 13 : 3 })
    }
  })

  test.each(signals)(
    '%s arrive with every field by way of our Collector too, once from each exporter',
    async (signal) => {
      arrived.length = 0
      const grpc = `127.0.0.1:${portsOf('grpc gzip').grpc}`
      const protobuf = `http://127.0.0.1:${portsOf('http/protobuf gzip').http}`
      const json = `http://127.0.0.1:${portsOf('http/json gzip').http}`
      const exporters = {
        otlp_grpc: { endpoint: grpc, compression: 'snappy', tls: { insecure: true } },
        'otlp_http/protobuf': { endpoint: protobuf, compression: 'snappy' },
        'otlp_http/json': { endpoint: json, encoding: 'json' },
      }
      const pipeline = { receivers: ['otlp'], exporters: Object.keys(exporters) }
      const ours = await startOurCollector({
        receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:0' } } } },
        exporters,
        service: { pipelines: { [signal]: pipeline } },
      })
      const client = createOtlpHttpClient({ url: urls(`http://${ours.http}`), compression: 'gzip', proxy: 'none' })
      const sent = messages.get(signal)!
      await sendAll(client, 'http/protobuf gzip', signal, sent)
      await client.shutdown()
      // Its end empties the queues.
      expect(await ours.command.stop(), ours.command.output()).toEqual({ code: 0, signal: null })
      await ours.dispose()
      const once = sent.map((message) => goHex(signal, message))
      expectArrived(signal, [...once, ...once, ...once])
    },
  )

  const portsOf = (entry: Way): { grpc: number; http: number } => {
    const i = routes.findIndex((route) => route.entry === entry)
    return { grpc: ports[2 * i]!, http: ports[2 * i + 1]! }
  }

  /** Compares what has arrived with these messages, whatever their order. */
  function expectArrived(signal: Signal, messages: string[]): void {
    const expected = messages.sort()
    const actual = arrived.map((batch) => hexOf(signal, batch)).sort()
    expect(actual).toHaveLength(expected.length)
    // One pair that shows what differs says more than hundreds of messages in hex.
    const missing = difference(expected, actual)[0]
    const added = difference(actual, expected)[0]
    expect(jsonOf(signal, added)).toBe(jsonOf(signal, missing))
    expect(added).toBe(missing)
    expect(actual).toEqual(expected)
  }

  describe.each(routes)('in by $entry, out by $exit', ({ entry, exit }) => {
    const i = routes.findIndex((route) => route.entry === entry)

    test.skipIf(entry.endsWith('zstd') && !canCompressZstd).each(signals)(
      '%s arrive with every field',
      async (signal) => {
        arrived.length = 0
        const client = clientOf(entry, ports[2 * i]!, ports[2 * i + 1]!)
        const sent = messages.get(signal)!
        await sendAll(client, entry, signal, sent)
        await client.shutdown()
        expectArrived(
          signal,
          sent.map((message) => goHex(signal, message)),
        )
      },
    )
  })
})

function jsonOf(signal: Signal, hex: string | undefined): string {
  if (hex === undefined) return ''
  return formatJson(signal, batchFromBytes(signal, Buffer.from(hex, 'hex')).records() as never)
}

function difference(from: string[], other: string[]): string[] {
  const rest = new Set(other)
  return from.filter((item) => !rest.has(item))
}

const goHex = (signal: Signal, message: Uint8Array): string => Buffer.from(goForm(signal, message)).toString('hex')

const goNaN = Buffer.from('010000000000f87f', 'hex')

function hexOf(signal: Signal, batch: Batch): string {
  const bytes = Buffer.from(encodeRecords(signal, batch.records()).bytes)
  // There are many NaN; the one that Go makes of JSON's "NaN" differs in the last bit.
  for (let at = bytes.indexOf(goNaN); at >= 0; at = bytes.indexOf(goNaN, at)) bytes[at] = 0
  return bytes.toString('hex')
}

async function sendAll(client: OtlpClient, way: Way, signal: Signal, sent: readonly Buffer[]): Promise<void> {
  let next = 0
  const sender = async (): Promise<void> => {
    for (let message = sent[next++]; message !== undefined; message = sent[next++]) {
      const batch = batchFromBytes(signal, message)
      const body = protocolOf(way) === 'http/json' ? Buffer.from(formatJson(signal, batch.records() as never)) : message
      const outcome = await client.send({ signal, chunks: [body], itemCount: batch.itemCount })
      expect(outcome).toEqual({ result: 'accepted', partialSuccess: undefined })
    }
  }
  await Promise.all(Array.from({ length: 8 }, sender))
}
