// SPDX-License-Identifier: Apache-2.0
import { type Signal, signal } from '@preact/signals'

/** One shortcut. `keys` are `KeyboardEvent.key` values, with `Ctrl+` in front where Control or Command must be held. */
export interface KeyBinding {
  keys: readonly string[]
  does: string
  run: () => void
  /** Also while the cursor is in a text field. */
  inFields?: boolean
}

export interface KeyGroup {
  title: string
  bindings: readonly KeyBinding[]
}

const active: Signal<readonly KeyGroup[]> = signal<readonly KeyGroup[]>([])
/** Groups in force, for the help: what is listed is what works. */
export const keyGroups: { readonly value: readonly KeyGroup[] } = active
export const helpOpen: Signal<boolean> = signal(false)

/** Puts a group of shortcuts in force; returns the way to take it back. Later groups win over earlier ones. */
export function bindKeys(group: KeyGroup): () => void {
  active.value = [...active.peek(), group]
  return () => {
    active.value = active.peek().filter((other) => other !== group)
  }
}

window.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing) return
  const name = keyName(event)
  if (name === undefined) return
  const inField = isField(event.target)
  const groups = active.peek()
  for (let i = groups.length - 1; i >= 0; i--) {
    for (const binding of groups[i]!.bindings) {
      if (!binding.keys.includes(name) || (inField && !binding.inFields)) continue
      // Enter and Space belong to a focused button or link.
      if ((name === 'Enter' || name === ' ') && isControl(event.target)) continue
      event.preventDefault()
      binding.run()
      return
    }
  }
})

function keyName(event: KeyboardEvent): string | undefined {
  if (event.altKey) return undefined
  if (event.ctrlKey || event.metaKey) return `Ctrl+${event.key.toLowerCase()}`
  return event.key
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable)
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a[href], summary, [role="menuitem"]') !== null
}
