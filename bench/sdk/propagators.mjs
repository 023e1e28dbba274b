// SPDX-License-Identifier: Apache-2.0
// Arms: W3C trace context out of and into headers.
import assert from 'node:assert/strict'
import { loadImplementation } from './implementations.mjs'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

export async function setUp(context) {
  const { api, propagator, createProvider, sdk, useContextManager } = await loadImplementation(context)
  useContextManager()
  const root = api.context.active()
  if (context.work === 'extract') {
    const headers = { host: 'x', traceparent: `00-${traceId}-${spanId}-01` }
    const extract = () => propagator.extract(root, headers, api.defaultTextMapGetter)
    let kept
    return {
      check() {
        const found = api.trace.getSpanContext(extract())
        assert.deepEqual([found.traceId, found.spanId, found.traceFlags, found.isRemote], [traceId, spanId, 1, true])
      },
      run(count) {
        for (let i = 0; i < count; i++) kept = extract()
        return kept === undefined ? 1 : 0
      },
    }
  }
  const noop = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} }
  const tracer = createProvider({ sampler: new sdk.AlwaysOnSampler(), spanProcessors: [noop] }).getTracer('bench')
  // A client span is injected once or twice; its ids are made by then on both sides.
  const span = tracer.startSpan('work')
  const active = api.trace.setSpan(root, span)
  return {
    check() {
      const headers = {}
      propagator.inject(active, headers, api.defaultTextMapSetter)
      const { traceId: t, spanId: s } = span.spanContext()
      assert.match(headers.traceparent, new RegExp(`^00-${t}-${s}-0[13]$`))
    },
    run(count) {
      for (let i = 0; i < count; i++) propagator.inject(active, {}, api.defaultTextMapSetter)
    },
  }
}
