// SPDX-License-Identifier: Apache-2.0
import { formatProblem, parseYaml, readConfig } from '@otel-ts/confmap'
import { type Batch, batchFromBytes, type Consume, type ConsumeContext } from '@otel-ts/otlp'
import { fakeClock } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { testSettings } from '../../testing/settings.ts'
import { memoryLimiterConfig } from './config.ts'
import { MemoryLimiter } from './processor.ts'
import { totalMemoryBytes } from './total-memory.ts'

const mebibyte = 1024 * 1024

/** A traces request of exactly this many bytes: one span whose name fills it. */
function encodedRequest(byteLength: number): Batch {
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)])
  for (let fill = byteLength; fill >= 0; fill--) {
    // resource_spans(1) { scope_spans(2) { spans(2) { name(5) } } }, from the inside out
    let head: number[] = []
    for (const tag of [0x2a, 0x12, 0x12, 0x0a]) head = [tag, ...varint(head.length + fill), ...head]
    if (head.length + fill !== byteLength) continue
    const bytes = new Uint8Array(byteLength).fill(0x61)
    bytes.set(head)
    return batchFromBytes('traces', bytes)
  }
  throw new RangeError(`no request of ${byteLength} bytes`)
}

/** A request that keeps exactly this many bytes alive, its index included. */
function requestOf(byteCount: number): Batch {
  const indexBytes = encodedRequest(1000).byteCount - 1000
  const batch = encodedRequest(byteCount - indexBytes)
  expect(batch.byteCount).toBe(byteCount)
  return batch
}

const context: ConsumeContext = { metadata: new Map(), signal: new AbortController().signal }
const config = (yaml: string) => readConfig(memoryLimiterConfig, parseYaml(yaml, 'x').node, ['p'])

function setUp(yaml: string, totalMemory = () => 1000 * mebibyte) {
  const clock = fakeClock()
  const settings = testSettings({ kind: 'processor', id: 'memory_limiter', clock })
  const held: (() => void)[] = []
  const next: Consume = () => new Promise((resolve) => held.push(resolve))
  const limiter = new MemoryLimiter(config(yaml).value!, settings, 'traces', next, totalMemory)
  return { clock, settings, held, limiter, consume: (batch: Batch) => limiter.consume(batch, context) }
}

const refusal = { code: 'MEMORY_LIMIT', retryable: true }

test('accepts up to the limit exactly and refuses one byte more', async () => {
  const atLimit = setUp('{check_interval: 1s, limit_mib: 1}')
  void atLimit.consume(requestOf(mebibyte))
  expect(atLimit.held.length).toBe(1)
  const over = setUp('{check_interval: 1s, limit_mib: 1}')
  await expect(over.consume(requestOf(mebibyte + 1))).rejects.toMatchObject(refusal)
})

test('refuses everything while more than limit minus spike is held', async () => {
  const { consume, held, clock, settings } = setUp('{check_interval: 1s, limit_mib: 4, spike_limit_mib: 3}')
  void consume(requestOf(mebibyte))
  void consume(requestOf(1024))
  await expect(consume(requestOf(1024))).rejects.toMatchObject(refusal)
  held[0]!()
  await clock.advance(0)
  void consume(requestOf(1024))
  expect(held.length).toBe(3)
  expect([
    settings.count('processor_memory_limiter_accepted_spans'),
    settings.count('processor_memory_limiter_refused_spans'),
  ]).toEqual([3, 1])
})

test('the refusal says what is held, what is allowed and what to do', async () => {
  const { consume, settings } = setUp('{check_interval: 1s, limit_mib: 1}')
  await expect(consume(requestOf(2 * mebibyte))).rejects.toThrow(
    'data refused due to high memory usage: 0 bytes of telemetry are held, the limit is 1048576, refusing begins above 838861; send the data again later',
  )
  expect(settings.lines).toMatchObject([{ level: 'warn', fields: { used: '0.0MiB', limit: '1.0MiB' } }])
})

test('counts what later owners hold after they have acknowledged', async () => {
  const { consume, settings } = setUp('{check_interval: 1s, limit_mib: 1}')
  settings.memory.hold(requestOf(900_000))
  await expect(consume(requestOf(1000))).rejects.toMatchObject(refusal)
})

test('counts shared bytes once', () => {
  const { settings } = setUp('{check_interval: 1s, limit_mib: 1}')
  const batch = requestOf(1000)
  settings.memory.hold(batch)
  settings.memory.hold(batch)
  expect(settings.memory.heldBytes).toBe(1000)
  settings.memory.release(batch)
  expect(settings.memory.heldBytes).toBe(1000)
  settings.memory.release(batch)
  expect(settings.memory.heldBytes).toBe(0)
})

test('takes percentages of total memory, and reads it again every check_interval', async () => {
  let total = 100 * mebibyte
  const { limiter, consume, clock, held } = setUp(
    '{check_interval: 1s, limit_percentage: 10, spike_limit_percentage: 5}',
    () => total,
  )
  await limiter.start()
  void consume(requestOf(10 * mebibyte))
  held[0]!()
  await clock.advance(0)
  total = 50 * mebibyte
  await clock.advance(1000)
  await expect(consume(requestOf(10 * mebibyte))).rejects.toMatchObject(refusal)
  await limiter.shutdown()
  expect(clock.pendingCount).toBe(0)
})

test('says once when refusing is over', async () => {
  const { limiter, consume, clock, settings } = setUp('{check_interval: 1s, limit_mib: 1}')
  await limiter.start()
  await consume(requestOf(2 * mebibyte)).catch(() => {})
  await clock.advance(3000)
  expect(settings.lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'Refusing data: memory above its limit'],
    ['info', 'Memory usage back within limits. Resuming normal operation.'],
  ])
})

describe('configuration', () => {
  test.each([
    ['{limit_mib: 1}', 'x:1:1: p::check_interval: is missing; expected duration >= 1ns'],
    [
      '{check_interval: 0s, limit_mib: 1}',
      'x:1:18: p::check_interval: expected a duration of at least 1ns, such as 200ms or 1m30s, got 0s',
    ],
    ['{check_interval: 1s}', "x:1:1: p: 'limit_mib' or 'limit_percentage' must be greater than zero"],
    [
      '{check_interval: 1s, limit_mib: 5, spike_limit_mib: 5}',
      'x:1:53: p::spike_limit_mib: must be smaller than limit_mib 5, got 5',
    ],
    [
      '{check_interval: 1s, limit_percentage: 101}',
      'x:1:40: p::limit_percentage: expected an integer from 0 to 100, got 101',
    ],
    [
      '{check_interval: 1s, limit_mib: 1, min_gc_interval_when_soft_limited: 1s}',
      'x:1:71: p::min_gc_interval_when_soft_limited: is not supported: the limit counts the bytes of held telemetry, which no garbage collection frees',
    ],
  ])('refuses %s', (yaml, message) => {
    expect(config(yaml).problems.map(formatProblem)).toEqual([message])
  })

  test("upstream's defaults of refused keys may stand", () => {
    expect(config('{check_interval: 1s, limit_mib: 1, min_gc_interval_when_soft_limited: 10s}').problems).toEqual([])
  })
})

describe('total memory', () => {
  const files = (all: Record<string, string>) => (path: string) => all[path]

  test.each([
    ['no cgroup', {}, 8000],
    ['version 2, own limit', { '/proc/self/cgroup': '0::/a/b\n', '/sys/fs/cgroup/a/b/memory.max': '500\n' }, 500],
    [
      'version 2, limit of a parent',
      {
        '/proc/self/cgroup': '0::/a/b\n',
        '/sys/fs/cgroup/a/b/memory.max': 'max\n',
        '/sys/fs/cgroup/a/memory.max': '600\n',
      },
      600,
    ],
    [
      'version 2, only the root is mounted',
      { '/proc/self/cgroup': '0::/../x\n', '/sys/fs/cgroup/memory.max': '700\n' },
      700,
    ],
    [
      'version 1',
      { '/proc/self/cgroup': '5:cpu:/z\n4:memory:/a\n', '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': '400\n' },
      400,
    ],
    [
      'version 1, no limit',
      { '/proc/self/cgroup': '4:memory:/\n', '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n' },
      8000,
    ],
  ])('%s', (_, all, expected) => {
    expect(totalMemoryBytes(files(all), 8000)).toBe(expected)
  })
})
