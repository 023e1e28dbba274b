// SPDX-License-Identifier: Apache-2.0
import type { Attributes } from '../attributes.ts'
import { type Context, createContextKey } from './context.ts'

const attributesKey = createContextKey('otel-ts context-scoped attributes')
const none: Attributes = Object.freeze({})

/**
 * A context like `context` whose spans have `attributes` too, in an SDK that was told to (`contextScopedAttributes`);
 * by default none looks. They replace context-scoped attributes of the same name and give way to those of a span itself.
 * They are not propagated to other services: that is baggage. Specification: OTEP 4931, in development.
 *
 * @experimental
 *
 * @example
 * ```ts
 * import { addContextAttributes, getContextAttributes, ROOT_CONTEXT } from '@otel-ts/api'
 * const tenant = addContextAttributes(ROOT_CONTEXT, { 'shop.tenant': 'acme' })
 * const order = addContextAttributes(tenant, { 'shop.order': 7 })
 * console.log(getContextAttributes(order)) // { 'shop.tenant': 'acme', 'shop.order': 7 }
 * ```
 */
export function addContextAttributes(context: Context, attributes: Attributes): Context {
  return context.setValue(attributesKey, Object.freeze({ ...getContextAttributes(context), ...attributes }))
}

/**
 * The context-scoped attributes of a context; empty if it has none. See {@link addContextAttributes}.
 *
 * @experimental
 */
export function getContextAttributes(context: Context): Attributes {
  return (context.getValue(attributesKey) as Attributes | undefined) ?? none
}
