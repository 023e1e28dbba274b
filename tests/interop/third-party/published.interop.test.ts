// SPDX-License-Identifier: Apache-2.0
// Span processors and exporters as others publish them, in our provider: 1,000 spans each, judged by what they send or set.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@otel-ts/api'
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  resourceFromAttributes,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
  TracerProvider,
} from '@otel-ts/sdk'
import { afterEach, describe, expect, test } from 'vitest'
import { installPeer } from '../../../tools/peers.mjs'

let peerFolder: string | undefined
try {
  peerFolder = installPeer('third-party')
} catch (error) {
  console.log(`skipped: third-party: ${(error as Error).message}`)
}

const count = 1000

function load<T>(name: string): T {
  return createRequire(join(peerFolder as string, 'package.json'))(name) as T
}

interface Seen {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A server that takes JSON, as all of these send it, and keeps it. */
async function capture() {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
      seen.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text.toString()) as unknown })
      response.writeHead(202, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(() => resolve())))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const providerWith = (...spanProcessors: SpanProcessor[]) =>
  new TracerProvider({ spanProcessors, resource: resourceFromAttributes({ 'service.name': 'shop' }) })

/** Spans of a root and its children, with an event, a status and attributes of each kind. */
function makeSpans(provider: TracerProvider): void {
  const tracer = provider.getTracer('published', '1.0')
  for (let i = 0; i < count; i++) {
    const startTime: [number, number] = [1_700_000_000 + i, 250_000_000]
    const span = tracer.startSpan(
      `work ${i}`,
      { kind: SpanKind.CLIENT, startTime, attributes: { text: `\u00fc ${i}`, integer: i, flag: i % 2 === 0 } },
      ROOT_CONTEXT,
    )
    span.addEvent('tried', { attempt: 1 }, [1_700_000_000 + i, 500_000_000])
    if (i % 10 === 0) span.setStatus({ code: SpanStatusCode.ERROR, message: 'refused' })
    span.end([1_700_000_001 + i, 0])
  }
}

describe.skipIf(peerFolder === undefined)('what npm has published', () => {
  test('@opentelemetry/exporter-zipkin sends every span in the JSON of Zipkin', async () => {
    const { url, seen } = await capture()
    const { ZipkinExporter } = load<{ ZipkinExporter: new (options: object) => SpanExporter }>(
      '@opentelemetry/exporter-zipkin',
    )
    const provider = providerWith(new BatchSpanProcessor(new ZipkinExporter({ url: `${url}/api/v2/spans` })))
    makeSpans(provider)
    await provider.shutdown()
    const spans = seen.flatMap(({ body }) => body as Record<string, unknown>[])
    expect(new Set(seen.map(({ path }) => path))).toEqual(new Set(['/api/v2/spans']))
    expect(new Set(spans.map(({ id }) => id)).size).toBe(count)
    expect(spans[10]).toMatchObject({
      name: 'work 10',
      kind: 'CLIENT',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      timestamp: 1_700_000_010_250_000,
      duration: 750_000,
      localEndpoint: { serviceName: 'shop' },
      tags: { text: '\u00fc 10', integer: '10', flag: 'true', 'otel.status_code': 'ERROR', error: 'refused' },
      annotations: [{ timestamp: 1_700_000_010_500_000, value: expect.stringContaining('tried') }],
    })
  })

  test('@langfuse/otel sends every span as OTLP in JSON, with the attributes it adds at the start', async () => {
    const { url, seen } = await capture()
    const { LangfuseSpanProcessor } = load<{ LangfuseSpanProcessor: new (options: object) => SpanProcessor }>(
      '@langfuse/otel',
    )
    const processor = new LangfuseSpanProcessor({
      publicKey: 'pk',
      secretKey: 'sk',
      baseUrl: url,
      environment: 'staging',
      mediaUploadEnabled: false,
      shouldExportSpan: () => true,
    })
    const provider = providerWith(processor)
    makeSpans(provider)
    await provider.shutdown()
    const spans = seen.flatMap(({ body }) => {
      const { resourceSpans } = body as { resourceSpans: { scopeSpans: { scope: object; spans: object[] }[] }[] }
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
    }) as { name: string; spanId: string; attributes: object[]; [key: string]: unknown }[]
    expect(seen[0]).toMatchObject({
      path: '/api/public/otel/v1/traces',
      headers: { authorization: `Basic ${Buffer.from('pk:sk').toString('base64')}` },
    })
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(count)
    const tenth = spans.find(({ name }) => name === 'work 10')
    expect(tenth).toMatchObject({
      kind: 3,
      startTimeUnixNano: '1700000010250000000',
      endTimeUnixNano: '1700000011000000000',
      status: { code: 2, message: 'refused' },
      events: [{ name: 'tried', timeUnixNano: '1700000010500000000' }],
    })
    expect(tenth?.attributes).toEqual(
      expect.arrayContaining([
        { key: 'text', value: { stringValue: '\u00fc 10' } },
        { key: 'integer', value: { intValue: 10 } },
        { key: 'langfuse.environment', value: { stringValue: 'staging' } },
      ]),
    )
  })

  test('@opentelemetry/baggage-span-processor puts the baggage of the context on every span', async () => {
    const { BaggageSpanProcessor } = load<{
      BaggageSpanProcessor: new (isWanted: (key: string) => boolean) => SpanProcessor
    }>('@opentelemetry/baggage-span-processor')
    const exporter = new InMemorySpanExporter()
    const provider = providerWith(
      new BaggageSpanProcessor((key) => key.startsWith('shop.')),
      new SimpleSpanProcessor(exporter),
    )
    const baggage = propagation.createBaggage({ 'shop.tenant': { value: '\u00fc 1' }, secret: { value: 'x' } })
    const tracer = provider.getTracer('published')
    for (let i = 0; i < count; i++) {
      tracer.startSpan(`work ${i}`, { attributes: { i } }, propagation.setBaggage(ROOT_CONTEXT, baggage)).end()
    }
    const spans = exporter.getFinishedSpans()
    expect(spans).toHaveLength(count)
    for (const [i, { attributes }] of spans.entries()) expect(attributes).toEqual({ i, 'shop.tenant': '\u00fc 1' })
    await provider.shutdown()
  })
})
