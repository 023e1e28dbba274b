// SPDX-License-Identifier: Apache-2.0
import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import type { Batch } from './batch.ts'
import { batchFromBytes } from './from-bytes.ts'
import { mergeBatches } from './merge.ts'
import { splitBatch, splitBatchStepwise } from './split.ts'

// A span is "12 <n+2> 2a <n> name": 4 bytes and the name.
function request(...names: string[]): Batch<'traces'> {
  const spans = names.map((name) =>
    Buffer.concat([Buffer.from([0x12, name.length + 2, 0x2a, name.length]), Buffer.from(name)]),
  )
  const scope = Buffer.concat(spans)
  const head = [0x12, scope.length]
  return batchFromBytes(
    'traces',
    new Uint8Array(Buffer.concat([Buffer.from([0x0a, scope.length + 2, ...head]), scope])),
  )
}

function names(batch: Batch<'traces'>): string {
  return batch
    .records()
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)))
    .join(' ')
}

const split = (batch: Batch<'traces'>, maxItems: number, maxBytes?: number) =>
  [...splitBatchStepwise(batch, maxItems, maxBytes)].map(names)

describe('splitBatchStepwise', () => {
  test.each<[number, number | undefined, string[]]>([
    [5, undefined, ['a b cccccccc d e']],
    [2, undefined, ['a b', 'cccccccc d', 'e']],
    // Spans have 5 bytes, the third has 12.
    [5, 10, ['a b', 'cccccccc', 'd e']],
    [5, 9, ['a', 'b', 'cccccccc', 'd', 'e']],
    [5, 22, ['a b cccccccc', 'd e']],
    [5, 21, ['a b', 'cccccccc d', 'e']],
    [1, 100, ['a', 'b', 'cccccccc', 'd', 'e']],
    [5, 1, ['a', 'b', 'cccccccc', 'd', 'e']],
    [5, 36, ['a b cccccccc d e']],
    [5, 35, ['a b cccccccc d e']],
  ])('%d items, %s bytes of items', (maxItems, maxBytes, expected) => {
    expect(split(request('a', 'b', 'cccccccc', 'd', 'e'), maxItems, maxBytes)).toEqual(expected)
  })

  test('the first batch may have a limit of its own', () => {
    const pieces = (first: number) => [
      ...splitBatchStepwise(request('a', 'b', 'c', 'd', 'e'), 2, Number.POSITIVE_INFINITY, first),
    ]
    expect(pieces(1).map(names)).toEqual(['a', 'b c', 'd e'])
    expect(pieces(3).map(names)).toEqual(['a b c', 'd e'])
    expect(pieces(5).map(names)).toEqual(['a b c d e'])
    expect(() => pieces(0)).toThrow('splitBatch: maxItems is 0; allowed are integers from 1; nothing split')
  })

  test('requests that fit stay whole beside each other; others are cut where room ends', () => {
    const merged = mergeBatches([request('a', 'b'), request('c', 'd', 'e'), request('f')])
    expect(split(merged, 4)).toEqual(['a b c d', 'e f'])
    // 14 bytes whole, 19, 9.
    expect(split(merged, 6, 28)).toEqual(['a b c d', 'e f'])
    expect(split(merged, 6, 14)).toEqual(['a b', 'c d', 'e f'])
    expect(split(merged, 2)).toEqual(['a b', 'c d', 'e f'])
    const whole = merged.chunks()[0]
    expect([...splitBatchStepwise(merged, 2)][0]!.chunks()[0]).toBe(whole)
  })

  test('a request without items is not lost', () => {
    const empty = batchFromBytes('traces', new Uint8Array(Buffer.from('0a060a040a020a00', 'hex')))
    const merged = mergeBatches([request('a', 'b'), empty, request('c')])
    expect([...splitBatchStepwise(merged, 2, 5)].flatMap((piece) => piece.chunks())).toContain(empty.chunks()[0])
    expect([...splitBatchStepwise(empty, 1, 1)]).toEqual([empty])
  })

  test('cuts a piece only when it is asked for', () => {
    const pieces = splitBatchStepwise(request('a', 'b', 'c'), 1)
    expect(names(pieces.next().value!)).toBe('a')
    expect(pieces.return().done).toBe(true)
    expect(pieces.next().done).toBe(true)
  })

  test('pieces of many scopes and resources go on where the one before ended', () => {
    const batch = batchFromBytes(
      'traces',
      new Uint8Array(
        Buffer.concat(['ab', 'c', '', 'defg', 'h'].map((text) => Buffer.from(request(...text).chunks()[0]!))),
      ),
    )
    for (let size = 1; size < 9; size++) {
      const pieces = splitBatch(batch, size).map(names)
      expect(pieces.join(' ')).toBe('a b c d e f g h')
      expect(pieces.slice(0, -1).every((piece) => piece.length === size * 2 - 1)).toBe(true)
    }
  })
})
