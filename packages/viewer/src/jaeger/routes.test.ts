// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { createMemoryStore, type Store } from '@otel-ts/store'
import { recordsBatch, spanRecord, spansOfService } from '@otel-ts/testkit'
import { beforeEach, describe, test } from 'vitest'
import { Parameters } from '../server/parameters.ts'
import { answerJaeger } from './routes.ts'

type Json = ReturnType<typeof JSON.parse>

const traceId = '0102030405060708090a0b0c0d0e0f10'
const start = 1_700_000_000_000_000_000n
let store: Store

async function ask(path: string, query = ''): Promise<{ status: number; body: Json }> {
  const answer = await answerJaeger(path.split('/'), new Parameters(query), store, () => start + 3_600_000_000_000n)
  assert.ok(answer !== undefined)
  return { status: answer.status, body: JSON.parse(answer.text) }
}

async function ids(query: Record<string, string>): Promise<string[]> {
  const { body } = await ask('traces', new URLSearchParams(query).toString())
  return body.data.map((trace: Json) => trace.traceID)
}

beforeEach(async () => {
  store = createMemoryStore()
  const root = spanRecord({
    traceId,
    spanId: '000000000000000a',
    name: 'GET /',
    kind: 2,
    flags: 0x101,
    startTimeUnixNano: start,
    endTimeUnixNano: start + 5_000_999n,
    traceState: 'v=1',
    attributes: [
      { key: 'text', value: 'x' },
      { key: 'yes', value: true },
      { key: 'safe', value: 9007199254740991n },
      { key: 'unsafe', value: 9007199254740992n },
      { key: 'least', value: -(2n ** 63n) },
      { key: 'double', value: 1.5 },
      { key: 'nan', value: Number.NaN },
      { key: 'raw', value: new Uint8Array([255]) },
      { key: 'list', value: { list: [1n, 'a'] } },
      { key: 'map', value: { kvlist: [{ key: 'k', value: false }] } },
      { key: 'empty', value: undefined },
    ],
    events: [
      {
        timeUnixNano: start + 1_999n,
        name: 'exception',
        attributes: [{ key: 'exception.type', value: 'E' }],
        droppedAttributesCount: 0,
      },
    ],
    status: { code: 2, message: 'broken' },
  })
  const child = spanRecord({
    traceId,
    spanId: '000000000000000b',
    parentSpanId: '000000000000000a',
    name: 'SELECT',
    kind: 3,
    startTimeUnixNano: start + 2_000n,
    endTimeUnixNano: start + 1_000n,
    links: [
      {
        traceId: 'ffffffffffffffffffffffffffffffff',
        spanId: 'eeeeeeeeeeeeeeee',
        traceState: '',
        attributes: [],
        droppedAttributesCount: 0,
        flags: 0,
      },
    ],
    status: { code: 1, message: '' },
  })
  const host = [{ key: 'host.name', value: 'h1' }]
  await store.ingest(
    recordsBatch('traces', [
      spansOfService('web', [root], host),
      spansOfService('db', [child]),
      spansOfService('db', []),
    ]),
  )
})

test('answers a trace in exactly the JSON of Jaeger', async () => {
  const { status, body } = await ask(`traces/${traceId}`)
  assert.equal(status, 200)
  const scopeTags = [
    { key: 'otel.scope.name', type: 'string', value: 'scope' },
    { key: 'otel.scope.version', type: 'string', value: '1' },
  ]
  assert.deepEqual(body, {
    data: [
      {
        traceID: traceId,
        spans: [
          {
            traceID: traceId,
            spanID: '000000000000000a',
            flags: 1,
            operationName: 'GET /',
            references: [],
            startTime: 1_700_000_000_000_000,
            duration: 5_000,
            tags: [
              ...scopeTags,
              { key: 'text', type: 'string', value: 'x' },
              { key: 'yes', type: 'bool', value: true },
              { key: 'safe', type: 'int64', value: 9007199254740991 },
              { key: 'unsafe', type: 'int64', value: '9007199254740992' },
              { key: 'least', type: 'int64', value: '-9223372036854775808' },
              { key: 'double', type: 'float64', value: 1.5 },
              { key: 'nan', type: 'float64', value: 'NaN' },
              { key: 'raw', type: 'binary', value: '/w==' },
              { key: 'list', type: 'string', value: '[1,"a"]' },
              { key: 'map', type: 'string', value: '{"k":false}' },
              { key: 'empty', type: 'string', value: '' },
              { key: 'span.kind', type: 'string', value: 'server' },
              { key: 'otel.status_code', type: 'string', value: 'ERROR' },
              { key: 'error', type: 'bool', value: true },
              { key: 'otel.status_description', type: 'string', value: 'broken' },
              { key: 'w3c.tracestate', type: 'string', value: 'v=1' },
            ],
            logs: [
              {
                timestamp: 1_700_000_000_000_001,
                fields: [
                  { key: 'event', type: 'string', value: 'exception' },
                  { key: 'exception.type', type: 'string', value: 'E' },
                ],
              },
            ],
            processID: 'p1',
            warnings: null,
          },
          {
            traceID: traceId,
            spanID: '000000000000000b',
            operationName: 'SELECT',
            references: [
              { refType: 'CHILD_OF', traceID: traceId, spanID: '000000000000000a' },
              { refType: 'FOLLOWS_FROM', traceID: 'ffffffffffffffffffffffffffffffff', spanID: 'eeeeeeeeeeeeeeee' },
            ],
            startTime: 1_700_000_000_000_002,
            duration: 0,
            tags: [
              ...scopeTags,
              { key: 'span.kind', type: 'string', value: 'client' },
              { key: 'otel.status_code', type: 'string', value: 'OK' },
            ],
            logs: [],
            processID: 'p2',
            warnings: ['span ends before it starts; its duration is shown as 0'],
          },
        ],
        processes: {
          p1: { serviceName: 'web', tags: [{ key: 'host.name', type: 'string', value: 'h1' }] },
          p2: { serviceName: 'db', tags: [] },
        },
        warnings: null,
      },
    ],
    total: 0,
    limit: 0,
    offset: 0,
    errors: null,
  })
})

describe('the lists', () => {
  test('name services and operations in order of text', async () => {
    const envelope = { limit: 0, offset: 0, errors: null }
    assert.deepEqual((await ask('services')).body, { data: ['db', 'web'], total: 2, ...envelope })
    assert.deepEqual((await ask('services/web/operations')).body, { data: ['GET /'], total: 1, ...envelope })
    assert.deepEqual((await ask('services/none/operations')).body, { data: [], total: 0, ...envelope })
    assert.deepEqual((await ask('operations', 'service=web')).body.data, [{ name: 'GET /', spanKind: 'server' }])
    assert.deepEqual((await ask('operations', 'service=web&spanKind=client')).body.data, [])
  })
})

describe('a search', () => {
  test.each<[Record<string, string>, boolean]>([
    [{ service: 'web' }, true],
    [{ service: 'nobody' }, false],
    [{ service: 'web', operation: 'GET /' }, true],
    [{ service: 'web', operation: 'all' }, true],
    [{ service: 'db', operation: 'GET /' }, false],
    [{ service: 'web', tags: '{"error":"true"}' }, true],
    [{ service: 'db', tags: '{"error":"true"}' }, false],
    [{ service: 'web', tags: '{"safe":"9007199254740991","yes":"true"}' }, true],
    [{ service: 'web', tags: '{"unsafe":"9007199254740993"}' }, false],
    [{ service: 'web', tags: '{"host.name":"h1"}' }, true],
    [{ service: 'web', tags: '{"span.kind":"server"}' }, true],
    [{ service: 'web', tags: '{"otel.status_code":"ERROR"}' }, true],
    [{ service: 'web', tag: 'text:x' }, true],
    [{ service: 'web', tag: 'text:x:y' }, false],
    [{ service: 'web', minDuration: '5ms', maxDuration: '6ms' }, true],
    [{ service: 'web', minDuration: '5001us' }, false],
    [{ service: 'web', maxDuration: '5ms' }, false],
    [{ service: 'web', start: '1700000000000000' }, true],
    [{ service: 'web', start: '1700000000000001' }, false],
    [{ service: 'web', end: '1700000000000000' }, true],
    [{ service: 'web', end: '1699999999999999' }, false],
    [{ service: 'web', lookback: '1h' }, true],
    [{ service: 'web', lookback: '59m' }, false],
    [{ service: 'web', lookback: 'custom', limit: '20' }, true],
    [{ service: 'web', limit: '5000' }, true],
  ])('%o finds the trace: %s', async (query, isFound) => {
    assert.deepEqual(await ids(query), isFound ? [traceId] : [])
  })

  test('by ids answers those that are held and names the others', async () => {
    const { body } = await ask('traces', `traceID=${traceId}&traceID=ab`)
    assert.deepEqual(
      body.data.map((trace: Json) => trace.traceID),
      [traceId],
    )
    assert.deepEqual(body.errors, [{ msg: 'trace not found', traceID: 'ab' }])
  })

  test('takes an id without its leading zeros', async () => {
    assert.equal((await ask(`traces/${traceId.replace(/^0/, '')}`)).status, 200)
  })

  test('answers 404 in the envelope', async () => {
    assert.deepEqual(await ask('traces/ff'), {
      status: 404,
      body: { data: null, total: 0, limit: 0, offset: 0, errors: [{ code: 404, msg: 'trace not found' }] },
    })
  })

  test.each<[string, RegExp]>([
    ['', /'service', which is missing/],
    ['service=web&tags=5', /expected a JSON object/],
    ['service=web&tags=%7B', /expected a JSON object/],
    ['service=web&tags=%7B%22a%22%3A%7B%7D%7D', /whose values are strings/],
    ['service=web&tag=nocolon', /expected key:value/],
    ['service=web&minDuration=5', /with a unit/],
    ['service=web&minDuration=5s&maxDuration=4s', /should be greater/],
    ['service=web&limit=-1', /limit="-1"/],
    ['service=web&start=yesterday', /microseconds since 1970/],
    ['service=web&lookback=ever', /such as 1h, 2d or custom/],
    ['traceID=xyz', /expected hexadecimal/],
  ])('refuses %s', async (query, message) => {
    await assert.rejects(ask('traces', query), (error: Error & { code: string }) => {
      assert.equal(error.code, 'VIEWER_PARAMETER')
      assert.match(error.message, message)
      return true
    })
  })
})
