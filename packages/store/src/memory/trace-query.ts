// SPDX-License-Identifier: Apache-2.0
import { storeError } from '../errors.ts'
import type { TracePage, TraceQuery, TraceSummary } from '../store.ts'
import { SpanMatcher } from './span-matcher.ts'
import type { SpanSegment } from './span-segment.ts'
import type { TraceDirectory, TraceEntry } from './trace-directory.ts'
import { readSmallInt, seekAttribute, valueTag } from './value-codec.ts'

const defaultLimit = 50
const maxLimit = 1000
const maxMatchCount = 10_000

/**
 * Walks the traces from the newest to the oldest and stops counting at 10,000 matches. The cursor names the last trace
 * of a page by start and id, so traces that come in meanwhile shift nothing. A trace that gets an earlier span between
 * two pages can come up a second time; it is never left out.
 */
export function queryTraces(directory: TraceDirectory, query: TraceQuery): TracePage {
  const limit = checkLimit(query.limit, defaultLimit, maxLimit)
  const after = query.after === undefined ? undefined : parseCursor(query.after)
  const matcher = new SpanMatcher(query.conditions)
  const found: TraceEntry[] = []
  let matchCount = 0
  let scannedSpanCount = 0
  let hasMore = false

  for (const entry of directory.ordered()) {
    if (!passesBounds(entry, query)) continue
    if (!matcher.isEmpty) {
      const scanned = scanTrace(entry, matcher)
      scannedSpanCount += Math.abs(scanned)
      if (scanned < 0) continue
    }
    matchCount++
    if (found.length < limit) {
      if (after === undefined || isAfter(entry, after)) found.push(entry)
    } else {
      hasMore = true
    }
    // A full page behind the bound needs only one more match to know that there is a next page.
    if (matchCount >= maxMatchCount && hasMore) break
  }

  const last = found[found.length - 1]
  return {
    traces: found.map(summarize),
    next: hasMore && last !== undefined ? formatCursor(last) : undefined,
    matchCount: Math.min(matchCount, maxMatchCount),
    scannedSpanCount,
  }
}

/** Checks a number of results asked for. */
export function checkLimit(limit: number | undefined, whenAbsent: number, most: number): number {
  if (limit === undefined) return whenAbsent
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit
  throw storeError('STORE_LIMIT', `limit ${limit}: out of range; allowed are 1 to ${most}; nothing was searched`)
}

/** Number of spans looked at; negative when none held. Fits since a trace has at least one span. */
function scanTrace(entry: TraceEntry, matcher: SpanMatcher): number {
  let scanned = 0
  for (const part of entry.parts) {
    const segment = part.segment
    const tests = matcher.testsFor(segment)
    rows: for (let row = segment.headOf(part.local); row !== -1; row = segment.nextInTrace(row)) {
      scanned++
      for (let i = 0; i < tests.length; i++) {
        if (!tests[i]!(row)) continue rows
      }
      return scanned
    }
  }
  return -scanned
}

function passesBounds(entry: TraceEntry, query: TraceQuery): boolean {
  if (query.errorsOnly === true && entry.errorCount === 0) return false
  if (query.fromUnixNano !== undefined && entry.startTimeUnixNano < query.fromUnixNano) return false
  if (query.toUnixNano !== undefined && entry.startTimeUnixNano >= query.toUnixNano) return false
  if (query.minDurationNano !== undefined && entry.durationNano < query.minDurationNano) return false
  return query.maxDurationNano === undefined || entry.durationNano <= query.maxDurationNano
}

interface Cursor {
  readonly start: bigint
  readonly id: string
}

function formatCursor(entry: TraceEntry): string {
  return `${entry.startTimeUnixNano}-${entry.id}`
}

function parseCursor(text: string): Cursor {
  const match = /^(\d{1,20})-([0-9a-f]{0,256})$/.exec(text)
  if (match === null) {
    const shown = JSON.stringify(text.slice(0, 100))
    throw storeError(
      'STORE_CURSOR',
      `cursor ${shown}: not one that this store has given out; expected <start>-<trace id>; nothing was searched`,
    )
  }
  return { start: BigInt(match[1]!), id: match[2]! }
}

function isAfter(entry: TraceEntry, cursor: Cursor): boolean {
  if (entry.startTimeUnixNano !== cursor.start) return entry.startTimeUnixNano < cursor.start
  return entry.id > cursor.id
}

/** Reads what the list shows of a trace; walks all its spans. */
function summarize(entry: TraceEntry): TraceSummary {
  const services = new Map<string, { name: string; spanCount: number; errorCount: number }>()
  let shown: { segment: SpanSegment; row: number } | undefined
  let hasRoot = false
  for (const { segment, local } of entry.parts) {
    for (let row = segment.headOf(local); row !== -1; row = segment.nextInTrace(row)) {
      const name = segment.service(row)
      let service = services.get(name)
      if (service === undefined) services.set(name, (service = { name, spanCount: 0, errorCount: 0 }))
      service.spanCount++
      if (segment.status(row) === 2) service.errorCount++
      // The earliest root; the earliest span while there is no root.
      const isRoot = segment.isRoot(row)
      if (hasRoot && !isRoot) continue
      // Rows come newest first, so of equal starts the one that came first wins.
      const isBetter =
        shown === undefined || (isRoot && !hasRoot) || segment.start(row) < shown.segment.start(shown.row)
      const isTie = shown !== undefined && shown.segment === segment && segment.start(row) === segment.start(shown.row)
      if (isBetter || isTie) shown = { segment, row }
      hasRoot ||= isRoot
    }
  }
  const { segment, row } = shown!
  return {
    traceId: entry.id,
    rootName: segment.name(row),
    rootService: segment.service(row),
    hasRoot,
    startTimeUnixNano: entry.startTimeUnixNano,
    durationNano: entry.durationNano,
    spanCount: entry.spanCount,
    errorCount: entry.errorCount,
    services: [...services.values()].sort((a, b) => b.spanCount - a.spanCount || (a.name < b.name ? -1 : 1)),
    httpStatusCode: hasRoot ? httpStatusCode(segment, row) : undefined,
  }
}

// The stable name first, then the one it replaced.
const httpStatusKeys = ['http.response.status_code', 'http.status_code']

function httpStatusCode(segment: SpanSegment, row: number): number | undefined {
  for (const key of httpStatusKeys) {
    const keyId = segment.keys.find(key)
    if (keyId === -1) continue
    const reader = segment.attributesReader(row)
    if (seekAttribute(reader, keyId) && reader.byte() === valueTag.smallInt) return readSmallInt(reader)
  }
  return undefined
}
