// SPDX-License-Identifier: Apache-2.0
// Serves the page and its APIs over sample telemetry: `node packages/viewer/dev.mjs [port] [--live] [--origin=URL]`.
// Reads the TypeScript sources through esbuild, so nothing has to be built first; `--live` keeps traces coming, and
// `--origin` lets a page served elsewhere (such as http://localhost:5173) read the APIs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const folder = fileURLToPath(new URL('.', import.meta.url))
const out = mkdtempSync(join(tmpdir(), 'otel-ts-viewer-'))
await build({
  stdin: {
    contents: `export { batchFromRecords } from '@otel-ts/otlp'
      export { createMemoryStore } from '@otel-ts/store'
      export { largeSampleTrace, sampleTelemetry } from '@otel-ts/testkit'
      export { createViewerServer } from './src/index.ts'`,
    resolveDir: folder,
    loader: 'ts',
  },
  bundle: true,
  platform: 'node',
  format: 'esm',
  conditions: ['otel-src'],
  outfile: join(out, 'dev.mjs'),
  logLevel: 'warning',
})
const { batchFromRecords, createMemoryStore, largeSampleTrace, sampleTelemetry, createViewerServer } = await import(
  pathToFileURL(join(out, 'dev.mjs')).href
)
rmSync(out, { recursive: true })

const port = process.argv.find((argument) => /^\d+$/.test(argument)) ?? '4319'
const isLive = process.argv.includes('--live')
const allowedOrigins = process.argv.filter((text) => text.startsWith('--origin=')).map((text) => text.slice(9))

const store = createMemoryStore()
const ingest = async (sample) => {
  await store.ingest(batchFromRecords('traces', sample.traces))
  await store.ingest(batchFromRecords('logs', sample.logs))
  await store.ingest(batchFromRecords('metrics', sample.metrics))
}

const now = () => BigInt(Date.now()) * 1_000_000n
await ingest(sampleTelemetry({ seed: 1, traceCount: 2000, lastStartUnixNano: now() - 5_000_000_000n }))
await ingest(largeSampleTrace({ seed: 2, spanCount: 10_000, lastStartUnixNano: now() - 60_000_000_000n }))
const server = await createViewerServer({
  store,
  endpoint: `localhost:${port}`,
  otlpHttpEndpoint: 'http://localhost:4318',
  version: 'dev',
  assets: join(folder, 'dist/web'),
  allowedOrigins,
  onInternalError: (error, url) => console.error(url, error),
})
console.log(`viewer with sample telemetry: ${server.url}`)

let seed = 1000
const timer = isLive
  ? setInterval(() => {
      const traceCount = 1 + (seed % 3)
      const lastStartUnixNano = now() - 4_000_000_000n
      void ingest(sampleTelemetry({ seed: seed++, traceCount, gapNano: 200_000_000n, lastStartUnixNano }))
    }, 700)
  : undefined

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    clearInterval(timer)
    void server.shutdown().then(() => store.close())
  })
}
