// SPDX-License-Identifier: Apache-2.0
// Arms: our OTLP/gRPC client with the retries and the deadline of an SDK exporter; and a grpc-js client that is handed the
// bytes and a deadline. The sink is another process.
import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { startChild } from '../harness/children.mjs'
import { readProtobuf } from '../harness/otlp-oracle.mjs'
import { spansPerRequest, traceBody } from '../http/requests.mjs'
import { exportPath, message } from './messages.mjs'

const concurrentCount = 8
// Until then node's own code is not all compiled.
const warmUpRequests = 15_000

export async function setUp({ implementation, peerFolder }) {
  const body = traceBody()
  const sink = startChild(new URL('./sink.mjs', import.meta.url))
  const { port } = await sink.ask({ listen: true })
  const send = await clients[implementation](port, body, peerFolder)
  async function run(count) {
    let left = count
    const lane = async () => {
      while (left-- > 0) await send()
    }
    await Promise.all(Array.from({ length: concurrentCount }, lane))
  }
  return {
    async check() {
      await sink.ask({ keep: true })
      await run(20)
      const { spans } = await sink.ask({ take: true })
      await sink.ask({ keep: false })
      const sent = readProtobuf(body)
      assert.equal(spans.length, 20 * spansPerRequest)
      for (const [i, span] of spans.entries())
        assert.deepEqual(span, JSON.parse(JSON.stringify(sent[i % spansPerRequest])))
      await run(warmUpRequests)
    },
    run,
  }
}

const clients = { ours, bare, 'grpc-js': grpcJs }

async function ours(port, body) {
  const { createOtlpGrpcClient, defaultRetryPolicy } = await import('@otel-ts/otlp/client')
  const client = createOtlpGrpcClient({ endpoint: `http://127.0.0.1:${port}`, retry: defaultRetryPolicy })
  const request = { signal: 'traces', chunks: [body], itemCount: spansPerRequest }
  return async () => {
    const outcome = await client.send(request)
    if (outcome.result !== 'accepted') throw outcome.error
  }
}

function grpcJs(port, body, peerFolder) {
  const grpc = createRequire(join(peerFolder, 'package.json'))('@grpc/grpc-js')
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  const bytes = Buffer.from(body)
  const same = (value) => value
  return () =>
    new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + 10_000 }
      client.makeUnaryRequest(exportPath, same, same, bytes, new grpc.Metadata(), options, (error, answer) =>
        error ? reject(error) : resolve(answer),
      )
    })
}

// What node:http2 costs by itself: a stream, its headers, one write, no deadline.
async function bare(port, body) {
  const session = connect(`http://127.0.0.1:${port}`)
  const headers = {
    ':method': 'POST',
    ':path': exportPath,
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'bare',
  }
  const sent = message(body)
  return () =>
    new Promise((resolve, reject) => {
      const stream = session.request(headers)
      stream.on('data', () => undefined)
      stream.on('close', resolve)
      stream.on('error', reject)
      stream.end(sent)
    })
}
