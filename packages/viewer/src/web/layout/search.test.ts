// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { nextMarked, searchSpans } from './search.ts'

const spans = [
  { spanId: 'a1', name: 'GET /cart', resource: 0, httpStatusCode: 200 },
  { spanId: 'b2', name: 'SELECT', resource: 1, httpStatusCode: null },
  { spanId: 'c3', name: 'POST /cart', resource: 1, httpStatusCode: 503 },
]
const services = ['web', 'Shop DB']
const found = (query: string): number[] | undefined => {
  const marks = searchSpans(spans, (resource) => services[resource]!, query)
  return marks && [...marks]
}

describe('search in a trace', () => {
  test.each([
    ['cart', [1, 0, 1]],
    ['CART', [1, 0, 1]],
    ['shop', [0, 1, 1]],
    ['shop cart', [0, 0, 1]],
    ['b2', [0, 1, 0]],
    ['503', [0, 0, 1]],
    ['nothing', [0, 0, 0]],
  ])('%j', (query, expected) => {
    expect(found(query)).toEqual(expected)
  })

  test.each(['', '   '])('%j is no search', (query) => {
    expect(found(query)).toBeUndefined()
  })

  test('words do not match across fields', () => {
    expect(found('carta1')).toEqual([0, 0, 0])
  })
})

describe('going from mark to mark', () => {
  const order = Int32Array.of(2, 0, 3, 1)
  const position = Int32Array.of(1, 3, 0, 2)
  const marked = (span: number): boolean => span === 0 || span === 1
  test.each([
    ['forward from nowhere', -1, 1, 0],
    ['backward from nowhere', -1, -1, 1],
    ['forward from a mark', 0, 1, 1],
    ['around the end', 1, 1, 0],
    ['around the beginning', 0, -1, 1],
    ['from between', 3, -1, 0],
  ] as const)('%s', (_, from, direction, expected) => {
    expect(nextMarked(order, position, marked, from, direction)).toBe(expected)
  })

  test('the only mark comes back to itself; without marks there is none', () => {
    expect(nextMarked(order, position, (span) => span === 3, 3, 1)).toBe(3)
    expect(nextMarked(order, position, () => false, 0, 1)).toBe(-1)
  })
})
