// SPDX-License-Identifier: Apache-2.0
import { usageError } from './errors.ts'

const unitMillis: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Reads a duration such as `500ms`, `10s`, `1m30s`, `2h` into milliseconds. */
export function parseDuration(option: string, text: string): number {
  let rest = text
  let millis = 0
  while (rest !== '') {
    const part = /^(\d+(?:\.\d+)?)(ms|s|m|h)/.exec(rest)
    if (part === null) {
      throw usageError(
        `${option}: "${text}" is not a duration; allowed are numbers with a unit: 500ms, 10s, 1m30s, 2h; nothing was started`,
      )
    }
    millis += Number(part[1]) * unitMillis[part[2]!]!
    rest = rest.slice(part[0].length)
  }
  if (text === '') throw usageError(`${option}: is empty; allowed are durations such as 10s; nothing was started`)
  return millis
}

/** Reads a positive number, bounded, optionally whole. */
export function parseNumber(
  option: string,
  text: string,
  limits: { min: number; max: number; whole?: boolean },
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  const fits = value >= limits.min && value <= limits.max && (limits.whole !== true || Number.isInteger(value))
  if (!fits) {
    const kind = limits.whole === true ? 'whole numbers' : 'numbers'
    throw usageError(
      `${option}: "${text}" is not allowed; allowed are ${kind} from ${limits.min} to ${limits.max}; nothing was started`,
    )
  }
  return value
}

/** Reads one of a few words. */
export function parseChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  if (!(choices as readonly string[]).includes(text)) {
    throw usageError(`${option}: "${text}" is not allowed; allowed are ${choices.join(', ')}; nothing was started`)
  }
  return text as T
}

const unitBytes: Readonly<Record<string, number>> = {
  '': 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
}

/** Reads a size such as `512MiB` or `2GB` into bytes. */
export function parseBytes(option: string, text: string): number {
  const part = /^(\d+(?:\.\d+)?)\s*(KB|MB|GB|KIB|MIB|GIB|)$/i.exec(text)
  if (part === null || Number(part[1]) <= 0) {
    throw usageError(
      `${option}: "${text}" is not a size; allowed are numbers above 0 with KB, MB, GB, KiB, MiB or GiB; nothing was started`,
    )
  }
  return Math.round(Number(part[1]) * unitBytes[part[2]!.toUpperCase()]!)
}

/** Splits `host:port`, `:port` or `port`. */
export function parseEndpoint(option: string, text: string): { host: string; port: number } {
  const part = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]*):)?(\d+)$/.exec(text)
  const port = part === null ? Number.NaN : Number(part[2])
  if (part === null || !(port >= 0 && port <= 65535)) {
    throw usageError(
      `${option}: "${text}" is not an address; allowed are host:port with a port from 0 to 65535, such as localhost:4318; nothing was started`,
    )
  }
  return { host: part[1] === undefined || part[1] === '' ? 'localhost' : part[1], port }
}
