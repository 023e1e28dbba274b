// SPDX-License-Identifier: Apache-2.0
// Whatever is given to spans: no exception, the values beside it stay, and somebody is told.
import { type Span as ApiSpan, context, ROOT_CONTEXT } from '@otel-ts/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { encodeTraceRequest } from '../export/encode-trace-request.ts'
import { InMemorySpanExporter } from './in-memory-span-exporter.ts'
import type { ReadableSpan } from './readable-span.ts'
import { SimpleSpanProcessor } from './simple-span-processor.ts'
import { NoopSpanProcessor } from './span-processor.ts'
import { TracerProvider } from './tracer-provider.ts'

const logged: string[] = []
let exporter: InMemorySpanExporter
let provider: TracerProvider

beforeEach(async () => {
  logged.length = 0
  const { diag } = await import('@otel-ts/api')
  const note = (...parts: unknown[]) => void logged.push(String(parts[0]))
  const silent = () => {}
  diag.setLogger({ error: note, warn: note, info: silent, debug: silent, verbose: silent })
  // Lines of one kind come every ten seconds: each test begins a minute later.
  const now = performance.now() + 60_000 * ++testCount
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  exporter = new InMemorySpanExporter()
  provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
})
let testCount = 0
afterEach(async () => {
  vi.restoreAllMocks()
  const { diag } = await import('@otel-ts/api')
  diag.disable()
})

const fail = (): never => {
  throw new Error('mine')
}
const throwing = (target: object): object =>
  new Proxy(target, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail })
const revoked = (target: object): object => {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}
const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

const hostile: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['a negative number', -1],
  ['a bigint', 2n ** 70n],
  ['a symbol', Symbol('s')],
  ['a function', fail],
  ['an empty text', ''],
  ['a lone surrogate', '\ud800'],
  ['a huge text', 'x'.repeat(10_000_000)],
  ['an invalid Date', new Date(Number.NaN)],
  ['a Date whose getTime throws', Object.assign(new Date(0), { getTime: fail })],
  ['an empty array', []],
  ['an array of four thousand million holes', new Array(2 ** 32 - 1)],
  ['a pair of bigints', [1n, 2n]],
  ['a pair of negative numbers', [-5, -5]],
  ['a cycle', cycle],
  ['an object whose getters throw', Object.defineProperty({}, 'code', { enumerable: true, get: fail })],
  ['an object whose toString throws', { toString: fail, [Symbol.toPrimitive]: fail }],
  ['an object without prototype', Object.create(null)],
  ['a proxy that throws', throwing({})],
  ['a proxy of an array that throws', throwing([1, 2])],
  ['a revoked proxy', revoked({})],
  ['a revoked proxy of an array', revoked([])],
  ['a typed array', new Float64Array(3)],
  ['a Map', new Map([['k', 1]])],
]

type Change = (span: ApiSpan, value: never) => unknown
const changes: [string, Change][] = [
  ['setAttribute', (span, value) => span.setAttribute('k', value)],
  ['setAttribute as key', (span, value) => span.setAttribute(value, 1)],
  ['setAttributes', (span, value) => span.setAttributes(value)],
  ['setAttributes with such a value', (span, value) => span.setAttributes({ k: value })],
  ['addEvent as name', (span, value) => span.addEvent(value)],
  ['addEvent as second', (span, value) => span.addEvent('e', value)],
  ['addEvent as time', (span, value) => span.addEvent('e', {}, value)],
  ['addLink', (span, value) => span.addLink(value)],
  ['addLink as context', (span, value) => span.addLink({ context: value })],
  ['addLinks', (span, value) => span.addLinks(value)],
  ['addLinks with one such', (span, value) => span.addLinks([value])],
  ['setStatus', (span, value) => span.setStatus(value)],
  ['setStatus as code', (span, value) => span.setStatus({ code: value })],
  ['setStatus as message', (span, value) => span.setStatus({ code: 2, message: value })],
  ['updateName', (span, value) => span.updateName(value)],
  ['recordException', (span, value) => span.recordException(value)],
  ['recordException as time', (span, value) => span.recordException('e', value)],
  ['recordException as attributes', (span, value) => span.recordException('e', undefined, value)],
  ['end', (span, value) => span.end(value)],
]

describe.each(changes)('%s', (_name, change) => {
  test.each(hostile)('with %s throws nothing, keeps what is beside it, and the span can be encoded', (_what, value) => {
    const span = provider.getTracer('t').startSpan('before', { attributes: { first: 1 } })
    change(span, value as never)
    span.setAttribute('last', 2)
    span.end()
    const exported = exporter.getFinishedSpans()
    expect(exported).toHaveLength(1)
    expect(exported[0]?.attributes).toMatchObject({ first: 1 })
    expect(logged.length).toBeLessThanOrEqual(3)
    expect(() => encodeTraceRequest(exported)).not.toThrow()
  })
})

const options: [string, (value: never) => object][] = [
  ['kind', (value) => ({ kind: value })],
  ['attributes', (value) => ({ attributes: value })],
  ['links', (value) => ({ links: value })],
  ['startTime', (value) => ({ startTime: value })],
  ['root', (value) => ({ root: value })],
]

describe.each(options)('startSpan with the option %s', (_name, make) => {
  test.each(hostile)('%s still makes a span that records', (_what, value) => {
    const span = provider.getTracer('t').startSpan('s', make(value as never), ROOT_CONTEXT)
    expect(span.isRecording()).toBe(true)
    span.setAttribute('k', 1).end()
    expect(exporter.getFinishedSpans()).toHaveLength(1)
  })
})

test('an option whose getter throws costs that option, with a message, and the others hold', () => {
  const given = Object.defineProperty({ attributes: { k: 1 }, startTime: [5, 6] }, 'links', {
    enumerable: true,
    get: fail,
  })
  const span = provider.getTracer('t').startSpan('s', given as never) as ApiSpan & ReadableSpan
  expect([span.attributes, span.startTime, span.links]).toEqual([{ k: 1 }, [5, 6], []])
  expect(logged).toHaveLength(1)
  expect(logged[0]).toContain('an option or the context given to startSpan threw')
})

test('attributes of which one getter throws, one is a cycle and one a symbol lose these three, and one line says so', () => {
  const attributes = Object.defineProperty({ a: 1, cycle, symbol: Symbol('s'), z: 2 }, 'bad', {
    enumerable: true,
    get: fail,
  })
  const span = provider.getTracer('t').startSpan('s', { attributes }) as ApiSpan & ReadableSpan
  expect(span.attributes).toEqual({ a: 1, z: 2 })
  expect(logged).toHaveLength(1)
})

test('a processor that hangs forever in forceFlush, throws in onEnd and re-enters in onStart leaves its neighbour all spans', async () => {
  const inner: string[] = []
  class Hostile extends NoopSpanProcessor {
    override onStart(...[span]: [span?: ReadableSpan]): void {
      if (span?.name === 'outer') tracer.startSpan('inner').end()
    }
    override onEnd(): void {
      fail()
    }
    override forceFlush(): Promise<void> {
      return new Promise(() => {})
    }
  }
  const neighbour = new InMemorySpanExporter()
  const both = new TracerProvider({
    spanProcessors: [new Hostile() as NoopSpanProcessor, new SimpleSpanProcessor(neighbour)],
  })
  const tracer = both.getTracer('t')
  const outer = tracer.startSpan('outer')
  outer.end()
  outer.end()
  for (const span of neighbour.getFinishedSpans()) inner.push(span.name)
  expect(inner).toEqual(['inner', 'outer'])
  expect(logged.map((line) => line.slice(0, 20))).toEqual(
    ['onEnd of a span proce', 'end on span "outer", '].map((line) => line.slice(0, 20)),
  )
  await expect(both.forceFlush({ timeoutMillis: 1 })).rejects.toThrow('not done after 1 ms')
})

test('a context manager that is not there leaves spans without parents', () => {
  context.disable()
  const span = provider.getTracer('t').startSpan('s') as ApiSpan & ReadableSpan
  expect(span.parentSpanContext).toBeUndefined()
})

test('a value of a million items is kept, one more and it is left out, with a line', () => {
  const kept = provider.getTracer('t').startSpan('s', { attributes: { a: new Array(1_000_000).fill(1) } })
  const dropped = provider.getTracer('t').startSpan('s', { attributes: { a: [new Array(1_000_000).fill(1)], b: 2 } })
  const attributesOf = (span: ApiSpan) => (span as ApiSpan & ReadableSpan).attributes
  expect(attributesOf(kept)['a']).toHaveLength(1_000_000)
  expect(attributesOf(dropped)).toEqual({ b: 2 })
  expect(logged).toHaveLength(1)
})
