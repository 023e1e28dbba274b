// SPDX-License-Identifier: Apache-2.0
import type {
  AnyValue,
  Batch,
  KeyValue,
  LogRecord,
  RecordsBySignal,
  ResourceLogs,
  ResourceSpans,
  Signal,
  Span,
} from '@otel-ts/otlp'

/** A span with every field at its default but those given. */
export function spanRecord(fields: Partial<Span> = {}): Span {
  return {
    traceId: '0102030405060708090a0b0c0d0e0f10',
    spanId: '0102030405060708',
    traceState: '',
    parentSpanId: '',
    flags: 0,
    name: '',
    kind: 0,
    startTimeUnixNano: 1_000_000_000n,
    endTimeUnixNano: 1_000_000_000n,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: undefined,
    ...fields,
  }
}

/** A log record with every field at its default but those given. */
export function logRecord(fields: Partial<LogRecord> = {}): LogRecord {
  return {
    timeUnixNano: 1_000_000_000n,
    observedTimeUnixNano: 1_000_000_000n,
    severityNumber: 0,
    severityText: '',
    body: undefined,
    attributes: [],
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    eventName: '',
    ...fields,
  }
}

/** Spans of one service, as in an export request. */
export function spansOfService(service: string, spans: Span[], attributes: KeyValue[] = []): ResourceSpans {
  const all = [{ key: 'service.name', value: service as AnyValue }, ...attributes]
  return {
    resource: { attributes: all, droppedAttributesCount: 0, entityRefs: [] },
    scopeSpans: [
      { scope: { name: 'scope', version: '1', attributes: [], droppedAttributesCount: 0 }, spans, schemaUrl: '' },
    ],
    schemaUrl: '',
  }
}

/** Log records of one service, as in an export request. */
export function logsOfService(service: string, logRecords: LogRecord[]): ResourceLogs {
  return {
    resource: { attributes: [{ key: 'service.name', value: service }], droppedAttributesCount: 0, entityRefs: [] },
    scopeLogs: [{ scope: undefined, logRecords, schemaUrl: '' }],
    schemaUrl: '',
  }
}

/** A batch that has records only: for readers of `records()` that need no bytes. The records are shared, not copied. */
export function recordsBatch<S extends Signal>(signal: S, records: RecordsBySignal[S]): Batch<S> {
  const refuse = (): never => {
    throw new Error('recordsBatch: it has records only; use batchFromRecords where bytes or the index are read')
  }
  return { signal, itemCount: 0, byteCount: 0, chunks: refuse, index: refuse, records: () => records, edit: refuse }
}
