// SPDX-License-Identifier: Apache-2.0

/** Colours that canvases draw with; read from the style sheet, so both change together. */
export interface CanvasColours {
  background: string
  raised: string
  text: string
  muted: string
  faint: string
  line: string
  hover: string
  selected: string
  accent: string
  error: string
  errorSoft: string
  warning: string
  match: string
  shade: string
}

export function readColours(element: Element): CanvasColours {
  const style = getComputedStyle(element)
  const read = (name: string): string => style.getPropertyValue(name).trim()
  return {
    background: read('--surface'),
    raised: read('--raised'),
    text: read('--text'),
    muted: read('--text-muted'),
    faint: read('--text-faint'),
    line: read('--line-soft'),
    hover: read('--row-hover'),
    selected: read('--row-selected'),
    accent: read('--accent'),
    error: read('--error'),
    errorSoft: read('--error-soft'),
    warning: read('--warning'),
    match: read('--match'),
    shade: read('--shade'),
  }
}

/** Font families as the style sheet has them: a canvas does not inherit. */
export function readFonts(element: Element): { sans: string; mono: string } {
  const style = getComputedStyle(element)
  return { sans: style.getPropertyValue('--sans').trim(), mono: style.getPropertyValue('--mono').trim() }
}

/** A canvas in CSS pixels: sizes the bitmap to the screen's density and gathers draw calls into one a frame. */
export class Surface {
  readonly canvas: HTMLCanvasElement
  readonly context: CanvasRenderingContext2D
  width = 0
  height = 0
  #frame = 0
  readonly #draw: () => void

  constructor(canvas: HTMLCanvasElement, draw: () => void) {
    this.canvas = canvas
    const context = canvas.getContext('2d')
    if (!context) throw new Error('This browser gives no 2D canvas; the chart cannot be drawn.')
    this.context = context
    this.#draw = draw
  }

  /** Sets the size in CSS pixels and draws at once, so no stretched bitmap is ever shown. */
  resize(width: number, height: number): void {
    const ratio = window.devicePixelRatio || 1
    const pixelWidth = Math.max(1, Math.round(width * ratio))
    const pixelHeight = Math.max(1, Math.round(height * ratio))
    this.width = width
    this.height = height
    if (this.canvas.width !== pixelWidth || this.canvas.height !== pixelHeight) {
      this.canvas.width = pixelWidth
      this.canvas.height = pixelHeight
      this.canvas.style.width = `${width}px`
      this.canvas.style.height = `${height}px`
    }
    this.drawNow()
  }

  /** Draws before the next frame is shown; any number of calls make one drawing. */
  invalidate(): void {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      this.drawNow()
    })
  }

  drawNow(): void {
    if (this.width <= 0 || this.height <= 0) return
    const ratio = window.devicePixelRatio || 1
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.#draw()
  }

  close(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
  }
}

/** Measures and shortens text. Widths are remembered: measuring costs more than drawing. */
export class TextFitter {
  readonly #context: CanvasRenderingContext2D
  #widths = new Map<string, number>()
  #fitted = new Map<string, string>()

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context
  }

  /** Width of the text in the font that is set now. */
  width(text: string): number {
    const key = `${this.#context.font}\n${text}`
    let width = this.#widths.get(key)
    if (width === undefined) {
      width = this.#context.measureText(text).width
      if (this.#widths.size > 20_000) this.#widths.clear()
      this.#widths.set(key, width)
    }
    return width
  }

  /** The text, or as much of its start as fits into `maxWidth` with an ellipsis; '' when not even that fits. */
  fit(text: string, maxWidth: number): string {
    if (maxWidth <= 0) return ''
    if (this.width(text) <= maxWidth) return text
    const key = `${this.#context.font}\n${Math.round(maxWidth)}\n${text}`
    const known = this.#fitted.get(key)
    if (known !== undefined) return known
    let low = 0
    let high = text.length
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#context.measureText(`${text.slice(0, middle)}…`).width <= maxWidth) low = middle
      else high = middle - 1
    }
    const last = text.charCodeAt(low - 1)
    if (last >= 0xd800 && last <= 0xdbff) low--
    const fitted = low > 0 ? `${text.slice(0, low)}…` : ''
    if (this.#fitted.size > 5000) this.#fitted.clear()
    this.#fitted.set(key, fitted)
    return fitted
  }
}
