// SPDX-License-Identifier: Apache-2.0
// Every fault of a connection, over every protocol, with every signal: our Collector sends through toxiproxy to our
// servers, or to a Collector in Go, while connections break, and after they have been mended. What it has acknowledged to
// its source must arrive, at least once.
//
// One Collector sends to all 24 pairs of fault and protocol at once; each has a queue for each signal.
import { existsSync } from 'node:fs'
import { type Signal, signals } from '@otel-ts/otlp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goPeerOrSkip } from '../otlp/go-collector.ts'
import { type Arrival, type Destinations, goCollector, ourServers, type Pair, pairName } from './destinations.ts'
import { faults } from './faults.ts'
import { type Sender, startSender } from './sender.ts'
import { type Source, startSource } from './source.ts'
import { startToxiproxy, type Toxiproxy } from './toxiproxy.ts'

const toxiproxyPath = goPeerOrSkip('toxiproxy')
const collectorPath = goPeerOrSkip('otel-collector')

const protocols = ['grpc', 'http/protobuf', 'http/json'] as const
const pairs: readonly Pair[] = faults.flatMap(({ name }) => protocols.map((protocol) => ({ fault: name, protocol })))

const sourceIntervalMillis = 100
const faultMillis = 5000
const afterwardsMillis = 1500
// Longest wait for the last item after the end of the source; clients back off for up to some seconds.
const settleMillis = 45_000
// Of the Collector with its 72 queues; at rest it takes a good 100 MiB.
const maxResidentMib = 300

const destinations = [
  { name: 'our servers', path: toxiproxyPath, start: () => ourServers(pairs) },
  { name: 'a Collector in Go', path: toxiproxyPath && collectorPath, start: () => goCollector(collectorPath!, pairs) },
]

describe.each(destinations)('a Collector whose connections to $name break', ({ name, path, start }) => {
  let destination: Destinations | undefined
  let toxiproxy: Toxiproxy | undefined
  let sender: Sender | undefined
  let source: Source | undefined
  // When the faults began and ended.
  let began = 0
  let ended = 0
  let peakResidentMib: number | undefined

  beforeAll(async () => {
    if (path === undefined) return
    destination = await start()
    toxiproxy = await startToxiproxy(toxiproxyPath!)
    const ways = new Map(
      await Promise.all(
        pairs.map(
          async (pair, i) => [pair, await toxiproxy!.create(`pair-${i}`, destination!.addressOf(pair))] as const,
        ),
      ),
    )
    sender = await startSender(new Map([...ways].map(([pair, { address }]) => [pair, address])))
    source = startSource(sender.address, sourceIntervalMillis)
    await until('every pair works', 20_000, () =>
      pairs.every((pair) => signals.every((signal) => arrivals(pair, signal).size >= 100)),
    )

    await Promise.all(pairs.map((pair) => faults.find((fault) => fault.name === pair.fault)!.apply(ways.get(pair)!)))
    // What was on its way when the faults began may still arrive.
    await pause(500)
    began = performance.now()
    await pause(faultMillis)
    ended = performance.now()
    await toxiproxy.heal()
    await pause(afterwardsMillis)
    await source.stop()
    // A pair that stays short is the failure of its own test.
    await until('everything has arrived', settleMillis, () =>
      pairs.every((pair) => signals.every((signal) => lost(pair, signal).length === 0)),
    ).catch(() => undefined)
    peakResidentMib = sender.peakResidentMib()
    console.log(report())
  }, 120_000)

  afterAll(async () => {
    await source?.stop()
    await sender?.dispose()
    await toxiproxy?.stop()
    await destination?.stop()
  })

  const arrivals = (pair: Pair, signal: Signal): ReadonlyMap<number, Arrival> =>
    destination!.arrived.get(pairName(pair))![signal]

  const lost = (pair: Pair, signal: Signal): number[] =>
    [...source!.acknowledged[signal].keys()].filter((number) => !arrivals(pair, signal).has(number))

  const duplicateCount = (pair: Pair, signal: Signal): number =>
    [...arrivals(pair, signal).values()].reduce((sum, { count }) => sum + count - 1, 0)

  function report(): string {
    const lines = pairs.map((pair) => {
      const counts = signals.map((signal) => `${signal} ${duplicateCount(pair, signal)}`)
      return `  ${pair.fault.padEnd(10)} ${pair.protocol.padEnd(13)} ${counts.join(', ')}`
    })
    const counts = signals.map((signal) => `${source!.acknowledged[signal].size} ${signal}`).join(', ')
    const size = `largest resident size ${peakResidentMib} MiB`
    return `${counts} acknowledged, each to ${pairs.length} destinations (${name}); ${size}; items that came again:\n${lines.join('\n')}`
  }

  describe.skipIf(path === undefined).each(faults)('$name', (fault) => {
    describe.each(protocols)('%s', (protocol) => {
      const pair = pairs.find((one) => one.fault === fault.name && one.protocol === protocol)!

      test.each(signals)('%s: all that was acknowledged arrives, what comes after the fault too', (signal) => {
        const sent = source!.acknowledged[signal]
        const arrived = arrivals(pair, signal)
        expect(lost(pair, signal)).toEqual([])
        const sentAfter = [...sent].filter(([, at]) => at > ended)
        expect(sentAfter.length).toBeGreaterThan(0)
        // Nothing comes that nobody sent.
        expect(Math.max(...arrived.keys())).toBeLessThan(source!.next(signal))

        // The fault was one.
        const during = [...arrived].filter(([, { at }]) => at > began && at < ended)
        const delays = [...sent].filter(([, at]) => at > began && at < ended).map(([n, at]) => arrived.get(n)!.at - at)
        if (fault.stops === 'requests') expect(during).toEqual([])
        else if (fault.stops === 'slow') expect(Math.max(...delays)).toBeGreaterThan(75)
        // Where connections are not made any more, nothing can come again either.
        else expect(duplicateCount(pair, signal) > 0 || during.length === 0).toBe(true)
      })
    })
  })

  test.skipIf(path === undefined)('the source is never refused: the queues hold what waits', () => {
    expect(source!.refusedCount).toBe(0)
  })

  test.skipIf(path === undefined || !existsSync('/proc/self/status'))(
    `the sender stays below ${maxResidentMib} MiB`,
    () => {
      expect(peakResidentMib).toBeLessThan(maxResidentMib)
    },
  )

  test.skipIf(path === undefined)('it shuts down in order', async () => {
    const { command } = sender!
    expect(await command.stop(), command.output().slice(-2000)).toEqual({ code: 0, signal: null })
  })
})

const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

async function until(what: string, withinMillis: number, isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 50) {
    if (waited > withinMillis) throw new Error(`after ${withinMillis} ms it is not so that ${what}`)
    await pause(50)
  }
}
