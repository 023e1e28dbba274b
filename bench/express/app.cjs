// SPDX-License-Identifier: Apache-2.0
// Child process: an Express app that says hello, bare or instrumented by npm's unmodified packages on one of the SDKs.
const { createRequire } = require('node:module')
const { join } = require('node:path')

const { implementation, appFolder, sdkFolder, endpoint } = JSON.parse(process.argv[2])
const fromApp = createRequire(join(appFolder, 'package.json'))

// Room for all spans of one window: an SDK that drops would look quick, and the count at the sink would fail.
const queue = { maxQueueSize: 100_000, maxExportBatchSize: 512 }

function startOurs() {
  const { BatchSpanProcessor, NodeTracerProvider } = require('@otel-ts/sdk')
  const { OTLPTraceExporter } = require('@otel-ts/sdk/otlp-proto')
  const exporter = new OTLPTraceExporter({ url: endpoint })
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter, ...queue })] })
  provider.register()
  return provider
}

function startPeer() {
  const fromSdk = createRequire(join(sdkFolder, 'package.json'))
  const api = fromSdk('@opentelemetry/api')
  const { BatchSpanProcessor, TracerProvider } = fromSdk('@opentelemetry/sdk-trace')
  const { OTLPTraceExporter } = fromSdk('@opentelemetry/exporter-trace-otlp-proto')
  const { AsyncLocalStorageContextManager } = fromSdk('@opentelemetry/context-async-hooks')
  const { CompositePropagator, W3CTraceContextPropagator, W3CBaggagePropagator } = fromSdk('@opentelemetry/core')
  const exporter = new OTLPTraceExporter({ url: endpoint })
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter, ...queue })] })
  api.trace.setGlobalTracerProvider(provider)
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  api.propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  )
  return provider
}

let provider
if (implementation !== 'bare') {
  // 'none': the instrumentations over the API alone, which records nothing.
  if (implementation !== 'none') provider = implementation === 'ours' ? startOurs() : startPeer()
  const { HttpInstrumentation } = fromApp('@opentelemetry/instrumentation-http')
  const { ExpressInstrumentation } = fromApp('@opentelemetry/instrumentation-express')
  // They switch themselves on and take the global provider.
  new HttpInstrumentation()
  new ExpressInstrumentation()
}

const express = fromApp('express')
const app = express()
app.disable('x-powered-by')
app.get('/users/:id', (request, response) => {
  response.type('text/plain').send(`hello ${request.params.id}`)
})
const server = app.listen(0, '127.0.0.1')

process.on('message', async (message) => {
  if (message.port) {
    if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
    process.send({ port: server.address().port })
    return
  }
  // Export is part of what a request costs.
  await provider?.forceFlush()
  if (message.collect) globalThis.gc()
  const { user, system } = process.cpuUsage()
  process.send({ cpuMicros: user + system, residentBytes: process.memoryUsage.rss() })
})
process.on('disconnect', () => process.exit())
