// SPDX-License-Identifier: Apache-2.0
import { type Batch, batchFromRecords, type ConsumeError, consumeError } from '@otel-ts/otlp'
import { fakeClock, spanRecord, spansOfService } from '@otel-ts/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Accumulator, type Emission } from './accumulator.ts'

const namesOf = (batch: Batch): string[] =>
  (batch as Batch<'traces'>)
    .records()
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map((span) => span.name)))

const traces = (names: string[]): Batch =>
  batchFromRecords('traces', [
    spansOfService(
      's',
      names.map((name) => spanRecord({ name })),
    ),
  ])

test('whatever comes in goes out once, in order, within the limits, and every sender is told once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 0, max: 10 }),
      fc.integer({ min: 0, max: 10 }),
      (sizes, minSize, extra) => {
        const maxSize = extra === 0 ? 0 : minSize + extra
        const emissions: Emission[] = []
        const accumulator = new Accumulator({
          minSize,
          maxSize,
          flushMillis: 100,
          sizeOf: (batch) => batch.itemCount,
          clock: fakeClock(),
          emit: (emission) => emissions.push(emission),
        })
        let next = 0
        const sent: string[] = []
        const told = sizes.map(() => 0)
        for (const [index, size] of sizes.entries()) {
          const names = Array.from({ length: size }, () => `s${next++}`)
          sent.push(...names)
          accumulator.add(traces(names), () => void told[index]!++)
          expect(accumulator.size).toBeLessThan(Math.max(1, minSize))
        }
        accumulator.flush('shutdown')
        expect(emissions.flatMap(({ parts }) => parts.flatMap(({ batch }) => namesOf(batch)))).toEqual(sent)
        for (const { parts, trigger } of emissions) {
          const size = parts.reduce((sum, { batch }) => sum + batch.itemCount, 0)
          if (maxSize > 0) expect(size).toBeLessThanOrEqual(maxSize)
          if (trigger === 'size') expect(size).toBeGreaterThanOrEqual(minSize)
        }
        expect(told).toEqual(sizes.map(() => 0))
        for (const { parts } of emissions) for (const part of parts) part.settle()
        expect(told).toEqual(sizes.map(() => 1))
      },
    ),
    { numRuns: 200, seed: 1 },
  )
})

test('a batch of which one piece failed is told the failure, after its last piece', () => {
  const emissions: Emission[] = []
  const accumulator = new Accumulator({
    minSize: 1,
    maxSize: 2,
    flushMillis: 100,
    sizeOf: (batch) => batch.itemCount,
    clock: fakeClock(),
    emit: (emission) => emissions.push(emission),
  })
  const told: (string | undefined)[] = []
  accumulator.add(traces(['a', 'b', 'c']), (error) => told.push(error?.message))
  emissions[0]!.parts[0]!.settle(Object.assign(new Error('no'), { code: 'X_NO', retryable: false }))
  expect(told).toEqual([])
  emissions[1]!.parts[0]!.settle()
  expect(told).toEqual(['no'])
})

test('what failed of each piece is told together, and what can be sent again decides', () => {
  const emissions: Emission[] = []
  const accumulator = new Accumulator({
    minSize: 1,
    maxSize: 2,
    flushMillis: 100,
    sizeOf: (batch) => batch.itemCount,
    clock: fakeClock(),
    emit: (emission) => emissions.push(emission),
  })
  const told: (ConsumeError | undefined)[] = []
  accumulator.add(traces(['a', 'b', 'c', 'd', 'e', 'f']), (error) => told.push(error))
  const [first, second, third] = emissions.map(({ parts }) => parts[0]!)
  first!.settle(consumeError('X_NO', 'no', { retryable: false, rejected: traces(['b']) }))
  second!.settle()
  third!.settle(consumeError('X_LATER', 'later', { retryable: true }))
  expect(told).toMatchObject([{ code: 'X_LATER', retryable: true }])
  expect(namesOf(told[0]!.rejected!)).toEqual(['b', 'e', 'f'])
})

test('a batch of which all pieces failed is told so as a whole', () => {
  const emissions: Emission[] = []
  const accumulator = new Accumulator({
    minSize: 1,
    maxSize: 1,
    flushMillis: 100,
    sizeOf: (batch) => batch.itemCount,
    clock: fakeClock(),
    emit: (emission) => emissions.push(emission),
  })
  const told: (ConsumeError | undefined)[] = []
  accumulator.add(traces(['a', 'b']), (error) => told.push(error))
  for (const { parts } of emissions) parts[0]!.settle(consumeError('X_NO', 'no', { retryable: false }))
  expect(told.map((error) => [error?.code, error?.rejected])).toEqual([['X_NO', undefined]])
})

test('splits by bytes where bytes count; a single item larger than the limit goes alone', () => {
  const emissions: Emission[] = []
  const big = traces(['x'.repeat(500)])
  const accumulator = new Accumulator({
    minSize: 1,
    maxSize: 300,
    flushMillis: 100,
    sizeOf: (batch) => batch.chunks().reduce((sum, chunk) => sum + chunk.byteLength, 0),
    clock: fakeClock(),
    emit: (emission) => emissions.push(emission),
  })
  accumulator.add(big, () => {})
  accumulator.add(traces(Array.from({ length: 12 }, (_, index) => `span-${index}`)), () => {})
  const sizes = emissions.map(({ parts }) =>
    parts.reduce((sum, { batch }) => sum + batch.chunks().reduce((own, chunk) => own + chunk.byteLength, 0), 0),
  )
  expect(sizes[0]).toBeGreaterThan(300)
  expect(emissions.length).toBeGreaterThan(3)
  for (const size of sizes.slice(1)) expect(size).toBeLessThanOrEqual(300)
})

test('a large batch is cut in turns: others are served between them, order stays, and its sender is told at the end', async () => {
  const clock = fakeClock()
  const emitted: string[][] = []
  const told: string[] = []
  const accumulator = new Accumulator({
    minSize: 2,
    maxSize: 2,
    flushMillis: 100,
    sizeOf: (batch) => batch.itemCount,
    // Each look at the clock is 3 ms later: a turn of 5 ms is over after two pieces.
    clock: { nowMillis: () => (now += 3), after: clock.after },
    emit: ({ parts }) => {
      emitted.push(parts.flatMap(({ batch }) => namesOf(batch)))
      for (const part of parts) part.settle()
    },
  })
  let now = 0
  accumulator.add(traces(['a']), () => told.push('small'))
  accumulator.add(traces(['b', 'c', 'd', 'e', 'f', 'g']), () => told.push('large'))
  expect(emitted).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
  expect(told).toEqual(['small'])
  accumulator.add(traces(['h', 'i']), () => told.push('next'))
  expect([emitted.length, accumulator.size]).toEqual([2, 5])
  await clock.advance(0)
  expect(emitted.slice(2)).toEqual([
    ['e', 'f'],
    ['g', 'h'],
  ])
  expect(told).toEqual(['small', 'large'])
  expect(accumulator.size).toBe(1)
  await clock.advance(99)
  expect(emitted).toHaveLength(4)
  await clock.advance(1)
  expect(emitted.slice(4)).toEqual([['i']])
  expect(told).toEqual(['small', 'large', 'next'])
})

test('shutdown sends all that waits before it returns, the rest of a batch that is being cut too', () => {
  let now = 0
  const emitted: string[][] = []
  const accumulator = new Accumulator({
    minSize: 1,
    maxSize: 1,
    flushMillis: 100,
    sizeOf: (batch) => batch.itemCount,
    clock: { nowMillis: () => (now += 10), after: () => ({ cancel: () => {} }) },
    emit: ({ parts }) => emitted.push(parts.flatMap(({ batch }) => namesOf(batch))),
  })
  accumulator.add(traces(['a', 'b', 'c']), () => {})
  accumulator.add(traces(['d']), () => {})
  expect(emitted).toEqual([['a']])
  accumulator.flush('shutdown')
  expect(emitted).toEqual([['a'], ['b'], ['c'], ['d']])
  expect(accumulator.size).toBe(0)
})

test('a batch that does not fit fills what room there is, and its other pieces are as large as they may be', () => {
  const sizes: number[] = []
  const accumulator = new Accumulator({
    minSize: 10,
    maxSize: 10,
    flushMillis: 100,
    sizeOf: (batch) => batch.itemCount,
    clock: fakeClock(),
    emit: ({ parts }) => sizes.push(...parts.map(({ batch }) => batch.itemCount)),
  })
  accumulator.add(traces(Array.from({ length: 9 }, () => 's')), () => {})
  accumulator.add(traces(Array.from({ length: 35 }, () => 's')), () => {})
  expect(sizes).toEqual([9, 1, 10, 10, 10])
  expect(accumulator.size).toBe(4)
})
