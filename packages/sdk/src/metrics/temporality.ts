// SPDX-License-Identifier: Apache-2.0
import { readEnum } from '../env/read.ts'
import { sdkEvents } from '../events.ts'
import { type AggregationOption, AggregationTemporality, AggregationType, InstrumentType } from './metric-data.ts'

/**
 * Which temporality an exporter asks the SDK for, by kind of instrument: metrics/sdk_exporters/otlp.md. Numbers are those of
 * opentelemetry-js.
 *
 * - `CUMULATIVE`: cumulative for all.
 * - `DELTA`: cumulative for up-down counters, observed ones too; delta for all others.
 * - `LOWMEMORY`: delta for counters and histograms that are not observed, which then keep no state between exports;
 *   cumulative for all others.
 *
 * @example
 * ```ts
 * import { AggregationTemporalityPreference, OTLPMetricExporter } from '@otel-ts/sdk/otlp-proto'
 * const exporter = new OTLPMetricExporter({ temporalityPreference: AggregationTemporalityPreference.LOWMEMORY })
 * console.log(exporter.selectAggregationTemporality('COUNTER')) // 0
 * console.log(exporter.selectAggregationTemporality('OBSERVABLE_COUNTER')) // 1
 * ```
 */
export const AggregationTemporalityPreference: {
  readonly DELTA: 0
  readonly CUMULATIVE: 1
  readonly LOWMEMORY: 2
} = { DELTA: 0, CUMULATIVE: 1, LOWMEMORY: 2 }
/** See {@link AggregationTemporalityPreference}. */
export type AggregationTemporalityPreference = 0 | 1 | 2

/** Chooses the temporality of an instrument by its kind. */
export type AggregationTemporalitySelector = (instrumentType: string) => AggregationTemporality

/** Chooses the aggregation of an instrument by its kind. */
export type AggregationSelector = (instrumentType: string) => AggregationOption

const cumulativeWithDelta: ReadonlySet<string> = new Set([
  InstrumentType.UP_DOWN_COUNTER,
  InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
])
const deltaWithLowMemory: ReadonlySet<string> = new Set([InstrumentType.COUNTER, InstrumentType.HISTOGRAM])

function selectorOf(preference: AggregationTemporalityPreference): AggregationTemporalitySelector {
  const { DELTA, CUMULATIVE } = AggregationTemporality
  switch (preference) {
    case AggregationTemporalityPreference.DELTA:
      return (instrumentType) => (cumulativeWithDelta.has(instrumentType) ? CUMULATIVE : DELTA)
    case AggregationTemporalityPreference.LOWMEMORY:
      return (instrumentType) => (deltaWithLowMemory.has(instrumentType) ? DELTA : CUMULATIVE)
    default:
      return () => CUMULATIVE
  }
}

const preferenceWords: Readonly<Record<string, AggregationTemporalityPreference>> = {
  cumulative: AggregationTemporalityPreference.CUMULATIVE,
  delta: AggregationTemporalityPreference.DELTA,
  lowmemory: AggregationTemporalityPreference.LOWMEMORY,
}

/** The selector that an option names, or without one `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, or cumulative. */
export function temporalitySelector(option: number | undefined): AggregationTemporalitySelector {
  if (option === 0 || option === 1 || option === 2) return selectorOf(option)
  if (option !== undefined && option !== null) {
    const allowed = '0 (delta), 1 (cumulative), 2 (low memory)'
    sdkEvents.invalidSetting('temporalityPreference', String(option), allowed, 'it is ignored')
  }
  const word = readEnum('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE') ?? 'cumulative'
  return selectorOf(preferenceWords[word]!)
}

/**
 * The selector given, or without one: the SDK's default for all kinds but histograms, for which
 * `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION` may ask for exponential ones.
 */
export function aggregationSelector(option: AggregationSelector | undefined): AggregationSelector {
  if (typeof option === 'function') return option
  const word = readEnum('OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION')
  const isExponential = word === 'base2_exponential_bucket_histogram'
  return (instrumentType) =>
    isExponential && instrumentType === InstrumentType.HISTOGRAM
      ? { type: AggregationType.EXPONENTIAL_HISTOGRAM }
      : { type: AggregationType.DEFAULT }
}
