// SPDX-License-Identifier: Apache-2.0
// Arms: making spans. The processor keeps the last one, so that nothing can be optimised away.
import assert from 'node:assert/strict'
import { attributes5, attributes20, keys20 } from './data.mjs'
import { loadImplementation } from './implementations.mjs'

const work = {
  0: (tracer) => tracer.startSpan('work').end(),
  '5-options': (tracer) => tracer.startSpan('work', { attributes: attributes5() }).end(),
  '5-set': (tracer) => {
    const span = tracer.startSpan('work')
    span.setAttribute('http.request.method', 'GET')
    span.setAttribute('http.route', '/users/:id')
    span.setAttribute('http.response.status_code', 200)
    span.setAttribute('server.address', 'shop.example.com')
    span.setAttribute('user.active', true)
    span.end()
  },
  '20-options': (tracer) => tracer.startSpan('work', { attributes: attributes20() }).end(),
  '20-set': (tracer) => {
    const span = tracer.startSpan('work')
    for (let i = 0; i < 20; i++) span.setAttribute(keys20[i], i)
    span.end()
  },
}

const endSpan = (span) => span.end()

export async function setUp(context) {
  const implementation = await loadImplementation(context)
  const { api, sdk } = implementation
  const processor = {
    last: undefined,
    count: 0,
    onStart() {},
    onEnd(span) {
      this.last = span
      this.count++
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const unsampled = context.work.startsWith('unsampled')
  const sampler = unsampled
    ? new sdk.ParentBasedSampler({ root: new sdk.AlwaysOffSampler() })
    : new sdk.AlwaysOnSampler()
  implementation.useContextManager()
  const provider = implementation.createProvider({ sampler, spanProcessors: [processor] })
  const tracer = provider.getTracer('bench', '1.0.0')

  if (context.work === 'nested-active') {
    const inner = (span) => {
      tracer.startActiveSpan('c', endSpan)
      span.end()
    }
    const outer = (span) => {
      tracer.startActiveSpan('b', inner)
      span.end()
    }
    return {
      check() {
        const ended = []
        const keep = processor.onEnd
        processor.onEnd = (span) => ended.push(span)
        tracer.startActiveSpan('a', outer)
        processor.onEnd = keep
        const [c, b, a] = ended
        assert.deepEqual([a.name, b.name, c.name], ['a', 'b', 'c'])
        assert.equal(a.parentSpanContext, undefined)
        assert.equal(c.parentSpanContext.spanId, b.spanContext().spanId)
        assert.equal(c.spanContext().traceId, a.spanContext().traceId)
      },
      // Per span: an operation is a third of the nest.
      run(count) {
        for (let i = 0; i < count; i += 3) tracer.startActiveSpan('a', outer)
      },
    }
  }
  if (unsampled) {
    const isChild = context.work === 'unsampled-child'
    const parentContext = isChild
      ? api.trace.setSpan(
          api.context.active(),
          api.trace.wrapSpanContext({
            traceId: '0af7651916cd43dd8448eb211c80319c',
            spanId: 'b7ad6b7169203331',
            traceFlags: 0,
            isRemote: true,
          }),
        )
      : api.context.active()
    let kept
    return {
      check() {
        const span = tracer.startSpan('work', undefined, parentContext)
        assert.equal(span.isRecording(), false)
        assert.equal(api.trace.isSpanContextValid(span.spanContext()), true)
        if (isChild) assert.equal(span.spanContext().traceId, '0af7651916cd43dd8448eb211c80319c')
      },
      run(count) {
        for (let i = 0; i < count; i++) {
          kept = tracer.startSpan('work', undefined, parentContext)
          kept.setAttribute('a', 1)
          kept.end()
        }
      },
    }
  }
  const one = work[context.work]
  return {
    check() {
      one(tracer)
      const { last } = processor
      assert.equal(last.name, 'work')
      assert.equal(last.ended, true)
      assert.match(last.spanContext().traceId, /^[0-9a-f]{32}$/)
      const expected = {
        0: {},
        '5-options': attributes5(),
        '5-set': attributes5(),
        '20-options': attributes20(),
        '20-set': Object.fromEntries(keys20.map((key, i) => [key, i])),
      }
      assert.deepEqual({ ...last.attributes }, expected[context.work])
    },
    run(count) {
      for (let i = 0; i < count; i++) one(tracer)
    },
  }
}
