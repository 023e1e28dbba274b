// SPDX-License-Identifier: Apache-2.0
import type { GrpcHeaderValues, OtlpGrpcHeaders, OtlpHeaders } from '@otel-ts/otlp/client'
import { readString } from '../env/read.ts'
import type { OtlpName } from '../env/table.ts'
import { sdkEvents } from '../events.ts'
import type { OtlpGrpcMetadata } from './otlp-options.ts'

/** Headers of the environment, those for the signal over the general ones, and the given ones over both. */
export function mergedHeaders(given: OtlpHeaders | undefined, names: readonly OtlpName<'HEADERS'>[]): OtlpHeaders {
  const fromEnvironment: Record<string, string> = {}
  for (let i = names.length - 1; i >= 0; i--) setAll(fromEnvironment, headersFrom(names[i]!))
  if (given === undefined) return fromEnvironment
  if (typeof given === 'function') {
    return async () => setAll({ ...fromEnvironment }, await given())
  }
  return setAll(fromEnvironment, given)
}

// Names of headers have no case: `Api-Key` in code must replace `api-key` of the environment, not stand beside it.
function setAll<V>(headers: Record<string, V>, more: Readonly<Record<string, V>>): Record<string, V> {
  for (const name of Object.keys(more)) {
    const key = name.toLowerCase()
    for (const other of Object.keys(headers)) if (other.toLowerCase() === key) delete headers[other]
    headers[name] = more[name]!
  }
  return headers
}

/** Headers with gRPC metadata over them. */
export function withMetadata(headers: OtlpHeaders, metadata: OtlpGrpcMetadata | undefined): OtlpGrpcHeaders {
  if (metadata === undefined) return headers
  const { getMap } = metadata as { getMap?: unknown }
  const own = (typeof getMap === 'function' ? getMap.call(metadata) : metadata) as GrpcHeaderValues
  if (typeof headers === 'function') return async () => setAll<string | Uint8Array>({ ...(await headers()) }, own)
  return setAll<string | Uint8Array>({ ...headers }, own)
}

const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

function headersFrom(name: OtlpName<'HEADERS'>): Record<string, string> {
  const headers: Record<string, string> = {}
  const text = readString(name)
  if (text === undefined) return headers
  for (const member of text.split(',')) {
    if (member.trim() === '') continue
    const equals = member.indexOf('=')
    const key = member.slice(0, Math.max(equals, 0)).trim()
    const value = decode(member.slice(equals + 1).trim())
    if (!tokenPattern.test(key) || value === undefined) {
      // The text may hold a token: it is not repeated in the log.
      sdkEvents.invalidSetting(
        name,
        key || '(no key)',
        'key=value pairs joined by commas, keys HTTP field names, values percent-encoded',
        'this pair is left out',
      )
    } else headers[key] = value
  }
  return headers
}

function decode(text: string): string | undefined {
  try {
    const value = decodeURIComponent(text)
    return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? value : undefined
  } catch {
    return undefined
  }
}
