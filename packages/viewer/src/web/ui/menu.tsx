// SPDX-License-Identifier: Apache-2.0
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

export interface MenuItem {
  label: string
  run: () => void
}

interface OpenMenu {
  items: readonly MenuItem[]
  x: number
  y: number
  /** Gets the focus back when the menu closes. */
  from: HTMLElement
}

const open = signal<OpenMenu | undefined>(undefined)

/** Opens a menu at its button. There is at most one. */
export function openMenu(button: HTMLElement, items: readonly MenuItem[], at?: { x: number; y: number }): void {
  const box = button.getBoundingClientRect()
  open.value = { items, x: at?.x ?? box.left, y: at?.y ?? box.bottom + 2, from: button }
}

export function MenuHost(): JSX.Element | null {
  const menu = open.value
  const element = useRef<HTMLDivElement>(null)

  const close = (giveBack: boolean): void => {
    if (giveBack) open.peek()?.from.focus()
    open.value = undefined
  }

  useLayoutEffect(() => {
    const box = element.current
    if (!menu || !box) return
    // Kept inside the window: a menu at the right or lower edge opens towards the middle.
    box.style.left = `${Math.max(4, Math.min(menu.x, window.innerWidth - box.offsetWidth - 4))}px`
    box.style.top = `${Math.max(4, Math.min(menu.y, window.innerHeight - box.offsetHeight - 4))}px`
    box.querySelector<HTMLElement>('[role="menuitem"]')?.focus({ preventScroll: true })
  }, [menu])

  // In force with the first paint: what closes a menu may come at once.
  useLayoutEffect(() => {
    if (!menu) return
    const outside = (event: Event): void => {
      // A resize comes from the window, which is no node.
      if (!(event.target instanceof Node) || !element.current?.contains(event.target)) close(false)
    }
    window.addEventListener('pointerdown', outside, true)
    window.addEventListener('scroll', outside, true)
    window.addEventListener('resize', outside)
    return () => {
      window.removeEventListener('pointerdown', outside, true)
      window.removeEventListener('scroll', outside, true)
      window.removeEventListener('resize', outside)
    }
  }, [menu])

  if (!menu) return null

  const onKeyDown = (event: KeyboardEvent): void => {
    const items = [...(element.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])]
    const at = items.indexOf(document.activeElement as HTMLElement)
    let next: number | undefined
    if (event.key === 'ArrowDown') next = (at + 1) % items.length
    else if (event.key === 'ArrowUp') next = (at - 1 + items.length) % items.length
    else if (event.key === 'Home') next = 0
    else if (event.key === 'End') next = items.length - 1
    else if (event.key === 'Escape' || event.key === 'Tab') close(true)
    else return
    event.preventDefault()
    event.stopPropagation()
    if (next !== undefined) items[next]?.focus()
  }

  return (
    <div ref={element} class="menu" role="menu" tabIndex={-1} onKeyDown={onKeyDown}>
      {menu.items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          tabIndex={-1}
          onClick={() => {
            close(true)
            item.run()
          }}
        >
          {item.label}
        </button>
      ))}
    </div>
  )
}
