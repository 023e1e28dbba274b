// SPDX-License-Identifier: Apache-2.0
// The three SDKs under one shape, so that a case runs the same lines against each.
import { createRequire } from 'node:module'
import { join } from 'node:path'

export async function loadImplementation({ implementation, peerFolder }) {
  return implementation === 'ours' ? loadOurs() : loadPeer(peerFolder)
}

async function loadOurs() {
  const api = await import('@otel-ts/api')
  const sdk = await import('@otel-ts/sdk')
  const requests = (encoding) => ({
    // The exporter itself, over a client that only keeps the bytes.
    exporter(sink) {
      const client = {
        send({ chunks }) {
          sink(chunks)
          return Promise.resolve({ result: 'accepted', partialSuccess: undefined })
        },
        shutdown: () => Promise.resolve(),
      }
      return sdk.createOtlpTraceExporter({ client, encoding, destination: 'bench', concurrencyLimit: 30 })
    },
  })
  return {
    api,
    sdk,
    protobuf: requests('protobuf'),
    json: requests('json'),
    useContextManager(contextManager = new sdk.AsyncLocalStorageContextManager()) {
      sdk.registerSdk(undefined, { propagator: null, contextManager })
    },
    register: (provider) => void sdk.registerSdk(provider),
    createProvider: (options) => new sdk.TracerProvider(options),
    createBatchProcessor: (exporter, options) => new sdk.BatchSpanProcessor({ exporter, ...options }),
    propagator: new sdk.W3CTraceContextPropagator(),
  }
}

function loadPeer(folder) {
  const require = createRequire(join(folder, 'package.json'))
  const api = require('@opentelemetry/api')
  const sdk = require('@opentelemetry/sdk-trace')
  const core = require('@opentelemetry/core')
  const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
  const { ProtobufTraceSerializer, JsonTraceSerializer } = require('@opentelemetry/otlp-transformer')
  const requests = (serializer) => ({
    exporter: (sink) => ({
      export(spans, resultCallback) {
        sink([serializer.serializeRequest(spans)])
        resultCallback({ code: 0 })
      },
      shutdown: () => Promise.resolve(),
      forceFlush: () => Promise.resolve(),
    }),
  })
  return {
    api,
    sdk,
    protobuf: requests(ProtobufTraceSerializer),
    json: requests(JsonTraceSerializer),
    useContextManager() {
      api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    },
    register(provider) {
      api.trace.setGlobalTracerProvider(provider)
      api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
      const { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } = core
      const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()]
      api.propagation.setGlobalPropagator(new CompositePropagator({ propagators }))
    },
    createProvider: (options) => new sdk.TracerProvider(options),
    createBatchProcessor: (exporter, options) => new sdk.BatchSpanProcessor({ exporter, ...options }),
    propagator: new core.W3CTraceContextPropagator(),
  }
}
