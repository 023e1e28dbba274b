// SPDX-License-Identifier: Apache-2.0
// The server of http-request.mjs: bare, or traced by one of the SDKs through npm's instrumentation.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { readProtobuf } from '../harness/otlp-oracle.mjs'
import { loadImplementation } from './implementations.mjs'

const context = JSON.parse(process.argv[2])
let flush = async () => {}
let bodies = []

if (context.implementation !== 'bare') {
  const implementation = await loadImplementation(context)
  const { HttpInstrumentation } = createRequire(join(context.peerFolder, 'package.json'))(
    '@opentelemetry/instrumentation-http',
  )
  const exporter = implementation.protobuf.exporter((chunks) => {
    if (bodies !== undefined) bodies.push(Buffer.concat(chunks))
  })
  const processor = implementation.createBatchProcessor(exporter, { maxQueueSize: 8192, scheduledDelayMillis: 200 })
  const provider = implementation.createProvider({ spanProcessors: [processor] })
  implementation.register(provider)
  new HttpInstrumentation().setTracerProvider(provider)
  flush = () => provider.forceFlush()
}

const { createServer } = createRequire(import.meta.url)('node:http')
const server = createServer((_request, response) => response.end('hello'))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))

process.on('message', async (message) => {
  if (message === 'usage') {
    const { user, system } = process.cpuUsage()
    process.send({ cpuMicros: user + system })
    return
  }
  await flush()
  const spans = bodies.flatMap(readProtobuf)
  bodies = undefined
  process.send({ spanCount: spans.length, traceIds: [...new Set(spans.map((span) => span.traceId))] })
})
// The arm is killed, not ended.
process.on('disconnect', () => process.exit())
