// SPDX-License-Identifier: Apache-2.0
import type { OtlpEncoding, PartialSuccess } from '../client/client.ts'
import { parseExportResponse, parseStatus } from '../json/response.ts'
import { badRequestTypeUrl, type RpcStatus, retryInfoTypeUrl, type StatusDetail } from '../model/response.ts'
import { ProtoReader } from '../proto/reader.ts'

const textDecoder = new TextDecoder()

/**
 * What a successful answer says: undefined when `partial_success` is unset, or set to nothing. Throws an `OtlpError`
 * when the bytes are not such a message.
 *
 * @example
 * ```ts
 * import { decodeExportResponse } from '@otel-ts/otlp'
 * console.log(decodeExportResponse(Uint8Array.of(0x0a, 0x02, 0x08, 0x05), 'protobuf')) // { rejectedCount: 5n, message: '' }
 * console.log(decodeExportResponse(new Uint8Array(0), 'protobuf')) // undefined
 * ```
 */
export function decodeExportResponse(bytes: Uint8Array, encoding: OtlpEncoding): PartialSuccess | undefined {
  if (encoding === 'json') return parseExportResponse(textDecoder.decode(bytes))
  const response = new ProtoReader('ExportServiceResponse', bytes)
  let rejectedCount = 0n
  let message = ''
  while (response.next()) {
    if (response.field !== 1) {
      response.skip()
      continue
    }
    const partial = new ProtoReader('ExportPartialSuccess', response.bytes())
    while (partial.next()) {
      if (partial.field === 1) rejectedCount = partial.int64()
      else if (partial.field === 2) message = partial.string()
      else partial.skip()
    }
  }
  return rejectedCount === 0n && message === '' ? undefined : { rejectedCount, message }
}

/**
 * Reads the `google.rpc.Status` of an error response. Throws an `OtlpError` when the bytes are not one, which is
 * common: proxies answer with their own pages.
 *
 * @example
 * ```ts
 * import { decodeStatus } from '@otel-ts/otlp'
 * const body = new TextEncoder().encode('{"code":3,"message":"no"}')
 * console.log(decodeStatus(body, 'json')) // { code: 3, message: 'no', details: [] }
 * ```
 */
export function decodeStatus(bytes: Uint8Array, encoding: OtlpEncoding): RpcStatus & { details: StatusDetail[] } {
  if (encoding === 'json') return parseStatus(textDecoder.decode(bytes))
  const status = { code: 0, message: '', details: [] as StatusDetail[] }
  const reader = new ProtoReader('Status', bytes)
  while (reader.next()) {
    if (reader.field === 1) status.code = reader.uint32() | 0
    else if (reader.field === 2) status.message = reader.string()
    else if (reader.field === 3) status.details.push(readDetail(reader.bytes()))
    else reader.skip()
  }
  return status
}

function readDetail(bytes: Uint8Array): StatusDetail {
  const any = new ProtoReader('Any', bytes)
  let typeUrl = ''
  let value: Uint8Array = new Uint8Array(0)
  while (any.next()) {
    if (any.field === 1) typeUrl = any.string()
    else if (any.field === 2) value = any.bytes()
    else any.skip()
  }
  if (typeUrl === retryInfoTypeUrl) return readRetryInfo(value)
  if (typeUrl === badRequestTypeUrl) return readBadRequest(value)
  return { type: 'other', typeUrl, value: value.slice() }
}

function readRetryInfo(bytes: Uint8Array): StatusDetail {
  const info = new ProtoReader('RetryInfo', bytes)
  let seconds = 0n
  let nanos = 0
  while (info.next()) {
    if (info.field !== 1) {
      info.skip()
      continue
    }
    const duration = new ProtoReader('Duration', info.bytes())
    while (duration.next()) {
      if (duration.field === 1) seconds = duration.int64()
      else if (duration.field === 2) nanos = duration.uint32() | 0
      else duration.skip()
    }
  }
  return { type: 'retryInfo', retryDelayMillis: Number(seconds) * 1000 + nanos / 1e6 }
}

function readBadRequest(bytes: Uint8Array): StatusDetail {
  const request = new ProtoReader('BadRequest', bytes)
  const fieldViolations: { field: string; description: string }[] = []
  while (request.next()) {
    if (request.field !== 1) {
      request.skip()
      continue
    }
    const reader = new ProtoReader('FieldViolation', request.bytes())
    const violation = { field: '', description: '' }
    while (reader.next()) {
      if (reader.field === 1) violation.field = reader.string()
      else if (reader.field === 2) violation.description = reader.string()
      else reader.skip()
    }
    fieldViolations.push(violation)
  }
  return { type: 'badRequest', fieldViolations }
}
