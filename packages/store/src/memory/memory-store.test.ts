// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { type AnyValue, batchFromBytes, batchFromRecords, type Span } from '@otel-ts/otlp'
import { fakeClock, recordsBatch, sampleTelemetry, spanRecord, spansOfService } from '@otel-ts/testkit'
import { describe, test } from 'vitest'
import type { Store, StoreChange } from '../store.ts'
import { createMemoryStore } from './memory-store.ts'

const traceA = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
const traceB = 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'

function ingest(store: Store, service: string, ...spans: Span[]): Promise<void> {
  return store.ingest(recordsBatch('traces', [spansOfService(service, spans)]))
}

function traceNumber(number: number): string {
  return (number + 1).toString(16).padStart(32, '0')
}

async function spanNames(store: Store, traceId: string): Promise<string[]> {
  const trace = await store.trace(traceId)
  assert.ok(trace !== undefined && trace !== 'evicted')
  return trace.spans.map(({ span }) => span.name)
}

describe('a stored span', () => {
  test('comes back whole, with what stood around it', async () => {
    const store = createMemoryStore()
    const attributes = [
      { key: 'text', value: 'grün ✓' },
      { key: 'text', value: 'second of the same key' },
      { key: '__proto__', value: 'only a key' },
      { key: 'small', value: -5n },
      { key: 'at the small limit', value: 2n ** 29n - 1n },
      { key: 'past the small limit', value: 2n ** 29n },
      { key: 'past 32 bits', value: 2n ** 32n + 5n },
      { key: 'past 31 bits', value: 2n ** 31n },
      { key: 'least small', value: -(2n ** 29n) },
      { key: 'past least small', value: -(2n ** 29n) - 1n },
      { key: 'max', value: 2n ** 63n - 1n },
      { key: 'min', value: -(2n ** 63n) },
      { key: 'double', value: 0.1 },
      { key: 'minus zero', value: -0 },
      { key: 'nan', value: Number.NaN },
      { key: 'yes', value: true },
      { key: 'no', value: false },
      { key: 'empty', value: undefined },
      { key: 'bytes', value: new Uint8Array([0, 255, 7]) },
      { key: 'list', value: { list: ['a', 1n, undefined, { list: [] }] } },
      {
        key: 'map',
        value: {
          kvlist: [
            { key: '__proto__', value: 1n },
            { key: '', value: { kvlist: [] } },
          ],
        },
      },
    ]
    const span = spanRecord({
      traceId: traceA,
      traceState: 'vendor=1',
      parentSpanId: '1112131415161718',
      flags: 0x301,
      name: 'GET /',
      kind: 2,
      startTimeUnixNano: 1_700_000_000_123_456_789n,
      endTimeUnixNano: 1_700_000_000_223_456_789n,
      attributes,
      droppedAttributesCount: 4_294_967_295,
      events: [{ timeUnixNano: 5n, name: 'retry', attributes: [{ key: 'n', value: 1n }], droppedAttributesCount: 1 }],
      droppedEventsCount: 2,
      links: [
        {
          traceId: traceB,
          spanId: '2122232425262728',
          traceState: 'a=b',
          attributes: [{ key: 'why', value: 'retry' }],
          droppedAttributesCount: 3,
          flags: 0x101,
        },
      ],
      droppedLinksCount: 5,
      status: { message: 'broken', code: 2 },
    })
    const resource = {
      attributes: [{ key: 'service.name', value: 'shop' }],
      droppedAttributesCount: 1,
      entityRefs: [{ schemaUrl: '', type: 'service', idKeys: ['service.name'], descriptionKeys: [] }],
    }
    const scope = { name: 'lib', version: '2', attributes: [{ key: 's', value: 1n }], droppedAttributesCount: 6 }
    await store.ingest(
      recordsBatch('traces', [
        { resource, scopeSpans: [{ scope, spans: [span], schemaUrl: 'scope-url' }], schemaUrl: 'resource-url' },
      ]),
    )
    assert.deepEqual(await store.span(traceA, span.spanId), {
      span,
      resource,
      resourceSchemaUrl: 'resource-url',
      scope,
      scopeSchemaUrl: 'scope-url',
      service: 'shop',
    })
  })

  test.each([
    ['no trace id', { traceId: '' }],
    ['a short trace id', { traceId: 'abcd' }],
    ['a long trace id', { traceId: 'ab'.repeat(20) }],
    ['no span id', { spanId: '' }],
    ['a short span id', { spanId: 'ab' }],
    ['a long span id', { spanId: 'ab'.repeat(9) }],
    ['a short parent id', { parentSpanId: 'abcd' }],
    ['a parent id of zeros', { parentSpanId: '0000000000000000' }],
    ['no times', { startTimeUnixNano: 0n, endTimeUnixNano: 0n }],
    ['an end before its start', { startTimeUnixNano: 9n, endTimeUnixNano: 3n }],
    ['the largest times', { startTimeUnixNano: 2n ** 64n - 1n, endTimeUnixNano: 2n ** 64n - 1n }],
    ['an unknown kind and status', { kind: -7, status: { code: 2_000_000_000, message: '' } }],
    ['no name', { name: '' }],
    ['a huge attribute', { attributes: [{ key: 'k'.repeat(10_000), value: 'v'.repeat(1_000_000) as AnyValue }] }],
  ])('with %s is kept as it came', async (_what, fields) => {
    const store = createMemoryStore()
    const span = spanRecord({ name: 'odd', ...fields })
    await ingest(store, 's', span)
    const trace = await store.trace(span.traceId)
    assert.ok(trace !== undefined && trace !== 'evicted')
    assert.deepEqual(trace.spans[0]?.span, span)
    const found = await store.span(span.traceId, span.spanId)
    assert.ok(found !== undefined && found !== 'evicted')
    assert.equal((await store.traces({ conditions: [] })).traces[0]?.spanCount, 1)
  })

  test('of a resource without service.name belongs to unknown_service', async () => {
    const store = createMemoryStore()
    const scopeSpans = [{ scope: undefined, spans: [spanRecord()], schemaUrl: '' }]
    await store.ingest(recordsBatch('traces', [{ resource: undefined, scopeSpans, schemaUrl: '' }]))
    assert.deepEqual(await store.services(), [{ name: 'unknown_service', spanCount: 1, errorCount: 0 }])
  })
})

test('telemetry as a receiver makes it from bytes comes back as it was sent', async () => {
  const store = createMemoryStore()
  const sample = sampleTelemetry({ traceCount: 30 })
  const bytes = batchFromRecords('traces', sample.traces).chunks()[0]!
  await store.ingest(batchFromBytes('traces', bytes))
  await store.ingest(batchFromRecords('logs', sample.logs))
  await store.ingest(batchFromRecords('metrics', sample.metrics))
  const sent = sample.traces.flatMap((group) => group.scopeSpans[0]!.spans)
  for (const span of sent) {
    const found = await store.span(span.traceId, span.spanId)
    assert.ok(found !== undefined && found !== 'evicted')
    assert.deepEqual(found.span, span)
  }
  const logs = await store.logs({ limit: 10_000 })
  assert.equal(logs.length, sample.logs.flatMap((group) => group.scopeLogs[0]!.logRecords).length)
  assert.deepEqual((await store.metricNames())[0]?.name, 'shop.requests')
})

describe('a trace', () => {
  test('is put together from many batches, with the root last, in order of start', async () => {
    const store = createMemoryStore()
    const child = spanRecord({ traceId: traceA, spanId: '000000000000000c', parentSpanId: '000000000000000a' })
    await ingest(store, 'worker', { ...child, name: 'late', startTimeUnixNano: 300n, endTimeUnixNano: 900n })
    await ingest(store, 'worker', {
      ...child,
      spanId: '000000000000000d',
      name: 'early',
      startTimeUnixNano: 200n,
      endTimeUnixNano: 250n,
      status: { code: 2, message: '' },
    })
    const before = (await store.traces({ conditions: [] })).traces[0]!
    assert.equal(before.hasRoot, false)
    assert.equal(before.rootName, 'early')
    await ingest(
      store,
      'web',
      spanRecord({
        traceId: traceA,
        spanId: '000000000000000a',
        name: 'root',
        startTimeUnixNano: 100n,
        endTimeUnixNano: 400n,
        attributes: [{ key: 'http.response.status_code', value: 500n }],
      }),
    )
    assert.deepEqual((await store.traces({ conditions: [] })).traces, [
      {
        traceId: traceA,
        rootName: 'root',
        rootService: 'web',
        hasRoot: true,
        startTimeUnixNano: 100n,
        durationNano: 800n,
        spanCount: 3,
        errorCount: 1,
        services: [
          { name: 'worker', spanCount: 2, errorCount: 1 },
          { name: 'web', spanCount: 1, errorCount: 0 },
        ],
        httpStatusCode: 500,
      },
    ])
    assert.deepEqual(await spanNames(store, traceA), ['root', 'early', 'late'])
    assert.deepEqual(await spanNames(store, traceA.toUpperCase()), ['root', 'early', 'late'])
  })

  test('ignores a span that was sent twice, and counts it', async () => {
    const store = createMemoryStore()
    const span = spanRecord({ traceId: traceA, name: 'once' })
    await ingest(store, 's', span, span)
    await ingest(store, 's', span)
    assert.deepEqual(await spanNames(store, traceA), ['once'])
    const stats = await store.stats()
    assert.equal(stats.spanCount, 1)
    assert.equal(stats.duplicateSpanCount, 2)
  })

  test('keeps both sides of a call that share one span id', async () => {
    const store = createMemoryStore()
    await ingest(store, 's', spanRecord({ traceId: traceA, name: 'a', kind: 3 }))
    await ingest(store, 's', spanRecord({ traceId: traceA, name: 'a', kind: 2 }))
    assert.deepEqual(await spanNames(store, traceA), ['a', 'a'])
  })

  test('takes its start from spans that know theirs', async () => {
    const store = createMemoryStore()
    await ingest(store, 's', spanRecord({ traceId: traceA, startTimeUnixNano: 0n, endTimeUnixNano: 0n }))
    await ingest(
      store,
      's',
      spanRecord({ traceId: traceA, spanId: '00000000000000ff', startTimeUnixNano: 50n, endTimeUnixNano: 80n }),
    )
    const [summary] = (await store.traces({ conditions: [] })).traces
    assert.equal(summary?.startTimeUnixNano, 50n)
    assert.equal(summary?.durationNano, 30n)
    assert.equal((await store.stats()).oldestUnixNano, 50n)
  })

  test('is told apart: unknown, held, evicted', async () => {
    const store = createMemoryStore({ maxByteCount: 4_000_000 })
    await ingest(store, 's', spanRecord({ traceId: traceA }))
    assert.equal(await store.trace(traceB), undefined)
    assert.equal(await store.span(traceB, '0102030405060708'), undefined)
    assert.equal(await store.span(traceA, 'ffffffffffffffff'), undefined)
    let last = 0
    for (; (await store.stats()).evictedSpanCount === 0; last++) {
      await ingest(store, 's', spanRecord({ traceId: traceNumber(last) }))
    }
    assert.equal(await store.trace(traceA), 'evicted')
    assert.equal(await store.span(traceA, '0102030405060708'), 'evicted')
    assert.deepEqual(await spanNames(store, traceNumber(last - 1)), [''])
    await ingest(store, 's', spanRecord({ traceId: traceA, name: 'again' }))
    assert.deepEqual(await spanNames(store, traceA), ['again'])
  })

  test('that lost its older part counts what is left', async () => {
    const store = createMemoryStore({ maxByteCount: 300_000 })
    const long = (i: number) =>
      spanRecord({
        traceId: traceA,
        spanId: (i + 1).toString(16).padStart(16, '0'),
        startTimeUnixNano: BigInt(1000 + i),
        endTimeUnixNano: BigInt(2000 + i),
      })
    for (let i = 0; i < 6000; i++) await ingest(store, 's', long(i))
    const [summary] = (await store.traces({ conditions: [] })).traces
    const stats = await store.stats()
    assert.ok(stats.evictedSpanCount > 0)
    assert.equal(summary?.spanCount, stats.spanCount)
    assert.equal(stats.spanCount + stats.evictedSpanCount, 6000)
    assert.equal(summary?.startTimeUnixNano, BigInt(1000 + stats.evictedSpanCount))
    assert.equal(summary?.durationNano, BigInt(2000 + 5999) - BigInt(1000 + stats.evictedSpanCount))
    const names = await spanNames(store, traceA)
    assert.equal(names.length, stats.spanCount)
  })
})

describe('the limit in bytes', () => {
  async function filled(maxByteCount: number): Promise<Store> {
    const store = createMemoryStore({ maxByteCount })
    for (let i = 0; i < 40; i++) await ingest(store, 's', spanRecord({ traceId: traceNumber(i), name: `span ${i}` }))
    return store
  }

  test('keeps everything when it is reached exactly, and lets go one byte below', async () => {
    const needed = (await (await filled(1 << 30)).stats()).byteCount
    const atLimit = await (await filled(needed)).stats()
    assert.equal(atLimit.byteCount, needed)
    assert.equal(atLimit.evictedSpanCount, 0)
    const below = await (await filled(needed - 1)).stats()
    assert.equal(below.evictedSpanCount, 40)
    assert.equal(below.spanCount, 0)
    assert.equal(below.traceCount, 0)
  })

  test('holds after each ingest of every signal, and every loss is counted', async () => {
    const store = createMemoryStore({ maxByteCount: 400_000 })
    let spanCount = 0
    let logCount = 0
    for (let seed = 1; seed <= 60; seed++) {
      const sample = sampleTelemetry({ seed, traceCount: 20 })
      await store.ingest(recordsBatch('traces', sample.traces))
      await store.ingest(recordsBatch('logs', sample.logs))
      await store.ingest(recordsBatch('metrics', sample.metrics))
      spanCount += sample.spanCount
      logCount += sample.logs.reduce((sum, group) => sum + group.scopeLogs[0]!.logRecords.length, 0)
      const { byteCount, maxByteCount } = await store.stats()
      assert.ok(byteCount <= maxByteCount, `${byteCount} bytes held, ${maxByteCount} allowed`)
    }
    const stats = await store.stats()
    assert.ok(stats.evictedSpanCount > 0 && stats.evictedLogCount > 0)
    assert.equal(stats.spanCount + stats.evictedSpanCount, spanCount)
    assert.equal(stats.logCount + stats.evictedLogCount, logCount)
    // The oldest went first: the newest is held.
    const last = sampleTelemetry({ seed: 60, traceCount: 20 })
    assert.notEqual(await store.trace(last.traceIds[19]!), 'evicted')
  })

  test('makes room while one request larger than the store comes in', async () => {
    const store = createMemoryStore({ maxByteCount: 300_000 })
    const sample = sampleTelemetry({ traceCount: 1000 })
    await store.ingest(recordsBatch('traces', sample.traces))
    const stats = await store.stats()
    assert.ok(stats.byteCount <= 300_000)
    assert.ok(stats.spanCount > 0)
    assert.equal(stats.spanCount + stats.evictedSpanCount, sample.spanCount)
  })

  test('bounds the memory of evicted traces', async () => {
    // 80 ids are remembered at this size.
    const store = createMemoryStore({ maxByteCount: 200_000 })
    for (let i = 0; i < 5000; i++) await ingest(store, 's', spanRecord({ traceId: traceNumber(i) }))
    assert.equal(await store.trace(traceNumber(0)), undefined)
    assert.ok((await store.stats()).byteCount <= 200_000)
  })
})

describe('listeners', () => {
  test('hear of changes at most ten times a second, gathered', async () => {
    const clock = fakeClock()
    const store = createMemoryStore({ clock })
    const heard: StoreChange[] = []
    const stop = store.watch((change) => heard.push(change))
    await ingest(store, 's', spanRecord({ traceId: traceA }))
    assert.deepEqual(heard, [])
    await clock.advance(0)
    assert.deepEqual(heard, [{ sequence: 1, traceIds: [traceA], spanCount: 1, logCount: 0, metricPointCount: 0 }])
    await ingest(store, 's', spanRecord({ traceId: traceA, spanId: '00000000000000f1' }))
    await ingest(store, 's', spanRecord({ traceId: traceB }), spanRecord({ traceId: traceB }))
    await clock.advance(99)
    assert.equal(heard.length, 1)
    await clock.advance(1)
    assert.deepEqual(heard[1], {
      sequence: 3,
      traceIds: [traceA, traceB],
      spanCount: 2,
      logCount: 0,
      metricPointCount: 0,
    })
    stop()
    await ingest(store, 's', spanRecord({ traceId: traceNumber(9) }))
    await clock.advance(1000)
    assert.equal(heard.length, 2)
  })

  test('are named at most 1,000 traces of one change', async () => {
    const clock = fakeClock()
    const store = createMemoryStore({ clock })
    const heard: StoreChange[] = []
    store.watch((change) => heard.push(change))
    for (let i = 0; i < 1001; i++) await ingest(store, 's', spanRecord({ traceId: traceNumber(i) }))
    await clock.advance(0)
    assert.equal(heard[0]?.traceIds.length, 1000)
    assert.equal(heard[0]?.spanCount, 1001)
  })
})

describe('the store', () => {
  test('forgets all on clear, without calling it evicted', async () => {
    const store = createMemoryStore()
    await ingest(store, 's', spanRecord({ traceId: traceA }))
    await store.clear()
    assert.equal(await store.trace(traceA), undefined)
    const stats = await store.stats()
    assert.deepEqual([stats.spanCount, stats.traceCount, stats.evictedSpanCount, stats.byteCount], [0, 0, 0, 0])
    await ingest(store, 's', spanRecord({ traceId: traceA, name: 'new' }))
    assert.deepEqual(await spanNames(store, traceA), ['new'])
  })

  test('refuses calls after close', async () => {
    const store = createMemoryStore()
    await store.close()
    await assert.rejects(store.traces({ conditions: [] }), { code: 'STORE_CLOSED' })
    await assert.rejects(ingest(store, 's', spanRecord()), { code: 'STORE_CLOSED' })
  })

  test.each([0, -1, Number.NaN])('refuses a limit of %d bytes', (maxByteCount) => {
    assert.throws(() => createMemoryStore({ maxByteCount }), { code: 'STORE_LIMIT' })
  })

  test('takes a large request in turns, and says once that it came', async () => {
    const clock = fakeClock()
    const store = createMemoryStore({ clock })
    const heard: StoreChange[] = []
    store.watch((change) => heard.push(change))
    const spans = Array.from({ length: 20_000 }, (_, i) => spanRecord({ traceId: traceNumber(i) }))
    let isDone = false
    const ingested = store.ingest(batchFromRecords('traces', [spansOfService('s', spans)])).then(() => {
      isDone = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isDone, false)
    assert.ok((await store.stats()).spanCount < 20_000)
    await ingested
    assert.equal((await store.stats()).spanCount, 20_000)
    await clock.advance(100)
    assert.deepEqual(
      heard.map(({ sequence, spanCount }) => [sequence, spanCount]),
      [[1, 20_000]],
    )
  })

  test('leaves nothing behind of a span whose records are malformed', async () => {
    const store = createMemoryStore()
    const broken = spanRecord({ traceId: traceA, links: undefined as never })
    await assert.rejects(ingest(store, 's', broken))
    assert.equal(await store.trace(traceA), undefined)
    await ingest(store, 's', spanRecord({ traceId: traceA, name: 'good' }))
    assert.deepEqual(await spanNames(store, traceA), ['good'])
    assert.equal((await store.stats()).traceCount, 1)
  })

  test('lists services, operations, keys and values, most frequent first', async () => {
    const store = createMemoryStore()
    const route = (spanId: string, value: AnyValue) =>
      spanRecord({ traceId: traceA, spanId, name: 'GET', kind: 2, attributes: [{ key: 'http.route', value }] })
    await ingest(store, 'web', route('0000000000000001', '/a'), route('0000000000000002', '/b'))
    await ingest(store, 'web', route('0000000000000003', '/b'), route('0000000000000004', 7n))
    await ingest(
      store,
      'db',
      spanRecord({ traceId: traceB, name: 'SELECT', kind: 3, status: { code: 2, message: '' } }),
    )
    assert.deepEqual(await store.services(), [
      { name: 'web', spanCount: 4, errorCount: 0 },
      { name: 'db', spanCount: 1, errorCount: 1 },
    ])
    assert.deepEqual(await store.operations('web'), [{ name: 'GET', kind: 2, spanCount: 4 }])
    assert.deepEqual(await store.operations('nobody'), [])
    assert.deepEqual(await store.attributeKeys('', 10), [
      { field: 'resource.service.name', count: 5 },
      { field: 'attribute.http.route', count: 4 },
    ])
    assert.deepEqual(await store.attributeKeys('HTTP', 10), [{ field: 'attribute.http.route', count: 4 }])
    assert.deepEqual(await store.attributeKeys('attribute.http', 10), [{ field: 'attribute.http.route', count: 4 }])
    assert.deepEqual(await store.attributeKeys('x', 10), [])
    assert.deepEqual(await store.fieldValues('attribute.http.route', '', 10), [
      { value: '/b', count: 2 },
      { value: '/a', count: 1 },
      { value: '7', count: 1 },
    ])
    assert.deepEqual(await store.fieldValues('attribute.http.route', '/A', 10), [{ value: '/a', count: 1 }])
    assert.deepEqual(await store.fieldValues('resource.service.name', '', 1), [{ value: 'web', count: 4 }])
    assert.deepEqual(await store.fieldValues('kind', '', 9), [
      { value: 'server', count: 4 },
      { value: 'client', count: 1 },
    ])
    assert.deepEqual(await store.fieldValues('status', '', 9), [
      { value: 'unset', count: 4 },
      { value: 'error', count: 1 },
    ])
    await assert.rejects(store.fieldValues('nonsense', '', 9), { code: 'STORE_CONDITION' })
    await assert.rejects(store.fieldValues('name', '', 1001), { code: 'STORE_LIMIT' })
  })
})
