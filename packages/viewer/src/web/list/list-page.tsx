// SPDX-License-Identifier: Apache-2.0
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { bindKeys } from '../state/keys.ts'
import { paused, stats } from '../state/live.ts'
import { emptyList, formatView, isFiltered, type ListView, traceView } from '../state/location.ts'
import { navigate } from '../state/router.ts'
import { say } from '../ui/announce.ts'
import { copyText } from '../ui/clipboard.ts'
import { EmptyState } from './empty-state.tsx'
import { Facets } from './facets.tsx'
import { FilterBox } from './filter-box.tsx'
import { ListMessages } from './list-messages.tsx'
import { ListTools } from './list-tools.tsx'
import { ScatterStrip } from './scatter-strip.tsx'
import { TraceList } from './trace-list.ts'
import { TraceTable } from './trace-table.tsx'

const list = new TraceList()
/** On narrow screens the facets lie over the list and are closed at first. */
const facetsOpen = signal(false)

export function ListPage({ view }: { view: ListView }): JSX.Element {
  const filterInput = useRef<HTMLInputElement>(null)
  const key = formatView(view)

  // The view is its URL; a new object for the same one is no change.
  useEffect(() => {
    list.show(view)
    facetsOpen.value = false
    document.title = view.query ? `${view.query} · otel-ts` : 'Traces · otel-ts'
  }, [key])

  // As above.
  useLayoutEffect(() => {
    const move = (by: number): void => {
      const rows = list.rows.peek()
      const at = rows.findIndex((row) => row.traceId === list.cursor.peek())
      const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by))
      if (rows[next]) list.cursor.value = rows[next].traceId
    }
    const goTo = (index: number): void => {
      const row = list.rows.peek().at(index)
      if (row) list.cursor.value = row.traceId
    }
    const moveToError = (by: 1 | -1): void => {
      const rows = list.rows.peek()
      let at = rows.findIndex((row) => row.traceId === list.cursor.peek())
      if (at < 0 && by < 0) at = rows.length
      for (let i = at + by; i >= 0 && i < rows.length; i += by) {
        if (rows[i]!.errorCount > 0) {
          list.cursor.value = rows[i]!.traceId
          return
        }
      }
      say(by > 0 ? 'No trace with errors further down' : 'No trace with errors further up')
    }
    return bindKeys({
      title: 'Trace list',
      bindings: [
        { keys: ['j', 'ArrowDown'], does: 'Next trace', run: () => move(1) },
        { keys: ['k', 'ArrowUp'], does: 'Previous trace', run: () => move(-1) },
        { keys: ['PageDown'], does: 'Ten further down', run: () => move(10) },
        { keys: ['PageUp'], does: 'Ten further up', run: () => move(-10) },
        { keys: ['Home', 'g'], does: 'First trace', run: () => goTo(0) },
        { keys: ['End', 'G'], does: 'Last loaded trace', run: () => goTo(-1) },
        {
          keys: ['Enter', 'o'],
          does: 'Open the trace',
          run: () => {
            if (list.cursor.peek() !== '') navigate(traceView(list.cursor.peek()))
          },
        },
        { keys: ['e'], does: 'Next trace with errors', run: () => moveToError(1) },
        { keys: ['E'], does: 'Previous trace with errors', run: () => moveToError(-1) },
        { keys: ['/', 'Ctrl+k'], does: 'Filter', run: () => filterInput.current?.focus() },
        { keys: ['l'], does: 'Pause or resume', run: () => togglePaused() },
        { keys: ['y'], does: 'Copy link', run: () => void copyText(window.location.href, 'Link') },
        {
          keys: ['Escape'],
          does: 'Clear the filter',
          run: () => {
            if (facetsOpen.peek()) facetsOpen.value = false
            else if (isFiltered(view)) navigate(emptyList)
            else list.cursor.value = ''
          },
        },
      ],
    })
  }, [key])

  const rows = list.rows.value
  const traceCount = stats.value?.traceCount
  const showsEmpty =
    !isFiltered(view) && rows.length === 0 && traceCount === 0 && list.loading.value === undefined && !list.error.value
  const isMessage = rows.length === 0 && list.loading.value === undefined

  return (
    <div class={`list-page${facetsOpen.value ? ' facets-open' : ''}${showsEmpty ? ' is-empty' : ''}`}>
      <header class="toolbar">
        <button
          type="button"
          class="icon-button facets-button"
          aria-expanded={facetsOpen.value}
          aria-controls="facets"
          aria-label="Quick filters"
          onClick={() => {
            facetsOpen.value = !facetsOpen.value
          }}
        >
          {facetsOpen.value ? '✕' : '☰'}
        </button>
        <FilterBox view={view} inputRef={filterInput} error={list.error.value} />
        <ListTools view={view} onTogglePaused={togglePaused} />
      </header>
      <Facets view={view} />
      <main class={`list-main${isMessage && !showsEmpty ? ' is-message' : ''}`} id="main">
        {showsEmpty ? (
          <EmptyState />
        ) : (
          <>
            <ScatterStrip list={list} view={view} />
            <TraceTable list={list}>
              <ListMessages list={list} view={view} />
            </TraceTable>
          </>
        )}
      </main>
    </div>
  )
}

function togglePaused(): void {
  paused.value = !paused.peek()
  say(paused.peek() ? 'Paused: new traces wait' : 'Live')
  if (!paused.peek() && list.waitingCount.peek() > 0 && list.scrollTop <= 0) list.takeWaiting()
}
