// SPDX-License-Identifier: Apache-2.0
import type { ReadableLogRecord } from '../logs/readable-log-record.ts'
import { JsonItemSlices, JsonRequestEncoder, jsonWriter as writer } from './encode-envelope-json.ts'
import { writeJsonTime } from './encode-json-fields.ts'
import { writeJsonAttributes, writeJsonField } from './encode-json-values.ts'
import { jsonBytes } from './json-writer.ts'
import { encodeWhole, type RequestEncoder } from './request-encoder.ts'
import { groupByScope } from './scope-groups.ts'

const levels = { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords' }

/** Encodes log records as one ExportLogsServiceRequest in OTLP's JSON, a slice at a time. */
export function logsJsonEncoder(records: readonly ReadableLogRecord[]): RequestEncoder {
  return new JsonRequestEncoder(levels, groupByScope(records), (items) => new JsonItemSlices(items, writeLogRecord))
}

/** Encodes log records as one ExportLogsServiceRequest in OTLP's JSON. */
export function encodeLogsRequestJson(records: readonly ReadableLogRecord[]): Uint8Array {
  return encodeWhole(logsJsonEncoder(records))[0]!
}

const firstHead = jsonBytes('{"timeUnixNano":"')
const laterHead = jsonBytes(',{"timeUnixNano":"')
const observedHead = jsonBytes('","observedTimeUnixNano":"')
const severityNumberHead = jsonBytes(',"severityNumber":')
const severityTextHead = jsonBytes(',"severityText":')
const eventNameHead = jsonBytes(',"eventName":')
const traceIdHead = jsonBytes(',"traceId":"')
const spanIdHead = jsonBytes('","spanId":"')
const flagsHead = jsonBytes(',"flags":')
const quotation = 34
const closingBrace = 125

function writeLogRecord(record: ReadableLogRecord, isFirst: boolean): void {
  const { severityNumber, severityText, body, spanContext, eventName } = record
  writer.raw(isFirst ? firstHead : laterHead)
  writeJsonTime(writer, record.hrTime)
  writer.raw(observedHead)
  writeJsonTime(writer, record.hrTimeObserved)
  writer.byte(quotation)
  if (severityNumber) {
    writer.raw(severityNumberHead)
    writer.digits(severityNumber & 0x7fffffff, 1)
  }
  if (severityText) {
    writer.raw(severityTextHead)
    writer.string(severityText)
  }
  if (eventName) {
    writer.raw(eventNameHead)
    writer.string(eventName)
  }
  if (body !== undefined) writeJsonField(writer, 'body', body, 'a log record')
  writeJsonAttributes(writer, record.attributes, 'a log record', false)
  if (record.droppedAttributesCount > 0) {
    writer.text(`,"droppedAttributesCount":${record.droppedAttributesCount}`)
  }
  if (spanContext !== undefined) {
    const { traceId, spanId, traceFlags } = spanContext
    const flags = traceFlags & 0xff
    writer.raw(traceIdHead)
    writer.bare(String(traceId))
    writer.raw(spanIdHead)
    writer.bare(String(spanId))
    writer.byte(quotation)
    if (flags !== 0) {
      writer.raw(flagsHead)
      writer.digits(flags, 1)
    }
  }
  writer.byte(closingBrace)
}
