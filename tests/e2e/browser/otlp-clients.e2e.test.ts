// SPDX-License-Identifier: Apache-2.0
// The clients for pages in a real browser, against our own server on another origin.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Batch, decodeTraces, encodeTraces } from '@otel-ts/otlp'
import { createOtlpHttpServer, type OtlpServer } from '@otel-ts/otlp/server'
import { spanRecord, spansOfService } from '@otel-ts/testkit'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, openPage, startBrowser } from '../viewer/harness.ts'

const entry = fileURLToPath(new URL('../../../packages/otlp/src/client/browser.ts', import.meta.url))

let browser: Browser
let otlp: OtlpServer
let pageUrl = ''
let otlpUrl = ''
const received: Batch[] = []
const waiting: (() => void)[] = []
const pages = createServer()

beforeAll(async () => {
  const bundle = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'otlp',
    platform: 'browser',
    conditions: ['otel-src'],
  })
  const html = `<!doctype html><meta charset="utf-8"><title>shop</title><script>${bundle.outputFiles[0]!.text}</script>`
  pages.on('request', (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' })
    response.end(html)
  })
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
  pageUrl = `${origin}/`
  otlp = await createOtlpHttpServer({
    endpoint: '127.0.0.1:0',
    cors: {
      allowedOrigins: [origin],
      allowedHeaders: ['content-encoding', 'x-tenant'],
      exposedHeaders: ['retry-after'],
    },
    handler: async (batch) => {
      received.push(batch)
      for (const wake of waiting.splice(0)) wake()
      return batch.signal === 'traces' ? undefined : { rejectedCount: 1n, message: 'only traces today' }
    },
  })
  otlpUrl = `http://${otlp.addresses[0]}`
  browser = await startBrowser()
})

afterAll(async () => {
  await browser?.close()
  await otlp?.shutdown(0)
  pages.close()
  pages.closeAllConnections()
})

function spans(name: string, count = 1): number[] {
  const records = Array.from({ length: count }, (_, n) =>
    spanRecord({
      traceId: 'a'.repeat(32),
      spanId: (n + 1).toString(16).padStart(16, '0'),
      name,
      startTimeUnixNano: 1n,
      endTimeUnixNano: 2n,
    }),
  )
  return [...encodeTraces([spansOfService('shop', records)])]
}

interface PageGlobals {
  readonly otlp: typeof import('../../../packages/otlp/src/client/browser.ts')
}

async function batch(number: number): Promise<Batch> {
  while (received.length <= number) await new Promise<void>((resolve) => waiting.push(resolve))
  return received[number]!
}

function namesOf(sent: Batch): string[] {
  const [chunk] = sent.chunks()
  const names: string[] = []
  for (const resource of decodeTraces(chunk!)) {
    for (const scope of resource.scopeSpans) for (const span of scope.spans) names.push(span.name)
  }
  return names
}

test('a page sends by fetch, plain and compressed, with headers of its own, and reads what is answered', async () => {
  received.length = 0
  const { page, problems } = await openPage(browser)
  await page.goto(pageUrl)
  const outcomes = await page.evaluate(
    async ({ otlpUrl, plain, compressed }) => {
      const { otlp } = globalThis as unknown as PageGlobals
      const send = (
        url: string,
        bytes: number[],
        options: object,
        signal: 'traces' | 'logs' = 'traces',
      ): Promise<object> => {
        const client = otlp.createOtlpFetchClient({ url, ...options })
        return client.send({ signal, chunks: [Uint8Array.from(bytes)], itemCount: 1 })
      }
      const text = (value: object): string =>
        JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? String(part) : part))
      return [
        text(await send(`${otlpUrl}/v1/traces`, plain, { headers: { 'x-tenant': '7' } })),
        text(await send(`${otlpUrl}/v1/traces`, compressed, { compression: 'gzip' })),
        text(await send(`${otlpUrl}/v1/logs`, [10, 6, 18, 4, 18, 2, 16, 1], {}, 'logs')),
        text(await send(`${otlpUrl}/v1/traces`, [255], {})),
      ]
    },
    { otlpUrl, plain: spans('plain'), compressed: spans('compressed', 500) },
  )
  expect(JSON.parse(outcomes[0]!)).toEqual({ result: 'accepted' })
  expect(JSON.parse(outcomes[1]!)).toEqual({ result: 'accepted' })
  expect(JSON.parse(outcomes[2]!)).toEqual({
    result: 'accepted',
    partialSuccess: { rejectedCount: '1', message: 'only traces today' },
  })
  expect(JSON.parse(outcomes[3]!)).toMatchObject({ result: 'failed', retryable: false, httpStatus: 400, grpcStatus: 3 })
  expect(namesOf(received[0]!)).toEqual(['plain'])
  expect(namesOf(received[1]!)).toEqual(new Array(500).fill('compressed'))
  // The browser itself writes the 400 to the console.
  expect(problems.filter((problem) => !problem.includes('400 (Bad Request)'))).toEqual([])
  await page.close()
})

test('a header that the receiver does not allow fails as a connection that may be repeated, naming CORS', async () => {
  const { page } = await openPage(browser)
  await page.goto(pageUrl)
  const outcome = await page.evaluate(async (otlpUrl) => {
    const { otlp } = globalThis as unknown as PageGlobals
    const client = otlp.createOtlpFetchClient({ url: `${otlpUrl}/v1/traces`, headers: { 'x-other': '1' } })
    const sent = await client.send({ signal: 'traces', chunks: [], itemCount: 1 })
    return sent.result === 'failed' ? [sent.error.code, sent.retryable, sent.error.message] : []
  }, otlpUrl)
  expect(outcome).toEqual(['OTLP_CONNECTION', true, expect.stringContaining('(CORS)')])
  await page.close()
})

test('a page that is left sends its last spans by beacon', async () => {
  received.length = 0
  const { page, problems } = await openPage(browser)
  await page.goto(pageUrl)
  await page.evaluate(
    ({ otlpUrl, bytes }) => {
      const { otlp } = globalThis as unknown as PageGlobals
      const client = otlp.createOtlpBeaconClient({ url: `${otlpUrl}/v1/traces` })
      const page = globalThis as unknown as { addEventListener(type: 'pagehide', listener: () => void): void }
      page.addEventListener('pagehide', () => {
        void client.send({ signal: 'traces', chunks: [Uint8Array.from(bytes)], itemCount: 1 })
      })
    },
    { otlpUrl, bytes: spans('last words') },
  )
  await page.goto('about:blank')
  expect(namesOf(await batch(0))).toEqual(['last words'])
  expect(problems).toEqual([])
  await page.close()
})

test('a beacon above 64 KiB is refused by us, and beacons that fill the room by the browser', async () => {
  received.length = 0
  const { page } = await openPage(browser)
  await page.goto(pageUrl)
  const codes = await page.evaluate(async (otlpUrl) => {
    const { otlp } = globalThis as unknown as PageGlobals
    const client = otlp.createOtlpBeaconClient({ url: `${otlpUrl}/v1/traces` })
    const outcomes: string[] = []
    for (const size of [65_537, 40_000, 40_000]) {
      const sent = await client.send({ signal: 'traces', chunks: [new Uint8Array(size)], itemCount: 1 })
      outcomes.push(sent.result === 'failed' ? `${sent.error.code} ${sent.retryable}` : sent.result)
    }
    return outcomes
  }, otlpUrl)
  expect(codes).toEqual(['OTLP_TOO_LARGE false', 'accepted', 'OTLP_UNAVAILABLE true'])
  await page.close()
})
