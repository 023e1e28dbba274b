// SPDX-License-Identifier: Apache-2.0

/**
 * Values that belong to one execution: the active span, baggage and others. Immutable: changes return a new context.
 * Specification: context/README.md.
 *
 * @example
 * ```ts
 * import { createContextKey, ROOT_CONTEXT, type Context } from '@otel-ts/api'
 * const tenant = createContextKey('my-app tenant')
 * const context: Context = ROOT_CONTEXT.setValue(tenant, 'acme')
 * console.log(context.getValue(tenant), ROOT_CONTEXT.getValue(tenant)) // acme undefined
 * ```
 */
export interface Context {
  getValue(key: symbol): unknown
  /** A context that has `value` under `key` and all else of this one. */
  setValue(key: symbol, value: unknown): Context
  /** A context that has nothing under `key` and all else of this one. */
  deleteValue(key: symbol): Context
}

/**
 * A key for {@link Context}. The same description gives the same key in every copy of every package, so that values
 * survive a dependency that is installed twice; put the name of your package into it. For a key of your own that nobody
 * else can make, use `Symbol('…')`: any symbol is a key.
 *
 * @example
 * ```ts
 * import { createContextKey } from '@otel-ts/api'
 * console.log(createContextKey('my-app tenant') === createContextKey('my-app tenant')) // true
 * ```
 */
export function createContextKey(description: string): symbol {
  return Symbol.for(description)
}

/** Key of the active span; the same as in npm's API. */
export const spanKey: symbol = createContextKey('OpenTelemetry Context Key SPAN')

/** Key of the baggage; the same as in npm's API. */
export const baggageKey: symbol = createContextKey('OpenTelemetry Baggage Key')

/** Key under which tracing is suppressed; the same as in npm's core package. */
const suppressTracingKey: symbol = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/**
 * The three values that nearly every context holds have a slot each, so that setting the active span is one small
 * allocation instead of a copied Map.
 */
class SlotContext implements Context {
  readonly #span: unknown
  readonly #baggage: unknown
  readonly #suppressTracing: unknown
  readonly #others: ReadonlyMap<symbol, unknown> | undefined

  constructor(
    span: unknown,
    baggage: unknown,
    suppressTracing: unknown,
    others: ReadonlyMap<symbol, unknown> | undefined,
  ) {
    this.#span = span
    this.#baggage = baggage
    this.#suppressTracing = suppressTracing
    this.#others = others
  }

  getValue(key: symbol): unknown {
    if (key === spanKey) return this.#span
    if (key === baggageKey) return this.#baggage
    if (key === suppressTracingKey) return this.#suppressTracing
    return this.#others?.get(key)
  }

  setValue(key: symbol, value: unknown): Context {
    if (key === spanKey) return new SlotContext(value, this.#baggage, this.#suppressTracing, this.#others)
    if (key === baggageKey) return new SlotContext(this.#span, value, this.#suppressTracing, this.#others)
    if (key === suppressTracingKey) return new SlotContext(this.#span, this.#baggage, value, this.#others)
    return new SlotContext(this.#span, this.#baggage, this.#suppressTracing, new Map(this.#others).set(key, value))
  }

  deleteValue(key: symbol): Context {
    if (key === spanKey || key === baggageKey || key === suppressTracingKey) return this.setValue(key, undefined)
    if (this.#others?.has(key) !== true) return this
    const others = new Map(this.#others)
    others.delete(key)
    return new SlotContext(this.#span, this.#baggage, this.#suppressTracing, others.size === 0 ? undefined : others)
  }
}

/**
 * The empty context, active where no other one is.
 *
 * @example
 * ```ts
 * import { ROOT_CONTEXT, trace } from '@otel-ts/api'
 * console.log(trace.getSpan(ROOT_CONTEXT)) // undefined
 * ```
 */
export const ROOT_CONTEXT: Context = new SlotContext(undefined, undefined, undefined, undefined)
