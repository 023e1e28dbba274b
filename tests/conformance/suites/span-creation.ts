// SPDX-License-Identifier: Apache-2.0
import type { Context, SpanOptions } from '@otel-ts/api'
import { afterEach, describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'
import { processor, remoteParent, startTracing } from '../tracing.ts'

/** trace/api.md#span-creation and #context-interaction */
export function spanCreationConformance(implementation: Implementation, test: DefineTest): void {
  const { api } = implementation
  const remoteContext = () => api.trace.setSpanContext(api.ROOT_CONTEXT, remoteParent)

  describe('span creation', () => {
    afterEach(() => {
      api.trace.disable()
      api.context.disable()
      api.propagation.disable()
    })

    test('a span put into a context is read back from it, and the old context has none', () => {
      const span = startTracing(implementation).tracer.startSpan('a')
      const context = api.trace.setSpan(api.ROOT_CONTEXT, span)
      expect(api.trace.getSpan(context)).toBe(span)
      expect(api.trace.getSpan(api.ROOT_CONTEXT)).toBe(undefined)
      expect(api.trace.getSpan(api.trace.deleteSpan(context))).toBe(undefined)
    })

    test('a span is active while code runs in a context that holds it, across awaits', async () => {
      const { provider, tracer } = startTracing(implementation)
      provider.register()
      const span = tracer.startSpan('a')
      await api.context.with(api.trace.setSpan(api.context.active(), span), async () => {
        expect(api.trace.getActiveSpan()).toBe(span)
        await Promise.resolve()
        expect(api.trace.getActiveSpan()).toBe(span)
      })
      expect(api.trace.getActiveSpan()).toBe(undefined)
    })

    test('startActiveSpan makes its span active while the function runs, and returns what that returns', () => {
      const { provider, tracer } = startTracing(implementation)
      provider.register()
      const result = tracer.startActiveSpan('a', (span) => {
        expect(api.trace.getActiveSpan()).toBe(span)
        return tracer.startActiveSpan('b', (inner) => {
          expect(api.trace.getActiveSpan()).toBe(inner)
          return 7
        })
      })
      expect(result).toBe(7)
      expect(api.trace.getActiveSpan()).toBe(undefined)
    })

    test('starting a span does not make it active', () => {
      const { provider, tracer } = startTracing(implementation)
      provider.register()
      tracer.startSpan('a')
      expect(api.trace.getActiveSpan()).toBe(undefined)
    })

    test('a tracer starts a span with name, kind, attributes and links', () => {
      const { tracer, spans } = startTracing(implementation)
      const options: SpanOptions = { kind: 2, attributes: { a: 1 }, links: [{ context: remoteParent }] }
      tracer.startSpan('named', options, api.ROOT_CONTEXT).end()
      const span = spans()[0]
      expect([span?.name, span?.kind, span?.attributes, span?.links[0]?.context]).toEqual([
        'named',
        2,
        { a: 1 },
        remoteParent,
      ])
    })

    test('a tracer may start spans from inside a sampler and a processor', () => {
      let depth = 0
      const { tracer, spans } = startTracing(implementation, {
        sampler: {
          shouldSample() {
            if (depth++ === 0) tracer.startSpan('in sampler', {}, api.ROOT_CONTEXT).end()
            return { decision: 2 }
          },
          toString: () => 'nesting',
        },
        spanProcessors: [
          processor({
            onStart(span) {
              if (span.name === 'outer') tracer.startSpan('in processor', {}, api.ROOT_CONTEXT).end()
            },
          }),
        ],
      })
      tracer.startSpan('outer', {}, api.ROOT_CONTEXT).end()
      expect(spans().map((span) => span.name)).toEqual(['in sampler', 'in processor', 'outer'])
      expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(3)
    })

    test('a root span is started in a new trace although the context holds a span', () => {
      const root = startTracing(implementation).exported(undefined, { root: true }, remoteContext())
      expect(root.parentSpanContext).toBe(undefined)
      expect(root.spanContext().traceId).not.toBe(remoteParent.traceId)
    })

    test('without a context the active span is the parent', () => {
      const { provider, tracer, spans } = startTracing(implementation)
      provider.register()
      tracer.startActiveSpan('parent', (parent) => {
        tracer.startSpan('child').end()
        expect(spans()[0]?.parentSpanContext?.spanId).toBe(parent.spanContext().spanId)
        expect(spans()[0]?.spanContext().traceId).toBe(parent.spanContext().traceId)
      })
    })

    test('the parent comes from the given context and not from the active one', () => {
      const { provider, tracer, spans } = startTracing(implementation)
      provider.register()
      tracer.startActiveSpan('active', () => {
        tracer.startSpan('child', {}, remoteContext()).end()
        tracer.startSpan('root', {}, api.ROOT_CONTEXT).end()
      })
      expect(spans()[0]?.parentSpanContext).toMatchObject(remoteParent)
      expect(spans()[1]?.parentSpanContext).toBe(undefined)
    })

    test('a span or span context given among the options is no parent', () => {
      const { tracer, spans } = startTracing(implementation)
      const parent = tracer.startSpan('parent')
      const options = { parent, parentSpanContext: remoteParent } as unknown as SpanOptions
      tracer.startSpan('a', options, api.ROOT_CONTEXT).end()
      expect(spans()[0]?.parentSpanContext).toBe(undefined)
    })

    test('processors get the parent context when a span starts', () => {
      const seen: Context[] = []
      const { tracer } = startTracing(implementation, {
        spanProcessors: [processor({ onStart: (_span, parentContext) => void seen.push(parentContext) })],
      })
      const context = remoteContext().setValue(api.createContextKey('mine'), 1)
      tracer.startSpan('a', {}, context).end()
      expect(seen).toEqual([context])
      expect(seen[0]).toBe(context)
    })
  })
}
