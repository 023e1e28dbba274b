// SPDX-License-Identifier: Apache-2.0
import { parseDuration } from '@otel-ts/store'
import { viewerError } from '../errors.ts'

/** Longest value of one query parameter, in UTF-16 units. */
export const maxParameterLength = 4096
const maxParameterCount = 64

/** Query parameters of one request, read with checks; of a name that stands twice the first counts. */
export class Parameters {
  readonly #values: URLSearchParams

  constructor(query: string) {
    this.#values = new URLSearchParams(query)
    let count = 0
    for (const [name, value] of this.#values) {
      if (++count > maxParameterCount) {
        throw refused(`${count} query parameters`, `at most ${maxParameterCount} are allowed`)
      }
      if (value.length > maxParameterLength) {
        throw refused(
          `parameter ${shown(name)} with ${value.length} characters`,
          `at most ${maxParameterLength} are allowed`,
        )
      }
    }
  }

  /** Undefined when absent or empty. */
  text(name: string): string | undefined {
    return this.#values.get(name) || undefined
  }

  all(name: string): string[] {
    return this.#values.getAll(name)
  }

  flag(name: string): boolean {
    const value = this.text(name)
    if (value === undefined || value === '0' || value === 'false') return false
    if (value === '1' || value === 'true') return true
    throw refused(`parameter ${name}=${shown(value)}`, 'allowed are 1, true, 0, false')
  }

  /** A count from `least` to `most`. */
  count(name: string, least: number, most: number): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    if (number >= least && number <= most) return number
    throw refused(`parameter ${name}=${shown(value)}`, `allowed are whole numbers from ${least} to ${most}`)
  }

  /** Nanoseconds since the Unix epoch, in decimal. */
  nanos(name: string): bigint | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    if (/^\d{1,20}$/.test(value)) return BigInt(value)
    throw refused(`parameter ${name}=${shown(value)}`, 'expected nanoseconds since 1970, in decimal digits')
  }

  /** A duration with unit, such as 250ms; digits alone are nanoseconds. */
  duration(name: string): bigint | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    if (/^\d{1,20}$/.test(value)) return BigInt(value)
    const nanos = parseDuration(value)
    if (nanos !== undefined) return nanos
    throw refused(`parameter ${name}=${shown(value)}`, 'expected a duration such as 250ms, 1.5s or 1m30s')
  }
}

export function refused(met: string, allowed: string): Error {
  return viewerError('VIEWER_PARAMETER', `${met}: not understood; ${allowed}; nothing was searched`)
}

/** A value as it may stand in a message: quoted and cut. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value)
}
