// SPDX-License-Identifier: Apache-2.0
import type { MeterProvider, TracerProvider } from '@otel-ts/api'
import type { Schema } from '@otel-ts/confmap'
import type { Clock, Consume, Consumer, Signal } from '@otel-ts/otlp'
import type { MemoryAccount } from './pipeline/memory-account.ts'
import type { Counters } from './self-telemetry/counters.ts'
import type { ComponentEvents } from './self-telemetry/events.ts'
import type { ComponentLogger } from './self-telemetry/log.ts'

/** Kinds of components, as singular words; sections of a configuration are their plurals. */
export type ComponentKind = 'receiver' | 'processor' | 'exporter' | 'connector' | 'extension'

/** Upstream's stability words, per signal, shown by `components` and in the component's README. */
export type Stability = 'development' | 'alpha' | 'beta' | 'stable' | 'deprecated'

/** Something with a life; what needs none has neither step. Both are called at most once, `shutdown` only after `start` has settled. */
export interface Lifecycle {
  /** Resolves when the component is ready: listeners bound, files open. Rejecting stops the whole start. */
  start?(): Promise<void>
  /**
   * Drains what the component owns to the next consumer, then frees it. `deadline` aborts when time is up: what is still
   * held then is counted as lost. Consumers downstream are alive until it has settled.
   */
  shutdown?(deadline: AbortSignal): Promise<void>
}

/** What every component instance is given. Components never read globals. */
export interface ComponentSettings {
  /** `type` or `type/name`, as the configuration says. */
  readonly id: string
  readonly kind: ComponentKind
  /** Pipeline of a processor instance, such as `traces/2`; undefined for the other kinds, which are shared. */
  readonly pipeline: string | undefined
  readonly buildVersion: string
  readonly log: ComponentLogger
  readonly events: ComponentEvents
  readonly counters: Counters
  /** Where owners of batches state what they hold, so that `memory_limiter` can refuse in time. */
  readonly memory: MemoryAccount
  readonly clock: Clock
  /** From 0 to 1, for jitter. */
  readonly random: () => number
  readonly tracerProvider: TracerProvider | undefined
  readonly meterProvider: MeterProvider | undefined
  /** Runs work of which no spans are made: requests to destinations. See `CollectorOptions`. */
  untraced<T>(work: () => T): T
  /** Extension instance by id, after all extensions have started; undefined when not configured. */
  extension(id: string): Lifecycle | undefined
  /** Reports that the component cannot go on; the collector shuts down with this error. */
  fail(error: Error): void
}

/** What every kind of component declares. One value gives type, configuration schema, JSON schema and README table. */
export interface ComponentDeclaration<Config> {
  /** Name in configurations, such as `otlp_http`. */
  readonly type: string
  /** Older names that still load, with a warning: `otlphttp`. */
  readonly aliases: readonly string[]
  /** One sentence for `components` and the README. */
  readonly description: string
  /** Signals that the component takes, each with its stability. */
  readonly stability: Readonly<Partial<Record<Signal | 'extension', Stability>>>
  readonly config: Schema<Config>
  /** Why this configuration cannot serve pipelines of a signal; undefined when it can. Asked before anything starts. */
  signalProblem?(config: Config, signal: Signal): string | undefined
}

/** Consumers that a receiver feeds, per signal that some pipeline uses it for. */
export type NextBySignal = Readonly<Partial<Record<Signal, Consume>>>

/** One instance per id, shared by all pipelines that name it. */
export interface ReceiverComponent<Config> extends ComponentDeclaration<Config> {
  readonly kind: 'receiver'
  create(config: Config, settings: ComponentSettings, next: NextBySignal): Lifecycle
}

/** One instance per pipeline. */
export interface ProcessorComponent<Config> extends ComponentDeclaration<Config> {
  readonly kind: 'processor'
  create(config: Config, settings: ComponentSettings, signal: Signal, next: Consume): Lifecycle & Consumer
}

/** One instance per id, shared by all pipelines and signals that name it. */
export interface ExporterComponent<Config> extends ComponentDeclaration<Config> {
  readonly kind: 'exporter'
  create(config: Config, settings: ComponentSettings): Lifecycle & Consumer
}

/** Where a connector's output goes. */
export interface ConnectorOutputs {
  /** All pipelines of a signal that name the connector as receiver, together. */
  readonly bySignal: NextBySignal
  /** Each of them by its id, for connectors that choose. */
  readonly byPipeline: ReadonlyMap<string, { readonly signal: Signal; readonly consume: Consume }>
}

/** One instance per id; consumes in one set of pipelines and feeds another. */
export interface ConnectorComponent<Config> extends ComponentDeclaration<Config> {
  readonly kind: 'connector'
  /** Pairs of signals that this connector can join. */
  readonly joins: readonly (readonly [from: Signal, to: Signal])[]
  create(config: Config, settings: ComponentSettings, outputs: ConnectorOutputs): Lifecycle & Consumer
}

/** One instance per id; starts before and stops after everything else. */
export interface ExtensionComponent<Config> extends ComponentDeclaration<Config> {
  readonly kind: 'extension'
  create(config: Config, settings: ComponentSettings): Lifecycle
}

/** A component of any kind. */
export type Component<Config = unknown> =
  | ReceiverComponent<Config>
  | ProcessorComponent<Config>
  | ExporterComponent<Config>
  | ConnectorComponent<Config>
  | ExtensionComponent<Config>

/** Maps a component's names to the module that holds it, loaded only when a configuration names it. */
export interface ComponentEntry {
  readonly kind: ComponentKind
  readonly type: string
  readonly aliases: readonly string[]
  load(): Promise<Component>
}
