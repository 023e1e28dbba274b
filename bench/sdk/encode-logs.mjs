// SPDX-License-Identifier: Apache-2.0
// Arms: a batch of 512 log records with a text, a severity, a span and 5 attributes each into a request body.
import assert from 'node:assert/strict'
import { readLogsJson, readLogsProtobuf } from '../harness/otlp-oracle.mjs'
import { attributes10, uniqueAttributes10 } from './data.mjs'
import { encoderOf, requireOf } from './encode-requests.mjs'

const batchSize = 512

export async function setUp(context) {
  const records = emit(requireOf(context), context.data === 'unique')
  const encode = await encoderOf(context, 'Logs')
  const read = context.encoding === 'json' ? readLogsJson : readLogsProtobuf
  return {
    async check() {
      const body = Buffer.concat(await encode(records))
      const expected = records.map(({ spanContext, severityText, body, attributes }) => ({
        traceId: spanContext.traceId,
        severity: severityText,
        body,
        attributes,
      }))
      assert.deepEqual(read(body), expected)
      assert.throws(() => read(body.subarray(0, -3)))
    },
    async run(count) {
      for (let i = 0; i < count; i += batchSize) await encode(records)
    },
  }
}

function emit(require, isUnique) {
  const { LoggerProvider } = require('@opentelemetry/sdk-logs')
  const { ROOT_CONTEXT, trace } = require('@opentelemetry/api')
  const records = []
  const keep = {
    onEmit: (record) => records.push(record),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const logger = new LoggerProvider({ processors: [keep] }).getLogger('bench', '1.0.0')
  const make = isUnique ? uniqueAttributes10 : attributes10
  for (let i = 0; i < batchSize; i++) {
    const traceId = (0x0af76519n * 2n ** 96n + BigInt(i)).toString(16).padStart(32, '0')
    logger.emit({
      body: `GET /api/users/${isUnique ? i : i % 50} took ${isUnique ? i * 31 : i % 90} ms and gave 200 to the caller`,
      severityNumber: 9,
      severityText: 'INFO',
      attributes: Object.fromEntries(Object.entries(make(i)).slice(0, 5)),
      context: trace.setSpanContext(ROOT_CONTEXT, {
        traceId,
        spanId: traceId.slice(16).replace(/^0/, '1'),
        traceFlags: 1,
      }),
    })
  }
  assert.equal(records.length, batchSize)
  return records
}
