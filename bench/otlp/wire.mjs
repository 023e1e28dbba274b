// SPDX-License-Identifier: Apache-2.0
// One step of the wire over a request of 512 spans; the count is of spans.
import assert from 'node:assert/strict'
import { makeRecords, spanCount } from './data.mjs'

export async function setUp({ step, data }) {
  const otlp = await import('@otel-ts/otlp')
  const records = makeRecords(data)
  const bytes = otlp.encodeTraces(records)
  const text = otlp.formatJson('traces', records)
  const status = otlp.attributeKey('http.response.status_code')
  const added = otlp.attributeKey('deployment.environment.name')
  const batch = otlp.batchFromBytes('traces', bytes)
  const steps = {
    encode: () => otlp.encodeTraces(records),
    decode: () => otlp.decodeTraces(bytes),
    check: () => otlp.batchFromBytes('traces', bytes),
    index: () => otlp.batchFromBytes('traces', bytes).index(),
    'find-attribute'() {
      const index = batch.index()
      let count = 0
      for (let node = 2; node < index.nodeCount; node++) {
        const attribute = index.findAttribute(node, status)
        if (attribute >= 0 && index.attributeType(attribute) === 3) count++
      }
      return count
    },
    'read-name'() {
      const index = batch.index()
      let count = 0
      for (let node = 2; node < index.nodeCount; node++) count += index.string(node, 5).length
      return count
    },
    'append-attribute': () =>
      batch.edit((editor) => {
        for (let node = 2; node < editor.nodeCount; node++) editor.setAttribute(node, added, 'production')
      }),
    split: () => otlp.splitBatch(batch, 100),
    'format-json': () => otlp.formatJson('traces', records),
    'parse-json': () => otlp.parseJson('traces', text),
    'json-floor': () => JSON.parse(text),
  }
  const once = steps[step]
  return {
    check() {
      assert.deepEqual(otlp.decodeTraces(bytes), records)
      assert.deepEqual(otlp.parseJson('traces', text), records)
      assert.throws(() => otlp.batchFromBytes('traces', bytes.subarray(0, -3)))
      const edited = otlp.decodeTraces(steps['append-attribute']().chunks()[0])
      for (const span of edited[0].scopeSpans[0].spans) assert.equal(span.attributes.at(-1).value, 'production')
    },
    run(count) {
      for (let i = 0; i < count; i += spanCount) once()
    },
  }
}
