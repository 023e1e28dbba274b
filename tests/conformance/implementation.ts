// SPDX-License-Identifier: Apache-2.0
import type * as api from '@otel-ts/api'
import type * as sdk from '@otel-ts/sdk'
import type { OtlpExporterOptions, OtlpWay } from './otlp-exporter-options.ts'

/** What suites use of metric exporters. */
export type MetricExporter = Pick<
  sdk.OtlpMetricExporter,
  'export' | 'selectAggregation' | 'selectAggregationTemporality' | 'shutdown'
>
/** What suites use of log exporters. */
export type LogExporter = Pick<sdk.OtlpLogExporter, 'export' | 'shutdown'>

/**
 * What the conformance suites run on: an API and an SDK with the names of opentelemetry-js, ours or its own. Suites use
 * only what both have; where npm's packages lack something, its run lists the disagreement.
 */
export interface Implementation {
  readonly name: string
  readonly api: Pick<
    typeof api,
    | 'context'
    | 'createContextKey'
    | 'createTraceState'
    | 'defaultTextMapGetter'
    | 'defaultTextMapSetter'
    | 'diag'
    | 'INVALID_SPAN_CONTEXT'
    | 'isSpanContextValid'
    | 'metrics'
    | 'propagation'
    | 'ROOT_CONTEXT'
    | 'trace'
    | 'baggageEntryMetadataFromString'
  >
  readonly sdk: Pick<
    typeof sdk,
    | 'AlwaysOffSampler'
    | 'AlwaysOnSampler'
    | 'AsyncLocalStorageContextManager'
    | 'B3InjectEncoding'
    | 'B3Propagator'
    | 'BatchSpanProcessor'
    | 'CompositePropagator'
    | 'ConsoleSpanExporter'
    | 'defaultResource'
    | 'emptyResource'
    | 'EnvironmentGetter'
    | 'EnvironmentSetter'
    | 'InMemorySpanExporter'
    | 'NodeTracerProvider'
    | 'ParentBasedSampler'
    | 'resourceFromAttributes'
    | 'SimpleSpanProcessor'
    | 'TraceIdRatioBasedSampler'
    | 'W3CBaggagePropagator'
    | 'W3CTraceContextPropagator'
  >
  /** Of packages of their own. */
  readonly jaegerPropagator: () => api.TextMapPropagator
  readonly otTracePropagator: () => api.TextMapPropagator
  /** OTLP over HTTP in both encodings, and over gRPC. */
  readonly otlpExporter: (way: OtlpWay, options: OtlpExporterOptions) => sdk.SpanExporter
  /** The same for metrics. */
  readonly metricExporter: (way: OtlpWay, options: OtlpExporterOptions & sdk.OtlpMetricOptions) => MetricExporter
  /** The same for log records. */
  readonly logExporter: (way: OtlpWay, options: OtlpExporterOptions) => LogExporter
}

/** Defines a test; a run on another implementation can turn listed ones into expected failures. */
export type DefineTest = (name: string, body: () => void | Promise<void>) => void
