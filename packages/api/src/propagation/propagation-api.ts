// SPDX-License-Identifier: Apache-2.0
import { type Baggage, type BaggageEntry, createBaggage } from '../baggage/baggage.ts'
import { deleteBaggage, getActiveBaggage, getBaggage, setBaggage } from '../baggage/baggage-in-context.ts'
import type { Context } from '../context/context.ts'
import { apiGlobal } from '../global/api-global.ts'
import { removeGlobal, setGlobal } from '../global/register.ts'
import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from './text-map.ts'

/** Functions of {@link propagation}. */
export interface PropagationAPI {
  /**
   * Registers `propagator` for the whole process. A registration call: it creates the OpenTelemetry global if there is
   * none. False, with a diagnostic error, if another one is registered.
   */
  setGlobalPropagator(propagator: TextMapPropagator): boolean
  /** Writes what `context` holds into `carrier`, by default a plain object. */
  inject<Carrier>(context: Context, carrier: Carrier, setter?: TextMapSetter<Carrier>): void
  /** A context derived from `context` with what `carrier`, by default a plain object, holds. */
  extract<Carrier>(context: Context, carrier: Carrier, getter?: TextMapGetter<Carrier>): Context
  /** Names of the fields that `inject` may write. */
  fields(): string[]
  /** Removes the registered propagator. */
  disable(): void
  /** A baggage with `entries` (default: none). */
  createBaggage(entries?: Record<string, BaggageEntry>): Baggage
  /** The baggage in `context`, if any. */
  getBaggage(context: Context): Baggage | undefined
  /** The baggage in the active context, if any. */
  getActiveBaggage(): Baggage | undefined
  /** A context like `context` that holds `baggage`. */
  setBaggage(context: Context, baggage: Baggage): Context
  /** A context like `context` without any baggage. */
  deleteBaggage(context: Context): Context
}

const noopPropagator: TextMapPropagator = { inject() {}, extract: (context) => context, fields: () => [] }

function propagator(): TextMapPropagator {
  return apiGlobal()?.propagation ?? noopPropagator
}

/**
 * The propagation API: contexts to and from carriers, and baggage. Without a registered propagator nothing is written or
 * read; baggage works without an SDK. Specification: context/api-propagators.md, baggage/api.md.
 *
 * @example
 * ```ts
 * import { propagation, ROOT_CONTEXT } from '@otel-ts/api'
 * const context = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ tenant: { value: 'acme' } }))
 * console.log(propagation.getBaggage(context)?.getEntry('tenant')?.value) // acme
 * const headers: Record<string, string> = {}
 * propagation.inject(context, headers)
 * console.log(Object.keys(headers).length) // 0
 * ```
 */
export const propagation: PropagationAPI = {
  setGlobalPropagator: (propagator) => setGlobal('propagation', propagator),
  inject: (context, carrier, setter = defaultTextMapSetter) => propagator().inject(context, carrier, setter),
  extract: (context, carrier, getter = defaultTextMapGetter) => propagator().extract(context, carrier, getter),
  fields: () => propagator().fields(),
  disable: () => removeGlobal('propagation'),
  createBaggage,
  getBaggage,
  getActiveBaggage,
  setBaggage,
  deleteBaggage,
}
