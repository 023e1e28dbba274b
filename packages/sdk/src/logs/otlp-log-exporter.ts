// SPDX-License-Identifier: Apache-2.0
import { logsRequestEncoder } from '../export/encode-logs-request.ts'
import { logsJsonEncoder } from '../export/encode-logs-request-json.ts'
import { type ExportedSignal, type OtlpExporterParts, SignalExporter } from '../export/signal-exporter.ts'
import type { ReadableLogRecord } from './readable-log-record.ts'

const logs: ExportedSignal<readonly ReadableLogRecord[]> = {
  signal: 'logs',
  items: 'log records',
  countItems: (records) => records.length,
  encoder: (records, encoding) => (encoding === 'json' ? logsJsonEncoder(records) : logsRequestEncoder(records)),
}

/** Encodes log records and sends them through an OTLP client. Base of the upstream-named classes. */
export class OtlpLogExporter extends SignalExporter<readonly ReadableLogRecord[]> {
  constructor(parts: OtlpExporterParts) {
    super(parts, logs)
  }
}
