// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStore, type Store } from '@otel-ts/store'
import {
  fakeClock,
  logRecord,
  logsOfService,
  recordsBatch,
  sampleTelemetry,
  spanRecord,
  spansOfService,
} from '@otel-ts/testkit'
import { afterEach, beforeEach, describe, test } from 'vitest'
import { createViewerServer, type ViewerServer, type ViewerServerOptions } from './viewer-server.ts'

let store: Store
let server: ViewerServer
let folder: string
let failures: unknown[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'viewer-test-'))
  failures = []
  store = createMemoryStore()
  server = await start()
})

afterEach(async () => {
  await server.shutdown(0)
  await store.close()
  rmSync(folder, { recursive: true })
  assert.deepEqual(failures, [])
})

function start(options: Partial<ViewerServerOptions> = {}): Promise<ViewerServer> {
  return createViewerServer({
    store,
    endpoint: '127.0.0.1:0',
    otlpHttpEndpoint: 'http://localhost:4318',
    version: '1.2.3',
    assets: folder,
    onInternalError: (error) => failures.push(error),
    ...options,
  })
}

/** Whatever the server sent; the assertions say what it must be. */
type Json = ReturnType<typeof JSON.parse>

interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  text: string
  json: () => Json
}

function ask(path: string, options: { method?: string; headers?: Record<string, string>; url?: string } = {}) {
  const { hostname, port } = new URL(options.url ?? server.url)
  return new Promise<Answer>((resolve, reject) => {
    const host = hostname.replace(/^\[|\]$/g, '')
    const sent = request({ host, port, path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode!, headers: response.headers, text, json: () => JSON.parse(text) })
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}

const traceId = '0102030405060708090a0b0c0d0e0f10'

async function ingestOne(): Promise<void> {
  const root = spanRecord({
    spanId: '000000000000000a',
    name: 'GET /',
    kind: 2,
    startTimeUnixNano: 1_700_000_000_000_000_001n,
    endTimeUnixNano: 1_700_000_000_000_500_001n,
    parentSpanId: '0000000000000000',
    attributes: [
      { key: 'http.response.status_code', value: 500n },
      { key: 'big', value: 2n ** 63n - 1n },
      { key: 'list', value: { list: ['a', 1n, Number.NaN] } },
      { key: '__proto__', value: { kvlist: [{ key: '__proto__', value: true }] } },
      { key: 'raw', value: new Uint8Array([1, 2, 3]) },
      { key: 'nothing', value: undefined },
    ],
    events: [{ timeUnixNano: 1_700_000_000_000_100_001n, name: 'e', attributes: [], droppedAttributesCount: 0 }],
    status: { code: 2, message: 'broken' },
  })
  const child = spanRecord({
    spanId: '000000000000000b',
    parentSpanId: '000000000000000a',
    name: 'SELECT',
    kind: 3,
    startTimeUnixNano: 1_700_000_000_000_200_001n,
    endTimeUnixNano: 1_700_000_000_000_900_001n,
    links: [
      { traceId, spanId: '000000000000000a', traceState: '', attributes: [], droppedAttributesCount: 0, flags: 0 },
    ],
  })
  await store.ingest(recordsBatch('traces', [spansOfService('web', [root]), spansOfService('db', [child])]))
  const log = logRecord({
    timeUnixNano: 1_700_000_000_000_150_000n,
    traceId,
    spanId: '000000000000000a',
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'it broke',
  })
  await store.ingest(recordsBatch('logs', [logsOfService('web', [log])]))
}

describe('the API', () => {
  test('lists traces with times as decimal strings', async () => {
    await ingestOne()
    const { status, json, headers } = await ask(
      '/api/traces?q=error%20big=9223372036854775807&minDuration=1us&errors=1',
    )
    assert.equal(status, 200)
    assert.equal(headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(headers['cache-control'], 'no-store')
    const body = json()
    assert.deepEqual(body.traces, [
      {
        traceId,
        rootName: 'GET /',
        rootService: 'web',
        hasRoot: true,
        startUnixNano: '1700000000000000001',
        durationNano: '900000',
        spanCount: 2,
        errorCount: 1,
        services: [
          { name: 'db', spanCount: 1, errorCount: 0 },
          { name: 'web', spanCount: 1, errorCount: 1 },
        ],
        httpStatusCode: 500,
      },
    ])
    assert.equal(body.next, null)
    assert.equal(body.matchCount, 1)
    assert.equal(body.stats.spanCount, 2)
    assert.equal(body.stats.version, '1.2.3')
    assert.equal(body.stats.otlpHttpEndpoint, 'http://localhost:4318')
    assert.equal(body.stats.otlpGrpcEndpoint, null)
    assert.equal(body.stats.oldestUnixNano, '1700000000000000001')
  })

  test('hands each parameter of the list to the search', async () => {
    await ingestOne()
    const count = async (query: string) => (await ask(`/api/traces?${query}`)).json().matchCount
    assert.equal(await count('service=web&name=GET%20/'), 1)
    assert.equal(await count('service=db&name=GET%20/'), 0)
    assert.equal(await count('minDuration=900us'), 1)
    assert.equal(await count('minDuration=900001'), 0)
    assert.equal(await count('maxDuration=899999ns'), 0)
    assert.equal(await count('from=1700000000000000001'), 1)
    assert.equal(await count('from=1700000000000000002'), 0)
    assert.equal(await count('to=1700000000000000001'), 0)
    assert.equal(await count('q=big>1&errors=0'), 1)
    assert.equal(await count('q=!error%20kind=server'), 0)
  })

  test('pages with the cursor that it gave', async () => {
    const sample = sampleTelemetry({ traceCount: 7 })
    await store.ingest(recordsBatch('traces', sample.traces))
    const ids: string[] = []
    let after: string | null = ''
    while (after !== null) {
      const body: Json = (await ask(`/api/traces?limit=3&after=${after}`)).json()
      ids.push(...body.traces.map((row: Json) => row.traceId))
      after = body.next
    }
    assert.deepEqual(ids.sort(), sample.traceIds.sort())
  })

  test('opens a trace without its attributes, offsets from its start', async () => {
    await ingestOne()
    const body = (await ask(`/api/traces/${traceId}`)).json()
    assert.equal(body.startUnixNano, '1700000000000000001')
    assert.equal(body.durationNano, '900000')
    assert.deepEqual(body.services, ['db', 'web'])
    assert.deepEqual(
      body.resources.map((resource: Json) => resource.service),
      ['web', 'db'],
    )
    assert.deepEqual(body.scopes, [{ name: 'scope', version: '1', schemaUrl: '', attributes: [] }])
    assert.deepEqual(body.spans, [
      {
        spanId: '000000000000000a',
        parentSpanId: '',
        name: 'GET /',
        kind: 2,
        resource: 0,
        scope: 0,
        startOffsetNano: 0,
        durationNano: 500_000,
        statusCode: 2,
        eventOffsetsNano: [100_000],
        linkCount: 0,
        logCount: 1,
        httpStatusCode: 500,
      },
      {
        spanId: '000000000000000b',
        parentSpanId: '000000000000000a',
        name: 'SELECT',
        kind: 3,
        resource: 1,
        scope: 0,
        startOffsetNano: 200_000,
        durationNano: 700_000,
        statusCode: 0,
        eventOffsetsNano: [],
        linkCount: 1,
        logCount: 0,
        httpStatusCode: null,
      },
    ])
  })

  test('shows one span whole, every kind of value as text', async () => {
    await ingestOne()
    const body = (await ask(`/api/traces/${traceId}/spans/000000000000000A`)).json()
    assert.equal(body.service, 'web')
    assert.equal(body.statusMessage, 'broken')
    assert.equal(body.startUnixNano, '1700000000000000001')
    assert.deepEqual(body.attributes, [
      { key: 'http.response.status_code', type: 'int', value: '500' },
      { key: 'big', type: 'int', value: '9223372036854775807' },
      { key: 'list', type: 'array', value: '["a",1,"NaN"]' },
      { key: '__proto__', type: 'map', value: '{"__proto__":true}' },
      { key: 'raw', type: 'bytes', value: 'AQID' },
      { key: 'nothing', type: 'empty', value: '' },
    ])
    assert.equal(body.events[0].offsetNano, 100_000)
    assert.deepEqual(body.logs, [
      {
        timeUnixNano: '1700000000000150000',
        severityNumber: 17,
        severityText: 'ERROR',
        body: 'it broke',
        eventName: '',
        service: 'web',
        spanId: '000000000000000a',
        attributes: [],
      },
    ])
    assert.equal((await ask(`/api/traces/${traceId}/logs`)).json().logs.length, 1)
  })

  test('gives a trace as OTLP JSON', async () => {
    await ingestOne()
    const { json, headers } = await ask(`/api/traces/${traceId}/otlp`)
    assert.equal(headers['content-disposition'], `attachment; filename="trace-${traceId}.json"`)
    const [web, db] = json().resourceSpans
    assert.deepEqual(web.resource, { attributes: [{ key: 'service.name', value: { stringValue: 'web' } }] })
    assert.deepEqual(web.scopeSpans[0].scope, { name: 'scope', version: '1' })
    assert.deepEqual(web.scopeSpans[0].spans, [
      {
        traceId,
        spanId: '000000000000000a',
        parentSpanId: '0000000000000000',
        name: 'GET /',
        kind: 2,
        startTimeUnixNano: '1700000000000000001',
        endTimeUnixNano: '1700000000000500001',
        attributes: [
          { key: 'http.response.status_code', value: { intValue: '500' } },
          { key: 'big', value: { intValue: '9223372036854775807' } },
          {
            key: 'list',
            value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }, { doubleValue: 'NaN' }] } },
          },
          { key: '__proto__', value: { kvlistValue: { values: [{ key: '__proto__', value: { boolValue: true } }] } } },
          { key: 'raw', value: { bytesValue: 'AQID' } },
          { key: 'nothing', value: {} },
        ],
        events: [{ timeUnixNano: '1700000000000100001', name: 'e' }],
        status: { message: 'broken', code: 2 },
      },
    ])
    assert.equal(db.scopeSpans[0].spans[0].links[0].spanId, '000000000000000a')
  })

  test('completes fields and values', async () => {
    await ingestOne()
    assert.deepEqual((await ask('/api/fields?prefix=s')).json().fields, [
      { field: 'service', count: 2 },
      { field: 'status', count: 2 },
      { field: 'span.id', count: 2 },
      { field: 'scope.name', count: 2 },
      { field: 'resource.service.name', count: 2 },
    ])
    assert.deepEqual((await ask('/api/values?field=big')).json(), {
      values: [{ value: '9223372036854775807', count: 1 }],
    })
    assert.deepEqual((await ask('/api/values?field=service&prefix=w')).json(), { values: [{ value: 'web', count: 1 }] })
    assert.deepEqual((await ask('/api/operations?service=db')).json(), {
      operations: [{ name: 'SELECT', kind: 3, spanCount: 1 }],
    })
  })

  const bad: [path: string, status: number, code: string, message: RegExp][] = [
    ['/api', 404, 'VIEWER_PATH', /"\/api\/": nothing is served/],
    ['/api/nothing', 404, 'VIEWER_PATH', /nothing is served/],
    ['/api/traces/a/b/c/d', 404, 'VIEWER_PATH', /nothing is served/],
    ['/api/traces/ff', 404, 'VIEWER_TRACE_UNKNOWN', /trace ff: no span of it was received/],
    [`/api/traces/${'f'.repeat(64)}`, 404, 'VIEWER_TRACE_UNKNOWN', /no span/],
    [`/api/traces/${'f'.repeat(65)}`, 400, 'VIEWER_PARAMETER', /expected hexadecimal/],
    ['/api/traces/xyz', 400, 'VIEWER_PARAMETER', /trace id "xyz": not understood; expected hexadecimal digits/],
    ['/api/traces/%ff', 400, 'VIEWER_PARAMETER', /percent-encoded UTF-8/],
    ['/api/traces/ff/spans/zz', 400, 'VIEWER_PARAMETER', /span id "zz"/],
    ['/api/traces/ff/spans/aa', 404, 'VIEWER_TRACE_UNKNOWN', /no span/],
    [`/api/traces/${traceId}/spans/ffffffffffffffff`, 404, 'VIEWER_SPAN_UNKNOWN', /not in trace/],
    ['/api/traces/ff/otlp', 404, 'VIEWER_TRACE_UNKNOWN', /no span/],
    ['/api/traces?q=duration%3E5', 400, 'STORE_QUERY_SYNTAX', /filter at 10: "5"/],
    ['/api/traces?limit=0', 400, 'VIEWER_PARAMETER', /limit="0": not understood; allowed are whole numbers from 1/],
    ['/api/traces?limit=1001', 400, 'VIEWER_PARAMETER', /limit="1001"/],
    ['/api/traces?from=now', 400, 'VIEWER_PARAMETER', /from="now".*nanoseconds since 1970/],
    ['/api/traces?minDuration=-1s', 400, 'VIEWER_PARAMETER', /expected a duration/],
    ['/api/traces?errors=maybe', 400, 'VIEWER_PARAMETER', /allowed are 1, true, 0, false/],
    ['/api/traces?after=zz', 400, 'STORE_CURSOR', /not one that this store has given out/],
    [`/api/traces?q=${'x'.repeat(4097)}`, 400, 'VIEWER_PARAMETER', /with 4097 characters/],
    [`/api/traces?${'a=1&'.repeat(65)}`, 400, 'VIEWER_PARAMETER', /65 query parameters/],
    [`/api/traces?q=${'x'.repeat(8200)}`, 414, 'VIEWER_URL_TOO_LONG', /at most 8192/],
    ['/api/values', 400, 'VIEWER_PARAMETER', /parameter field, which is missing/],
    ['/api/values?field=attribute.', 400, 'STORE_CONDITION', /no such field/],
    ['/api/operations', 400, 'VIEWER_PARAMETER', /service, which is missing/],
    ['/jaeger', 404, 'VIEWER_PATH', /nothing is served/],
    ['/nothing.js', 404, 'VIEWER_PATH', /nothing is served/],
    ['/..%2f..%2fpackage.json', 404, 'VIEWER_PATH', /nothing is served/],
    ['/../../package.json', 404, 'VIEWER_PATH', /nothing is served/],
    ['/', 503, 'VIEWER_PAGE_MISSING', /has no index.html/],
  ]
  test.each(bad)('GET %s is answered %d %s', async (path, status, code, message) => {
    await ingestOne()
    const answer = await ask(path)
    assert.equal(answer.status, status)
    assert.equal(answer.json().code, code)
    assert.match(answer.json().message, message)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  })

  test('marks the failing part of a filter', async () => {
    const body = (await ask('/api/traces?q=a%20duration%3E5')).json()
    assert.deepEqual([body.position, body.length], [11, 1])
  })

  test('says that a trace was evicted', async () => {
    const small = createMemoryStore({ maxByteCount: 4_000_000 })
    const other = await start({ store: small })
    for (let i = 0; (await small.stats()).evictedSpanCount === 0; i++) {
      const id = (i + 1).toString(16).padStart(32, '0')
      await small.ingest(recordsBatch('traces', [spansOfService('s', [spanRecord({ traceId: id })])]))
    }
    const answer = await ask(`/api/traces/${'1'.padStart(32, '0')}`, { url: other.url })
    assert.equal(answer.status, 404)
    assert.equal(answer.json().code, 'VIEWER_TRACE_EVICTED')
    await other.shutdown(0)
  })
})

describe('the server', () => {
  test('binds both loopback families for localhost, on one port', async () => {
    const other = await start({ endpoint: 'localhost:0' })
    const port = new URL(other.url).port
    assert.ok(other.addresses.includes(`127.0.0.1:${port}`))
    for (const address of other.addresses) {
      const answer = await ask('/api/services', { url: `http://${address}` })
      assert.equal(answer.status, 200)
    }
    await other.shutdown(0)
  })

  test.each(['', 'localhost', 'localhost:99999', 'http://localhost:1', 'a b:1'])(
    'refuses the endpoint %o',
    async (endpoint) => {
      await assert.rejects(start({ endpoint }), { code: 'VIEWER_ENDPOINT' })
    },
  )

  test('says which address is taken', async () => {
    const endpoint = new URL(server.url).host
    await assert.rejects(start({ endpoint }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'VIEWER_LISTEN')
      assert.match(error.message, /cannot be listened on .*EADDRINUSE.*; choose another port; not started/)
      return true
    })
  })

  test.each([
    ['localhost', 200],
    ['LOCALHOST:4319', 200],
    ['127.0.0.1:1', 200],
    ['[::1]:4319', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['localhost:80@evil.example', 403],
    ['a b', 403],
    ['[::1', 403],
  ])('answers the Host %o with %d', async (host, status) => {
    const answer = await ask('/api/services', { headers: { Host: host } })
    assert.equal(answer.status, status)
    if (status === 403) assert.equal(answer.json().code, 'VIEWER_HOST')
  })

  test('answers a configured host', async () => {
    const other = await start({ allowedHosts: ['Viewer.Test'] })
    assert.equal((await ask('/api/stats', { url: other.url, headers: { Host: 'viewer.test:8' } })).status, 200)
    await other.shutdown(0)
  })

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
    const answer = await ask('/api/stats', { method, headers: { Origin: 'http://evil.example' } })
    assert.equal(answer.status, 405)
    assert.equal(answer.headers.allow, 'GET, HEAD')
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
    assert.equal(answer.json().code, 'VIEWER_METHOD')
  })

  test('answers HEAD as GET, without a body', async () => {
    const answer = await ask('/api/services', { method: 'HEAD' })
    assert.deepEqual([answer.status, answer.headers['content-length'], answer.text], [200, '15', ''])
  })

  test('lets only configured origins read', async () => {
    const other = await start({ allowedOrigins: ['http://localhost:5173'] })
    const origin = async (value: string) =>
      (await ask('/api/stats', { url: other.url, headers: { Origin: value } })).headers['access-control-allow-origin']
    assert.equal(await origin('http://localhost:5173'), 'http://localhost:5173')
    assert.equal(await origin('http://localhost:5174'), undefined)
    await other.shutdown(0)
  })

  test('answers others after a request that fails inside', async () => {
    const broken = {
      ...createMemoryStore(),
      watch: () => () => {},
      services: () => Promise.reject(new Error('secret')),
    }
    const heard: string[] = []
    const other = await start({
      store: broken as unknown as Store,
      onInternalError: (error, url) => heard.push(`${url} ${(error as Error).message}`),
    })
    const answer = await ask('/api/services', { url: other.url })
    assert.equal(answer.status, 500)
    assert.equal(answer.json().code, 'VIEWER_INTERNAL')
    assert.doesNotMatch(answer.text, /secret/)
    assert.deepEqual(heard, ['/api/services secret'])
    assert.equal((await ask('/api/nothing', { url: other.url })).status, 404)
    await other.shutdown(0)
  })

  test('drops connections that do not speak HTTP, and serves on', async () => {
    const port = Number(new URL(server.url).port)
    for (const bytes of ['\x16\x03\x01\x02\x00', 'GET / HTTP/9.9\r\n\r\n', '\r\n\r\n\r\n', 'GET  \r\nHost\r\n\r\n']) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
        socket.on('error', () => {})
        socket.on('close', () => resolve())
        socket.resume()
      })
    }
    assert.equal((await ask('/api/stats')).status, 200)
  })
})

describe('the page', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'assets'))
    writeFileSync(join(folder, 'index.html'), '<!doctype html>first')
    writeFileSync(join(folder, 'assets/main-cI89j6Dl7y.js'), 'plain')
    writeFileSync(join(folder, 'assets/main-cI89j6Dl7y.js.br'), 'brotli')
    writeFileSync(join(folder, 'assets/main-cI89j6Dl7y.js.gz'), 'gzip')
    writeFileSync(join(folder, 'icon.svg'), '<svg/>')
    writeFileSync(join(folder, 'secret.key'), 'no media type, not served')
  })

  test('is served at every path that has no extension, checked again each time', async () => {
    for (const path of ['/', '/traces', '/traces/ab?x=1']) {
      const answer = await ask(path)
      assert.equal(answer.text, '<!doctype html>first')
      assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
      assert.equal(answer.headers['cache-control'], 'no-cache')
      const policy = String(answer.headers['content-security-policy'])
      assert.match(policy, /default-src 'none'; script-src 'self';/)
      assert.match(policy, /frame-ancestors 'none'/)
      assert.doesNotMatch(policy, /unsafe/)
      assert.equal(answer.headers['x-frame-options'], 'DENY')
    }
    const { etag } = (await ask('/')).headers
    assert.equal((await ask('/', { headers: { 'If-None-Match': `"x", W/${etag}` } })).status, 304)
    assert.equal((await ask('/', { headers: { 'If-None-Match': '"x"' } })).status, 200)
  })

  test('has hashed files kept for good, in the best coding that is accepted', async () => {
    const path = '/assets/main-cI89j6Dl7y.js'
    const get = async (accepted?: string) => ask(path, { headers: accepted ? { 'Accept-Encoding': accepted } : {} })
    const plain = await get()
    assert.deepEqual([plain.text, plain.headers['content-encoding']], ['plain', undefined])
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
    assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8')
    assert.equal((await get('gzip, deflate, br')).text, 'brotli')
    assert.equal((await get('gzip')).text, 'gzip')
    assert.equal((await get('br;q=0, gzip;q=0.5')).text, 'gzip')
    assert.equal((await get('br;q=0')).text, 'plain')
    assert.equal((await ask('/icon.svg')).headers['cache-control'], 'no-cache')
  })

  test('is read again after a build', async () => {
    await ask('/')
    writeFileSync(join(folder, 'index.html'), '<!doctype html>second')
    utimesSync(join(folder, 'index.html'), 4_000_000_000, 4_000_000_000)
    assert.equal((await ask('/')).text, '<!doctype html>second')
  })

  test('does not serve files of unknown kinds or outside its folder', async () => {
    for (const path of ['/secret.key', '/../secret.key', '/assets/../../x.js', '/assets/main-cI89j6Dl7y.js.br']) {
      assert.equal((await ask(path)).status, 404)
    }
  })
})

describe('the live stream', () => {
  function openStream(url: string, headers: Record<string, string> = {}) {
    let text = ''
    let wake = () => {}
    const { hostname, port } = new URL(url)
    const sent = request({ host: hostname, port, path: '/api/live', headers, agent: false }, (response) => {
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        wake()
      })
      response.on('error', () => {})
    })
    sent.on('error', () => {})
    sent.end()
    return {
      close: () => sent.destroy(),
      async until(part: string): Promise<string> {
        while (!text.includes(part)) await new Promise<void>((resolve) => (wake = resolve))
        return text
      },
    }
  }

  const ingestSpan = (spanId: string) =>
    store.ingest(recordsBatch('traces', [spansOfService('s', [spanRecord({ spanId })])]))

  test('tells of changes, resumes after an id, and resets when it cannot', async () => {
    const clock = fakeClock()
    await server.shutdown(0)
    store = createMemoryStore({ clock })
    server = await start({ clock })
    const stream = openStream(server.url)
    await stream.until('retry: 1000')
    await ingestSpan('0000000000000001')
    await clock.advance(100)
    assert.match(
      await stream.until('id: 1\n'),
      new RegExp(
        `id: 1\ndata: {"sequence":1,"traceIds":\\["${traceId}"\\],"spanCount":1,"logCount":0,"metricPointCount":0}\n\n`,
      ),
    )
    await ingestSpan('0000000000000002')
    await clock.advance(100)
    await stream.until('id: 2\n')
    stream.close()

    const resumed = openStream(server.url, { 'Last-Event-ID': '1' })
    assert.doesNotMatch(await resumed.until('id: 2\n'), /id: 1\n|reset/)
    resumed.close()
    for (const id of ['7', 'x', '99999999999999999999']) {
      const reset = openStream(server.url, { 'Last-Event-ID': id })
      assert.match(await reset.until('data:'), /event: reset\nid: 2\ndata: {"sequence":2,/)
      reset.close()
    }
  })

  test('beats while nothing happens', async () => {
    const clock = fakeClock()
    await server.shutdown(0)
    server = await start({ clock })
    const stream = openStream(server.url)
    await stream.until('retry')
    await clock.advance(15_000)
    await stream.until(': still here')
    stream.close()
  })

  test('forgets old events, and then resets who asks for them', async () => {
    const clock = fakeClock()
    await server.shutdown(0)
    store = createMemoryStore({ clock })
    server = await start({ clock })
    for (let i = 1; i <= 258; i++) {
      await ingestSpan(i.toString(16).padStart(16, '0'))
      await clock.advance(100)
    }
    const late = openStream(server.url, { 'Last-Event-ID': '1' })
    assert.match(await late.until('data:'), /event: reset\nid: 258/)
    late.close()
    const held = openStream(server.url, { 'Last-Event-ID': '2' })
    assert.doesNotMatch(await held.until('id: 258\n'), /reset/)
    held.close()
  })

  test('refuses the 65th reader', async () => {
    const streams = []
    for (let i = 0; i < 64; i++) {
      const stream = openStream(server.url)
      await stream.until('retry')
      streams.push(stream)
    }
    const answer = await ask('/api/live')
    assert.equal(answer.status, 503)
    assert.equal(answer.json().code, 'VIEWER_BUSY')
    for (const stream of streams) stream.close()
  })
})
