// SPDX-License-Identifier: Apache-2.0
// What a person waits for, wall clock, in Debian's Chromium against the real server and store: a 10,000-span trace opened
// cold, a filter over 100,000 spans answered over HTTP, and a trace from its ingest to its row in the open list.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchFromRecords } from '@otel-ts/otlp'
import { createMemoryStore } from '@otel-ts/store'
import { largeSampleTrace, sampleTelemetry } from '@otel-ts/testkit'
import { createViewerServer } from '@otel-ts/viewer'
import { chromium } from 'playwright-core'

const spanTarget = 100_000
const largeSpanCount = 10_000
const filter = 'http.response.status_code>=500 duration>100ms'
const browserPaths = [process.env.CHROMIUM_PATH, '/usr/bin/chromium-headless-shell', '/usr/bin/chromium']

export async function setUp({ work }) {
  const store = createMemoryStore({ maxByteCount: 1024 * 1024 * 1024 })
  let spanCount = 0
  for (let seed = 1; work === 'filter-100k' ? spanCount < spanTarget : seed < 4; seed++) {
    const sample = sampleTelemetry({ seed, traceCount: 78, lastStartUnixNano: now() - BigInt(seed) * 60_000_000_000n })
    spanCount += sample.spanCount
    await store.ingest(batchFromRecords('traces', sample.traces))
  }
  const server = await createViewerServer({ store, endpoint: '127.0.0.1:0' })
  if (work === 'filter-100k') return filterArm(server, spanCount)
  const browser = await startBrowser()
  return work === 'open-10k' ? openArm(store, server, browser) : liveArm(store, server, browser)
}

function filterArm(server, spanCount) {
  const url = `${server.url}/api/traces?limit=100&q=${encodeURIComponent(filter)}`
  return {
    async check() {
      const { traces, stats } = await (await fetch(url)).json()
      assert.ok(stats.spanCount >= spanTarget && stats.spanCount === spanCount)
      assert.ok(traces.length > 0)
    },
    async measure() {
      const started = performance.now()
      await (await fetch(url)).text()
      return performance.now() - started
    },
  }
}

async function openArm(store, server, browser) {
  const large = largeSampleTrace({ seed: 2, spanCount: largeSpanCount, lastStartUnixNano: now() - 60_000_000_000n })
  await store.ingest(batchFromRecords('traces', large.traces))
  const { traceId } = large.traces[0].scopeSpans[0].spans[0]
  const open = async () => {
    const page = await browser.newPage()
    const started = performance.now()
    await page.goto(`${server.url}/traces/${traceId}`)
    await page.getByRole('treegrid').getByRole('row').nth(5).waitFor({ state: 'attached' })
    const took = performance.now() - started
    const text = await page.locator('body').textContent()
    await page.close()
    return { took, text }
  }
  return {
    async check() {
      assert.match((await open()).text, /10,000/)
    },
    measure: async () => (await open()).took,
  }
}

async function liveArm(store, server, browser) {
  const page = await browser.newPage()
  await page.goto(server.url)
  await page.locator('.trace-row').first().waitFor()
  let seed = 1000
  const arrive = async () => {
    const name = `GET /live/${seed}`
    const sample = sampleTelemetry({ seed: seed++, traceCount: 1, lastStartUnixNano: now() })
    const spans = sample.traces.flatMap((group) => group.scopeSpans.flatMap((scope) => scope.spans))
    spans.find((span) => span.parentSpanId === '').name = name
    const started = performance.now()
    await store.ingest(batchFromRecords('traces', sample.traces))
    await page.getByText(name).first().waitFor()
    return performance.now() - started
  }
  return { check: arrive, measure: arrive }
}

async function startBrowser() {
  const executablePath = browserPaths.find((path) => path !== undefined && existsSync(path))
  if (executablePath === undefined)
    throw new Error('no Chromium found; on Debian: apt-get install chromium-headless-shell')
  const profile = mkdtempSync(join(tmpdir(), 'otel-ts-bench-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    viewport: { width: 1400, height: 900 },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  process.on('exit', () => rmSync(profile, { recursive: true, force: true }))
  return context
}

function now() {
  return BigInt(Date.now()) * 1_000_000n
}
