// SPDX-License-Identifier: Apache-2.0
import type { TraceRow } from '../../api.ts'

/** Orders decimal strings of nanoseconds without turning them into BigInts. */
export function compareNano(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

export interface MergedRows {
  rows: TraceRow[]
  /** Traces in `head` that the list did not have. */
  newIds: string[]
  /** The head does not reach down to the rows that were there: they were left out, since a gap would look like none. */
  replaced: boolean
}

/** The list with its newest page brought up to date. Rows known already take their new figures; new ones go in by start. */
export function mergeHead(
  rows: readonly TraceRow[],
  head: readonly TraceRow[],
  headIsWholeAnswer: boolean,
): MergedRows {
  const known = new Set(rows.map((row) => row.traceId))
  const newIds = head.filter((row) => !known.has(row.traceId)).map((row) => row.traceId)
  if (headIsWholeAnswer || (rows.length > 0 && newIds.length === head.length && head.length > 0)) {
    return { rows: [...head], newIds, replaced: true }
  }
  const fresh = new Map(head.map((row) => [row.traceId, row]))
  const merged = rows.map((row) => fresh.get(row.traceId) ?? row)
  for (const id of newIds) merged.push(fresh.get(id)!)
  // Stable, so traces that started in one nanosecond keep their places.
  merged.sort((a, b) => compareNano(b.startUnixNano, a.startUnixNano))
  return { rows: merged, newIds, replaced: false }
}

/** Rows of the list with new figures where the head has them; nothing is added and nothing moves. */
export function updateInPlace(rows: readonly TraceRow[], head: readonly TraceRow[]): TraceRow[] {
  const fresh = new Map(head.map((row) => [row.traceId, row]))
  return rows.map((row) => fresh.get(row.traceId) ?? row)
}
