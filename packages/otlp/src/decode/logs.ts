// SPDX-License-Identifier: Apache-2.0
import type { LogRecord, ResourceLogs, ScopeLogs } from '../model/logs.ts'
import { formatHex } from '../proto/hex.ts'
import type { Decoder } from './decoder.ts'

export function readLogs(d: Decoder, out: ResourceLogs[]): void {
  let p = 0
  while (p < d.bytes.length) {
    p = d.field(p)
    if (d.tag === 0x0a) out.push(readResourceLogs(d, d.start, p))
  }
}

function readResourceLogs(d: Decoder, p: number, end: number): ResourceLogs {
  const entry: ResourceLogs = { resource: undefined, scopeLogs: [], schemaUrl: '' }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) entry.resource = d.resource(d.start, p)
    else if (d.tag === 0x12) entry.scopeLogs.push(readScopeLogs(d, d.start, p))
    else if (d.tag === 0x1a) entry.schemaUrl = d.text.read(d.start, p)
  }
  return entry
}

function readScopeLogs(d: Decoder, p: number, end: number): ScopeLogs {
  const entry: ScopeLogs = { scope: undefined, logRecords: [], schemaUrl: '' }
  while (p < end) {
    p = d.field(p)
    if (d.tag === 0x0a) entry.scope = d.scope(d.start, p)
    else if (d.tag === 0x12) entry.logRecords.push(readLogRecord(d, d.start, p))
    else if (d.tag === 0x1a) entry.schemaUrl = d.text.read(d.start, p)
  }
  return entry
}

function readLogRecord(d: Decoder, p: number, end: number): LogRecord {
  const record: LogRecord = {
    timeUnixNano: 0n,
    observedTimeUnixNano: 0n,
    severityNumber: 0,
    severityText: '',
    body: undefined,
    attributes: [],
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    eventName: '',
  }
  while (p < end) {
    p = d.field(p)
    const start = d.start
    switch (d.tag) {
      case 0x09:
        record.timeUnixNano = d.data.getBigUint64(start, true)
        break
      case 0x10:
        record.severityNumber = d.value | 0
        break
      case 0x1a:
        record.severityText = d.text.read(start, p)
        break
      case 0x2a:
        record.body = d.anyValue(start, p)
        break
      case 0x32:
        record.attributes.push(d.attribute(start, p))
        break
      case 0x38:
        record.droppedAttributesCount = d.value
        break
      case 0x45:
        record.flags = d.data.getUint32(start, true)
        break
      case 0x4a:
        record.traceId = formatHex(d.bytes, start, p - start)
        break
      case 0x52:
        record.spanId = formatHex(d.bytes, start, p - start)
        break
      case 0x59:
        record.observedTimeUnixNano = d.data.getBigUint64(start, true)
        break
      case 0x62:
        record.eventName = d.text.read(start, p)
    }
  }
  return record
}
