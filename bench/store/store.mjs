// SPDX-License-Identifier: Apache-2.0
// Arms of the memory store over 100,000 spans of the sample shop, sent as requests of about 500 spans each: what an
// ingest costs, what a span takes, how long filters and the opening of a 10,000-span trace take.
import assert from 'node:assert/strict'
import { batchFromBytes, batchFromRecords } from '@otel-ts/otlp'
import { createMemoryStore, parseFilter } from '@otel-ts/store'
import { largeSampleTrace, sampleTelemetry } from '@otel-ts/testkit'

const spanTarget = 100_000
const filters = {
  service: 'service=payment',
  name: '"/api/products" kind=server',
  attribute: 'user.id=7 !error',
  'status-code': 'http.response.status_code>=500 duration>100ms',
  // Nothing stops the walk early: every span is looked at.
  'nothing-found': 'http.route~nowhere',
}

export async function setUp({ work }) {
  const { batches, spanCount } = makeBatches()
  if (work === 'ingest') return ingestArm(batches, spanCount)
  globalThis.gc()
  const before = heldBytes()
  const store = await filled(batches)
  if (work === 'bytes' || work === 'heap') return bytesArm(store, spanCount, before, work, batches)
  return queryArm(store, work)
}

function makeBatches() {
  const batches = []
  let spanCount = 0
  for (let seed = 1; spanCount < spanTarget; seed++) {
    const lastStartUnixNano = 1_767_225_600_000_000_000n + BigInt(seed) * 60_000_000_000n
    const sample = sampleTelemetry({ seed, traceCount: 78, lastStartUnixNano })
    spanCount += sample.spanCount
    // As a receiver makes them: from bytes, index built.
    batches.push(batchFromBytes('traces', batchFromRecords('traces', sample.traces).chunks()[0]))
  }
  return { batches, spanCount }
}

async function filled(batches) {
  const store = createMemoryStore({ maxByteCount: 1024 * 1024 * 1024 })
  for (const batch of batches) await store.ingest(batch)
  return store
}

function heldBytes() {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function ingestArm(batches, spanCount) {
  return {
    async check() {
      assert.equal((await (await filled(batches)).stats()).spanCount, spanCount)
    },
    async measure() {
      const before = process.cpuUsage()
      await filled(batches)
      const { user, system } = process.cpuUsage(before)
      return ((user + system) * 1000) / spanCount
    },
  }
}

function bytesArm(store, spanCount, before, work, batches) {
  return {
    async check() {
      assert.equal((await store.stats()).spanCount, spanCount)
    },
    async measure() {
      globalThis.gc()
      // The requests were there before the store was filled; held here, they are not counted as memory given back.
      assert.ok(batches.length > 0)
      const bytes = work === 'bytes' ? (await store.stats()).byteCount : heldBytes() - before
      return bytes / spanCount
    },
  }
}

async function queryArm(store, work) {
  if (work === 'open-10k') {
    const large = largeSampleTrace({ spanCount: 10_000 })
    await store.ingest(batchFromRecords('traces', large.traces))
    return timed(async () => {
      const { spans } = await store.trace(large.traceIds[0])
      assert.equal(spans.length, 10_000)
    })
  }
  const filter = work.slice('filter-'.length)
  const conditions = parseFilter(filters[filter])
  return timed(async () => {
    const page = await store.traces({ conditions })
    assert.equal(page.matchCount > 0, filter !== 'nothing-found')
  })
}

function timed(run) {
  return {
    check: run,
    async measure() {
      const start = performance.now()
      await run()
      return performance.now() - start
    },
  }
}
