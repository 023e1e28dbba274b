// SPDX-License-Identifier: Apache-2.0
import { batchCounters, batchFromRecords, batchToParts } from '@otel-ts/otlp'
import { fakeClock, spanRecord, spansOfService } from '@otel-ts/testkit'
import { describe, expect, test } from 'vitest'
import { type ParseAnswer, ParsePool, type ParseTask, type ParseThread } from './parse-pool.ts'

/** A thread that does nothing until it is told what to answer. */
class ScriptedThread implements ParseThread {
  readonly tasks: ParseTask[] = []
  readonly listeners: Record<string, (value: never) => void> = {}
  isTerminated = false
  isBroken = false

  on(event: string, listener: (value: never) => void): void {
    this.listeners[event] = listener
  }

  postMessage(task: ParseTask, transferred: ArrayBuffer[]): void {
    if (this.isBroken) throw new Error('cannot be cloned')
    this.tasks.push(structuredClone(task, { transfer: transferred }))
  }

  async terminate(): Promise<void> {
    this.isTerminated = true
    this.listeners['exit']!(undefined as never)
  }

  answer(answer: ParseAnswer): void {
    this.listeners['message']!(answer as never)
  }

  fail(error: Error): void {
    this.listeners['error']!(error as never)
    this.listeners['exit']!(undefined as never)
  }
}

function start() {
  const threads: ScriptedThread[] = []
  const crashes: string[] = []
  const clock = fakeClock()
  const pool = new ParsePool({
    start: () => {
      const thread = new ScriptedThread()
      threads.push(thread)
      return thread
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
  return { pool, threads, crashes, clock, parse }
}

const spans = (count: number) => Array.from({ length: count }, () => spanRecord())
const found = (count: number): ParseAnswer => ({
  parts: batchToParts(batchFromRecords('traces', [spansOfService('s', spans(count))])),
  encodedRecordCount: count,
  unknownFieldCount: 1,
})

describe('ParsePool', () => {
  test('starts its thread with the first body, hands one over at a time and answers in order', async () => {
    const { threads, parse } = start()
    expect(threads).toHaveLength(0)
    const first = parse(new Uint8Array([1]))
    const second = parse(new Uint8Array([2]))
    expect(threads.map(({ tasks }) => tasks.map(({ body }) => [...body]))).toEqual([[[1]]])
    threads[0]!.answer(found(3))
    expect(await first).toBe('3 spans')
    expect(threads[0]!.tasks.map(({ body }) => [...body])).toEqual([[1], [2]])
    threads[0]!.answer(found(4))
    expect(await second).toBe('4 spans')
    expect(threads).toHaveLength(1)
  })

  test('moves the buffer of a body; of a buffer that holds much else it takes a copy', async () => {
    const { threads, parse } = start()
    const own = new Uint8Array(100)
    void parse(own)
    expect(own.byteLength).toBe(0)
    threads[0]!.answer(found(1))
    const piece = new Uint8Array(1000).subarray(10, 20).fill(7)
    void parse(piece)
    expect([piece.byteLength, [...threads[0]!.tasks[1]!.body]]).toEqual([10, Array(10).fill(7)])
  })

  test('adds what the thread counted to the counters of this one', async () => {
    const { threads, parse } = start()
    const { encodedRecordCount, unknownFieldCount } = batchCounters
    const answer = found(5)
    const encodedHere = batchCounters.encodedRecordCount - encodedRecordCount
    const done = parse()
    threads[0]!.answer(answer)
    await done
    expect(batchCounters.encodedRecordCount - encodedRecordCount - encodedHere).toBe(5)
    expect(batchCounters.unknownFieldCount - unknownFieldCount).toBe(1)
  })

  test('refuses with the code and the message of the thread', async () => {
    const { threads, parse } = start()
    const refused = parse()
    const failed = parse()
    threads[0]!.answer({ error: { code: 'OTLP_TRUNCATED', message: 'at offset 3' } })
    threads[0]!.answer({ error: { message: 'RangeError: x' } })
    expect(await refused).toBe('OTLP_TRUNCATED: at offset 3')
    expect(await failed).toMatch(/^OTLP_INTERNAL: .*RangeError: x.*refused with 500$/)
  })

  test.each([
    ['ERR_WORKER_OUT_OF_MEMORY', /^OTLP_TOO_MANY: traces request in protobuf: takes more memory .* 480 MiB allowed/],
    ['ERR_OTHER', /^OTLP_INTERNAL: .*the thread that read it failed \(it broke\)/],
  ])('a thread that dies of %s fails one request; the next gets a new thread', async (code, message) => {
    const { threads, crashes, parse } = start()
    const first = parse()
    const second = parse()
    threads[0]!.fail(Object.assign(new Error('it broke'), { code }))
    expect(await first).toMatch(message)
    expect(crashes).toEqual(['it broke'])
    // What the dead one still says is nobody's.
    threads[0]!.answer(found(9))
    expect(threads).toHaveLength(2)
    threads[1]!.answer(found(2))
    expect(await second).toBe('2 spans')
  })

  test('a body that cannot be handed over fails alone', async () => {
    const { threads, parse } = start()
    const first = parse()
    threads[0]!.isBroken = true
    const second = parse()
    threads[0]!.answer(found(1))
    expect(await first).toBe('1 spans')
    expect(await second).toMatch(/^OTLP_INTERNAL: .*cannot be cloned/)
  })

  test('ends the thread ten seconds after the last body, not before, and starts another when needed', async () => {
    const { threads, clock, crashes, parse } = start()
    const first = parse()
    threads[0]!.answer(found(1))
    await first
    await clock.advance(9_999)
    expect(threads[0]!.isTerminated).toBe(false)
    const second = parse()
    await clock.advance(20_000)
    expect(threads[0]!.isTerminated).toBe(false)
    threads[0]!.answer(found(1))
    await second
    await clock.advance(9_999)
    expect(threads[0]!.isTerminated).toBe(false)
    await clock.advance(1)
    expect([threads[0]!.isTerminated, crashes]).toEqual([true, []])
    void parse()
    expect(threads).toHaveLength(2)
  })

  test('passes over those whose sender has gone while they waited', async () => {
    const { threads, parse } = start()
    const gone = new AbortController()
    const first = parse()
    const second = parse(new Uint8Array([2]), gone.signal)
    const third = parse(new Uint8Array([3]))
    gone.abort()
    threads[0]!.answer(found(1))
    expect(await first).toBe('1 spans')
    expect(await second).toContain('OTLP_ABORTED: ')
    expect(threads[0]!.tasks.map(({ body }) => body[0])).toEqual([0, 3])
    threads[0]!.answer(found(1))
    expect(await third).toBe('1 spans')
  })

  test('closing refuses what is under way, what waits and what comes, and ends the thread', async () => {
    const { pool, threads, crashes, parse } = start()
    const open = [parse(), parse()]
    await pool.close()
    open.push(parse())
    for (const answer of await Promise.all(open)) expect(answer).toMatch(/^OTLP_SHUTDOWN: .* refused with 503/)
    expect([threads.length, threads[0]!.isTerminated, crashes]).toEqual([1, true, []])
  })
})
