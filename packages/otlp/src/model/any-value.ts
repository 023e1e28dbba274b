// SPDX-License-Identifier: Apache-2.0

/**
 * One value of OTLP's `AnyValue`: `undefined` (empty), string, boolean, `bigint` (int64), number (double), bytes,
 * array or map. Integers stay `bigint`, so no 64-bit value ever passes through a double.
 *
 * @example
 * ```ts
 * import type { KeyValue } from '@otel-ts/otlp'
 * const attributes: KeyValue[] = [
 *   { key: 'http.request.method', value: 'GET' },
 *   { key: 'http.response.status_code', value: 200n },
 *   { key: 'tags', value: { list: ['a', 1.5, true, undefined] } },
 * ]
 * console.log(attributes.length) // 3
 * ```
 */
export type AnyValue = undefined | string | boolean | bigint | number | Uint8Array | ArrayValue | KeyValueList

/** OTLP `ArrayValue`; elements may have different kinds. */
export interface ArrayValue {
  list: AnyValue[]
}

/** OTLP `KeyValueList`: a map with order and duplicates kept. */
export interface KeyValueList {
  kvlist: KeyValue[]
}

/**
 * One attribute. Attributes are lists of these, not objects: order and duplicates survive, and a key such as
 * `__proto__` is only a string.
 */
export interface KeyValue {
  key: string
  value: AnyValue
}
