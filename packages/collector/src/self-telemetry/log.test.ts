// SPDX-License-Identifier: Apache-2.0
import { fakeClock } from '@otel-ts/testkit'
import { expect, test } from 'vitest'
import { type ConsoleLogOptions, consoleLogSink, createLogger, LineThrottle, wantsColor } from './log.ts'

function setUp(options: ConsoleLogOptions = {}) {
  const written: string[] = []
  const sink = consoleLogSink({ write: (text) => written.push(text), color: false, now: () => 1000, ...options })
  return { written, log: createLogger(sink, { kind: 'exporter', id: 'debug' }), own: createLogger(sink) }
}

test('lines have columns, then fields; text with spaces is quoted', () => {
  const { written, log, own } = setUp()
  log.warn('Slow', { seconds: 3, file: '/tmp/a', error: 'no space left', absent: undefined })
  own.info('Ready')
  expect(written).toEqual([
    '00:00:01.000 WARN  exporter debug           Slow  seconds=3 file=/tmp/a error="no space left"\n',
    '00:00:01.000 INFO  collector                Ready\n',
  ])
})

test('lines below the level are left out', () => {
  const { written, log } = setUp({ level: 'warn' })
  log.info('no')
  log.warn('yes')
  log.error('yes')
  expect(written.length).toBe(2)
})

test('JSON has one object a line, in upstream’s field names', () => {
  const { written, log } = setUp({ encoding: 'json', initialFields: { site: 'x' } })
  log.info('Hello', { count: 2n }, 'a\nb')
  expect(JSON.parse(written[0]!)).toEqual({
    level: 'info',
    ts: '1970-01-01T00:00:01.000Z',
    msg: 'Hello',
    'otelcol.component.kind': 'exporter',
    'otelcol.component.id': 'debug',
    site: 'x',
    count: '2',
    text: 'a\nb',
  })
})

test('what a peer sent cannot fake a line or move the cursor', () => {
  const { written, log } = setUp()
  log.warn('bad\n00:00 INFO fake \u001b[2J', { error: 'x\ny' })
  expect(written).toEqual([
    '00:00:01.000 WARN  exporter debug           bad 00:00 INFO fake \uFFFD[2J  error="x\\ny"\n',
  ])
})

test('a block keeps its lines', () => {
  const { written, log } = setUp()
  log.info('Traces', {}, 'a\n  b\u0007')
  expect(written[0]).toBe('00:00:01.000 INFO  exporter debug           Traces\na\n  b\uFFFD\n')
})

test('equal lines come once an interval, with the number of those swallowed', async () => {
  const clock = fakeClock()
  const throttle = new LineThrottle(clock, 1000)
  expect([throttle.admit('a'), throttle.admit('a'), throttle.admit('b'), throttle.admit('a')]).toEqual([
    0,
    undefined,
    0,
    undefined,
  ])
  await clock.advance(1000)
  expect([throttle.admit('a'), throttle.admit('a')]).toEqual([2, undefined])
  expect(throttle.take()).toEqual([{ key: 'a', repeats: 1 }])
  expect(throttle.take()).toEqual([])
})

test.each([
  ['a terminal', true, {}, true],
  ['a pipe', undefined, {}, false],
  ['a terminal with NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['a terminal with an empty NO_COLOR, which means nothing', true, { NO_COLOR: '' }, true],
  ['a dumb terminal', true, { TERM: 'dumb' }, false],
])('%s gets colours: %3$s', (_, isTTY, environment, expected) => {
  expect(wantsColor(isTTY === undefined ? {} : { isTTY }, environment)).toBe(expected)
})
