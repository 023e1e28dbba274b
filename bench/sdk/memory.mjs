// SPDX-License-Identifier: Apache-2.0
// Arms: bytes allocated for a span with 5 attributes (young space large enough that nothing is collected meanwhile), and
// bytes that an ended span keeps alive while it waits in a queue.
import assert from 'node:assert/strict'
import { attributes5 } from './data.mjs'
import { loadImplementation } from './implementations.mjs'

const spanCount = 20_000

export async function setUp(context) {
  const implementation = await loadImplementation(context)
  let queue = []
  const keep = {
    onStart() {},
    onEnd: (span) => queue.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const drop = { ...keep, onEnd() {} }
  implementation.useContextManager()
  const provider = implementation.createProvider({
    sampler: new implementation.sdk.AlwaysOnSampler(),
    spanProcessors: [context.work === 'retained' ? keep : drop],
  })
  const tracer = provider.getTracer('bench', '1.0.0')
  const make = (count) => {
    for (let i = 0; i < count; i++) tracer.startSpan('work', { attributes: attributes5() }).end()
  }
  const used = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  return {
    check() {
      make(spanCount)
      if (context.work === 'retained') {
        assert.equal(queue.length, spanCount)
        assert.deepEqual({ ...queue[0].attributes }, attributes5())
      }
      queue = []
      make(spanCount)
      queue = []
    },
    measure() {
      queue = new Array(context.work === 'retained' ? spanCount : 0)
      queue.length = 0
      globalThis.gc()
      const before = used()
      make(spanCount)
      if (context.work === 'retained') globalThis.gc()
      const grown = used() - before
      queue = []
      return grown / spanCount
    },
  }
}
