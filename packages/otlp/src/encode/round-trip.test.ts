// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeLogs } from '../decode/decode.ts'
import { formatJson } from '../json/format.ts'
import { parseJson } from '../json/parse.ts'
import type { AnyValue, KeyValue } from '../model/any-value.ts'
import type { ResourceLogs } from '../model/logs.ts'
import { encodeLogs } from './encode.ts'

// Text that has UTF-8: fast-check's full Unicode has no lone surrogates.
const text = fc.string({ unit: 'binary', maxLength: 200 })
const { value } = fc.letrec<{ value: AnyValue; keyValue: KeyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(undefined),
    text,
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double(),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
    fc.record({ list: fc.array(tie('value'), { maxLength: 4 }) }, { noNullPrototype: true }),
    fc.record({ kvlist: fc.array(tie('keyValue'), { maxLength: 4 }) }, { noNullPrototype: true }),
  ),
  keyValue: fc.record({ key: text, value: tie('value') }, { noNullPrototype: true }),
}))
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const uint32 = fc.nat({ max: 0xffffffff })
const id = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const attributes = fc.array(fc.record({ key: text, value }, { noNullPrototype: true }), { maxLength: 6 })

const logs: fc.Arbitrary<ResourceLogs[]> = fc
  .record(
    {
      timeUnixNano: uint64,
      observedTimeUnixNano: uint64,
      severityNumber: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      severityText: text,
      body: value,
      attributes,
      droppedAttributesCount: uint32,
      flags: uint32,
      traceId: id,
      spanId: id,
      eventName: text,
    },
    { noNullPrototype: true },
  )
  .map((record) => [
    { resource: undefined, schemaUrl: '', scopeLogs: [{ scope: undefined, schemaUrl: '', logRecords: [record] }] },
  ])

describe('any log record', () => {
  test('is the same after protobuf', () => {
    fc.assert(
      fc.property(logs, (records) => {
        expect(decodeLogs(encodeLogs(records))).toEqual(records)
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  test('is the same after JSON', () => {
    fc.assert(
      fc.property(logs, (records) => {
        expect(parseJson('logs', formatJson('logs', records))).toEqual(records)
      }),
      { seed: 2, numRuns: 500 },
    )
  })
})
