// SPDX-License-Identifier: Apache-2.0
import type { Context } from '../context/context.ts'

/**
 * Writes fields into a carrier. Stateless; keeps the case of keys.
 *
 * @example
 * ```ts
 * import { propagation, ROOT_CONTEXT, type TextMapSetter } from '@otel-ts/api'
 * const intoMap: TextMapSetter<Map<string, string>> = { set: (carrier, key, value) => void carrier.set(key, value) }
 * const carrier = new Map<string, string>()
 * propagation.inject(ROOT_CONTEXT, carrier, intoMap)
 * console.log(carrier.size) // 0
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: carriers are the caller's; setters written for npm's types index them freely
export interface TextMapSetter<Carrier = any> {
  set(carrier: Carrier, key: string, value: string): void
}

/**
 * Reads fields from a carrier. Stateless.
 *
 * @example
 * ```ts
 * import { propagation, ROOT_CONTEXT, type TextMapGetter } from '@otel-ts/api'
 * const fromMap: TextMapGetter<Map<string, string>> = {
 *   keys: (carrier) => [...carrier.keys()],
 *   get: (carrier, key) => carrier.get(key),
 * }
 * console.log(propagation.extract(ROOT_CONTEXT, new Map([['baggage', 'a=1']]), fromMap) === ROOT_CONTEXT) // true
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: carriers are the caller's; getters written for npm's types index them freely
export interface TextMapGetter<Carrier = any> {
  /** All keys. */
  keys(carrier: Carrier): string[]
  /** The value of `key`, all values where the carrier holds several, undefined if none. */
  get(carrier: Carrier, key: string): undefined | string | string[]
  /**
   * All values of `key` in order; if there is none, an empty array. Optional, since getters for `@opentelemetry/api`
   * lack it; then `get` answers. Specification: context/api-propagators.md#getall.
   */
  getAll?(carrier: Carrier, key: string): string[]
}

/**
 * Carries what a context holds across process boundaries. Specification: context/api-propagators.md.
 *
 * @example
 * ```ts
 * import { createContextKey, defaultTextMapSetter, ROOT_CONTEXT, type TextMapPropagator } from '@otel-ts/api'
 * const tenant = createContextKey('my-app tenant')
 * const propagator: TextMapPropagator = {
 *   inject: (context, carrier, setter) => setter.set(carrier, 'x-tenant', String(context.getValue(tenant))),
 *   extract: (context, carrier, getter) => {
 *     const value = getter.get(carrier, 'x-tenant')
 *     return value === undefined ? context : context.setValue(tenant, value)
 *   },
 *   fields: () => ['x-tenant'],
 * }
 * const headers: Record<string, string> = {}
 * propagator.inject(ROOT_CONTEXT.setValue(tenant, 'acme'), headers, defaultTextMapSetter)
 * console.log(headers['x-tenant']) // acme
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: carriers are the caller's; propagators written for npm's types index them freely
export interface TextMapPropagator<Carrier = any> {
  /** Writes what `context` holds into `carrier`. */
  inject(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void
  /** A context derived from `context` with what `carrier` holds. Never throws; what cannot be read changes nothing. */
  extract(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context
  /** Names of the fields that `inject` may write. */
  fields(): string[]
}

type Fields = Record<string, string | string[] | undefined>

/** The field under `key`, in whatever case the carrier has it: HTTP field names have none. */
function field(carrier: Fields | null | undefined, key: string): string | string[] | undefined {
  if (carrier === undefined || carrier === null) return undefined
  const exact = carrier[key]
  if (exact !== undefined || typeof carrier !== 'object') return exact
  for (const name in carrier) {
    // Comparing lengths first spares nearly every other header the lower-casing.
    if (name.length === key.length && name.toLowerCase() === key.toLowerCase()) return carrier[name]
  }
  return undefined
}

/**
 * Reads from plain objects such as Node's `request.headers`. Keys match in any case, an exact one first.
 *
 * @example
 * ```ts
 * import { defaultTextMapGetter } from '@otel-ts/api'
 * const headers = { Traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
 * console.log(defaultTextMapGetter.get(headers, 'traceparent')?.length) // 55
 * console.log(defaultTextMapGetter.getAll?.(headers, 'baggage').length) // 0
 * ```
 */
export const defaultTextMapGetter: TextMapGetter = {
  get: field,
  getAll(carrier: Fields | null | undefined, key) {
    const value = field(carrier, key)
    if (value === undefined) return []
    return Array.isArray(value) ? value.slice() : [value]
  },
  keys(carrier: Fields | null | undefined) {
    return carrier === undefined || carrier === null ? [] : Object.keys(carrier)
  },
}

/**
 * Writes into plain objects such as headers of an outgoing request.
 *
 * @example
 * ```ts
 * import { defaultTextMapSetter } from '@otel-ts/api'
 * const headers: Record<string, string> = {}
 * defaultTextMapSetter.set(headers, 'Baggage', 'tenant=acme')
 * console.log(headers['Baggage']) // tenant=acme
 * ```
 */
export const defaultTextMapSetter: TextMapSetter = {
  set(carrier: Fields | null | undefined, key, value) {
    if (carrier !== undefined && carrier !== null) carrier[key] = value
  },
}
