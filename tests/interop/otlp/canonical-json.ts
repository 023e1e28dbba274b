// SPDX-License-Identifier: Apache-2.0
// Requests as JSON from two sides: what a peer wrote of what it sent, and what our `file` exporter wrote of what arrived.
import { readFileSync } from 'node:fs'
import type { Signal } from '@otel-ts/otlp'

export type Json = null | string | number | boolean | Json[] | { [key: string]: Json }

/** The values of a file with one JSON value a line. */
export function linesOf(path: string): Json[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Json)
}

/** `resourceSpans`, `resourceMetrics` or `resourceLogs` of a request. */
export function groupsOf(signal: Signal, request: Json): Json[] {
  const key = { traces: 'resourceSpans', metrics: 'resourceMetrics', logs: 'resourceLogs' }[signal]
  return (request as Record<string, Json[]>)[key]!
}

/** What a peer wrote of its requests: `{"signal": ..., "request": ...}` a line. */
export function sentGroups(path: string): Map<Signal, Json[]> {
  const sent = new Map<Signal, Json[]>()
  for (const line of linesOf(path)) {
    const { signal, request } = line as { signal: Signal; request: Json }
    sent.set(signal, [...(sent.get(signal) ?? []), ...groupsOf(signal, request)])
  }
  return sent
}

const idKeys = new Set(['traceId', 'spanId', 'parentSpanId'])

/**
 * protobuf's own JSON and OTLP's differ in ids (base64, hex); both leave out defaults in places. What is compared is the
 * message: ids as hex, defaults gone.
 */
export function canonical(value: Json, key = ''): Json {
  if (typeof value === 'string' && idKeys.has(key))
    return /^[0-9a-f]{16}([0-9a-f]{16})?$/.test(value) ? value : Buffer.from(value, 'base64').toString('hex')
  if (Array.isArray(value)) return value.map((element) => canonical(element, key))
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value)
    .map(([name, inner]) => [name, canonical(inner, name)] as const)
    .filter(([name, inner]) => !isDefault(name, inner))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries)
}

// Members of a oneof and proto3 optionals keep their default: their presence says something.
const presence = new Set([
  'stringValue',
  'boolValue',
  'intValue',
  'doubleValue',
  'bytesValue',
  'arrayValue',
  'kvlistValue',
  'asInt',
  'asDouble',
  'sum',
  'min',
  'max',
])

function isDefault(name: string, value: Json): boolean {
  if (presence.has(name)) return false
  if (Array.isArray(value)) return value.length === 0
  if (value !== null && typeof value === 'object') return Object.keys(value).length === 0
  return value === '' || value === 0 || value === '0' || value === false || value === null
}

/** Names of the keys that occur nowhere in `groups`, of those in `keys`. */
export function keysMissing(groups: Iterable<Json>, keys: readonly string[]): string[] {
  const found = new Set<string>()
  for (const group of groups) collectKeys(group, found)
  return keys.filter((key) => !found.has(key))
}

function collectKeys(value: Json, keys: Set<string>): void {
  if (Array.isArray(value)) for (const element of value) collectKeys(element, keys)
  else if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) {
      keys.add(key)
      collectKeys(inner, keys)
    }
  }
}

/** Fields that an SDK can set, without which a comparison would be worth little. */
export const fieldsOfSdks: readonly string[] = (
  'traceState parentSpanId events links status droppedAttributesCount droppedEventsCount schemaUrl flags kind ' +
  'stringValue intValue doubleValue boolValue arrayValue kvlistValue bytesValue ' +
  'sum gauge histogram exponentialHistogram exemplars isMonotonic aggregationTemporality asInt asDouble ' +
  'explicitBounds bucketCounts zeroCount scale body severityNumber severityText eventName observedTimeUnixNano'
).split(' ')
