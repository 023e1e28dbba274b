// SPDX-License-Identifier: Apache-2.0
import type { Span as ApiSpan, Link } from '@otel-ts/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import { InMemorySpanExporter } from './in-memory-span-exporter.ts'
import type { SpanLimits } from './limits.ts'
import type { Span } from './readable-span.ts'
import { SimpleSpanProcessor } from './simple-span-processor.ts'
import { TracerProvider } from './tracer-provider.ts'

function startSpan(spanLimits: SpanLimits = {}): Span {
  const provider = new TracerProvider({
    spanLimits,
    spanProcessors: [new SimpleSpanProcessor({ exporter: new InMemorySpanExporter() })],
  })
  return provider.getTracer('test').startSpan('work') as Span
}

const linked = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }

describe('attributes', () => {
  test('the last value of a key wins, wherever the earlier ones came from', () => {
    const span = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(new InMemorySpanExporter())] })
      .getTracer('test')
      .startSpan('work', { attributes: { a: 1, b: 1 } }) as Span
    span.setAttribute('a', 2).setAttribute('c', 1).setAttribute('c', 2)
    expect(span.attributes).toEqual({ a: 2, b: 1, c: 2 })
  })

  test('keeps falsy values and null, leaves undefined out', () => {
    const span = startSpan()
    span.setAttributes({ zero: 0, empty: '', no: false, none: [], nothing: null, missing: undefined })
    expect(span.attributes).toEqual({ zero: 0, empty: '', no: false, none: [], nothing: null })
  })

  test('keeps numbers that JSON has not, bigints of 64 bits, bytes and nested maps', () => {
    const span = startSpan()
    const value = { list: [1, undefined, null, { deep: new Uint8Array([1, 2]) }], big: -(2n ** 63n) }
    span.setAttribute('nan', Number.NaN).setAttribute('value', value)
    expect(span.attributes).toEqual({
      nan: Number.NaN,
      value: { list: [1, null, null, { deep: new Uint8Array([1, 2]) }], big: -(2n ** 63n) },
    })
  })

  test('copies arrays, maps and bytes when they are given', () => {
    const list = ['a']
    const bytes = new Uint8Array([1])
    const map = { key: 'old' }
    const span = startSpan()
    span.setAttributes({ list, bytes }).setAttribute('map', map)
    list.push('b')
    bytes[0] = 2
    map.key = 'new'
    expect(span.attributes).toEqual({ list: ['a'], bytes: new Uint8Array([1]), map: { key: 'old' } })
  })

  test('once read, the attributes object is the truth', () => {
    const span = startSpan()
    span.setAttribute('a', 1)
    const held = span.attributes
    held['from-outside'] = true
    delete held['a']
    span.setAttribute('b', 2)
    expect(span.attributes).toBe(held)
    expect(held).toEqual({ 'from-outside': true, b: 2 })
  })

  test('a key named __proto__ is only a key', () => {
    const span = startSpan()
    span.setAttributes(JSON.parse('{"__proto__": 1, "map": {"__proto__": 2}}') as Record<string, unknown>)
    const { attributes } = span
    expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype)
    expect(Object.keys(attributes)).toEqual(['__proto__', 'map'])
  })

  test.each([
    ['a function', () => {}],
    ['a symbol', Symbol('x')],
    ['a bigint beyond int64', 2n ** 63n],
    ['an instance of a class', new Date(0)],
    ['a map with a function in it', { f() {} }],
    ['an array with a symbol in it', [Symbol('x')]],
    [
      'an array that holds itself',
      (() => {
        const cycle: unknown[] = []
        cycle.push(cycle)
        return cycle
      })(),
    ],
    [
      'an object whose getter throws',
      {
        get x(): never {
          throw new Error('no')
        },
      },
    ],
    [
      'a revoked proxy',
      (() => {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        return proxy
      })(),
    ],
    [
      'a value whose copy would be exponentially large',
      (() => {
        let shared: unknown[] = []
        for (let i = 0; i < 40; i++) shared = [shared, shared]
        return shared
      })(),
    ],
  ])('%s is left out with a warning and harms nothing else', (_name, value) => {
    const warn = vi.spyOn(sdkEvents, 'invalidAttribute').mockImplementation(() => {})
    const span = startSpan()
    span.setAttribute('bad', value).setAttributes({ bad2: value, good: 1 })
    const early = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(new InMemorySpanExporter())] })
      .getTracer('test')
      .startSpan('work', { attributes: { bad: value, good: 1 } }) as Span
    expect(span.attributes).toEqual({ good: 1 })
    expect(early.attributes).toEqual({ good: 1 })
    expect(warn).toHaveBeenCalled()
    warn.mockRestore()
  })

  test.each([
    ['null', null],
    ['a number', 5],
    ['a string', 'abc'],
    ['an array', ['x']],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('no')
          },
        },
      ),
    ],
  ])('%s instead of an attributes object adds nothing and does not throw', (_name, value) => {
    const span = startSpan()
    span.setAttributes(value as never)
    span.addEvent('e', value === 5 ? undefined : (value as never))
    expect(span.attributes).toEqual({})
  })

  test('a getter that throws costs its own attribute only', () => {
    const source = {
      good: 1,
      get bad(): never {
        throw new Error('no')
      },
      after: 2,
    }
    const span = startSpan()
    span.setAttributes(source)
    expect(span.attributes).toEqual({ good: 1, after: 2 })
  })

  test('a key that is no string or empty is left out', () => {
    const span = startSpan()
    span
      .setAttribute('', 1)
      .setAttribute(Symbol('s') as never, 1)
      .setAttribute(undefined as never, 1)
    span.setAttributes({ '': 1, [Symbol('s')]: 2 } as never)
    expect(span.attributes).toEqual({})
  })
})

describe('limits', () => {
  test('takes attributeCountLimit attributes, drops and counts the next, still updates those it has', () => {
    const span = startSpan({ attributeCountLimit: 2 })
    span.setAttribute('a', 1).setAttribute('b', 1)
    expect(span.droppedAttributesCount).toBe(0)
    span.setAttribute('c', 1).setAttribute('a', 2)
    expect(span.attributes).toEqual({ a: 2, b: 1 })
    expect(span.droppedAttributesCount).toBe(1)
  })

  test('the limit holds for attributes given at the start', () => {
    const span = startSpan({ attributeCountLimit: 2 })
    span.setAttributes({ a: 1, b: undefined, c: 3, d: 4 })
    expect(span.attributes).toEqual({ a: 1, c: 3 })
    expect(span.droppedAttributesCount).toBe(1)
  })

  test('setting one key over and over neither grows nor fills the span', () => {
    const span = startSpan()
    for (let i = 0; i < 10_000; i++) span.setAttribute('same', i)
    span.setAttribute('other', 1)
    expect(span.attributes).toEqual({ same: 9999, other: 1 })
    expect(span.droppedAttributesCount).toBe(0)
  })

  test('128 attributes are the default limit', () => {
    const span = startSpan()
    for (let i = 0; i < 129; i++) span.setAttribute(`key-${i}`, i)
    expect(Object.keys(span.attributes)).toHaveLength(128)
    expect(span.droppedAttributesCount).toBe(1)
  })

  test('cuts strings by character and bytes by byte, also inside arrays and maps', () => {
    const span = startSpan({ attributeValueLengthLimit: 3 })
    span.setAttributes({ exact: 'abc', long: 'abcd', pair: 'ab💼c', list: ['abcd', 1], map: { k: 'abcd' } })
    span.setAttribute('late', 'abcd').setAttribute('bytes', new Uint8Array([1, 2, 3, 4]))
    expect(span.attributes).toEqual({
      exact: 'abc',
      long: 'abc',
      pair: 'ab💼',
      list: ['abc', 1],
      map: { k: 'abc' },
      late: 'abc',
      bytes: new Uint8Array([1, 2, 3]),
    })
  })

  test('containers deeper than attributeValueDepthLimit become empty', () => {
    const span = startSpan({ attributeValueDepthLimit: 2 })
    span.setAttribute('deep', [[1], [['gone']], { map: { gone: 1 }, kept: 2 }])
    expect(span.attributes['deep']).toEqual([[1], [null], { map: null, kept: 2 }])
  })

  test('values nested 64 deep are kept by default, one level more is empty', () => {
    const nest = (depth: number): unknown => (depth === 0 ? 'core' : [nest(depth - 1)])
    const span = startSpan()
    span.setAttribute('kept', nest(64)).setAttribute('cut', nest(65))
    expect(JSON.stringify(span.attributes['kept'])).toContain('core')
    expect(JSON.stringify(span.attributes['cut'])).not.toContain('core')
  })

  test('the oldest events and links make room, and are counted', () => {
    const span = startSpan({ eventCountLimit: 2, linkCountLimit: 1 })
    span.addEvent('1').addEvent('2').addEvent('3')
    span.addLink({ context: linked }).addLink({ context: { ...linked, spanId: '00f067aa0ba902b7' } })
    expect(span.events.map((event) => event.name)).toEqual(['2', '3'])
    expect(span.droppedEventsCount).toBe(1)
    expect(span.links.map((link) => link.context.spanId)).toEqual(['00f067aa0ba902b7'])
    expect(span.droppedLinksCount).toBe(1)
  })

  test('a limit of 0 keeps nothing', () => {
    const span = startSpan({ eventCountLimit: 0, linkCountLimit: 0, attributeCountLimit: 0 })
    span.addEvent('1').addLink({ context: linked }).setAttribute('a', 1)
    expect([span.events, span.links, span.attributes]).toEqual([[], [], {}])
    expect([span.droppedEventsCount, span.droppedLinksCount, span.droppedAttributesCount]).toEqual([1, 1, 1])
  })

  test('attributes of events and links have limits of their own', () => {
    const span = startSpan({ attributePerEventCountLimit: 1, attributePerLinkCountLimit: 1 })
    span.addEvent('e', { a: 1, b: 2 }).addLink({ context: linked, attributes: { a: 1, b: 2, c: 3 } })
    expect(span.events[0]).toMatchObject({ attributes: { a: 1 }, droppedAttributesCount: 1 })
    expect(span.links[0]).toMatchObject({ attributes: { a: 1 }, droppedAttributesCount: 2 })
  })

  test('a span over its limits warns once, when it ends', () => {
    const warn = vi.spyOn(sdkEvents, 'limitReached').mockImplementation(() => {})
    const span = startSpan({ attributeCountLimit: 1, eventCountLimit: 1 })
    span.setAttributes({ a: 1, b: 2, c: 3 }).addEvent('1').addEvent('2')
    expect(warn).not.toHaveBeenCalled()
    span.end()
    expect(warn.mock.calls).toEqual([[{ spanName: 'work', attributeCount: 2, eventCount: 1, linkCount: 0 }]])
    warn.mockRestore()
  })
})

describe('status', () => {
  test.each([
    ['Ok stays Ok', [{ code: 1 }, { code: 2, message: 'late' }], { code: 1 }],
    [
      'Error becomes Ok and loses its description',
      [
        { code: 2, message: 'bad' },
        { code: 1, message: 'x' },
      ],
      { code: 1 },
    ],
    ['Unset changes nothing', [{ code: 2, message: 'bad' }, { code: 0 }], { code: 2, message: 'bad' }],
    [
      'the later Error wins',
      [
        { code: 2, message: 'a' },
        { code: 2, message: 'b' },
      ],
      { code: 2, message: 'b' },
    ],
    ['an empty description is none', [{ code: 2, message: '' }], { code: 2 }],
    ['a description that is no text is none', [{ code: 2, message: 5 }], { code: 2 }],
    ['an unknown code changes nothing', [{ code: 7 }, null, undefined, 'x'], { code: 0 }],
  ])('%s', (_name, given, expected) => {
    const span = startSpan()
    for (const status of given) span.setStatus(status as never)
    expect(span.status).toEqual(expected)
  })
})

describe('exceptions', () => {
  test.each([
    ['an Error', new TypeError('broken'), { 'exception.type': 'TypeError', 'exception.message': 'broken' }],
    [
      'an Error with a code',
      Object.assign(new Error('gone'), { code: 'ENOENT' }),
      { 'exception.type': 'ENOENT', 'exception.message': 'gone' },
    ],
    ['a text', 'just text', { 'exception.message': 'just text' }],
    ['a number', 42, { 'exception.message': '42' }],
    ['undefined', undefined, { 'exception.message': 'undefined' }],
    [
      'an object whose getters throw',
      {
        name: 'Odd',
        get message(): never {
          throw new Error('no')
        },
      },
      { 'exception.type': 'Odd' },
    ],
  ])('records %s', (_name, exception, expected) => {
    const span = startSpan()
    span.recordException(exception as never)
    const [event] = span.events
    expect(event?.name).toBe('exception')
    const { 'exception.stacktrace': _stack, ...rest } = event?.attributes ?? {}
    expect(rest).toEqual(expected)
  })

  test('extra attributes win over generated ones, and the time is taken', () => {
    const span = startSpan()
    span.recordException(new Error('generated'), [5, 6], { 'exception.message': 'mine', more: 1 })
    expect(span.events[0]).toMatchObject({ time: [5, 6], attributes: { 'exception.message': 'mine', more: 1 } })
  })
})

describe('times', () => {
  test.each([
    ['HrTime', [1_700_000_000, 5], [1_700_000_000, 5]],
    ['Date', new Date(1_700_000_000_123), [1_700_000_000, 123_000_000]],
    ['milliseconds', 1_700_000_000_123.5, [1_700_000_000, 123_500_000]],
    ['HrTime with too many nanoseconds', [10, 2_000_000_001], [12, 1]],
    ['a Date before 1970', new Date(-1500), [-2, 500_000_000]],
  ])('takes %s for events', (_name, time, expected) => {
    const span = startSpan()
    span.addEvent('e', time as never)
    expect(span.events[0]?.time).toEqual(expected)
  })

  test('a small number is a reading of performance.now', () => {
    const span = startSpan()
    const before = Date.now()
    span.addEvent('e', performance.now())
    const [seconds, nanos] = span.events[0]!.time
    expect(Math.abs(seconds * 1000 + nanos / 1e6 - before)).toBeLessThan(1000)
  })

  test.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a bigint', 5n],
    ['an invalid Date', new Date(Number.NaN)],
    ['a pair with a hole', [1, undefined]],
    ['a pair with NaN', [Number.NaN, 1]],
    ['three numbers', [1, 2, 3]],
    ['a text', '2026-01-01'],
  ])('%s is replaced by the present, with a warning', (_name, time) => {
    const warn = vi.spyOn(sdkEvents, 'invalidTime').mockImplementation(() => {})
    const span = startSpan()
    span.end(time as never)
    expect(span.ended).toBe(true)
    expect(span.duration[0]).toBe(0)
    expect(warn).toHaveBeenCalledWith('end', time)
    warn.mockRestore()
  })

  test('an end before the start ends when it started, with a warning', () => {
    const warn = vi.spyOn(sdkEvents, 'negativeDuration').mockImplementation(() => {})
    const span = startSpan()
    span.end([1, 0])
    expect(span.endTime).toEqual(span.startTime)
    expect(span.duration).toEqual([0, 0])
    expect(warn).toHaveBeenCalledOnce()
    warn.mockRestore()
  })

  test('start and end given by the user are exact to the nanosecond', () => {
    const span = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(new InMemorySpanExporter())] })
      .getTracer('test')
      .startSpan('work', { startTime: [1_700_000_000, 999_999_999] }) as Span
    span.end([1_700_000_002, 1])
    expect([span.startTime, span.endTime, span.duration]).toEqual([
      [1_700_000_000, 999_999_999],
      [1_700_000_002, 1],
      [1, 2],
    ])
  })

  test('a running span has no end and no duration', () => {
    const span = startSpan()
    expect([span.endTime, span.duration, span.ended]).toEqual([[0, 0], [-1, -1], false])
  })
})

describe('after end', () => {
  let ended: ReturnType<typeof vi.spyOn>
  beforeEach(() => {
    ended = vi.spyOn(sdkEvents, 'spanAlreadyEnded').mockImplementation(() => {})
  })
  afterEach(() => ended.mockRestore())

  test('every change is ignored and reported, nothing throws', () => {
    const span = startSpan()
    span.end()
    const before = span.endTime
    span.setAttribute('a', 1).setAttributes({ b: 1 }).addEvent('e').addLink({ context: linked })
    span.setStatus({ code: 2 }).updateName('new').recordException(new Error('late'))
    span.end([9_999_999_999, 0])
    expect(span).toMatchObject({ name: 'work', attributes: {}, events: [], links: [], status: { code: 0 } })
    expect(span.endTime).toEqual(before)
    expect(span.isRecording()).toBe(false)
    expect(ended.mock.calls.map((call: unknown[]) => call[0])).toEqual([
      'setAttribute',
      'setAttributes',
      'addEvent',
      'addLink',
      'setStatus',
      'updateName',
      'recordException',
      'end',
    ])
  })

  test('is exported once however often it ends', () => {
    const exporter = new InMemorySpanExporter()
    const span = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
      .getTracer('test')
      .startSpan('work')
    span.end()
    span.end()
    expect(exporter.getFinishedSpans()).toHaveLength(1)
  })
})

describe('links', () => {
  const nowhere = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }

  test('a link to nowhere is kept only for its attributes or trace state', () => {
    const span = startSpan()
    const traceState = { serialize: () => 'a=b' } as never
    span.addLinks([
      { context: nowhere },
      { context: nowhere, attributes: { a: 1 } },
      { context: { ...nowhere, traceState } },
    ])
    expect(span.links).toHaveLength(2)
  })

  test.each([[null], [undefined], [{}], [{ context: null }], ['x']])('%j is no link and does not throw', (link) => {
    const span = startSpan()
    span.addLink(link as unknown as Link).addLinks(link as never)
    expect(span.links).toEqual([])
  })
})

test('a name that is no text is shown as text', () => {
  const span = startSpan() as ApiSpan
  expect((span.updateName(5 as never) as Span).name).toBe('5')
  const hostile = {
    toString() {
      throw new Error('no')
    },
  }
  expect((span.updateName(hostile as never) as Span).name).toBe('an error without text')
})
