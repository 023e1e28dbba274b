// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { decodeExportResponse, decodeStatus } from '../decode/response.ts'
import { encodeExportResponse, encodeStatus } from './response.ts'

const utf8 = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => new TextEncoder().encode(text)

describe('export responses', () => {
  test('leaves partial_success unset on full success', () => {
    expect(hex(encodeExportResponse(undefined, 'protobuf', 'traces'))).toBe('')
    expect(utf8(encodeExportResponse(undefined, 'json', 'traces'))).toBe('{}')
  })

  test('writes rejected count and message', () => {
    const partial = { rejectedCount: 300n, message: 'bad' }
    expect(hex(encodeExportResponse(partial, 'protobuf', 'logs'))).toBe('0a08' + '08ac02' + '1203626164')
    expect(utf8(encodeExportResponse(partial, 'json', 'traces'))).toContain('"rejectedSpans":"300"')
    expect(utf8(encodeExportResponse(partial, 'json', 'metrics'))).toContain('"rejectedDataPoints":"300"')
    expect(utf8(encodeExportResponse(partial, 'json', 'logs'))).toContain('"rejectedLogRecords":"300"')
  })

  test.each(['protobuf', 'json'] as const)('reads back what it wrote as %s', (encoding) => {
    const partial = { rejectedCount: 2n ** 60n, message: 'über "quota"' }
    expect(decodeExportResponse(encodeExportResponse(partial, encoding, 'metrics'), encoding)).toEqual(partial)
    expect(decodeExportResponse(encodeExportResponse(undefined, encoding, 'metrics'), encoding)).toBeUndefined()
  })

  test('takes an empty partial_success for full success', () => {
    expect(decodeExportResponse(Uint8Array.of(0x0a, 0), 'protobuf')).toBeUndefined()
    expect(decodeExportResponse(bytes('{"partialSuccess":{}}'), 'json')).toBeUndefined()
    expect(decodeExportResponse(bytes('{"partialSuccess":null}'), 'json')).toBeUndefined()
  })

  test('passes over unknown fields', () => {
    const body = Buffer.from('1a0161' + '0a0a' + '0805' + '1d01020304' + '1a0178', 'hex')
    expect(decodeExportResponse(body, 'protobuf')).toEqual({ rejectedCount: 5n, message: '' })
    expect(decodeExportResponse(bytes('{"x":1,"partialSuccess":{"rejectedSpans":5}}'), 'json')?.rejectedCount).toBe(5n)
  })
})

describe('Status', () => {
  const status = {
    code: 8,
    message: 'later',
    details: [
      { type: 'retryInfo' as const, retryDelayMillis: 1500.25 },
      { type: 'badRequest' as const, fieldViolations: [{ field: 'spans[0]', description: 'no id' }] },
    ],
  }

  test('writes RetryInfo as google.rpc defines it', () => {
    const body = encodeStatus(
      { code: 14, message: '', details: [{ type: 'retryInfo', retryDelayMillis: 2500 }] },
      'protobuf',
    )
    const url = Buffer.from('type.googleapis.com/google.rpc.RetryInfo').toString('hex')
    expect(hex(body)).toBe(`080e1a360a28${url}120a0a0808021080cab5ee01`)
    expect(utf8(encodeStatus(status, 'json'))).toContain('"retryDelay":"1.500250s"')
  })

  test.each(['protobuf', 'json'] as const)('reads back what it wrote as %s', (encoding) => {
    expect(decodeStatus(encodeStatus(status, encoding), encoding)).toEqual(status)
    expect(decodeStatus(encodeStatus({ code: 0, message: '' }, encoding), encoding)).toEqual({
      code: 0,
      message: '',
      details: [],
    })
    const other = {
      code: 2,
      message: 'x',
      details: [{ type: 'other' as const, typeUrl: 'a/b', value: Uint8Array.of(1, 255) }],
    }
    expect(decodeStatus(encodeStatus(other, encoding), encoding)).toEqual(other)
  })

  test.each([
    [
      '0801' + '1205' + '61',
      'OTLP_TRUNCATED',
      'Status: field 2 claims 5 bytes at offset 4, but only 1 remain; message refused',
    ],
    ['0d00000000', 'OTLP_WIRE_TYPE', 'Status: field 1 before offset 1 has wire type 5; expected 0; message refused'],
    ['00', 'OTLP_WIRE_TYPE', 'Status: tag at offset 0 has field number 0; allowed are 1 to 536870911; message refused'],
    [
      `08${'ff'.repeat(11)}`,
      'OTLP_VARINT',
      'Status: varint at offset 1 goes on after 10 bytes; allowed are 10; message refused',
    ],
    ['0880', 'OTLP_TRUNCATED', 'Status: varint at offset 1 claims a further byte, but only 0 remain; message refused'],
  ])('refuses %s', (body, code, message) => {
    expect(() => decodeStatus(Buffer.from(body, 'hex'), 'protobuf')).toThrow(expect.objectContaining({ code, message }))
  })

  test.each([
    ['<html>', 'Status: "<html>" is not JSON; expected an object; response not understood'],
    ['[]', 'Status: found []; expected an object; response not understood'],
    ['{"code":"x"}', 'Status.code: found "x"; expected an integer; response not understood'],
    ['{"message":5}', 'message: found 5; expected a string; response not understood'],
  ])('refuses the JSON %s', (body, message) => {
    expect(() => decodeStatus(bytes(body), 'json')).toThrow(expect.objectContaining({ code: 'OTLP_JSON', message }))
  })
})
