// SPDX-License-Identifier: Apache-2.0
// What the arms of metrics and logs share: npm's packages that make the data, and an encoder for it, ours or npm's.
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Packages of the peer's folder. */
export function requireOf({ peerFolder }) {
  return createRequire(join(peerFolder, 'package.json'))
}

/**
 * A function that encodes one batch and resolves with the pieces of the request. Ours goes through the exporter, as nothing
 * below it is public; its promise and turns of the event loop are part of the figure.
 */
export async function encoderOf({ implementation, encoding, peerFolder }, signal) {
  if (implementation !== 'ours') {
    const transformer = requireOf({ peerFolder })('@opentelemetry/otlp-transformer')
    const serializer = transformer[`${encoding === 'json' ? 'Json' : 'Protobuf'}${signal}Serializer`]
    return (batch) => Promise.resolve([serializer.serializeRequest(batch)])
  }
  const { createOtlpLogExporter, createOtlpMetricExporter } = await import('@otel-ts/sdk')
  let body
  const client = {
    send({ chunks }) {
      body = chunks
      return Promise.resolve({ result: 'accepted', partialSuccess: undefined })
    },
    shutdown: () => Promise.resolve(),
  }
  const parts = { client, encoding, destination: 'bench', concurrencyLimit: 30 }
  const exporter = signal === 'Logs' ? createOtlpLogExporter(parts) : createOtlpMetricExporter(parts)
  return (batch) => new Promise((resolve) => exporter.export(batch, () => resolve(body)))
}
