// SPDX-License-Identifier: Apache-2.0
import { type LateBinding, processState } from '../global/process-state.ts'
import type { BatchObservableCallback, BatchObservableResult, Observable } from './instrument.ts'
import type { Meter } from './meter.ts'
import { unwrapObservable } from './proxy-instruments.ts'

/** A batch callback added through a proxy meter, handed to each SDK that is registered. */
export class BatchCallbackProxy implements LateBinding {
  readonly #currentMeter: () => Meter | undefined
  readonly #callback: BatchObservableCallback
  readonly #observables: readonly Observable[]
  #meter: Meter | undefined
  #handedOver: Observable[] = []

  constructor(
    currentMeter: () => Meter | undefined,
    callback: BatchObservableCallback<never>,
    observables: readonly Observable<never>[],
  ) {
    this.#currentMeter = currentMeter
    this.#callback = callback as BatchObservableCallback
    this.#observables = [...new Set(observables as readonly Observable[])]
  }

  /** The specification identifies a batch callback by itself and the set of its observables. */
  isFor(callback: BatchObservableCallback<never>, observables: readonly Observable<never>[]): boolean {
    if (callback !== this.#callback) return false
    const others = new Set(observables as readonly Observable[])
    return others.size === this.#observables.length && this.#observables.every((observable) => others.has(observable))
  }

  add(): void {
    processState().lateBindings.add(this)
    this.bind()
  }

  remove(): void {
    processState().lateBindings.delete(this)
    this.#meter?.removeBatchObservableCallback(this.#observeThroughProxies, this.#handedOver)
    this.#meter = undefined
  }

  bind(): void {
    const meter = this.#currentMeter()
    const previous = this.#meter
    if (meter === previous) return
    this.#meter = meter
    previous?.removeBatchObservableCallback(this.#observeThroughProxies, this.#handedOver)
    this.#handedOver = this.#observables.map(unwrapObservable)
    meter?.addBatchObservableCallback(this.#observeThroughProxies, this.#handedOver)
  }

  /** What the SDK calls: users observe the instruments they have, which are proxies the SDK does not know. */
  readonly #observeThroughProxies: BatchObservableCallback = (result) => {
    const throughProxies: BatchObservableResult = {
      observe: (metric, value, attributes) => result.observe(unwrapObservable(metric), value, attributes),
    }
    return this.#callback(throughProxies)
  }
}
