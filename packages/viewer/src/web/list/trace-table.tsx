// SPDX-License-Identifier: Apache-2.0
// biome-ignore-all lint/a11y/useFocusableInteractive: rows and cells of this grid are reached by aria-activedescendant.
// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand and only those in view exist; no <table> can do that.
import { type ReadonlySignal, signal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { TraceRow } from '../../api.ts'
import { formatCount, formatShortCount, plural } from '../format/count.ts'
import { formatDuration } from '../format/duration.ts'
import { shorten, singleLine } from '../format/text.ts'
import { formatAbsolute, formatRelative, nanoToMillis } from '../format/time.ts'
import { formatView, traceView } from '../state/location.ts'
import { followLink } from '../state/router.ts'
import { ServiceDot } from '../ui/dot.tsx'
import { Icon } from '../ui/icon.tsx'
import { useSize } from '../ui/use-size.ts'
import type { TraceList } from './trace-list.ts'

const overscan = 6
// The store counts matches up to here.
const maxCounted = 10_000
const wideRow = 28
const narrowRow = 48
const narrowWidth = 640

// Relative times age together, once a second.
const clock = signal(Date.now())
window.setInterval(() => {
  if (!document.hidden) clock.value = Date.now()
}, 1000)
const now: ReadonlySignal<number> = clock

/** The traces, newest first. Only rows in view exist as elements. */
export function TraceTable({ list, children }: { list: TraceList; children: ComponentChildren }): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null)
  const { width, height } = useSize(scroller)
  const [scrollTop, setScrollTop] = useState(list.scrollTop)
  const rows = list.rows.value
  const cursor = list.cursor.value
  const isNarrow = width > 0 && width < narrowWidth
  const rowHeight = isNarrow ? narrowRow : wideRow
  const bounds = durationBounds(rows)

  // The list was left and comes back: rows are still there, so is the place.
  useLayoutEffect(() => {
    if (scroller.current) scroller.current.scrollTop = list.scrollTop
  }, [list])

  const cursorIndex = cursor === '' ? -1 : rows.findIndex((row) => row.traceId === cursor)
  // Only a move of the cursor scrolls, not rows that come in above it.
  useEffect(() => {
    const element = scroller.current
    if (!element || cursorIndex < 0) return
    const top = cursorIndex * rowHeight
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowHeight - element.clientHeight
    }
  }, [cursor])

  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan)
  const last = Math.min(rows.length, Math.ceil((scrollTop + height) / rowHeight) + overscan)
  const atEnd = last >= rows.length - 5
  useEffect(() => {
    if (atEnd && rows.length > 0) void list.loadMore()
  }, [atEnd, rows.length, list])

  return (
    <div class={`trace-table${isNarrow ? ' is-narrow' : ''}`}>
      <div class="trace-head" aria-hidden="true">
        <span>Started</span>
        <span>
          Trace
          {rows.length > 0 && (
            <span class="match-count">
              {`${formatCount(list.matchCount.value)}${list.matchCount.value >= maxCounted ? '+' : ''} found in ${list.elapsedMillis.value.toFixed(1)} ms`}
            </span>
          )}
        </span>
        <span>Duration</span>
        <span class="right">Spans</span>
        <span class="right">Errors</span>
        <span>Status</span>
        <span>Services</span>
      </div>
      {list.waitingCount.value > 0 && (
        <button
          type="button"
          class="new-rows"
          onClick={() => {
            if (scroller.current) scroller.current.scrollTop = 0
            list.scrollTop = 0
            list.takeWaiting()
          }}
        >
          <Icon name="up" size={12} />
          {`${list.waitingCount.value >= 100 ? '100+' : list.waitingCount.value} new`}
        </button>
      )}
      <div
        ref={scroller}
        class="trace-scroll"
        role="grid"
        aria-label="Traces"
        aria-rowcount={rows.length}
        aria-busy={list.loading.value === 'first'}
        aria-activedescendant={cursorIndex >= first && cursorIndex < last ? `trace-${cursor}` : undefined}
        tabIndex={0}
        onScroll={(event) => {
          const top = event.currentTarget.scrollTop
          const cameBack = top <= 0 && list.scrollTop > 0
          list.scrollTop = top
          setScrollTop(top)
          if (cameBack && list.waitingCount.peek() > 0) list.takeWaiting()
        }}
      >
        <div class="trace-rows" style={{ height: `${rows.length * rowHeight}px` }}>
          {rows.slice(first, last).map((row, i) => (
            <Row
              key={row.traceId}
              row={row}
              index={first + i}
              top={(first + i) * rowHeight}
              bounds={bounds}
              isCursor={row.traceId === cursor}
              isNew={list.arrived.value.has(row.traceId)}
            />
          ))}
        </div>
        {children}
      </div>
    </div>
  )
}

interface DurationBounds {
  lowLog: number
  highLog: number
}

/** One slow trace among fast ones would leave every other bar empty on a linear scale. */
function durationBounds(rows: readonly TraceRow[]): DurationBounds {
  let low = Number.POSITIVE_INFINITY
  let high = 1
  for (const row of rows) {
    const nano = Math.max(1, Number(row.durationNano))
    if (nano < low) low = nano
    if (nano > high) high = nano
  }
  const lowLog = Math.floor(Math.log10(Math.min(low, high)))
  return { lowLog, highLog: Math.max(lowLog + 1, Math.log10(high)) }
}

function barPercent(durationNano: number, { lowLog, highLog }: DurationBounds): number {
  const share = (Math.log10(Math.max(1, durationNano)) - lowLog) / (highLog - lowLog)
  return Math.round(Math.max(2, Math.min(1, share) * 100))
}

function Row({
  row,
  index,
  top,
  bounds,
  isCursor,
  isNew,
}: {
  row: TraceRow
  index: number
  top: number
  bounds: DurationBounds
  isCursor: boolean
  isNew: boolean
}): JSX.Element {
  const target = traceView(row.traceId)
  const millis = nanoToMillis(row.startUnixNano)
  const durationNano = Number(row.durationNano)
  const name = shorten(row.rootName, 200) || '(no name)'
  const className = `trace-row${isCursor ? ' is-cursor' : ''}${row.errorCount > 0 ? ' has-errors' : ''}${isNew ? ' is-new' : ''}`
  return (
    <div
      id={`trace-${row.traceId}`}
      class={className}
      role="row"
      aria-rowindex={index + 1}
      aria-selected={isCursor}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="gridcell" class="cell-time" title={formatAbsolute(millis)}>
        {formatRelative(now.value, millis)}
      </span>
      <span role="gridcell" class="cell-name">
        <ServiceDot service={row.rootService} />
        <a href={formatView(target)} tabIndex={-1} onClick={(event) => followLink(event, target)}>
          <strong>{shorten(row.rootService, 80)}</strong> <span>{name}</span>
        </a>
        {!row.hasRoot && (
          <span class="note" title="The root span has not arrived; this is the earliest span.">
            no root yet
          </span>
        )}
      </span>
      <span role="gridcell" class="cell-duration">
        <span class="mono">{formatDuration(durationNano)}</span>
        <i class="duration-bar" title="Logarithmic, as in the chart above">
          <i style={{ width: `${barPercent(durationNano, bounds)}%` }} />
        </i>
      </span>
      <span role="gridcell" class="cell-spans mono right" title={plural(row.spanCount, 'span')}>
        {formatCount(row.spanCount)}
      </span>
      <span role="gridcell" class="cell-errors right">
        {row.errorCount > 0 && (
          <span class="error-count" title={plural(row.errorCount, 'error span')}>
            <Icon name="error" size={12} />
            <span class="mono">{formatShortCount(row.errorCount)}</span>
          </span>
        )}
      </span>
      <span role="gridcell" class="cell-status">
        <HttpBadge status={row.httpStatusCode} />
      </span>
      <span role="gridcell" class="cell-services" title={serviceList(row)}>
        {servicesByName(row)
          .slice(0, 7)
          .map((service) => (
            <ServiceDot key={service.name} service={service.name} />
          ))}
        <span class="quiet">{row.services.length > 7 ? `+${row.services.length - 7}` : ''}</span>
      </span>
    </div>
  )
}

/** In the alphabet's order, so that traces of the same services look the same. */
function servicesByName(row: TraceRow): TraceRow['services'] {
  return [...row.services].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function serviceList(row: TraceRow): string {
  return row.services
    .slice(0, 20)
    .map((service) => {
      const errors = service.errorCount > 0 ? `, ${plural(service.errorCount, 'error')}` : ''
      return `${singleLine(service.name)}: ${plural(service.spanCount, 'span')}${errors}`
    })
    .join('\n')
}

export function HttpBadge({ status }: { status: number | null }): JSX.Element | null {
  if (status === null) return null
  const tone = status >= 500 ? 'error' : status >= 400 ? 'warning' : 'plain'
  return <span class={`badge badge-${tone}`}>{status}</span>
}
