// SPDX-License-Identifier: Apache-2.0

interface ExceptionWithCode {
  code: string | number
  name?: string
  message?: string
  stack?: string
}

interface ExceptionWithMessage {
  code?: string | number
  message: string
  name?: string
  stack?: string
}

interface ExceptionWithName {
  code?: string | number
  message?: string
  name: string
  stack?: string
}

/**
 * What can be recorded as an exception: a string, or an object with at least one of `code`, `message` and `name`.
 *
 * @example
 * ```ts
 * import type { Exception } from '@otel-ts/api'
 * const exceptions: Exception[] = [new TypeError('no such file'), 'timed out', { code: 'ECONNRESET' }]
 * console.log(exceptions.length) // 3
 * ```
 */
export type Exception = ExceptionWithCode | ExceptionWithMessage | ExceptionWithName | string
