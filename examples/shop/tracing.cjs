// SPDX-License-Identifier: Apache-2.0
// Loaded before the application: node --require ./tracing.cjs frontend.cjs
// The SDK is ours; the instrumentations are the unmodified packages from npm.
const { NodeSDK } = require('@otel-ts/sdk')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express')
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')

const sdk = new NodeSDK({
  instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation(), new UndiciInstrumentation()],
})
sdk.start()

// The last spans of a service leave before it does.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    void sdk.shutdown().finally(() => process.exit(0))
  })
}
