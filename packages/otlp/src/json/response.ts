// SPDX-License-Identifier: Apache-2.0
import type { PartialSuccess } from '../client/client.ts'
import { otlpError } from '../errors.ts'
import type { Signal } from '../model/resource.ts'
import { badRequestTypeUrl, type RpcStatus, retryInfoTypeUrl, type StatusDetail } from '../model/response.ts'
import { formatBase64, parseBase64 } from './base64.ts'

const rejectedKeys = { traces: 'rejectedSpans', metrics: 'rejectedDataPoints', logs: 'rejectedLogRecords' } as const

export function formatExportResponse(partialSuccess: PartialSuccess | undefined, signal: Signal): string {
  if (partialSuccess === undefined) return '{}'
  const partial: Record<string, string> = {}
  if (partialSuccess.rejectedCount !== 0n) partial[rejectedKeys[signal]] = partialSuccess.rejectedCount.toString()
  if (partialSuccess.message !== '') partial['errorMessage'] = partialSuccess.message
  return JSON.stringify({ partialSuccess: partial })
}

export function parseExportResponse(text: string): PartialSuccess | undefined {
  const partial = objectAt(parseObject('ExportServiceResponse', text), 'partialSuccess')
  if (partial === undefined) return undefined
  let rejectedCount = 0n
  for (const key of Object.values(rejectedKeys)) {
    const value = partial[key]
    if (value !== undefined && value !== null) rejectedCount = int64(key, value)
  }
  const message = stringAt(partial, 'errorMessage')
  return rejectedCount === 0n && message === '' ? undefined : { rejectedCount, message }
}

export function formatStatus(status: RpcStatus): string {
  const object: Record<string, unknown> = {}
  if (status.code !== 0) object['code'] = status.code
  if (status.message !== '') object['message'] = status.message
  if (status.details !== undefined && status.details.length > 0) object['details'] = status.details.map(detailToJson)
  return JSON.stringify(object)
}

function detailToJson(detail: StatusDetail): unknown {
  if (detail.type === 'retryInfo') {
    return { '@type': retryInfoTypeUrl, retryDelay: formatDuration(detail.retryDelayMillis) }
  }
  if (detail.type === 'badRequest') {
    return { '@type': badRequestTypeUrl, fieldViolations: detail.fieldViolations }
  }
  return { '@type': detail.typeUrl, value: formatBase64(detail.value) }
}

// Protobuf's JSON writes a duration as seconds with 0, 3, 6 or 9 decimals and an "s".
function formatDuration(millis: number): string {
  const nanos = Math.round((millis % 1000) * 1e6)
  const seconds = Math.trunc(millis / 1000)
  if (nanos === 0) return `${seconds}s`
  let decimals = Math.abs(nanos).toString().padStart(9, '0')
  while (decimals.endsWith('000')) decimals = decimals.slice(0, -3)
  return `${millis < 0 && seconds === 0 ? '-' : ''}${seconds}.${decimals}s`
}

export function parseStatus(text: string): RpcStatus & { details: StatusDetail[] } {
  const object = parseObject('Status', text)
  const code = object['code'] ?? 0
  if (typeof code !== 'number' || !Number.isInteger(code)) throw wrongType('Status.code', code, 'an integer')
  const details = object['details'] ?? []
  if (!Array.isArray(details)) throw wrongType('Status.details', details, 'an array')
  return { code, message: stringAt(object, 'message'), details: details.map(detailFromJson) }
}

function detailFromJson(value: unknown): StatusDetail {
  if (!isObject(value)) throw wrongType('Status.details', value, 'objects')
  const typeUrl = stringAt(value, '@type')
  if (typeUrl === retryInfoTypeUrl) {
    const text = stringAt(value, 'retryDelay')
    const match = /^(-?\d+(?:\.\d{1,9})?)s$/.exec(text === '' ? '0s' : text)
    if (match === null) throw wrongType('RetryInfo.retryDelay', text, 'seconds such as "1.5s"')
    return { type: 'retryInfo', retryDelayMillis: Math.round(Number(match[1]) * 1e9) / 1e6 }
  }
  if (typeUrl === badRequestTypeUrl) {
    const violations = value['fieldViolations'] ?? []
    if (!Array.isArray(violations)) throw wrongType('BadRequest.fieldViolations', violations, 'an array')
    return {
      type: 'badRequest',
      fieldViolations: violations.map((violation: unknown) => {
        if (!isObject(violation)) throw wrongType('BadRequest.fieldViolations', violation, 'objects')
        return { field: stringAt(violation, 'field'), description: stringAt(violation, 'description') }
      }),
    }
  }
  const base64 = value['value']
  const bytes = typeof base64 === 'string' ? parseBase64(base64) : undefined
  return { type: 'other', typeUrl, value: bytes ?? new Uint8Array(0) }
}

function parseObject(message: string, text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw otlpError(
      'OTLP_JSON',
      `${message}: ${JSON.stringify(text.slice(0, 40))} is not JSON; expected an object; response not understood`,
      cause,
    )
  }
  if (!isObject(value)) throw wrongType(message, value, 'an object')
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectAt(object: Record<string, unknown>, key: string): Record<string, unknown> | undefined {
  const value = object[key]
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw wrongType(key, value, 'an object')
  return value
}

function stringAt(object: Record<string, unknown>, key: string): string {
  const value = object[key] ?? ''
  if (typeof value !== 'string') throw wrongType(key, value, 'a string')
  return value
}

function int64(key: string, value: unknown): bigint {
  if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) return BigInt(value)
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  throw wrongType(key, value, 'an integer')
}

function wrongType(what: string, value: unknown, expected: string): Error {
  const shown = (JSON.stringify(value) ?? 'undefined').slice(0, 40)
  return otlpError('OTLP_JSON', `${what}: found ${shown}; expected ${expected}; response not understood`)
}
