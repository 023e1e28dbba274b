// SPDX-License-Identifier: Apache-2.0

import type { OtlpGrpcExporterOptions } from '../export/otlp-options.ts'
import { exporterParts } from '../export/otlp-parts.ts'
import { OtlpTraceExporter } from '../export/otlp-trace-exporter.ts'
import { OtlpLogExporter } from '../logs/otlp-log-exporter.ts'
import { OtlpMetricExporter, type OtlpMetricOptions } from '../metrics/otlp-metric-exporter.ts'

export type {
  OtlpExporterOptions,
  OtlpGrpcExporterOptions as OTLPGRPCExporterConfigNode,
  OtlpGrpcMetadata,
  OtlpProxy,
} from '../export/otlp-options.ts'
export type { OtlpMetricOptions } from '../metrics/otlp-metric-exporter.ts'
export {
  type AggregationSelector,
  AggregationTemporalityPreference,
  type AggregationTemporalitySelector,
} from '../metrics/temporality.ts'

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

/** Options of {@link OTLPMetricExporter}. */
export interface OTLPMetricExporterOptions extends OtlpGrpcExporterOptions, OtlpMetricOptions {}

/**
 * Sends metrics over gRPC. Takes what a metric SDK collects, in the shape of `@opentelemetry/sdk-metrics` 2.x and 3.x, as its
 * `PushMetricExporter`.
 *
 * @example
 * ```ts
 * import { OTLPMetricExporter } from '@otel-ts/sdk/otlp-grpc'
 * const exporter = new OTLPMetricExporter({ url: 'http://collector:4317', temporalityPreference: 0 })
 * console.log(exporter.destination) // http://collector:4317
 * console.log(exporter.selectAggregationTemporality('HISTOGRAM')) // 0
 * await exporter.shutdown()
 * ```
 */
export class OTLPMetricExporter extends OtlpMetricExporter {
  constructor(options?: OTLPMetricExporterOptions) {
    super(exporterParts('metrics', options, 'grpc'), options)
  }
}

/**
 * Sends log records over gRPC. Takes them in the shape of `@opentelemetry/sdk-logs` 0.2xx and 3.x, as its `LogRecordExporter`.
 *
 * @example
 * ```ts
 * import { OTLPLogExporter } from '@otel-ts/sdk/otlp-grpc'
 * const exporter = new OTLPLogExporter({ url: 'http://collector:4317' })
 * console.log(exporter.destination) // http://collector:4317
 * await exporter.shutdown()
 * ```
 */
export class OTLPLogExporter extends OtlpLogExporter {
  constructor(options?: OtlpGrpcExporterOptions) {
    super(exporterParts('logs', options, 'grpc'))
  }
}
