// SPDX-License-Identifier: Apache-2.0
import { formatDuration, formatTick } from '../format/duration.ts'
import type { Stretches } from '../layout/span-time.ts'
import { niceStep, ticksBetween } from '../layout/ticks.ts'
import type { TimeWindow } from '../layout/window.ts'
import { errorStatus, serviceOf, type TraceModel } from '../trace/model.ts'
import { type CanvasColours, readColours, readFonts, Surface, TextFitter } from './surface.ts'

export const rowHeight = 26
export const rulerHeight = 28
const barHeight = 14
const indentWidth = 14
const toggleWidth = 16
const padding = 10

/** Everything one drawing depends on. */
export interface WaterfallState {
  trace: TraceModel
  /** Spans with a row, in order. */
  rows: Int32Array
  isFolded: (span: number) => boolean
  window: TimeWindow
  selected: number
  hovered: number
  marks: Uint8Array | undefined
  critical: Stretches | undefined
  nameWidth: number
  scrollTop: number
  focused: boolean
}

/** What is under a point. */
export interface WaterfallHit {
  area: 'ruler' | 'toggle' | 'name' | 'time' | 'below'
  span: number
  row: number
  /** Time under the point, nanoseconds after the trace's start; clamped to the window. */
  timeNano: number
}

/** Draws the rows of a trace that are in view: a thousand rows or a million cost the same. */
export class Waterfall {
  readonly #surface: Surface
  readonly #fitter: TextFitter
  readonly #colourOf: (service: string) => string
  #colours: CanvasColours
  #fonts: { sans: string; mono: string }
  #state: WaterfallState | undefined
  #dragFrom: number | undefined
  #dragTo: number | undefined

  constructor(canvas: HTMLCanvasElement, colourOf: (service: string) => string) {
    this.#surface = new Surface(canvas, () => this.#draw())
    this.#fitter = new TextFitter(this.#surface.context)
    this.#colourOf = colourOf
    this.#colours = readColours(canvas)
    this.#fonts = readFonts(canvas)
  }

  set(state: WaterfallState): void {
    this.#state = state
    this.#surface.invalidate()
  }

  /** Takes the scroll offset over before the next frame, without waiting for the page's own rendering. */
  scrollTo(scrollTop: number): void {
    if (!this.#state || this.#state.scrollTop === scrollTop) return
    this.#state = { ...this.#state, scrollTop }
    this.#surface.invalidate()
  }

  resize(width: number, height: number): void {
    this.#surface.resize(width, height)
  }

  /** Reads the colours anew after a change of theme. */
  restyle(): void {
    this.#colours = readColours(this.#surface.canvas)
    this.#fonts = readFonts(this.#surface.canvas)
    this.#surface.invalidate()
  }

  /** Shows a stretch of time being dragged over; undefined ends it. */
  showDrag(fromNano: number | undefined, toNano: number | undefined): void {
    this.#dragFrom = fromNano
    this.#dragTo = toNano
    this.#surface.invalidate()
  }

  close(): void {
    this.#surface.close()
  }

  /** `x`, `y`: CSS pixels from the canvas's corner. */
  hitTest(x: number, y: number): WaterfallHit | undefined {
    const state = this.#state
    if (!state) return undefined
    const timeNano = this.#timeAt(Math.max(state.nameWidth, Math.min(this.#surface.width, x)))
    if (y < rulerHeight) return { area: 'ruler', span: -1, row: -1, timeNano }
    const row = Math.floor((y - rulerHeight + state.scrollTop) / rowHeight)
    if (row >= state.rows.length) return { area: 'below', span: -1, row: -1, timeNano }
    const span = state.rows[row]!
    if (x >= state.nameWidth) return { area: 'time', span, row, timeNano }
    const left = this.#indentOf(state, span)
    const onToggle = state.trace.layout.childCount[span]! > 0 && x >= left - 4 && x < left + toggleWidth + 2
    return { area: onToggle ? 'toggle' : 'name', span, row, timeNano }
  }

  #timeAt(x: number): number {
    const { window, nameWidth } = this.#state!
    const width = Math.max(1, this.#surface.width - nameWidth - padding * 2)
    const share = Math.min(1, Math.max(0, (x - nameWidth - padding) / width))
    return window.from + share * (window.to - window.from)
  }

  /** Deep traces would push their names out of the column: indents shrink so the deepest keeps half of it. */
  #indentOf(state: WaterfallState, span: number): number {
    const room = state.nameWidth * 0.5 - padding
    const step = Math.min(indentWidth, room / Math.max(1, state.trace.layout.maxDepth))
    return padding + state.trace.layout.depth[span]! * step
  }

  #draw(): void {
    const state = this.#state
    const context = this.#surface.context
    const { width, height } = this.#surface
    const colours = this.#colours
    context.fillStyle = colours.background
    context.fillRect(0, 0, width, height)
    if (!state) return
    context.textBaseline = 'middle'
    context.direction = 'ltr'

    const timeLeft = state.nameWidth + padding
    const timeWidth = Math.max(1, width - timeLeft - padding)
    const length = state.window.to - state.window.from
    const step = niceStep(length, Math.max(1, Math.floor(timeWidth / 96)))
    const ticks = ticksBetween(state.window.from, state.window.to, step)
    const xOf = (nano: number): number => timeLeft + ((nano - state.window.from) / length) * timeWidth

    const firstRow = Math.max(0, Math.floor(state.scrollTop / rowHeight))
    const lastRow = Math.min(state.rows.length - 1, Math.floor((state.scrollTop + height - rulerHeight) / rowHeight))
    const topOf = (row: number): number => rulerHeight + row * rowHeight - state.scrollTop

    for (let row = firstRow; row <= lastRow; row++) this.#drawRowBackground(state, row, topOf(row), width)

    context.fillStyle = colours.line
    for (const tick of ticks) context.fillRect(Math.round(xOf(tick)), rulerHeight, 1, height - rulerHeight)

    context.save()
    context.beginPath()
    context.rect(0, rulerHeight, state.nameWidth, height - rulerHeight)
    context.clip()
    for (let row = firstRow; row <= lastRow; row++) this.#drawName(state, row, topOf(row))
    context.restore()

    context.save()
    context.beginPath()
    context.rect(state.nameWidth, rulerHeight, width - state.nameWidth, height - rulerHeight)
    context.clip()
    for (let row = firstRow; row <= lastRow; row++) this.#drawBar(state, row, topOf(row), xOf, timeLeft, timeWidth)
    context.restore()

    this.#drawRuler(state, ticks, step, xOf, width)
    context.fillStyle = colours.line
    context.fillRect(state.nameWidth, 0, 1, height)
    this.#drawDrag(xOf, height)
  }

  #drawRowBackground(state: WaterfallState, row: number, top: number, width: number): void {
    const context = this.#surface.context
    const span = state.rows[row]!
    let colour: string | undefined
    if (state.marks?.[span]) colour = this.#colours.match
    if (span === state.hovered) colour = this.#colours.hover
    if (span === state.selected) colour = this.#colours.selected
    if (colour) {
      context.fillStyle = colour
      context.fillRect(0, top, width, rowHeight)
    }
    if (state.marks?.[span] && colour !== this.#colours.match) {
      context.fillStyle = this.#colours.match
      context.fillRect(0, top, state.nameWidth, rowHeight)
    }
    if (span === state.selected) {
      context.fillStyle = this.#colours.accent
      context.fillRect(0, top, 3, rowHeight)
      if (state.focused) {
        context.strokeStyle = this.#colours.accent
        context.lineWidth = 1
        context.strokeRect(0.5, top + 0.5, width - 1, rowHeight - 1)
      }
    }
  }

  #drawName(state: WaterfallState, row: number, top: number): void {
    const context = this.#surface.context
    const colours = this.#colours
    const { layout, spans, names } = state.trace
    const span = state.rows[row]!
    const middle = top + rowHeight / 2
    const hasChildren = layout.childCount[span]! > 0
    const folded = hasChildren && state.isFolded(span)
    let x = this.#indentOf(state, span)

    this.#drawGuides(state, span, top)
    if (hasChildren) this.#drawToggle(x, middle, folded)
    x += toggleWidth

    const service = serviceOf(state.trace, span)
    context.fillStyle = this.#colourOf(service)
    context.beginPath()
    context.arc(x + 4, middle, 4, 0, Math.PI * 2)
    context.fill()
    x += 14

    const isError = spans[span]!.statusCode === errorStatus
    if (isError) {
      this.#drawErrorIcon(x + 6, middle)
      x += 17
    }

    let right = state.nameWidth - 8
    const status = spans[span]!.httpStatusCode
    // In a narrow column the name matters more.
    if (status !== null && right - x > 110)
      right = this.#drawBadge(String(status), right, middle, statusTone(status, colours))
    if (folded) {
      const hiddenErrors = layout.errorsBelow[span]!
      const tone = hiddenErrors > 0 && !isError ? colours.error : colours.muted
      right = this.#drawBadge(`+${layout.descendantCount[span]!}`, right, middle, tone)
    }
    if (layout.oddities[span]! !== 0) {
      this.#drawWarning(right - 7, middle)
      right -= 20
    }

    const above = row > 0 ? state.rows[row - 1]! : -1
    if (above < 0 || serviceOf(state.trace, above) !== service) {
      context.font = `600 12px ${this.#fonts.sans}`
      context.fillStyle = colours.text
      const text = this.#fitter.fit(service, Math.max(24, (right - x) * 0.6))
      context.fillText(text, x, middle + 0.5)
      x += this.#fitter.width(text) + 7
    }
    context.font = `12px ${this.#fonts.sans}`
    context.fillStyle = isError ? colours.error : colours.text
    context.fillText(this.#fitter.fit(names[span]!, right - x), x, middle + 0.5)
  }

  /** A line below each ancestor that has more to come, as a tree on paper has. */
  #drawGuides(state: WaterfallState, span: number, top: number): void {
    const context = this.#surface.context
    const { layout } = state.trace
    context.fillStyle = this.#colours.line
    // Levels beyond what fits would be drawn over each other.
    let drawn = 0
    for (let p = layout.parent[span]!; p >= 0 && drawn < 64; p = layout.parent[p]!, drawn++) {
      const x = Math.round(this.#indentOf(state, p) + toggleWidth / 2 - 1)
      context.fillRect(x, top, 1, rowHeight)
    }
  }

  #drawToggle(x: number, middle: number, folded: boolean): void {
    const context = this.#surface.context
    const centre = x + toggleWidth / 2 - 1
    context.strokeStyle = this.#colours.muted
    context.lineWidth = 1.5
    context.lineJoin = 'round'
    context.beginPath()
    if (folded) {
      context.moveTo(centre - 2, middle - 4)
      context.lineTo(centre + 2, middle)
      context.lineTo(centre - 2, middle + 4)
    } else {
      context.moveTo(centre - 4, middle - 2)
      context.lineTo(centre, middle + 2)
      context.lineTo(centre + 4, middle - 2)
    }
    context.stroke()
  }

  #drawErrorIcon(x: number, middle: number): void {
    const context = this.#surface.context
    context.fillStyle = this.#colours.error
    context.beginPath()
    context.arc(x, middle, 6, 0, Math.PI * 2)
    context.fill()
    context.fillStyle = this.#colours.background
    context.fillRect(x - 0.9, middle - 3.5, 1.8, 4.4)
    context.fillRect(x - 0.9, middle + 1.9, 1.8, 1.8)
  }

  #drawWarning(x: number, middle: number): void {
    const context = this.#surface.context
    context.strokeStyle = this.#colours.warning
    context.fillStyle = this.#colours.warning
    context.lineWidth = 1.4
    context.lineJoin = 'round'
    context.beginPath()
    context.moveTo(x, middle - 5)
    context.lineTo(x + 6, middle + 5)
    context.lineTo(x - 6, middle + 5)
    context.closePath()
    context.stroke()
    context.fillRect(x - 0.7, middle - 1.8, 1.4, 3.4)
    context.fillRect(x - 0.7, middle + 2.4, 1.4, 1.3)
  }

  #drawBadge(text: string, right: number, middle: number, colour: string): number {
    const context = this.#surface.context
    context.font = `500 11px ${this.#fonts.mono}`
    const width = this.#fitter.width(text) + 10
    context.strokeStyle = colour
    context.globalAlpha = 0.45
    context.lineWidth = 1
    context.beginPath()
    context.roundRect(Math.round(right - width) + 0.5, middle - 8.5, Math.round(width), 17, 4)
    context.stroke()
    context.globalAlpha = 1
    context.fillStyle = colour
    context.fillText(text, Math.round(right - width) + 5.5, middle + 0.5)
    return right - width - 6
  }

  #drawBar(
    state: WaterfallState,
    row: number,
    top: number,
    xOf: (nano: number) => number,
    timeLeft: number,
    timeWidth: number,
  ): void {
    const context = this.#surface.context
    const colours = this.#colours
    const span = state.rows[row]!
    const { spans, selfTime } = state.trace
    const { startOffsetNano, durationNano, statusCode, eventOffsetsNano } = spans[span]!
    const end = startOffsetNano + durationNano
    const middle = top + rowHeight / 2
    if (end < state.window.from || startOffsetNano > state.window.to) {
      this.#drawOutside(
        end < state.window.from ? timeLeft - 2 : timeLeft + timeWidth + 2,
        middle,
        end < state.window.from,
      )
      return
    }
    const barTop = top + (rowHeight - barHeight) / 2
    // Coordinates far off the canvas lose precision and slow the rasteriser down: cut them just outside.
    const exactLeft = Math.max(timeLeft - 20, xOf(startOffsetNano))
    const exactRight = Math.min(timeLeft + timeWidth + 20, xOf(end))
    // The shortest bars stand on whole pixels: smeared over three they would lose their colour.
    const isShort = exactRight - exactLeft < 3
    const left = isShort ? Math.round(exactLeft) : exactLeft
    const barRight = isShort ? Math.max(left + 2, Math.round(exactRight)) : exactRight
    const width = barRight - left
    const colour = this.#colourOf(serviceOf(state.trace, span))

    context.save()
    context.beginPath()
    context.roundRect(left, barTop, width, barHeight, Math.min(3, width / 2))
    context.fillStyle = colours.background
    context.fill()
    context.fillStyle = colour
    context.globalAlpha = 0.42
    context.fill()
    context.globalAlpha = 1
    if (width > 3) {
      context.clip()
      this.#fillStretches(selfTime, span, xOf, left, barRight, barTop, barHeight)
    } else {
      context.fill()
    }
    if (state.critical) {
      context.fillStyle = colours.text
      this.#fillStretches(state.critical, span, xOf, left, barRight, barTop + barHeight / 2 - 1, 2)
    }
    context.restore()

    if (statusCode === errorStatus) {
      context.strokeStyle = colours.error
      context.lineWidth = 1.5
      context.beginPath()
      context.roundRect(left - 1.25, barTop - 1.25, width + 2.5, barHeight + 2.5, 4)
      context.stroke()
    }
    for (let i = 0; i < eventOffsetsNano.length && i < 200; i++) {
      const x = xOf(eventOffsetsNano[i]!)
      if (x < timeLeft - 8 || x > timeLeft + timeWidth + 8) continue
      // A needle with a head above the bar: seen on any colour, and it does not hide a short bar.
      context.fillStyle = colours.text
      context.fillRect(x - 0.5, barTop - 1, 1, barHeight + 2)
      context.beginPath()
      context.moveTo(x - 3.5, barTop - 3.5)
      context.lineTo(x + 3.5, barTop - 3.5)
      context.lineTo(x, barTop + 1.5)
      context.closePath()
      context.fill()
    }
    this.#drawDuration(formatDuration(durationNano), left, barRight, middle, timeLeft, timeLeft + timeWidth)
  }

  #fillStretches(
    stretches: Stretches,
    span: number,
    xOf: (nano: number) => number,
    left: number,
    right: number,
    top: number,
    height: number,
  ): void {
    const context = this.#surface.context
    let pendingLeft = Number.NaN
    let pendingRight = Number.NaN
    // Stretches closer than half a pixel are drawn as one: a span with 10,000 children has 10,000 of them.
    for (let i = stretches.offset[span]!; i < stretches.offset[span + 1]!; i++) {
      const from = Math.max(left, xOf(stretches.from[i]!))
      const to = Math.min(right, xOf(stretches.to[i]!))
      if (to <= left || from >= right) continue
      if (from - pendingRight < 0.5) {
        pendingRight = to
        continue
      }
      if (pendingRight > pendingLeft) context.fillRect(pendingLeft, top, pendingRight - pendingLeft, height)
      pendingLeft = from
      pendingRight = to
    }
    if (pendingRight > pendingLeft) context.fillRect(pendingLeft, top, pendingRight - pendingLeft, height)
  }

  #drawDuration(text: string, left: number, right: number, middle: number, areaLeft: number, areaRight: number): void {
    const context = this.#surface.context
    context.font = `11px ${this.#fonts.mono}`
    const width = this.#fitter.width(text)
    let x = right + 7
    if (x + width > areaRight + 6) {
      x = left - width - 7
      if (x < areaLeft - 6) {
        // The bar fills the row: the text sits inside it, on a plate of its own so it is readable on any colour.
        x = Math.min(right, areaRight) - width - 8
        context.fillStyle = this.#colours.background
        context.globalAlpha = 0.86
        context.beginPath()
        context.roundRect(x - 4, middle - 6.5, width + 8, 13, 3)
        context.fill()
        context.globalAlpha = 1
      }
    }
    context.fillStyle = this.#colours.muted
    context.fillText(text, x, middle + 0.5)
  }

  #drawOutside(x: number, middle: number, toLeft: boolean): void {
    const context = this.#surface.context
    const side = toLeft ? 1 : -1
    context.strokeStyle = this.#colours.faint
    context.lineWidth = 1.5
    context.beginPath()
    context.moveTo(x + side * 4, middle - 4)
    context.lineTo(x, middle)
    context.lineTo(x + side * 4, middle + 4)
    context.stroke()
  }

  #drawRuler(state: WaterfallState, ticks: number[], step: number, xOf: (nano: number) => number, width: number): void {
    const context = this.#surface.context
    context.fillStyle = this.#colours.background
    context.fillRect(0, 0, width, rulerHeight)
    context.fillStyle = this.#colours.line
    context.fillRect(0, rulerHeight - 1, width, 1)
    context.font = `11px ${this.#fonts.sans}`
    context.fillStyle = this.#colours.muted
    const hidden = state.trace.spans.length - state.rows.length
    context.fillText(hidden > 0 ? `Span  (${hidden} collapsed)` : 'Span', padding + 2, rulerHeight / 2)
    context.font = `11px ${this.#fonts.mono}`
    for (const tick of ticks) {
      const x = Math.round(xOf(tick))
      context.fillStyle = this.#colours.line
      context.fillRect(x, rulerHeight - 7, 1, 6)
      const text = formatTick(tick, step, state.window.to)
      const textWidth = this.#fitter.width(text)
      context.fillStyle = this.#colours.muted
      context.fillText(text, Math.min(x + 4, width - textWidth - 4), rulerHeight / 2 - 1)
    }
  }

  #drawDrag(xOf: (nano: number) => number, height: number): void {
    if (this.#dragFrom === undefined || this.#dragTo === undefined) return
    const context = this.#surface.context
    const from = xOf(Math.min(this.#dragFrom, this.#dragTo))
    const to = xOf(Math.max(this.#dragFrom, this.#dragTo))
    context.fillStyle = this.#colours.accent
    context.globalAlpha = 0.14
    context.fillRect(from, 0, to - from, height)
    context.globalAlpha = 1
    context.fillRect(from, 0, 1, height)
    context.fillRect(to, 0, 1, height)
  }
}

function statusTone(status: number, colours: CanvasColours): string {
  if (status >= 500) return colours.error
  return status >= 400 ? colours.warning : colours.muted
}
