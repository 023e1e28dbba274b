// SPDX-License-Identifier: Apache-2.0
import { createTraceState, ROOT_CONTEXT, trace } from '@otel-ts/api'
import { describe, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import { resourceFromAttributes } from '../resource/resource.ts'
import type { ReadableSpan } from '../trace/readable-span.ts'
import type { RecordingSpan } from '../trace/span.ts'
import { NoopSpanProcessor } from '../trace/span-processor.ts'
import { TracerProvider, type TracerProviderOptions } from '../trace/tracer-provider.ts'
import { encodeTraceRequest, traceRequestEncoder } from './encode-trace-request.ts'

function makeProvider(options: TracerProviderOptions = {}): TracerProvider {
  return new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    idGenerator: {
      generateTraceId: () => '0af7651916cd43dd8448eb211c80319c',
      generateSpanId: () => 'b7ad6b7169203331',
      isRandom: true,
    },
    spanProcessors: [new NoopSpanProcessor()],
    ...options,
  })
}

const hex = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString('hex')

/** The span as another SDK would hand it over: through the interface only. */
function foreign(span: ReadableSpan): ReadableSpan {
  const { name, kind, startTime, endTime, status, attributes, links, events, duration, ended, resource } = span
  const { instrumentationScope, droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span
  const context = span.spanContext()
  const parent = span.parentSpanContext
  return {
    ...{ name, kind, startTime, endTime, status, attributes, links, events, duration, ended, resource },
    ...{ instrumentationScope, droppedAttributesCount, droppedEventsCount, droppedLinksCount },
    ...(parent === undefined ? {} : { parentSpanContext: parent }),
    spanContext: () => context,
  }
}

const envelope = {
  resource:
    '0a18' + // ResourceSpans.resource
    '0a160a0c736572766963652e6e616d65' + // attribute service.name
    '12060a0473686f70', // = "shop"
  scope: '0a060a0162120131', // ScopeSpans.scope: name "b", version "1"
}

function makeSpan(build: (span: RecordingSpan) => void = () => {}): RecordingSpan {
  const span = makeProvider()
    .getTracer('b', '1')
    .startSpan('GET', { kind: 1, startTime: [1_700_000_000, 1] }) as RecordingSpan
  build(span)
  span.end([1_700_000_001, 0])
  return span
}

/** Bytes of the only span of a request with the envelope above, checked and cut off. */
function spanHex(span: ReadableSpan): string {
  const text = hex(encodeTraceRequest([span]))
  const at = text.indexOf(envelope.scope) + envelope.scope.length
  // ScopeSpans.spans: tag and length of one or two bytes.
  return text.slice(at + (Number.parseInt(text.slice(at + 2, at + 4), 16) > 127 ? 6 : 4))
}

const head =
  '0a100af7651916cd43dd8448eb211c80319c' + // trace_id
  '1208b7ad6b7169203331' + // span_id
  '2a03474554' + // name "GET"
  '3002' + // kind SERVER
  '3901002a36fe9c9717' + // start_time_unix_nano 1700000000000000001
  '4100cac471fe9c9717' // end_time_unix_nano 1700000001000000000
const tail = '850103010000' // flags: sampled, random, has-is-remote

test('a plain span in its envelope, byte for byte', () => {
  expect(hex(encodeTraceRequest([makeSpan()]))).toBe(
    '0a61' + // ExportTraceServiceRequest.resource_spans
      envelope.resource +
      '1245' + // scope_spans
      envelope.scope +
      '123b' + // spans
      head +
      tail,
  )
})

describe('span fields', () => {
  test.each<[string, (span: RecordingSpan) => void, string]>([
    ['string', (s) => s.setAttribute('n', 'x'), '4a080a016e12030a0178'],
    ['empty string', (s) => s.setAttribute('n', ''), '4a070a016e12020a00'],
    ['non-ASCII string', (s) => s.setAttribute('n', 'é'), '4a090a016e12040a02c3a9'],
    ['lone surrogate', (s) => s.setAttribute('n', '\ud800'), '4a0a0a016e12050a03efbfbd'],
    ['long string', (s) => s.setAttribute('n', 'x'.repeat(200)), `4ad1010a016e12cb010ac801${'78'.repeat(200)}`],
    ['true', (s) => s.setAttribute('n', true), '4a070a016e12021001'],
    ['false', (s) => s.setAttribute('n', false), '4a070a016e12021000'],
    ['zero', (s) => s.setAttribute('n', 0), '4a070a016e12021800'],
    ['int', (s) => s.setAttribute('n', 300), '4a080a016e120318ac02'],
    ['negative int', (s) => s.setAttribute('n', -1), '4a100a016e120b18ffffffffffffffffff01'],
    ['large int', (s) => s.setAttribute('n', 2 ** 40), '4a0c0a016e1207188080808080' + '20'],
    ['double', (s) => s.setAttribute('n', 0.5), '4a0e0a016e120921000000000000e03f'],
    ['NaN', (s) => s.setAttribute('n', Number.NaN), '4a0e0a016e120921000000000000f87f'],
    ['number beyond safe integers', (s) => s.setAttribute('n', 2 ** 60), '4a0e0a016e120921000000000000b043'],
    ['bigint', (s) => s.setAttribute('n', -1n), '4a100a016e120b18ffffffffffffffffff01'],
    ['null', (s) => s.setAttribute('n', null), '4a050a016e1200'],
    ['bytes', (s) => s.setAttribute('n', new Uint8Array([1, 2])), '4a090a016e12043a020102'],
    ['array with a hole', (s) => s.setAttribute('n', ['a', null]), '4a0e0a016e12092a070a030a01610a00'],
    ['empty array', (s) => s.setAttribute('n', []), '4a070a016e12022a00'],
    ['map', (s) => s.setAttribute('n', { k: 1 }), '4a100a016e120b32090a070a016b12021801'],
    ['key given twice', (s) => s.setAttribute('n', 1).setAttribute('n', 2), '4a070a016e12021802'],
    [
      'attribute that a processor changed',
      (s) => {
        s.setAttribute('n', 1)
        s.attributes['n'] = true
      },
      '4a070a016e12021001',
    ],
    [
      'event',
      (s) => s.addEvent('e', { n: true }, [1, 2]),
      // time_unix_nano, name, attributes
      '5a1509' + '02ca9a3b00000000' + '120165' + '1a070a016e12021001',
    ],
    [
      'link',
      (s) =>
        s.addLink({
          context: {
            traceId: '0af7651916cd43dd8448eb211c80319c',
            spanId: 'b7ad6b7169203331',
            traceFlags: 1,
            isRemote: true,
            traceState: createTraceState('a=b'),
          },
          attributes: { n: 1 },
        }),
      `6a2f${'0a100af7651916cd43dd8448eb211c80319c'}${'1208b7ad6b7169203331'}${'1a03613d62'}${'22070a016e12021801'}${'3501030000'}`,
    ],
    ['error status', (s) => s.setStatus({ code: 2, message: 'bad' }), '7a07' + '1203626164' + '1802'],
    ['ok status', (s) => s.setStatus({ code: 1 }), '7a021801'],
  ])('%s', (_name, build, expected) => {
    const span = makeSpan((s) => void build(s))
    expect(spanHex(span)).toBe(head + expected + tail)
    expect(spanHex(foreign(span))).toBe(head + expected + tail)
  })

  test('parent, trace state and the remote flag', () => {
    const parent = {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      traceFlags: 1,
      isRemote: true,
      traceState: createTraceState('v=1'),
    }
    const span = makeProvider()
      .getTracer('b', '1')
      .startSpan('x', { startTime: [0, 0] }, trace.setSpanContext(ROOT_CONTEXT, parent)) as RecordingSpan
    span.end([0, 0])
    const expected =
      '0a104bf92f3577b34da6a3ce929d0e0e4736' +
      '1208b7ad6b7169203331' +
      '220800f067aa0ba902b7' + // parent_span_id
      '1a03763d31' + // trace_state
      '2a0178300139000000000000000041' +
      '0000000000000000' +
      '850101030000' // sampled, has-is-remote, is-remote
    expect(spanHex(span)).toBe(expected)
    // Through the interface the parent's id comes before the trace state, too.
    expect(spanHex(foreign(span))).toBe(expected)
  })

  test('dropped counts', () => {
    const limits = { attributeCountLimit: 0, eventCountLimit: 0, linkCountLimit: 0 }
    const span = makeProvider({ spanLimits: limits })
      .getTracer('b', '1')
      .startSpan('GET', { kind: 1, startTime: [1_700_000_000, 1] }) as RecordingSpan
    vi.spyOn(sdkEvents, 'limitReached').mockImplementation(() => {})
    span.setAttribute('a', 1).setAttribute('b', 1).addEvent('e').addLink({ context: span.spanContext() })
    span.end([1_700_000_001, 0])
    expect(spanHex(span)).toBe(`${head}500260017001${tail}`)
    expect(spanHex(foreign(span))).toBe(`${head}500260017001${tail}`)
  })

  test('values that no attribute can have are left out where they are first looked at', () => {
    vi.spyOn(sdkEvents, 'invalidAttribute').mockImplementation(() => {})
    const provider = makeProvider()
    const attributes = { f: () => {}, s: Symbol('x'), big: 2n ** 64n, u: undefined, '': 1, n: true }
    const span = provider
      .getTracer('b', '1')
      .startSpan('GET', { kind: 1, startTime: [1_700_000_000, 1], attributes }) as RecordingSpan
    span.end([1_700_000_001, 0])
    expect(spanHex(span)).toBe(`${head}4a070a016e12021001${tail}`)
  })

  test('strings kept as given are cut when they are written', () => {
    const provider = makeProvider({ spanLimits: { attributeValueLengthLimit: 1 } })
    const span = provider
      .getTracer('b', '1')
      .startSpan('GET', { kind: 1, startTime: [1_700_000_000, 1], attributes: { n: 'xyz' } }) as RecordingSpan
    span.end([1_700_000_001, 0])
    expect(spanHex(span)).toBe(`${head}4a080a016e12030a0178${tail}`)
  })
})

describe('envelopes', () => {
  test('groups by resource and scope, in the order of appearance, with schema URLs', () => {
    const one = makeProvider({ resource: resourceFromAttributes({}, { schemaUrl: 'r' }) })
    const a = one.getTracer('a', '', { schemaUrl: 's', attributes: { k: 1 } })
    const b = one.getTracer('b')
    const spans = [a, b, a].map((tracer) => {
      const span = tracer.startSpan('x', { startTime: [0, 0] })
      span.end([0, 0])
      return span as RecordingSpan
    })
    const spanBytes =
      `1239${'0a100af7651916cd43dd8448eb211c80319c'}${'1208b7ad6b7169203331'}2a01783001` +
      `390000000000000000410000000000000000${tail}`
    expect(hex(encodeTraceRequest(spans)).slice(6)).toBe(
      '0a00' + // resource without attributes
        '128701' + // scope_spans
        '0a0c0a01611a070a016b12021801' +
        spanBytes +
        spanBytes +
        '1a0173' + // ScopeSpans.schema_url "s"
        '12400a030a0162' +
        spanBytes +
        '1a0172', // ResourceSpans.schema_url "r"
    )
  })

  test('slices give the same bytes as one piece', () => {
    const spans = Array.from({ length: 10 }, (_, i) => makeSpan((s) => s.setAttribute('i', i)))
    const encoder = traceRequestEncoder(spans)
    let turns = 1
    while (!encoder.next(3)) turns++
    expect(turns).toBe(4)
    expect(hex(encoder.finish())).toBe(hex(encodeTraceRequest(spans)))
  })

  test('no spans are no bytes', () => {
    expect(hex(encodeTraceRequest([]))).toBe('')
  })
})

test('a foreign span with odd times is written, not refused', () => {
  const odd = { ...foreign(makeSpan()), startTime: [-5, 0], endTime: [1.5, 10] } as ReadableSpan
  expect(spanHex(odd)).toContain(
    '390000000000000000' + // before 1970: 0
      '410a2f685900000000', // 1500000010
  )
})

test('a flood of keys keeps duplicates apart', () => {
  for (let i = 0; i < 5000; i++) makeSpan((s) => s.setAttribute(`flood-${i}`, i))
  for (let i = 0; i < 5000; i++) encodeTraceRequest([makeSpan((s) => s.setAttribute(`flood-${i}`, i))])
  const span = makeSpan((s) => s.setAttributes({ n: 1 }).setAttribute('n', 1).setAttribute('n', 2))
  expect(spanHex(span)).toBe(`${head}4a070a016e12021802${tail}`)
})
