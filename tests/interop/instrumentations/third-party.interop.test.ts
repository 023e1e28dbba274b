// SPDX-License-Identifier: Apache-2.0
// Processors and exporters of npm's SDK in our provider, and ours in theirs: 1,000 spans arrive unchanged.
import { createOtlpHttpClient, defaultRetryPolicy } from '@otel-ts/otlp/client'
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  createOtlpTraceExporter,
  InMemorySpanExporter,
  NoopSpanProcessor,
  type ReadableSpan,
  resourceFromAttributes,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
  TracerProvider,
} from '@otel-ts/sdk'
import { captureOtlp } from '@otel-ts/testkit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { peerFolder, wholeSpansOf } from './application.ts'
import { load, makeSpans, plain, theirSdk } from './spans.ts'

const count = 1000
const resourceAttributes = { 'service.name': 'shop', 'process.pid': 7 }

/** Keeps what a provider hands to processors: what the others are compared with. */
class Keeper extends NoopSpanProcessor {
  readonly spans: unknown[] = []
  override onEnd(span?: ReadableSpan): void {
    if (span !== undefined) this.spans.push(plain(span))
  }
}

const providers = {
  'our provider': (spanProcessors: SpanProcessor[]) =>
    new TracerProvider({ spanProcessors, resource: resourceFromAttributes(resourceAttributes) }),
  "npm's provider": (spanProcessors: SpanProcessor[]) => {
    const { resourceFromAttributes: theirResource } = load<{
      resourceFromAttributes(attributes: object): unknown
    }>('@opentelemetry/resources')
    return new (theirSdk().BasicTracerProvider)({ spanProcessors, resource: theirResource(resourceAttributes) })
  },
}

const processors = {
  'our batch processor': (exporter: SpanExporter) => new BatchSpanProcessor({ exporter }),
  'our simple processor': (exporter: SpanExporter) => new SimpleSpanProcessor(exporter),
  "npm's batch processor": (exporter: SpanExporter) => new (theirSdk().BatchSpanProcessor)(exporter),
  "npm's simple processor": (exporter: SpanExporter) => new (theirSdk().SimpleSpanProcessor)(exporter),
}

const exporters = {
  'our in-memory exporter': () => new InMemorySpanExporter(),
  "npm's in-memory exporter": () => new (theirSdk().InMemorySpanExporter)(),
}

afterEach(() => vi.restoreAllMocks())

describe.skipIf(peerFolder === undefined).each(Object.entries(providers))('%s', (_providerName, createProvider) => {
  describe.each(Object.entries(processors))('%s', (_processorName, createProcessor) => {
    test.each(Object.entries(exporters))(`${count} spans reach %s unchanged`, async (_exporterName, createExporter) => {
      const keeper = new Keeper()
      const exporter = createExporter()
      const provider = createProvider([keeper, createProcessor(exporter)])
      makeSpans(provider.getTracer('scope', '1.0', { schemaUrl: 'https://example.com/1' }), count)
      await provider.forceFlush()
      const received = exporter.getFinishedSpans().map(plain)
      expect(keeper.spans).toHaveLength(count)
      expect(received).toEqual(keeper.spans)
      await provider.shutdown()
    })
  })

  test.each([
    ['our console exporter', () => new ConsoleSpanExporter()],
    ["npm's console exporter", () => new (theirSdk().ConsoleSpanExporter)()],
  ])('%s prints every span', async (_name, createExporter) => {
    const dir = vi.spyOn(console, 'dir').mockImplementation(() => {})
    const provider = createProvider([new BatchSpanProcessor({ exporter: createExporter() })])
    makeSpans(provider.getTracer('scope'), count)
    await provider.forceFlush()
    const printed = dir.mock.calls.map(([span]) => span as Record<string, unknown>)
    expect(printed).toHaveLength(count)
    expect(printed[5]).toMatchObject({
      name: 'work 5 \u00fc\u2713\u{1f600}',
      kind: 0,
      duration: expect.closeTo(1_864_197.532, 0),
      attributes: { text: 'changed 5', negative: -5, later: true },
      resource: { attributes: resourceAttributes },
      status: { code: 1 },
    })
    await provider.shutdown()
  })

  test("spans sent by our exporter and by npm's are the same messages", async () => {
    const toOurs = await captureOtlp()
    const toTheirs = await captureOtlp()
    const { OTLPTraceExporter } = load<{ OTLPTraceExporter: new (options: object) => SpanExporter }>(
      '@opentelemetry/exporter-trace-otlp-proto',
    )
    const client = createOtlpHttpClient({
      url: `${toOurs.url}/v1/traces`,
      headers: {},
      encoding: 'protobuf',
      compression: 'none',
      timeoutMillis: 10_000,
      retry: defaultRetryPolicy,
    })
    const ours = createOtlpTraceExporter({ client, encoding: 'protobuf', destination: 'capture', concurrencyLimit: 1 })
    const theirs = new OTLPTraceExporter({ url: `${toTheirs.url}/v1/traces` })
    const provider = createProvider([
      new BatchSpanProcessor({ exporter: ours }),
      new (theirSdk().BatchSpanProcessor)(theirs),
    ])
    makeSpans(provider.getTracer('scope', '1.0', { schemaUrl: 'https://example.com/1' }), count)
    await provider.forceFlush()
    await provider.shutdown()
    const [fromOurs, fromTheirs] = [toOurs, toTheirs].map(({ requests }) => wholeSpansOf(requests.map((r) => r.body)))
    expect(fromOurs).toHaveLength(count)
    expect(fromTheirs).toHaveLength(count)
    // One at a time: a difference of a thousand spans tells nothing.
    for (const [i, span] of fromOurs!.entries()) expect(JSON.parse(span)).toEqual(JSON.parse(fromTheirs![i]!))
    await Promise.all([toOurs.close(), toTheirs.close()])
  })
})
