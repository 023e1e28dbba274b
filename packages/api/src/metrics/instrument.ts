// SPDX-License-Identifier: Apache-2.0
import type { AnyValue } from '../attributes.ts'
import type { Context } from '../context/context.ts'

/**
 * Attributes of a measurement; see `Attributes`.
 *
 * Instruments are generic in these, and a generic meter of `@opentelemetry/api` < 1.10, whose attribute values are a few
 * kinds only, is assignable to ours only if values of ours are assignable to that.
 *
 * @example
 * ```ts
 * import type { MetricAttributes } from '@otel-ts/api'
 * const attributes: MetricAttributes = { 'http.route': '/cart' }
 * console.log(Object.keys(attributes).length) // 1
 * ```
 */
export interface MetricAttributes {
  // biome-ignore lint/suspicious/noExplicitAny: see above; `unknown` is assignable to nothing
  [attributeKey: string]: any
}

/** Value of an attribute of a measurement. */
export type MetricAttributeValue = AnyValue

/**
 * Whether an instrument counts in integers or doubles.
 *
 * @example
 * ```ts
 * import { createNoopMeter, ValueType } from '@otel-ts/api'
 * createNoopMeter().createCounter('shop.orders', { valueType: ValueType.INT }).add(1)
 * console.log(ValueType.INT) // 0
 * ```
 */
export const ValueType: {
  readonly INT: 0
  /** The default. */
  readonly DOUBLE: 1
  readonly [value: number]: string
} = { INT: 0, DOUBLE: 1, 0: 'INT', 1: 'DOUBLE' }

/** A value of {@link ValueType}. */
export type ValueType = 0 | 1

/**
 * Advice to the SDK; views override it. Specification: metrics/api.md#instrument-advisory-parameters.
 *
 * @example
 * ```ts
 * import type { MetricAdvice } from '@otel-ts/api'
 * const advice: MetricAdvice = { explicitBucketBoundaries: [0.1, 1, 10], attributes: ['http.route'] }
 * console.log(advice.explicitBucketBoundaries?.length) // 3
 * ```
 */
export interface MetricAdvice {
  /** Bucket boundaries for a histogram, ascending. */
  explicitBucketBoundaries?: number[]
  /** Keys of the attributes to keep; others are dropped unless a view wants them. In development in the specification. */
  attributes?: string[]
}

/**
 * What an instrument can be given when it is created.
 *
 * @example
 * ```ts
 * import { ValueType, type MetricOptions } from '@otel-ts/api'
 * const options: MetricOptions = { description: 'Orders placed', unit: '{order}', valueType: ValueType.INT }
 * console.log(options.unit) // {order}
 * ```
 */
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

/**
 * A counter or up-down counter with its attributes given once.
 *
 * @example
 * ```ts
 * import { createNoopMeter, type BoundAdder } from '@otel-ts/api'
 * const bound: BoundAdder | undefined = createNoopMeter().createCounter('shop.orders').bind?.({ region: 'eu' })
 * bound?.add(1)
 * console.log(typeof bound?.add) // function
 * ```
 */
export interface BoundAdder {
  add(value: number, context?: Context): void
}

/**
 * A gauge or histogram with its attributes given once.
 *
 * @example
 * ```ts
 * import { createNoopMeter, type BoundRecorder } from '@otel-ts/api'
 * const bound: BoundRecorder | undefined = createNoopMeter().createHistogram('shop.wait').bind?.({ region: 'eu' })
 * bound?.record(0.2)
 * console.log(typeof bound?.record) // function
 * ```
 */
export interface BoundRecorder {
  record(value: number, context?: Context): void
}

/**
 * Sums non-negative increments.
 *
 * @example
 * ```ts
 * import { metrics, type Counter } from '@otel-ts/api'
 * const orders: Counter<{ region: string }> = metrics.getMeter('shop').createCounter('shop.orders')
 * orders.add(1, { region: 'eu' })
 * const inEurope = orders.bind?.({ region: 'eu' })
 * inEurope?.add(1)
 * console.log(orders.enabled?.()) // false
 * ```
 */
export interface Counter<AttributesTypes extends MetricAttributes = MetricAttributes> extends EnabledInstrument {
  /** Adds `value >= 0`. */
  add(value: number, attributes?: AttributesTypes, context?: Context): void
  /** The counter with its attributes fixed, for hot paths. In development: metrics/api.md#bind. */
  bind?(attributes: AttributesTypes): BoundAdder
}

/**
 * Sums increments of either sign.
 *
 * @example
 * ```ts
 * import { metrics, type UpDownCounter } from '@otel-ts/api'
 * const waiting: UpDownCounter = metrics.getMeter('shop').createUpDownCounter('shop.queue.length')
 * waiting.add(1)
 * waiting.add(-1)
 * console.log(waiting.enabled?.()) // false
 * ```
 */
export interface UpDownCounter<AttributesTypes extends MetricAttributes = MetricAttributes> extends EnabledInstrument {
  add(value: number, attributes?: AttributesTypes, context?: Context): void
  /** The counter with its attributes fixed, for hot paths. In development: metrics/api.md#bind. */
  bind?(attributes: AttributesTypes): BoundAdder
}

/**
 * Keeps the last value.
 *
 * @example
 * ```ts
 * import { metrics, type Gauge } from '@otel-ts/api'
 * const temperature: Gauge = metrics.getMeter('shop').createGauge('shop.fridge.temperature', { unit: 'Cel' })
 * temperature.record(4.5, { fridge: 'left' })
 * console.log(temperature.enabled?.()) // false
 * ```
 */
export interface Gauge<AttributesTypes extends MetricAttributes = MetricAttributes> extends EnabledInstrument {
  record(value: number, attributes?: AttributesTypes, context?: Context): void
  /** The gauge with its attributes fixed, for hot paths. In development: metrics/api.md#bind. */
  bind?(attributes: AttributesTypes): BoundRecorder
}

/**
 * Summarises the distribution of non-negative values.
 *
 * @example
 * ```ts
 * import { metrics, type Histogram } from '@otel-ts/api'
 * const durations: Histogram = metrics.getMeter('shop').createHistogram('http.server.request.duration', {
 *   unit: 's',
 *   advice: { explicitBucketBoundaries: [0.01, 0.1, 1] },
 * })
 * durations.record(0.04, { 'http.route': '/cart' })
 * console.log(durations.enabled?.()) // false
 * ```
 */
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

/**
 * Called once at each collection of each reader; may be async.
 *
 * @example
 * ```ts
 * import type { ObservableCallback } from '@otel-ts/api'
 * const callback: ObservableCallback = (result) => result.observe(4096, { pool: 'a' })
 * callback({ observe: (value) => console.log(value) }) // 4096
 * ```
 */
export type ObservableCallback<AttributesTypes extends MetricAttributes = MetricAttributes> = (
  observableResult: ObservableResult<AttributesTypes>,
) => void | Promise<void>

/**
 * Called once at each collection of each reader; may be async.
 *
 * @example
 * ```ts
 * import { metrics, type BatchObservableCallback } from '@otel-ts/api'
 * const meter = metrics.getMeter('shop')
 * const used = meter.createObservableGauge('shop.memory.used')
 * const free = meter.createObservableGauge('shop.memory.free')
 * const callback: BatchObservableCallback = (result) => {
 *   result.observe(used, 3)
 *   result.observe(free, 5)
 * }
 * meter.addBatchObservableCallback(callback, [used, free])
 * const values: number[] = []
 * callback({ observe: (_metric, value) => void values.push(value) })
 * console.log(values.join()) // 3,5
 * ```
 */
export type BatchObservableCallback<AttributesTypes extends MetricAttributes = MetricAttributes> = (
  observableResult: BatchObservableResult<AttributesTypes>,
) => void | Promise<void>

/**
 * An instrument whose values callbacks give at collection.
 *
 * @example
 * ```ts
 * import { metrics, type Observable } from '@otel-ts/api'
 * const memory: Observable = metrics.getMeter('shop').createObservableGauge('shop.memory', { unit: 'By' })
 * memory.addCallback((result) => result.observe(4096, { pool: 'a' }))
 * console.log(memory.enabled?.()) // false
 * ```
 */
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
