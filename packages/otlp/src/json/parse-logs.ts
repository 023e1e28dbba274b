// SPDX-License-Identifier: Apache-2.0
import type { LogRecord } from '../model/logs.ts'
import type { JsonReader } from './json-reader.ts'

export function parseLogRecord(r: JsonReader, item: unknown): LogRecord {
  const entry: LogRecord = {
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
  const object = r.object('logRecords', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    switch (key) {
      case 'timeUnixNano':
        entry.timeUnixNano = r.uint64('LogRecord.timeUnixNano', value)
        break
      case 'observedTimeUnixNano':
        entry.observedTimeUnixNano = r.uint64('LogRecord.observedTimeUnixNano', value)
        break
      case 'severityNumber':
        entry.severityNumber = r.enum('LogRecord.severityNumber', value)
        break
      case 'severityText':
        entry.severityText = r.string('LogRecord.severityText', value)
        break
      case 'body':
        entry.body = r.anyValue('LogRecord.body', value)
        break
      case 'attributes':
        entry.attributes = r.attributes('LogRecord.attributes', value)
        break
      case 'droppedAttributesCount':
        entry.droppedAttributesCount = r.uint32('LogRecord.droppedAttributesCount', value)
        break
      case 'flags':
        entry.flags = r.uint32('LogRecord.flags', value)
        break
      case 'traceId':
        entry.traceId = r.hex('LogRecord.traceId', value)
        break
      case 'spanId':
        entry.spanId = r.hex('LogRecord.spanId', value)
        break
      case 'eventName':
        entry.eventName = r.string('LogRecord.eventName', value)
        break
      default:
        r.unknown(`LogRecord.${key}`, value)
    }
  }
  return entry
}
