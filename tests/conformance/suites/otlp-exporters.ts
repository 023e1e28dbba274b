// SPDX-License-Identifier: Apache-2.0
import type { ExportResult, ReadableSpan, SpanExporter } from '@otel-ts/sdk'
import { type CaptureAnswer, captureOtlp, type OtlpCapture } from '@otel-ts/testkit'
import { afterEach, describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'
import { fieldsAt, textsAt } from '../protobuf-fields.ts'
import { collectLog, startTracing } from '../tracing.ts'

// Field numbers of ExportTraceServiceRequest: resource_spans 1, of which schema_url 3 and scope_spans 2, of which
// schema_url 3 and spans 2, of which trace_id 1, name 5 and attributes 9.
const resourceSpans = [1]
const scopeSpans = [1, 2]
const spans = [1, 2, 2]

/** protocol/otlp.md#otlphttp and protocol/exporter.md */
export function otlpExporterConformance(implementation: Implementation, test: DefineTest): void {
  const { api, sdk, otlpExporter } = implementation
  let wire: OtlpCapture | undefined
  let exporter: SpanExporter | undefined

  async function begin(
    encoding: 'protobuf' | 'json',
    options: { compression?: 'gzip' } = {},
    answer: CaptureAnswer = {},
  ): Promise<OtlpCapture> {
    wire = await captureOtlp(answer)
    exporter = otlpExporter(encoding, { url: `${wire.url}/v1/traces`, timeoutMillis: 5000, ...options })
    return wire
  }
  const send = (batch: readonly ReadableSpan[]) =>
    new Promise<ExportResult>((resolve) => exporter?.export([...batch], resolve))

  describe('OTLP over HTTP', () => {
    afterEach(async () => {
      await exporter?.shutdown()
      await wire?.close()
      api.diag.disable()
      exporter = undefined
      wire = undefined
    })

    test('posts binary protobuf with ids, name and resource of the span', async () => {
      const { requests } = await begin('protobuf')
      const resource = sdk.resourceFromAttributes({ 'service.name': 'shop' })
      const span = startTracing(implementation, { resource }).exported()
      expect((await send([span])).code).toBe(0)
      const [request] = requests
      expect([request?.method, request?.path, request?.headers['content-type']]).toEqual([
        'POST',
        '/v1/traces',
        'application/x-protobuf',
      ])
      const body = request?.body ?? new Uint8Array()
      expect(textsAt(body, [...spans, 5])).toEqual(['exported'])
      expect(Buffer.from(fieldsAt(body, [...spans, 1])[0] as Uint8Array).toString('hex')).toBe(
        span.spanContext().traceId,
      )
      expect(textsAt(body, [...resourceSpans, 1, 1, 1])).toContain('service.name')
      expect(textsAt(body, [...resourceSpans, 1, 1, 2, 1])).toContain('shop')
    })

    test('posts JSON with hex ids and 64-bit numbers as text', async () => {
      const { requests } = await begin('json')
      const span = startTracing(implementation).exported(undefined, { startTime: [1_700_000_000, 1] })
      expect((await send([span])).code).toBe(0)
      expect(requests[0]?.headers['content-type']).toMatch(/^application\/json/)
      const body = JSON.parse(Buffer.from(requests[0]?.body ?? []).toString()) as {
        resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[]
      }
      expect(body.resourceSpans[0]?.scopeSpans[0]?.spans[0]).toMatchObject({
        name: 'exported',
        traceId: span.spanContext().traceId,
        spanId: span.spanContext().spanId,
        startTimeUnixNano: '1700000000000000001',
      })
    })

    test('sends whole numbers as int64 and other numbers as double', async () => {
      const { requests } = await begin('protobuf')
      const span = startTracing(implementation).exported(undefined, {
        attributes: { int: Number.MAX_SAFE_INTEGER, double: 0.5 },
      })
      await send([span])
      const body = requests[0]?.body ?? new Uint8Array()
      // AnyValue: int_value 3, double_value 4 (0.5 as its eight bytes).
      expect(fieldsAt(body, [...spans, 9, 2, 3])).toEqual([9_007_199_254_740_991n])
      expect(fieldsAt(body, [...spans, 9, 2, 4])).toEqual([0x3fe0000000000000n])
    })

    test('compresses with gzip', async () => {
      const { requests } = await begin('protobuf', { compression: 'gzip' })
      const span = startTracing(implementation).exported((live) => live.setAttribute('a', 'x'.repeat(5000)))
      expect((await send([span])).code).toBe(0)
      expect(requests[0]?.headers['content-encoding']).toBe('gzip')
      expect(requests[0]?.rawBody.byteLength).toBeLessThan(1000)
      expect(textsAt(requests[0]?.body ?? new Uint8Array(), [...spans, 5])).toEqual(['exported'])
    })

    test('sends schema URLs of resource and scope', async () => {
      const { requests } = await begin('protobuf')
      const resource = sdk.resourceFromAttributes({}, { schemaUrl: 'https://opentelemetry.io/schemas/1.43.0' })
      const { provider, spans: ended } = startTracing(implementation, { resource })
      provider.getTracer('a', '1', { schemaUrl: 'https://opentelemetry.io/schemas/1.44.0' }).startSpan('s').end()
      await send(ended())
      const body = requests[0]?.body ?? new Uint8Array()
      expect(textsAt(body, [...resourceSpans, 3])).toEqual(['https://opentelemetry.io/schemas/1.43.0'])
      expect(textsAt(body, [...scopeSpans, 3])).toEqual(['https://opentelemetry.io/schemas/1.44.0'])
    })

    test('names exporter, language and version in the user agent', async () => {
      const { requests } = await begin('protobuf')
      await send([startTracing(implementation).exported()])
      expect(requests[0]?.headers['user-agent']).toMatch(/^OTel-OTLP-Exporter-JavaScript\/\d+\.\d+\.\d+\S*$/)
    })

    test('sends several requests at once', async () => {
      wire = await captureOtlp()
      let release = () => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      wire.answer(() => released.then(() => ({})))
      exporter = otlpExporter('protobuf', { url: `${wire.url}/v1/traces`, timeoutMillis: 5000 })
      const span = startTracing(implementation).exported()
      const results = Promise.all([send([span]), send([span]), send([span])])
      // The third is there although the first has no answer yet.
      await wire.request(2)
      release()
      expect((await results).map(({ code }) => code)).toEqual([0, 0, 0])
    })

    test('repeats what is answered with 503, after a pause, until it is accepted', async () => {
      const { requests } = await begin('protobuf')
      wire?.answer((_request, index) => ({ status: index === 0 ? 503 : 200 }))
      const result = await send([startTracing(implementation).exported()])
      expect([result.code, requests.length]).toEqual([0, 2])
      expect(Buffer.from(requests[1]?.body ?? []).equals(Buffer.from(requests[0]?.body ?? []))).toBe(true)
    })

    test('does not repeat what is refused for good, and reports failure', async () => {
      const { requests } = await begin('protobuf', {}, { status: 400 })
      const result = await send([startTracing(implementation).exported()])
      expect([result.code, requests.length]).toEqual([1, 1])
    })

    test('logs a partial success with its count and message, and does not repeat it', async () => {
      const warnings = collectLog(api)
      const { requests } = await begin(
        'json',
        {},
        {
          headers: { 'content-type': 'application/json' },
          body: '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}',
        },
      )
      const result = await send([startTracing(implementation).exported()])
      expect([result.code, requests.length]).toEqual([0, 1])
      expect(warnings.filter((text) => text.includes('too old') && text.includes('3'))).toHaveLength(1)
    })

    test('logs what an endpoint says that took all of a request', async () => {
      const warnings = collectLog(api)
      const headers = { 'content-type': 'application/json' }
      await begin('json', {}, { headers, body: '{"partialSuccess":{"errorMessage":"soon full"}}' })
      expect((await send([startTracing(implementation).exported()])).code).toBe(0)
      expect(warnings.filter((text) => text.includes('soon full'))).toHaveLength(1)
    })

    test('does not repeat a request before the time that Retry-After names', async () => {
      const { requests } = await begin('protobuf', {}, { status: 503, headers: { 'retry-after': '3600' } })
      const result = await send([startTracing(implementation).exported()])
      expect([result.code, requests.length]).toEqual([1, 1])
    })

    test('does not send a request of more than 64 MiB, and reports failure', async () => {
      const { requests } = await begin('protobuf')
      const { exported } = startTracing(implementation)
      // Two, for a processor need not keep one span of this size.
      const half = () => exported((span) => span.setAttribute('a', 'x'.repeat(33 * 1024 * 1024)))
      expect((await send([half(), half()])).code).toBe(1)
      expect(requests).toEqual([])
    })

    test('fails an export whose answer is larger than 4 MiB, and does not repeat it', async () => {
      const { requests } = await begin('protobuf', {}, { body: new Uint8Array(4 * 1024 * 1024 + 1) })
      const result = await send([startTracing(implementation).exported()])
      expect([result.code, requests.length]).toEqual([1, 1])
    })

    test('sends nothing for an empty batch, and reports success', async () => {
      const { requests } = await begin('protobuf')
      expect((await send([])).code).toBe(0)
      expect(requests).toEqual([])
    })

    test('fails exports after shutdown', async () => {
      const { requests } = await begin('protobuf')
      await exporter?.shutdown()
      expect((await send([startTracing(implementation).exported()])).code).toBe(1)
      expect(requests).toEqual([])
    })
  })
}
