// SPDX-License-Identifier: Apache-2.0
import type { OtlpOutcome, OtlpRequest } from '@otel-ts/otlp'
import { otlpError } from '@otel-ts/otlp'
import { captureOtlp } from '@otel-ts/testkit'
import { afterEach, expect, test, vi } from 'vitest'
import { sdkEvents } from '../events.ts'
import { OTLPTraceExporter as JsonExporter } from '../otlp-http/index.ts'
import { OTLPTraceExporter } from '../otlp-proto/index.ts'
import { BatchSpanProcessor } from '../trace/batch-span-processor.ts'
import type { ReadableSpan } from '../trace/readable-span.ts'
import { type ExportResult, NoopSpanProcessor } from '../trace/span-processor.ts'
import { TracerProvider } from '../trace/tracer-provider.ts'
import { createOtlpTraceExporter } from './otlp-trace-exporter.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

function makeSpans(count: number): ReadableSpan[] {
  const tracer = new TracerProvider({ spanProcessors: [new NoopSpanProcessor()] }).getTracer('t')
  return Array.from({ length: count }, () => {
    const span = tracer.startSpan('x')
    span.end()
    return span as unknown as ReadableSpan
  })
}

const accepted: OtlpOutcome = { result: 'accepted', partialSuccess: undefined }

function setUp(answer: () => OtlpOutcome | Promise<OtlpOutcome> = () => accepted, concurrencyLimit = 2) {
  const requests: OtlpRequest[] = []
  const client = {
    send(request: OtlpRequest) {
      requests.push(request)
      return Promise.resolve(answer())
    },
    shutdown: vi.fn(() => Promise.resolve()),
  }
  const exporter = createOtlpTraceExporter({ client, encoding: 'protobuf', destination: 'http://x', concurrencyLimit })
  const send = (spans: ReadableSpan[]) => new Promise<ExportResult>((resolve) => exporter.export(spans, resolve))
  return { requests, client, exporter, send }
}

test('sends one request for a batch and reports success', async () => {
  const { requests, send } = setUp()
  expect(await send(makeSpans(700))).toEqual({ code: 0 })
  expect(requests.map(({ signal, itemCount }) => [signal, itemCount])).toEqual([['traces', 700]])
})

test('an empty batch is not sent', async () => {
  const { requests, send } = setUp()
  expect(await send([])).toEqual({ code: 0 })
  expect(requests).toEqual([])
})

test('a failed request is a failed export with the reason of the client', async () => {
  const error = otlpError('OTLP_REFUSED', 'refused')
  const details = { retryable: false, retryAfterMillis: undefined, httpStatus: 400, grpcStatus: 3 }
  const { send } = setUp(() => ({ result: 'failed', error, ...details }))
  expect(await send(makeSpans(1))).toEqual({ code: 1, error })
})

test('a partial success is reported, not retried', async () => {
  const partial = vi.spyOn(sdkEvents, 'partialSuccess').mockImplementation(() => {})
  const { requests, send } = setUp(() => ({
    result: 'accepted',
    partialSuccess: { rejectedCount: 3n, message: 'too old' },
  }))
  expect(await send(makeSpans(5))).toEqual({ code: 0 })
  expect(requests).toHaveLength(1)
  expect(partial).toHaveBeenCalledWith('http://x', 3n, 'too old', 'spans')
})

test.each([1, 2, 4])(
  'with concurrencyLimit %i a batch processor sends batch after batch and loses none',
  async (limit) => {
    const { requests, exporter } = setUp(undefined, limit)
    const processor = new BatchSpanProcessor({ exporter, maxExportBatchSize: 10 })
    for (const span of makeSpans(100)) processor.onEnd(span)
    await processor.forceFlush()
    expect(requests).toHaveLength(10)
    expect([processor.exportedSpanCount, processor.failedSpanCount]).toEqual([100, 0])
    await processor.shutdown()
  },
)

test('takes concurrencyLimit exports at once and fails the next', async () => {
  let answer = (_outcome: OtlpOutcome): void => {}
  const gate = new Promise<OtlpOutcome>((resolve) => {
    answer = resolve
  })
  const { exporter, send } = setUp(() => gate, 2)
  const first = [send(makeSpans(1)), send(makeSpans(1))]
  const third = await send(makeSpans(4))
  expect(third.code).toBe(1)
  expect(third.error?.message).toBe('http://x: 2 exports run, the limit is 2; 4 spans are not sent')
  const flushed = exporter.forceFlush?.()
  answer(accepted)
  await flushed
  expect(await Promise.all(first)).toEqual([{ code: 0 }, { code: 0 }])
})

test('a client or span that throws fails the export', async () => {
  const { send } = setUp(() => Promise.reject(new Error('broken')))
  expect((await send(makeSpans(1))).error?.message).toContain('broken')
  const hostile = {
    get resource(): never {
      throw new Error('odd span')
    },
  } as unknown as ReadableSpan
  expect((await setUp().send([hostile])).error?.message).toContain('odd span')
})

test('after shutdown exports fail, and the client is shut down once', async () => {
  const { exporter, client, send } = setUp()
  await Promise.all([exporter.shutdown(), exporter.shutdown()])
  expect(client.shutdown).toHaveBeenCalledOnce()
  expect(await send(makeSpans(1))).toMatchObject({ code: 1 })
})

test.each([
  ['protobuf', OTLPTraceExporter, 'application/x-protobuf'],
  ['json', JsonExporter, 'application/json'],
] as const)('sends %s over HTTP to a real server', async (_name, Exporter, contentType) => {
  const server = await captureOtlp()
  const exporter = new Exporter({ url: `${server.url}/v1/traces`, headers: { 'x-key': '1' } })
  const result = await new Promise<ExportResult>((resolve) => exporter.export(makeSpans(3), resolve))
  expect(result).toEqual({ code: 0 })
  const [request] = server.requests
  expect(request).toMatchObject({ method: 'POST', path: '/v1/traces' })
  expect(request?.headers).toMatchObject({ 'content-type': contentType, 'x-key': '1' })
  expect(request?.headers['user-agent']).toMatch(/^OTel-OTLP-Exporter-JavaScript\//)
  await exporter.shutdown()
  await server.close()
})

test('credentials in the endpoint stay out of messages', () => {
  expect(new OTLPTraceExporter({ url: 'https://user:secret@c/v1/traces?token=t' }).destination).toBe(
    'https://c/v1/traces',
  )
})
