// SPDX-License-Identifier: Apache-2.0

/**
 * Any value an attribute or a log body may have: string, number, boolean, `bigint` (int64), `Uint8Array` (bytes), an
 * array of such values, a plain object with such values, or `null` (the empty value).
 *
 * The type is `unknown`, as in `@opentelemetry/api` 1.10, so that any object can be passed without a cast; what a value
 * of another kind becomes is the SDK's choice. `null`, `0`, `''` and `[]` are values and are kept; `undefined` means
 * "no such attribute". Specification: common/README.md#anyvalue.
 *
 * @example
 * ```ts
 * import type { AnyValue } from '@otel-ts/api'
 * const body: AnyValue = { order: 7, items: ['tea', null], signature: new Uint8Array([1, 2]) }
 * console.log(typeof body) // object
 * ```
 */
export type AnyValue = unknown

/**
 * Attributes by name. Keys are non-empty strings, case-sensitive; a value of `undefined` is as good as absent.
 *
 * @example
 * ```ts
 * import type { Attributes } from '@otel-ts/api'
 * const attributes: Attributes = { 'http.request.method': 'GET', 'http.response.status_code': 200 }
 * console.log(Object.keys(attributes).length) // 2
 * ```
 */
export interface Attributes {
  [attributeKey: string]: AnyValue
}

/**
 * Value of an attribute.
 * @deprecated Use {@link AnyValue}.
 */
export type AttributeValue = AnyValue
