// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import type { Batch } from './batch.ts'
import { batchFromBytes } from './from-bytes.ts'
import { batchFromJson } from './from-json.ts'
import { attributeKey, mergeBatches, splitBySource } from './merge.ts'
import { splitBatch } from './split.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const fromHex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

// One resource, one scope; nodes 0 and 1. Names are a, b, c …
function spans(...names: string[]): Batch<'traces'> {
  const list = names.map((name) => `{"name":"${name}"}`).join(',')
  return batchFromJson('traces', Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${list}]}]}]}`))
}

function names(batch: Batch<'traces'>): string[] {
  return batch.records().flatMap((r) => r.scopeSpans.flatMap((s) => s.spans.map((span) => span.name)))
}

const env = attributeKey('env')

describe('edit', () => {
  test('gives the same batch when nothing was changed', () => {
    const batch = spans('a')
    expect(batch.edit((editor) => void editor.string(2, 5))).toBe(batch)
  })

  test('writes new fields where their numbers belong, and lengths anew', () => {
    const edited = spans('a').edit((editor) => {
      editor.setUint(2, 6, 2)
      editor.setString(2, 5, 'long name')
      editor.setAttribute(2, env, 'x')
      editor.setStatus(2, 2, 'no')
    })
    const name = '2a096c6f6e67206e616d65'
    const attribute = '4a0a' + '0a03656e76' + '12030a0178'
    const status = '7a06' + '12026e6f' + '1802'
    expect(hex(edited.chunks()[0]!)).toBe(`0a25122312${'21'}${name}3002${attribute}${status}`)
  })

  test('leaves unknown fields in place', () => {
    // Span { name = "a", 99 = "{", 127 = 5 }
    const batch = batchFromBytes('traces', fromHex('0a0e' + '120c' + '120a' + '2a0161' + '9a06017b' + 'f80705'))
    const edited = batch.edit((editor) => editor.setString(2, 5, 'b'))
    expect(hex(edited.chunks()[0]!)).toBe('0a0e' + '120c' + '120a' + '2a0162' + '9a06017b' + 'f80705')
  })

  test('does not mistake unknown field 33 of a scope entry for its name', () => {
    const batch = batchFromBytes('traces', fromHex('0a0a' + '1208' + '0a00' + '1200' + '8a020178'))
    const edited = batch.edit((editor) => editor.setScopeName(1, 'n'))
    expect(hex(edited.chunks()[0]!)).toContain('8a020178')
    expect(edited.index().scopeName(1)).toBe('n')
  })

  test('replaces the first of several attributes and removes the others', () => {
    const kv = '4a0a' + '0a03656e76' + '12030a0178'
    const batch = batchFromBytes('traces', fromHex(`0a1c121a1218${kv}${kv}`))
    const edited = batch.edit((editor) => {
      expect(editor.attributeCount(2)).toBe(2)
      editor.setAttribute(2, env, 5n)
      expect(editor.attributeCount(2)).toBe(1)
      expect(editor.attributeValue(editor.findAttribute(2, env))).toBe(5n)
      expect(editor.removeAttribute(2, env)).toBe(1)
      expect(editor.findAttribute(2, env)).toBe(-1)
      editor.setAttribute(2, env, true)
    })
    expect(edited.records()[0]!.scopeSpans[0]!.spans[0]!.attributes).toEqual([{ key: 'env', value: true }])
    expect(batch.index().attributeCount(2)).toBe(2)
  })

  test('removes a scope and a resource with the last span in them, and drops a request left empty', () => {
    const batch = mergeBatches([spans('a', 'b'), spans('c')])
    const edited = batch.edit((editor) => {
      editor.remove(2)
      editor.remove(6)
    })
    expect(names(edited)).toEqual(['b'])
    expect([edited.itemCount, edited.chunks().length]).toEqual([1, 1])
    const none = edited.edit((editor) => editor.remove(2))
    expect([none.itemCount, none.chunks().length, none.records()]).toEqual([0, 0, []])
    expect(names(batch)).toEqual(['a', 'b', 'c'])
  })

  test('leaves requests of a merged batch that are not changed as they are', () => {
    const [first, second] = [spans('a'), spans('b')]
    const edited = mergeBatches([first, second]).edit((editor) => editor.setString(5, 5, 'c'))
    expect(edited.chunks()[0]).toBe(first.chunks()[0])
    expect(names(edited)).toEqual(['a', 'c'])
  })

  test('as_int and as_double are one value', () => {
    const text = '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"asDouble":1.5}]}}]}]}]}'
    const edited = batchFromJson('metrics', Buffer.from(text)).edit((editor) => {
      editor.setUint(3, 6, -7n)
      expect([editor.has(3, 4), editor.uint64(3, 6)]).toEqual([false, -7n])
    })
    expect(edited.records()[0]!.scopeMetrics[0]!.metrics[0]!.data!.dataPoints[0]).toMatchObject({ value: -7n })
  })

  test.each([
    [
      'a name as an integer',
      (e: Editor) => e.setUint(2, 5, 1),
      'Span: field 5 cannot be set to 1: name is string; allowed are singular fields of type bool, enum, uint32, sint32, int64, uint64, fixed32, fixed64, sfixed64; the batch stays as it was',
    ],
    [
      'a field that does not exist',
      (e: Editor) => e.setString(2, 31, 'x'),
      'Span: field 31 cannot be set to x: no such field; allowed are singular fields of type string; the batch stays as it was',
    ],
    [
      'attributes as a field',
      (e: Editor) => e.clearField(2, 9),
      'Span: field 9 cannot be set to nothing: attributes is repeated message; allowed are singular fields of type scalar; the batch stays as it was',
    ],
    [
      'a fraction',
      (e: Editor) => e.setUint(2, 6, 1.5),
      'Span: field 6 (kind) cannot be set to 1.5; allowed are safe integers and bigints; the batch stays as it was',
    ],
    [
      'the name of a span as a scope',
      (e: Editor) => e.setScopeName(2, 'x'),
      'node 2: is a Span; allowed is a scope; the batch stays as it was',
    ],
  ])('refuses to set %s', (_, change, message) => {
    const batch = spans('a')
    expect(() => batch.edit(change)).toThrow(expect.objectContaining({ code: 'OTLP_VALUE', message }))
    expect(names(batch)).toEqual(['a'])
  })
})

type Editor = Parameters<Parameters<Batch['edit']>[0]>[0]

describe('merge and split', () => {
  test('merging joins lists and copies nothing', () => {
    const [first, second] = [spans('a'), spans('b')]
    const merged = mergeBatches([first, second])
    expect(merged.chunks()[1]).toBe(second.chunks()[0])
    expect(names(batchFromBytes('traces', Buffer.concat(merged.chunks())))).toEqual(['a', 'b'])
    expect(splitBySource(merged).map(names)).toEqual([['a'], ['b']])
  })

  test.each([
    [1, [['a'], ['b'], ['c'], ['d']]],
    [
      2,
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [3, [['a', 'b', 'c'], ['d']]],
    [4, [['a', 'b', 'c', 'd']]],
    [5, [['a', 'b', 'c', 'd']]],
  ])('splits into pieces of %d items', (maxItems, expected) => {
    expect(splitBatch(mergeBatches([spans('a'), spans('b', 'c', 'd')]), maxItems).map(names)).toEqual(expected)
  })

  test('gives each piece only the resources and scopes of its items, and empty ones to the piece before', () => {
    const resource = (name: string, ...spans: string[]) =>
      `{"schemaUrl":"${name}","scopeSpans":[{"spans":[${spans.map(() => '{}').join(',')}]}]}`
    const text = `{"resourceSpans":[${[resource('r1', 'a'), resource('r2'), resource('r3', 'b', 'c'), resource('r4', 'd')].join(',')}]}`
    const pieces = splitBatch(batchFromJson('traces', Buffer.from(text)), 2)
    expect(pieces.map((piece) => piece.records().map(({ schemaUrl }) => schemaUrl))).toEqual([
      ['r1', 'r2', 'r3'],
      ['r3', 'r4'],
    ])
    const single = splitBatch(batchFromJson('traces', Buffer.from(text)), 1)
    expect(single.map((piece) => piece.records().map(({ schemaUrl }) => schemaUrl))).toEqual([
      ['r1', 'r2'],
      ['r3'],
      ['r3'],
      ['r4'],
    ])
  })

  test('cuts a metric between its points and gives both halves its envelope', () => {
    const text =
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","unit":"s","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"asInt":"1"},{"asInt":"2"},{"asInt":"3"}]}}]}]}]}'
    const pieces = splitBatch(batchFromJson('metrics', Buffer.from(text)), 2)
    const metrics = pieces.map((piece) => piece.records()[0]!.scopeMetrics[0]!.metrics[0]!)
    expect(metrics.map(({ name, unit }) => name + unit)).toEqual(['ms', 'ms'])
    expect(metrics.map(({ data }) => data)).toMatchObject([
      { type: 'sum', aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ value: 1n }, { value: 2n }] },
      { type: 'sum', aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ value: 3n }] },
    ])
  })

  test('refuses a size that is none, and batches of two signals', () => {
    expect(() => splitBatch(spans('a'), 0)).toThrow(
      'splitBatch: maxItems is 0; allowed are integers from 1; nothing split',
    )
    const logs = batchFromJson('logs', Buffer.from('{}'))
    expect(() => mergeBatches<'traces' | 'logs'>([spans('a'), logs] as never)).toThrow('found traces and logs')
    expect(() => mergeBatches([])).toThrow('found no batch')
  })
})
