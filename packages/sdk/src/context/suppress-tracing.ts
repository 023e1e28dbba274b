// SPDX-License-Identifier: Apache-2.0
import type { Context } from '@otel-ts/api'
import { suppressTracingKey } from './keys.ts'

/**
 * A context in which no spans are made: what exporters run in, so that they do not trace themselves.
 *
 * @example
 * ```ts
 * import { ROOT_CONTEXT } from '@otel-ts/api'
 * import { isTracingSuppressed, suppressTracing } from '@otel-ts/sdk'
 * console.log(isTracingSuppressed(suppressTracing(ROOT_CONTEXT)), isTracingSuppressed(ROOT_CONTEXT)) // true false
 * ```
 */
export function suppressTracing(context: Context): Context {
  return context.setValue(suppressTracingKey, true)
}

/** A context in which spans are made again. */
export function unsuppressTracing(context: Context): Context {
  return context.deleteValue(suppressTracingKey)
}

/** Whether spans are suppressed in a context. */
export function isTracingSuppressed(context: Context): boolean {
  return context.getValue(suppressTracingKey) === true
}
