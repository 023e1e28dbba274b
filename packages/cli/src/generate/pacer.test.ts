// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { Pacer } from './pacer.ts'

/** Sends whenever the pacer lets it, looking every `stepMillis`; the times of sending and of being due. */
function run(pacer: Pacer, fromMillis: number, toMillis: number, stepMillis = 1) {
  const sent: { at: number; due: number }[] = []
  for (let now = fromMillis; now < toMillis; now += stepMillis) {
    while (pacer.waitMillis(now) === 0) sent.push({ at: now, due: pacer.take(now) })
  }
  return sent
}

describe('Pacer', () => {
  test('requests are due evenly from the start, the first at once', () => {
    expect(run(new Pacer(1000, 4), 1000, 2001)).toEqual([
      { at: 1000, due: 1000 },
      { at: 1250, due: 1250 },
      { at: 1500, due: 1500 },
      { at: 1750, due: 1750 },
      { at: 2000, due: 2000 },
    ])
  })

  test.each([0.5, 3, 7, 30, 333, 1000, 5000])('at %d/s nothing drifts in a minute', (rate) => {
    const sent = run(new Pacer(0, rate), 0, 60_000)
    expect(sent.length).toBe(Math.floor(59_999 * (rate / 1000)) + 1)
    expect(Math.max(...sent.slice(-1000).map(({ at, due }) => at - due))).toBeLessThanOrEqual(1)
  })

  test('after a pause all that was due is sent, at twice the rate, without a burst', () => {
    const pacer = new Pacer(0, 1000)
    run(pacer, 0, 100)
    const sent = run(pacer, 1100, 3000)
    // 1000 requests behind; twice the rate makes up for them in another second.
    expect(sent.filter(({ at }) => at === 1100)).toHaveLength(50)
    const within = (from: number, to: number) => sent.filter(({ at }) => at >= from && at < to).length
    expect([within(1200, 1300), within(1300, 1400), within(2500, 2600)]).toEqual([200, 200, 100])
    expect(sent.at(-1)).toEqual({ at: 2999, due: 2999 })
    expect(sent.map(({ due }) => due)).toEqual(Array.from({ length: 2900 }, (_, index) => 100 + index))
  })

  test('what was due and not sent is counted', () => {
    const pacer = new Pacer(0, 100)
    run(pacer, 0, 101)
    expect([pacer.missedCount(101), pacer.missedCount(110), pacer.missedCount(111), pacer.missedCount(1000)]).toEqual([
      0, 0, 1, 89,
    ])
  })

  test('without a rate everything is due at once and nothing is missed', () => {
    const pacer = new Pacer(0, 0)
    expect([pacer.waitMillis(5), pacer.take(5), pacer.waitMillis(5), pacer.take(7), pacer.missedCount(9)]).toEqual([
      0, 5, 0, 7, 0,
    ])
  })
})
