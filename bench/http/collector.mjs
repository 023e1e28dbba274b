// SPDX-License-Identifier: Apache-2.0
// Arms: a Collector in this process, from OTLP/HTTP through `batch` to where `to` says; and what it is compared with, a
// node:http server that reads the body and throws it away. The value is spans per second of this process's CPU time.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { startLoad, startSink } from '../harness/children.mjs'
import { readProtobuf } from '../harness/otlp-oracle.mjs'
import { postRequest, spansPerRequest, traceBody } from './requests.mjs'

// One window: about 50 ms of the fastest server's time.
const requestsPerWindow = 3000
// Until then node's own code is not all compiled.
const warmUpRequests = 20_000

export async function setUp({ implementation, to = 'nop', gzip = false }) {
  const body = traceBody()
  const isOurs = implementation === 'ours'
  const server = isOurs ? await startCollector(to) : await startBare(gzip)
  const load = await startLoad({ port: server.port, request: postRequest({ body, gzip }) })
  return {
    async check() {
      if (isOurs) {
        await server.check(body, gzip)
        const truncated = postRequest({ body: body.subarray(0, -3), gzip })
        const bad = await startLoad({ port: server.port, request: truncated, connectionCount: 1, status: 400 })
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

async function startCollector(to) {
  const { createCollector, dedicateProcess, loadConfig } = await import('@otel-ts/collector')
  // As `otel-ts collect` does.
  dedicateProcess()
  const sink = to === 'nop' ? undefined : await startSink()
  const exporters = {
    nop: 'nop: ',
    otlp_http: `otlp_http: {endpoint: "http://127.0.0.1:${sink?.port}", compression: none}`,
    otlp_http_gzip: `otlp_http: {endpoint: "http://127.0.0.1:${sink?.port}", compression: gzip}`,
  }
  const { config, problems } = await loadConfig({
    sources: [
      `yaml:{receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}, processors: {batch: }, exporters: {${exporters[to]}}, service: {pipelines: {traces: {receivers: [otlp], processors: [batch], exporters: [${to.split('_gzip')[0]}]}}}}`,
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
    async check(body, gzip) {
      const requestCount = 100
      await sink?.keep(true)
      const once = await startLoad({ port, request: postRequest({ body, gzip }) })
      await once.send(requestCount)
      const expected = requestCount * spansPerRequest
      // The batch processor hands on what is left after 200 ms.
      await new Promise((resolve) => setTimeout(resolve, 500))
      assert.equal(countOf('otelcol_receiver_accepted_spans'), expected)
      if (sink === undefined) return
      const sent = readProtobuf(body)
      const arrived = await sink.take()
      assert.equal(arrived.length, expected)
      for (const [i, span] of arrived.entries()) assert.deepEqual(span, sent[i % spansPerRequest])
      await sink.keep(false)
    },
  }
}

async function startBare(gzip) {
  const server = createServer((incoming, outgoing) => {
    const chunks = []
    if (gzip) incoming.on('data', (chunk) => chunks.push(chunk))
    else incoming.on('data', () => undefined)
    incoming.on('end', () => {
      if (gzip) gunzipSync(Buffer.concat(chunks))
      outgoing.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 })
      outgoing.end()
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: server.address().port }
}
