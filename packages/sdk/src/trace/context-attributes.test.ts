// SPDX-License-Identifier: Apache-2.0
import { type Attributes, addContextAttributes, ROOT_CONTEXT, SamplingDecision, type SpanOptions } from '@otel-ts/api'
import { expect, test } from 'vitest'
import { InMemorySpanExporter } from './in-memory-span-exporter.ts'
import { SimpleSpanProcessor } from './simple-span-processor.ts'
import { NoopSpanProcessor } from './span-processor.ts'
import { TracerProvider, type TracerProviderOptions } from './tracer-provider.ts'

const scoped = addContextAttributes(ROOT_CONTEXT, { 'shop.tenant': 'acme', k: 'context' })

function attributesOf(
  spanOptions: SpanOptions | undefined,
  options: TracerProviderOptions = {},
): Attributes | undefined {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    contextScopedAttributes: true,
    ...options,
    spanProcessors: [...(options.spanProcessors ?? []), new SimpleSpanProcessor(exporter)],
  })
  provider.getTracer('t').startSpan('s', spanOptions, scoped).end()
  return exporter.getFinishedSpans()[0]?.attributes
}

test('by default spans have none of the attributes of their context', () => {
  expect(attributesOf({}, { contextScopedAttributes: false })).toEqual({})
  const exporter = new InMemorySpanExporter()
  new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    .getTracer('t')
    .startSpan('s', {}, scoped)
    .end()
  expect(exporter.getFinishedSpans()[0]?.attributes).toEqual({})
})

test.each([
  ['without options', undefined, { 'shop.tenant': 'acme', k: 'context' }],
  [
    'with attributes of their own, which win',
    { attributes: { k: 'own', x: 1 } },
    { 'shop.tenant': 'acme', k: 'own', x: 1 },
  ],
  ['with null, which is a value and wins', { attributes: { k: null } }, { 'shop.tenant': 'acme', k: null }],
  ['with undefined, which is none', { attributes: { k: undefined } }, { 'shop.tenant': 'acme', k: 'context' }],
])('spans started %s have those of their context when asked for', (_how, options, expected) => {
  expect(attributesOf(options)).toEqual(expected)
})

test('over the count limit the own attributes are kept', () => {
  expect(attributesOf({ attributes: { own: 1 } }, { spanLimits: { attributeCountLimit: 2 } })).toEqual({
    own: 1,
    'shop.tenant': 'acme',
  })
})

test('samplers and processors see them at the start', () => {
  const seen: unknown[] = []
  const processor = new NoopSpanProcessor()
  processor.onStart = (...[span]: unknown[]) => void seen.push({ ...(span as { attributes: object }).attributes })
  attributesOf(
    { attributes: { own: 1 } },
    {
      spanProcessors: [processor],
      sampler: {
        shouldSample(_context, _traceId, _name, _kind, attributes) {
          seen.push({ ...attributes })
          return { decision: SamplingDecision.RECORD_AND_SAMPLED }
        },
        toString: () => 'test',
      },
    },
  )
  const expected = { own: 1, 'shop.tenant': 'acme', k: 'context' }
  expect(seen).toEqual([expected, expected])
})

test('a key named __proto__ is only a key', () => {
  const context = addContextAttributes(ROOT_CONTEXT, JSON.parse('{"__proto__": {"polluted": true}}') as Attributes)
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    contextScopedAttributes: true,
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  })
  provider.getTracer('t').startSpan('s', {}, context).end()
  const attributes: { polluted?: unknown } = exporter.getFinishedSpans()[0]?.attributes ?? {}
  expect(attributes.polluted).toBeUndefined()
})
