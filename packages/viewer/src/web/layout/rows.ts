// SPDX-License-Identifier: Apache-2.0
import type { TraceLayout } from './trace-layout.ts'

/** The spans that have a row: those without a collapsed ancestor, in order. */
export function visibleRows(layout: TraceLayout, isCollapsed: (span: number) => boolean): Int32Array {
  const rows = new Int32Array(layout.count)
  let used = 0
  for (let at = 0; at < layout.count; ) {
    const span = layout.order[at]!
    rows[used++] = span
    at += layout.childCount[span]! > 0 && isCollapsed(span) ? layout.descendantCount[span]! + 1 : 1
  }
  return rows.subarray(0, used)
}

/**
 * Which spans are collapsed: all but some, or none but some. Kept by span id, so it survives new spans in the trace and
 * fits into the URL.
 */
export interface FoldState {
  readonly base: 'open' | 'folded'
  /** Ids of the spans that differ from `base`. */
  readonly exceptions: ReadonlySet<string>
}

export const unfolded: FoldState = { base: 'open', exceptions: new Set() }

export function isFolded(fold: FoldState, spanId: string): boolean {
  return (fold.base === 'folded') !== fold.exceptions.has(spanId)
}

export function setFolded(fold: FoldState, spanIds: readonly string[], folded: boolean): FoldState {
  const exceptions = new Set(fold.exceptions)
  for (const id of spanIds) {
    if ((fold.base === 'folded') === folded) exceptions.delete(id)
    else exceptions.add(id)
  }
  return { base: fold.base, exceptions }
}

/** Ids of the ancestors of a span, nearest first; opening them brings its row into view. */
export function ancestorIds(layout: TraceLayout, spans: readonly { spanId: string }[], span: number): string[] {
  const ids: string[] = []
  for (let p = layout.parent[span]!; p >= 0; p = layout.parent[p]!) ids.push(spans[p]!.spanId)
  return ids
}

// Longer lists stay in memory only: a URL has to fit into a chat message.
const maxIdsInUrl = 60

export function formatFold(fold: FoldState): string {
  if (fold.exceptions.size > maxIdsInUrl) return fold.base === 'folded' ? '*' : ''
  const ids = [...fold.exceptions].join('.')
  return fold.base === 'folded' ? `*${ids}` : ids
}

export function parseFold(text: string): FoldState {
  const folded = text.startsWith('*')
  const ids = (folded ? text.slice(1) : text).split('.').filter((id) => /^[0-9a-f]+$/.test(id))
  return { base: folded ? 'folded' : 'open', exceptions: new Set(ids) }
}
