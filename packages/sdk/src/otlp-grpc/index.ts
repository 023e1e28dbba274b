// SPDX-License-Identifier: Apache-2.0

import type { OtlpGrpcExporterOptions } from '../export/otlp-options.ts'
import { exporterParts } from '../export/otlp-parts.ts'
import { OtlpTraceExporter } from '../export/otlp-trace-exporter.ts'

export type {
  OtlpExporterOptions,
  OtlpGrpcExporterOptions as OTLPGRPCExporterConfigNode,
  OtlpGrpcMetadata,
  OtlpProxy,
} from '../export/otlp-options.ts'

/**
 * Sends spans over gRPC. Retries what may be retried, within `timeoutMillis`. The code of gRPC is loaded with the first
 * export.
 *
 * @throws OTLP_OPTION for `credentials` of grpc-js other than those of `createInsecure()`.
 *
 * @example
 * ```ts
 * import { OTLPTraceExporter } from '@otel-ts/sdk/otlp-grpc'
 * const exporter = new OTLPTraceExporter({ url: 'http://collector:4317' })
 * console.log(exporter.destination) // http://collector:4317
 * await exporter.shutdown()
 * ```
 */
export class OTLPTraceExporter extends OtlpTraceExporter {
  constructor(options?: OtlpGrpcExporterOptions) {
    super(exporterParts('traces', options, 'grpc'))
  }
}
