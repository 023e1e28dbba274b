// SPDX-License-Identifier: Apache-2.0
import { metricsRequestEncoder } from '../export/encode-metrics-request.ts'
import { metricsJsonEncoder } from '../export/encode-metrics-request-json.ts'
import { countDataPoints } from '../export/metric-groups.ts'
import { type ExportedSignal, type OtlpExporterParts, SignalExporter } from '../export/signal-exporter.ts'
import type { AggregationOption, AggregationTemporality, ResourceMetrics } from './metric-data.ts'
import {
  type AggregationSelector,
  type AggregationTemporalitySelector,
  aggregationSelector,
  temporalitySelector,
} from './temporality.ts'

/** What metric exporters can be told besides how to reach the endpoint. Named as opentelemetry-js names it. */
export interface OtlpMetricOptions {
  /**
   * Temporality by kind of instrument; see `AggregationTemporalityPreference`. Default
   * `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, then cumulative.
   */
  temporalityPreference?: number
  /**
   * Aggregation by kind of instrument. Default: that of the specification, for histograms
   * `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`.
   */
  aggregationPreference?: AggregationSelector
}

const metrics: ExportedSignal<ResourceMetrics> = {
  signal: 'metrics',
  items: 'data points',
  countItems: countDataPoints,
  encoder: (collected, encoding) =>
    encoding === 'json' ? metricsJsonEncoder(collected) : metricsRequestEncoder(collected),
}

/** Encodes collected metrics and sends them through an OTLP client. Base of the upstream-named classes. */
export class OtlpMetricExporter extends SignalExporter<ResourceMetrics> {
  readonly #temporality: AggregationTemporalitySelector
  readonly #aggregation: AggregationSelector

  constructor(parts: OtlpExporterParts, options: OtlpMetricOptions = {}) {
    super(parts, metrics)
    this.#temporality = temporalitySelector(options.temporalityPreference)
    this.#aggregation = aggregationSelector(options.aggregationPreference)
  }

  /** The temporality that instruments of this kind shall have; see `InstrumentType`. */
  selectAggregationTemporality(instrumentType: string): AggregationTemporality {
    return this.#temporality(instrumentType)
  }

  /** The aggregation that instruments of this kind shall have unless a view says otherwise. */
  selectAggregation(instrumentType: string): AggregationOption {
    return this.#aggregation(instrumentType)
  }
}

/**
 * A metric exporter over any OTLP client; reads no environment unless `options` leave something out.
 *
 * @example
 * ```ts
 * import { createOtlpMetricExporter } from '@otel-ts/sdk'
 * const client = { send: async () => ({ result: 'accepted', partialSuccess: undefined }) as const, shutdown: async () => {} }
 * const exporter = createOtlpMetricExporter({ client, encoding: 'protobuf', destination: 'test', concurrencyLimit: 30 })
 * console.log(exporter.selectAggregationTemporality('COUNTER')) // 1
 * ```
 */
export function createOtlpMetricExporter(parts: OtlpExporterParts, options?: OtlpMetricOptions): OtlpMetricExporter {
  return new OtlpMetricExporter(parts, options)
}
