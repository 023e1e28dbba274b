// SPDX-License-Identifier: Apache-2.0
import type { OtlpEncoding, PartialSuccess } from '../client/client.ts'
import { formatExportResponse, formatStatus } from '../json/response.ts'
import type { Signal } from '../model/resource.ts'
import { badRequestTypeUrl, type RpcStatus, retryInfoTypeUrl, type StatusDetail } from '../model/response.ts'
import { ProtoWriter } from '../proto/writer.ts'

const textEncoder = new TextEncoder()

/**
 * Body of a successful answer, `Export{Trace,Metrics,Logs}ServiceResponse`. Give `undefined` when all was taken without
 * a warning: `partial_success` must then be unset (OTLP specification, "Full success").
 *
 * @example
 * ```ts
 * import { encodeExportResponse } from '@otel-ts/otlp'
 * const body = encodeExportResponse({ rejectedCount: 3n, message: 'no name' }, 'json', 'traces')
 * console.log(new TextDecoder().decode(body)) // {"partialSuccess":{"rejectedSpans":"3","errorMessage":"no name"}}
 * ```
 */
export function encodeExportResponse(
  partialSuccess: PartialSuccess | undefined,
  encoding: OtlpEncoding,
  signal: Signal,
): Uint8Array {
  if (encoding === 'json') return textEncoder.encode(formatExportResponse(partialSuccess, signal))
  const writer = new ProtoWriter(64)
  if (partialSuccess !== undefined) {
    const mark = writer.begin(0x0a, 1)
    if (partialSuccess.rejectedCount !== 0n) {
      writer.tag(0x08)
      writer.varint64(partialSuccess.rejectedCount)
    }
    if (partialSuccess.message !== '') writer.string(0x12, partialSuccess.message)
    writer.end(mark)
  }
  return writer.take()
}

/**
 * `google.rpc.Status`: the body that every OTLP/HTTP answer with a 4xx or 5xx status must have.
 *
 * @example
 * ```ts
 * import { encodeStatus } from '@otel-ts/otlp'
 * console.log(encodeStatus({ code: 3, message: 'no' }, 'protobuf')) // Uint8Array(6) [ 8, 3, 18, 2, 110, 111 ]
 * ```
 */
export function encodeStatus(status: RpcStatus, encoding: OtlpEncoding): Uint8Array {
  if (encoding === 'json') return textEncoder.encode(formatStatus(status))
  const writer = new ProtoWriter(256)
  if (status.code !== 0) {
    writer.tag(0x08)
    writer.varint53(status.code)
  }
  if (status.message !== '') writer.string(0x12, status.message)
  for (const detail of status.details ?? []) writeDetail(writer, detail)
  return writer.take()
}

function writeDetail(writer: ProtoWriter, detail: StatusDetail): void {
  const any = writer.begin(0x1a, 1)
  if (detail.type === 'other') {
    writer.string(0x0a, detail.typeUrl)
    writer.bytes(0x12, detail.value)
  } else if (detail.type === 'retryInfo') {
    writer.string(0x0a, retryInfoTypeUrl)
    const info = writer.begin(0x12, 1)
    writeDuration(writer, detail.retryDelayMillis)
    writer.end(info)
  } else {
    writer.string(0x0a, badRequestTypeUrl)
    const request = writer.begin(0x12, 1)
    for (const violation of detail.fieldViolations) {
      const mark = writer.begin(0x0a, 1)
      if (violation.field !== '') writer.string(0x0a, violation.field)
      if (violation.description !== '') writer.string(0x12, violation.description)
      writer.end(mark)
    }
    writer.end(request)
  }
  writer.end(any)
}

function writeDuration(writer: ProtoWriter, millis: number): void {
  const seconds = Math.trunc(millis / 1000)
  const nanos = Math.round((millis - seconds * 1000) * 1e6)
  const duration = writer.begin(0x0a, 1)
  if (seconds !== 0) {
    writer.tag(0x08)
    writer.varint53(seconds)
  }
  if (nanos !== 0) {
    writer.tag(0x10)
    writer.varint53(nanos)
  }
  writer.end(duration)
}
