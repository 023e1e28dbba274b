// SPDX-License-Identifier: Apache-2.0
import { createTraceState, ROOT_CONTEXT, trace } from '@otel-ts/api'
import { expect, test } from 'vitest'
import { resourceFromAttributes } from '../resource/resource.ts'
import type { ReadableSpan } from '../trace/readable-span.ts'
import { NoopSpanProcessor } from '../trace/span-processor.ts'
import { TracerProvider } from '../trace/tracer-provider.ts'
import { encodeTraceRequestJson, traceJsonEncoder } from './encode-trace-request-json.ts'

function makeProvider(schemaUrl?: string): TracerProvider {
  return new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }, schemaUrl === undefined ? {} : { schemaUrl }),
    idGenerator: {
      generateTraceId: () => '0af7651916cd43dd8448eb211c80319c',
      generateSpanId: () => 'b7ad6b7169203331',
      isRandom: true,
    },
    spanProcessors: [new NoopSpanProcessor()],
  })
}

const text = (spans: readonly ReadableSpan[]) => Buffer.concat(encodeTraceRequestJson(spans)).toString()
const parse = (spans: readonly ReadableSpan[]) => JSON.parse(text(spans)) as { resourceSpans: unknown[] }

const foreign = (span: ReadableSpan): ReadableSpan => {
  const copy: Record<string, unknown> = { spanContext: () => span.spanContext() }
  for (const key of ['name', 'kind', 'parentSpanContext', 'startTime', 'endTime', 'status', 'attributes', 'links']) {
    copy[key] = span[key as keyof ReadableSpan]
  }
  for (const key of ['events', 'duration', 'ended', 'resource', 'instrumentationScope'] as const) copy[key] = span[key]
  for (const key of ['droppedAttributesCount', 'droppedEventsCount', 'droppedLinksCount'] as const)
    copy[key] = span[key]
  return copy as unknown as ReadableSpan
}

test('a whole span as text: hex ids, enum numbers, 64-bit integers as text', () => {
  const parent = {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    traceFlags: 1,
    isRemote: true,
    traceState: createTraceState('v=1'),
  }
  const span = makeProvider('https://r')
    .getTracer('b', '1', { schemaUrl: 'https://s' })
    .startSpan(
      'GET',
      { kind: 1, startTime: [1_700_000_000, 1], attributes: { s: 'a"b', n: 7 } },
      trace.setSpanContext(ROOT_CONTEXT, parent),
    )
  span.addEvent('e', { ok: true }, [1, 2]).addLink({ context: parent, attributes: { l: 1 } })
  span.setStatus({ code: 2, message: 'bad\n' })
  span.end([1_700_000_001, 0])
  const expected =
    '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},' +
    '"scopeSpans":[{"scope":{"name":"b","version":"1"},"spans":[' +
    '{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"b7ad6b7169203331","parentSpanId":"00f067aa0ba902b7",' +
    '"name":"GET","kind":2,"startTimeUnixNano":"1700000000000000001","endTimeUnixNano":"1700000001000000000",' +
    '"traceState":"v=1","attributes":[{"key":"s","value":{"stringValue":"a\\"b"}},{"key":"n","value":{"intValue":"7"}}],' +
    '"events":[{"timeUnixNano":"1000000002","name":"e","attributes":[{"key":"ok","value":{"boolValue":true}}]}],' +
    '"links":[{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","traceState":"v=1",' +
    '"attributes":[{"key":"l","value":{"intValue":"1"}}],"flags":769}],' +
    '"status":{"message":"bad\\n","code":2},"flags":769}],"schemaUrl":"https://s"}],"schemaUrl":"https://r"}]}'
  expect(text([span as never])).toBe(expected)
  expect(text([foreign(span as never)])).toBe(expected)
})

test.each<[unknown, object]>([
  ['x', { stringValue: 'x' }],
  ['"\\/\b\u0001é💼', { stringValue: '"\\/\b\u0001é💼' }],
  ['é', { stringValue: 'é' }],
  ['\u007f', { stringValue: '\u007f' }],
  ['\ud800x', { stringValue: '\ufffdx' }],
  ['long '.repeat(20), { stringValue: 'long '.repeat(20) }],
  [`long " é \n${'x'.repeat(50)}`, { stringValue: `long " é \n${'x'.repeat(50)}` }],
  [0, { intValue: '0' }],
  [2_147_483_647, { intValue: '2147483647' }],
  [-5, { intValue: '-5' }],
  [2 ** 52, { intValue: '4503599627370496' }],
  [0.25, { doubleValue: 0.25 }],
  [Number.NaN, { doubleValue: 'NaN' }],
  [Number.NEGATIVE_INFINITY, { doubleValue: '-Infinity' }],
  [9_223_372_036_854_775_807n, { intValue: '9223372036854775807' }],
  [false, { boolValue: false }],
  [null, {}],
  [new Uint8Array([255, 0]), { bytesValue: '/wA=' }],
  [['a', 1, null], { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }, {}] } }],
  [{ k: [] }, { kvlistValue: { values: [{ key: 'k', value: { arrayValue: { values: [] } } }] } }],
])('value %#', (value, expected) => {
  const early = makeProvider()
    .getTracer('b')
    .startSpan('x', { attributes: { k: value } })
  const late = makeProvider().getTracer('b').startSpan('x').setAttribute('k', value)
  for (const span of [early, late]) {
    span.end()
    expect(JSON.stringify(parse([span as never]))).toContain(JSON.stringify([{ key: 'k', value: expected }]))
  }
})

test('a key may stand first in one span and later in the next', () => {
  const keys = ['first.or.later', 'later.or.first']
  const spans = [keys, keys.toReversed(), keys].map((names) => {
    const span = makeProvider().getTracer('b').startSpan('x')
    for (const name of names) span.setAttribute(name, 1)
    span.end()
    return span as unknown as ReadableSpan
  })
  const found = [...text(spans).matchAll(/"key":"(\w+\.or\.\w+)"/g)].map(([, key]) => key)
  expect(found).toEqual([...keys, ...keys.toReversed(), ...keys])
  expect(parse(spans).resourceSpans).toHaveLength(3)
})

test('slices give the same text as one piece, over several scopes and resources', () => {
  const spans = [makeProvider(), makeProvider()].flatMap((provider) =>
    ['a', 'b', 'a'].map((name) => {
      const span = provider.getTracer(name).startSpan('x', { startTime: [1, 0] })
      span.end([1, 0])
      return span as unknown as ReadableSpan
    }),
  )
  const encoder = traceJsonEncoder(spans)
  let turns = 1
  while (!encoder.next(2)) turns++
  expect(turns).toBeGreaterThan(2)
  expect(Buffer.concat(encoder.finish()).toString()).toBe(text(spans))
  expect(parse(spans).resourceSpans).toHaveLength(2)
})

test('a foreign id cannot break out of its string', () => {
  const span = makeProvider().getTracer('b').startSpan('x')
  const hostile = { ...foreign(span as never), spanContext: () => ({ traceId: '","x":"', spanId: '', traceFlags: 0 }) }
  expect(JSON.stringify(parse([hostile]))).toContain('"traceId":"\\",\\"x\\":\\""')
})

test('no spans are an empty request', () => {
  expect(text([])).toBe('{"resourceSpans":[]}')
})

test.each(['x', 'é', '€', '💼', '"', '\ud83d'])('a request of many pieces of %j is whole', (unit) => {
  const value = unit.repeat(997)
  const spans = Array.from({ length: 300 }, (_, i) => {
    const span = makeProvider().getTracer('b').startSpan(`${i}`, { attributes: { value } })
    span.end()
    return span as unknown as ReadableSpan
  })
  const pieces = encodeTraceRequestJson(spans)
  expect(pieces.length).toBeGreaterThan(3)
  const decoded = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))
  const { resourceSpans } = JSON.parse(decoded) as {
    resourceSpans: { scopeSpans: { spans: { name: string; attributes: object[] }[] }[] }[]
  }
  const read = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
  expect(read.map(({ name }) => name)).toEqual(spans.map(({ name }) => name))
  for (const { attributes } of read) {
    expect(attributes).toEqual([{ key: 'value', value: { stringValue: Buffer.from(value).toString() } }])
  }
})
