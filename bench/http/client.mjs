// SPDX-License-Identifier: Apache-2.0
// Arms: our OTLP/HTTP client with the retries and the deadline of an SDK exporter; and node:http as it is.
import assert from 'node:assert/strict'
import http from 'node:http'
import { startSink } from '../harness/children.mjs'
import { readProtobuf } from '../harness/otlp-oracle.mjs'
import { spansPerRequest, traceBody } from './requests.mjs'

const concurrentCount = 8
// Until then node's own code is not all compiled.
const warmUpRequests = 15_000

export async function setUp({ implementation }) {
  const body = traceBody()
  const sink = await startSink()
  const send = implementation === 'ours' ? await ours(sink.port, body) : bare(sink.port, body)
  async function run(count) {
    let left = count
    const lane = async () => {
      while (left-- > 0) await send()
    }
    await Promise.all(Array.from({ length: concurrentCount }, lane))
  }
  return {
    async check() {
      await sink.keep(true)
      await run(20)
      const spans = await sink.take()
      await sink.keep(false)
      const sent = readProtobuf(body)
      assert.equal(spans.length, 20 * spansPerRequest)
      for (const [i, span] of spans.entries())
        assert.deepEqual(span, JSON.parse(JSON.stringify(sent[i % spansPerRequest])))
      await run(warmUpRequests)
    },
    run,
  }
}

async function ours(port, body) {
  const { createOtlpHttpClient, defaultRetryPolicy } = await import('@otel-ts/otlp/client')
  const client = createOtlpHttpClient({ url: `http://127.0.0.1:${port}/v1/traces`, retry: defaultRetryPolicy })
  const request = { signal: 'traces', chunks: [body], itemCount: spansPerRequest }
  return async () => {
    const outcome = await client.send(request)
    if (outcome.result !== 'accepted') throw outcome.error
  }
}

function bare(port, body) {
  const agent = new http.Agent({ keepAlive: true })
  const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
  return () =>
    new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port, path: '/v1/traces', method: 'POST', agent, headers })
      request.on('response', (response) => {
        response.on('data', () => undefined)
        response.on('end', resolve)
      })
      request.on('error', reject)
      request.end(body)
    })
}
