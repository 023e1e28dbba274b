// SPDX-License-Identifier: Apache-2.0
import type { BoundAdder, BoundRecorder, Counter, Gauge, Observable } from './instrument.ts'
import type { Meter } from './meter.ts'

const boundAdder: BoundAdder = { add() {} }
const boundRecorder: BoundRecorder = { record() {} }

/** A counter that records nothing. */
export const noopAdder: Required<Counter> = { add() {}, bind: () => boundAdder, enabled: () => false }

/** A gauge or histogram that records nothing. */
export const noopRecorder: Required<Gauge> = { record() {}, bind: () => boundRecorder, enabled: () => false }

/** An observable whose callbacks are never called. */
export const noopObservable: Required<Observable> = { addCallback() {}, removeCallback() {}, enabled: () => false }

const noopMeter: Meter = {
  createGauge: () => noopRecorder,
  createHistogram: () => noopRecorder,
  createCounter: () => noopAdder,
  createUpDownCounter: () => noopAdder,
  createObservableGauge: () => noopObservable,
  createObservableCounter: () => noopObservable,
  createObservableUpDownCounter: () => noopObservable,
  addBatchObservableCallback() {},
  removeBatchObservableCallback() {},
}

/**
 * A meter whose instruments record nothing. It neither validates nor logs. Specification: metrics/noop.md.
 *
 * @example
 * ```ts
 * import { createNoopMeter } from '@otel-ts/api'
 * const counter = createNoopMeter().createCounter('requests')
 * counter.add(1)
 * console.log(counter.enabled?.()) // false
 * ```
 */
export function createNoopMeter(): Meter {
  return noopMeter
}
