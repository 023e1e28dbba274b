// SPDX-License-Identifier: Apache-2.0

export { type Sampler, SamplingDecision, type SamplingResult } from '@otel-ts/api'
export { AsyncLocalStorageContextManager } from './context/async-local-storage-context-manager.ts'
export type { ChannelContext, StoreChannel } from './context/bind-channel.ts'
export { isTracingSuppressed, suppressTracing, unsuppressTracing } from './context/suppress-tracing.ts'
export { createOtlpTraceExporter, type OtlpTraceExporterParts } from './export/otlp-trace-exporter.ts'
export type { OtlpExporterParts } from './export/signal-exporter.ts'
export { createOtlpLogExporter, type OtlpLogExporter } from './logs/otlp-log-exporter.ts'
export type { ReadableLogRecord } from './logs/readable-log-record.ts'
export type {
  AggregationOption,
  AggregationTemporality,
  AggregationType,
  DataPoint,
  DataPointType,
  Exemplar,
  ExponentialBuckets,
  ExponentialHistogram,
  Histogram,
  InstrumentType,
  MetricData,
  MetricDescriptor,
  ResourceMetrics,
  ScopeMetrics,
} from './metrics/metric-data.ts'
export {
  createOtlpMetricExporter,
  type OtlpMetricExporter,
  type OtlpMetricOptions,
} from './metrics/otlp-metric-exporter.ts'
export type { AggregationSelector, AggregationTemporalitySelector } from './metrics/temporality.ts'
export { type Instrumentation, NodeSDK, type NodeSDKConfiguration } from './node/node-sdk.ts'
export { NodeTracerProvider } from './node/node-tracer-provider.ts'
export { registerSdk, type SdkRegistrationConfig } from './node/register.ts'
export {
  B3_CONTEXT_HEADER,
  B3InjectEncoding,
  B3Propagator,
  type B3PropagatorConfig,
  X_B3_FLAGS,
  X_B3_PARENT_SPAN_ID,
  X_B3_SAMPLED,
  X_B3_SPAN_ID,
  X_B3_TRACE_ID,
} from './propagation/b3-propagator.ts'
export { CompositePropagator, type CompositePropagatorConfig } from './propagation/composite-propagator.ts'
export {
  type ChildProcessEnvironmentOptions,
  childProcessEnvironment,
  EnvironmentGetter,
  EnvironmentSetter,
  type EnvironmentVariables,
} from './propagation/environment-carrier.ts'
export { W3CBaggagePropagator, type W3CBaggagePropagatorConfig } from './propagation/w3c-baggage-propagator.ts'
export {
  TRACE_PARENT_HEADER,
  TRACE_STATE_HEADER,
  W3CTraceContextPropagator,
} from './propagation/w3c-trace-context-propagator.ts'
export { defaultResource, defaultServiceName } from './resource/default-resource.ts'
export { environmentResource } from './resource/env-resource.ts'
export {
  type DetectedResourceAttributes,
  emptyResource,
  type MaybePromise,
  type RawResourceAttribute,
  type Resource,
  type ResourceOptions,
  resourceFromAttributes,
} from './resource/resource.ts'
export { AlwaysRecordSampler } from './sampling/always-record-sampler.ts'
export type {
  ComposableSampler,
  SamplingArguments,
  SamplingIntent,
  SamplingPredicate,
  SamplingRule,
} from './sampling/composable-sampler.ts'
export {
  createComposableAlwaysOffSampler,
  createComposableAlwaysOnSampler,
  createComposableAnnotatingSampler,
  createComposableParentThresholdSampler,
  createComposableProbabilitySampler,
  createComposableRuleBasedSampler,
} from './sampling/composable-samplers.ts'
export { createCompositeSampler } from './sampling/composite-sampler.ts'
export { JaegerRemoteSampler, type JaegerRemoteSamplerOptions } from './sampling/jaeger-remote-sampler.ts'
export { ProbabilitySampler, type ProbabilitySamplerOptions } from './sampling/probability-sampler.ts'
export {
  BatchSpanProcessor,
  type BatchSpanProcessorOptions,
  type BatchSpanProcessorSettings,
} from './trace/batch-span-processor.ts'
export { ConsoleSpanExporter } from './trace/console-span-exporter.ts'
export { type IdGenerator, RandomIdGenerator } from './trace/id-generator.ts'
export { InMemorySpanExporter } from './trace/in-memory-span-exporter.ts'
export type { GeneralLimits, SpanLimits } from './trace/limits.ts'
export type { InstrumentationScope, ReadableSpan, Span, TimedEvent } from './trace/readable-span.ts'
export {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type ParentBasedSamplerOptions,
  TraceIdRatioBasedSampler,
} from './trace/samplers.ts'
export { SimpleSpanProcessor, type SimpleSpanProcessorOptions } from './trace/simple-span-processor.ts'
export {
  type ExportResult,
  ExportResultCode,
  NoopSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from './trace/span-processor.ts'
export type { TracerConfig, TracerConfigurator } from './trace/tracer-configurator.ts'
export {
  type ForceFlushOptions,
  type ShutdownOptions,
  TracerProvider,
  type TracerProviderOptions,
} from './trace/tracer-provider.ts'
