// SPDX-License-Identifier: Apache-2.0
import {
  type Context,
  type DiagLogger,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  ROOT_CONTEXT,
  trace,
} from '@otel-ts/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { AWSXRayPropagator } from './index.ts'

const traceId = '5759e988bd862e3fe1be46a994272793'
const spanId = '53995c3f42cd8ad8'
const root = 'Root=1-5759e988-bd862e3fe1be46a994272793'
const parent = `Parent=${spanId}`
const propagator = new AWSXRayPropagator()
const before = trace.setSpanContext(ROOT_CONTEXT, { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 })

const extract = (header: unknown, context: Context = ROOT_CONTEXT) =>
  propagator.extract(context, { 'X-Amzn-Trace-Id': header }, defaultTextMapGetter)
const inject = (context: Context) => {
  const headers: Record<string, string> = {}
  propagator.inject(context, headers, defaultTextMapSetter)
  return headers
}

afterEach(() => diag.disable())

describe('x-amzn-trace-id, extract', () => {
  test.each([
    ['sampled', `${root};${parent};Sampled=1`, 1],
    ['not sampled', `${root};${parent};Sampled=0`, 0],
    ['decision left to us', `${root};${parent};Sampled=?`, 0],
    ['no decision', `${root};${parent}`, 0],
    ['another order', `Sampled=1;${parent};${root}`, 1],
    ['with white space', ` ${root} ; ${parent} ; Sampled = 1 `, 1],
    ['with other parts', `Self=1-67891234-12456789abcdef012345678;${root};${parent};Sampled=1;Lineage=a:1;x;=y;;`, 1],
    ['the first of equal parts', `${root};${parent};Sampled=1;Sampled=0;Parent=05e3ac9a4f6e3b90`, 1],
    ['upper-case digits', `Root=1-5759E988-BD862E3FE1BE46A994272793;Parent=53995C3F42CD8AD8;Sampled=1`, 1],
    ['a list: the first', [`${root};${parent};Sampled=1`, 'x'], 1],
  ])('reads ids and decision: %s', (_name, header, traceFlags) => {
    expect(trace.getSpanContext(extract(header, before))).toEqual({ traceId, spanId, traceFlags, isRemote: true })
  })

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['only a root, as load balancers send it', root],
    ['only a parent', `${parent};Sampled=1`],
    ['another version', `Root=2${root.slice(6)};${parent};Sampled=1`],
    ['a root with a digit less', `${root.slice(0, -1)};${parent};Sampled=1`],
    ['a root with a digit more', `${root}0;${parent};Sampled=1`],
    ['a root with other separators', `Root=1_5759e988_bd862e3fe1be46a994272793;${parent};Sampled=1`],
    ['a root that is not hex', `${root.slice(0, -1)}g;${parent};Sampled=1`],
    ['a zero root', `Root=1-${'0'.repeat(8)}-${'0'.repeat(24)};${parent};Sampled=1`],
    ['a zero parent', `${root};Parent=${'0'.repeat(16)};Sampled=1`],
    ['a parent with a digit less', `${root};${parent.slice(0, -1)};Sampled=1`],
    ['a decision that is none', `${root};${parent};Sampled=2`],
    ['a decision of two digits', `${root};${parent};Sampled=11`],
    ['an empty decision', `${root};${parent};Sampled=`],
    ['keys in another case', `${root.toLowerCase()};${parent};Sampled=1`],
    ['a number', 5],
    ['an empty list', []],
    ['megabytes', ';'.repeat(4_000_000)],
  ])('%s leaves the context as it was', (_name, header) => {
    expect(extract(header, before)).toBe(before)
  })
})

describe('x-amzn-trace-id, inject', () => {
  const written = (spanContext: object) =>
    inject(trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, ...spanContext }))

  test('writes root, parent and decision', () => {
    expect(written({ traceFlags: 3 })).toEqual({ 'x-amzn-trace-id': `${root};${parent};Sampled=1` })
    expect(written({ traceFlags: 2 })).toEqual({ 'x-amzn-trace-id': `${root};${parent};Sampled=0` })
  })

  test('writes nothing without a valid span, or where tracing is suppressed', () => {
    expect(inject(ROOT_CONTEXT)).toEqual({})
    expect(written({ spanId: '0'.repeat(16) })).toEqual({})
    const suppressed = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
    expect(inject(before.setValue(suppressed, true))).toEqual({})
  })

  test('names its field', () => {
    expect(propagator.fields()).toEqual(['x-amzn-trace-id'])
  })
})

test('setters and getters that throw cost nothing but the context, and are said', () => {
  const error = vi.fn()
  diag.setLogger({ error, warn() {}, info() {}, debug() {}, verbose() {} } satisfies DiagLogger)
  const fail = (): never => {
    throw new Error('no')
  }
  expect(propagator.extract(before, {}, { get: fail, keys: fail })).toBe(before)
  expect(() => propagator.inject(before, {}, { set: fail })).not.toThrow()
  expect(error).toHaveBeenCalledTimes(2)
})
