// SPDX-License-Identifier: Apache-2.0
import type { ReadableLogRecord } from '../logs/readable-log-record.ts'
import { JsonItemSlices, JsonRequestEncoder } from './encode-envelope-json.ts'
import { attributesJson, fieldJson } from './encode-json-values.ts'
import { escaped, idText, timeDigits } from './json-text.ts'
import { encodeWhole, type RequestEncoder } from './request-encoder.ts'
import { groupByScope } from './scope-groups.ts'

const levels = { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords' }

/** Encodes log records as one ExportLogsServiceRequest in OTLP's JSON, a slice at a time. */
export function logsJsonEncoder(records: readonly ReadableLogRecord[]): RequestEncoder {
  return new JsonRequestEncoder(levels, groupByScope(records), (items) => new JsonItemSlices(items, logRecordJson))
}

/** Encodes log records as one ExportLogsServiceRequest in OTLP's JSON, in pieces that belong one after the other. */
export function encodeLogsRequestJson(records: readonly ReadableLogRecord[]): Uint8Array[] {
  return encodeWhole(logsJsonEncoder(records))
}

function logRecordJson(record: ReadableLogRecord): string {
  const { severityNumber, severityText, body, spanContext, eventName } = record
  let text =
    '{"timeUnixNano":"' +
    timeDigits(record.hrTime) +
    '","observedTimeUnixNano":"' +
    timeDigits(record.hrTimeObserved) +
    '"'
  if (severityNumber) text = `${text},"severityNumber":${severityNumber & 0x7fffffff}`
  if (severityText) text = `${text},"severityText":"${escaped(severityText)}"`
  if (eventName) text = `${text},"eventName":"${escaped(eventName)}"`
  if (body !== undefined) text += fieldJson('body', body, 'a log record')
  text += attributesJson(record.attributes, 'a log record')
  if (record.droppedAttributesCount > 0) text += `,"droppedAttributesCount":${record.droppedAttributesCount}`
  if (spanContext !== undefined) {
    const { traceId, spanId, traceFlags } = spanContext
    const flags = traceFlags & 0xff
    text = `${text},"traceId":"${idText(traceId)}","spanId":"${idText(spanId)}"`
    if (flags !== 0) text = `${text},"flags":${flags}`
  }
  return `${text}}`
}
