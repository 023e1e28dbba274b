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

/**
 * A log exporter over any OTLP client: reads no environment, has no defaults.
 *
 * @example
 * ```ts
 * import { createOtlpLogExporter } from '@otel-ts/sdk'
 * const client = { send: async () => ({ result: 'accepted', partialSuccess: undefined }) as const, shutdown: async () => {} }
 * const exporter = createOtlpLogExporter({ client, encoding: 'protobuf', destination: 'test', concurrencyLimit: 30 })
 * exporter.export([], (result) => console.log(result)) // { code: 0 }
 * ```
 */
export function createOtlpLogExporter(parts: OtlpExporterParts): OtlpLogExporter {
  return new OtlpLogExporter(parts)
}
