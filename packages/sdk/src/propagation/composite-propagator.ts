// SPDX-License-Identifier: Apache-2.0
import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@otel-ts/api'
import { ownContext } from '../context/own-context.ts'
import { sdkEvents } from '../events.ts'

/** Options of a {@link CompositePropagator}. */
export interface CompositePropagatorConfig {
  /** Asked in this order; where two extract the same value the later one wins. Default none. */
  propagators?: TextMapPropagator[]
}

/**
 * Several propagators as one. One that throws does not keep the others from their work.
 *
 * @example
 * ```ts
 * import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@otel-ts/sdk'
 * const propagator = new CompositePropagator({
 *   propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
 * })
 * console.log(propagator.fields()) // [ 'traceparent', 'tracestate', 'baggage' ]
 * ```
 */
export class CompositePropagator implements TextMapPropagator {
  readonly #propagators: readonly TextMapPropagator[]

  constructor(config: CompositePropagatorConfig = {}) {
    this.#propagators = [...(config.propagators ?? [])]
  }

  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    for (const propagator of this.#propagators) {
      try {
        propagator.inject(context, carrier, setter)
      } catch (error) {
        sdkEvents.callbackThrew('inject of a propagator', error)
      }
    }
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    let extracted = ownContext(context)
    for (const propagator of this.#propagators) {
      try {
        extracted = propagator.extract(extracted, carrier, getter)
      } catch (error) {
        sdkEvents.callbackThrew('extract of a propagator', error)
      }
    }
    return extracted
  }

  fields(): string[] {
    const fields = new Set<string>()
    for (const propagator of this.#propagators) {
      try {
        for (const field of propagator.fields()) fields.add(field)
      } catch (error) {
        sdkEvents.callbackThrew('fields of a propagator', error)
      }
    }
    return [...fields]
  }
}
