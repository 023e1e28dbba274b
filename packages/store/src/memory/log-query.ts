// SPDX-License-Identifier: Apache-2.0
import type { AnyValue, KeyValue } from '@otel-ts/otlp'
import type { LogQuery, StoredLog } from '../store.ts'
import type { LogSegment } from './log-segment.ts'
import { checkLimit } from './trace-query.ts'
import { readValue } from './value-codec.ts'

const defaultLimit = 100
const maxLimit = 10_000

interface Hit {
  readonly segment: LogSegment
  readonly row: number
  readonly time: bigint
}

/** Log records that hold, newest first. */
export function queryLogs(segments: readonly LogSegment[], query: LogQuery): StoredLog[] {
  const limit = checkLimit(query.limit, defaultLimit, maxLimit)
  const traceId = query.traceId?.toLowerCase()
  let hits: Hit[] = []
  for (const segment of segments) {
    const holds = rowTest(segment, query)
    const take = (row: number) => {
      if (!holds(row)) return
      hits.push({ segment, row, time: segment.time(row) })
      // Cutting now and then keeps the list short, and the newest of it.
      if (hits.length >= limit * 4 + 1000) hits = newest(hits, limit)
    }
    if (traceId !== undefined) {
      for (let row = segment.headOf(traceId); row !== -1; row = segment.nextInTrace(row)) take(row)
    } else {
      for (let row = segment.rowCount - 1; row >= 0; row--) take(row)
    }
  }
  return newest(hits, limit).map(({ segment, row }) => segment.read(row))
}

function newest(hits: Hit[], limit: number): Hit[] {
  hits.sort((a, b) => (a.time > b.time ? -1 : a.time < b.time ? 1 : 0))
  return hits.slice(0, limit)
}

function rowTest(segment: LogSegment, query: LogQuery): (row: number) => boolean {
  const { service, minSeverityNumber, fromUnixNano, toUnixNano } = query
  const spanId = query.spanId?.toLowerCase()
  const part = query.bodyContains?.toLowerCase()
  const verdicts = part === undefined ? undefined : new Uint8Array(segment.strings.size)
  return (row) => {
    if (minSeverityNumber !== undefined && segment.severity(row) < minSeverityNumber) return false
    if (fromUnixNano !== undefined && segment.time(row) < fromUnixNano) return false
    if (toUnixNano !== undefined && segment.time(row) >= toUnixNano) return false
    if (service !== undefined && segment.service(row) !== service) return false
    if (spanId !== undefined && segment.spanId(row) !== spanId) return false
    if (part === undefined || verdicts === undefined) return true
    const id = segment.bodyStringId(row)
    if (id === -1)
      return valueText(readValue(segment.bodyReader(row), segment))
        .toLowerCase()
        .includes(part)
    if (verdicts[id] === 0) verdicts[id] = segment.strings.at(id).toLowerCase().includes(part) ? 2 : 1
    return verdicts[id] === 2
  }
}

/** One line of text for any value: texts as they are, arrays and maps as JSON, bytes as base64. */
export function valueText(value: AnyValue): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'undefined':
      return ''
    case 'object':
      return value instanceof Uint8Array ? base64(value) : jsonText(value)
    default:
      return String(value)
  }
}

function jsonText(value: AnyValue): string {
  switch (typeof value) {
    case 'undefined':
      return 'null'
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : JSON.stringify(String(value))
    case 'object':
      if (value instanceof Uint8Array) return JSON.stringify(base64(value))
      if ('list' in value) return `[${value.list.map(jsonText).join(',')}]`
      return `{${value.kvlist.map(jsonPair).join(',')}}`
    default:
      return String(value)
  }
}

// Written by hand, not through an object: order, duplicates and a key such as __proto__ survive.
function jsonPair(pair: KeyValue): string {
  return `${JSON.stringify(pair.key)}:${jsonText(pair.value)}`
}

declare function btoa(binary: string): string

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i++) binary += String.fromCharCode(bytes[i]!)
  return btoa(binary)
}
