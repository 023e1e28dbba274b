// SPDX-License-Identifier: Apache-2.0
import { type OtlpHeaders, otlpSignalUrl } from '@otel-ts/otlp/client'
import { readEnum, readNumber, readString } from '../env/read.ts'
import { sdkEvents } from '../events.ts'

/** Options of the OTLP/HTTP exporters. What is left out comes from `OTEL_EXPORTER_OTLP_*`. */
export interface OtlpHttpExporterOptions {
  /** Where spans go, used as it is. Default `http://localhost:4318/v1/traces`. */
  url?: string
  /** Headers of every request, or a function that is asked before each one. They win over those of the environment. */
  headers?: OtlpHeaders
  /** Default `none`. gzip means level 1. */
  compression?: 'none' | 'gzip'
  /** Time for one export with its retries, in milliseconds; 0 is no limit. Default 10000. */
  timeoutMillis?: number
  /** Exports that may run at once; one more fails. Default 30. */
  concurrencyLimit?: number
  /** Product of a distribution, such as `MyDistro/1.2`, put before the user agent. */
  userAgent?: string
}

/** {@link OtlpHttpExporterOptions} with environment and defaults filled in. */
export interface ResolvedOtlpHttpOptions {
  readonly url: string
  readonly headers: OtlpHeaders
  readonly compression: 'none' | 'gzip'
  readonly timeoutMillis: number
  readonly concurrencyLimit: number
  readonly userAgentProduct: string | undefined
}

/** Fills in what options leave out: first the variables for traces, then the general ones, then the defaults. */
export function resolveOtlpHttpOptions(options: OtlpHttpExporterOptions): ResolvedOtlpHttpOptions {
  return {
    url: options.url ?? environmentUrl(),
    headers: headersOf(options.headers),
    compression:
      options.compression ??
      ((readEnum('OTEL_EXPORTER_OTLP_TRACES_COMPRESSION') ?? readEnum('OTEL_EXPORTER_OTLP_COMPRESSION') ?? 'none') as
        | 'none'
        | 'gzip'),
    timeoutMillis:
      options.timeoutMillis ??
      readNumber('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT') ??
      readNumber('OTEL_EXPORTER_OTLP_TIMEOUT') ??
      10_000,
    concurrencyLimit: options.concurrencyLimit ?? 30,
    userAgentProduct: options.userAgent,
  }
}

function environmentUrl(): string {
  const own = readString('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')
  if (own !== undefined) return own
  return otlpSignalUrl(readString('OTEL_EXPORTER_OTLP_ENDPOINT') ?? 'http://localhost:4318', 'traces')
}

function headersOf(given: OtlpHeaders | undefined): OtlpHeaders {
  const fromEnvironment = {
    ...headersFrom('OTEL_EXPORTER_OTLP_HEADERS'),
    ...headersFrom('OTEL_EXPORTER_OTLP_TRACES_HEADERS'),
  }
  if (given === undefined) return fromEnvironment
  if (typeof given === 'function') return async () => ({ ...fromEnvironment, ...(await given()) })
  return { ...fromEnvironment, ...given }
}

const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

function headersFrom(name: 'OTEL_EXPORTER_OTLP_HEADERS' | 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'): Record<string, string> {
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
        key,
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
