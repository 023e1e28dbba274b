// SPDX-License-Identifier: Apache-2.0
import type { AnyValue } from '../attributes.ts'
import type { Context } from '../context/context.ts'

/**
 * Attributes of a measurement; see `Attributes`.
 *
 * Instruments are generic in these, and a generic meter of `@opentelemetry/api` < 1.10, whose attribute values are a few
 * kinds only, is assignable to ours only if values of ours are assignable to that.
 */
export interface MetricAttributes {
  // biome-ignore lint/suspicious/noExplicitAny: see above; `unknown` is assignable to nothing
  [attributeKey: string]: any
}

/** Value of an attribute of a measurement. */
export type MetricAttributeValue = AnyValue

/** Whether an instrument counts in integers or doubles. */
export const ValueType: {
  readonly INT: 0
  /** The default. */
  readonly DOUBLE: 1
  readonly [value: number]: string
} = { INT: 0, DOUBLE: 1, 0: 'INT', 1: 'DOUBLE' }

/** A value of {@link ValueType}. */
export type ValueType = 0 | 1

/** Advice to the SDK; views override it. Specification: metrics/api.md#instrument-advisory-parameters. */
export interface MetricAdvice {
  /** Bucket boundaries for a histogram, ascending. */
  explicitBucketBoundaries?: number[]
  /** Keys of the attributes to keep; others are dropped unless a view wants them. In development in the specification. */
  attributes?: string[]
}

/** What an instrument can be given when it is created. */
export interface MetricOptions {
  /** Default `''`. */
  description?: string
  /** UCUM unit, case-sensitive, at most 63 ASCII characters. Default `''`. */
  unit?: string
  /** Default {@link ValueType.DOUBLE}. */
  valueType?: ValueType
  advice?: MetricAdvice
}

/** What `enabled` of an instrument may look at. */
export interface InstrumentEnabledOptions {
  /** Default: the active context. */
  context?: Context
}

/** What every instrument of this project has beside npm's; absent on instruments of `@opentelemetry/*` SDKs. */
interface EnabledInstrument {
  /**
   * Whether a measurement made now could be recorded; ask before costly work that only feeds a measurement, each time
   * anew. Read absence as true. Specification: metrics/api.md#enabled.
   */
  enabled?(options?: InstrumentEnabledOptions): boolean
}

/** A counter or up-down counter with its attributes given once. */
export interface BoundAdder {
  add(value: number, context?: Context): void
}

/** A gauge or histogram with its attributes given once. */
export interface BoundRecorder {
  record(value: number, context?: Context): void
}

/** Sums non-negative increments. */
export interface Counter<AttributesTypes extends MetricAttributes = MetricAttributes> extends EnabledInstrument {
  /** Adds `value >= 0`. */
  add(value: number, attributes?: AttributesTypes, context?: Context): void
  /** The counter with its attributes fixed, for hot paths. In development: metrics/api.md#bind. */
  bind?(attributes: AttributesTypes): BoundAdder
}

/** Sums increments of either sign. */
export interface UpDownCounter<AttributesTypes extends MetricAttributes = MetricAttributes> extends EnabledInstrument {
  add(value: number, attributes?: AttributesTypes, context?: Context): void
  /** The counter with its attributes fixed, for hot paths. In development: metrics/api.md#bind. */
  bind?(attributes: AttributesTypes): BoundAdder
}

/** Keeps the last value. */
export interface Gauge<AttributesTypes extends MetricAttributes = MetricAttributes> extends EnabledInstrument {
  record(value: number, attributes?: AttributesTypes, context?: Context): void
  /** The gauge with its attributes fixed, for hot paths. In development: metrics/api.md#bind. */
  bind?(attributes: AttributesTypes): BoundRecorder
}

/** Summarises the distribution of non-negative values. */
export interface Histogram<AttributesTypes extends MetricAttributes = MetricAttributes> extends EnabledInstrument {
  /** Records `value >= 0`. */
  record(value: number, attributes?: AttributesTypes, context?: Context): void
  /** The histogram with its attributes fixed, for hot paths. In development: metrics/api.md#bind. */
  bind?(attributes: AttributesTypes): BoundRecorder
}

/** Takes the observations of one callback of one instrument. */
export interface ObservableResult<AttributesTypes extends MetricAttributes = MetricAttributes> {
  observe(this: ObservableResult<AttributesTypes>, value: number, attributes?: AttributesTypes): void
}

/** Takes the observations of one callback of several instruments. */
export interface BatchObservableResult<AttributesTypes extends MetricAttributes = MetricAttributes> {
  observe(
    this: BatchObservableResult<AttributesTypes>,
    metric: Observable<AttributesTypes>,
    value: number,
    attributes?: AttributesTypes,
  ): void
}

/** Called once at each collection of each reader; may be async. */
export type ObservableCallback<AttributesTypes extends MetricAttributes = MetricAttributes> = (
  observableResult: ObservableResult<AttributesTypes>,
) => void | Promise<void>

/** Called once at each collection of each reader; may be async. */
export type BatchObservableCallback<AttributesTypes extends MetricAttributes = MetricAttributes> = (
  observableResult: BatchObservableResult<AttributesTypes>,
) => void | Promise<void>

/** An instrument whose values callbacks give at collection. */
export interface Observable<AttributesTypes extends MetricAttributes = MetricAttributes> extends EnabledInstrument {
  /** Adds a callback; the same one is not added twice. */
  addCallback(callback: ObservableCallback<AttributesTypes>): void
  removeCallback(callback: ObservableCallback<AttributesTypes>): void
}

/** Observes a monotonic sum. */
export type ObservableCounter<AttributesTypes extends MetricAttributes = MetricAttributes> = Observable<AttributesTypes>

/** Observes a sum that may fall. */
export type ObservableUpDownCounter<AttributesTypes extends MetricAttributes = MetricAttributes> =
  Observable<AttributesTypes>

/** Observes a value that is no sum. */
export type ObservableGauge<AttributesTypes extends MetricAttributes = MetricAttributes> = Observable<AttributesTypes>
