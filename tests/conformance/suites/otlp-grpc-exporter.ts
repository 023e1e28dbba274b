// SPDX-License-Identifier: Apache-2.0
import type { ExportResult, ReadableSpan, SpanExporter } from '@otel-ts/sdk'
import { afterEach, describe, expect } from 'vitest'
import { type CallAnswer, type CallScript, captureGrpc, type GrpcCapture } from '../grpc-capture.ts'
import type { DefineTest, Implementation } from '../implementation.ts'
import { fieldsAt, textsAt } from '../protobuf-fields.ts'
import { collectLog, startTracing } from '../tracing.ts'

// Of ExportTraceServiceRequest: resource_spans 1, scope_spans 2, spans 2, of which trace_id 1 and name 5.
const spans = [1, 2, 2]

// ExportTraceServiceResponse with partial_success (1): rejected_spans (1) and error_message (2).
const threeRejected = Buffer.concat([Buffer.from('0a0b08031207', 'hex'), Buffer.from('too old')])
const warning = Buffer.concat([Buffer.from('0a0b1209', 'hex'), Buffer.from('soon full')])

// google.rpc.Status: code 8 (1) and details (3), an Any with type_url (1) and value (2), which is a RetryInfo with
// retry_delay (1) of 20 ms, a Duration with nanos (2).
const typeUrl = Buffer.from('type.googleapis.com/google.rpc.RetryInfo')
const retrySoon = Buffer.concat([
  Buffer.from('08081a33', 'hex'),
  Buffer.from([0x0a, typeUrl.length]),
  typeUrl,
  Buffer.from('12070a051080dac409', 'hex'),
])

/** protocol/otlp.md#otlpgrpc and protocol/exporter.md */
export function otlpGrpcExporterConformance(implementation: Implementation, test: DefineTest): void {
  const { api, otlpExporter } = implementation
  let wire: GrpcCapture | undefined
  let exporter: SpanExporter | undefined

  async function begin(
    options: { compression?: 'gzip' } = {},
    answer: CallScript | CallAnswer = {},
  ): Promise<GrpcCapture> {
    wire = await captureGrpc(answer)
    exporter = otlpExporter('grpc', { url: wire.url, timeoutMillis: 5000, ...options })
    return wire
  }
  const send = (batch: readonly ReadableSpan[] = [startTracing(implementation).exported()]) =>
    new Promise<ExportResult>((resolve) => exporter?.export([...batch], resolve))

  describe('OTLP over gRPC', () => {
    afterEach(async () => {
      await exporter?.shutdown()
      await wire?.close()
      api.diag.disable()
      exporter = undefined
      wire = undefined
    })

    test('calls the trace service with ids and name of the span', async () => {
      const { calls } = await begin()
      const span = startTracing(implementation).exported()
      expect((await send([span])).code).toBe(0)
      expect(calls).toHaveLength(1)
      expect(calls[0]?.path).toBe('/opentelemetry.proto.collector.trace.v1.TraceService/Export')
      expect(calls[0]?.headers['content-type']).toMatch(/^application\/grpc/)
      const message = calls[0]?.message ?? new Uint8Array()
      expect(textsAt(message, [...spans, 5])).toEqual(['exported'])
      expect(Buffer.from(fieldsAt(message, [...spans, 1])[0] as Uint8Array).toString('hex')).toBe(
        span.spanContext().traceId,
      )
    })

    test('compresses messages with gzip', async () => {
      const { calls } = await begin({ compression: 'gzip' })
      const span = startTracing(implementation).exported((live) => live.setAttribute('a', 'x'.repeat(5000)))
      expect((await send([span])).code).toBe(0)
      expect([calls[0]?.headers['grpc-encoding'], calls[0]?.isCompressed]).toEqual(['gzip', true])
      expect(textsAt(calls[0]?.message ?? new Uint8Array(), [...spans, 5])).toEqual(['exported'])
    })

    test('names exporter, language and version in the user agent of calls', async () => {
      const { calls } = await begin()
      await send()
      expect(calls[0]?.headers['user-agent']).toMatch(/^OTel-OTLP-Exporter-JavaScript\/\d+\.\d+\.\d+\S*/)
    })

    test('makes several calls at once', async () => {
      let release = () => {}
      const released = new Promise<CallAnswer>((resolve) => {
        release = () => resolve({})
      })
      await begin({}, () => released)
      const results = Promise.all([send(), send(), send()])
      await wire?.call(2)
      release()
      expect((await results).map(({ code }) => code)).toEqual([0, 0, 0])
    })

    test('repeats a call that is answered with UNAVAILABLE, after a pause', async () => {
      const { calls } = await begin({}, (_call, index) => ({ status: index === 0 ? 14 : 0 }))
      expect([(await send()).code, calls.length]).toEqual([0, 2])
      expect(Buffer.from(calls[1]?.message ?? []).equals(Buffer.from(calls[0]?.message ?? []))).toBe(true)
    })

    test('does not repeat a call that is refused for good, and reports failure', async () => {
      const { calls } = await begin({}, { status: 3, text: 'no' })
      expect([(await send()).code, calls.length]).toEqual([1, 1])
    })

    test('does not repeat RESOURCE_EXHAUSTED without a word on when', async () => {
      const { calls } = await begin({}, { status: 8 })
      expect([(await send()).code, calls.length]).toEqual([1, 1])
    })

    test('repeats RESOURCE_EXHAUSTED when RetryInfo says when', async () => {
      const { calls } = await begin({}, (_call, index) => (index === 0 ? { status: 8, details: retrySoon } : {}))
      expect([(await send()).code, calls.length]).toEqual([0, 2])
    })

    test('logs a partial success of a call with its count and message, and does not repeat it', async () => {
      const log = collectLog(api)
      const { calls } = await begin({}, { message: threeRejected })
      expect([(await send()).code, calls.length]).toEqual([0, 1])
      expect(log.filter((text) => text.includes('too old') && text.includes('3'))).toHaveLength(1)
    })

    test('logs what an endpoint says that took all of a call', async () => {
      const log = collectLog(api)
      await begin({}, { message: warning })
      expect((await send()).code).toBe(0)
      expect(log.filter((text) => text.includes('soon full'))).toHaveLength(1)
    })

    test('fails a call whose answer is larger than 4 MiB, and does not repeat it', async () => {
      const { calls } = await begin({}, { message: Buffer.alloc(4 * 1024 * 1024 + 1) })
      expect([(await send()).code, calls.length]).toEqual([1, 1])
    })
  })
}
