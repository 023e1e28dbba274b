// SPDX-License-Identifier: Apache-2.0
// The main job on real input: three Express services with npm's instrumentations on our SDK, through our receiver and store,
// onto the page in a real browser.
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RunningCommand, startCommand } from '@otel-ts/testkit'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, openPage, startBrowser } from '../viewer/harness.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

interface JaegerTrace {
  traceID: string
  spans: {
    spanID: string
    operationName: string
    processID: string
    references: { spanID: string }[]
    tags: { key: string; value: unknown }[]
  }[]
  processes: Record<string, { serviceName: string }>
}

let demo: RunningCommand
let browser: Browser
let page: Page
let problems: string[]
let viewerUrl: string
let shopUrl: string

beforeAll(async () => {
  const [viewerPort, otlpPort, grpcPort] = await freePorts(3)
  demo = startCommand(
    process.execPath,
    [
      join(root, 'tools/demo.mjs'),
      '--port',
      String(viewerPort),
      '--otlp-port',
      String(otlpPort),
      '--grpc-port',
      String(grpcPort),
    ],
    { cwd: root },
  )
  shopUrl = (await demo.waitFor(/shop: (http:\S+),/))[1]!
  viewerUrl = `http://localhost:${viewerPort}`
  browser = await startBrowser()
  ;({ page, problems } = await openPage(browser))
}, 180_000)

afterAll(async () => {
  await browser?.close()
  const exit = await demo?.stop()
  expect(exit, demo?.output()).toEqual({ code: 0, signal: null })
})

describe('the demo', () => {
  test('shows the three services and their traces on the page', async () => {
    await page.goto(viewerUrl)
    await page.locator('.trace-row').first().waitFor()
    for (const service of ['frontend', 'checkout', 'inventory']) {
      await expect.poll(() => page.locator('body').textContent(), { timeout: 20_000 }).toContain(service)
    }
    expect(problems).toEqual([])
  })

  test('makes one tree of an order across three services', async () => {
    const answer = await fetch(`${shopUrl}/checkout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customer: 4242, items: ['anvil'] }),
    })
    expect(answer.status).toBe(201)
    const trace = await findTrace(
      { service: 'checkout', tags: JSON.stringify({ 'shop.customer.id': '4242' }) },
      (found) => found.spans.length >= 6 && rootsOf(found).length === 1,
    )
    const services = new Set(trace.spans.map((span) => trace.processes[span.processID]!.serviceName))
    expect([...services].sort()).toEqual(['checkout', 'frontend', 'inventory'])
    expect(rootsOf(trace).map((span) => span.operationName)).toEqual(['POST /checkout'])
    const names = trace.spans.map((span) => span.operationName)
    expect(names).toEqual(
      expect.arrayContaining(['POST /checkout', 'POST /orders', 'charge card', 'GET /stock/:item', 'SELECT stock']),
    )
  })

  test('shows a trace that comes in while the page is open', async () => {
    await page.goto(`${viewerUrl}/?q=${encodeURIComponent('shop.customer.id=777777')}`)
    await page
      .getByText(/no traces|hides|nothing|match/i)
      .first()
      .waitFor()
    const sent = performance.now()
    await fetch(`${shopUrl}/checkout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customer: 777777, items: ['anvil'] }),
    })
    await page.locator('.trace-row').first().waitFor({ timeout: 15_000 })
    console.log(
      `on the page ${Math.round(performance.now() - sent)} ms after the request, of which up to 500 ms wait in the SDK's batch`,
    )
  })

  test('shows why a declined card failed: the error span, its exception and its attributes', async () => {
    const answer = await fetch(`${shopUrl}/checkout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customer: 13 * 1009, items: ['anvil'] }),
    })
    expect(answer.status).toBe(500)
    const trace = await findTrace(
      { service: 'checkout', tags: JSON.stringify({ 'shop.customer.id': String(13 * 1009) }) },
      (found) => found.spans.some((span) => span.operationName === 'charge card'),
    )
    const failed = trace.spans.find((span) => span.operationName === 'charge card')!
    await page.goto(`${viewerUrl}/traces/${trace.traceID}?span=${failed.spanID}`)
    await page.getByText('RangeError').first().waitFor()
    const text = await page.locator('body').textContent()
    expect(text).toContain('card of customer 13117 was declined')
    expect(text).toContain('shop.amount')
    expect(problems).toEqual([])
  })
})

function rootsOf(trace: JaegerTrace): JaegerTrace['spans'] {
  return trace.spans.filter((span) => span.references.length === 0)
}

// Spans of several services arrive in several batches: asks until the trace is as whole as `enough` wants it.
async function findTrace(query: Record<string, string>, enough: (trace: JaegerTrace) => boolean): Promise<JaegerTrace> {
  const url = `${viewerUrl}/jaeger/api/traces?${new URLSearchParams({ limit: '5', ...query })}`
  let found: JaegerTrace | undefined
  await expect
    .poll(
      async () => {
        const { data } = (await (await fetch(url)).json()) as { data: JaegerTrace[] }
        found = data.find(enough)
        return found !== undefined
      },
      { timeout: 15_000, interval: 100 },
    )
    .toBe(true)
  return found!
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
