// SPDX-License-Identifier: Apache-2.0
import type { Attributes } from '../attributes.ts'
import type { SpanContext } from './span-context.ts'

/**
 * A pointer from a span to another span, of the same trace or not.
 *
 * @example
 * ```ts
 * import type { Link } from '@otel-ts/api'
 * const link: Link = {
 *   context: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 },
 *   attributes: { 'messaging.batch.index': 3 },
 * }
 * console.log(link.context.spanId) // b7ad6b7169203331
 * ```
 */
export interface Link {
  context: SpanContext
  attributes?: Attributes
  /** How many attributes a limit removed. */
  droppedAttributesCount?: number
}
