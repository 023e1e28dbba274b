// SPDX-License-Identifier: Apache-2.0
import type { EventEmitter } from 'node:events'
import type { Context } from '@otel-ts/api'

type Emit = (this: BoundEmitter, ...args: unknown[]) => boolean

/** Calls `emit` with `args` on an emitter, in a context. */
export type EmitIn = (context: Context, emit: Emit, emitter: BoundEmitter, args: unknown[]) => boolean

const contextKey: unique symbol = Symbol('otel-ts emitter context')

interface BoundEmitter {
  [contextKey]?: Context
  emit: Emit
}

/**
 * Makes emitters call their listeners in a context. An instrumented server binds two per request: only `emit` is
 * replaced, by one function for all emitters of a class. Wrapping listeners as they are added, as opentelemetry-js
 * does, takes five methods more on each emitter and two closures a listener; on a whole Express request it cost 15 of
 * 50 us (bench/express, Node 20). It also has to undo itself in off(), once() and listeners(), which here are node's own.
 */
export class EmitterBinder {
  readonly #emitterClass: typeof EventEmitter
  readonly #emitIn: EmitIn
  // Replacements by the method that they call: a class may have an emit() of its own.
  readonly #emits = new WeakMap<Emit, Emit>()

  constructor(emitterClass: typeof EventEmitter, emitIn: EmitIn) {
    this.#emitterClass = emitterClass
    this.#emitIn = emitIn
  }

  /** Whether a value is an emitter of the host: only its way of calling listeners is known. */
  canBind(value: unknown): value is EventEmitter {
    return value instanceof this.#emitterClass
  }

  /** Binds an emitter. One that is bound already keeps its context. */
  bind(context: Context, target: EventEmitter): void {
    const emitter = target as unknown as BoundEmitter
    if (emitter[contextKey] !== undefined) return
    const { emit } = emitter
    emitter[contextKey] = context
    emitter.emit = this.#emits.get(emit) ?? this.#replacementOf(emit)
  }

  #replacementOf(emit: Emit): Emit {
    const emitIn = this.#emitIn
    const replacement: Emit = function (...args) {
      // Absent where an object takes its methods from a bound one, as a prototype or a copy.
      const context = this[contextKey]
      return context === undefined ? Reflect.apply(emit, this, args) : emitIn(context, emit, this, args)
    }
    this.#emits.set(emit, replacement)
    return replacement
  }
}
