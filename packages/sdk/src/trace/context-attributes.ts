// SPDX-License-Identifier: Apache-2.0
import { type Attributes, type Context, getContextAttributes, type SpanOptions } from '@otel-ts/api'
import { type AttributeRecord, keysOf, setOwn } from './attributes.ts'

/**
 * Options of a span with the attributes of its context behind its own, which win. Samplers and processors see both.
 * OTEP 4931.
 */
export function withContextAttributes(options: SpanOptions | undefined, context: Context): SpanOptions | undefined {
  const scoped = getContextAttributes(context)
  const keys = keysOf(scoped)
  if (keys.length === 0) return options
  const given: Attributes | undefined = options?.attributes
  // Its own come first: over the count limit they are the ones that are kept.
  const attributes: AttributeRecord = {}
  for (const key of keysOf(given)) setOwn(attributes, key, given![key])
  for (const key of keys)
    if (attributes[key] === undefined || !Object.hasOwn(attributes, key)) setOwn(attributes, key, scoped[key])
  return { ...options, attributes }
}
