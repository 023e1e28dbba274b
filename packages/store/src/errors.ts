// SPDX-License-Identifier: Apache-2.0

/** HTTP status with which a server answers an error of the store, and what it means. One row per code. */
export const storeErrors = {
  STORE_QUERY_SYNTAX: { http: 400, meaning: 'The text of a filter cannot be read' },
  STORE_CONDITION: { http: 400, meaning: 'A condition names an unknown field or has a value the field cannot have' },
  STORE_CURSOR: { http: 400, meaning: 'The cursor of a page is not one that the store has given out' },
  STORE_LIMIT: { http: 400, meaning: 'The number of results asked for is out of range' },
  STORE_CLOSED: { http: 503, meaning: 'The store is closed' },
} as const

/** Code of a {@link StoreError}. */
export type StoreErrorCode = keyof typeof storeErrors

const brand: unique symbol = Symbol.for('otel-ts.error') as never

/** An error of the store: its message says what failed, the value met, what is allowed, and what happens now. */
export interface StoreError extends Error {
  readonly code: StoreErrorCode
  /** Offset of the failing part in the filter text, in UTF-16 units; undefined when there is no text. */
  readonly position: number | undefined
  /** Length of the failing part; at least 1 when there is a position. */
  readonly length: number | undefined
}

/**
 * Makes an error of the store.
 *
 * @example
 * ```ts
 * import { isStoreError, storeError } from '@otel-ts/store'
 * const error = storeError('STORE_LIMIT', 'limit 5000: too many; allowed are 1 to 1000; nothing was searched')
 * console.log(isStoreError(error), error.code) // true STORE_LIMIT
 * ```
 */
export function storeError(code: StoreErrorCode, message: string, position?: number, length?: number): StoreError {
  return Object.assign(new Error(message), { name: 'StoreError', code, position, length, [brand]: true as const })
}

/** Whether `value` is an error of the store, of whichever copy of the package. */
export function isStoreError(value: unknown): value is StoreError {
  return typeof value === 'object' && value !== null && brand in value && 'code' in value && isCode(value.code)
}

function isCode(code: unknown): code is StoreErrorCode {
  return typeof code === 'string' && Object.hasOwn(storeErrors, code)
}
