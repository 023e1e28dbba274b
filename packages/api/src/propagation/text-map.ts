// SPDX-License-Identifier: Apache-2.0
import type { Context } from '../context/context.ts'

/** Writes fields into a carrier. Stateless; keeps the case of keys. */
// biome-ignore lint/suspicious/noExplicitAny: carriers are the caller's; getters written for npm's types index them freely
export interface TextMapSetter<Carrier = any> {
  set(carrier: Carrier, key: string, value: string): void
}

/** Reads fields from a carrier. Stateless. */
// biome-ignore lint/suspicious/noExplicitAny: carriers are the caller's; getters written for npm's types index them freely
export interface TextMapGetter<Carrier = any> {
  /** All keys. */
  keys(carrier: Carrier): string[]
  /** The value of `key`, all values where the carrier holds several, undefined if none. */
  get(carrier: Carrier, key: string): undefined | string | string[]
  /**
   * All values of `key` in order, none: an empty array. Optional, since getters for `@opentelemetry/api` lack it; then
   * `get` answers. Specification: context/api-propagators.md#getall.
   */
  getAll?(carrier: Carrier, key: string): string[]
}

/** Carries what a context holds across process boundaries. Specification: context/api-propagators.md. */
// biome-ignore lint/suspicious/noExplicitAny: carriers are the caller's; getters written for npm's types index them freely
export interface TextMapPropagator<Carrier = any> {
  /** Writes what `context` holds into `carrier`. */
  inject(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void
  /** A context derived from `context` with what `carrier` holds. Never throws; what cannot be read changes nothing. */
  extract(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context
  /** Names of the fields that `inject` may write. */
  fields(): string[]
}
