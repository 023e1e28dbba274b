// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'
import { processor, startTracing } from '../tracing.ts'

/** trace/api.md#tracerprovider, trace/sdk.md#tracer-provider */
export function tracerProviderConformance(implementation: Implementation, test: DefineTest): void {
  const { api, sdk } = implementation

  describe('tracer provider', () => {
    afterEach(() => {
      api.trace.disable()
      api.context.disable()
      api.propagation.disable()
    })

    test('is made without arguments and gives tracers that start spans', async () => {
      const provider = new sdk.NodeTracerProvider()
      expect(typeof provider.getTracer('a').startSpan('b').spanContext().traceId).toBe('string')
      await provider.shutdown()
    })

    test('gives spans the name, version and schema URL that their tracer was asked for with', () => {
      const { provider, spans } = startTracing(implementation)
      provider.getTracer('lib', '1.2.3', { schemaUrl: 'https://opentelemetry.io/schemas/1.44.0' }).startSpan('a').end()
      expect(spans()[0]?.instrumentationScope).toMatchObject({
        name: 'lib',
        version: '1.2.3',
        schemaUrl: 'https://opentelemetry.io/schemas/1.44.0',
      })
    })

    test('gives spans the scope attributes that their tracer was asked for with', () => {
      const { provider, spans } = startTracing(implementation)
      provider
        .getTracer('lib', undefined, { attributes: { 'scope.part': 'http' } })
        .startSpan('a')
        .end()
      provider
        .getTracer('lib', undefined, { attributes: { 'scope.part': 'db' } })
        .startSpan('b')
        .end()
      expect(spans().map((span) => span.instrumentationScope.attributes)).toEqual([
        { 'scope.part': 'http' },
        { 'scope.part': 'db' },
      ])
    })

    test('may be asked for tracers and flushed from inside a processor', async () => {
      const flushes: Promise<void>[] = []
      const { provider, tracer, spans } = startTracing(implementation, {
        spanProcessors: [
          processor({
            onEnd(span) {
              if (span.name !== 'outer') return
              provider.getTracer('inner').startSpan('inner').end()
              flushes.push(provider.forceFlush())
            },
          }),
        ],
      })
      tracer.startSpan('outer').end()
      await Promise.all(flushes)
      expect(flushes).toHaveLength(1)
      expect(
        spans()
          .map((span) => `${span.instrumentationScope.name} ${span.name}`)
          .sort(),
      ).toEqual(['conformance outer', 'inner inner'])
    })

    test('shuts every processor down', async () => {
      const calls: string[] = []
      const { provider } = startTracing(implementation, {
        spanProcessors: ['a', 'b'].map((name) => processor({ shutdown: () => Promise.resolve(void calls.push(name)) })),
      })
      await provider.shutdown()
      expect(calls).toEqual(['a', 'b'])
    })

    test('once shut down does not shut down again, and gives tracers that record nothing', async () => {
      const calls: string[] = []
      const { provider } = startTracing(implementation, {
        spanProcessors: [
          processor({
            onStart: (span) => void calls.push(span.name),
            shutdown: () => Promise.resolve(void calls.push('shutdown')),
          }),
        ],
      })
      provider.getTracer('a').startSpan('before').end()
      await provider.shutdown()
      await provider.shutdown()
      expect(provider.getTracer('b').startSpan('after').isRecording()).toBe(false)
      expect(calls).toEqual(['before', 'shutdown'])
    })

    test('flushes every processor and resolves when all are done', async () => {
      const calls: string[] = []
      let finish = () => {}
      const slow = new Promise<void>((resolve) => {
        finish = resolve
      })
      const { provider } = startTracing(implementation, {
        spanProcessors: [
          processor({ forceFlush: () => slow.then(() => void calls.push('slow')) }),
          processor({ forceFlush: () => Promise.resolve(void calls.push('quick')) }),
        ],
      })
      const flushed = provider.forceFlush().then(() => calls.push('flushed'))
      finish()
      await flushed
      expect([...calls].sort()).toEqual(['flushed', 'quick', 'slow'])
      expect(calls.at(-1)).toBe('flushed')
    })

    test('can be registered as the global one, which libraries find', () => {
      const { provider, spans } = startTracing(implementation)
      provider.register()
      api.trace.getTracer('lib').startSpan('a').end()
      expect(spans().map((span) => span.name)).toEqual(['a'])
    })
  })

  describe('meter provider', () => {
    test('is set and read as the global one, and then serves meters asked for through the API', () => {
      const asked: string[] = []
      const meter = api.metrics.getMeter('noop')
      const provider = {
        getMeter(name: string) {
          asked.push(name)
          return meter
        },
      }
      api.metrics.setGlobalMeterProvider(provider)
      try {
        api.metrics.getMeterProvider().getMeter('through the provider')
        api.metrics.getMeter('through the API')
        expect(asked).toEqual(['through the provider', 'through the API'])
      } finally {
        api.metrics.disable()
      }
    })
  })
}
