// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { rowHeight, rulerHeight, Waterfall, type WaterfallHit } from '../canvas/waterfall.ts'
import { type TimeWindow, zoomWindow } from '../layout/window.ts'
import { serviceColours } from '../state/services.ts'
import { theme } from '../state/theme.ts'
import { Splitter } from '../ui/splitter.tsx'
import { storedSize } from '../ui/stored-size.ts'
import { useSize } from '../ui/use-size.ts'
import { selectSpan, showWindow, toggleFold } from './actions.ts'
import { HoverCard } from './hover-card.tsx'
import type { TraceModel } from './model.ts'
import { RowTree } from './row-tree.tsx'
import type { DerivedView } from './view-model.ts'

const nameShare = storedSize('name-column-percent', 36)
const hoverDelayMillis = 120
const dragPixels = 4

/** The waterfall: one canvas over the visible rows, with the same rows as elements for screen readers. */
export function WaterfallPane({
  trace,
  window: timeWindow,
  derived,
  selected,
}: {
  trace: TraceModel
  window: TimeWindow
  derived: DerivedView
  selected: number
}): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const chart = useRef<Waterfall | undefined>(undefined)
  const press = useRef<{ x: number; timeNano: number; hit: WaterfallHit } | undefined>(undefined)
  const hoverTimer = useRef<number | undefined>(undefined)
  const treeTimer = useRef<number | undefined>(undefined)
  const [hovered, setHovered] = useState(-1)
  const [card, setCard] = useState<{ span: number; x: number; y: number } | undefined>(undefined)
  const [treeTop, setTreeTop] = useState(0)
  const [focused, setFocused] = useState(false)
  const { width, height } = useSize(scroller)
  // On a phone both halves are short: the names get at least half.
  const share = width < 500 ? Math.max(50, nameShare.value) : nameShare.value
  const nameWidth = Math.round(Math.max(120, Math.min(width - 120, (width * share) / 100)))

  useEffect(() => {
    const waterfall = new Waterfall(canvas.current!, (service) => serviceColours.colour(service, theme.peek()))
    chart.current = waterfall
    return () => {
      waterfall.close()
      clearTimeout(hoverTimer.current)
      clearTimeout(treeTimer.current)
    }
  }, [])

  useLayoutEffect(() => {
    if (width === 0) return
    chart.current?.set({
      trace,
      rows: derived.rows,
      isFolded: derived.isFolded,
      window: timeWindow,
      selected,
      hovered,
      marks: derived.marks,
      critical: derived.critical,
      nameWidth,
      scrollTop: scroller.current?.scrollTop ?? 0,
      focused,
    })
  }, [trace, derived, timeWindow, selected, hovered, nameWidth, width, focused])
  useLayoutEffect(() => {
    if (width > 0 && height > 0) chart.current?.resize(width, height)
  }, [width, height])
  const themeNow = theme.value
  // The theme is read through the style sheet.
  useEffect(() => chart.current?.restyle(), [themeNow])

  // The selected row comes into view when the selection moves, and when the page opens on a span.
  // Folding elsewhere must not scroll.
  useLayoutEffect(() => {
    const element = scroller.current
    const row = selected >= 0 ? derived.rowOf[selected]! : -1
    if (!element || row < 0 || height === 0) return
    const top = row * rowHeight
    const room = element.clientHeight - rulerHeight
    if (top < element.scrollTop) element.scrollTop = Math.max(0, top - rowHeight)
    else if (top + rowHeight > element.scrollTop + room) element.scrollTop = top - room + rowHeight * 2
  }, [selected, height > 0])

  const hitAt = useCallback(
    (event: PointerEvent | MouseEvent): { hit: WaterfallHit | undefined; x: number; y: number } => {
      const area = canvas.current!.getBoundingClientRect()
      const x = event.clientX - area.left
      const y = event.clientY - area.top
      return { hit: chart.current?.hitTest(x, y), x, y }
    },
    [],
  )

  const leave = (): void => {
    clearTimeout(hoverTimer.current)
    setHovered(-1)
    setCard(undefined)
  }
  const onPointerMove = (event: PointerEvent): void => {
    const { hit, x, y } = hitAt(event)
    if (!hit) return
    const start = press.current
    if (start && start.hit.area !== 'name' && start.hit.area !== 'toggle' && Math.abs(x - start.x) > dragPixels) {
      chart.current?.showDrag(start.timeNano, hit.timeNano)
      leave()
      return
    }
    if (hit.span !== hovered) {
      setHovered(hit.span)
      setCard(undefined)
      clearTimeout(hoverTimer.current)
      if (hit.span >= 0 && event.pointerType === 'mouse') {
        hoverTimer.current = globalThis.setTimeout(
          () => setCard({ span: hit.span, x, y }),
          hoverDelayMillis,
        ) as unknown as number
      }
    } else if (card) {
      setCard({ span: hit.span, x, y })
    }
    canvas.current!.style.cursor = hit.area === 'ruler' || hit.area === 'below' ? 'default' : 'pointer'
  }
  const onPointerUp = (event: PointerEvent): void => {
    const start = press.current
    press.current = undefined
    chart.current?.showDrag(undefined, undefined)
    const { hit, x } = hitAt(event)
    if (!start || !hit) return
    const dragged = Math.abs(x - start.x) > dragPixels && start.hit.area !== 'name' && start.hit.area !== 'toggle'
    if (dragged) {
      showWindow(trace, { from: Math.min(start.timeNano, hit.timeNano), to: Math.max(start.timeNano, hit.timeNano) })
      return
    }
    if (hit.span < 0 || hit.span !== start.hit.span) return
    if (hit.area === 'toggle') toggleFold(trace, hit.span, !derived.isFolded(hit.span))
    else selectSpan(trace, hit.span)
  }

  // A wheel listener that may prevent the page's zoom has to say so when it is added.
  const latest = useRef({ trace, timeWindow })
  latest.current = { trace, timeWindow }
  useEffect(() => {
    const element = scroller.current!
    const onWheel = (event: WheelEvent): void => {
      const { hit } = hitAt(event)
      if (!hit) return
      const now = latest.current
      const length = now.timeWindow.to - now.timeWindow.from
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault()
        const factor = Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.006)
        showWindow(now.trace, zoomWindow(now.timeWindow, factor, hit.timeNano, now.trace.durationNano))
        return
      }
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX
      if (Math.abs(sideways) > (event.shiftKey ? 0 : Math.abs(event.deltaY))) {
        event.preventDefault()
        const by = (sideways / Math.max(200, element.clientWidth)) * length
        showWindow(now.trace, { from: now.timeWindow.from + by, to: now.timeWindow.to + by })
      }
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [hitAt])

  const firstRow = Math.max(0, Math.floor(treeTop / rowHeight) - 2)
  const lastRow = Math.min(derived.rows.length, Math.ceil((treeTop + height) / rowHeight) + 2)
  const selectedRow = selected >= 0 ? derived.rowOf[selected]! : -1
  return (
    <div class="waterfall">
      <div
        ref={scroller}
        class="waterfall-scroll"
        role="treegrid"
        tabIndex={0}
        aria-label={`Spans of the trace, ${derived.rows.length} rows`}
        aria-rowcount={derived.rows.length}
        aria-activedescendant={selectedRow >= firstRow && selectedRow < lastRow ? `span-row-${selectedRow}` : undefined}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onScroll={(event) => {
          const top = event.currentTarget.scrollTop
          chart.current?.scrollTo(top)
          setCard(undefined)
          // Elements follow once scrolling rests: rebuilding them in every frame would cost more than the drawing.
          clearTimeout(treeTimer.current)
          treeTimer.current = globalThis.setTimeout(() => setTreeTop(top), 100) as unknown as number
        }}
      >
        <div class="waterfall-space" style={{ height: `${derived.rows.length * rowHeight + rulerHeight + 8}px` }}>
          {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: it takes the pointer only; the rows below are its accessible form. */}
          <canvas
            ref={canvas}
            aria-hidden="true"
            onPointerDown={(event) => {
              if (event.button !== 0) return
              const { hit, x } = hitAt(event)
              if (!hit) return
              press.current = { x, timeNano: hit.timeNano, hit }
              event.currentTarget.setPointerCapture(event.pointerId)
            }}
            onPointerMove={onPointerMove}
            onPointerUp={onPointerUp}
            onPointerLeave={leave}
            onPointerCancel={() => {
              press.current = undefined
              chart.current?.showDrag(undefined, undefined)
            }}
            onDblClick={(event) => {
              const { hit } = hitAt(event)
              if (hit && hit.area === 'ruler') showWindow(trace, { from: 0, to: trace.durationNano })
              else if (hit && hit.area === 'name' && trace.layout.childCount[hit.span]! > 0) {
                toggleFold(trace, hit.span, !derived.isFolded(hit.span))
              }
            }}
          />
          <RowTree trace={trace} derived={derived} firstRow={firstRow} lastRow={lastRow} selected={selected} />
        </div>
      </div>
      {width > 0 && (
        <Splitter
          label="Width of the names"
          value={share}
          min={15}
          max={75}
          style={{ left: `${nameWidth - 3}px` }}
          pixelsPerUnit={width / 100}
          onChange={(value) => {
            nameShare.value = value
          }}
        />
      )}
      {card && card.span < trace.spans.length && (
        <HoverCard
          trace={trace}
          span={card.span}
          x={card.x}
          y={card.y}
          width={width}
          height={height}
          critical={derived.critical}
        />
      )}
    </div>
  )
}
