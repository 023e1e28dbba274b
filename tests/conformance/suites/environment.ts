// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'
import { remoteParent } from '../tracing.ts'

/** configuration/sdk-environment-variables.md, as far as a tracer provider reads it. */
export function environmentConformance({ api, sdk }: Implementation, test: DefineTest): void {
  const set: string[] = []
  const links = [1, 2, 3].map((index) => ({ context: remoteParent, attributes: { a: index, b: index } }))

  /** What a span holds under the given variables, whose readers were made after they were set. */
  function exportedUnder(variables: Record<string, string>) {
    for (const [name, value] of Object.entries(variables)) {
      set.push(name)
      process.env[name] = value
    }
    const exporter = new sdk.InMemorySpanExporter()
    const provider = new sdk.NodeTracerProvider({ spanProcessors: [new sdk.SimpleSpanProcessor(exporter)] })
    const span = provider.getTracer('a').startSpan('a', { links }, api.ROOT_CONTEXT)
    span.setAttributes({ a: 'abcdef', b: 'abcdef', c: 'abcdef' })
    for (const name of ['1', '2', '3']) span.addEvent(name, { a: 'abcdef', b: 'abcdef' })
    span.end()
    return { span: exporter.getFinishedSpans()[0] }
  }

  describe('environment variables', () => {
    afterEach(() => {
      for (const name of set.splice(0)) delete process.env[name]
    })

    test('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT limits the attributes of a span', () => {
      const { span } = exportedUnder({ OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2', OTEL_ATTRIBUTE_COUNT_LIMIT: '1' })
      expect([Object.keys(span?.attributes ?? {}), span?.droppedAttributesCount]).toEqual([['a', 'b'], 1])
    })

    test('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT cuts the values of a span', () => {
      const { span } = exportedUnder({
        OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
        OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '2',
      })
      expect(span?.attributes['a']).toBe('abc')
    })

    test('OTEL_ATTRIBUTE_COUNT_LIMIT limits the attributes of a span that has no limit of its own', () => {
      expect(exportedUnder({ OTEL_ATTRIBUTE_COUNT_LIMIT: '1' }).span?.attributes).toEqual({ a: 'abcdef' })
    })

    test('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT cuts the values of a span that has no limit of its own', () => {
      expect(exportedUnder({ OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '2' }).span?.attributes['a']).toBe('ab')
    })

    test('OTEL_SPAN_EVENT_COUNT_LIMIT limits the events of a span', () => {
      const { span } = exportedUnder({ OTEL_SPAN_EVENT_COUNT_LIMIT: '2' })
      expect([span?.events.length, span?.droppedEventsCount]).toEqual([2, 1])
    })

    test('OTEL_SPAN_LINK_COUNT_LIMIT limits the links of a span', () => {
      const { span } = exportedUnder({ OTEL_SPAN_LINK_COUNT_LIMIT: '2' })
      expect([span?.links.length, span?.droppedLinksCount]).toEqual([2, 1])
    })

    test('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT limits the attributes of an event', () => {
      const { span } = exportedUnder({ OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '1' })
      expect(span?.events[0]?.attributes).toEqual({ a: 'abcdef' })
    })

    test('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT limits the attributes of a link', () => {
      const { span } = exportedUnder({ OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: '1' })
      expect(span?.links[0]?.attributes).toEqual({ a: 1 })
    })

    const samplers: [string, boolean][] = [
      ['always_on', true],
      ['always_off', false],
      ['parentbased_always_on', true],
      ['parentbased_always_off', false],
    ]
    for (const [OTEL_TRACES_SAMPLER, isSampled] of samplers) {
      test(`OTEL_TRACES_SAMPLER=${OTEL_TRACES_SAMPLER} decides over root spans`, () => {
        expect(exportedUnder({ OTEL_TRACES_SAMPLER }).span !== undefined).toBe(isSampled)
      })
    }

    const ratios: [string, string, boolean][] = [
      ['traceidratio', '0', false],
      ['traceidratio', '1', true],
      ['parentbased_traceidratio', '0', false],
      ['parentbased_traceidratio', '1.0', true],
    ]
    for (const [OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, isSampled] of ratios) {
      test(`OTEL_TRACES_SAMPLER_ARG=${OTEL_TRACES_SAMPLER_ARG} is the ratio of ${OTEL_TRACES_SAMPLER}`, () => {
        expect(exportedUnder({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }).span !== undefined).toBe(isSampled)
      })
    }
  })
}
