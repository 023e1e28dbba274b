// SPDX-License-Identifier: Apache-2.0
export type { AnyValue, Attributes, AttributeValue } from './attributes.ts'
export {
  type Baggage,
  type BaggageEntry,
  type BaggageEntryMetadata,
  baggageEntryMetadataFromString,
} from './baggage/baggage.ts'
export { type Context, createContextKey, ROOT_CONTEXT } from './context/context.ts'
export { type ContextAPI, context } from './context/context-api.ts'
export { addContextAttributes, getContextAttributes } from './context/context-attributes.ts'
export type { ContextManagementToken, ContextManager } from './context/context-manager.ts'
export { DiagConsoleLogger } from './diag/console-logger.ts'
export { type DiagAPI, diag } from './diag/diag-api.ts'
export {
  type ComponentLoggerOptions,
  type DiagLogFunction,
  type DiagLogger,
  type DiagLoggerOptions,
  DiagLogLevel,
} from './diag/diag-logger.ts'
export { type ApiErrorCode, apiErrors } from './errors.ts'
export type { Exception } from './exception.ts'
export type { LogRecord } from './logs/log-record.ts'
export type { Logger, LoggerEnabledOptions, LoggerOptions, LoggerProvider } from './logs/logger.ts'
export { type LogsAPI, logs } from './logs/logs-api.ts'
export { createNoopLogger } from './logs/noop-logger.ts'
export { SeverityNumber } from './logs/severity-number.ts'
export {
  type BatchObservableCallback,
  type BatchObservableResult,
  type BoundAdder,
  type BoundRecorder,
  type Counter,
  type Gauge,
  type Histogram,
  type InstrumentEnabledOptions,
  type MetricAdvice,
  type MetricAttributes,
  type MetricAttributeValue,
  type MetricOptions,
  type Observable,
  type ObservableCallback,
  type ObservableCounter,
  type ObservableGauge,
  type ObservableResult,
  type ObservableUpDownCounter,
  type UpDownCounter,
  ValueType,
} from './metrics/instrument.ts'
export type { Meter, MeterOptions, MeterProvider } from './metrics/meter.ts'
export { type MetricsAPI, metrics } from './metrics/metrics-api.ts'
export { createNoopMeter } from './metrics/noop-meter.ts'
export { type PropagationAPI, propagation } from './propagation/propagation-api.ts'
export {
  defaultTextMapGetter,
  defaultTextMapSetter,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from './propagation/text-map.ts'
export type { HrTime, TimeInput } from './time.ts'
export type { Link } from './trace/link.ts'
export { ProxyTracer, ProxyTracerProvider, type TracerDelegator } from './trace/proxy-tracer.ts'
export { type Sampler, SamplingDecision, type SamplingResult } from './trace/sampler.ts'
export type { Span, SpanAttributes, SpanAttributeValue } from './trace/span.ts'
export {
  INVALID_SPAN_CONTEXT,
  INVALID_SPANID,
  INVALID_TRACEID,
  isSpanContextValid,
  isValidSpanId,
  isValidTraceId,
  type SpanContext,
  spanIdBytes,
  traceIdBytes,
} from './trace/span-context.ts'
export { SpanKind } from './trace/span-kind.ts'
export { type SpanStatus, SpanStatusCode } from './trace/span-status.ts'
export { type TraceAPI, trace } from './trace/trace-api.ts'
export { TraceFlags } from './trace/trace-flags.ts'
export { createTraceState, type TraceState } from './trace/trace-state.ts'
export type { SpanOptions, Tracer, TracerEnabledOptions, TracerOptions, TracerProvider } from './trace/tracer.ts'
export { type ActiveSpanOptions, withActiveSpan } from './trace/with-active-span.ts'
