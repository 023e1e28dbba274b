// SPDX-License-Identifier: Apache-2.0

export type { Collector, CollectorOptions } from './collector.ts'
export { createCollector } from './collector.ts'
export type {
  Component,
  ComponentDeclaration,
  ComponentEntry,
  ComponentKind,
  ComponentSettings,
  ConnectorComponent,
  ConnectorOutputs,
  ExporterComponent,
  ExtensionComponent,
  Lifecycle,
  NextBySignal,
  ProcessorComponent,
  ReceiverComponent,
  Stability,
} from './component.ts'
export type { ComponentCatalog } from './components.ts'
export { createCatalog, listComponents, standardComponents } from './components.ts'
export type { CollectorConfig, ConfigResult, ConfiguredByKind, ConfiguredComponent } from './config/config.ts'
export { loadConfig } from './config/config.ts'
export type { LogsConfig, ServiceConfig } from './config/service.ts'
export { dedicateProcess } from './dedicate-process.ts'
export type { CollectorError, CollectorErrorCode } from './errors.ts'
export { collectorError, collectorErrors } from './errors.ts'
export { fanOut } from './pipeline/fan-out.ts'
export { MemoryAccount } from './pipeline/memory-account.ts'
export type { PipelinePlan, PlannedNode } from './pipeline/plan.ts'
export type { CounterAttributes, CounterValue } from './self-telemetry/counters.ts'
export { Counters } from './self-telemetry/counters.ts'
export type { ComponentEvents, ItemEvent, ItemFailure } from './self-telemetry/events.ts'
export { componentEvents, itemNames } from './self-telemetry/events.ts'
export type {
  ComponentLogger,
  ConsoleLogOptions,
  LogFields,
  LogLevel,
  LogLine,
  LogSink,
} from './self-telemetry/log.ts'
export { consoleLogSink, createLogger, LineThrottle } from './self-telemetry/log.ts'
export type { QueueConfig, RetryConfig } from './sending/config.ts'
export { queueField, retryField, timeoutField } from './sending/config.ts'
export type { Send, Sending, SendingOptions } from './sending/sending.ts'
export { createSending } from './sending/sending.ts'
export { version } from './version.ts'
