// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { doubles, keys, Random, randomMessage, strings, uint64s } from '../../../../tests/interop/otlp/random-wire.ts'
import { encodeRecords } from '../encode/encode.ts'
import type { AnyValue, KeyValue } from '../model/any-value.ts'
import { type Signal, signals } from '../model/resource.ts'
import { type FieldSchema, messageSchemas, rootMessages } from '../proto/schema.ts'
import type { RecordsBySignal } from './batch.ts'
import { type BatchIndex, nodeKind } from './batch-index.ts'
import type { BatchEditor } from './edit.ts'
import { batchFromBytes } from './from-bytes.ts'
import { attributeKey, mergeBatches } from './merge.ts'
import { splitBatch } from './split.ts'

// What records are to a test that walks them by name.
type Plain = Record<string, unknown>

const messageCount = 10_000
const childLists: Record<string, readonly [kind: number, list: string, message: string][]> = {
  ResourceSpans: [[nodeKind.scope, 'scopeSpans', 'ScopeSpans']],
  ScopeSpans: [[nodeKind.record, 'spans', 'Span']],
  Span: [
    [nodeKind.event, 'events', 'Event'],
    [nodeKind.link, 'links', 'Link'],
  ],
  ResourceLogs: [[nodeKind.scope, 'scopeLogs', 'ScopeLogs']],
  ScopeLogs: [[nodeKind.record, 'logRecords', 'LogRecord']],
  ResourceMetrics: [[nodeKind.scope, 'scopeMetrics', 'ScopeMetrics']],
  ScopeMetrics: [[nodeKind.record, 'metrics', 'Metric']],
}
const pointMessages: Record<string, string> = {
  gauge: 'NumberDataPoint',
  sum: 'NumberDataPoint',
  histogram: 'HistogramDataPoint',
  exponentialHistogram: 'ExponentialHistogramDataPoint',
  summary: 'SummaryDataPoint',
}

interface Visited {
  readonly node: number
  readonly message: string
  readonly record: Plain
  readonly list: Plain[]
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

// Pairs every node of the index with its record.
function visit(signal: Signal, index: BatchIndex, records: unknown): Visited[] {
  const visited: Visited[] = []
  const used = new Map<Plain[], number>()
  const root = { list: records as Plain[], message: messageSchemas[rootMessages[signal]]!.fields[0]!.message }
  for (let node = 0; node < index.nodeCount; node++) {
    const parent = index.parent(node)
    const { list, message } = parent < 0 ? root : childList(visited[parent]!, index.kind(node))
    const position = used.get(list) ?? 0
    used.set(list, position + 1)
    visited.push({ node, message, record: list[position]!, list })
  }
  for (const [list, count] of used) expect(count).toBe(list.length)
  return visited
}

function childList(parent: Visited, kind: number): { list: Plain[]; message: string } {
  if (kind === nodeKind.exemplar) return { list: parent.record['exemplars'] as Plain[], message: 'Exemplar' }
  if (kind === nodeKind.point) {
    const data = parent.record['data'] as { type: string; dataPoints: Plain[] }
    return { list: data.dataPoints, message: pointMessages[data.type]! }
  }
  const [, list, message] = childLists[parent.message]!.find(([child]) => child === kind)!
  return { list: parent.record[list] as Plain[], message }
}

function attributesOf({ message, record }: Visited): KeyValue[] | undefined {
  if (message.startsWith('Resource')) return (record['resource'] as Plain | undefined)?.['attributes'] as KeyValue[]
  if (message.startsWith('Scope')) return (record['scope'] as Plain | undefined)?.['attributes'] as KeyValue[]
  if (message === 'Exemplar') return record['filteredAttributes'] as KeyValue[]
  return (message === 'Metric' ? record['metadata'] : record['attributes']) as KeyValue[]
}

function read(index: BatchIndex, node: number, field: FieldSchema): unknown {
  switch (field.type) {
    case 'string':
      return index.string(node, field.number)
    case 'bytes':
      return Buffer.from(index.bytes(node, field.number)).toString('hex')
    case 'double':
      return field.presence && !index.has(node, field.number) ? undefined : index.double(node, field.number)
    case 'fixed64':
    case 'sfixed64':
      return field.presence && !index.has(node, field.number) ? undefined : index.uint64(node, field.number)
    case 'bool':
      return index.uint32(node, field.number) === 1
    default:
      return index.uint32(node, field.number)
  }
}

const scalarFields = new Map(
  Object.values(messageSchemas).map(({ name, fields }) => [
    name,
    fields.filter((field) => field.type !== 'message' && !field.repeated),
  ]),
)

// Throws on the first difference; plain comparisons, since `expect` a million times takes a minute.
function same(actual: unknown, expected: unknown, what: () => string): void {
  if (Object.is(actual, expected)) return
  if (typeof actual === 'object' && isDeepStrictEqual(actual, expected)) return
  if (typeof actual === 'object' || typeof expected === 'object') expect(actual, what()).toEqual(expected)
  else expect.fail(`${what()}: ${String(actual)} instead of ${String(expected)}`)
}

function compareReads(index: BatchIndex, visited: Visited[]): void {
  for (const entry of visited) {
    const { node, message, record } = entry
    const where = (name: string) => () => `${message}.${name} of node ${node}`
    for (const field of scalarFields.get(message)!) {
      const actual = read(index, node, field)
      if (field.oneof === 'value') {
        const isMember = typeof record['value'] === (field.type === 'double' ? 'number' : 'bigint')
        same(actual, isMember ? record['value'] : undefined, where(field.name))
      } else same(actual, record[camelCase(field.name)], where(field.name))
    }
    if (message === 'Span') {
      const status = record['status'] as Plain | undefined
      same(index.statusCode(node), status?.['code'] ?? 0, where('status.code'))
      same(index.statusMessage(node), status?.['message'] ?? '', where('status.message'))
    } else if (message === 'LogRecord') same(index.anyValue(node, 5), record['body'], where('body'))
    else if (message === 'Metric') {
      const data = record['data'] as Plain | undefined
      same(index.metricType(node) !== 0, data !== undefined, where('data'))
      same(index.aggregationTemporality(node), data?.['aggregationTemporality'] ?? 0, where('temporality'))
      same(index.isMonotonic(node), data?.['isMonotonic'] ?? false, where('isMonotonic'))
    } else if (message.startsWith('Scope')) {
      const scope = record['scope'] as Plain | undefined
      same(index.scopeName(node), scope?.['name'] ?? '', where('scope.name'))
      same(index.scopeVersion(node), scope?.['version'] ?? '', where('scope.version'))
    }
    compareAttributes(index, node, attributesOf(entry) ?? [], where('attributes'))
  }
}

function compareAttributes(index: BatchIndex, node: number, expected: KeyValue[], what: () => string): void {
  same(index.attributeCount(node), expected.length, what)
  const seen = new Set<string>()
  for (const [i, { key, value }] of expected.entries()) {
    const attribute = index.attributeAt(node, i)
    same(index.attributeKey(attribute), key, what)
    same(index.attributeValue(attribute), value, what)
    same(index.attributeString(attribute), typeof value === 'string' ? value : undefined, what)
    if (typeof value === 'string') same(index.attributeEquals(attribute, Buffer.from(value)), true, what)
    if (!seen.has(key)) same(index.findAttribute(node, attributeKey(key)), attribute, what)
    seen.add(key)
  }
  same(index.findAttribute(node, attributeKey('never')), -1, what)
}

function randomValue(random: Random): AnyValue {
  return random.pick<AnyValue>([
    undefined,
    random.pick(strings),
    true,
    random.pick([0n, -5n, 2n ** 60n]),
    random.pick(doubles),
    { list: ['a', 1n, { kvlist: [{ key: 'x', value: false }] }] },
    { kvlist: [] },
    Uint8Array.of(1, 2, 255),
  ])
}

// One random change, made through the editor and to the records.
function change(random: Random, editor: BatchEditor, visited: Visited[], removed: Set<number>): void {
  const entry = random.pick(visited)
  const { node, message, record } = entry
  const kind = random.int(10)
  if (kind === 0) {
    if (!random.chance(0.3)) return
    editor.remove(node)
    for (let i = node; i < editor.subtreeEnd(node); i++) removed.add(i)
  } else if (kind <= 3) {
    changeAttribute(random, editor, entry)
  } else if (kind === 4 && message.startsWith('Scope')) {
    const scope = (record['scope'] ??= newScope()) as Plain
    editor.setScopeName(node, (scope['name'] = random.pick(strings)) as string)
    if (random.chance(0.5)) editor.setScopeVersion(node, (scope['version'] = random.pick(strings)) as string)
  } else if (kind === 4 && message === 'Span') {
    const status = { code: random.int(3), message: random.pick(strings) }
    editor.setStatus(node, status.code, status.message)
    record['status'] = status
  } else if (kind === 4 && message === 'LogRecord') {
    editor.setAnyValue(node, 5, (record['body'] = randomValue(random)) as AnyValue)
  } else changeField(random, editor, entry, random.pick(scalarFields.get(message)!))
}

function newScope(): Plain {
  return { name: '', version: '', attributes: [], droppedAttributesCount: 0, isNew: true }
}

function changeAttribute(random: Random, editor: BatchEditor, entry: Visited): void {
  const { node, message, record } = entry
  const key = random.pick(keys)
  const isRemoval = random.chance(0.3)
  let attributes = attributesOf(entry)
  if (isRemoval) {
    const count = attributes?.filter((attribute) => attribute.key === key).length ?? 0
    same(editor.removeAttribute(node, attributeKey(key)), count, () => 'removed attributes')
    for (let i = (attributes?.length ?? 0) - 1; i >= 0; i--) if (attributes![i]!.key === key) attributes!.splice(i, 1)
    return
  }
  const value = randomValue(random)
  editor.setAttribute(node, attributeKey(key), value)
  if (attributes === undefined) {
    if (message.startsWith('Resource')) {
      record['resource'] = { attributes: [], droppedAttributesCount: 0, entityRefs: [], isNew: true }
    } else record['scope'] = newScope()
    attributes = attributesOf(entry)!
  }
  const first = attributes.findIndex((attribute) => attribute.key === key)
  if (first < 0) attributes.push({ key, value })
  else {
    attributes[first]!.value = value
    for (let i = attributes.length - 1; i > first; i--) if (attributes[i]!.key === key) attributes.splice(i, 1)
  }
}

function changeField(random: Random, editor: BatchEditor, { node, record }: Visited, field: FieldSchema): void {
  const name = field.oneof === 'value' ? 'value' : camelCase(field.name)
  if (random.chance(0.2)) {
    editor.clearField(node, field.number)
    if (field.oneof === 'value') {
      if (typeof record[name] === (field.type === 'double' ? 'number' : 'bigint')) record[name] = undefined
    } else record[name] = defaultOf(field)
    return
  }
  switch (field.type) {
    case 'string':
      editor.setString(node, field.number, (record[name] = random.pick(strings)) as string)
      break
    case 'bytes':
      record[name] = random.pick(['', '0102030405060708', '00'.repeat(16)])
      editor.setBytes(node, field.number, Buffer.from(record[name] as string, 'hex'))
      break
    case 'double':
      editor.setDouble(node, field.number, (record[name] = random.pick(doubles)) as number)
      break
    case 'fixed64':
      editor.setUint(node, field.number, (record[name] = random.pick(uint64s)) as bigint)
      break
    case 'sfixed64':
      editor.setUint(node, field.number, (record[name] = random.pick([0n, -1n, 7n])) as bigint)
      break
    case 'sint32':
    case 'enum':
      editor.setUint(node, field.number, (record[name] = random.pick([0, 1, -1, 2147483647])) as number)
      break
    default:
      editor.setUint(node, field.number, (record[name] = random.pick([0, 1, 4294967295])) as number)
  }
}

function defaultOf(field: FieldSchema): unknown {
  if (field.type === 'string' || field.type === 'bytes') return ''
  if (field.presence) return undefined
  return field.type === 'fixed64' ? 0n : 0
}

// Takes the removed records out, and what they leave empty: metrics, scopes, resources.
function dropRemoved(visited: Visited[], index: BatchIndex, removed: Set<number>): void {
  for (let node = visited.length - 1; node >= 0; node--) {
    const { list, record, message } = visited[node]!
    const isContainer = /^(Resource|Scope|Metric$)/.test(message)
    const children: number[] = []
    for (let child = node + 1; child < index.subtreeEnd(node); child = index.subtreeEnd(child)) children.push(child)
    if (isContainer && children.length > 0 && children.every((child) => removed.has(child))) removed.add(node)
    if (removed.has(node)) list.splice(list.indexOf(record), 1)
  }
}

// A scope or resource that an edit has made but left empty is not written.
function settleNew(records: unknown): unknown {
  for (const resource of records as Plain[]) {
    settle(resource, 'resource')
    const scopes = (resource['scopeSpans'] ?? resource['scopeMetrics'] ?? resource['scopeLogs']) as Plain[]
    for (const scope of scopes) settle(scope, 'scope')
  }
  return records
}

function settle(holder: Plain, name: string): void {
  const made = holder[name] as Plain | undefined
  if (made?.['isNew'] !== true) return
  delete made['isNew']
  const isEmpty = (made['attributes'] as []).length === 0 && !made['name'] && !made['version']
  if (isEmpty) holder[name] = undefined
}

describe.each(signals)('random %s with every oddity that protobuf allows', (signal) => {
  test(`index reads equal the records, over ${messageCount} messages`, () => {
    const random = new Random(1)
    let splitCount = 0
    for (let i = 0; i < messageCount; i++) {
      const bytes = randomMessage(random, rootMessages[signal], i % 4 === 0)
      const batch = batchFromBytes(signal, bytes)
      if (batch.chunks()[0] !== bytes) splitCount++
      compareReads(batch.index(), visit(signal, batch.index(), batch.records()))
    }
    // The generator must reach both ways.
    expect(splitCount).toBeGreaterThan(messageCount / 10)
    expect(splitCount).toBeLessThan(messageCount * 0.9)
  }, 120_000)

  test(`edits equal decode, modify, encode, over ${messageCount} messages`, () => {
    const random = new Random(2)
    for (let i = 0; i < messageCount; i++) {
      const sources = Array.from({ length: i % 10 === 0 ? 3 : 1 }, () =>
        batchFromBytes(signal, randomMessage(random, rootMessages[signal], i % 4 === 0)),
      )
      const batch = mergeBatches(sources)
      const before = batch.chunks().map((chunk) => Buffer.from(chunk))
      const records = batch.records()
      const visited = visit(signal, batch.index(), records)
      if (visited.length === 0) continue
      const removed = new Set<number>()
      const edited = batch.edit((editor) => {
        for (let n = 1 + random.int(6); n > 0; n--) change(random, editor, visited, removed)
        if (i % 8 === 0) compareReads(editor, visited)
      })
      dropRemoved(visited, batch.index(), removed)
      const expected = settleNew(records) as RecordsBySignal[typeof signal]
      same(edited.records(), expected, () => `message ${i}`)
      expect(edited.itemCount).toBe(encodeRecords(signal, expected).itemCount)
      expect(batch.chunks().every((chunk, n) => before[n]!.equals(chunk))).toBe(true)
    }
  }, 120_000)

  test('decoding and encoding again changes nothing that a reader sees', () => {
    const random = new Random(3)
    for (let i = 0; i < 1000; i++) {
      const records = batchFromBytes(signal, randomMessage(random, rootMessages[signal], false)).records()
      const { bytes, itemCount } = encodeRecords(signal, records)
      const again = batchFromBytes(signal, bytes)
      expect(again.chunks()[0]).toBe(bytes)
      expect(again.itemCount).toBe(itemCount)
      same(again.records(), records, () => `message ${i}`)
    }
  })

  test('pieces of a split batch hold the same items in the same envelopes', () => {
    const random = new Random(4)
    for (let i = 0; i < 1000; i++) {
      const sources = [1, 2, 3].map(() =>
        batchFromBytes(signal, randomMessage(random, rootMessages[signal], i % 2 === 0)),
      )
      const batch = mergeBatches(sources)
      const maxItems = 1 + random.int(6)
      const pieces = splitBatch(batch, maxItems)
      const counts = pieces.map((piece) => piece.itemCount)
      expect(counts.slice(0, -1).every((count) => count === maxItems)).toBe(true)
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(batch.itemCount)
      for (const piece of pieces) {
        const checked = piece.chunks().map((chunk) => batchFromBytes(signal, chunk))
        expect(mergeBatches(checked).itemCount).toBe(piece.itemCount)
      }
      expect(pieces.flatMap((piece) => itemLines(piece.records()))).toEqual(itemLines(batch.records()))
    }
  })
})

// Each item with all that encloses it, as text.
function itemLines(records: unknown): string[] {
  const lines: string[] = []
  const show = (value: unknown) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))
  for (const resource of records as Plain[]) {
    const listName = Object.keys(resource).find((name) => name.startsWith('scope'))!
    for (const scope of resource[listName] as Plain[]) {
      const itemsName = ['spans', 'metrics', 'logRecords'].find((name) => name in scope)!
      const envelope = show([resource['resource'], resource['schemaUrl'], scope['scope'], scope['schemaUrl']])
      for (const item of scope[itemsName] as Plain[]) {
        if (itemsName !== 'metrics') lines.push(envelope + show(item))
        else if (item['data'] !== undefined) {
          const { dataPoints, ...data } = item['data'] as { dataPoints: unknown[] }
          for (const point of dataPoints) lines.push(envelope + show({ ...item, data }) + show(point))
        }
      }
    }
  }
  return lines
}
