// SPDX-License-Identifier: Apache-2.0
import { fakeClock } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { ConnectionBackoff } from './grpc-backoff.ts'
import { GrpcResolver, systemLookup } from './grpc-resolver.ts'

describe('ConnectionBackoff', () => {
  test('waits 1 s, 1.6 times as long each time, at most 120 s, and 1 s again after a reset', () => {
    const backoff = new ConnectionBackoff(() => 0.5)
    const waits = Array.from({ length: 13 }, () => Math.round(backoff.next()))
    expect(waits).toEqual([
      1000, 1600, 2560, 4096, 6554, 10_486, 16_777, 26_844, 42_950, 68_719, 109_951, 120_000, 120_000,
    ])
    backoff.reset()
    expect(backoff.next()).toBe(1000)
  })

  test('varies by a fifth to both sides', () => {
    expect(new ConnectionBackoff(() => 0).next()).toBe(800)
    expect(Math.round(new ConnectionBackoff(() => 1).next())).toBe(1200)
  })
})

describe('GrpcResolver', () => {
  function resolver(lookup: () => Promise<readonly string[]>) {
    const clock = fakeClock()
    const told: unknown[] = []
    const made = new GrpcResolver({ host: 'a.test', port: 7 }, lookup, clock, () => 0.5, {
      resolved: (addresses) => told.push(addresses),
      unresolved: (error) => told.push((error as Error).message),
    })
    return { clock, told, made }
  }

  test('tells each address once, with the port of the name', async () => {
    const { clock, told, made } = resolver(async () => ['10.0.0.1', '::1', '10.0.0.1'])
    made.request()
    await clock.advance(0)
    expect(told).toEqual([
      [
        { host: '10.0.0.1', port: 7 },
        { host: '::1', port: 7 },
      ],
    ])
  })

  test('repeats a failed lookup by itself, with the back-off of connections, until one succeeds', async () => {
    const times: number[] = []
    const { clock, told, made } = resolver(async () => {
      times.push(clock.nowMillis())
      if (times.length < 4) throw new Error(`failure ${times.length}`)
      return ['10.0.0.1']
    })
    made.request()
    // Asking does not make it faster.
    made.request()
    await clock.advance(100_000)
    made.request()
    expect(times).toEqual([0, 1000, 2600, 5160, 100_000])
    expect(told.slice(0, 4)).toEqual(['failure 1', 'failure 2', 'failure 3', [{ host: '10.0.0.1', port: 7 }]])
  })

  test('looks up once for requests within 30 s of a success, when these have passed', async () => {
    const times: number[] = []
    const { clock, made } = resolver(async () => {
      times.push(clock.nowMillis())
      return ['10.0.0.1']
    })
    made.request()
    await clock.advance(10_000)
    made.request()
    made.request()
    await clock.advance(19_999)
    expect(times).toEqual([0])
    await clock.advance(1)
    expect(times).toEqual([0, 30_000])
    await clock.advance(1e6)
    expect(times).toEqual([0, 30_000])
  })

  test('is silent once closed, also about a lookup under way', async () => {
    let answer: (addresses: readonly string[]) => void = () => {}
    const { clock, told, made } = resolver(() => new Promise((resolve) => (answer = resolve)))
    made.request()
    made.close()
    answer(['10.0.0.1'])
    await clock.advance(1e6)
    made.request()
    expect([told, clock.pendingCount]).toEqual([[], 0])
  })
})

test('the name service of the system knows localhost', async () => {
  expect(await systemLookup('localhost')).toContain('127.0.0.1')
})
