// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'

// One path each, on a grid of 16, drawn with a line of 1.5.
const paths = {
  traces: 'M2 3.5h7M5 8h9M8 12.5h5',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3Z',
  system: 'M2 3h12v8H2ZM6 14h4M8 11v3',
  help: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM6.2 6.2a1.9 1.9 0 1 1 2.6 1.8c-.6.2-.8.6-.8 1.2M8 11.4v.2',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.3 10.3 14 14',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  back: 'M9.5 3 4.5 8l5 5',
  link: 'M6.5 9.5l3-3M7 4.5l1.6-1.6a2.7 2.7 0 0 1 3.9 3.9L11 8.4M9 11.5l-1.6 1.6a2.7 2.7 0 0 1-3.9-3.9L5 7.6',
  copy: 'M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3',
  json: 'M5.5 2.5c-2 0-2 1-2 2.5s0 2.5-1.5 3c1.5.5 1.5 1.5 1.5 3s0 2.5 2 2.5M10.5 2.5c2 0 2 1 2 2.5s0 2.5 1.5 3c-1.5.5-1.5 1.5-1.5 3s0 2.5-2 2.5',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M4.5 2.8v10.4L13 8Z',
  filter: 'M2 3h12L9.5 8.5V13l-3-1.5v-3Z',
  path: 'M2 12h4V4h4v8h4',
  up: 'M3.5 10 8 5.5l4.5 4.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  expand: 'M5 6l3-3 3 3M5 10l3 3 3-3',
  collapse: 'M5 2.5l3 3 3-3M5 13.5l3-3 3 3',
  zoom: 'M3 6V3h3M13 6V3h-3M3 10v3h3M13 10v3h-3',
  warning: 'M8 2.5 14.5 13.5h-13ZM8 6.5v3.2M8 11.4v.4',
  error: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM8 4.8v4M8 10.8v.4',
} as const

export type IconName = keyof typeof paths

/** Decoration only: what it stands for is said by the text or label beside it. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
