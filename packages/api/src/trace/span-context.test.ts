// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { wrapSpanContext } from './non-recording-span.ts'
import {
  INVALID_SPAN_CONTEXT,
  INVALID_SPANID,
  INVALID_TRACEID,
  isSpanContextValid,
  isValidSpanId,
  isValidTraceId,
  spanIdBytes,
  traceIdBytes,
} from './span-context.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

describe('span context', () => {
  test.each([
    [traceId, true],
    ['0AF7651916CD43DD8448EB211C80319C', true],
    ['00000000000000000000000000000001', true],
    ['80000000000000000000000000000000', true],
    [INVALID_TRACEID, false],
    [traceId.slice(1), false],
    [`${traceId}0`, false],
    [`g${traceId.slice(1)}`, false],
    [`${traceId.slice(1)}/`, false],
    [`${traceId.slice(1)}:`, false],
    [`${traceId.slice(1)}@`, false],
    [`${traceId.slice(1)}\``, false],
    [`${traceId.slice(1)}\u0130`, false],
    [`${traceId.slice(1)}\u0161`, false],
    ['', false],
    [undefined as unknown as string, false],
    [7 as unknown as string, false],
  ])('trace id %j: valid is %j', (id, valid) => {
    expect(isValidTraceId(id)).toBe(valid)
  })

  test.each([
    [spanId, true],
    [INVALID_SPANID, false],
    [traceId, false],
    ['b7ad6b716920333x', false],
  ])('span id %j: valid is %j', (id, valid) => {
    expect(isValidSpanId(id)).toBe(valid)
  })

  test('is valid only if both ids are', () => {
    expect(isSpanContextValid({ traceId, spanId, traceFlags: 0 })).toBe(true)
    expect(isSpanContextValid({ traceId: INVALID_TRACEID, spanId, traceFlags: 1 })).toBe(false)
    expect(isSpanContextValid({ traceId, spanId: INVALID_SPANID, traceFlags: 1 })).toBe(false)
    expect(isSpanContextValid(INVALID_SPAN_CONTEXT)).toBe(false)
  })

  test('ids can be had as bytes', () => {
    const spanContext = { traceId, spanId, traceFlags: 0 }
    expect([...traceIdBytes(spanContext)]).toEqual([
      0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c,
    ])
    expect([...spanIdBytes(spanContext)]).toEqual([0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31])
    expect([...spanIdBytes({ ...spanContext, spanId: 'nonsense' })]).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })
})

describe('a wrapped span context', () => {
  const spanContext = { traceId, spanId, traceFlags: 3, isRemote: true }
  const span = wrapSpanContext(spanContext)

  test('is a span that carries it and does not record', () => {
    expect(span.spanContext()).toBe(spanContext)
    expect(span.isRecording()).toBe(false)
  })

  test('takes every call, chained, and records nothing', () => {
    const link = { context: INVALID_SPAN_CONTEXT }
    expect(
      span
        .setAttribute('a', 1)
        .setAttributes({ a: 1 })
        .addEvent('e', { a: 1 }, 1)
        .addLink(link)
        .addLinks([link])
        .setStatus({ code: 2 })
        .updateName('n'),
    ).toBe(span)
    expect([span.recordException('e', 1, { a: 1 }), span.end(1)]).toEqual([undefined, undefined])
    expect(span.spanContext()).toBe(spanContext)
  })
})
