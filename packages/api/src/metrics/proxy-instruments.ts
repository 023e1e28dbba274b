// SPDX-License-Identifier: Apache-2.0
import type { Context } from '../context/context.ts'
import { type LateBinding, processState } from '../global/process-state.ts'
import type {
  BoundAdder,
  BoundRecorder,
  Counter,
  Gauge,
  InstrumentEnabledOptions,
  MetricAttributes,
  Observable,
  ObservableCallback,
} from './instrument.ts'
import type { Meter } from './meter.ts'

/** Where a proxy finds the instrument it stands for. */
export interface InstrumentSource<Instrument> {
  currentMeter(): Meter | undefined
  create(meter: Meter): Instrument | undefined
}

/** Remembers the instrument made in the meter that is current, and makes it anew in the next one. */
class Delegate<Instrument> {
  readonly #source: InstrumentSource<Instrument>
  #meter: Meter | undefined
  #instrument: Instrument | undefined

  constructor(source: InstrumentSource<Instrument>) {
    this.#source = source
  }

  current(): Instrument | undefined {
    const meter = this.#source.currentMeter()
    if (meter === this.#meter) return this.#instrument
    this.#meter = meter
    this.#instrument = meter === undefined ? undefined : this.#source.create(meter)
    return this.#instrument
  }
}

/** Whether `instrument` records; one of an SDK that cannot say so counts as recording. */
function isEnabled(
  instrument: { enabled?(options?: InstrumentEnabledOptions): boolean } | undefined,
  options: InstrumentEnabledOptions | undefined,
): boolean {
  return instrument === undefined ? false : (instrument.enabled?.(options) ?? true)
}

/** Stands for a counter or up-down counter. */
export class AdderProxy<A extends MetricAttributes> implements Required<Counter<A>> {
  readonly #delegate: Delegate<Counter<A>>

  constructor(source: InstrumentSource<Counter<A>>) {
    this.#delegate = new Delegate(source)
  }

  add(value: number, attributes?: A, context?: Context): void {
    this.#delegate.current()?.add(value, attributes, context)
  }

  bind(attributes: A): BoundAdder {
    const kept = { ...attributes }
    let counter: Counter<A> | undefined
    let bound: BoundAdder | undefined
    return {
      add: (value, context) => {
        const current = this.#delegate.current()
        if (current !== counter) {
          counter = current
          bound = current?.bind?.(kept)
        }
        if (bound !== undefined) bound.add(value, context)
        else current?.add(value, kept, context)
      },
    }
  }

  enabled(options?: InstrumentEnabledOptions): boolean {
    return isEnabled(this.#delegate.current(), options)
  }
}

/** Stands for a gauge or histogram. */
export class RecorderProxy<A extends MetricAttributes> implements Required<Gauge<A>> {
  readonly #delegate: Delegate<Gauge<A>>

  constructor(source: InstrumentSource<Gauge<A>>) {
    this.#delegate = new Delegate(source)
  }

  record(value: number, attributes?: A, context?: Context): void {
    this.#delegate.current()?.record(value, attributes, context)
  }

  bind(attributes: A): BoundRecorder {
    const kept = { ...attributes }
    let instrument: Gauge<A> | undefined
    let bound: BoundRecorder | undefined
    return {
      record: (value, context) => {
        const current = this.#delegate.current()
        if (current !== instrument) {
          instrument = current
          bound = current?.bind?.(kept)
        }
        if (bound !== undefined) bound.record(value, context)
        else current?.record(value, kept, context)
      },
    }
  }

  enabled(options?: InstrumentEnabledOptions): boolean {
    return isEnabled(this.#delegate.current(), options)
  }
}

const delegateMethod: unique symbol = Symbol.for('otel-ts.api.observable-delegate') as never

/**
 * The observable of the SDK that `observable` stands for, or itself. An SDK asks this of every observable that users
 * hand it: in `addBatchObservableCallback` and in `BatchObservableResult.observe`.
 *
 * @example
 * ```ts
 * import { createNoopMeter } from '@otel-ts/api'
 * import { unwrapObservable } from '@otel-ts/api/registration'
 * const gauge = createNoopMeter().createObservableGauge('queue.length')
 * console.log(unwrapObservable(gauge) === gauge) // true
 * ```
 */
export function unwrapObservable(observable: Observable): Observable {
  const proxy = observable as { [delegateMethod]?(): Observable | undefined } | undefined
  return proxy?.[delegateMethod]?.() ?? observable
}

/** Stands for an observable instrument and keeps its callbacks, to hand them to each SDK that is registered. */
export class ObservableProxy<A extends MetricAttributes> implements Required<Observable<A>>, LateBinding {
  readonly #delegate: Delegate<Observable<A>>
  readonly #callbacks: Set<ObservableCallback<A>> = new Set()
  /** The observable that has our callbacks. */
  #attached: Observable<A> | undefined

  constructor(source: InstrumentSource<Observable<A>>) {
    this.#delegate = new Delegate(source)
    Object.defineProperty(this, delegateMethod, {
      value: () => {
        this.bind()
        return this.#attached
      },
    })
  }

  addCallback(callback: ObservableCallback<A>): void {
    this.bind()
    if (this.#callbacks.has(callback)) return
    this.#callbacks.add(callback)
    processState().lateBindings.add(this)
    this.#attached?.addCallback(callback)
  }

  removeCallback(callback: ObservableCallback<A>): void {
    this.bind()
    if (!this.#callbacks.delete(callback)) return
    // Without callbacks nothing is to be handed over: the process need not keep us.
    if (this.#callbacks.size === 0) processState().lateBindings.delete(this)
    this.#attached?.removeCallback(callback)
  }

  enabled(options?: InstrumentEnabledOptions): boolean {
    this.bind()
    return isEnabled(this.#attached, options)
  }

  bind(): void {
    const current = this.#delegate.current()
    const previous = this.#attached
    if (current === previous) return
    this.#attached = current
    for (const callback of this.#callbacks) {
      previous?.removeCallback(callback)
      current?.addCallback(callback)
    }
  }
}
