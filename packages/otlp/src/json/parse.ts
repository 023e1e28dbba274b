// SPDX-License-Identifier: Apache-2.0
import type { RecordsBySignal } from '../batch/batch.ts'
import { otlpError } from '../errors.ts'
import type { ResourceLogs, ScopeLogs } from '../model/logs.ts'
import type { ResourceMetrics, ScopeMetrics } from '../model/metrics.ts'
import type { Signal } from '../model/resource.ts'
import type { ResourceSpans, ScopeSpans } from '../model/traces.ts'
import { JsonReader } from './json-reader.ts'
import { parseLogRecord } from './parse-logs.ts'
import { parseMetric } from './parse-metrics.ts'
import { parseSpan } from './parse-traces.ts'

/** Records and how many keys were ignored. */
export interface ParsedJson<S extends Signal> {
  readonly records: RecordsBySignal[S]
  readonly unknownKeyCount: number
}

/**
 * Parses OTLP JSON into records. Keys are lowerCamelCase; others are ignored. Ids are hexadecimal in either case, other
 * bytes base64 of either alphabet, enums integers; 64-bit integers may be strings or numbers, and no digit is lost
 * either way; null means default. Throws OTLP_JSON, naming field and value, or OTLP_NESTING.
 *
 * @example
 * ```ts
 * import { parseJson } from '@otel-ts/otlp'
 * console.log(parseJson('logs', '{"resourceLogs":[{"schemaUrl":"u"}]}')) // [ { resource: undefined, scopeLogs: [], schemaUrl: 'u' } ]
 * ```
 */
export function parseJson<S extends Signal>(signal: S, text: string): RecordsBySignal[S] {
  return parseJsonCounting(signal, text).records
}

/** As {@link parseJson}, and says how many keys were ignored. */
export function parseJsonCounting<S extends Signal>(signal: S, text: string): ParsedJson<S> {
  const reader = new JsonReader()
  try {
    return { records: convert(signal, reader, parseText(signal, text)), unknownKeyCount: reader.unknownKeyCount }
  } catch (error) {
    if (!reader.lostDigits) throw error
    const second = new JsonReader()
    const value = parseText(signal, quoteLongIntegers(text))
    return { records: convert(signal, second, value), unknownKeyCount: second.unknownKeyCount }
  }
}

function parseText(signal: Signal, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // V8 parses without recursion; other engines may run out of stack.
    if (cause instanceof RangeError) {
      throw otlpError(
        'OTLP_NESTING',
        `${signal} JSON: nested too deep to parse; allowed are 100 levels; request refused`,
      )
    }
    throw otlpError(
      'OTLP_JSON',
      `${signal} JSON: ${(cause as Error).message}; expected an object with ${rootKeys[signal]}; request refused`,
      cause,
    )
  }
}

const rootKeys = { traces: 'resourceSpans', metrics: 'resourceMetrics', logs: 'resourceLogs' } as const

// Puts integers of 16 digits and more into quotes, so that JSON.parse keeps their digits; doubles may be strings too.
// The text is known to be JSON. A loop, since a regular expression runs out of stack on strings of megabytes.
function quoteLongIntegers(text: string): string {
  let out = ''
  let run = 0
  for (let i = 0; i < text.length; ) {
    const unit = text.charCodeAt(i)
    if (unit === 0x22) {
      i = endOfString(text, i)
      continue
    }
    if (unit !== 0x2d && (unit < 0x30 || unit > 0x39)) {
      i++
      continue
    }
    let end = i + 1
    while (isNumberUnit(text.charCodeAt(end))) end++
    const token = text.slice(i, end)
    if (token.length >= 16 && /^-?\d+$/.test(token)) {
      out += `${text.slice(run, i)}"${token}"`
      run = end
    }
    i = end
  }
  return out + text.slice(run)
}

function endOfString(text: string, start: number): number {
  let end = start
  let isEscaped = true
  while (isEscaped) {
    end = text.indexOf('"', end + 1)
    let slashes = end
    while (text.charCodeAt(slashes - 1) === 0x5c) slashes--
    isEscaped = ((end - slashes) & 1) === 1
  }
  return end + 1
}

// Digits and what else a number may hold: + - . E e
function isNumberUnit(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || unit === 0x2b || unit === 0x2d || unit === 0x2e || (unit | 32) === 0x65
}

function convert<S extends Signal>(signal: S, r: JsonReader, value: unknown): RecordsBySignal[S] {
  const root = r.object(`${signal} JSON`, value)
  let records = [] as RecordsBySignal[S]
  for (const key in root) {
    const entries = root[key]
    if (key !== rootKeys[signal]) {
      r.unknown(key, entries)
      continue
    }
    if (entries === null) continue
    const parse: (r: JsonReader, item: unknown) => unknown =
      signal === 'traces' ? resourceSpans : signal === 'metrics' ? resourceMetrics : resourceLogs
    records = r.array(key, entries).map((entry) => parse(r, entry)) as RecordsBySignal[S]
  }
  return records
}

function resourceSpans(r: JsonReader, item: unknown): ResourceSpans {
  const entry: ResourceSpans = { resource: undefined, scopeSpans: [], schemaUrl: '' }
  const object = r.object('resourceSpans', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    if (key === 'resource') entry.resource = r.resource(value)
    else if (key === 'schemaUrl') entry.schemaUrl = r.string('ResourceSpans.schemaUrl', value)
    else if (key === 'scopeSpans') entry.scopeSpans = r.array('scopeSpans', value).map((inner) => scopeSpans(r, inner))
    else r.unknown(`ResourceSpans.${key}`, value)
  }
  return entry
}

function scopeSpans(r: JsonReader, item: unknown): ScopeSpans {
  const entry: ScopeSpans = { scope: undefined, spans: [], schemaUrl: '' }
  const object = r.object('scopeSpans', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    if (key === 'scope') entry.scope = r.scope(value)
    else if (key === 'schemaUrl') entry.schemaUrl = r.string('ScopeSpans.schemaUrl', value)
    else if (key === 'spans') entry.spans = r.array('spans', value).map((span) => parseSpan(r, span))
    else r.unknown(`ScopeSpans.${key}`, value)
  }
  return entry
}

function resourceMetrics(r: JsonReader, item: unknown): ResourceMetrics {
  const entry: ResourceMetrics = { resource: undefined, scopeMetrics: [], schemaUrl: '' }
  const object = r.object('resourceMetrics', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    if (key === 'resource') entry.resource = r.resource(value)
    else if (key === 'schemaUrl') entry.schemaUrl = r.string('ResourceMetrics.schemaUrl', value)
    else if (key === 'scopeMetrics') {
      entry.scopeMetrics = r.array('scopeMetrics', value).map((inner) => scopeMetrics(r, inner))
    } else r.unknown(`ResourceMetrics.${key}`, value)
  }
  return entry
}

function scopeMetrics(r: JsonReader, item: unknown): ScopeMetrics {
  const entry: ScopeMetrics = { scope: undefined, metrics: [], schemaUrl: '' }
  const object = r.object('scopeMetrics', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    if (key === 'scope') entry.scope = r.scope(value)
    else if (key === 'schemaUrl') entry.schemaUrl = r.string('ScopeMetrics.schemaUrl', value)
    else if (key === 'metrics') entry.metrics = r.array('metrics', value).map((metric) => parseMetric(r, metric))
    else r.unknown(`ScopeMetrics.${key}`, value)
  }
  return entry
}

function resourceLogs(r: JsonReader, item: unknown): ResourceLogs {
  const entry: ResourceLogs = { resource: undefined, scopeLogs: [], schemaUrl: '' }
  const object = r.object('resourceLogs', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    if (key === 'resource') entry.resource = r.resource(value)
    else if (key === 'schemaUrl') entry.schemaUrl = r.string('ResourceLogs.schemaUrl', value)
    else if (key === 'scopeLogs') entry.scopeLogs = r.array('scopeLogs', value).map((inner) => scopeLogs(r, inner))
    else r.unknown(`ResourceLogs.${key}`, value)
  }
  return entry
}

function scopeLogs(r: JsonReader, item: unknown): ScopeLogs {
  const entry: ScopeLogs = { scope: undefined, logRecords: [], schemaUrl: '' }
  const object = r.object('scopeLogs', item)
  for (const key in object) {
    const value = object[key]
    if (value === null) continue
    if (key === 'scope') entry.scope = r.scope(value)
    else if (key === 'schemaUrl') entry.schemaUrl = r.string('ScopeLogs.schemaUrl', value)
    else if (key === 'logRecords') {
      entry.logRecords = r.array('logRecords', value).map((record) => parseLogRecord(r, record))
    } else r.unknown(`ScopeLogs.${key}`, value)
  }
  return entry
}
