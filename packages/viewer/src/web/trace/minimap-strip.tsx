// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Minimap, minimapHeight } from '../canvas/minimap.ts'
import { formatDuration } from '../format/duration.ts'
import { panWindow, type TimeWindow, zoomWindow } from '../layout/window.ts'
import type { TraceView } from '../state/location.ts'
import { serviceColours } from '../state/services.ts'
import { theme } from '../state/theme.ts'
import { useSize } from '../ui/use-size.ts'
import { adjustTrace, showWindow } from './actions.ts'
import type { TraceModel } from './model.ts'

type Drag = { kind: 'brush' | 'from' | 'to'; anchor: number } | { kind: 'move'; anchor: number; window: TimeWindow }

/** The whole trace in small. Drag to choose a stretch, drag the stretch or its edges, double-click for all of it. */
export function MinimapStrip({
  trace,
  view,
  window,
}: {
  trace: TraceModel
  view: TraceView
  window: TimeWindow
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const map = useRef<Minimap | undefined>(undefined)
  const drag = useRef<Drag | undefined>(undefined)
  const [cursor, setCursor] = useState('crosshair')
  const { width } = useSize(box)

  useEffect(() => {
    const minimap = new Minimap(canvas.current!, (service) => serviceColours.colour(service, theme.peek()))
    map.current = minimap
    return () => minimap.close()
  }, [])
  useEffect(() => {
    if (width > 0) map.current?.resize(width)
  }, [width])
  useEffect(() => map.current?.set(trace, window), [trace, window])
  const themeNow = theme.value
  // The theme is read through the style sheet.
  useEffect(() => map.current?.restyle(), [themeNow])

  const xOf = (event: PointerEvent): number => event.clientX - canvas.current!.getBoundingClientRect().left
  const onPointerDown = (event: PointerEvent): void => {
    const minimap = map.current
    if (event.button !== 0 || !minimap) return
    canvas.current!.setPointerCapture(event.pointerId)
    const x = xOf(event)
    const hit = minimap.hitTest(x)
    const anchor = minimap.timeAt(x)
    if (hit === 'left-handle') drag.current = { kind: 'from', anchor: window.to }
    else if (hit === 'right-handle') drag.current = { kind: 'to', anchor: window.from }
    else if (hit === 'inside') drag.current = { kind: 'move', anchor, window }
    else drag.current = { kind: 'brush', anchor }
  }
  const onPointerMove = (event: PointerEvent): void => {
    const minimap = map.current
    if (!minimap) return
    const x = xOf(event)
    const held = drag.current
    if (!held) {
      const hit = minimap.hitTest(x)
      setCursor(hit === 'inside' ? 'grab' : hit === 'outside' ? 'crosshair' : 'ew-resize')
      return
    }
    const time = minimap.timeAt(x)
    if (held.kind === 'move') {
      const by = time - held.anchor
      showWindow(trace, { from: held.window.from + by, to: held.window.to + by })
    } else if (Math.abs(time - held.anchor) > trace.durationNano * 0.004) {
      showWindow(trace, { from: Math.min(held.anchor, time), to: Math.max(held.anchor, time) })
    }
  }
  const stop = (): void => {
    drag.current = undefined
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const length = (window.from + window.to) / 2
    if (event.key === 'ArrowLeft') showWindow(trace, panWindow(window, -0.1, trace.durationNano))
    else if (event.key === 'ArrowRight') showWindow(trace, panWindow(window, 0.1, trace.durationNano))
    else if (event.key === 'ArrowUp') showWindow(trace, zoomWindow(window, 0.8, length, trace.durationNano))
    else if (event.key === 'ArrowDown') showWindow(trace, zoomWindow(window, 1.25, length, trace.durationNano))
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div ref={box} class="minimap" style={{ height: `${minimapHeight}px` }}>
      <canvas
        ref={canvas}
        role="slider"
        tabIndex={0}
        aria-label="Shown stretch of the trace"
        aria-valuemin={0}
        aria-valuemax={Math.round(trace.durationNano)}
        aria-valuenow={Math.round(window.from)}
        aria-valuetext={
          view.window ? `${formatDuration(window.from)} to ${formatDuration(window.to)}` : 'the whole trace'
        }
        style={{ cursor }}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={stop}
        onPointerCancel={stop}
        onDblClick={() => adjustTrace({ window: undefined })}
        onKeyDown={onKeyDown}
      />
    </div>
  )
}
