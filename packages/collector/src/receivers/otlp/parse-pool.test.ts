// SPDX-License-Identifier: Apache-2.0
import { batchCounters, batchFromRecords, batchToParts } from '@otel-ts/otlp'
import { fakeClock, spanRecord, spansOfService } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import type { ParseAnswer, ParseTask } from './parse-frames.ts'
import { ParsePool } from './parse-pool.ts'
import type { Parser, ParserEvents } from './parse-process.ts'

/** A process that does nothing until it is told what to answer. */
class ScriptedParser implements Parser {
  readonly tasks: ParseTask[] = []
  readonly #events: ParserEvents
  isEnded = false
  isBroken = false

  constructor(events: ParserEvents) {
    this.#events = events
  }

  ask(task: ParseTask): void {
    if (this.isBroken) throw new Error('cannot be written')
    this.tasks.push(task)
  }

  async end(): Promise<void> {
    this.isEnded = true
  }

  answer(answer: ParseAnswer): void {
    this.#events.answer(answer)
  }

  fail(error: Error): void {
    this.#events.died(error)
  }
}

function start() {
  const parsers: ScriptedParser[] = []
  const crashes: string[] = []
  const clock = fakeClock()
  const pool = new ParsePool({
    start: (events) => {
      const parser = new ScriptedParser(events)
      parsers.push(parser)
      return parser
    },
    clock,
    maxHeapMegabytes: 480,
    onCrash: (error) => crashes.push(error.message),
  })
  const parse = (body: Uint8Array = new Uint8Array(8), abort = new AbortController().signal) =>
    pool.parse('traces', 'protobuf', body, abort).then(
      (batch) => `${batch.itemCount} spans`,
      (error: Error & { code: string }) => `${error.code}: ${error.message}`,
    )
  return { pool, parsers, crashes, clock, parse }
}

const spans = (count: number) => Array.from({ length: count }, () => spanRecord())
const found = (count: number): ParseAnswer => ({
  parts: batchToParts(batchFromRecords('traces', [spansOfService('s', spans(count))])),
  encodedRecordCount: count,
  unknownFieldCount: 1,
})

describe('ParsePool', () => {
  test('starts its process with the first body, hands one over at a time and answers in order', async () => {
    const { parsers, parse } = start()
    expect(parsers).toHaveLength(0)
    const first = parse(new Uint8Array([1]))
    const second = parse(new Uint8Array([2]))
    expect(parsers.map(({ tasks }) => tasks.map(({ body }) => [...body]))).toEqual([[[1]]])
    parsers[0]!.answer(found(3))
    expect(await first).toBe('3 spans')
    expect(parsers[0]!.tasks.map(({ body }) => [...body])).toEqual([[1], [2]])
    parsers[0]!.answer(found(4))
    expect(await second).toBe('4 spans')
    expect(parsers).toHaveLength(1)
  })

  test('adds what the process counted to the counters of this one', async () => {
    const { parsers, parse } = start()
    const { encodedRecordCount, unknownFieldCount } = batchCounters
    const answer = found(5)
    const encodedHere = batchCounters.encodedRecordCount - encodedRecordCount
    const done = parse()
    parsers[0]!.answer(answer)
    await done
    expect(batchCounters.encodedRecordCount - encodedRecordCount - encodedHere).toBe(5)
    expect(batchCounters.unknownFieldCount - unknownFieldCount).toBe(1)
  })

  test('refuses with the code and the message of the process', async () => {
    const { parsers, parse } = start()
    const refused = parse()
    const failed = parse()
    parsers[0]!.answer({ error: { code: 'OTLP_TRUNCATED', message: 'at offset 3' } })
    parsers[0]!.answer({ error: { message: 'RangeError: x' } })
    expect(await refused).toBe('OTLP_TRUNCATED: at offset 3')
    expect(await failed).toMatch(/^OTLP_INTERNAL: .*RangeError: x.*refused with 500$/)
  })

  test.each([
    ['too little memory', true, /^OTLP_TOO_MANY: traces request in protobuf: takes more memory .* 480 MiB allowed/],
    ['anything else', false, /^OTLP_INTERNAL: .*the process that read it failed \(it broke\)/],
  ])('a process that dies of %s fails one request; the next gets a new one', async (_, isOutOfMemory, message) => {
    const { parsers, crashes, parse } = start()
    const first = parse()
    const second = parse()
    parsers[0]!.fail(Object.assign(new Error('it broke'), { isOutOfMemory }))
    expect(await first).toMatch(message)
    expect(crashes).toEqual(['it broke'])
    // What the dead one still says is nobody's.
    parsers[0]!.answer(found(9))
    expect(parsers).toHaveLength(2)
    parsers[1]!.answer(found(2))
    expect(await second).toBe('2 spans')
  })

  test('a body that cannot be handed over fails alone', async () => {
    const { parsers, parse } = start()
    const first = parse()
    parsers[0]!.isBroken = true
    const second = parse()
    parsers[0]!.answer(found(1))
    expect(await first).toBe('1 spans')
    expect(await second).toMatch(/^OTLP_INTERNAL: .*cannot be written/)
  })

  test('ends the process ten seconds after the last body, not before, and starts another when needed', async () => {
    const { parsers, clock, crashes, parse } = start()
    const first = parse()
    parsers[0]!.answer(found(1))
    await first
    await clock.advance(9_999)
    expect(parsers[0]!.isEnded).toBe(false)
    const second = parse()
    await clock.advance(20_000)
    expect(parsers[0]!.isEnded).toBe(false)
    parsers[0]!.answer(found(1))
    await second
    await clock.advance(9_999)
    expect(parsers[0]!.isEnded).toBe(false)
    await clock.advance(1)
    expect([parsers[0]!.isEnded, crashes]).toEqual([true, []])
    void parse()
    expect(parsers).toHaveLength(2)
  })

  test('passes over those whose sender has gone while they waited', async () => {
    const { parsers, parse } = start()
    const gone = new AbortController()
    const first = parse()
    const second = parse(new Uint8Array([2]), gone.signal)
    const third = parse(new Uint8Array([3]))
    gone.abort()
    parsers[0]!.answer(found(1))
    expect(await first).toBe('1 spans')
    expect(await second).toContain('OTLP_ABORTED: ')
    expect(parsers[0]!.tasks.map(({ body }) => body[0])).toEqual([0, 3])
    parsers[0]!.answer(found(1))
    expect(await third).toBe('1 spans')
  })

  test('closing refuses what is under way, what waits and what comes, and ends the process', async () => {
    const { pool, parsers, crashes, parse } = start()
    const open = [parse(), parse()]
    await pool.close()
    open.push(parse())
    for (const answer of await Promise.all(open)) expect(answer).toMatch(/^OTLP_SHUTDOWN: .* refused with 503/)
    expect([parsers.length, parsers[0]!.isEnded, crashes]).toEqual([1, true, []])
  })
})
