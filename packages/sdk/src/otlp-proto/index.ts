// SPDX-License-Identifier: Apache-2.0

import type { OtlpHttpExporterOptions } from '../export/otlp-options.ts'
import { exporterParts } from '../export/otlp-parts.ts'
import { OtlpTraceExporter } from '../export/otlp-trace-exporter.ts'
import { OtlpLogExporter } from '../logs/otlp-log-exporter.ts'
import { OtlpMetricExporter, type OtlpMetricOptions } from '../metrics/otlp-metric-exporter.ts'

export type {
  HttpAgentFactory,
  OtlpExporterOptions,
  OtlpHttpExporterOptions as OTLPExporterConfig,
  OtlpProxy,
} from '../export/otlp-options.ts'
export type { OtlpMetricOptions } from '../metrics/otlp-metric-exporter.ts'
export {
  type AggregationSelector,
  AggregationTemporalityPreference,
  type AggregationTemporalitySelector,
} from '../metrics/temporality.ts'

/**
 * Sends spans as protobuf over HTTP. Retries what may be retried, within `timeoutMillis`.
 *
 * @example
 * ```ts
 * import { OTLPTraceExporter } from '@otel-ts/sdk/otlp-proto'
 * const exporter = new OTLPTraceExporter({ url: 'http://collector:4318/v1/traces' })
 * console.log(exporter.destination) // http://collector:4318/v1/traces
 * await exporter.shutdown()
 * ```
 */
export class OTLPTraceExporter extends OtlpTraceExporter {
  constructor(options?: OtlpHttpExporterOptions) {
    super(exporterParts('traces', options, 'http/protobuf'))
  }
}

/** Options of {@link OTLPMetricExporter}. */
export interface OTLPMetricExporterOptions extends OtlpHttpExporterOptions, OtlpMetricOptions {}

/**
 * Sends metrics as protobuf over HTTP. Takes what a metric SDK collects, in the shape of `@opentelemetry/sdk-metrics` 2.x and 3.x, as its
 * `PushMetricExporter`.
 *
 * @example
 * ```ts
 * import { OTLPMetricExporter } from '@otel-ts/sdk/otlp-proto'
 * const exporter = new OTLPMetricExporter({ url: 'http://collector:4318/v1/metrics', temporalityPreference: 0 })
 * console.log(exporter.destination) // http://collector:4318/v1/metrics
 * console.log(exporter.selectAggregationTemporality('HISTOGRAM')) // 0
 * await exporter.shutdown()
 * ```
 */
export class OTLPMetricExporter extends OtlpMetricExporter {
  constructor(options?: OTLPMetricExporterOptions) {
    super(exporterParts('metrics', options, 'http/protobuf'), options)
  }
}

/**
 * Sends log records as protobuf over HTTP. Takes them in the shape of `@opentelemetry/sdk-logs` 0.2xx and 3.x, as its `LogRecordExporter`.
 *
 * @example
 * ```ts
 * import { OTLPLogExporter } from '@otel-ts/sdk/otlp-proto'
 * const exporter = new OTLPLogExporter({ url: 'http://collector:4318/v1/logs' })
 * console.log(exporter.destination) // http://collector:4318/v1/logs
 * await exporter.shutdown()
 * ```
 */
export class OTLPLogExporter extends OtlpLogExporter {
  constructor(options?: OtlpHttpExporterOptions) {
    super(exporterParts('logs', options, 'http/protobuf'))
  }
}
