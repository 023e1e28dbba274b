// SPDX-License-Identifier: Apache-2.0
// What our exporters put on the wire, read by PyPI's opentelemetry-proto and compared with npm's serializers.
import {
  createOtlpTraceExporter,
  NoopSpanProcessor,
  type ReadableSpan,
  resourceFromAttributes,
  TracerProvider,
} from '@otel-ts/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installPythonPeer } from '../../../tools/python-peers.mjs'
import { Oracle } from '../otlp/oracle.ts'
import { peerFolder, wholeSpansOf } from './application.ts'
import { load, makeSpans } from './spans.ts'

const count = 200

let oracle: Oracle | undefined
try {
  oracle = new Oracle(installPythonPeer('otlp-oracle'))
} catch (error) {
  console.log(`skipped: otlp-oracle: ${(error as Error).message}`)
}
afterAll(() => oracle?.close())

class Keeper extends NoopSpanProcessor {
  readonly spans: ReadableSpan[] = []
  override onEnd(span?: ReadableSpan): void {
    if (span !== undefined) this.spans.push(span)
  }
}

function endedSpans(): ReadableSpan[] {
  const keeper = new Keeper()
  const provider = new TracerProvider({
    spanProcessors: [keeper],
    resource: resourceFromAttributes(
      { 'service.name': 'shop', 'host.cpu.count': 4 },
      { schemaUrl: 'https://r.example/1' },
    ),
    // Something is dropped, so that the counts are on the wire.
    spanLimits: { attributeCountLimit: 12, eventCountLimit: 1, attributePerLinkCountLimit: 1 },
  })
  makeSpans(provider.getTracer('scope', '1.0', { schemaUrl: 'https://s.example/1', attributes: { part: 1 } }), count)
  return keeper.spans
}

async function encodeOurs(spans: ReadableSpan[], encoding: 'protobuf' | 'json'): Promise<Buffer> {
  let body: Buffer | undefined
  const client = {
    send({ chunks }: { chunks: readonly Uint8Array[] }) {
      body = Buffer.concat(chunks)
      return Promise.resolve({ result: 'accepted' as const, partialSuccess: undefined })
    },
    shutdown: () => Promise.resolve(),
  }
  const exporter = createOtlpTraceExporter({ client, encoding, destination: 'test', concurrencyLimit: 1 })
  await new Promise((resolve) => exporter.export(spans, resolve))
  return body!
}

describe('messages of our exporters', () => {
  let spans: ReadableSpan[]
  beforeAll(() => {
    spans = endedSpans()
  })

  test.skipIf(oracle === undefined)(
    'protobuf is read by opentelemetry-proto, which would write the same bytes',
    async () => {
      const bytes = await encodeOurs(spans, 'protobuf')
      const [canonical] = oracle!.convert('canonical', 'traces', [bytes])
      // Fields may stand in any order; ours stand in that of their numbers, but for the flags, which stand last.
      expect(canonical!.length).toBe(bytes.length)
      const [again] = oracle!.convert('canonical', 'traces', [canonical!])
      expect(again).toEqual(canonical)
      expect(wholeSpansOf([bytes])).toEqual(wholeSpansOf([canonical!]))
    },
  )

  test.skipIf(oracle === undefined)('JSON is read by opentelemetry-proto as the same message', async () => {
    const [fromJson] = oracle!.convert('from-json', 'traces', [await encodeOurs(spans, 'json')])
    const [fromProtobuf] = oracle!.convert('canonical', 'traces', [await encodeOurs(spans, 'protobuf')])
    expect(fromJson!.equals(fromProtobuf!)).toBe(true)
  })

  test.skipIf(peerFolder === undefined)("every field is that of npm's serializer", async () => {
    const { ProtobufTraceSerializer } = load<{
      ProtobufTraceSerializer: { serializeRequest(spans: readonly ReadableSpan[]): Uint8Array }
    }>('@opentelemetry/otlp-transformer')
    const ours = wholeSpansOf([await encodeOurs(spans, 'protobuf')])
    const theirs = wholeSpansOf([ProtobufTraceSerializer.serializeRequest(spans)])
    expect(ours).toHaveLength(count)
    for (const [i, span] of ours.entries()) expect(JSON.parse(span)).toEqual(JSON.parse(theirs[i]!))
    expect(ours[0]).toMatch(/"droppedAttributesCount":\d/)
    expect(ours[0]).toMatch(/"droppedEventsCount":1/)
  })
})
