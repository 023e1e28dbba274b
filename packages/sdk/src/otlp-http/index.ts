// SPDX-License-Identifier: Apache-2.0

import type { OtlpHttpExporterOptions } from '../export/otlp-options.ts'
import { exporterParts } from '../export/otlp-parts.ts'
import { OtlpTraceExporter } from '../export/otlp-trace-exporter.ts'

export type {
  HttpAgentFactory,
  OtlpExporterOptions,
  OtlpHttpExporterOptions as OTLPExporterConfig,
  OtlpProxy,
} from '../export/otlp-options.ts'

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
    super(exporterParts('traces', options, 'http/json'))
  }
}
