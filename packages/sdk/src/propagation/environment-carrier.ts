// SPDX-License-Identifier: Apache-2.0
import {
  type Context,
  context,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@otel-ts/api'

/** Variables by name, such as `process.env`. */
export type EnvironmentVariables = Record<string, string | undefined>

const underscore = 95

/**
 * Reads what a parent process passed on in environment variables. Stands for the carrier as well: whatever carrier is
 * given with it, `undefined` for one, the variables are those of its constructor. Names are asked for in the form that
 * {@link EnvironmentSetter} writes: `x-b3-traceid` reads `X_B3_TRACEID` and nothing else. Values are passed on as they
 * are. Specification: context/env-carriers.md.
 *
 * @example
 * ```ts
 * import { ROOT_CONTEXT, trace } from '@otel-ts/api'
 * import { EnvironmentGetter, W3CTraceContextPropagator } from '@otel-ts/sdk'
 * const variables = { TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
 * const getter = new EnvironmentGetter(variables)
 * const context = new W3CTraceContextPropagator().extract(ROOT_CONTEXT, undefined, getter)
 * console.log(trace.getSpanContext(context)?.spanId) // b7ad6b7169203331
 * ```
 */
export class EnvironmentGetter implements TextMapGetter<unknown> {
  readonly #variables: EnvironmentVariables | undefined

  /** `variables`: default those that the process has whenever something is read. */
  constructor(variables?: EnvironmentVariables) {
    this.#variables = variables
  }

  get(_carrier: unknown, key: string): string | undefined {
    const value = (this.#variables ?? processVariables())[environmentName(key)]
    return typeof value === 'string' ? value : undefined
  }

  getAll(carrier: unknown, key: string): string[] {
    const value = this.get(carrier, key)
    return value === undefined ? [] : [value]
  }

  /** Names that a setter could have written; other variables are none of propagation's. */
  keys(_carrier?: unknown): string[] {
    const names: string[] = []
    for (const name of Object.keys(this.#variables ?? processVariables())) {
      if (name !== '' && environmentName(name) === name) names.push(name)
    }
    return names
  }
}

/**
 * Writes into variables for a child process: those of its constructor, never the ones of this process unless they are
 * given. Names become upper-case letters, digits and underscores. {@link childProcessEnvironment} does all that a child
 * process needs. Specification: context/env-carriers.md.
 *
 * @example
 * ```ts
 * import { propagation, ROOT_CONTEXT } from '@otel-ts/api'
 * import { EnvironmentSetter, type EnvironmentVariables, W3CBaggagePropagator } from '@otel-ts/sdk'
 * const variables: EnvironmentVariables = { PATH: '/usr/bin' }
 * const baggage = propagation.createBaggage({ tenant: { value: 'acme' } })
 * const context = propagation.setBaggage(ROOT_CONTEXT, baggage)
 * new W3CBaggagePropagator().inject(context, undefined, new EnvironmentSetter(variables))
 * console.log(variables) // { PATH: '/usr/bin', BAGGAGE: 'tenant=acme' }
 * ```
 */
export class EnvironmentSetter implements TextMapSetter<unknown> {
  readonly #variables: EnvironmentVariables

  constructor(variables: EnvironmentVariables) {
    this.#variables = variables
  }

  set(_carrier: unknown, key: string, value: string): void {
    this.#variables[environmentName(key)] = value
  }
}

/** What {@link childProcessEnvironment} goes by. */
export interface ChildProcessEnvironmentOptions {
  /** What is passed on. Default: the active context. */
  context?: Context
  /** Default: the global one. */
  propagator?: TextMapPropagator
  /** What the child gets besides. Default: the variables of this process. Not changed. */
  variables?: EnvironmentVariables
}

/**
 * Variables for a child process that continue the trace there. Starts no process: give them to `spawn`, `fork` or `exec`
 * as `env`.
 *
 * This process may have inherited such variables itself. Once anything is written, all that the propagator could have
 * written and did not is removed, so that no old `tracestate` or baggage goes with a new `traceparent`. When nothing is
 * written, the inherited ones stay and the child continues the trace of this process's parent.
 *
 * @example
 * ```ts
 * import { ROOT_CONTEXT, trace } from '@otel-ts/api'
 * import { childProcessEnvironment, W3CTraceContextPropagator } from '@otel-ts/sdk'
 * const spanContext = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
 * const env = childProcessEnvironment({
 *   context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
 *   propagator: new W3CTraceContextPropagator(),
 *   variables: { TRACESTATE: 'from=another' },
 * })
 * console.log(Object.keys(env), env['TRACEPARENT']?.slice(-2)) // [ 'TRACEPARENT' ] 01
 * ```
 */
export function childProcessEnvironment(options: ChildProcessEnvironmentOptions = {}): EnvironmentVariables {
  const variables = { ...(options.variables ?? processVariables()) }
  const propagator = options.propagator ?? propagation
  const written: EnvironmentVariables = {}
  propagator.inject(options.context ?? context.active(), undefined, new EnvironmentSetter(written))
  if (Object.keys(written).length === 0) return variables
  for (const field of propagator.fields()) delete variables[environmentName(field)]
  return Object.assign(variables, written)
}

/** The name that a key has as a variable: context/env-carriers.md#key-name-normalization. */
function environmentName(key: string): string {
  if (key === '') return '_'
  let name = ''
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i)
    const isDigit = unit >= 48 && unit <= 57
    if (i === 0 && isDigit) name = '_'
    if (isDigit || (unit >= 65 && unit <= 90) || unit === underscore) name += key[i]
    else if (unit >= 97 && unit <= 122) name += String.fromCharCode(unit - 32)
    else {
      name += '_'
      // A character beyond 16 bits is one character.
      if (key.codePointAt(i)! > 0xffff) i++
    }
  }
  return name
}

function processVariables(): EnvironmentVariables {
  const { process } = globalThis as { process?: { env?: EnvironmentVariables } }
  return process?.env ?? {}
}
