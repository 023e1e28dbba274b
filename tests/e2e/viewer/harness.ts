// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LogRecord, ResourceLogs, ResourceSpans, Span } from '@otel-ts/otlp'
import { createMemoryStore, type Store } from '@otel-ts/store'
import { logsOfService, recordsBatch, type SampleTelemetry, spanRecord, spansOfService } from '@otel-ts/testkit'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { createViewerServer, type ViewerServer } from '../../../packages/viewer/src/index.ts'

const assets = fileURLToPath(new URL('../../../packages/viewer/dist/web', import.meta.url))

/** A real viewer server over a real store, in this process. */
export interface RunningViewer {
  readonly store: Store
  readonly url: string
  /** Stops the server and starts it again on the same port, with what the store holds by then. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export async function startViewer(options: { maxByteCount?: number } = {}): Promise<RunningViewer> {
  const store = createMemoryStore(options)
  const listen = (endpoint: string): Promise<ViewerServer> =>
    createViewerServer({ store, endpoint, assets, otlpHttpEndpoint: 'http://localhost:4318', version: '1.2.3' })
  let server: ViewerServer | undefined = await listen('127.0.0.1:0')
  const { url } = server
  const stop = async (): Promise<void> => {
    await server?.shutdown(0)
    server = undefined
  }
  return {
    store,
    url,
    stop,
    async start() {
      server = await listen(new URL(url).host)
    },
    async close() {
      await stop()
      await store.close()
    },
  }
}

export async function ingest(store: Store, sample: SampleTelemetry): Promise<void> {
  await store.ingest(recordsBatch('traces', sample.traces))
  await store.ingest(recordsBatch('logs', sample.logs))
}

export async function ingestSpans(store: Store, ...spans: ResourceSpans[]): Promise<void> {
  await store.ingest(recordsBatch('traces', spans))
}

export async function ingestLogs(store: Store, ...logs: ResourceLogs[]): Promise<void> {
  await store.ingest(recordsBatch('logs', logs))
}

/** A trace of one span, `index` seconds before a fixed noon; its id ends in the index. */
export function oneSpanTrace(index: number, service: string, name: string, fields: Partial<Span> = {}): ResourceSpans {
  const start = noonUnixNano - BigInt(index) * 1_000_000_000n
  return spansOfService(service, [
    spanRecord({
      traceId: traceIdOf(index),
      spanId: index.toString(16).padStart(16, '1'),
      name,
      kind: 2,
      startTimeUnixNano: start,
      endTimeUnixNano: start + 5_000_000n,
      ...fields,
    }),
  ])
}

export function logsOf(service: string, records: LogRecord[]): ResourceLogs {
  return logsOfService(service, records)
}

export const noonUnixNano = 1_767_268_800_000_000_000n

export function traceIdOf(index: number): string {
  return index.toString(16).padStart(32, 'a')
}

const browserPaths = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

function findBrowser(): string {
  const found = browserPaths.find((path) => path !== undefined && existsSync(path))
  if (found === undefined) {
    throw new Error(
      `No Chromium: none of ${browserPaths.filter(Boolean).join(', ')} exists. Install one (Debian: chromium-headless-shell) or set CHROMIUM_PATH; the tests did not run.`,
    )
  }
  return found
}

/** A browser with an empty profile, for one test file. */
export interface Browser {
  readonly context: BrowserContext
  close(): Promise<void>
}

export async function startBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'otel-ts-e2e-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findBrowser(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(10_000)
  return {
    context,
    async close() {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

/** A page that remembers everything that went wrong in it. */
export interface WatchedPage {
  readonly page: Page
  readonly problems: string[]
}

export async function openPage(browser: Browser): Promise<WatchedPage> {
  const page = await browser.context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`)
  })
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  return { page, problems }
}

/** Names in the rows in view, from the top. */
export async function rowNames(page: Page): Promise<string[]> {
  return page.$$eval('.trace-row', (rows) =>
    rows
      .map((row) => ({
        index: Number(row.getAttribute('aria-rowindex')),
        name: row.querySelector('.cell-name a > span')?.textContent ?? '',
      }))
      .sort((a, b) => a.index - b.index)
      .map((row) => row.name),
  )
}
