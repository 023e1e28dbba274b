// SPDX-License-Identifier: Apache-2.0
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { helpOpen, keyGroups } from '../state/keys.ts'
import { Icon } from './icon.tsx'

const shown: Record<string, string> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  'Ctrl+k': 'Ctrl K',
  ' ': 'Space',
  PageDown: 'Page ↓',
  PageUp: 'Page ↑',
}

/** The shortcuts that are in force right now. */
export function Help(): JSX.Element | null {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpen = helpOpen.value
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
  }, [isOpen])
  if (!isOpen) return null
  const groups = keyGroups.value
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-label="Keyboard shortcuts"
      onClose={() => {
        helpOpen.value = false
      }}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close()
      }}
      onKeyDown={(event) => {
        // Only Esc and Tab mean something here; the page's own shortcuts wait.
        event.stopPropagation()
        if (event.key === '?') dialog.current?.close()
      }}
    >
      <header>
        <h2>Keyboard shortcuts</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      <div class="help-groups">
        {groups.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.bindings.map((binding) => (
                <div key={binding.does}>
                  <dt>
                    {binding.keys.map((key) => (
                      <kbd key={key}>{shown[key] ?? key}</kbd>
                    ))}
                  </dt>
                  <dd>{binding.does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  )
}
