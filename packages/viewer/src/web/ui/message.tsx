// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Icon, type IconName } from './icon.tsx'

/** A whole pane that says why there is nothing to see, and what to do. */
export function Message({
  icon,
  title,
  tone = 'plain',
  children,
}: {
  icon: IconName
  title: string
  tone?: 'plain' | 'error'
  children?: ComponentChildren
}): JSX.Element {
  return (
    <div class={`message message-${tone}`} role={tone === 'error' ? 'alert' : undefined}>
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      <div class="message-body">{children}</div>
    </div>
  )
}

/** Grey bars where rows will be; not before 150 ms, since most answers are faster and a flash is worse than nothing. */
export function Skeleton({ rows }: { rows: number }): JSX.Element | null {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = window.setTimeout(() => setLate(true), 150)
    return () => window.clearTimeout(timer)
  }, [])
  if (!late) return null
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} style={{ width: `${35 + ((i * 37) % 55)}%` }} />
      ))}
    </div>
  )
}
