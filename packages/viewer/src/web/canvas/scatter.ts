// SPDX-License-Identifier: Apache-2.0
import { formatDuration } from '../format/duration.ts'
import { formatAxisTime } from '../format/time.ts'
import { clockStep, ticksBetween } from '../layout/ticks.ts'
import { type CanvasColours, readColours, readFonts, Surface } from './surface.ts'

export const scatterHeight = 116
const axisHeight = 16
const axisWidth = 52
const padding = 10
const reach = 9

/** One trace as a point. */
export interface ScatterPoint {
  traceId: string
  millis: number
  durationNano: number
  service: string
  isError: boolean
}

/** When traces started (across), how long they took (up, logarithmic), and how many there were (bars behind). */
export class Scatter {
  readonly #surface: Surface
  readonly #colourOf: (service: string) => string
  #colours: CanvasColours
  #fonts: { sans: string; mono: string }
  #points: readonly ScatterPoint[] = []
  #highlight = ''
  #fromMillis = 0
  #toMillis = 1
  #lowLog = 3
  #highLog = 9
  #brush: { from: number; to: number } | undefined

  constructor(canvas: HTMLCanvasElement, colourOf: (service: string) => string) {
    this.#surface = new Surface(canvas, () => this.#draw())
    this.#colourOf = colourOf
    this.#colours = readColours(canvas)
    this.#fonts = readFonts(canvas)
  }

  /** `from` and `to` bound the axis of time where the reader asked for a range; otherwise the points do. */
  set(points: readonly ScatterPoint[], from: number | undefined, to: number | undefined): void {
    this.#points = points
    let first = Number.POSITIVE_INFINITY
    let last = Number.NEGATIVE_INFINITY
    let low = Number.POSITIVE_INFINITY
    let high = 0
    for (const point of points) {
      first = Math.min(first, point.millis)
      last = Math.max(last, point.millis)
      low = Math.min(low, Math.max(1, point.durationNano))
      high = Math.max(high, point.durationNano)
    }
    if (points.length === 0) {
      first = Date.now() - 60_000
      last = Date.now()
      low = 1e6
      high = 1e9
    }
    this.#fromMillis = from ?? first
    this.#toMillis = Math.max(to ?? last, this.#fromMillis + 1000)
    // Whole powers of ten, at least two of them: a lone duration stands in the middle, not on the edge.
    this.#lowLog = Math.floor(Math.log10(low))
    this.#highLog = Math.max(this.#lowLog + 2, Math.ceil(Math.log10(Math.max(1, high)) + 0.05))
    this.#surface.invalidate()
  }

  highlight(traceId: string): void {
    if (this.#highlight === traceId) return
    this.#highlight = traceId
    this.#surface.invalidate()
  }

  showBrush(brush: { from: number; to: number } | undefined): void {
    this.#brush = brush
    this.#surface.invalidate()
  }

  resize(width: number): void {
    this.#surface.resize(width, scatterHeight)
  }

  restyle(): void {
    this.#colours = readColours(this.#surface.canvas)
    this.#fonts = readFonts(this.#surface.canvas)
    this.#surface.invalidate()
  }

  close(): void {
    this.#surface.close()
  }

  millisAt(x: number): number {
    const share = Math.min(1, Math.max(0, (x - axisWidth) / this.#plotWidth()))
    return this.#fromMillis + share * (this.#toMillis - this.#fromMillis)
  }

  /** The nearest point within reach of the cursor. */
  pointAt(x: number, y: number): ScatterPoint | undefined {
    let nearest: ScatterPoint | undefined
    let best = reach * reach
    for (const point of this.#points) {
      const dx = this.#xOf(point.millis) - x
      const dy = this.#yOf(point.durationNano) - y
      const distance = dx * dx + dy * dy
      if (distance < best) {
        best = distance
        nearest = point
      }
    }
    return nearest
  }

  #plotWidth(): number {
    return Math.max(1, this.#surface.width - axisWidth - padding)
  }

  #xOf(millis: number): number {
    return axisWidth + ((millis - this.#fromMillis) / (this.#toMillis - this.#fromMillis)) * this.#plotWidth()
  }

  #yOf(durationNano: number): number {
    const log = Math.log10(Math.max(1, durationNano))
    const bottom = scatterHeight - axisHeight - 4
    return bottom - ((log - this.#lowLog) / (this.#highLog - this.#lowLog)) * (bottom - 8)
  }

  #draw(): void {
    const { width, height, context } = this.#surface
    context.fillStyle = this.#colours.background
    context.fillRect(0, 0, width, height)
    this.#drawDensity()
    this.#drawAxes(width)
    for (const wantsError of [false, true]) {
      for (const point of this.#points) if (point.isError === wantsError) this.#drawPoint(point)
    }
    const marked = this.#points.find((point) => point.traceId === this.#highlight)
    if (marked) {
      context.strokeStyle = this.#colours.text
      context.lineWidth = 1.5
      context.beginPath()
      context.arc(this.#xOf(marked.millis), this.#yOf(marked.durationNano), 7, 0, Math.PI * 2)
      context.stroke()
    }
    if (this.#brush) {
      const from = this.#xOf(Math.min(this.#brush.from, this.#brush.to))
      const to = this.#xOf(Math.max(this.#brush.from, this.#brush.to))
      context.fillStyle = this.#colours.accent
      context.globalAlpha = 0.15
      context.fillRect(from, 0, to - from, height - axisHeight)
      context.globalAlpha = 1
      context.fillRect(from, 0, 1, height - axisHeight)
      context.fillRect(to, 0, 1, height - axisHeight)
    }
  }

  #drawDensity(): void {
    const context = this.#surface.context
    const bucketCount = Math.max(8, Math.floor(this.#plotWidth() / 12))
    const counts = new Uint32Array(bucketCount)
    let most = 0
    for (const point of this.#points) {
      const share = (point.millis - this.#fromMillis) / (this.#toMillis - this.#fromMillis)
      if (share < 0 || share > 1) continue
      const bucket = Math.min(bucketCount - 1, Math.floor(share * bucketCount))
      counts[bucket] = counts[bucket]! + 1
      most = Math.max(most, counts[bucket]!)
    }
    if (most === 0) return
    const bottom = scatterHeight - axisHeight
    const bucketWidth = this.#plotWidth() / bucketCount
    context.fillStyle = this.#colours.line
    for (let i = 0; i < bucketCount; i++) {
      const barHeight = (counts[i]! / most) * (bottom - 14)
      context.fillRect(axisWidth + i * bucketWidth, bottom - barHeight, Math.max(1, bucketWidth - 1.5), barHeight)
    }
  }

  #drawAxes(width: number): void {
    const context = this.#surface.context
    const bottom = scatterHeight - axisHeight
    context.font = `10px ${this.#fonts.mono}`
    context.textBaseline = 'middle'
    context.textAlign = 'right'
    const logStep = this.#highLog - this.#lowLog > 4 ? 2 : 1
    for (let log = this.#lowLog; log <= this.#highLog; log += logStep) {
      const y = this.#yOf(10 ** log)
      context.fillStyle = this.#colours.line
      context.fillRect(axisWidth, Math.round(y), width - axisWidth - padding, 1)
      context.fillStyle = this.#colours.muted
      context.fillText(formatDuration(10 ** log).replace(/\.00? /, ' '), axisWidth - 7, y)
    }
    context.textAlign = 'left'
    const step = clockStep(this.#toMillis - this.#fromMillis, Math.max(2, Math.floor(this.#plotWidth() / 120)))
    // Ticks stand on full minutes and hours of the reader's own clock.
    const zone = new Date(this.#fromMillis).getTimezoneOffset() * 60_000
    for (const local of ticksBetween(this.#fromMillis - zone, this.#toMillis - zone, step)) {
      const millis = local + zone
      const x = Math.round(this.#xOf(millis))
      const text = formatAxisTime(millis, step)
      context.fillStyle = this.#colours.faint
      context.fillRect(x, bottom, 1, 4)
      context.fillStyle = this.#colours.muted
      if (x + context.measureText(text).width + 4 < width) context.fillText(text, x + 4, bottom + axisHeight / 2 + 1)
    }
    context.fillStyle = this.#colours.line
    context.fillRect(axisWidth, bottom, width - axisWidth - padding, 1)
  }

  #drawPoint(point: ScatterPoint): void {
    const context = this.#surface.context
    const x = this.#xOf(point.millis)
    const y = this.#yOf(point.durationNano)
    if (point.isError) {
      // A cross: told apart from the dots without colour.
      context.strokeStyle = this.#colours.error
      context.lineWidth = 2
      context.beginPath()
      context.moveTo(x - 3.5, y - 3.5)
      context.lineTo(x + 3.5, y + 3.5)
      context.moveTo(x + 3.5, y - 3.5)
      context.lineTo(x - 3.5, y + 3.5)
      context.stroke()
      return
    }
    context.fillStyle = this.#colourOf(point.service)
    context.globalAlpha = 0.8
    context.beginPath()
    context.arc(x, y, 3.2, 0, Math.PI * 2)
    context.fill()
    context.globalAlpha = 1
  }
}
