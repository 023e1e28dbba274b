// SPDX-License-Identifier: Apache-2.0
// Starts an SDK with npm's unmodified instrumentations. SETUP: `node-sdk` and `register` take ours, given as module, once
// with our NodeSDK and once with npm's registerInstrumentations; `npm` takes npm's own.
'use strict'

exports.start = (ours) => {
  const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express')
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
  const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')
  const instrumentations = [new HttpInstrumentation(), new ExpressInstrumentation(), new UndiciInstrumentation()]
  // npm's exporter sends with the patched node:http: its requests would be spans if nobody suppressed them.
  const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto')
  const traceExporter = new OTLPTraceExporter()
  if (process.env.SETUP === 'node-sdk') {
    const sdk = new ours.NodeSDK({ instrumentations, traceExporter })
    sdk.start()
    globalThis.sdk = sdk
    return
  }
  const { registerInstrumentations } = require('@opentelemetry/instrumentation')
  const theirs = require('@opentelemetry/sdk-trace-node')
  const { BatchSpanProcessor, NodeTracerProvider } = process.env.SETUP === 'npm' ? theirs : ours
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(traceExporter)] })
  provider.register()
  registerInstrumentations({ instrumentations, tracerProvider: provider })
  globalThis.sdk = provider
}
