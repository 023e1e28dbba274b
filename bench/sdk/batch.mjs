// SPDX-License-Identifier: Apache-2.0
// Arms: from startSpan through the batch processor to request bytes. The loop gives the event loop a turn whenever a
// batch is full, as a server does between requests; spans that were dropped fail the check.
import assert from 'node:assert/strict'
import { readProtobuf } from '../harness/otlp-oracle.mjs'
import { attributes10, uniqueAttributes10 } from './data.mjs'
import { loadImplementation } from './implementations.mjs'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

export async function setUp(context) {
  const implementation = await loadImplementation(context)
  const make = context.data === 'unique' ? uniqueAttributes10 : attributes10
  let sink = () => {}
  const exporter = implementation.protobuf.exporter((chunks) => sink(chunks))
  const processor = implementation.createBatchProcessor(exporter, { maxExportBatchSize: 512, maxQueueSize: 4096 })
  const provider = implementation.createProvider({
    sampler: new implementation.sdk.AlwaysOnSampler(),
    spanProcessors: [processor],
  })
  const tracer = provider.getTracer('bench', '1.0.0')
  let sequence = 0
  async function run(count) {
    for (let i = 0; i < count; i++) {
      tracer.startSpan('GET /api/users/:id', { kind: 1, attributes: make(sequence++) }).end()
      if ((i & 511) === 511) {
        await nextTurn()
        await nextTurn()
      }
    }
    await provider.forceFlush()
  }
  return {
    async check() {
      const bodies = []
      sink = (chunks) => bodies.push(Buffer.concat(chunks))
      await run(2000)
      const spans = bodies.flatMap(readProtobuf)
      assert.equal(spans.length, 2000)
      assert.deepEqual(spans[1999].attributes, make(1999))
      assert.equal(spans[1999].name, 'GET /api/users/:id')
      sink = () => {}
    },
    run,
  }
}
