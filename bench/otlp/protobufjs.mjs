// SPDX-License-Identifier: Apache-2.0
// Arms: the steps of wire.mjs done with protobufjs, on the same bytes. Its code is generated at start-up from the message
// definitions below; afterwards it is the same as what its compiler writes to files.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { encodeTraces } from '@otel-ts/otlp'
import { makeRecords, spanCount } from './data.mjs'

const message = (fields, oneofs) => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [id, type]]) => [
      name,
      type.endsWith('[]') ? { id, type: type.slice(0, -2), rule: 'repeated' } : { id, type },
    ]),
  ),
  ...(oneofs === undefined ? {} : { oneofs }),
})

// opentelemetry/proto/trace/v1, common/v1 and resource/v1, without entity references.
const definitions = {
  nested: {
    TracesData: message({ resourceSpans: [1, 'ResourceSpans[]'] }),
    ResourceSpans: message({ resource: [1, 'Resource'], scopeSpans: [2, 'ScopeSpans[]'], schemaUrl: [3, 'string'] }),
    Resource: message({ attributes: [1, 'KeyValue[]'], droppedAttributesCount: [2, 'uint32'] }),
    ScopeSpans: message({ scope: [1, 'Scope'], spans: [2, 'Span[]'], schemaUrl: [3, 'string'] }),
    Scope: message({
      name: [1, 'string'],
      version: [2, 'string'],
      attributes: [3, 'KeyValue[]'],
      droppedAttributesCount: [4, 'uint32'],
    }),
    Span: message({
      traceId: [1, 'bytes'],
      spanId: [2, 'bytes'],
      traceState: [3, 'string'],
      parentSpanId: [4, 'bytes'],
      name: [5, 'string'],
      kind: [6, 'int32'],
      startTimeUnixNano: [7, 'fixed64'],
      endTimeUnixNano: [8, 'fixed64'],
      attributes: [9, 'KeyValue[]'],
      droppedAttributesCount: [10, 'uint32'],
      events: [11, 'Event[]'],
      droppedEventsCount: [12, 'uint32'],
      links: [13, 'Link[]'],
      droppedLinksCount: [14, 'uint32'],
      status: [15, 'Status'],
      flags: [16, 'fixed32'],
    }),
    Event: message({
      timeUnixNano: [1, 'fixed64'],
      name: [2, 'string'],
      attributes: [3, 'KeyValue[]'],
      droppedAttributesCount: [4, 'uint32'],
    }),
    Link: message({
      traceId: [1, 'bytes'],
      spanId: [2, 'bytes'],
      traceState: [3, 'string'],
      attributes: [4, 'KeyValue[]'],
      droppedAttributesCount: [5, 'uint32'],
      flags: [6, 'fixed32'],
    }),
    Status: message({ message: [2, 'string'], code: [3, 'int32'] }),
    KeyValue: message({ key: [1, 'string'], value: [2, 'AnyValue'] }),
    AnyValue: message(
      {
        stringValue: [1, 'string'],
        boolValue: [2, 'bool'],
        intValue: [3, 'int64'],
        doubleValue: [4, 'double'],
        arrayValue: [5, 'ArrayValue'],
        kvlistValue: [6, 'KeyValueList'],
        bytesValue: [7, 'bytes'],
      },
      {
        value: {
          oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue'],
        },
      },
    ),
    ArrayValue: message({ values: [1, 'AnyValue[]'] }),
    KeyValueList: message({ values: [1, 'KeyValue[]'] }),
  },
}

export function setUp({ step, data, peerFolder }) {
  const protobuf = createRequire(join(peerFolder, 'package.json'))('protobufjs')
  const TracesData = protobuf.Root.fromJSON(definitions).lookupType('TracesData')
  const bytes = Buffer.from(encodeTraces(makeRecords(data)))
  const decoded = TracesData.decode(bytes)
  const decode = () => TracesData.decode(bytes)
  const appendAttribute = () => {
    const request = TracesData.decode(bytes)
    for (const span of request.resourceSpans[0].scopeSpans[0].spans) {
      span.attributes.push({ key: 'deployment.environment.name', value: { stringValue: 'production' } })
    }
    return TracesData.encode(request).finish()
  }
  // What takes the place of an index or of one edit, with a library that only knows whole objects.
  const steps = {
    encode: () => TracesData.encode(decoded).finish(),
    decode,
    index: decode,
    'append-attribute': appendAttribute,
  }
  const once = steps[step]
  return {
    check() {
      const [span] = decoded.resourceSpans[0].scopeSpans[0].spans
      const [expected] = makeRecords(data)[0].scopeSpans[0].spans
      assert.equal(decoded.resourceSpans[0].scopeSpans[0].spans.length, spanCount)
      assert.equal(span.name, expected.name)
      assert.equal(span.attributes.length, expected.attributes.length)
      assert.equal(span.attributes[1].value.stringValue, expected.attributes[1].value)
      assert.deepEqual(Buffer.from(steps.encode()), bytes)
      assert.throws(() => TracesData.decode(bytes.subarray(0, -3)))
      const edited = TracesData.decode(appendAttribute()).resourceSpans[0].scopeSpans[0].spans
      for (const one of edited) assert.equal(one.attributes.at(-1).value.stringValue, 'production')
    },
    run(count) {
      for (let i = 0; i < count; i += spanCount) once()
    },
  }
}
