// SPDX-License-Identifier: Apache-2.0
// npm's instrumentations, unmodified, on our SDK: the same spans as on npm's own.
import { beforeAll, describe, expect, test } from 'vitest'
import { loadings, peerFolder, runApplication, type SeenSpan, treeOf } from './application.ts'

const expectedTree = {
  good: [
    'internal good job',
    '  client GET',
    '    server GET /users/:id',
    '      internal request handler',
    '        internal load user',
    '          client GET',
    '            server GET /leaf',
    '              internal request handler',
  ],
  bad: [
    'internal bad job status 2',
    '  client GET status 2',
    '    server GET /broken status 2',
    '      internal request handler status 2',
    '  client GET status 2',
  ],
}

// What differs between two runs: ports, and stack traces.
const varying = /^(server\.port|network\.peer\.port|client\.port|url\.full|exception\.stacktrace)$/

function comparable(spans: readonly SeenSpan[]): unknown[] {
  const nameOf = new Map(spans.map((span) => [span.spanId, span.name]))
  return spans
    .map((span) => ({
      name: span.name,
      kind: span.kind,
      scope: span.scope,
      parent: nameOf.get(span.parentSpanId),
      status: span.status,
      attributes: Object.keys(span.attributes)
        .sort()
        .map((key) => [key, varying.test(key) ? typeof span.attributes[key] : span.attributes[key]]),
      events: span.events.map(({ name, attributes }) => [name, Object.keys(attributes).sort()]),
    }))
    .map((span) => JSON.stringify(span).replaceAll(/127\.0\.0\.1:\d{4,5}/g, '127.0.0.1:PORT'))
    .sort()
}

describe.skipIf(peerFolder === undefined).each(Object.entries(loadings))('%s', (_loading, args) => {
  describe.each(['node-sdk', 'register'] as const)('%s', (setup) => {
    let run: Awaited<ReturnType<typeof runApplication>>
    beforeAll(async () => {
      run = await runApplication(setup, args)
    })

    test('one linked trace from client to server for each piece of work, with kinds and status', () => {
      const traceIds = [...new Set(run.spans.map(({ traceId }) => traceId))]
      const trees = traceIds.map((id) => treeOf(run.spans.filter(({ traceId }) => traceId === id)))
      expect(trees, run.stderr).toEqual([expectedTree.good, expectedTree.bad])
    })

    test('no span of what the exporter sends itself', () => {
      expect(run.requestCount).toBeGreaterThan(1)
      const ports = run.spans.map(({ attributes }) => Number(attributes['server.port'] ?? 0))
      expect(ports).not.toContain(run.collectorPort)
    })

    test('times, flags and remote parents are on the wire', () => {
      for (const span of run.spans) {
        expect(span.isTimed, span.name).toBe(true)
        // Sampled, random, and "is remote" known; remote is the parent of a server span only.
        expect([span.name, span.flags]).toEqual([span.name, span.kind === 2 ? 0x303 : 0x103])
      }
    })

    test('names, attributes, events and status are those on the SDK of npm', async () => {
      const theirs = await runApplication('npm', args)
      expect(comparable(run.spans)).toEqual(comparable(theirs.spans))
    })
  })
})
