// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Scatter, type ScatterPoint } from '../canvas/scatter.ts'
import { formatDuration } from '../format/duration.ts'
import { singleLine } from '../format/text.ts'
import { formatClock, nanoToMillis } from '../format/time.ts'
import { type ListView, rangeMillis, traceView } from '../state/location.ts'
import { navigate } from '../state/router.ts'
import { serviceColours } from '../state/services.ts'
import { theme } from '../state/theme.ts'
import { ServiceDot } from '../ui/dot.tsx'
import { useSize } from '../ui/use-size.ts'
import type { TraceList } from './trace-list.ts'

// Below this a press is a click, not a brush.
const brushPixels = 4

export function ScatterStrip({ list, view }: { list: TraceList; view: ListView }): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const chart = useRef<Scatter | undefined>(undefined)
  const press = useRef<{ x: number; millis: number } | undefined>(undefined)
  const [hover, setHover] = useState<{ point: ScatterPoint; x: number; y: number } | undefined>(undefined)
  const { width } = useSize(box)
  const rows = list.rows.value

  const points = useMemo(
    () =>
      rows.map(
        (row): ScatterPoint => ({
          traceId: row.traceId,
          millis: nanoToMillis(row.startUnixNano),
          durationNano: Number(row.durationNano),
          service: row.rootService,
          isError: row.errorCount > 0,
        }),
      ),
    [rows],
  )

  useEffect(() => {
    const scatter = new Scatter(canvas.current!, (service) => serviceColours.colour(service, theme.peek()))
    chart.current = scatter
    return () => scatter.close()
  }, [])
  useEffect(() => {
    if (width > 0) chart.current?.resize(width)
  }, [width])
  useEffect(() => {
    const range = rangeMillis(view.range)
    const from = view.fromMillis ?? (range === undefined ? undefined : Date.now() - range)
    const to = view.toMillis ?? (range === undefined ? undefined : Date.now())
    chart.current?.set(points, from, to)
  }, [points, view.range, view.fromMillis, view.toMillis])
  const themeNow = theme.value
  // The theme is read through the style sheet.
  useEffect(() => chart.current?.restyle(), [themeNow])
  const cursor = hover?.point.traceId ?? list.cursor.value
  useEffect(() => chart.current?.highlight(cursor), [cursor])

  const place = (event: PointerEvent): { x: number; y: number } => {
    const area = canvas.current!.getBoundingClientRect()
    return { x: event.clientX - area.left, y: event.clientY - area.top }
  }
  const onPointerMove = (event: PointerEvent): void => {
    const scatter = chart.current
    if (!scatter) return
    const { x, y } = place(event)
    if (press.current && Math.abs(x - press.current.x) > brushPixels) {
      scatter.showBrush({ from: press.current.millis, to: scatter.millisAt(x) })
      setHover(undefined)
      return
    }
    const point = scatter.pointAt(x, y)
    setHover(point ? { point, x, y } : undefined)
  }
  const onPointerUp = (event: PointerEvent): void => {
    const scatter = chart.current
    const start = press.current
    press.current = undefined
    if (!scatter || !start) return
    const { x, y } = place(event)
    scatter.showBrush(undefined)
    if (Math.abs(x - start.x) > brushPixels) {
      const other = scatter.millisAt(x)
      const fromMillis = Math.floor(Math.min(start.millis, other))
      const toMillis = Math.ceil(Math.max(start.millis, other))
      navigate({ ...view, range: '', fromMillis, toMillis: Math.max(toMillis, fromMillis + 1) })
      return
    }
    const point = scatter.pointAt(x, y)
    if (point) navigate(traceView(point.traceId))
  }

  const label = `Chart of ${points.length} traces over time by duration; the table below has the same traces.`
  return (
    <div ref={box} class="scatter">
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        style={{ cursor: hover ? 'pointer' : 'crosshair' }}
        onPointerDown={(event) => {
          if (event.button !== 0) return
          const { x } = place(event)
          press.current = { x, millis: chart.current?.millisAt(x) ?? 0 }
          event.currentTarget.setPointerCapture(event.pointerId)
        }}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerLeave={() => setHover(undefined)}
        onPointerCancel={() => {
          press.current = undefined
          chart.current?.showBrush(undefined)
        }}
        onDblClick={() => navigate({ ...view, range: '', fromMillis: undefined, toMillis: undefined })}
      />
      {hover && (
        <div
          class="tooltip"
          style={{
            top: `${Math.max(4, hover.y - 18)}px`,
            ...(hover.x > width / 2 ? { right: `${width - hover.x + 14}px` } : { left: `${hover.x + 14}px` }),
          }}
        >
          <ServiceDot service={hover.point.service} />
          <strong>{singleLine(hover.point.service)}</strong>
          <span class="mono">{formatDuration(hover.point.durationNano)}</span>
          <span class="quiet mono">{formatClock(hover.point.millis)}</span>
          {hover.point.isError && <span class="is-error">has errors</span>}
        </div>
      )}
    </div>
  )
}
