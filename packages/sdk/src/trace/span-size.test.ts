// SPDX-License-Identifier: Apache-2.0
import type { Span as ApiSpan } from '@otel-ts/api'
import { describe, expect, test } from 'vitest'
import type { ReadableSpan } from './readable-span.ts'
import { NoopSpanProcessor } from './span-processor.ts'
import { estimateSpanBytes } from './span-size.ts'
import { TracerProvider } from './tracer-provider.ts'

const tracer = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }).getTracer('size')
const made = (change: (span: ApiSpan) => void = () => {}, options = {}) => {
  const span = tracer.startSpan('name', options)
  change(span)
  return span as ApiSpan & ReadableSpan
}
const sizeOf = (...args: Parameters<typeof made>) => estimateSpanBytes(made(...args))
/** The same values on a span that is not ours. */
const foreign = (span: ReadableSpan): ReadableSpan =>
  ({
    name: span.name,
    attributes: span.attributes,
    events: span.events,
    links: span.links,
  }) as unknown as ReadableSpan

test('a span without anything weighs its name and a fixed amount', () => {
  expect(sizeOf()).toBe(364)
})

describe.each([
  ['a text', 'x'.repeat(1000), 1000],
  ['a number', 5, 0],
  ['null', null, 0],
  ['bytes', new Uint8Array(1000), 1000],
  ['a list', ['abc', 1], 16 + 3 + 16],
  ['a map', { key: 'abc' }, 16 + 3 + 3],
  ['a list of lists', [['abc']], 16 + 16 + 3],
])('%s', (_name, value, bytes) => {
  const expected = 364 + 16 + 1 + bytes
  test.each([
    ['at the start', (v: unknown) => made(() => {}, { attributes: { k: v } })],
    ['set later', (v: unknown) => made((span) => span.setAttribute('k', v))],
    [
      'read in between',
      (v: unknown) => made((span) => void (span.setAttribute('k', v) as unknown as ReadableSpan).attributes),
    ],
    ["on another SDK's span", (v: unknown) => foreign(made((span) => span.setAttribute('k', v)))],
  ])('weighs the same %s', (_how, make) => {
    expect(estimateSpanBytes(make(value) as ReadableSpan)).toBe(expected)
  })
})

test('events and links weigh what they hold', () => {
  const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
  const span = made((s) =>
    s
      .addEvent('event', { k: 'abc' })
      .addLink({ context, attributes: { k: 'abcd' } })
      .addEvent('e'),
  )
  const bytes = 364 + (100 + 5 + 20) + (100 + 21) + (100 + 1)
  expect([estimateSpanBytes(span), estimateSpanBytes(foreign(span))]).toEqual([bytes, bytes])
})

test('a cycle and a getter that throws, put in by a processor, end the measuring and not the process', () => {
  const cycle: Record<string, unknown> = { text: 'abc' }
  cycle['self'] = cycle
  const span = made()
  span.attributes['cycle'] = cycle
  expect(estimateSpanBytes(span)).toBeLessThan(10_000)
  const broken = {
    get name(): string {
      throw new Error('mine')
    },
  }
  expect(estimateSpanBytes(broken as ReadableSpan)).toBe(360)
})
