// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import type { LogRecord } from '@otel-ts/otlp'
import { logRecord, logsOfService, recordsBatch } from '@otel-ts/testkit'
import { beforeEach, describe, test } from 'vitest'
import type { LogQuery, Store } from '../store.ts'
import { valueText } from './log-query.ts'
import { createMemoryStore } from './memory-store.ts'

const traceA = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
let store: Store

beforeEach(() => {
  store = createMemoryStore()
})

function ingest(service: string, ...logs: LogRecord[]): Promise<void> {
  return store.ingest(recordsBatch('logs', [logsOfService(service, logs)]))
}

async function bodies(query: LogQuery): Promise<string[]> {
  return (await store.logs(query)).map(({ log }) => valueText(log.body))
}

test('a log record comes back whole, with what stood around it', async () => {
  const log = logRecord({
    timeUnixNano: 1_700_000_000_000_000_001n,
    observedTimeUnixNano: 1_700_000_000_000_000_002n,
    severityNumber: 17,
    severityText: 'ERROR',
    body: { kvlist: [{ key: '__proto__', value: { list: [1n, 'a', undefined, new Uint8Array([1])] } }] },
    attributes: [{ key: 'k', value: 2n ** 60n }],
    droppedAttributesCount: 4_294_967_295,
    flags: 0x101,
    traceId: traceA,
    spanId: '0102030405060708',
    eventName: 'event',
  })
  const resource = {
    attributes: [{ key: 'service.name', value: 'shop' }],
    droppedAttributesCount: 0,
    entityRefs: [],
  }
  const scope = { name: 'lib', version: '1', attributes: [], droppedAttributesCount: 0 }
  await store.ingest(
    recordsBatch('logs', [{ resource, scopeLogs: [{ scope, logRecords: [log], schemaUrl: 'b' }], schemaUrl: 'a' }]),
  )
  assert.deepEqual(await store.logs({}), [
    { log, resource, resourceSchemaUrl: 'a', scope, scopeSchemaUrl: 'b', service: 'shop' },
  ])
})

describe('a search for logs', () => {
  beforeEach(async () => {
    await ingest(
      'web',
      logRecord({ timeUnixNano: 30n, body: 'Third', severityNumber: 9, traceId: traceA, spanId: '000000000000000a' }),
      logRecord({ timeUnixNano: 10n, body: 'first', severityNumber: 17, traceId: traceA, spanId: '000000000000000b' }),
    )
    await ingest(
      'db',
      logRecord({ timeUnixNano: 0n, observedTimeUnixNano: 20n, body: { list: ['SECOND', 2n] }, traceId: traceA }),
      logRecord({ timeUnixNano: 40n, body: undefined, severityNumber: 5 }),
    )
  })

  test.each<[LogQuery, string[]]>([
    [{}, ['', 'Third', '["SECOND",2]', 'first']],
    [{ limit: 2 }, ['', 'Third']],
    [{ traceId: traceA.toUpperCase() }, ['Third', '["SECOND",2]', 'first']],
    [{ traceId: 'bb' }, []],
    [{ traceId: traceA, spanId: '000000000000000B' }, ['first']],
    [{ service: 'db' }, ['', '["SECOND",2]']],
    [{ minSeverityNumber: 9 }, ['Third', 'first']],
    [{ minSeverityNumber: 10 }, ['first']],
    [{ bodyContains: 'IR' }, ['Third', 'first']],
    [{ bodyContains: 'second' }, ['["SECOND",2]']],
    [{ fromUnixNano: 20n, toUnixNano: 40n }, ['Third', '["SECOND",2]']],
    [{ fromUnixNano: 21n }, ['', 'Third']],
  ])('%o', async (query, expected) => {
    assert.deepEqual(await bodies(query), expected)
  })

  test.each([0, 10_001, 1.5])('refuses a limit of %d', async (limit) => {
    await assert.rejects(store.logs({ limit }), { code: 'STORE_LIMIT' })
  })
})

test('the newest of many come first, also when more match than are kept while searching', async () => {
  const logs = Array.from({ length: 9000 }, (_, i) =>
    logRecord({ timeUnixNano: BigInt((i * 7919) % 9000) + 1n, body: 'x' }),
  )
  await ingest('s', ...logs)
  const times = (await store.logs({ limit: 5 })).map(({ log }) => log.timeUnixNano)
  assert.deepEqual(times, [9000n, 8999n, 8998n, 8997n, 8996n])
})
