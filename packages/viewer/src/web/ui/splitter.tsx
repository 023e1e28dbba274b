// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'

/** A line between two panes that can be dragged, or moved with the arrow keys when focused. */
export function Splitter({
  label,
  value,
  min,
  max,
  reversed = false,
  pixelsPerUnit = 1,
  style,
  onChange,
}: {
  label: string
  value: number
  min: number
  max: number
  /** The pane that is sized lies to the right. */
  reversed?: boolean
  /** When `value` is not in pixels. */
  pixelsPerUnit?: number
  style?: Record<string, string>
  onChange: (value: number) => void
}): JSX.Element {
  const clamp = (next: number): number => Math.round(Math.max(min, Math.min(max, next)))
  const sign = reversed ? -1 : 1
  return (
    // biome-ignore lint/a11y/useSemanticElements: a focusable separator with a value is a window splitter; <hr> is not.
    <div
      class="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      {...(style ? { style } : {})}
      onKeyDown={(event) => {
        const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
        if (step === 0) return
        event.preventDefault()
        event.stopPropagation()
        onChange(clamp(value + step * sign * Math.max(1, 16 / pixelsPerUnit)))
      }}
      onPointerDown={(event) => {
        event.preventDefault()
        const target = event.currentTarget
        const startX = event.clientX
        target.setPointerCapture(event.pointerId)
        const move = (moved: PointerEvent): void =>
          onChange(clamp(value + ((moved.clientX - startX) / pixelsPerUnit) * sign))
        const stop = (): void => {
          target.removeEventListener('pointermove', move)
          target.removeEventListener('pointerup', stop)
          target.removeEventListener('pointercancel', stop)
        }
        target.addEventListener('pointermove', move)
        target.addEventListener('pointerup', stop)
        target.addEventListener('pointercancel', stop)
      }}
    />
  )
}
