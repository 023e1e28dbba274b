// SPDX-License-Identifier: Apache-2.0
// Arms: a batch of 512 ended spans with 10 attributes each into a request body. Ours goes through the exporter, as
// nothing below it is public; its promise and turn of the event loop are part of the figure.
import assert from 'node:assert/strict'
import { readJson, readProtobuf } from '../harness/otlp-oracle.mjs'
import { attributes10, uniqueAttributes10 } from './data.mjs'
import { loadImplementation } from './implementations.mjs'

const batchSize = 512

export async function setUp(context) {
  const implementation = await loadImplementation(context)
  const make = context.data === 'unique' ? uniqueAttributes10 : attributes10
  const spans = []
  const keep = {
    onStart() {},
    onEnd: (span) => spans.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const provider = implementation.createProvider({
    sampler: new implementation.sdk.AlwaysOnSampler(),
    spanProcessors: [keep],
  })
  const tracer = provider.getTracer('bench', '1.0.0')
  for (let i = 0; i < batchSize; i++) {
    tracer.startSpan('GET /api/users/:id', { kind: 1, attributes: make(i) }).end()
  }
  let body
  const exporter = implementation[context.encoding].exporter((chunks) => {
    body = chunks
  })
  const encodeOnce = () => new Promise((resolve) => exporter.export(spans, resolve))
  const read = context.encoding === 'json' ? readJson : readProtobuf
  return {
    async check() {
      await encodeOnce()
      const decoded = read(Buffer.concat(body))
      assert.equal(decoded.length, batchSize)
      decoded.forEach((span, i) => {
        assert.equal(span.spanId, spans[i].spanContext().spanId)
        assert.deepEqual(span.attributes, make(i))
      })
      const truncated = Buffer.concat(body).subarray(0, -3)
      assert.throws(() => read(truncated))
    },
    async run(count) {
      for (let i = 0; i < count; i += batchSize) await encodeOnce()
    },
  }
}
