// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { propagation, ROOT_CONTEXT, trace } from '@otel-ts/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { B3InjectEncoding, B3Propagator } from './b3-propagator.ts'
import { CompositePropagator } from './composite-propagator.ts'
import {
  childProcessEnvironment,
  EnvironmentGetter,
  EnvironmentSetter,
  type EnvironmentVariables,
} from './environment-carrier.ts'
import { W3CBaggagePropagator } from './w3c-baggage-propagator.ts'
import { W3CTraceContextPropagator } from './w3c-trace-context-propagator.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  propagation.disable()
})

const spanContext = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const inSpan = trace.setSpanContext(ROOT_CONTEXT, spanContext)

describe('names of variables', () => {
  test.each([
    ['traceparent', 'TRACEPARENT'],
    ['x-b3-traceid', 'X_B3_TRACEID'],
    ['TraceParent', 'TRACEPARENT'],
    ['uber-trace-id', 'UBER_TRACE_ID'],
    ['a.b/c d', 'A_B_C_D'],
    ['already_OK_9', 'ALREADY_OK_9'],
    ['9lives', '_9LIVES'],
    ['0', '_0'],
    ['', '_'],
    ['-9', '_9'],
    ['grün', 'GR_N'],
    ['ı', '_'],
    ['🛒', '_'],
    ['a🛒b', 'A_B'],
    ['\ud800x', '_X'],
    ['__proto__', '__PROTO__'],
  ])('%j is written and read as %s', (key, name) => {
    const variables: EnvironmentVariables = {}
    new EnvironmentSetter(variables).set(undefined, key, 'v')
    expect(variables).toEqual({ [name]: 'v' })
    const getter = new EnvironmentGetter(variables)
    expect(getter.get(undefined, key)).toBe('v')
    expect(getter.getAll(undefined, key)).toEqual(['v'])
    expect(getter.keys()).toEqual([name])
  })

  test('a variable with the literal name of a key is not found', () => {
    const getter = new EnvironmentGetter({ 'x-b3-traceid': '1', x_b3_traceid: '2', traceparent })
    expect(getter.get(undefined, 'x-b3-traceid')).toBe(undefined)
    expect(getter.getAll(undefined, 'x-b3-traceid')).toEqual([])
    expect(getter.get(undefined, 'traceparent')).toBe(undefined)
  })

  test('only variables that a setter could have written are listed', () => {
    const getter = new EnvironmentGetter({ A: '', _B9: '', a: '', '9A': '', 'A-B': '', Ab: '', ÄB: '', '': '' })
    expect(getter.keys()).toEqual(['A', '_B9'])
  })
})

test('values are passed on as they are, the empty one too', () => {
  const variables: EnvironmentVariables = {}
  const setter = new EnvironmentSetter(variables)
  const values = { EMPTY: '', LONG: 'x'.repeat(100_000), ODD: '=,; ü%\n' }
  for (const [name, value] of Object.entries(values)) setter.set(undefined, name.toLowerCase(), value)
  expect(variables).toEqual(values)
  expect(new EnvironmentGetter(variables).get(undefined, 'empty')).toBe('')
})

test('without variables of its own a getter reads those that the process has at the time', () => {
  const getter = new EnvironmentGetter()
  expect(getter.get(undefined, 'otel-ts-test-carrier')).toBe(undefined)
  vi.stubEnv('OTEL_TS_TEST_CARRIER', '1')
  expect(getter.get(undefined, 'otel-ts-test-carrier')).toBe('1')
  expect(getter.keys()).toContain('OTEL_TS_TEST_CARRIER')
})

test.each([
  ['W3C', new W3CTraceContextPropagator(), ['TRACEPARENT']],
  ['B3 in one', new B3Propagator(), ['B3']],
  [
    'B3 in several',
    new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER }),
    ['X_B3_TRACEID', 'X_B3_SPANID', 'X_B3_SAMPLED'],
  ],
])('a span goes through variables: %s', (_name, propagator, names) => {
  const variables: EnvironmentVariables = {}
  propagator.inject(inSpan, undefined, new EnvironmentSetter(variables))
  expect(Object.keys(variables)).toEqual(names)
  const read = propagator.extract(ROOT_CONTEXT, undefined, new EnvironmentGetter(variables))
  expect(trace.getSpanContext(read)).toEqual({ ...spanContext, isRemote: true })
})

describe('the environment of a child process', () => {
  const propagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  })

  test('continues the trace and keeps the rest, without changing what it was made from', () => {
    const variables = { PATH: '/usr/bin', TRACEPARENT: 'old', TRACESTATE: 'old=1', BAGGAGE: 'old=1' }
    const given = { ...variables }
    expect(childProcessEnvironment({ context: inSpan, propagator, variables })).toEqual({
      PATH: '/usr/bin',
      TRACEPARENT: traceparent,
    })
    expect(variables).toEqual(given)
  })

  test('without anything to pass on stays as it was inherited', () => {
    const variables = { PATH: '/usr/bin', TRACEPARENT: traceparent, TRACESTATE: 'a=1' }
    expect(childProcessEnvironment({ context: ROOT_CONTEXT, propagator, variables })).toEqual(variables)
  })

  test('is by default that of this process with the active context, through the global propagator', () => {
    vi.stubEnv('OTEL_TS_TEST_CARRIER', '1')
    const unchanged = { ...process.env }
    expect(childProcessEnvironment()).toEqual(unchanged)
    propagation.setGlobalPropagator(propagator)
    expect(childProcessEnvironment({ context: inSpan })).toEqual({ ...unchanged, TRACEPARENT: traceparent })
    expect({ ...process.env }).toEqual(unchanged)
  })

  test('is read by a real child', () => {
    const env = childProcessEnvironment({ context: inSpan, propagator, variables: { PATH: process.env['PATH'] } })
    const read = execFileSync(process.execPath, ['-p', 'process.env.TRACEPARENT'], { env, encoding: 'utf8' })
    expect(read.trim()).toBe(traceparent)
  })
})
