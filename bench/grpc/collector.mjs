// SPDX-License-Identifier: Apache-2.0
// Arms: a Collector in this process, from OTLP over gRPC through `batch` to where `to` says; and what it is compared with,
// a grpc-js server that takes the message as bytes and throws it away. The value is spans per second of this process's
// CPU time.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { startChild } from '../harness/children.mjs'
import { readProtobuf } from '../harness/otlp-oracle.mjs'
import { spansPerRequest, traceBody } from '../http/requests.mjs'
import { exportPath, message } from './messages.mjs'

const requestsPerWindow = 3000
// Until then node's own code is not all compiled.
const warmUpRequests = 20_000

export async function setUp({ implementation, to = 'nop', gzip = false, peerFolder }) {
  const body = traceBody()
  const isOurs = implementation === 'ours'
  const server = isOurs ? await startCollector(to) : await startGrpcJs(peerFolder)
  const sent = gzip ? message(gzipSync(body, { level: 1 }), true) : message(body)
  const load = await startLoad({ port: server.port, sent, gzip })
  return {
    async check() {
      if (isOurs) {
        await server.check(body, sent, gzip)
        const truncated = message(body.subarray(0, -3))
        const bad = await startLoad({ port: server.port, sent: truncated, connectionCount: 1, status: 3 })
        await bad.send(1)
      }
      await load.send(warmUpRequests)
    },
    async measure() {
      const before = process.cpuUsage()
      await load.send(requestsPerWindow)
      const { user, system } = process.cpuUsage(before)
      return (requestsPerWindow * spansPerRequest * 1e6) / (user + system)
    },
  }
}

// Two connections with eight calls each: SDKs keep one, gateways a few.
async function startLoad({ port, sent, gzip = false, connectionCount = 2, status = 0 }) {
  const child = startChild(new URL('./load.mjs', import.meta.url))
  const begin = { port, message: sent.toString('base64'), connectionCount, callsPerConnection: 8, status, gzip }
  await child.ask({ begin })
  return { send: (count) => child.ask({ send: count }) }
}

async function startSink() {
  const child = startChild(new URL('./sink.mjs', import.meta.url))
  const { port } = await child.ask({ listen: true })
  return { port, keep: (keep) => child.ask({ keep }), take: async () => (await child.ask({ take: true })).spans }
}

async function startCollector(to) {
  const { createCollector, dedicateProcess, loadConfig } = await import('@otel-ts/collector')
  // As `otel-ts collect` does.
  dedicateProcess()
  const sink = to === 'nop' ? undefined : await startSink()
  // The sink is slower than what is measured: it sets the pace, and nothing may be lost.
  const queue = 'sending_queue: {queue_size: 20, block_on_overflow: true}'
  const exporters = {
    nop: 'nop: ',
    otlp_grpc: `otlp_grpc: {endpoint: "127.0.0.1:${sink?.port}", tls: {insecure: true}, compression: none, ${queue}}`,
    otlp_grpc_gzip: `otlp_grpc: {endpoint: "127.0.0.1:${sink?.port}", tls: {insecure: true}, compression: gzip, ${queue}}`,
  }
  const { config, problems } = await loadConfig({
    sources: [
      `yaml:{receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:0"}}}}, processors: {batch: }, exporters: {${exporters[to]}}, service: {pipelines: {traces: {receivers: [otlp], processors: [batch], exporters: [${to.split('_gzip')[0]}]}}}}`,
    ],
    environment: {},
  })
  assert.deepEqual(problems, [])
  let port
  const log = (line) => {
    if (line.level === 'error') console.error(line.message, line.fields)
    const address = line.fields?.address
    if (typeof address === 'string') port = Number(/:(\d+)$/.exec(address)[1])
  }
  const collector = createCollector({ config, telemetry: { log } })
  await collector.start()
  const countOf = (name) =>
    collector
      .counters()
      .filter((counter) => counter.name === name)
      .reduce((sum, { value }) => sum + value, 0)
  return {
    port,
    async check(body, sent, gzip) {
      const requestCount = 100
      await sink?.keep(true)
      const once = await startLoad({ port, sent, gzip })
      await once.send(requestCount)
      const expected = requestCount * spansPerRequest
      // The batch processor hands on what is left after 200 ms.
      await new Promise((resolve) => setTimeout(resolve, 500))
      assert.equal(countOf('otelcol_receiver_accepted_spans'), expected)
      if (sink === undefined) return
      const sentSpans = readProtobuf(body)
      const arrived = await sink.take()
      assert.equal(arrived.length, expected)
      for (const [i, span] of arrived.entries()) assert.deepEqual(span, sentSpans[i % spansPerRequest])
      await sink.keep(false)
    },
  }
}

async function startGrpcJs(peerFolder) {
  const grpc = createRequire(join(peerFolder, 'package.json'))('@grpc/grpc-js')
  const server = new grpc.Server()
  const bytes = (value) => value
  const definition = {
    Export: {
      path: exportPath,
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  }
  const answer = Buffer.alloc(0)
  server.addService(definition, { Export: (_call, done) => done(null, answer) })
  const port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return { port }
}
