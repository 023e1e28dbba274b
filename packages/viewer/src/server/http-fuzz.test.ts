// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { createMemoryStore } from '@otel-ts/store'
import { fuzzRounds, recordsBatch, sampleTelemetry } from '@otel-ts/testkit'
import fc from 'fast-check'
import { test } from 'vitest'
import { createViewerServer } from './viewer-server.ts'

test('survives any path and query', async () => {
  const store = createMemoryStore()
  const sample = sampleTelemetry({ traceCount: 5 })
  await store.ingest(recordsBatch('traces', sample.traces))
  const { traceId } = (await store.traces({ conditions: [] })).traces[0]!
  const failures: unknown[] = []
  const server = await createViewerServer({
    store,
    endpoint: '127.0.0.1:0',
    onInternalError: (error) => failures.push(error),
  })
  const ask = (target: string) => get(server.url, target)
  const piece = fc.constantFrom(
    '/api',
    '/jaeger/api',
    '/traces',
    '/services',
    '/operations',
    '/fields',
    '/values',
    `/${traceId}`,
    '/spans',
    '/otlp',
    '/%2e%2e',
    '/%',
    '/',
    '?',
    '&',
    'q=',
    'service=',
    'tags=',
    '{"a":"b"}',
    'limit=9',
    'field=',
    'prefix=',
    'duration>1s',
    '%22',
    '=',
    '%00',
    '__proto__',
    'start=1',
    'lookback=1h',
    'tag=a:b',
  )
  const path = fc.array(fc.oneof({ weight: 5, arbitrary: piece }, { weight: 1, arbitrary: fc.webSegment() }), {
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(path, async (pieces) => {
      const target = `/${pieces.join('').replace(/^\/+/, '')}`.replaceAll(/["{}<>]/g, encodeURIComponent)
      const answer = await ask(target)
      assert.ok([200, 400, 404, 414, 503].includes(answer.status), `${target}: ${answer.status} ${answer.text}`)
      if (answer.status !== 200 || answer.text.startsWith('{')) JSON.parse(answer.text)
    }),
    { numRuns: fuzzRounds(1500), seed: 20_261_120 },
  )
  assert.equal((await ask('/api/stats')).status, 200)
  assert.deepEqual(failures, [])
  await server.shutdown(0)
  await store.close()
})

function get(url: string, target: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path: target }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
