// SPDX-License-Identifier: Apache-2.0
// Arms: our OTLP/gRPC server with a handler that counts and accepts; and a grpc-js server that takes the message as bytes.
// The value is spans per second of this process's CPU time.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { startChild } from '../harness/children.mjs'
import { spansPerRequest, traceBody } from '../http/requests.mjs'
import { exportPath, message } from './messages.mjs'

const requestsPerWindow = 3000
// Until then node's own code is not all compiled.
const warmUpRequests = 20_000

export async function setUp({ implementation, peerFolder }) {
  const body = traceBody()
  const server = implementation === 'ours' ? await startOurs() : await startGrpcJs(peerFolder)
  const load = await startLoad({ port: server.port, sent: message(body) })
  return {
    async check() {
      await load.send(100)
      server.check(100)
      if (implementation === 'ours') {
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
async function startLoad({ port, sent, connectionCount = 2, status = 0 }) {
  const child = startChild(new URL('./load.mjs', import.meta.url))
  const begin = { port, message: sent.toString('base64'), connectionCount, callsPerConnection: 8, status }
  await child.ask({ begin })
  return { send: (count) => child.ask({ send: count }) }
}

async function startOurs() {
  const { createOtlpGrpcServer } = await import('@otel-ts/otlp/server')
  let spanCount = 0
  const server = await createOtlpGrpcServer({
    endpoint: '127.0.0.1:0',
    handler: async (batch) => {
      spanCount += batch.itemCount
    },
  })
  return {
    port: Number(server.addresses[0].split(':')[1]),
    check: (requestCount) => assert.equal(spanCount, requestCount * spansPerRequest),
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
  let requestCount = 0
  server.addService(definition, {
    Export: (_call, done) => {
      requestCount++
      done(null, answer)
    },
  })
  const port = await new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return { port, check: (expected) => assert.equal(requestCount, expected) }
}
