// SPDX-License-Identifier: Apache-2.0

import type { OtlpHttpExporterOptions } from '../export/otlp-http-options.ts'
import { OtlpTraceExporter, traceExporterParts } from '../export/otlp-trace-exporter.ts'

export type { OtlpHttpExporterOptions as OTLPExporterConfig } from '../export/otlp-http-options.ts'

/**
 * Sends spans as JSON over HTTP. Retries what may be retried, within `timeoutMillis`. Protobuf (`otlp-proto`) takes a
 * third of the CPU and half of the bytes.
 *
 * @example
 * ```ts
 * import { OTLPTraceExporter } from '@otel-ts/sdk/otlp-http'
 * const exporter = new OTLPTraceExporter({ url: 'http://collector:4318/v1/traces' })
 * console.log(exporter.destination) // http://collector:4318/v1/traces
 * await exporter.shutdown()
 * ```
 */
export class OTLPTraceExporter extends OtlpTraceExporter {
  constructor(options?: OtlpHttpExporterOptions) {
    super(traceExporterParts(options, 'json'))
  }
}
