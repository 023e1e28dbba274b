// SPDX-License-Identifier: Apache-2.0
import type { Attributes, Span } from '@otel-ts/api'
import { describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'
import { processor, remoteParent, startTracing } from '../tracing.ts'

/** trace/api.md: attributes, links, events and exceptions of a span */
export function spanDataConformance(implementation: Implementation, test: DefineTest): void {
  const { api, sdk } = implementation
  const attributesOf = (change: (span: Span) => void) => startTracing(implementation).exported(change).attributes

  describe('span attributes', () => {
    test('are set one by one and together, the last value of a key winning', () => {
      const attributes = attributesOf((span) =>
        span.setAttribute('a', 1).setAttributes({ b: 2, c: 3 }).setAttribute('b', 4),
      )
      expect(attributes).toEqual({ a: 1, b: 4, c: 3 })
    })

    const kinds: [string, Attributes][] = [
      ['strings', { a: 'text', empty: '' }],
      ['booleans', { a: true, b: false }],
      ['floating-point numbers', { a: 1.5, b: -0.25, c: 1e300, d: 5e-324 }],
      ['whole numbers', { a: 0, b: -1, c: Number.MAX_SAFE_INTEGER, d: Number.MIN_SAFE_INTEGER }],
      ['arrays of one type', { a: ['x', ''], b: [1, 2.5], c: [true, false], d: [] }],
      ['Unicode in keys and values', { 'schlüssel 💼': 'значение ✓ 値', e: 'é' }],
    ]
    for (const [kind, attributes] of kinds) {
      test(`can be ${kind}`, () => {
        expect(attributesOf((span) => span.setAttributes(attributes))).toEqual(attributes)
        expect(startTracing(implementation).exported(undefined, { attributes }).attributes).toEqual(attributes)
      })
    }

    test('can be empty values: null, and null inside arrays', () => {
      const attributes = { a: null, b: [null, 'x'], c: '', d: 0, e: false, f: [] }
      expect(attributesOf((span) => span.setAttributes(attributes as Attributes))).toEqual(attributes)
    })

    test('are cut at a configured length, in characters, also inside arrays; by default they are not', () => {
      const long = 'x'.repeat(100_000)
      expect(attributesOf((span) => span.setAttribute('a', long))['a']).toBe(long)
      const cut = startTracing(implementation, { spanLimits: { attributeValueLengthLimit: 3 } })
      expect(
        cut.exported((span) => span.setAttributes({ a: 'abc', b: 'abcd', c: ['abcd', 'a'], d: 12345 })).attributes,
      ).toEqual({ a: 'abc', b: 'abc', c: ['abc', 'a'], d: 12345 })
    })
  })

  describe('span links', () => {
    const links = ['b7ad6b7169203331', 'b7ad6b7169203332', 'b7ad6b7169203333'].map((spanId, index) => ({
      context: { ...remoteParent, spanId },
      attributes: { index },
    }))

    test('are recorded at the start, in order, with their attributes', () => {
      const span = startTracing(implementation).exported(undefined, { links })
      expect(span.links.map(({ context, attributes }) => ({ context, attributes }))).toEqual(links)
    })

    test('are recorded after the start, behind those of the start', () => {
      const span = startTracing(implementation).exported((live) => live.addLink(links[1]!).addLinks([links[2]!]), {
        links: [links[0]!],
      })
      expect(span.links.map(({ context, attributes }) => ({ context, attributes }))).toEqual(links)
    })
  })

  describe('span events', () => {
    test('are added with name, attributes and time', () => {
      const span = startTracing(implementation).exported((live) => live.addEvent('e', { a: 1 }, [1_700_000_000, 5]))
      expect(span.events[0]).toMatchObject({ name: 'e', attributes: { a: 1 }, time: [1_700_000_000, 5] })
    })

    test('keep the order in which they were added, whatever their times', () => {
      const span = startTracing(implementation).exported((live) =>
        live
          .addEvent('late', [1_700_000_002, 0])
          .addEvent('early', [1_700_000_001, 0])
          .addEvent('last', [1_700_000_003, 0]),
      )
      expect(span.events.map((event) => event.name)).toEqual(['late', 'early', 'last'])
    })

    test('may be added to another span from inside a processor', () => {
      let outer: Span | undefined
      const { tracer, spans, exported } = startTracing(implementation, {
        spanProcessors: [processor({ onEnd: (span) => void outer?.addEvent(`ended ${span.name}`) })],
      })
      outer = tracer.startSpan('outer', {}, api.ROOT_CONTEXT)
      exported((inner) => inner.addEvent('own'))
      outer.addEvent('own')
      outer.end()
      expect(spans().map((span) => span.events.map((event) => event.name))).toEqual([
        ['own'],
        ['ended exported', 'own'],
      ])
    })

    test('carry an exception with type, message and stack trace', () => {
      const error = new TypeError('broken')
      const span = startTracing(implementation).exported((live) => live.recordException(error))
      expect(span.events[0]?.name).toBe('exception')
      expect(span.events[0]?.attributes).toEqual({
        'exception.type': 'TypeError',
        'exception.message': 'broken',
        'exception.stacktrace': error.stack,
      })
    })

    test('carry an exception with more attributes, which win over those made from it', () => {
      const span = startTracing(implementation).exported((live) =>
        (live.recordException as (error: Error, time: undefined, attributes: Attributes) => void)(
          new Error('secret'),
          undefined,
          { 'exception.message': 'hidden', 'app.user': 7 },
        ),
      )
      expect(span.events[0]?.attributes).toMatchObject({
        'exception.type': 'Error',
        'exception.message': 'hidden',
        'app.user': 7,
      })
    })
  })

  describe('attribute limits', () => {
    test('of events and links are configured apart from those of the span', () => {
      const tracing = startTracing(implementation, {
        spanLimits: { attributePerEventCountLimit: 1, attributePerLinkCountLimit: 2 },
      })
      const many = { a: 1, b: 2, c: 3 }
      const span = tracing.exported((live) => live.setAttributes(many).addEvent('e', many), {
        links: [{ context: remoteParent, attributes: many }],
      })
      expect([span.attributes, span.events[0]?.attributes, span.links[0]?.attributes]).toEqual([
        many,
        { a: 1 },
        { a: 1, b: 2 },
      ])
    })
  })

  describe('spans in memory', () => {
    test('are kept in the order in which they ended, forgotten on reset, and refused after shutdown', async () => {
      const exporter = new sdk.InMemorySpanExporter()
      const provider = new sdk.NodeTracerProvider({ spanProcessors: [new sdk.SimpleSpanProcessor(exporter)] })
      const tracer = provider.getTracer('a')
      const outer = tracer.startSpan('outer')
      tracer.startSpan('inner').end()
      outer.end()
      expect(exporter.getFinishedSpans().map((span) => span.name)).toEqual(['inner', 'outer'])
      exporter.reset()
      expect(exporter.getFinishedSpans()).toEqual([])
      await exporter.shutdown()
      let code: number | undefined
      exporter.export([], (result) => {
        code = result.code
      })
      expect(code).toBe(1)
      await provider.shutdown()
    })
  })
}
