// SPDX-License-Identifier: Apache-2.0
import { captureOtlp, type OtlpCapture } from '@otel-ts/testkit'
import { afterEach, describe, expect } from 'vitest'
import type { DefineTest, Implementation } from '../implementation.ts'
import { fieldsAt, textsAt } from '../protobuf-fields.ts'

// Of ExportTraceServiceRequest: resource_spans 1, scope_spans 2, spans 2, of which span_id 2 and name 5.
const spans = [1, 2, 2]

/** protocol/otlp.md#multi-destination-exporting */
export function otlpDestinationConformance({ api, sdk, otlpExporter }: Implementation, test: DefineTest): void {
  const captures: OtlpCapture[] = []

  /** A provider that sends each span on its own to every destination. */
  async function destinations(count: number) {
    const processors = []
    for (let i = 0; i < count; i++) {
      const wire = await captureOtlp()
      captures.push(wire)
      const exporter = otlpExporter('protobuf', { url: `${wire.url}/v1/traces`, timeoutMillis: 5000 })
      processors.push(new sdk.BatchSpanProcessor(exporter, { maxExportBatchSize: 1, scheduledDelayMillis: 1 }))
    }
    const provider = new sdk.NodeTracerProvider({ sampler: new sdk.AlwaysOnSampler(), spanProcessors: processors })
    return { provider, tracer: provider.getTracer('a'), wires: [...captures] }
  }
  const namesOf = ({ requests }: OtlpCapture) => requests.flatMap(({ body }) => textsAt(body, [...spans, 5]))

  describe('several OTLP destinations', () => {
    afterEach(async () => {
      api.diag.disable()
      for (const wire of captures.splice(0)) await wire.close()
    })

    test('all get the same spans', async () => {
      const { provider, tracer, wires } = await destinations(2)
      for (const name of ['a', 'b', 'c']) tracer.startSpan(name).end()
      await provider.forceFlush()
      const [near, far] = wires as [OtlpCapture, OtlpCapture]
      expect(namesOf(near).sort()).toEqual(['a', 'b', 'c'])
      expect(namesOf(far).sort()).toEqual(['a', 'b', 'c'])
      const ids = ({ requests }: OtlpCapture) =>
        requests.flatMap(({ body }) =>
          fieldsAt(body, [...spans, 2]).map((id) => Buffer.from(id as Uint8Array).toString('hex')),
        )
      expect(ids(near).sort()).toEqual(ids(far).sort())
      await provider.shutdown()
    })

    test('one that hangs does not hold up another', async () => {
      const { provider, tracer, wires } = await destinations(2)
      const [hanging, working] = wires as [OtlpCapture, OtlpCapture]
      let release = () => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      hanging.answer(() => released.then(() => ({})))
      for (let i = 0; i < 20; i++) tracer.startSpan(`span ${i}`).end()
      // All have arrived at one although the other has answered nothing.
      await working.request(19)
      expect(hanging.requests.length).toBeLessThan(20)
      release()
      await provider.forceFlush()
      expect(namesOf(hanging)).toHaveLength(20)
      await provider.shutdown()
    })

    test('what one asks to send again is not sent again to another', async () => {
      const { provider, tracer, wires } = await destinations(2)
      const [busy, working] = wires as [OtlpCapture, OtlpCapture]
      busy.answer((_request, index) => ({ status: index === 0 ? 503 : 200 }))
      tracer.startSpan('a').end()
      await Promise.all([busy.request(1), working.request(0)])
      await provider.shutdown()
      expect([busy.requests.length, working.requests.length]).toEqual([2, 1])
    })
  })
}
