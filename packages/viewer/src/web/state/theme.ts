// SPDX-License-Identifier: Apache-2.0
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Theme } from '../colour/service-colour.ts'

/** What the reader chose; `system` follows the operating system. */
export type ThemeChoice = 'system' | 'light' | 'dark'

// theme-start.ts reads the same key before the first paint.
const storageKey = 'otel-ts.theme'
const prefersDark = window.matchMedia('(prefers-color-scheme: dark)')
const systemTheme = signal<Theme>(prefersDark.matches ? 'dark' : 'light')
prefersDark.addEventListener('change', (event) => {
  systemTheme.value = event.matches ? 'dark' : 'light'
})

export const themeChoice: Signal<ThemeChoice> = signal(readChoice())

/** The theme in force. */
export const theme: ReadonlySignal<Theme> = computed(() =>
  themeChoice.value === 'system' ? systemTheme.value : themeChoice.value,
)

effect(() => {
  document.documentElement.dataset['theme'] = theme.value
  try {
    if (themeChoice.value === 'system') localStorage.removeItem(storageKey)
    else localStorage.setItem(storageKey, themeChoice.value)
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
})

export function nextTheme(): void {
  const order: ThemeChoice[] = ['system', 'light', 'dark']
  themeChoice.value = order[(order.indexOf(themeChoice.value) + 1) % order.length]!
}

function readChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(storageKey)
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  } catch {
    return 'system'
  }
}
