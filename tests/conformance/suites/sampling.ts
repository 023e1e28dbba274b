// SPDX-License-Identifier: Apache-2.0
import type { Sampler } from '@otel-ts/api'
import { describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'
import { processor, remoteParent, startTracing } from '../tracing.ts'

/** trace/sdk.md#sampling, #id-generators */
export function samplingConformance(implementation: Implementation, test: DefineTest): void {
  const { api, sdk } = implementation
  const remoteContext = (traceFlags = 1) =>
    api.trace.setSpanContext(api.ROOT_CONTEXT, {
      ...remoteParent,
      traceFlags,
      traceState: api.createTraceState('a=1'),
    })

  describe('sampling', () => {
    test('a sampler replaces the trace state, and an empty one clears it', () => {
      const stateAfter = (traceState: ReturnType<typeof api.createTraceState>) =>
        startTracing(implementation, {
          sampler: { shouldSample: () => ({ decision: 2, traceState }), toString: () => 'fixed' },
        })
          .exported(undefined, {}, remoteContext())
          .spanContext()
          .traceState?.serialize() ?? ''
      expect(stateAfter(api.createTraceState('b=2'))).toBe('b=2')
      expect(stateAfter(api.createTraceState(''))).toBe('')
    })

    test('a sampler gets the whole parent context, the new trace id, name, kind, attributes and links', () => {
      const seen: unknown[][] = []
      const sampler: Sampler = {
        shouldSample(context, traceId, name, kind, attributes, links) {
          // A copy, since the span may go on with the object.
          seen.push([context, traceId, name, kind, { ...attributes }, links])
          return { decision: 2, attributes: { sampled: 'yes' } }
        },
        toString: () => 'seeing',
      }
      const { tracer, spans } = startTracing(implementation, { sampler })
      const context = remoteContext().setValue(api.createContextKey('mine'), 1)
      const links = [{ context: remoteParent }]
      tracer.startSpan('a', { kind: 3, attributes: { k: 'v' }, links }, context).end()
      expect(seen[0]?.[0]).toBe(context)
      expect(seen[0]?.slice(1, 5)).toEqual([remoteParent.traceId, 'a', 3, { k: 'v' }])
      expect(seen[0]?.[5]).toMatchObject(links)
      expect(spans()[0]?.attributes).toEqual({ k: 'v', sampled: 'yes' })
    })

    test('a span that is dropped has a span id of its own in the trace of its parent', () => {
      const { tracer, spans } = startTracing(implementation, { sampler: new sdk.AlwaysOffSampler() })
      const span = tracer.startSpan('a', {}, remoteContext())
      expect(span.spanContext().traceId).toBe(remoteParent.traceId)
      expect(span.spanContext().spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/)
      expect(span.spanContext().spanId).not.toBe(remoteParent.spanId)
      expect(span.spanContext().traceFlags & 1).toBe(0)
      span.end()
      expect(spans()).toEqual([])
    })

    test('a span that only records reaches processors, and no exporter', () => {
      const ended: string[] = []
      const { tracer, spans } = startTracing(implementation, {
        sampler: { shouldSample: () => ({ decision: 1 }), toString: () => 'recording' },
        spanProcessors: [processor({ onEnd: (span) => void ended.push(span.name) })],
      })
      const span = tracer.startSpan('a', {}, api.ROOT_CONTEXT)
      expect([span.isRecording(), span.spanContext().traceFlags & 1]).toEqual([true, 0])
      span.end()
      expect([ended, spans()]).toEqual([['a'], []])
    })

    test('ids come from the id generator that is configured', () => {
      let count = 0
      const { exported } = startTracing(implementation, {
        idGenerator: {
          generateTraceId: () => '00000000000000000000000000000abc',
          generateSpanId: () => `000000000000000${++count}`,
        },
      })
      const [first, second] = [exported().spanContext(), exported().spanContext()]
      expect([first.traceId, first.spanId, second.spanId]).toEqual([
        '00000000000000000000000000000abc',
        '0000000000000001',
        '0000000000000002',
      ])
    })

    test('the ratio sampler decides by the trace id alone, the same every time', () => {
      const decisions = (ratio: number) =>
        [
          '00000000000000000000000000000001',
          '7fffffffffffffff7fffffffffffffff',
          'ffffffffffffffffffffffffffffffff',
        ].map((traceId) => new sdk.TraceIdRatioBasedSampler(ratio).shouldSample(remoteContext(0), traceId).decision)
      expect(decisions(0)).toEqual([0, 0, 0])
      expect(decisions(1)).toEqual([2, 2, 2])
      expect(decisions(0.5)).toEqual(decisions(0.5))
      expect(new sdk.TraceIdRatioBasedSampler(0.5).toString()).toBe('TraceIdRatioBased{0.5}')
    })

    test('the parent-based sampler asks by parent: none, remote or local, sampled or not', () => {
      const asked: string[] = []
      const noting = (name: string): Sampler => ({
        shouldSample() {
          asked.push(name)
          return { decision: 0 }
        },
        toString: () => name,
      })
      const { tracer } = startTracing(implementation, {
        sampler: new sdk.ParentBasedSampler({
          root: noting('root'),
          remoteParentSampled: noting('remote sampled'),
          remoteParentNotSampled: noting('remote'),
          localParentSampled: noting('local sampled'),
          localParentNotSampled: noting('local'),
        }),
      })
      const local = (traceFlags: number) =>
        api.trace.setSpanContext(api.ROOT_CONTEXT, { ...remoteParent, isRemote: false, traceFlags })
      for (const context of [api.ROOT_CONTEXT, remoteContext(1), remoteContext(2), local(3), local(0)]) {
        tracer.startSpan('a', {}, context)
      }
      expect(asked).toEqual(['root', 'remote sampled', 'remote', 'local sampled', 'local'])
    })
  })
}
