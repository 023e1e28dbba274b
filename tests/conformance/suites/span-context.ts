// SPDX-License-Identifier: Apache-2.0
import { describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'
import { remoteParent, startTracing } from '../tracing.ts'

/** trace/api.md#spancontext and W3C Trace Context */
export function spanContextConformance(implementation: Implementation, test: DefineTest): void {
  const { api, sdk } = implementation

  describe('span context', () => {
    test('is valid only with a trace id and a span id that are not all zero', () => {
      const zeroTrace = '0'.repeat(32)
      const zeroSpan = '0'.repeat(16)
      expect(api.isSpanContextValid(remoteParent)).toBe(true)
      expect(api.isSpanContextValid({ ...remoteParent, traceId: zeroTrace })).toBe(false)
      expect(api.isSpanContextValid({ ...remoteParent, spanId: zeroSpan })).toBe(false)
      expect(api.isSpanContextValid({ ...remoteParent, traceId: 'x'.repeat(32) })).toBe(false)
      expect(api.isSpanContextValid(api.INVALID_SPAN_CONTEXT)).toBe(false)
    })

    test('is remote if extracted, and that of its child is not', () => {
      const carrier = { traceparent: `00-${remoteParent.traceId}-${remoteParent.spanId}-01` }
      const context = new sdk.W3CTraceContextPropagator().extract(api.ROOT_CONTEXT, carrier, api.defaultTextMapGetter)
      expect(api.trace.getSpanContext(context)?.isRemote).toBe(true)
      const { exported } = startTracing(implementation)
      const child = exported(undefined, {}, context)
      expect(child.parentSpanContext?.isRemote).toBe(true)
      expect(child.spanContext().isRemote ?? false).toBe(false)
    })

    test('has ids of 32 and 16 lower-case hex digits, the sampled flag, and the trace state of its parent', () => {
      const { exported } = startTracing(implementation)
      const root = exported().spanContext()
      expect(root.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
      expect(root.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/)
      expect(root.traceFlags & 1).toBe(1)
      const parent = { ...remoteParent, traceState: api.createTraceState('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE') }
      const child = exported(undefined, {}, api.trace.setSpanContext(api.ROOT_CONTEXT, parent)).spanContext()
      expect(child.traceId).toBe(remoteParent.traceId)
      expect(child.traceState?.serialize()).toBe('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE')
      expect(child.traceState?.get('congo')).toBe('t61rcWkgMzE')
    })

    test('has the random flag at a root, and at a child exactly if its parent has it', () => {
      const { exported } = startTracing(implementation)
      const childOf = (traceFlags: number) =>
        exported(undefined, {}, api.trace.setSpanContext(api.ROOT_CONTEXT, { ...remoteParent, traceFlags }))
      expect(exported().spanContext().traceFlags).toBe(0b11)
      expect(childOf(0b01).spanContext().traceFlags).toBe(0b01)
      expect(childOf(0b11).spanContext().traceFlags).toBe(0b11)
    })
  })
}
