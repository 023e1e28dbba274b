// SPDX-License-Identifier: Apache-2.0
import { formatTick } from '../format/duration.ts'
import { niceStep, ticksBetween } from '../layout/ticks.ts'
import { isWholeTrace, type TimeWindow } from '../layout/window.ts'
import { errorStatus, serviceOf, type TraceModel } from '../trace/model.ts'
import { type CanvasColours, readColours, readFonts, Surface } from './surface.ts'

export const minimapHeight = 64
const rulerHeight = 16
const padding = 10
const handleReach = 6

export type MinimapHit = 'left-handle' | 'right-handle' | 'inside' | 'outside'

/** The whole trace on a strip, with the part that the waterfall shows left bright. */
export class Minimap {
  readonly #surface: Surface
  readonly #colourOf: (service: string) => string
  #colours: CanvasColours
  #fonts: { sans: string; mono: string }
  #trace: TraceModel | undefined
  #window: TimeWindow = { from: 0, to: 1 }
  // The spans are drawn once per trace, size and theme; moving the window only copies the picture.
  #picture: HTMLCanvasElement | undefined

  constructor(canvas: HTMLCanvasElement, colourOf: (service: string) => string) {
    this.#surface = new Surface(canvas, () => this.#draw())
    this.#colourOf = colourOf
    this.#colours = readColours(canvas)
    this.#fonts = readFonts(canvas)
  }

  set(trace: TraceModel, window: TimeWindow): void {
    if (trace !== this.#trace) this.#picture = undefined
    this.#trace = trace
    this.#window = window
    this.#surface.invalidate()
  }

  resize(width: number): void {
    this.#picture = undefined
    this.#surface.resize(width, minimapHeight)
  }

  restyle(): void {
    this.#colours = readColours(this.#surface.canvas)
    this.#fonts = readFonts(this.#surface.canvas)
    this.#picture = undefined
    this.#surface.invalidate()
  }

  close(): void {
    this.#surface.close()
  }

  timeAt(x: number): number {
    const width = Math.max(1, this.#surface.width - padding * 2)
    return Math.min(1, Math.max(0, (x - padding) / width)) * (this.#trace?.durationNano ?? 1)
  }

  hitTest(x: number): MinimapHit {
    const trace = this.#trace
    if (!trace || isWholeTrace(this.#window, trace.durationNano)) return 'outside'
    const left = this.#xOf(this.#window.from)
    const right = this.#xOf(this.#window.to)
    if (Math.abs(x - left) <= handleReach) return 'left-handle'
    if (Math.abs(x - right) <= handleReach) return 'right-handle'
    return x > left && x < right ? 'inside' : 'outside'
  }

  #xOf(nano: number): number {
    return padding + (nano / (this.#trace?.durationNano ?? 1)) * (this.#surface.width - padding * 2)
  }

  #draw(): void {
    const trace = this.#trace
    const { width, height, context } = this.#surface
    context.fillStyle = this.#colours.background
    context.fillRect(0, 0, width, height)
    if (!trace) return

    const step = niceStep(trace.durationNano, Math.max(1, Math.floor((width - padding * 2) / 110)))
    context.font = `10px ${this.#fonts.mono}`
    context.textBaseline = 'middle'
    for (const tick of ticksBetween(0, trace.durationNano, step)) {
      const x = Math.round(this.#xOf(tick))
      context.fillStyle = this.#colours.line
      context.fillRect(x, 0, 1, height)
      context.fillStyle = this.#colours.muted
      const text = formatTick(tick, step, trace.durationNano)
      if (x + 4 + context.measureText(text).width < width) context.fillText(text, x + 4, rulerHeight / 2)
    }

    this.#picture ??= this.#paint(trace)
    context.drawImage(this.#picture, 0, rulerHeight, width, height - rulerHeight)
    if (isWholeTrace(this.#window, trace.durationNano)) return
    const left = this.#xOf(this.#window.from)
    const right = this.#xOf(this.#window.to)
    context.fillStyle = this.#colours.shade
    context.fillRect(0, 0, left, height)
    context.fillRect(right, 0, width - right, height)
    context.fillStyle = this.#colours.accent
    for (const x of [left, right]) {
      context.fillRect(x - 1, 0, 2, height)
      context.beginPath()
      context.roundRect(x - 3, height / 2 - 9, 6, 18, 3)
      context.fill()
    }
  }

  #paint(trace: TraceModel): HTMLCanvasElement {
    const ratio = window.devicePixelRatio || 1
    const picture = document.createElement('canvas')
    picture.width = Math.max(1, Math.round(this.#surface.width * ratio))
    picture.height = Math.max(1, Math.round((minimapHeight - rulerHeight) * ratio))
    const context = picture.getContext('2d')
    if (!context) return picture
    context.scale(ratio, ratio)
    const room = minimapHeight - rulerHeight - 6
    const count = trace.layout.count
    const lineHeight = Math.min(5, Math.max(1, room / Math.max(1, count)))
    const gap = lineHeight >= 3 ? 1 : 0
    // Errors last, so a red mark is never covered by what follows it.
    for (const pass of ['others', 'errors'] as const) {
      for (let row = 0; row < count; row++) {
        const span = trace.layout.order[row]!
        const { startOffsetNano, durationNano, statusCode } = trace.spans[span]!
        if ((statusCode === errorStatus) !== (pass === 'errors')) continue
        const left = this.#xOf(startOffsetNano)
        const right = this.#xOf(startOffsetNano + durationNano)
        const top = 3 + (count * lineHeight <= room ? row * lineHeight : (row / count) * (room - lineHeight))
        context.fillStyle = pass === 'errors' ? this.#colours.error : this.#colourOf(serviceOf(trace, span))
        context.fillRect(left, top, Math.max(1.5, right - left), lineHeight - gap)
      }
    }
    return picture
  }
}
