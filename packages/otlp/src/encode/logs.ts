// SPDX-License-Identifier: Apache-2.0
import type { LogRecord, ResourceLogs, ScopeLogs } from '../model/logs.ts'
import { writeHex } from '../proto/hex.ts'
import type { ProtoWriter } from '../proto/writer.ts'
import { writeAnyValue, writeAttributes } from './any-value.ts'
import {
  writeEnum,
  writeFixed32,
  writeFixed64,
  writeResource,
  writeScope,
  writeString,
  writeUint32,
} from './resource.ts'

export function writeLogs(w: ProtoWriter, resourceLogs: readonly ResourceLogs[]): number {
  let count = 0
  for (const entry of resourceLogs) {
    const mark = w.begin(0x0a, 3)
    if (entry.resource !== undefined) writeResource(w, 0x0a, entry.resource)
    for (const scopeLogs of entry.scopeLogs) count += writeScopeLogs(w, scopeLogs)
    writeString(w, 0x1a, entry.schemaUrl)
    w.end(mark)
  }
  return count
}

function writeScopeLogs(w: ProtoWriter, entry: ScopeLogs): number {
  const mark = w.begin(0x12, 3)
  if (entry.scope !== undefined) writeScope(w, 0x0a, entry.scope)
  const records = entry.logRecords
  for (let i = 0; i < records.length; i++) writeLogRecord(w, records[i]!)
  writeString(w, 0x1a, entry.schemaUrl)
  w.end(mark)
  return records.length
}

function writeLogRecord(w: ProtoWriter, record: LogRecord): void {
  const mark = w.begin(0x12, 2)
  writeFixed64(w, 0x09, record.timeUnixNano)
  writeEnum(w, 0x10, record.severityNumber)
  writeString(w, 0x1a, record.severityText)
  if (record.body !== undefined) writeAnyValue(w, 0x2a, record.body)
  writeAttributes(w, 0x32, record.attributes)
  writeUint32(w, 0x38, record.droppedAttributesCount)
  writeFixed32(w, 0x45, record.flags)
  writeHex(w, 0x4a, record.traceId)
  writeHex(w, 0x52, record.spanId)
  writeFixed64(w, 0x59, record.observedTimeUnixNano)
  writeString(w, 0x62, record.eventName)
  w.end(mark)
}
