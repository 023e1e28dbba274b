// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'
import { consoleLogSink, createCatalog, type LogSink, loadConfig } from '@otel-ts/collector'
import { createMemoryStore } from '@otel-ts/store'
import { createViewerServer } from '@otel-ts/viewer'
import { parseBytes, parseEndpoint } from '../arguments.ts'
import { storeExporter } from '../components/store-exporter.ts'
import { startCollector } from '../run-collector.ts'
import type { Terminal } from '../terminal.ts'
import { version } from '../version.ts'

export const allInOneHelp = `Usage: otel-ts [options]

Receives OTLP over gRPC and HTTP, keeps the newest telemetry in memory and shows it in the browser. Ctrl-C ends it.

  --endpoint HOST:PORT    where applications send OTLP/HTTP; default localhost:4318
  --grpc HOST:PORT        where applications send OTLP/gRPC; default localhost:4317
  --viewer HOST:PORT      where the page and the Jaeger query API are; default localhost:4319
  --memory SIZE           telemetry to keep, such as 512MiB; the oldest goes first; default 512MiB`

/** `otel-ts` alone: receiver, store and viewer in one process. */
export async function allInOne(args: string[], terminal: Terminal, abort: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      endpoint: { type: 'string', default: 'localhost:4318' },
      grpc: { type: 'string', default: 'localhost:4317' },
      viewer: { type: 'string', default: 'localhost:4319' },
      memory: { type: 'string', default: '512MiB' },
    },
  })
  const http = parseEndpoint('--endpoint', values.endpoint)
  const grpc = parseEndpoint('--grpc', values.grpc)
  const viewer = parseEndpoint('--viewer', values.viewer)
  const store = createMemoryStore({ maxByteCount: parseBytes('--memory', values.memory) })
  const { config, problems } = await loadConfig({
    sources: [`yaml:${configuration(`${http.host}:${http.port}`, `${grpc.host}:${grpc.port}`)}`],
    environment: {},
    catalog: createCatalog([storeExporter(store)]),
  })
  if (config === undefined) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'))

  const warnings = consoleLogSink({ level: 'warn' })
  const log: LogSink = (line) => {
    // Port 0 asks for a free one; the receiver says which it got.
    const address = line.component?.kind === 'receiver' ? line.fields['address'] : undefined
    const port = typeof address === 'string' ? /:(\d+)$/.exec(address)?.[1] : undefined
    if (port !== undefined) (line.message.endsWith('gRPC') ? grpc : http).port = Number(port)
    warnings(line)
  }
  const collector = await startCollector(config, log)
  try {
    const otlp = `http://${http.host}:${http.port}`
    const server = await createViewerServer({
      store,
      endpoint: `${viewer.host}:${viewer.port}`,
      otlpHttpEndpoint: otlp,
      version,
    })
    banner(terminal, server.url, otlp, `http://${grpc.host}:${grpc.port}`)
    try {
      await collector.until(abort)
    } finally {
      await server.shutdown()
    }
  } finally {
    await collector.shutdown()
    await store.close()
  }
  return 0
}

function banner(terminal: Terminal, url: string, http: string, grpc: string): void {
  terminal.err(`${terminal.bold('otel-ts')} ${terminal.dim(version)}`)
  terminal.err(`  page       ${terminal.bold(url)}`)
  terminal.err(`  OTLP/HTTP  ${http}   ${terminal.dim('OTEL_EXPORTER_OTLP_ENDPOINT of your applications')}`)
  terminal.err(`  OTLP/gRPC  ${grpc}   ${terminal.dim('the same with OTEL_EXPORTER_OTLP_PROTOCOL=grpc')}`)
  terminal.err(`  Jaeger API ${url}/jaeger/api   ${terminal.dim('Ctrl-C ends')}`)
}

function configuration(http: string, grpc: string): string {
  return `
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: "${grpc}"
      http:
        endpoint: "${http}"
        cors:
          allowed_origins: ["http://localhost:*", "http://127.0.0.1:*"]
exporters:
  store:
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [store]}
    metrics: {receivers: [otlp], exporters: [store]}
    logs: {receivers: [otlp], exporters: [store]}
`
}
