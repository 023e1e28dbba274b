// SPDX-License-Identifier: Apache-2.0
import type { Attributes } from '../attributes.ts'
import type {
  BatchObservableCallback,
  Counter,
  Gauge,
  Histogram,
  MetricAttributes,
  MetricOptions,
  Observable,
  ObservableCounter,
  ObservableGauge,
  ObservableUpDownCounter,
  UpDownCounter,
} from './instrument.ts'

/**
 * Identity of a meter beside name and version.
 *
 * @example
 * ```ts
 * import { metrics, type MeterOptions } from '@otel-ts/api'
 * const options: MeterOptions = { attributes: { 'shop.region': 'eu' } }
 * console.log(typeof metrics.getMeter('shop', '1.2.0', options).createCounter) // function
 * ```
 */
export interface MeterOptions {
  /** Schema of the telemetry this meter writes. */
  schemaUrl?: string
  /** Attributes of the instrumentation scope; part of its identity. SDKs of `@opentelemetry/*` ignore them. */
  attributes?: Attributes
}

/**
 * Creates instruments. Specification: metrics/api.md#meter.
 *
 * @example
 * ```ts
 * import { metrics, type Meter } from '@otel-ts/api'
 * const meter: Meter = metrics.getMeter('shop', '1.2.0')
 * meter.createCounter('shop.orders').add(1)
 * console.log(typeof meter.createGauge) // function
 * ```
 */
export interface Meter {
  createGauge<A extends MetricAttributes = MetricAttributes>(name: string, options?: MetricOptions): Gauge<A>
  createHistogram<A extends MetricAttributes = MetricAttributes>(name: string, options?: MetricOptions): Histogram<A>
  createCounter<A extends MetricAttributes = MetricAttributes>(name: string, options?: MetricOptions): Counter<A>
  createUpDownCounter<A extends MetricAttributes = MetricAttributes>(
    name: string,
    options?: MetricOptions,
  ): UpDownCounter<A>
  createObservableGauge<A extends MetricAttributes = MetricAttributes>(
    name: string,
    options?: MetricOptions,
  ): ObservableGauge<A>
  createObservableCounter<A extends MetricAttributes = MetricAttributes>(
    name: string,
    options?: MetricOptions,
  ): ObservableCounter<A>
  createObservableUpDownCounter<A extends MetricAttributes = MetricAttributes>(
    name: string,
    options?: MetricOptions,
  ): ObservableUpDownCounter<A>
  /** Adds a callback that observes several instruments of this meter at one moment; others it observes are dropped. */
  addBatchObservableCallback<A extends MetricAttributes = MetricAttributes>(
    callback: BatchObservableCallback<A>,
    observables: Observable<A>[],
  ): void
  /** Removes the callback that was added with the same observables. */
  removeBatchObservableCallback<A extends MetricAttributes = MetricAttributes>(
    callback: BatchObservableCallback<A>,
    observables: Observable<A>[],
  ): void
}

/**
 * Gives meters, one for each name, version, schema URL and scope attributes.
 *
 * @example
 * ```ts
 * import { metrics, type MeterProvider } from '@otel-ts/api'
 * const provider: MeterProvider = metrics.getMeterProvider()
 * console.log(provider.getMeter('shop').createCounter('shop.orders').enabled?.()) // false
 * ```
 */
export interface MeterProvider {
  getMeter(name: string, version?: string, options?: MeterOptions): Meter
}
