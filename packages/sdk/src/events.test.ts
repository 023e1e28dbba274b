// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { SdkEvents } from './events.ts'

function setUp() {
  const lines: string[] = []
  let now = 0
  const log = (level: string) => (message: string) => lines.push(`${level}: ${message}`)
  const events = new SdkEvents({ error: log('error'), warn: log('warn') }, () => now)
  return { lines, events, advance: (millis: number) => (now += millis) }
}

test('dropped spans are an error that names count, limit, endpoint and remedy', () => {
  const { events, lines } = setUp()
  const loss = { count: 312, maxQueueSize: 2048, destination: 'http://localhost:4318' }
  events.queueFull({ ...loss, sinceSuccessMillis: 41_000 })
  expect(lines).toEqual([
    'error: Dropped 312 spans: queue full at maxQueueSize=2048 (exporter http://localhost:4318 last succeeded 41 s ago). Raise OTEL_BSP_MAX_QUEUE_SIZE or check the endpoint.',
  ])
})

test('an endpoint that never answered is said to', () => {
  const { events, lines } = setUp()
  const loss = { count: 5, maxQueueSize: 2048, destination: 'http://x', sinceSuccessMillis: undefined }
  events.exportFailed(loss, new Error('refused'))
  expect(lines).toEqual([
    'error: Lost 5 spans: export to http://x failed (refused); the exporter has never succeeded. Check the endpoint.',
  ])
})

test('a partial success that rejects is an error, a mere remark a warning', () => {
  const { events, lines } = setUp()
  events.partialSuccess('http://x', 2n, 'too old', 'spans')
  events.partialSuccess('http://x', 0n, 'soon full', 'spans')
  expect(lines).toEqual([
    'error: http://x rejected 2 spans: too old; they are lost and not sent again',
    'warn: http://x took all spans, and says: soon full',
  ])
})

test('repeats within ten seconds are one line, and the next line carries their count', () => {
  const { events, lines, advance } = setUp()
  for (let i = 0; i < 1000; i++) events.negativeDuration('a')
  expect(lines).toHaveLength(1)
  advance(9999)
  events.negativeDuration('a')
  expect(lines).toHaveLength(1)
  advance(1)
  events.negativeDuration('a')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toContain('(1000 more like this since the last such line)')
})

test('a logger that throws, and values without text, do no harm', () => {
  const hostile = {
    toString() {
      throw new Error('no')
    },
  }
  const throwing = () => {
    throw new Error('no')
  }
  const events = new SdkEvents({ error: throwing, warn: throwing }, () => 0)
  expect(() => events.invalidTime('end', hostile)).not.toThrow()
  expect(() =>
    events.exportFailed({ count: 1, maxQueueSize: 1, destination: 'x', sinceSuccessMillis: 0 }, hostile),
  ).not.toThrow()
})

test('what is said before an SDK is registered is said then, once, and so again after the next', () => {
  const lines: string[] = []
  const log = (message: string) => lines.push(message)
  const events = new SdkEvents(
    { error: log, warn: log },
    () => 0,
    () => false,
  )
  events.invalidSetting('A', 'x', 'y', 'z')
  for (let i = 0; i < 1000; i++) events.invalidSetting(`B${i}`, 'x', 'y', 'z')
  expect(lines).toEqual([])
  events.registered(true)
  events.registered(true)
  expect(lines).toHaveLength(100)
  expect(lines[0]).toBe('A="x": allowed is y; z')
  events.spanAlreadyEnded('end', 'a')
  expect(lines).toHaveLength(101)
  events.registered(false)
  events.negativeDuration('a')
  expect(lines).toHaveLength(101)
  events.registered(true)
  expect(lines).toHaveLength(102)
})

test('with a logger of the application nothing waits for an SDK', () => {
  const lines: string[] = []
  const log = (message: string) => lines.push(message)
  const events = new SdkEvents(
    { error: log, warn: log },
    () => 0,
    () => true,
  )
  events.invalidSetting('A', 'x', 'y', 'z')
  expect(lines).toHaveLength(1)
})
