// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { formatCount, plural } from '../format/count.ts'
import { connection, stats } from '../state/live.ts'
import { emptyList, isFiltered, type ListView } from '../state/location.ts'
import { navigate } from '../state/router.ts'
import { Message, Skeleton } from '../ui/message.tsx'
import type { TraceList } from './trace-list.ts'

/** What stands below or instead of the rows. */
export function ListMessages({ list, view }: { list: TraceList; view: ListView }): JSX.Element | null {
  const rows = list.rows.value
  const error = list.error.value
  if (error) {
    if (rows.length > 0 && error.status === 0) return null
    if (error.status === 400) {
      return (
        <Message icon="filter" title="This filter cannot be read" tone="error">
          <p class="error-text" id="filter-error">
            {error.message}
          </p>
          <button type="button" class="button" onClick={() => navigate({ ...view, query: '' })}>
            Clear the filter text
          </button>
        </Message>
      )
    }
    const isAway = error.status === 0
    return (
      <Message icon="error" title={isAway ? 'The server does not answer' : 'The server could not answer'} tone="error">
        <p class="error-text">
          {isAway ? 'Has otel-ts stopped? This page tries again by itself.' : `${error.message} (${error.code})`}
        </p>
        <button type="button" class="button" onClick={() => void list.reload()}>
          Try again
        </button>
      </Message>
    )
  }
  if (list.loading.value === 'first' && rows.length === 0) return <Skeleton rows={14} />
  if (rows.length === 0) {
    const held = stats.value?.traceCount ?? 0
    if (!isFiltered(view)) return null
    return (
      <Message icon="filter" title="No trace matches">
        <p>
          {held > 0
            ? `The filter hides ${plural(held, 'trace')}. New ones that match show up here.`
            : 'Nothing has been received yet; traces that match show up here.'}
        </p>
        <button type="button" class="button" onClick={() => navigate(emptyList)}>
          Clear all filters
        </button>
      </Message>
    )
  }
  if (list.loading.value === 'more') return <p class="list-end">Loading more…</p>
  if (list.hasMore) return <p class="list-end"> </p>
  const evicted = stats.value?.evictedSpanCount ?? 0
  return (
    <p class="list-end">
      {`End of the list: ${plural(rows.length, 'trace')}`}
      {evicted > 0 && `. ${formatCount(evicted)} older spans were let go to stay within memory`}
      {connection.value === 'lost' && '. Disconnected'}
    </p>
  )
}
