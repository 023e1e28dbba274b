// SPDX-License-Identifier: Apache-2.0
import { formatDuration, parseDuration } from '../duration.ts'
import type { ConfigNode } from '../node.ts'
import { type Invalid, invalid, type Schema, type Scope } from './schema.ts'

/** Bounds on a duration, written as durations: `{ min: '0s' }`. */
export interface DurationBounds {
  readonly min?: string
  readonly max?: string
}

/**
 * A duration in milliseconds, fractions included. Written as Go writes it: `200ms`, `1m30s`.
 *
 * @example
 * ```ts
 * import { durationMillis, parseYaml, readConfig } from '@otel-ts/confmap'
 * console.log(readConfig(durationMillis(), parseYaml('1m30s', 'x').node).value) // 90000
 * ```
 */
export function durationMillis(bounds: DurationBounds = {}): Schema<number> {
  const base = durationNanos(bounds)
  return {
    ...base,
    read(node, scope) {
      const nanos = base.read(node, scope)
      return nanos === invalid ? invalid : Number(nanos) / 1e6
    },
    format: (millis) => base.format(BigInt(Math.round(millis * 1e6))),
  }
}

/**
 * A duration in nanoseconds, exact. Bare numbers other than 0 are nanoseconds, as upstream, and draw a warning.
 *
 * @example
 * ```ts
 * import { durationNanos, parseYaml, readConfig } from '@otel-ts/confmap'
 * console.log(readConfig(durationNanos(), parseYaml('1.5us', 'x').node).value) // 1500n
 * ```
 */
export function durationNanos(bounds: DurationBounds = {}): Schema<bigint> {
  const min = boundOf(bounds.min)
  const max = boundOf(bounds.max)
  const range =
    (bounds.min === undefined ? '' : ` of at least ${bounds.min}`) +
    (bounds.max === undefined ? '' : ` of at most ${bounds.max}`)
  const what = `a duration${range}, such as 200ms or 1m30s`
  return {
    typeName: `duration${bounds.min === undefined ? '' : ` >= ${bounds.min}`}${bounds.max === undefined ? '' : ` <= ${bounds.max}`}`,
    read(node, scope) {
      const nanos = nanosOf(node, scope, what)
      if (nanos === invalid) return invalid
      if ((min !== undefined && nanos < min) || (max !== undefined && nanos > max)) {
        return scope.problem('CONFIG_VALUE', node.location, `expected ${what}, got ${formatDuration(nanos)}`)
      }
      return nanos
    },
    jsonSchema: () => ({
      anyOf: [
        {
          type: 'string',
          pattern: '^([-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$|^[-+]?0$|\\$\\{[^}]+\\}',
        },
        { type: 'integer' },
      ],
    }),
    format: (nanos) => `\`${formatDuration(nanos)}\``,
  }
}

function nanosOf(node: ConfigNode, scope: Scope, what: string): bigint | Invalid {
  if (node.kind !== 'scalar') return scope.expected(what, node)
  const { value } = node
  if (typeof value === 'string') return parseDuration(value) ?? scope.expected(what, node)
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) {
    const nanos = BigInt(value as number | bigint)
    if (nanos !== 0n) {
      const message = `${nanos} without a unit means ${formatDuration(nanos)}; did you mean ${nanos}s or ${nanos}ms?`
      scope.warn('CONFIG_SUSPICIOUS', node.location, message)
    }
    return nanos
  }
  return scope.expected(what, node)
}

function boundOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined
  const nanos = parseDuration(text)
  if (nanos === undefined) throw new TypeError(`${JSON.stringify(text)} is not a duration`)
  return nanos
}
