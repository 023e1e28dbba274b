// SPDX-License-Identifier: Apache-2.0
import type { ProtoWriter } from '@otel-ts/otlp/proto'
import type { ReadableLogRecord } from '../logs/readable-log-record.ts'
import { writeForeignAttributes, writeForeignValue } from './encode-attributes.ts'
import { ItemSlices, ProtobufRequestEncoder } from './encode-envelope.ts'
import { writeCount, writeId, writeTime } from './encode-fields.ts'
import { encodeWhole, type RequestEncoder } from './request-encoder.ts'
import { groupByScope } from './scope-groups.ts'

// LogRecord of opentelemetry/proto/logs/v1/logs.proto: tags are (field << 3) | wire type.
const logRecordTag = 0x12 // ScopeLogs.log_records
const timeTag = 0x09
const severityNumberTag = 0x10
const severityTextTag = 0x1a
const bodyTag = 0x2a
const attributesTag = 0x32
const droppedAttributesTag = 0x38
const flagsTag = 0x45
const traceIdTag = 0x4a
const spanIdTag = 0x52
const observedTimeTag = 0x59
const eventNameTag = 0x62

/** Encodes log records as one ExportLogsServiceRequest, a slice at a time. */
export function logsRequestEncoder(records: readonly ReadableLogRecord[]): RequestEncoder {
  return new ProtobufRequestEncoder(groupByScope(records), (items) => new ItemSlices(items, writeLogRecords))
}

/** Encodes log records as one ExportLogsServiceRequest, in pieces that belong one after the other. */
export function encodeLogsRequest(records: readonly ReadableLogRecord[]): Uint8Array[] {
  return encodeWhole(logsRequestEncoder(records))
}

function writeLogRecords(writer: ProtoWriter, records: readonly ReadableLogRecord[], from: number, to: number): void {
  for (let i = from; i < to; i++) writeLogRecord(writer, records[i]!)
}

function writeLogRecord(writer: ProtoWriter, record: ReadableLogRecord): void {
  const { hrTime, hrTimeObserved, severityNumber, severityText, body, spanContext, eventName } = record
  // Most records take 128 to 16383 bytes: two bytes of length.
  const message = writer.begin(logRecordTag, 2)
  writeTime(writer, timeTag, hrTime[0], hrTime[1])
  if (severityNumber) writeCount(writer, severityNumberTag, severityNumber)
  if (severityText) writer.string(severityTextTag, severityText)
  if (body !== undefined) writeForeignValue(writer, bodyTag, body, 'a log record', 'body')
  writeForeignAttributes(writer, attributesTag, record.attributes, 'a log record')
  if (record.droppedAttributesCount > 0) writeCount(writer, droppedAttributesTag, record.droppedAttributesCount)
  if (spanContext !== undefined) {
    const flags = spanContext.traceFlags & 0xff
    if (flags !== 0) {
      writer.tag(flagsTag)
      writer.fixed32(flags)
    }
    writeId(writer, traceIdTag, spanContext.traceId, 32)
    writeId(writer, spanIdTag, spanContext.spanId, 16)
  }
  writeTime(writer, observedTimeTag, hrTimeObserved[0], hrTimeObserved[1])
  if (eventName) writer.string(eventNameTag, eventName)
  writer.end(message)
}
