// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { batchCounters } from '../batch/counters.ts'
import { batchFromJson } from '../batch/from-json.ts'
import type { AnyValue } from '../model/any-value.ts'
import type { LogRecord } from '../model/logs.ts'
import { formatJson } from './format.ts'
import { parseJson } from './parse.ts'

function logText(record: string): string {
  return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`
}

function log(record: string): LogRecord {
  return parseJson('logs', logText(record))[0]!.scopeLogs[0]!.logRecords[0]!
}

const body = (value: string): AnyValue => log(`{"body":${value}}`).body

function point(fields: string) {
  const text = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{${fields}}]}}]}]}]}`
  return parseJson('metrics', text)[0]!.scopeMetrics[0]!.metrics[0]!.data!.dataPoints[0]!
}

describe('parsing OTLP JSON', () => {
  test.each([
    ['{"stringValue":"a"}', 'a'],
    ['{"intValue":"9223372036854775807"}', 9223372036854775807n],
    ['{"intValue":-5}', -5n],
    ['{"intValue":1e3}', 1000n],
    ['{"doubleValue":1}', 1],
    ['{"doubleValue":"1.5e3"}', 1500],
    ['{"doubleValue":"NaN"}', Number.NaN],
    ['{"doubleValue":"-Infinity"}', Number.NEGATIVE_INFINITY],
    ['{"doubleValue":-0.0}', -0],
    ['{"boolValue":false}', false],
    ['{"bytesValue":"_-8="}', Uint8Array.of(255, 239)],
    ['{"bytesValue":"/+8"}', Uint8Array.of(255, 239)],
    ['{"arrayValue":{"values":[{},{"intValue":"1"}]}}', { list: [undefined, 1n] }],
    ['{"arrayValue":{}}', { list: [] }],
    ['{"kvlistValue":{"values":[{"key":"k"}]}}', { kvlist: [{ key: 'k', value: undefined }] }],
    ['{}', undefined],
    ['{"stringValue":null}', undefined],
    ['null', undefined],
  ])('reads the value %s', (text, expected) => {
    expect(body(text)).toEqual(expected)
  })

  test('keeps every digit of integers above 2^53 that came as numbers', () => {
    expect(body('{"intValue":9007199254740993}')).toBe(9007199254740993n)
    expect(log('{"timeUnixNano":1544712660300000001}').timeUnixNano).toBe(1544712660300000001n)
    const text = '{"timeUnixNano":18446744073709551615,"body":{"stringValue":"\\"12345678901234567890\\\\"}}'
    expect(log(text)).toMatchObject({ timeUnixNano: 18446744073709551615n, body: '"12345678901234567890\\' })
    expect(point('"asInt":-9223372036854775808')).toMatchObject({ value: -9223372036854775808n })
    expect(point('"timeUnixNano":1544712660300000001,"asDouble":12345678901234567890')).toMatchObject({
      value: 12345678901234567000,
    })
  })

  test('reads ids in either case and keeps them in lower case', () => {
    expect(log('{"traceId":"5B8EFFF798038103D269B633813FC60C"}').traceId).toBe('5b8efff798038103d269b633813fc60c')
  })

  test('ignores unknown keys, snake_case among them, and counts them', () => {
    const before = batchCounters.unknownFieldCount
    const text = logText('{"time_unix_nano":"5","x":{"y":[1]},"__proto__":{"z":1},"constructor":1,"body":{"q":1}}')
    const batch = batchFromJson('logs', Buffer.from(text))
    expect(batchCounters.unknownFieldCount - before).toBe(5)
    expect(batch.records()[0]!.scopeLogs[0]!.logRecords[0]).toMatchObject({ timeUnixNano: 0n, body: undefined })
    expect(({} as { z?: number }).z).toBeUndefined()
  })

  test('keeps attributes called __proto__ like any other', () => {
    const { attributes } = log('{"attributes":[{"key":"__proto__","value":{"stringValue":"a"}},{"key":"__proto__"}]}')
    expect(attributes).toEqual([
      { key: '__proto__', value: 'a' },
      { key: '__proto__', value: undefined },
    ])
  })

  test('takes null for the default everywhere', () => {
    const text =
      '{"resourceLogs":[{"resource":null,"schemaUrl":null,"scopeLogs":[{"scope":null,"logRecords":[{"attributes":null,"flags":null,"traceId":null}]}]}]}'
    expect(parseJson('logs', text)[0]!.scopeLogs[0]!.logRecords[0]).toMatchObject({
      attributes: [],
      flags: 0,
      traceId: '',
    })
    expect(parseJson('logs', '{"resourceLogs":null}')).toEqual([])
  })

  test('takes values 100 deep and refuses 101', () => {
    const nested = (depth: number): string =>
      depth === 1 ? '{"stringValue":"x"}' : `{"arrayValue":{"values":[${nested(depth - 1)}]}}`
    expect(body(nested(100))).toBeDefined()
    expect(() => body(nested(101))).toThrow(expect.objectContaining({ code: 'OTLP_NESTING' }))
  })

  test.each([
    ['in a value', logText(`{"body":${'{"arrayValue":{"values":['.repeat(20000)}${']}}'.repeat(20000)}}`)],
    ['under an unknown key', `{"x":${'['.repeat(20000)}${']'.repeat(20000)}}`],
    ['in the place of a list', `{"resourceLogs":${'{"a":'.repeat(20000)}1${'}'.repeat(20000)}}`],
    ['from the start', `${'['.repeat(20000)}${']'.repeat(20000)}`],
  ])('refuses nesting 20,000 deep %s', (_, text) => {
    expect(() => parseJson('logs', text)).toThrow(expect.objectContaining({ code: 'OTLP_NESTING' }))
  })

  test.each([
    ['[]', 'logs JSON: found []; expected an object; request refused'],
    ['{"resourceLogs":{}}', 'resourceLogs: found {}; expected an array; request refused'],
    [logText('5'), 'logRecords: found 5; expected an object; request refused'],
    [
      logText('{"severityNumber":"INFO"}'),
      'LogRecord.severityNumber: found "INFO"; expected the integer of an enum; request refused',
    ],
    [
      logText('{"severityNumber":1.5}'),
      'LogRecord.severityNumber: found 1.5; expected an integer from -2147483648 to 2147483647; request refused',
    ],
    [
      logText('{"traceId":"abc"}'),
      'LogRecord.traceId: found "abc"; expected pairs of hexadecimal digits; request refused',
    ],
    [logText('{"flags":-1}'), 'LogRecord.flags: found -1; expected an integer from 0 to 4294967295; request refused'],
    [
      logText('{"flags":4294967296}'),
      'LogRecord.flags: found 4294967296; expected an integer from 0 to 4294967295; request refused',
    ],
    [
      logText('{"timeUnixNano":"-1"}'),
      'LogRecord.timeUnixNano: found "-1"; expected an integer from 0 to 18446744073709551615; request refused',
    ],
    [
      logText('{"timeUnixNano":"18446744073709551616"}'),
      'LogRecord.timeUnixNano: found "18446744073709551616"; expected an integer from 0 to 18446744073709551615; request refused',
    ],
    [
      logText('{"timeUnixNano":1.5}'),
      'LogRecord.timeUnixNano: found 1.5; expected an integer from 0 to 18446744073709551615; request refused',
    ],
    [
      logText('{"timeUnixNano":1.5e18}'),
      'LogRecord.timeUnixNano: found 1500000000000000000; expected an integer from 0 to 18446744073709551615, as a string of digits where above 9007199254740991; request refused',
    ],
    [
      logText('{"body":{"intValue":"9223372036854775808"}}'),
      'AnyValue.intValue: found "9223372036854775808"; expected an integer from -9223372036854775808 to 9223372036854775807; request refused',
    ],
    [logText('{"body":{"bytesValue":"*"}}'), 'AnyValue.bytesValue: found "*"; expected base64; request refused'],
    [logText('{"body":{"boolValue":1}}'), 'AnyValue.boolValue: found 1; expected true or false; request refused'],
    [
      logText('{"body":{"doubleValue":"one"}}'),
      'AnyValue.doubleValue: found "one"; expected a number, "NaN", "Infinity" or "-Infinity"; request refused',
    ],
    [logText('{"attributes":[{"key":1}]}'), 'KeyValue.key: found 1; expected a string; request refused'],
  ])('refuses %s', (text, message) => {
    expect(() => parseJson('logs', text)).toThrow(expect.objectContaining({ code: 'OTLP_JSON', message }))
  })

  test.each(['', '{', '{"resourceLogs":[}', 'hello', '{"resourceLogs":[]} x'])(
    'refuses %j, which is not JSON',
    (text) => {
      expect(() => parseJson('logs', text)).toThrow(
        expect.objectContaining({
          code: 'OTLP_JSON',
          message: expect.stringMatching(/^logs JSON: .*; expected an object with resourceLogs; request refused$/),
        }),
      )
    },
  )

  test('shows bytes that are not UTF-8 as U+FFFD and skips a byte order mark', () => {
    const text = Buffer.concat([
      Buffer.from([0xef, 0xbb, 0xbf]),
      Buffer.from(logText('{"body":{"stringValue":"a\xff"}}'), 'latin1'),
    ])
    expect(batchFromJson('logs', text).records()[0]!.scopeLogs[0]!.logRecords[0]!.body).toBe('a\ufffd')
  })
})

describe('formatting OTLP JSON', () => {
  const formatted = (value: AnyValue) =>
    formatJson('logs', [
      {
        resource: undefined,
        schemaUrl: '',
        scopeLogs: [{ scope: undefined, schemaUrl: '', logRecords: [{ ...log('{}'), body: value }] }],
      },
    ])

  test.each([
    ['a"\\\n\u0001', '{"stringValue":"a\\"\\\\\\n\\u0001"}'],
    ['\ud83d', '{"stringValue":"\ufffd"}'],
    ['\u{1f600}', '{"stringValue":"\u{1f600}"}'],
    [`${'x'.repeat(50)}"`, `{"stringValue":"${'x'.repeat(50)}\\""}`],
    [-(2n ** 63n), '{"intValue":"-9223372036854775808"}'],
    [Number.NaN, '{"doubleValue":"NaN"}'],
    [Number.NEGATIVE_INFINITY, '{"doubleValue":"-Infinity"}'],
    [-0, '{"doubleValue":-0.0}'],
    [1e21, '{"doubleValue":1e+21}'],
    [{ list: [] }, '{"arrayValue":{"values":[]}}'],
    [Uint8Array.of(255, 239), '{"bytesValue":"/+8="}'],
  ])('writes value %#', (value, expected) => {
    expect(formatted(value as AnyValue)).toContain(`"body":${expected}`)
    JSON.parse(formatted(value as AnyValue))
  })

  test('refuses ids that are not hexadecimal', () => {
    const records = parseJson('logs', logText('{}'))
    records[0]!.scopeLogs[0]!.logRecords[0]!.traceId = '"},'
    expect(() => formatJson('logs', records)).toThrow(expect.objectContaining({ code: 'OTLP_VALUE' }))
  })
})
