// SPDX-License-Identifier: Apache-2.0
// The engine against an oracle: plain objects, filtered as the contract's words say, without any of the engine's code.
import assert from 'node:assert/strict'
import type { AnyValue, KeyValue, Span } from '@otel-ts/otlp'
import { recordsBatch, spanRecord, spansOfService } from '@otel-ts/testkit'
import fc from 'fast-check'
import { describe, test } from 'vitest'
import type { Condition, Store, TraceQuery } from '../store.ts'
import { createMemoryStore } from './memory-store.ts'

interface PlainSpan {
  span: Span
  service: string
  resource: KeyValue[]
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const statuses = ['unset', 'ok', 'error']

function plainHolds({ span, service, resource }: PlainSpan, condition: Condition): boolean {
  const { field, op, value } = condition
  const opposite: Partial<Record<Condition['op'], Condition['op']>> = {
    '!=': '=',
    notContains: 'contains',
    missing: 'exists',
  }
  const positive = opposite[op]
  if (positive !== undefined) return !plainHolds({ span, service, resource }, { ...condition, op: positive })
  const first = (list: KeyValue[], key: string) => list.find((entry) => entry.key === key)
  let found: KeyValue | undefined
  if (field === 'service') found = { key: field, value: service }
  else if (field === 'name') found = { key: field, value: span.name }
  else if (field === 'scope.name') found = { key: field, value: 'scope' }
  else if (field === 'kind') return (kinds[span.kind] ?? String(span.kind)) === value
  else if (field === 'status') return statuses[span.status?.code ?? 0] === value
  else if (field === 'duration') {
    const { startTimeUnixNano: start, endTimeUnixNano: end } = span
    found = { key: field, value: start !== 0n && end > start ? end - start : 0n }
  } else if (field.startsWith('attribute.')) found = first(span.attributes, field.slice(10))
  else if (field.startsWith('resource.')) found = first(resource, field.slice(9))
  else found = first(span.attributes, field.slice(4)) ?? first(resource, field.slice(4))
  if (op === 'exists') return found !== undefined
  return found !== undefined && plainCompare(found.value, op, value!)
}

function plainCompare(actual: AnyValue, op: string, wanted: string | number | bigint | boolean): boolean {
  if (typeof actual === 'object') {
    return 'list' in actual && actual.list.some((item) => typeof item !== 'object' && plainCompare(item, op, wanted))
  }
  if (actual === undefined) return false
  if (op === 'contains') return String(actual).toLowerCase().includes(String(wanted).toLowerCase())
  if (typeof actual === 'boolean') return op === '=' && String(actual) === String(wanted)
  if (typeof actual === 'string' && op === '=') return actual === wanted
  const isNumeric = (text: unknown) => typeof text !== 'string' || /^-?\d+(\.\d+)?$/.test(text)
  if (typeof wanted === 'boolean') return false
  if (isNumeric(actual) && isNumeric(wanted)) {
    // The generators stay within what a double holds exactly.
    return compare(Number(actual), op, Number(wanted))
  }
  return typeof actual === 'string' && typeof wanted === 'string' && compare(actual, op, wanted)
}

function compare(a: number | string, op: string, b: number | string): boolean {
  return op === '=' ? a === b : op === '>' ? a > b : op === '>=' ? a >= b : op === '<' ? a < b : a <= b
}

function plainTraces(spans: PlainSpan[], query: TraceQuery): string[] {
  const byTrace = new Map<string, PlainSpan[]>()
  for (const plain of spans) byTrace.set(plain.span.traceId, [...(byTrace.get(plain.span.traceId) ?? []), plain])
  const rows: { id: string; start: bigint }[] = []
  for (const [id, list] of byTrace) {
    const starts = list.map(({ span }) => span.startTimeUnixNano).filter((time) => time !== 0n)
    const start = [...starts].sort(ascending)[0] ?? 0n
    const ends = list.flatMap(({ span }) => [span.startTimeUnixNano, span.endTimeUnixNano])
    const end = ends.sort(ascending).at(-1)!
    const duration = start === 0n ? 0n : end - start
    if (query.errorsOnly === true && !list.some(({ span }) => span.status?.code === 2)) continue
    if (query.fromUnixNano !== undefined && start < query.fromUnixNano) continue
    if (query.toUnixNano !== undefined && start >= query.toUnixNano) continue
    if (query.minDurationNano !== undefined && duration < query.minDurationNano) continue
    if (query.maxDurationNano !== undefined && duration > query.maxDurationNano) continue
    if (!list.some((plain) => query.conditions.every((condition) => plainHolds(plain, condition)))) continue
    rows.push({ id, start })
  }
  rows.sort((a, b) => (a.start === b.start ? (a.id < b.id ? -1 : 1) : a.start > b.start ? -1 : 1))
  return rows.map(({ id }) => id)
}

const ascending = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)

const keys = ['http.route', 'n', '__proto__', 'tag', 'service.name']
const words = ['', 'a', 'A', 'ab', '7', '7.5', '10', '-3', 'true', 'false', 'GET /a', 'constructor']
const scalar: fc.Arbitrary<AnyValue> = fc.oneof(
  fc.constantFrom<AnyValue>(...words, true, false, undefined, 7n, 10n, -3n, 0n, 2n ** 40n, 7, 7.5, -3, Number.NaN),
  fc.integer({ min: -20, max: 20 }).map(BigInt),
)
const value: fc.Arbitrary<AnyValue> = fc.oneof(
  { weight: 8, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }).map((list) => ({ list })) },
  { weight: 1, arbitrary: fc.constant<AnyValue>({ kvlist: [{ key: 'a', value: 'a' }] }) },
)
const attributes = fc.array(fc.record({ key: fc.constantFrom(...keys), value }), { maxLength: 4 })
const time = fc.bigInt({ min: 0n, max: 30n })
const plainSpan = fc.record({
  trace: fc.integer({ min: 1, max: 12 }),
  id: fc.integer({ min: 1, max: 1_000_000_000 }),
  isRoot: fc.boolean(),
  service: fc.constantFrom('web', 'db', 'a', '7'),
  resource: attributes.map((list) => list.filter(({ key }) => key !== 'service.name')),
  name: fc.constantFrom(...words),
  kind: fc.integer({ min: 0, max: 6 }),
  start: time,
  end: time,
  status: fc.option(fc.integer({ min: 0, max: 2 })),
  attributes,
})
const comparison = fc.constantFrom<Condition['op']>('=', '!=', '>', '>=', '<', '<=', 'contains', 'notContains')
const wanted = fc.oneof(
  fc.constantFrom<NonNullable<Condition['value']>>(...words, true, false, 7, 7.5, -3, 7n, 10n, 2n ** 40n),
  fc.integer({ min: -20, max: 20 }),
)
const attributeField = fc
  .tuple(fc.constantFrom('attribute', 'resource', 'any'), fc.constantFrom(...keys, 'absent'))
  .map(([group, key]) => `${group}.${key}`)
const condition: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ field: attributeField, op: comparison, value: wanted }) },
  fc.record({ field: attributeField, op: fc.constantFrom<Condition['op']>('exists', 'missing') }),
  fc.record({
    field: fc.constantFrom('service', 'name', 'scope.name'),
    op: comparison,
    value: fc.constantFrom<string>(...words, 'web', 'scope'),
  }),
  fc.record({
    field: fc.constant('kind'),
    op: fc.constantFrom<Condition['op']>('=', '!='),
    value: fc.constantFrom<string>(...kinds, '6'),
  }),
  fc.record({
    field: fc.constant('status'),
    op: fc.constantFrom<Condition['op']>('=', '!='),
    value: fc.constantFrom<string>(...statuses),
  }),
  fc.record({ field: fc.constant('duration'), op: fc.constantFrom<Condition['op']>('=', '>', '<='), value: time }),
)
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 4 })
const query = fc
  .record({
    conditions: fc.array(condition, { maxLength: 3 }),
    fromUnixNano: optional(time),
    toUnixNano: optional(time),
    minDurationNano: optional(time),
    maxDurationNano: optional(time),
    errorsOnly: fc.boolean(),
  })
  .map((record) => {
    const entries = Object.entries(record).filter(([, entry]) => entry !== undefined)
    return Object.fromEntries(entries) as unknown as TraceQuery
  })

function toPlain(row: typeof plainSpan extends fc.Arbitrary<infer T> ? T : never): PlainSpan {
  return {
    service: row.service,
    resource: [{ key: 'service.name', value: row.service }, ...row.resource],
    span: spanRecord({
      traceId: row.trace.toString(16).padStart(32, '0'),
      spanId: row.id.toString(16).padStart(16, '0'),
      parentSpanId: row.isRoot ? '' : '00000000000000ff',
      name: row.name,
      kind: row.kind,
      startTimeUnixNano: row.start,
      endTimeUnixNano: row.end,
      attributes: row.attributes,
      status: row.status === null ? undefined : { code: row.status, message: '' },
    }),
  }
}

async function storeOf(spans: readonly PlainSpan[]): Promise<Store> {
  const store = createMemoryStore()
  for (const { span, service, resource } of spans) {
    await store.ingest(recordsBatch('traces', [spansOfService(service, [span], resource.slice(1))]))
  }
  return store
}

const traceId = (number: number) => number.toString(16).padStart(32, '0')

describe('a search for traces', () => {
  test('finds what a naive filter over plain objects finds, in the same order', async () => {
    const spans = fc.uniqueArray(plainSpan, { selector: ({ id }) => id, minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(spans, fc.array(query, { minLength: 1, maxLength: 8 }), async (rows, queries) => {
        const plain = rows.map(toPlain)
        const store = await storeOf(plain)
        for (const one of queries) {
          const page = await store.traces(one)
          const expected = plainTraces(plain, one)
          assert.deepEqual(
            page.traces.map((summary) => summary.traceId),
            expected,
          )
          assert.equal(page.matchCount, expected.length)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('pages through the same traces that one large page shows', async () => {
    const spans = fc.uniqueArray(plainSpan, { selector: ({ id }) => id, minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(spans, query, fc.integer({ min: 1, max: 5 }), async (rows, one, limit) => {
        const store = await storeOf(rows.map(toPlain))
        const whole = await store.traces(one)
        const ids: string[] = []
        let after: string | undefined
        do {
          const page = await store.traces({ ...one, limit, ...(after === undefined ? undefined : { after }) })
          assert.equal(page.matchCount, whole.matchCount)
          assert.ok(page.traces.length > 0 || whole.traces.length === 0)
          ids.push(...page.traces.map((summary) => summary.traceId))
          after = page.next
        } while (after !== undefined)
        assert.deepEqual(
          ids,
          whole.traces.map((summary) => summary.traceId),
        )
      }),
      { numRuns: 100 },
    )
  })

  test('keeps its pages while newer traces come in', async () => {
    const store = createMemoryStore()
    const add = (number: number) =>
      store.ingest(
        recordsBatch('traces', [
          spansOfService('s', [spanRecord({ traceId: traceId(number), startTimeUnixNano: BigInt(number) })]),
        ]),
      )
    for (let number = 1; number <= 10; number++) await add(number)
    const first = await store.traces({ conditions: [], limit: 4 })
    for (let number = 11; number <= 20; number++) await add(number)
    const second = await store.traces({ conditions: [], limit: 4, after: first.next! })
    for (let number = 21; number <= 30; number++) await add(number)
    const third = await store.traces({ conditions: [], limit: 4, after: second.next! })
    assert.deepEqual(
      [first, second, third].map((page) => page.traces.map((summary) => Number(summary.startTimeUnixNano))),
      [
        [10, 9, 8, 7],
        [6, 5, 4, 3],
        [2, 1],
      ],
    )
    assert.equal(third.next, undefined)
  })

  test('has all conditions hold on one and the same span', async () => {
    const store = createMemoryStore()
    const spans = [
      spanRecord({ spanId: '0000000000000001', name: 'a', status: { code: 2, message: '' } }),
      spanRecord({ spanId: '0000000000000002', name: 'b' }),
    ]
    await store.ingest(recordsBatch('traces', [spansOfService('s', spans)]))
    const find = async (name: string) => {
      const isError: Condition = { field: 'status', op: '=', value: 'error' }
      return (await store.traces({ conditions: [{ field: 'name', op: '=', value: name }, isError] })).matchCount
    }
    assert.equal(await find('a'), 1)
    assert.equal(await find('b'), 0)
  })

  test.each<[Condition, boolean]>([
    [{ field: 'attribute.big', op: '=', value: '9007199254740993' }, true],
    [{ field: 'attribute.big', op: '=', value: '9007199254740992' }, false],
    [{ field: 'attribute.big', op: '>', value: 9007199254740992 }, true],
    [{ field: 'attribute.text', op: '>', value: '500' }, true],
    [{ field: 'attribute.text', op: '=', value: '1000.0' }, false],
    [{ field: 'attribute.text', op: 'contains', value: '00' }, true],
    [{ field: 'duration', op: '>=', value: '250ms' }, true],
    [{ field: 'duration', op: '>', value: '250ms' }, false],
    [{ field: 'duration', op: '=', value: 250_000_000 }, true],
    [{ field: 'trace.id', op: '=', value: '0102030405060708090A0B0C0D0E0F10' }, true],
    [{ field: 'span.id', op: '=', value: '0102030405060708' }, true],
    [{ field: 'span.id', op: 'contains', value: '0506' }, true],
    [{ field: 'kind', op: '=', value: 2 }, true],
    [{ field: 'kind', op: 'contains', value: 'serv' }, true],
    [{ field: 'scope.name', op: '=', value: 'scope' }, true],
    [{ field: 'attribute.list', op: '=', value: 'b' }, true],
    [{ field: 'attribute.list', op: '!=', value: 'b' }, false],
    [{ field: 'attribute.bytes', op: 'exists' }, true],
    [{ field: 'attribute.bytes', op: '=', value: 'AA==' }, false],
    [{ field: 'attribute.empty', op: 'exists' }, true],
    [{ field: 'any.service.name', op: '=', value: 's' }, true],
    [{ field: 'attribute.service.name', op: 'exists' }, false],
  ])('%o on one span: %s', async (one, isFound) => {
    const store = createMemoryStore()
    const span = spanRecord({
      kind: 2,
      startTimeUnixNano: 1_000n,
      endTimeUnixNano: 250_001_000n,
      attributes: [
        { key: 'big', value: 9007199254740993n },
        { key: 'text', value: '1000' },
        { key: 'list', value: { list: ['a', 'b'] } },
        { key: 'bytes', value: new Uint8Array(1) },
        { key: 'empty', value: undefined },
      ],
    })
    await store.ingest(recordsBatch('traces', [spansOfService('s', [span])]))
    assert.equal((await store.traces({ conditions: [one] })).matchCount, isFound ? 1 : 0)
  })

  test('counts at most 10,000 matches and still pages on', async () => {
    const store = createMemoryStore()
    const spans = Array.from({ length: 10_050 }, (_, i) => spanRecord({ traceId: traceId(i + 1) }))
    await store.ingest(recordsBatch('traces', [spansOfService('s', spans)]))
    const page = await store.traces({ conditions: [], limit: 1000 })
    assert.equal(page.matchCount, 10_000)
    const seen = new Set(page.traces.map((summary) => summary.traceId))
    let after = page.next
    while (after !== undefined) {
      const next = await store.traces({ conditions: [], limit: 1000, after })
      for (const summary of next.traces) seen.add(summary.traceId)
      after = next.next
    }
    assert.equal(seen.size, 10_050)
  })

  test.each<[string, Partial<TraceQuery>, string, RegExp]>([
    [
      'an unknown field',
      { conditions: [{ field: 'nonsense', op: '=', value: '1' }] },
      'STORE_CONDITION',
      /no such field; allowed are service/,
    ],
    ['an empty key', { conditions: [{ field: 'attribute.', op: 'exists' }] }, 'STORE_CONDITION', /no such field/],
    ['no value', { conditions: [{ field: 'name', op: '=' }] }, 'STORE_CONDITION', /needs a value/],
    [
      'an unknown operator',
      { conditions: [{ field: 'name', op: '~' as never, value: 'x' }] },
      'STORE_CONDITION',
      /operator "~"/,
    ],
    [
      'a duration without unit',
      { conditions: [{ field: 'duration', op: '>', value: '5' }] },
      'STORE_CONDITION',
      /not a duration/,
    ],
    ['an unknown kind', { conditions: [{ field: 'kind', op: '=', value: 'boss' }] }, 'STORE_CONDITION', /not a kind/],
    ['a limit of 0', { limit: 0 }, 'STORE_LIMIT', /allowed are 1 to 1000/],
    ['a limit of 1001', { limit: 1001 }, 'STORE_LIMIT', /limit 1001/],
    ['a half limit', { limit: 1.5 }, 'STORE_LIMIT', /limit 1.5/],
    ['a foreign cursor', { after: 'x' }, 'STORE_CURSOR', /cursor "x"/],
  ])('refuses %s', async (_what, part, code, message) => {
    const store = createMemoryStore()
    await assert.rejects(store.traces({ conditions: [], ...part }), (error: Error & { code: string }) => {
      assert.equal(error.code, code)
      assert.match(error.message, message)
      return true
    })
  })
})
