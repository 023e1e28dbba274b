// SPDX-License-Identifier: Apache-2.0
import { diag } from '../diag/diag-api.ts'
import { apiGlobal } from '../global/api-global.ts'
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
import { showMeterProvider } from './late-binding.ts'
import type { Meter, MeterOptions, MeterProvider } from './meter.ts'
import { BatchCallbackProxy } from './proxy-batch-callback.ts'
import { AdderProxy, type InstrumentSource, ObservableProxy, RecorderProxy } from './proxy-instruments.ts'

type CreateMethod = Exclude<keyof Meter, 'addBatchObservableCallback' | 'removeBatchObservableCallback'>

/**
 * A meter that can be had before an SDK is registered. It and its instruments look into the OpenTelemetry global at each
 * call, make their counterpart in the SDK as soon as there is one, and follow when another SDK takes over.
 */
export class ProxyMeter implements Meter {
  readonly #name: string
  readonly #version: string | undefined
  readonly #options: MeterOptions | undefined
  readonly #batchCallbacks: BatchCallbackProxy[] = []
  #provider: MeterProvider | undefined
  #meter: Meter | undefined

  constructor(name: string, version: string | undefined, options: MeterOptions | undefined) {
    this.#name = name
    this.#version = version
    this.#options = options
  }

  /** The meter of the registered SDK, if there is one. */
  current(): Meter | undefined {
    const provider = apiGlobal()?.metrics
    if (provider === this.#provider) return this.#meter
    this.#provider = provider
    this.#meter = undefined
    try {
      this.#meter = provider?.getMeter(this.#name, this.#version, this.#options)
    } catch (error) {
      diag.error(
        `API_LATE_BINDING: getMeter("${this.#name}") of the registered SDK threw ${String(error)}; ` +
          'expected a meter; the instruments of this one record nothing',
      )
    }
    showMeterProvider()
    return this.#meter
  }

  createGauge<A extends MetricAttributes = MetricAttributes>(name: string, options?: MetricOptions): Gauge<A> {
    return new RecorderProxy<A>(this.#source('createGauge', name, options))
  }

  createHistogram<A extends MetricAttributes = MetricAttributes>(name: string, options?: MetricOptions): Histogram<A> {
    return new RecorderProxy<A>(this.#source('createHistogram', name, options))
  }

  createCounter<A extends MetricAttributes = MetricAttributes>(name: string, options?: MetricOptions): Counter<A> {
    return new AdderProxy<A>(this.#source('createCounter', name, options))
  }

  createUpDownCounter<A extends MetricAttributes = MetricAttributes>(
    name: string,
    options?: MetricOptions,
  ): UpDownCounter<A> {
    return new AdderProxy<A>(this.#source('createUpDownCounter', name, options))
  }

  createObservableGauge<A extends MetricAttributes = MetricAttributes>(
    name: string,
    options?: MetricOptions,
  ): ObservableGauge<A> {
    return new ObservableProxy<A>(this.#source('createObservableGauge', name, options))
  }

  createObservableCounter<A extends MetricAttributes = MetricAttributes>(
    name: string,
    options?: MetricOptions,
  ): ObservableCounter<A> {
    return new ObservableProxy<A>(this.#source('createObservableCounter', name, options))
  }

  createObservableUpDownCounter<A extends MetricAttributes = MetricAttributes>(
    name: string,
    options?: MetricOptions,
  ): ObservableUpDownCounter<A> {
    return new ObservableProxy<A>(this.#source('createObservableUpDownCounter', name, options))
  }

  addBatchObservableCallback<A extends MetricAttributes = MetricAttributes>(
    callback: BatchObservableCallback<A>,
    observables: Observable<A>[],
  ): void {
    if (this.#findBatchCallback(callback, observables) !== -1) return
    const proxy = new BatchCallbackProxy(() => this.current(), callback, observables)
    this.#batchCallbacks.push(proxy)
    proxy.add()
  }

  removeBatchObservableCallback<A extends MetricAttributes = MetricAttributes>(
    callback: BatchObservableCallback<A>,
    observables: Observable<A>[],
  ): void {
    const index = this.#findBatchCallback(callback, observables)
    if (index === -1) return
    this.#batchCallbacks[index]?.remove()
    this.#batchCallbacks.splice(index, 1)
  }

  #findBatchCallback(callback: BatchObservableCallback<never>, observables: Observable<never>[]): number {
    return this.#batchCallbacks.findIndex((proxy) => proxy.isFor(callback, observables))
  }

  #source<Instrument>(
    method: CreateMethod,
    name: string,
    options: MetricOptions | undefined,
  ): InstrumentSource<Instrument> {
    return {
      currentMeter: () => this.current(),
      create: (meter) => createIn<Instrument>(meter, method, name, options),
    }
  }
}

/** The instrument in `meter`; undefined if its SDK has no such kind (gauges came with API 1.9) or fails. */
function createIn<Instrument>(
  meter: Meter,
  method: CreateMethod,
  name: string,
  options: MetricOptions | undefined,
): Instrument | undefined {
  try {
    if (typeof meter[method] !== 'function') return undefined
    return meter[method](name, options) as Instrument
  } catch (error) {
    diag.error(
      `API_LATE_BINDING: ${method}("${name}") of the registered SDK threw ${String(error)}; ` +
        'expected an instrument; this one records nothing',
    )
    return undefined
  }
}
